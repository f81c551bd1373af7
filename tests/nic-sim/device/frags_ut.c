/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets of several buffers: arrival, the ways out, what a hart may do to them, who gets buffers.
 */
#include "cunit_main.h"

#include <string.h>

#include "fake_engine.h"
#include "rig.h"

#define WQ_GET  (NIC_MMIO_BASE + NIC_MMIO_WQ_GET)
#define PKT_CMD (NIC_MMIO_BASE + NIC_MMIO_PKT_CMD)
#define PORT1   (NIC_MMIO_BASE)
#define COOKIE  0xc00c1e
#define FRAGS   0xf4a65

static struct rig rig;
static uint8_t bytes[NIC_FRAME_MAX + 1];
static const char *const small[] = {"cluster.size=65536", NULL}; /* 16 buffers */

static struct nic_frame frame(uint32_t len)
{
    return (struct nic_frame){.data = bytes, .len = len};
}

/* ---- a wire that keeps what was sent ---- */

static struct {
    const struct nic_frame *frames;
    unsigned count, total, at, sent; /* frame at % count is next, of `total` in all */
    uint32_t len;
    uint8_t data[NIC_CHAIN_BYTES];
} wire;

static int wire_next(void *ctx, struct nic_frame *f)
{
    (void)ctx;
    if (wire.at == wire.total)
        return 0;
    *f = wire.frames[wire.at++ % wire.count];
    return 1;
}

static void wire_sent(void *ctx, const struct nic_frame *f)
{
    (void)ctx;
    wire.sent++;
    wire.len = f->len;
    memcpy(wire.data, f->data, f->len);
}

static const struct nic_port_ops wire_ops = {.next = wire_next, .sent = wire_sent};

/* ---- the tap's view ---- */

static struct {
    unsigned done;
    uint32_t len;
    uint8_t data[NIC_CHAIN_BYTES];
} seen;

static void tap_done(void *ctx, const struct nic_pkt *pkt, enum nic_pkt_cmd cmd,
                     const uint8_t *data, uint32_t len, uint64_t cycles, uint64_t insns)
{
    (void)ctx, (void)pkt, (void)cmd, (void)cycles, (void)insns;
    seen.done++;
    seen.len = len;
    memcpy(seen.data, data, len);
}

static void store(uint64_t addr, unsigned width, uint64_t v)
{
    CU_ASSERT_EQUAL(rig_store(&rig, 4, addr, width, v, nic_device_cycles(rig.dev)), BUS_OK);
}

static void open_many(const char *const *sets, const struct nic_frame *frames, unsigned count,
                      unsigned total, enum nic_pace how)
{
    struct nic_tap tap = {.done = tap_done};

    rig_open(&rig, sets);
    nic_device_set_tap(rig.dev, &tap);
    memset(&seen, 0, sizeof(seen));
    memset(&wire, 0, sizeof(wire));
    wire.frames = frames;
    wire.count = count;
    wire.total = total;
    rig_start(&rig);
    store(PORT1 + NIC_MMIO_PORT_FRAME_MAX, 4, UINT32_MAX);
    store(PORT1 + NIC_MMIO_PORT_COOKIE, 8, COOKIE);
    store(PORT1 + NIC_MMIO_PORT_COOKIE_FRAGS, 8, FRAGS);
    CU_ASSERT_EQUAL_FATAL(
        nic_port_connect(rig.dev, 1, &wire_ops, &wire, (struct nic_pacing){.how = how}), 0);
    rig_enable(&rig, 1);
    rig_run(&rig);
}

static void open(const char *const *sets, const struct nic_frame *frames, unsigned count,
                 enum nic_pace how)
{
    open_many(sets, frames, count, count, how);
}

static enum bus_result get(uint32_t hart)
{
    uint64_t v;

    return rig_load(&rig, hart, WQ_GET, 8, &v, nic_device_cycles(rig.dev));
}

