/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets of several buffers: a wire, the tap and harts. For one program. */
#ifndef TESTS_DEVICE_FRAGS_H
#define TESTS_DEVICE_FRAGS_H

#include <string.h>

#include "cunit_main.h"
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

static inline struct nic_frame frame(uint32_t len)
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

static inline int wire_next(void *ctx, struct nic_frame *f)
{
    (void)ctx;
    if (wire.at == wire.total)
        return 0;
    *f = wire.frames[wire.at++ % wire.count];
    return 1;
}

static inline void wire_sent(void *ctx, const struct nic_frame *f)
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

static inline void tap_done(void *ctx, const struct nic_pkt *pkt, enum nic_pkt_cmd cmd,
                            const uint8_t *data, uint32_t len, uint64_t cycles, uint64_t insns)
{
    (void)ctx, (void)pkt, (void)cmd, (void)cycles, (void)insns;
    seen.done++;
    seen.len = len;
    memcpy(seen.data, data, len);
}

static inline void store(uint64_t addr, unsigned width, uint64_t v)
{
    CU_ASSERT_EQUAL(rig_store(&rig, 4, addr, width, v, nic_device_cycles(rig.dev)), BUS_OK);
}

static inline void open_many(const char *const *sets, const struct nic_frame *frames,
                             unsigned count, unsigned total, enum nic_pace how)
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

static inline void open(const char *const *sets, const struct nic_frame *frames, unsigned count,
                        enum nic_pace how)
{
    open_many(sets, frames, count, count, how);
}

static inline enum bus_result get(uint32_t hart)
{
    uint64_t v;

    return rig_load(&rig, hart, WQ_GET, 8, &v, nic_device_cycles(rig.dev));
}

static inline void give(uint32_t hart, enum nic_pkt_cmd cmd)
{
    CU_ASSERT_EQUAL(rig_store(&rig, hart, PKT_CMD, 8, cmd, nic_device_cycles(rig.dev)), BUS_OK);
}

static inline uint32_t buffers_out(void)
{
    return rig.dev->pool.total - rig.dev->pool.available;
}

/* Closes the device; every buffer must have come back. */
static inline void finish(void)
{
    CU_ASSERT_EQUAL(buffers_out(), 0);
    CU_ASSERT_EQUAL(rig.dev->pool.nfree[0], rig.dev->pool.per_cluster);
    rig_close(&rig);
}

/* The packet that hart 0 holds has these bytes, wherever they lie. */
static inline void check_bytes(uint32_t len)
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

static inline void frags_bytes(void)
{
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 7 + i / 251);
}

#endif
