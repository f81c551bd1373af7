/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

#include <errno.h>
#include <string.h>

#include "fake_engine.h"

static uint8_t *host_at(struct rig *rig, uint64_t iova, size_t len)
{
    if (iova < RIG_IOVA || iova - RIG_IOVA > RIG_HOST || len > RIG_HOST - (iova - RIG_IOVA))
        return NULL;
    return rig->host + (iova - RIG_IOVA);
}

static int dma_read(void *ctx, uint64_t iova, void *dst, size_t len)
{
    uint8_t *p = host_at(ctx, iova, len);

    if (p == NULL)
        return -EFAULT;
    memcpy(dst, p, len);
    return 0;
}

static int dma_write(void *ctx, uint64_t iova, const void *src, size_t len)
{
    uint8_t *p = host_at(ctx, iova, len);

    if (p == NULL)
        return -EFAULT;
    memcpy(p, src, len);
    return 0;
}

static void msix(void *ctx, unsigned vector, uint64_t addr, uint32_t data)
{
    struct rig *rig = ctx;

    rig->irqs++;
    rig->irq_vector = vector;
    rig->irq_addr = addr;
    rig->irq_data = data;
}

static const struct nic_host_ops host_ops = {
    .dma_read = dma_read, .dma_write = dma_write, .msix = msix};

static int wire_next(void *ctx, struct nic_frame *f)
{
    struct rig_wire *w = ctx;

    if (w->at == w->count)
        return w->end;
    *f = w->frames[w->at++];
    return 1;
}

static void wire_sent(void *ctx, const struct nic_frame *f)
{
    struct rig_wire *w = ctx;

    if (w->sent < RIG_LOG) {
        w->out[w->sent] = *f;
        w->first_byte[w->sent] = f->data[0];
    }
    w->sent++;
}

static const struct nic_port_ops wire_ops = {.next = wire_next, .sent = wire_sent};

static void tap_done(void *ctx, const struct nic_pkt *pkt, enum nic_pkt_cmd cmd,
                     const uint8_t *data, uint32_t len, uint64_t cycles, uint64_t insns)
{
    struct rig *rig = ctx;

    if (rig->done < RIG_LOG)
        rig->log[rig->done] = (struct rig_done){.pkt = *pkt,
                                                .cmd = cmd,
                                                .len = len,
                                                .first_byte = len != 0 ? data[0] : 0,
                                                .cycles = cycles,
                                                .insns = insns};
    rig->done++;
}

static void tap_dropped(void *ctx, uint64_t seq, enum nic_drop_reason why)
{
    struct rig *rig = ctx;

    rig->dropped++;
    rig->drop_seq = seq;
    rig->drop_why = why;
}

void rig_open(struct rig *rig, const char *const *sets)
{
    struct nic_tap tap = {.done = tap_done, .dropped = tap_dropped, .ctx = rig};
    struct nic_config cfg;
    struct nic_err err = {""};

    memset(rig, 0, sizeof(*rig));
    nic_config_init(&cfg);
    cfg.engine_count = 2;
    cfg.engine_threads = 2;
    for (; sets != NULL && *sets != NULL; sets++)
        CU_ASSERT_EQUAL_FATAL(nic_config_set(&cfg, *sets, &err), 0);
    CU_ASSERT_EQUAL_FATAL(nic_device_create(&cfg, &host_ops, rig, &rig->dev, &err), 0);
    nic_device_set_tap(rig->dev, &tap);
}

void rig_close(struct rig *rig)
{
    nic_device_destroy(rig->dev);
    rig->dev = NULL;
}

void rig_start(struct rig *rig)
{
    nic_bar_write(rig->dev, 0, NIC_BAR0_CTRL, 4, NIC_CTRL_RUN);
}

enum bus_result rig_op(struct rig *rig, uint32_t hart, enum bus_op op, uint64_t addr,
                       unsigned bytes, uint64_t *v, uint64_t now)
{
    struct bus_req r = {.addr = addr,
                        .data = *v,
                        .now = now,
                        .hart = hart,
                        .bytes = (uint8_t)bytes,
                        .op = (uint8_t)op};
    enum bus_result res;

    rig->dev->turns.end = DEV_NEVER;
    rig->dev->turns.horizon = DEV_NEVER - 1;
    res = bus_access(rig->dev, &r);
    *v = r.data;
    /* no engine to send back to the device because of an event */
    return res == BUS_STOP && rig->dev->turns.end != DEV_NEVER ? BUS_OK : res;
}

enum bus_result rig_store(struct rig *rig, uint32_t hart, uint64_t addr, unsigned bytes, uint64_t v,
                          uint64_t now)
{
    return rig_op(rig, hart, BUS_STORE, addr, bytes, &v, now);
}

enum bus_result rig_load(struct rig *rig, uint32_t hart, uint64_t addr, unsigned bytes, uint64_t *v,
                         uint64_t now)
{
    return rig_op(rig, hart, BUS_LOAD, addr, bytes, v, now);
}

void rig_play(struct rig *rig, unsigned port, const struct nic_frame *frames, unsigned count,
              enum nic_pace how, uint64_t rate)
{
    struct rig_wire *w = &rig->wire[port - 1];

    w->frames = frames;
    w->count = count;
    w->at = 0;
    CU_ASSERT_EQUAL_FATAL(nic_port_connect(rig->dev, port, &wire_ops, w,
                                           (struct nic_pacing){.how = how, .rate = rate}),
                          0);
}

void rig_enable(struct rig *rig, unsigned port)
{
    uint64_t reg =
        NIC_MMIO_BASE + NIC_MMIO_PORT_ENABLE + (uint64_t)(port - 1) * NIC_MMIO_PORT_ENABLE_STRIDE;

    (void)rig_store(rig, rig->dev->harts, reg, 4, 1, nic_device_cycles(rig->dev));
}

struct nic_pkt rig_pkt(struct rig *rig, uint32_t hart)
{
    struct nic_pkt pkt;

    memcpy(&pkt, device_local(rig->dev, hart), sizeof(pkt));
    return pkt;
}

void rig_set_pkt(struct rig *rig, uint32_t hart, struct nic_pkt pkt)
{
    memcpy(device_local(rig->dev, hart), &pkt, sizeof(pkt));
}

uint64_t rig_drops(struct rig *rig, enum nic_drop_reason why)
{
    struct nic_stats s;

    nic_device_stats(rig->dev, &s);
    return s.drops[why];
}

const struct fake_wake *rig_wake(struct rig *rig, uint32_t hart)
{
    return fake_wake(rig->dev->engine[device_hart_engine(rig->dev, hart)], hart);
}

void rig_run(struct rig *rig)
{
    while (clock_next_event(rig->dev) != DEV_NEVER && !clock_first_is(rig->dev, EVENT_WATCHDOG)) {
        enum nic_stop why = nic_device_run(rig->dev, clock_next_event(rig->dev), false);

        CU_ASSERT_FATAL(why == NIC_STOP_IDLE || why == NIC_STOP_LIMIT);
        if (why == NIC_STOP_IDLE) /* alarms alone are still to come */
            return;
    }
}