static void give(uint32_t hart, enum nic_pkt_cmd cmd)
{
    CU_ASSERT_EQUAL(rig_store(&rig, hart, PKT_CMD, 8, cmd, nic_device_cycles(rig.dev)), BUS_OK);
}

static uint32_t buffers_out(void)
{
    return rig.dev->pool.total - rig.dev->pool.available;
}

/* Closes the device; every buffer must have come back. */
static void finish(void)
{
    CU_ASSERT_EQUAL(buffers_out(), 0);
    CU_ASSERT_EQUAL(rig.dev->pool.nfree[0], rig.dev->pool.per_cluster);
    rig_close(&rig);
}

/* ---- arrival ---- */

/* The packet that hart 0 holds has these bytes, wherever they lie. */
static void check_bytes(uint32_t len)
{
    struct nic_pkt pkt = rig_pkt(&rig, 0);
    uint8_t back[NIC_BUF_SIZE];
    uint32_t at = pkt.data_end - pkt.data;

    CU_ASSERT_EQUAL(nic_mem_read(rig.dev, pkt.data, back, at), 0);
    CU_ASSERT_EQUAL(memcmp(back, bytes, at), 0);
    for (uint32_t i = 0; i < pkt.frags; i++) {
        uint32_t n = pkt.frag[i].len;

        CU_ASSERT_EQUAL(pkt.frag[i].data % NIC_BUF_SIZE, 0);
        CU_ASSERT_TRUE_FATAL(n <= NIC_BUF_SIZE && at + n <= len);
        CU_ASSERT_EQUAL(nic_mem_read(rig.dev, pkt.frag[i].data, back, n), 0);
        CU_ASSERT_EQUAL(memcmp(back, bytes + at, n), 0);
        at += n;
    }
    CU_ASSERT_EQUAL(at, len);
}

static void test_arrival(void)
{
    static const struct {
        uint32_t len, frags, last;
    } row[] = {{3519, 0, 0}, {3520, 0, 0},    {3521, 1, 1},    {4096, 1, 576},
               {7615, 1, 0}, {7616, 1, 4096}, {7617, 2, 1},    {9000, 2, 1384},
               {9018, 2, 0}, {9215, 2, 0},    {9216, 2, 1600}, {9217, 9, 0}};

    for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        struct nic_frame f = frame(row[i].len);

        open(NULL, &f, 1, NIC_PACE_MAX);
        if (row[i].frags == 9) {
            CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_OVERSIZE), 1);
            finish();
            continue;
        }
        CU_ASSERT_EQUAL(get(0), BUS_OK);
        CU_ASSERT_EQUAL(rig_pkt(&rig, 0).frags, row[i].frags);
        CU_ASSERT_EQUAL(rig_pkt(&rig, 0).cookie, row[i].frags != 0 ? FRAGS : COOKIE);
        if (row[i].last != 0)
            CU_ASSERT_EQUAL(rig_pkt(&rig, 0).frag[row[i].frags - 1].len, row[i].last);
        CU_ASSERT_EQUAL(buffers_out(), 1 + row[i].frags);
        check_bytes(row[i].len);
        give(0, NIC_PKT_DROP);
        CU_ASSERT_EQUAL(seen.len, row[i].len);
        CU_ASSERT_EQUAL(memcmp(seen.data, bytes, row[i].len), 0);
        finish();
    }
}

static uint64_t frame_max(void)
{
    uint64_t v = 0;

    CU_ASSERT_EQUAL(rig_load(&rig, 4, PORT1 + NIC_MMIO_PORT_FRAME_MAX, 4, &v, 0), BUS_OK);
    return v;
}

