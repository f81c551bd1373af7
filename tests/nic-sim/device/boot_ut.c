/* SPDX-License-Identifier: BSD-3-Clause */
/* The device with its engines: small firmware, assembled here, from boot to give-back. */
#include "cunit_main.h"

#include <stdlib.h>
#include <string.h>

#include "nic/device.h"
#include "nic/memmap.h"
#include "nic/regs.h"
#include "nic/rv64.h"

#define CODE    NIC_DRAM_BASE
#define COUNTER (NIC_DRAM_BASE + 0x200000)

/* ---- firmware ---- */

struct code {
    uint32_t word[64];
    unsigned n;
};

static void op(struct code *c, enum rv64_op o, unsigned rd, unsigned rs1, unsigned rs2, int32_t imm)
{
    CU_ASSERT_FATAL(c->n < 64);
    CU_ASSERT_TRUE(rv64_imm_fits(o, imm));
    c->word[c->n++] = rv64_encode(o, rd, rs1, rs2, imm);
}

static void load(struct code *c, unsigned rd, unsigned base, int32_t off)
{
    op(c, RV64_OP_LD, rd, base, 0, off);
}

static void store(struct code *c, unsigned rs2, unsigned base, int32_t off)
{
    op(c, RV64_OP_SD, 0, base, rs2, off);
}

static void number(struct code *c, unsigned rd, int32_t v)
{
    op(c, RV64_OP_ADDI, rd, RV64_ZERO, 0, v);
}

static void jump(struct code *c, unsigned to)
{
    op(c, RV64_OP_JAL, RV64_ZERO, 0, 0, ((int32_t)to - (int32_t)c->n) * 4);
}

/* s0 = registers, s1 = COUNTER, s2 = local SRAM; the control core enables both ports and waits. */
static void prologue(struct code *c)
{
    memset(c, 0, sizeof(*c));
    op(c, RV64_OP_LUI, RV64_S0, 0, 0, NIC_MMIO_BASE);
    op(c, RV64_OP_LUI, RV64_S2, 0, 0, NIC_LOCAL_BASE);
    number(c, RV64_S1, 0x401);
    op(c, RV64_OP_SLLI, RV64_S1, RV64_S1, 0, 21);
    op(c, RV64_OP_LW, RV64_T0, RV64_S0, 0, NIC_MMIO_HARTS);
    op(c, RV64_OP_BNE, 0, RV64_A0, RV64_T0, 7 * 4);
    number(c, RV64_T1, 1);
    op(c, RV64_OP_SW, 0, RV64_S0, RV64_T1, NIC_MMIO_PORT_ENABLE);
    op(c, RV64_OP_SW, 0, RV64_S0, RV64_T1, NIC_MMIO_PORT_ENABLE + 64);
    op(c, RV64_OP_SW, 0, RV64_S0, RV64_T1, NIC_MMIO_FW_STATUS);
    load(c, RV64_T2, RV64_S0, NIC_MMIO_CTL_EVENT);
    jump(c, c->n - 1);
}

/* Every packet: count it, give it back by `cmd` to the other of two ports. */
static void forwarder(struct code *c, enum nic_pkt_cmd cmd)
{
    unsigned loop;

    prologue(c);
    loop = c->n;
    load(c, RV64_A1, RV64_S0, NIC_MMIO_WQ_GET);
    number(c, RV64_T1, 1);
    op(c, RV64_OP_AMOADD_D, RV64_A2, RV64_S1, RV64_T1, 0);
    op(c, RV64_OP_LHU, RV64_T2, RV64_S2, 0, offsetof(struct nic_pkt, port));
    op(c, RV64_OP_XORI, RV64_T2, RV64_T2, 0, 3);
    op(c, RV64_OP_SH, 0, RV64_S2, RV64_T2, offsetof(struct nic_pkt, port));
    op(c, RV64_OP_SW, 0, RV64_S2, RV64_A2, offsetof(struct nic_pkt, retval));
    number(c, RV64_T1, (int32_t)cmd);
    store(c, RV64_T1, RV64_S0, NIC_MMIO_PKT_CMD);
    jump(c, loop);
}

/* ---- bench ---- */

struct bench {
    struct nic_device *dev;
    uint8_t bytes[256];
    uint64_t left[2];
    uint64_t done, sent, digest, bad;
};

static void mix(struct bench *b, uint64_t v)
{
    b->digest = (b->digest ^ v) * 0x100000001b3u;
}

