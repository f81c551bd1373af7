/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs the tables of micro-programs (timing.h). */
#include "timing.h"

#include <stdlib.h>
#include <string.h>

#include "asm.h"
#include "cunit_main.h"
#include "nic/memmap.h"
#include "nic/pkt.h"
#include "nic/regs.h"

enum { CODE_MAX = 256, SET_MAX = 64 };

/* All different, so that a sum has few ways to come out right. */
static const char common[] =
    "engine.count=1 engine.threads=1 engine.per_cluster=1 engine.switch_cycles=3 "
    "cost.alu=1 cost.mul=5 cost.div=22 cost.branch=2 cost.branch_taken=7 cost.jump=8 cost.load=2 "
    "cost.store=3 cost.atomic=4 cost.csr=6 cost.system=11 local.latency=3 mmio.latency=13 "
    "cluster.latency=40 cluster.service=5 cluster.banks=4 sram.latency=70 sram.service=3 "
    "sram.banks=8 dram.latency=100 dram.service=10 dram.banks=4 "
    "pcie.gen=1 pcie.lanes=1 pcie.payload=128 pcie.header=24 pcie.latency_ns=100 "
    "port.bps=10000000000 port.latency_ns=50";

static const char prologue[] = "addi s0 zero 1; slli s0 s0 31; lui s1 0x10000000; "
                               "lui s2 0x40000000; lui s3 0x30000000; lui s4 0x18000000";

/* ---- set-up ---- */

static void set_all(struct nic_config *cfg, const char *sets)
{
    struct nic_err err = {""};
    char one[SET_MAX];

    while (sets != NULL && *sets != '\0') {
        size_t len = strcspn(sets, " ");

        CU_ASSERT_FATAL(len < sizeof(one));
        memcpy(one, sets, len);
        one[len] = '\0';
        CU_ASSERT_EQUAL_FATAL(nic_config_set(cfg, one, &err), 0);
        sets += len + (sets[len] == ' ');
    }
}

static unsigned append(uint32_t *code, unsigned n, const char *text)
{
    const char *bad = "";
    int words = asm_text(text, code + n, CODE_MAX - n, &bad);

    if (words < 0)
        fprintf(stderr, "cannot assemble: %s\n", bad);
    CU_ASSERT_FATAL(words >= 0);
    return n + (unsigned)words;
}

static struct nic_device *start(const struct timing_case *c)
{
    struct nic_device *dev;
    struct nic_config cfg;
    struct nic_err err = {""};
    uint32_t code[CODE_MAX];
    unsigned n;

    nic_config_init(&cfg);
    set_all(&cfg, common);
    set_all(&cfg, c->set);
    CU_ASSERT_EQUAL_FATAL(nic_device_create(&cfg, NULL, NULL, &dev, &err), 0);
    n = append(code, 0, prologue);
    CU_ASSERT_EQUAL_FATAL(n, PROLOGUE);
    n = append(code, n, c->code);
    n = append(code, n, "park");
    CU_ASSERT_EQUAL_FATAL(nic_mem_write(dev, NIC_ISTORE_BASE, code, n * sizeof(code[0])), 0);
    nic_bar_write(dev, 0, NIC_BAR0_BOOT_PC, 8, NIC_ISTORE_BASE);
    nic_bar_write(dev, 0, NIC_BAR0_CTRL, 4, NIC_CTRL_RUN | NIC_CTRL_BARE);
    return dev;
}

/* ---- the wire of port 1 ---- */

struct wire {
    const uint32_t *frame; /* TIMING_FRAMES of them */
    unsigned at, sent;
    uint64_t when[TIMING_FRAMES]; /* ns, and cycles: the clock is 1 GHz */
};

static int wire_next(void *ctx, struct nic_frame *f)
{
    static const uint8_t bytes[NIC_FRAME_MAX];
    struct wire *w = ctx;

    if (w->at == TIMING_FRAMES || w->frame[w->at] == 0)
        return 0;
    *f = (struct nic_frame){.data = bytes, .len = w->frame[w->at++]};
    return 1;
}

static void wire_sent(void *ctx, const struct nic_frame *f)
{
    struct wire *w = ctx;

    CU_ASSERT_FATAL(w->sent < TIMING_FRAMES);
    w->when[w->sent++] = f->tstamp_ns;
}

static void connect_wire(struct nic_device *dev, struct wire *w, const struct timing_case *c)
{
    static const struct nic_port_ops ops = {.next = wire_next, .sent = wire_sent};

    *w = (struct wire){.frame = c->frame};
    CU_ASSERT_EQUAL_FATAL(
        nic_port_connect(dev, 1, &ops, w, (struct nic_pacing){.how = NIC_PACE_LINE}), 0);
}

/* ---- comparison ---- */

static bool same(const char *name, unsigned engine, const char *what, uint64_t got, uint64_t want)
{
    if (got != want)
        fprintf(stderr, "%s: engine %u: %s: %llu cycles, not %llu\n", name, engine, what,
                (unsigned long long)got, (unsigned long long)want);
    return got == want;
}

static void compare_engine(const struct nic_device *dev, const struct timing_case *c, unsigned e)
{
    struct nic_engine_stats s;

    CU_ASSERT_EQUAL_FATAL(nic_device_engine_stats(dev, e, &s), 0);
    for (unsigned i = 0; i < NIC_CAUSES; i++)
        CU_ASSERT(same(c->name, e, nic_cause_name(i), s.cause[i], c->cause[e][i]));
}

static void compare_counts(const struct nic_device *dev, const struct timing_case *c)
{
    struct nic_stats s;

    nic_device_stats(dev, &s);
    for (const struct timing_count *n = c->count; n < c->count + TIMING_COUNTS; n++)
        if (n->name != NULL)
            CU_ASSERT(same(c->name, 0, n->name, n->get(&s), n->want));
}

static void compare_wire(const struct wire *w, const struct timing_case *c)
{
    for (unsigned i = 0; i < TIMING_FRAMES; i++)
        CU_ASSERT(same(c->name, 0, "frame sent", w->when[i], c->sent[i]));
}

static void run_case(const struct timing_case *c)
{
    struct nic_device *dev = start(c);
    struct nic_fault fault = {.what = ""};
    struct wire wire;

    connect_wire(dev, &wire, c);

    /* All park: the device calls that a fault, which is how the run ends. */
    CU_ASSERT_EQUAL(nic_device_run(dev, 1000000, false), NIC_STOP_FATAL);
    CU_ASSERT(nic_device_fault(dev, &fault));
    CU_ASSERT_STRING_EQUAL(fault.what, "every hart spins");
    for (unsigned e = 0; e < nic_device_config(dev)->engine_count; e++)
        compare_engine(dev, c, e);
    compare_counts(dev, c);
    compare_wire(&wire, c);
    nic_device_destroy(dev);
}

static void run_table(const struct timing_case *c)
{
    for (; c->name != NULL; c++)
        run_case(c);
}

static void test_engine(void)
{
    run_table(timing_engine_cases);
}

static void test_threads(void)
{
    run_table(timing_thread_cases);
}

static void test_memory(void)
{
    run_table(timing_memory_cases);
}

static void test_io(void)
{
    run_table(timing_io_cases);
}

static void test_cache(void)
{
    run_table(timing_cache_cases);
}

static const struct cunit_case cases[] = {
    {"the engine by itself", test_engine},
    {"threads", test_threads},
    {"memories", test_memory},
    {"DMA, link and wire", test_io},
    {"the cache in front of DRAM", test_cache},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("timing: worked out by hand", cases);
}