/* Firmware that knows nothing of fragments gets none; the configuration is the upper bound. */
static void test_frame_max(void)
{
    static const char *const standard[] = {"port.frame_max=1518", NULL};
    struct nic_frame f[] = {frame(1518), frame(1519), frame(3521)};

    rig_open(&rig, NULL);
    rig_start(&rig);
    CU_ASSERT_EQUAL(frame_max(), NIC_FRAME_LINEAR);
    store(PORT1 + NIC_MMIO_PORT_FRAME_MAX, 4, 60);
    CU_ASSERT_EQUAL(frame_max(), 60);
    store(PORT1 + NIC_MMIO_PORT_FRAME_MAX, 4, 9217);
    CU_ASSERT_EQUAL(frame_max(), NIC_FRAME_MAX);
    rig_close(&rig);
    rig_open(&rig, standard);
    CU_ASSERT_EQUAL(frame_max(), 1518);
    rig_close(&rig);
    open(standard, f, 3, NIC_PACE_MAX);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_OVERSIZE), 2);
    CU_ASSERT_EQUAL(get(0), BUS_OK);
    give(0, NIC_PKT_DROP);
    finish();
}

/* ---- the ways out ---- */

static void test_send(void)
{
    struct nic_frame f = frame(9216);
    struct nic_pkt pkt;

    open(NULL, &f, 1, NIC_PACE_MAX);
    CU_ASSERT_EQUAL(get(0), BUS_OK);
    pkt = rig_pkt(&rig, 0);
    pkt.data += 10; /* both ends of every piece move */
    pkt.data_end -= 20;
    pkt.frag[0].data += 30;
    pkt.frag[0].len -= 70;
    pkt.frag[1].len += 5;
    rig_set_pkt(&rig, 0, pkt);
    give(0, NIC_PKT_TX);
    rig_run(&rig);
    CU_ASSERT_EQUAL(wire.sent, 1);
    CU_ASSERT_EQUAL(wire.len, 9216 - 30 - 70 + 5);
    CU_ASSERT_EQUAL(memcmp(wire.data, bytes + 10, 3490), 0);
    CU_ASSERT_EQUAL(memcmp(wire.data + 3490, bytes + 3520 + 30, 4026), 0);
    CU_ASSERT_EQUAL(memcmp(wire.data + 3490 + 4026, bytes + 7616, 1600), 0);
    CU_ASSERT_EQUAL(seen.len, wire.len);
    CU_ASSERT_EQUAL(memcmp(seen.data, wire.data, wire.len), 0);
    finish();
}

static void host_queue(uint32_t buffer)
{
    struct nic_rx_desc d = {.iova = RIG_IOVA + 16384, .len = buffer};

    memcpy(rig.host, &d, sizeof(d));
    store(NIC_MMIO_BASE + NIC_MMIO_RXQ_RING, 8, RIG_IOVA);
    store(NIC_MMIO_BASE + NIC_MMIO_RXQ_CQ, 8, RIG_IOVA + 4096);
    store(NIC_MMIO_BASE + NIC_MMIO_RXQ_SIZE, 4, 4);
    store(NIC_MMIO_BASE + NIC_MMIO_RXQ_ENABLE, 4, 1);
    nic_bar_write(rig.dev, 0, NIC_BAR0_DB_RX, 4, 1);
}

static void test_host(void)
{
    struct nic_frame f = frame(9018);
    struct nic_rx_cqe cqe;

    open(NULL, &f, 1, NIC_PACE_MAX);
    host_queue(9018);
    CU_ASSERT_EQUAL(get(0), BUS_OK);
    give(0, NIC_PKT_HOST);
    rig_run(&rig);
    memcpy(&cqe, rig.host + 4096, sizeof(cqe));
    CU_ASSERT_EQUAL(cqe.len, 9018);
    CU_ASSERT_EQUAL(cqe.phase, 1);
    CU_ASSERT_EQUAL(memcmp(rig.host + 16384, bytes, 9018), 0);
    finish();
    open(NULL, &f, 1, NIC_PACE_MAX);
    host_queue(9017);
    CU_ASSERT_EQUAL(get(0), BUS_OK);
    give(0, NIC_PKT_HOST);
    rig_run(&rig);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_HOST_SHORT), 1);
    finish();
}