struct wire {
    struct bench *bench;
    unsigned port;
};

static int next(void *ctx, struct nic_frame *f)
{
    struct wire *w = ctx;
    struct bench *b = w->bench;

    if (b->left[w->port] == 0)
        return 0;
    b->left[w->port]--;
    f->data = b->bytes;
    f->len = 60 + (uint32_t)(b->left[w->port] * 37 % 190);
    return 1;
}

static void sent(void *ctx, const struct nic_frame *f)
{
    struct wire *w = ctx;

    w->bench->sent++;
    mix(w->bench, f->seq);
    mix(w->bench, f->tstamp_ns);
    mix(w->bench, f->len + w->port);
}

static void done(void *ctx, const struct nic_pkt *pkt, enum nic_pkt_cmd cmd, const uint8_t *data,
                 uint32_t len, uint64_t cycles, uint64_t insns)
{
    struct bench *b = ctx;

    b->done++;
    mix(b, pkt->seq);
    mix(b, pkt->retval);
    mix(b, pkt->tstamp_ns);
    mix(b, (uint64_t)cmd + len);
    mix(b, cycles);
    b->bad += insns != 0 || data[0] != b->bytes[0] || cycles == 0;
}

static const struct nic_port_ops ops = {.next = next, .sent = sent};
static struct wire wires[2];

static void boot(struct bench *b, const struct code *c, const char *const *sets, uint32_t ctrl)
{
    struct nic_tap tap = {.done = done, .ctx = b};
    struct nic_config cfg;
    struct nic_err err = {""};

    memset(b, 0, sizeof(*b));
    b->bytes[0] = 0x42;
    nic_config_init(&cfg);
    for (; sets != NULL && *sets != NULL; sets++)
        CU_ASSERT_EQUAL_FATAL(nic_config_set(&cfg, *sets, &err), 0);
    CU_ASSERT_EQUAL_FATAL(nic_device_create(&cfg, NULL, NULL, &b->dev, &err), 0);
    nic_device_set_tap(b->dev, &tap);
    CU_ASSERT_EQUAL(nic_mem_write(b->dev, CODE, c->word, c->n * 4), 0);
    nic_bar_write(b->dev, 0, NIC_BAR0_BOOT_PC, 8, CODE);
    nic_bar_write(b->dev, 0, NIC_BAR0_CTRL, 4, ctrl);
}

static void play(struct bench *b, enum nic_pace how, uint64_t rate, uint64_t count0,
                 uint64_t count1)
{
    b->left[0] = count0;
    b->left[1] = count1;
    for (unsigned i = 0; i < 2; i++) {
        wires[i] = (struct wire){.bench = b, .port = i};
        CU_ASSERT_EQUAL(nic_port_connect(b->dev, i + 1, &ops, &wires[i],
                                         (struct nic_pacing){.how = how, .rate = rate}),
                        0);
    }
}

static uint64_t counter(struct bench *b)
{
    uint64_t v = 0;

    CU_ASSERT_EQUAL(nic_mem_read(b->dev, COUNTER, &v, 8), 0);
    return v;
}

/* ---- cases ---- */

static void test_forward(void)
{
    struct code c;
    struct bench b;
    struct nic_stats s;

    forwarder(&c, NIC_PKT_TX);
    boot(&b, &c, NULL, NIC_CTRL_RUN);
    play(&b, NIC_PACE_MAX, 0, 3000, 2000);
    CU_ASSERT_EQUAL(nic_device_run(b.dev, UINT64_MAX, false), NIC_STOP_IDLE);
    nic_device_stats(b.dev, &s);
    CU_ASSERT_EQUAL(b.done, 5000);
    CU_ASSERT_EQUAL(b.sent, 5000);
    CU_ASSERT_EQUAL(b.bad, 0);
    CU_ASSERT_EQUAL(counter(&b), 5000);
    CU_ASSERT_EQUAL(s.rx_packets, 5000);
    CU_ASSERT_EQUAL(s.tx_packets, 5000);
    CU_ASSERT_EQUAL(s.rx_bytes, s.tx_bytes);
    for (unsigned i = 0; i < NIC_DROP_COUNT; i++)
        CU_ASSERT_EQUAL(s.drops[i], 0);
    CU_ASSERT_TRUE(s.dram.accesses >= 5000);
    CU_ASSERT_EQUAL(nic_bar_read(b.dev, 0, NIC_BAR0_STATUS, 4), NIC_FW_BOOTING);
    nic_device_destroy(b.dev);
}

