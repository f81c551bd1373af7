/* SPDX-License-Identifier: BSD-3-Clause */
#include "admin/ctl.h"

#include "core/mem.h"
#include "maps/timer.h"
#include "platform/platform.h"

#define SLOT_ALIGN 64u /* a program starts on a line of the instruction store */

/* A queue of timers for each hart at the start of shared SRAM, if they fit; where the rest begins.
 */
static uint64_t timer_queues(struct fw_ctl *ctl, const struct fw_ctl_config *c)
{
    uint64_t lo = (c->sram_lo + 63) & ~(uint64_t)63;
    uint64_t end = lo + c->timer_queues * sizeof(struct fw_timer_queue);
    int fit = c->timer_queues && end <= c->sram_hi;
    fw_timers_init(&ctl->maps.timers, fit ? plat_ptr((uint32_t)lo) : NULL, c->timer_queues,
                   c->dram_bytes);
    return fit ? end : c->sram_lo;
}

void fw_ctl_init(struct fw_ctl *ctl, const struct fw_ctl_config *config)
{
    memset(ctl, 0, sizeof(*ctl));
    ctl->stats = config->stats;
    ctl->trace = config->trace;
    ctl->evq = config->evq;
    ctl->fib = config->fib;
    ctl->ports = config->ports < NIC_PORTS_MAX ? config->ports : NIC_PORTS_MAX;
    ctl->rxqs = config->rxqs < NIC_RXQS_LIMIT ? config->rxqs : NIC_RXQS_LIMIT;
    fw_maps_init(&ctl->maps, config->map, config->map_handle_base, ctl->dram_rows, FW_DRAM_ROWS,
                 config->dram_bytes, config->cpus, config->seed);
    fw_maps_sram(&ctl->maps, ctl->sram_rows, FW_SRAM_MAPS_MAX + 3, timer_queues(ctl, config),
                 config->sram_hi);
    ctl->test_buf = config->test_buf;
    ctl->maps.ctl = ctl;
    ctl->maps.held = ctl->map_held;
    uint64_t room = config->prog_hi > config->prog_lo ? config->prog_hi - config->prog_lo : 0;
    fw_extents_init(&ctl->istore, ctl->istore_rows, FW_PROGS_MAX + 1, SLOT_ALIGN, config->prog_lo,
                    room);
    for (uint32_t port = 1; port <= ctl->ports; port++) {
        ctl->port_frame[port - 1] = NIC_FRAME_MAX;
        fw_port_update(ctl, port);
    }
}

int fw_ctl_execute(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    if (sqe->rsvd0 != 0 || sqe->rsvd[0] != 0 || sqe->rsvd[1] != 0)
        return FW_EINVAL;
    switch (sqe->op) {
#define X(id, number, ...)                                                                         \
    case FW_ADMIN_##id:                                                                            \
        return fw_cmd_##id(ctl, sqe, result);
        FW_ADMIN_OPS(X)
#undef X
    default:
        return FW_EOPNOTSUPP;
    }
}

int fw_cmd_get(void *dst, uint64_t iova, uint32_t said, uint32_t len)
{
    return said != len ? FW_EINVAL : plat_dma_read(dst, iova, len);
}

int fw_cmd_put(const void *src, uint64_t iova, uint32_t room, uint32_t len)
{
    return room < len ? FW_ENOSPC : plat_dma_write(iova, src, len);
}

void fw_ctl_grace(struct fw_ctl *ctl)
{
    uint64_t seq = plat_seq_next();
    while (plat_seq_done() < seq)
        ;
    fw_timer_grace(&ctl->maps);
}