/* ---- what a hart may do ---- */

/* Buffers that a packet has no more use for are free at once, not when the frame has left. */
static void test_give_up(void)
{
    struct nic_frame f = frame(9000);
    struct nic_pkt pkt;

    for (uint8_t keep = 0; keep <= 2; keep++) {
        open(NULL, &f, 1, NIC_PACE_MAX);
        CU_ASSERT_EQUAL(get(0), BUS_OK);
        pkt = rig_pkt(&rig, 0);
        pkt.frags = keep;
        rig_set_pkt(&rig, 0, pkt);
        give(0, NIC_PKT_REQUEUE);
        CU_ASSERT_EQUAL(buffers_out(), 1u + keep);
        rig_run(&rig);
        CU_ASSERT_EQUAL(get(0), BUS_OK);
        CU_ASSERT_EQUAL(rig_pkt(&rig, 0).frags, keep);
        give(0, NIC_PKT_TX);
        CU_ASSERT_EQUAL(buffers_out(), 1u + keep);
        rig_run(&rig);
        CU_ASSERT_EQUAL(wire.len, keep == 2 ? 9000u : 3520u + keep * 4096u);
        CU_ASSERT_EQUAL(memcmp(wire.data, bytes, wire.len), 0);
        finish();
    }
}

/* Each row: a change to a packet with one fragment that must be refused, whatever the command. */
static void test_hostile(void)
{
    static const struct {
        uint8_t frags;
        int32_t data;
        uint32_t len;
    } bad[] = {
        {2, 0, 100},        {255, 0, 100},     {1, 0, 0},           {1, 0, 4097},
        {1, 0, UINT32_MAX}, {1, 1, 4096},      {1, 4096, 1},        {1, -1, 1},
        {1, -4096, 4096},   {1, INT32_MIN, 1}, {1, -1, UINT32_MAX},
    };
    struct nic_frame f = frame(4000);

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        for (enum nic_pkt_cmd cmd = NIC_PKT_DROP; cmd <= NIC_PKT_CLONE; cmd++) {
            struct nic_pkt pkt;

            open(NULL, &f, 1, NIC_PACE_MAX);
            CU_ASSERT_EQUAL(get(0), BUS_OK);
            pkt = rig_pkt(&rig, 0);
            pkt.frags = bad[i].frags;
            pkt.frag[0].data += (uint32_t)bad[i].data;
            pkt.frag[0].len = bad[i].len;
            pkt.frag[1] = pkt.frag[0];
            rig_set_pkt(&rig, 0, pkt);
            give(0, cmd);
            CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_BAD_CMD), 1);
            if (cmd == NIC_PKT_CLONE) /* the hart still has it */
                give(0, NIC_PKT_DROP);
            rig_run(&rig);
            CU_ASSERT_EQUAL(wire.sent, 0);
            finish();
        }
    }
}

/* Only what is still in use is looked at. */
static void test_unused(void)
{
    struct nic_frame f = frame(4000);
    struct nic_pkt pkt;

    open(NULL, &f, 1, NIC_PACE_MAX);
    CU_ASSERT_EQUAL(get(0), BUS_OK);
    pkt = rig_pkt(&rig, 0);
    pkt.frags = 0;
    memset(pkt.frag, 0xff, sizeof(pkt.frag));
    rig_set_pkt(&rig, 0, pkt);
    give(0, NIC_PKT_TX);
    rig_run(&rig);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_BAD_CMD), 0);
    CU_ASSERT_EQUAL(wire.len, 3520);
    finish();
}