/* Each engine gets its share, and their packets add up. */
static void test_share(void)
{
    static const char *const sets[] = {"engine.count=5", "engine.threads=3", "engine.per_cluster=2",
                                       NULL};
    struct nic_engine_stats es;
    struct code c;
    struct bench b;
    uint64_t sum = 0;

    forwarder(&c, NIC_PKT_DROP);
    boot(&b, &c, sets, NIC_CTRL_RUN);
    play(&b, NIC_PACE_MAX, 0, 2000, 0);
    CU_ASSERT_EQUAL(nic_device_run(b.dev, UINT64_MAX, false), NIC_STOP_IDLE);
    for (unsigned e = 0; e <= 5; e++) {
        CU_ASSERT_EQUAL(nic_device_engine_stats(b.dev, e, &es), 0);
        CU_ASSERT_TRUE(e == 5 ? es.packets == 0 : es.packets > 200);
        CU_ASSERT_TRUE(es.insns >= es.packets * 9);
        sum += es.packets;
    }
    CU_ASSERT_EQUAL(sum, 2000);
    nic_device_destroy(b.dev);
}

/* One run, with the device's clock stopped every `slice` cycles (0: never). */
static uint64_t digest(const char *const *sets, enum nic_pace how, uint64_t rate, uint64_t slice,
                       enum nic_pkt_cmd cmd)
{
    struct nic_stats s;
    struct code c;
    struct bench b;
    enum nic_stop why = NIC_STOP_LIMIT;

    forwarder(&c, cmd);
    boot(&b, &c, sets, NIC_CTRL_RUN);
    play(&b, how, rate, 700, 500);
    for (uint64_t t = slice; slice != 0 && why == NIC_STOP_LIMIT; t += slice)
        why = nic_device_run(b.dev, t, false);
    CU_ASSERT_EQUAL(nic_device_run(b.dev, UINT64_MAX, false), NIC_STOP_IDLE);
    CU_ASSERT_EQUAL(b.done, 1200);
    nic_device_stats(b.dev, &s);
    mix(&b, s.last_done_cycle);
    mix(&b, s.dram.accesses);
    mix(&b, s.dram.busy_cycles);
    nic_device_destroy(b.dev);
    return b.digest;
}

/* The same cycles in any slices, for any number of engines. */
static void test_deterministic(void)
{
    static const char *const one[] = {"engine.count=1", "engine.threads=1", NULL};
    static const char *const many[] = {"engine.count=24", "dram.banks=1", "dram.service=9", NULL};
    const char *const *const configs[] = {one, NULL, many};
    static const enum nic_pkt_cmd cmds[] = {NIC_PKT_DROP, NIC_PKT_TX};

    for (unsigned i = 0; i < 3; i++) {
        for (unsigned k = 0; k < 2; k++) {
            uint64_t want = digest(configs[i], NIC_PACE_MAX, 0, 0, cmds[k]);
            uint64_t pps = digest(configs[i], NIC_PACE_PPS, 1000000000, 0, cmds[k]);

            CU_ASSERT_EQUAL(digest(configs[i], NIC_PACE_MAX, 0, 0, cmds[k]), want);
            CU_ASSERT_EQUAL(digest(configs[i], NIC_PACE_MAX, 0, 1, cmds[k]), want);
            CU_ASSERT_EQUAL(digest(configs[i], NIC_PACE_MAX, 0, 137, cmds[k]), want);
            CU_ASSERT_EQUAL(digest(configs[i], NIC_PACE_PPS, 1000000000, 97, cmds[k]), pps);
            CU_ASSERT_NOT_EQUAL(want, pps);
        }
    }
}

/* Two devices, turn by turn in one process, do not see each other. */
static void test_two_devices(void)
{
    struct code c;
    struct bench a, b;
    struct wire own[4];

    forwarder(&c, NIC_PKT_TX);
    boot(&a, &c, NULL, NIC_CTRL_RUN);
    boot(&b, &c, NULL, NIC_CTRL_RUN);
    for (unsigned i = 0; i < 4; i++) {
        struct bench *bench = i < 2 ? &a : &b;

        own[i] = (struct wire){.bench = bench, .port = i % 2};
        bench->left[i % 2] = 300;
        CU_ASSERT_EQUAL(nic_port_connect(bench->dev, i % 2 + 1, &ops, &own[i],
                                         (struct nic_pacing){.how = NIC_PACE_MAX}),
                        0);
    }
    for (uint64_t t = 500; t < 400000; t += 500) {
        (void)nic_device_run(a.dev, t, false);
        (void)nic_device_run(b.dev, t, false);
    }
    CU_ASSERT_EQUAL(a.done, 600);
    CU_ASSERT_EQUAL(b.done, 600);
    CU_ASSERT_EQUAL(a.digest, b.digest);
    nic_device_destroy(a.dev);
    nic_device_destroy(b.dev);
}