static void test_clone(void)
{
    struct nic_frame f = frame(9216);
    struct nic_pkt pkt, copy;

    open(NULL, &f, 1, NIC_PACE_MAX);
    CU_ASSERT_EQUAL(get(0), BUS_OK);
    pkt = rig_pkt(&rig, 0);
    pkt.frag[0].data += 3;
    pkt.frag[0].len -= 3;
    rig_set_pkt(&rig, 0, pkt);
    give(0, NIC_PKT_CLONE);
    CU_ASSERT_EQUAL(buffers_out(), 6);
    give(0, NIC_PKT_DROP); /* the packet goes, the copy stays */
    CU_ASSERT_EQUAL(buffers_out(), 3);
    rig_run(&rig);
    CU_ASSERT_EQUAL(get(1), BUS_OK);
    copy = rig_pkt(&rig, 1);
    CU_ASSERT_EQUAL(copy.frags, 2);
    for (unsigned i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(copy.frag[i].len, pkt.frag[i].len);
        CU_ASSERT_NOT_EQUAL(copy.frag[i].data, pkt.frag[i].data);
    }
    give(1, NIC_PKT_TX);
    rig_run(&rig);
    CU_ASSERT_EQUAL(wire.len, 9213);
    CU_ASSERT_EQUAL(memcmp(wire.data, bytes, 3520), 0);
    CU_ASSERT_EQUAL(memcmp(wire.data + 3520, bytes + 3523, 9216 - 3523), 0);
    finish();
}

/* A copy gets all its buffers or none. */
static void test_clone_refused(void)
{
    struct nic_frame f = frame(9216);
    unsigned copies = 0;

    open(small, &f, 1, NIC_PACE_MAX);
    CU_ASSERT_EQUAL(get(0), BUS_OK);
    do {
        give(0, NIC_PKT_CLONE);
    } while (rig_drops(&rig, NIC_DROP_NO_COPY) == 0 && ++copies < 100);
    CU_ASSERT_EQUAL(copies, 4); /* five packets of three, and one buffer is left */
    CU_ASSERT_EQUAL(buffers_out(), 15);
    give(0, NIC_PKT_DROP);
    rig_run(&rig);
    for (unsigned i = 0; i < copies; i++) {
        CU_ASSERT_EQUAL(get(1), BUS_OK);
        give(1, NIC_PKT_DROP);
    }
    finish();
}

/* ---- who gets buffers ---- */

/* 16 buffers: five long frames, then one short; what comes too early is dropped whole. */
static void test_no_buffer(void)
{
    struct nic_frame f[9];

    for (unsigned i = 0; i < 9; i++)
        f[i] = frame(i == 6 ? 60 : 9216);
    open(small, f, 9, NIC_PACE_LINE);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_NO_BUFFER), 3);
    CU_ASSERT_EQUAL(buffers_out(), 16);
    for (unsigned i = 0; i < 6; i++) {
        CU_ASSERT_EQUAL(get(0), BUS_OK);
        CU_ASSERT_EQUAL(rig_pkt(&rig, 0).seq, i < 5 ? i : 6);
        check_bytes(i < 5 ? 9216 : 60);
        give(0, NIC_PKT_DROP);
    }
    finish();
}

/* At max pace nothing is lost: the next frame waits until all its buffers are there. */
static void test_wait(void)
{
    static const uint32_t lengths[] = {9216, 60, 3521, 3520, 7616, 7617};
    enum { COUNT = 600 };
    static struct nic_frame f[COUNT];
    uint64_t length_sum = 0;

    for (unsigned i = 0; i < COUNT; i++) {
        f[i] = frame(lengths[i * 7 / 3 % 6]);
        length_sum += f[i].len;
    }
    open(small, f, COUNT, NIC_PACE_MAX);
    for (unsigned i = 0; i < COUNT; i++) {
        CU_ASSERT_EQUAL_FATAL(get(0), BUS_OK);
        CU_ASSERT_EQUAL(rig_pkt(&rig, 0).seq, i);
        check_bytes(f[i].len);
        length_sum -= f[i].len;
        give(0, i % 3 == 0 ? NIC_PKT_TX : NIC_PKT_DROP);
        rig_run(&rig);
    }
    CU_ASSERT_EQUAL(length_sum, 0);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_NO_BUFFER), 0);
    finish();
}