/* One packet at a time: the counter's values come in order of arrival, on hart 0. */
static void test_ordered(void)
{
    static const char *const sets[] = {"run.ordered=1", NULL};
    struct nic_engine_stats es;
    struct code c;
    struct bench b;

    forwarder(&c, NIC_PKT_TX);
    boot(&b, &c, sets, NIC_CTRL_RUN);
    play(&b, NIC_PACE_MAX, 0, 500, 0);
    CU_ASSERT_EQUAL(nic_device_run(b.dev, UINT64_MAX, false), NIC_STOP_IDLE);
    CU_ASSERT_EQUAL(b.done, 500);
    CU_ASSERT_EQUAL(b.sent, 500);
    (void)nic_device_engine_stats(b.dev, 0, &es);
    CU_ASSERT_EQUAL(es.packets, 500);
    nic_device_destroy(b.dev);
}

/* A bare program: writes 1 to the watched word. */
static void test_bare(void)
{
    struct code c = {.n = 0};
    struct bench b;

    number(&c, RV64_T0, 0x401);
    op(&c, RV64_OP_SLLI, RV64_T0, RV64_T0, 0, 21);
    op(&c, RV64_OP_BNE, 0, RV64_A0, RV64_ZERO, 3 * 4);
    number(&c, RV64_T1, 77);
    store(&c, RV64_T1, RV64_T0, 0);
    jump(&c, c.n);
    boot(&b, &c, NULL, NIC_CTRL_RUN | NIC_CTRL_BARE);
    nic_device_watch(b.dev, COUNTER);
    CU_ASSERT_EQUAL(nic_device_run(b.dev, UINT64_MAX, false), NIC_STOP_HALT);
    CU_ASSERT_EQUAL(nic_device_watch_value(b.dev), 77);
    CU_ASSERT_EQUAL(nic_device_run(b.dev, UINT64_MAX, false), NIC_STOP_FATAL); /* then all spin */
    nic_device_destroy(b.dev);
}

static void faulty(const struct code *c, const char *const *sets, struct nic_fault *f)
{
    struct bench b;

    memset(f, 0, sizeof(*f));
    boot(&b, c, sets, NIC_CTRL_RUN);
    play(&b, NIC_PACE_MAX, 0, 10, 0);
    CU_ASSERT_EQUAL(nic_device_run(b.dev, 1000000, false), NIC_STOP_FATAL);
    CU_ASSERT_TRUE_FATAL(nic_device_fault(b.dev, f));
    CU_ASSERT_PTR_NOT_NULL_FATAL(f->what);
    CU_ASSERT_TRUE(strlen(f->what) > 3);
    nic_device_destroy(b.dev);
}

/* No handler is set: each of these is the end, with a report. */
static void test_faults(void)
{
    static const char *const watchdog[] = {"run.watchdog=50000", NULL};
    struct nic_fault f;
    struct code c;

    prologue(&c);
    op(&c, RV64_OP_JALR, RV64_ZERO, RV64_ZERO, 0, 16); /* a wild jump */
    faulty(&c, NULL, &f);
    CU_ASSERT_EQUAL(f.cause, 1);

    prologue(&c);
    c.word[c.n++] = 0xffffffff;
    faulty(&c, NULL, &f);
    CU_ASSERT_EQUAL(f.cause, 2);
    CU_ASSERT_EQUAL(f.pc, CODE + (c.n - 1) * 4);
    CU_ASSERT_EQUAL(f.x[RV64_S0], NIC_MMIO_BASE);

    prologue(&c);
    load(&c, RV64_T1, RV64_ZERO, 64); /* no memory */
    faulty(&c, NULL, &f);
    CU_ASSERT_EQUAL(f.cause, 5);
    CU_ASSERT_EQUAL(f.tval, 64);

    prologue(&c);
    store(&c, RV64_T1, RV64_S0, NIC_MMIO_SEED); /* read-only */
    faulty(&c, NULL, &f);
    CU_ASSERT_EQUAL(f.cause, 7);
    CU_ASSERT_EQUAL(f.tval, NIC_MMIO_BASE + NIC_MMIO_SEED);

    prologue(&c);
    number(&c, RV64_T1, 99);
    store(&c, RV64_T1, RV64_S0, NIC_MMIO_FATAL);
    faulty(&c, NULL, &f);
    CU_ASSERT_EQUAL(f.value, 99);
    CU_ASSERT_STRING_EQUAL(f.what, "firmware called FATAL");

    prologue(&c); /* takes a packet and keeps it, busy in local memory */
    load(&c, RV64_A1, RV64_S0, NIC_MMIO_WQ_GET);
    op(&c, RV64_OP_ADDI, RV64_T1, RV64_T1, 0, 1);
    jump(&c, c.n - 1);
    faulty(&c, watchdog, &f);
    CU_ASSERT_PTR_NOT_NULL(strstr(f.what, "held"));

    prologue(&c); /* the same, in a branch to itself */
    load(&c, RV64_A1, RV64_S0, NIC_MMIO_WQ_GET);
    jump(&c, c.n);
    faulty(&c, watchdog, &f);
    CU_ASSERT_PTR_NOT_NULL(strstr(f.what, "held"));
}

/* An endless loop that holds nothing: the limit of the run ends the wait. */
static void test_endless(void)
{
    struct code c;
    struct bench b;

    prologue(&c);
    op(&c, RV64_OP_ADDI, RV64_T1, RV64_T1, 0, 1);
    jump(&c, c.n - 1);
    boot(&b, &c, NULL, NIC_CTRL_RUN);
    CU_ASSERT_EQUAL(nic_device_run(b.dev, 100000, false), NIC_STOP_LIMIT);
    CU_ASSERT_EQUAL(nic_device_cycles(b.dev), 100000);
    nic_device_destroy(b.dev);
}

/* Reset in mid-traffic, then the same device again. */
static void test_restart(void)
{
    struct code c;
    struct bench b;

    forwarder(&c, NIC_PKT_TX);
    boot(&b, &c, NULL, NIC_CTRL_RUN);
    play(&b, NIC_PACE_LINE, 0, 400, 400);
    CU_ASSERT_EQUAL(nic_device_run(b.dev, 3000, false), NIC_STOP_LIMIT);
    nic_bar_write(b.dev, 0, NIC_BAR0_CTRL, 4, 0);
    CU_ASSERT_EQUAL(nic_device_run(b.dev, UINT64_MAX, false), NIC_STOP_IDLE);
    b.done = 0;
    b.sent = 0;
    nic_bar_write(b.dev, 0, NIC_BAR0_BOOT_PC, 8, CODE);
    nic_bar_write(b.dev, 0, NIC_BAR0_CTRL, 4, NIC_CTRL_RUN);
    play(&b, NIC_PACE_LINE, 0, 100, 100);
    CU_ASSERT_EQUAL(nic_device_run(b.dev, UINT64_MAX, false), NIC_STOP_IDLE);
    CU_ASSERT_EQUAL(b.done, 200);
    CU_ASSERT_EQUAL(b.sent, 200);
    nic_device_destroy(b.dev);
}

static void test_functional(void)
{
    static const char *const sets[] = {"run.functional=1", NULL};
    struct code c;
    struct bench b;

    forwarder(&c, NIC_PKT_TX);
    boot(&b, &c, sets, NIC_CTRL_RUN);
    play(&b, NIC_PACE_MAX, 0, 2000, 2000);
    CU_ASSERT_EQUAL(nic_device_run(b.dev, UINT64_MAX, false), NIC_STOP_IDLE);
    CU_ASSERT_EQUAL(b.done, 4000);
    CU_ASSERT_EQUAL(counter(&b), 4000);
    nic_device_destroy(b.dev);
}

static const struct cunit_case cases[] = {
    {"forward", test_forward},
    {"engines share", test_share},
    {"deterministic", test_deterministic},
    {"two devices", test_two_devices},
    {"ordered", test_ordered},
    {"bare program", test_bare},
    {"faults end in a report", test_faults},
    {"endless loop", test_endless},
    {"reset and start again", test_restart},
    {"functional", test_functional},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("boot", cases);
}