/* Long frames of one port and short ones of another: each gets its turn, and all come. */
static void test_turns(void)
{
    enum { COUNT = 200 };
    static struct nic_frame f[COUNT], g[COUNT];
    unsigned longs = 0, in_between = 0;

    for (unsigned i = 0; i < COUNT; i++) {
        f[i] = frame(9216);
        g[i] = frame(60);
    }
    open(small, f, COUNT, NIC_PACE_MAX);
    rig_play(&rig, 2, g, COUNT, NIC_PACE_MAX, 0);
    rig_enable(&rig, 2);
    rig_run(&rig);
    for (unsigned i = 0; i < 2 * COUNT; i++) {
        CU_ASSERT_EQUAL_FATAL(get(0), BUS_OK);
        longs += rig_pkt(&rig, 0).frags != 0;
        in_between += i == COUNT ? longs : 0;
        give(0, NIC_PKT_DROP);
        rig_run(&rig);
    }
    CU_ASSERT_EQUAL(longs, COUNT);
    CU_ASSERT_TRUE(in_between > COUNT / 4 && in_between < COUNT);
    finish();
}

/* The bound falls while a long frame waits on the wire: it is dropped, and the next one comes. */
static void test_bound_falls(void)
{
    struct nic_frame f[7];

    for (unsigned i = 0; i < 7; i++)
        f[i] = frame(i < 6 ? 9216 : 60);
    open(small, f, 7, NIC_PACE_MAX);
    CU_ASSERT_EQUAL(wire.at, 6);
    store(PORT1 + NIC_MMIO_PORT_FRAME_MAX, 4, NIC_FRAME_LINEAR);
    for (unsigned i = 0; i < 6; i++) {
        CU_ASSERT_EQUAL_FATAL(get(0), BUS_OK);
        give(0, NIC_PKT_DROP);
        rig_run(&rig);
    }
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_OVERSIZE), 1);
    CU_ASSERT_EQUAL(seen.len, 60);
    finish();
}

/* A million packets of all kinds, given back in all ways. */
static void test_million(void)
{
    enum { COUNT = 1000000 };
    static struct nic_frame f[1024];

    for (unsigned i = 0; i < 1024; i++)
        f[i] = frame(i % 8 == 0 ? 7617 : i % 8 < 5 ? 3521 + i % 5 : 60);
    open_many(NULL, f, 1024, COUNT, NIC_PACE_MAX);
    for (unsigned i = 0; i < COUNT; i++) {
        struct nic_pkt pkt;

        CU_ASSERT_EQUAL_FATAL(get(0), BUS_OK);
        pkt = rig_pkt(&rig, 0);
        if (i % 16 == 3 && pkt.frags != 0)
            pkt.frags--;
        if (i % 16 == 9)
            pkt.frags = 3;
        rig_set_pkt(&rig, 0, pkt);
        give(0, i % 32 == 7 ? NIC_PKT_TX : NIC_PKT_DROP);
        rig_run(&rig);
    }
    CU_ASSERT_EQUAL(seen.done, COUNT);
    CU_ASSERT_EQUAL(rig_drops(&rig, NIC_DROP_BAD_CMD), COUNT / 16);
    finish();
}

static const struct cunit_case cases[] = {
    {"arrival", test_arrival},
    {"longest frame", test_frame_max},
    {"sent", test_send},
    {"to the host", test_host},
    {"buffers given up", test_give_up},
    {"hostile fragments", test_hostile},
    {"fragments that are none", test_unused},
    {"a copy", test_clone},
    {"a copy that cannot be", test_clone_refused},
    {"no buffer", test_no_buffer},
    {"waiting for buffers", test_wait},
    {"turns", test_turns},
    {"the bound falls", test_bound_falls},
    {"a million", test_million},
    {NULL, NULL},
};

int main(void)
{
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 7 + i / 251);
    return cunit_run("fragments", cases);
}
