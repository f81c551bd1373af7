/* SPDX-License-Identifier: BSD-3-Clause */
/* Helper 25: a sample, with as much of the packet behind it as the flags ask for
 * (net/core/filter.c: bpf_xdp_event_output). */
#include "maps/perf_array.h"

#include "helpers/args.h"
#include "helpers/map_arg.h"
#include "platform/platform.h"

static int send(struct fw_map *m, uint32_t index, const struct fw_event_part part[2])
{
    struct fw_event ev = {
        .handle = (uint32_t)(uintptr_t)m,
        .type = FW_EVENT_PERF,
        .index = index,
        .lost = fw_perf_lost_take(m, index),
    };
    uint32_t untold = (uint32_t)ev.lost;
    int err = fw_evq_send(&fw_shared.evq, &ev, part, 2);
    if (err)
        fw_perf_lost(m, index, untold);
    return err;
}

uint64_t fw_helper_perf_event_output(uint64_t ctx, uint64_t map, uint64_t flags, uint64_t data,
                                     uint64_t size)
{
    struct fw_map *m = fw_arg_map_of(map, FW_MAP_PERF_EVENT_ARRAY);
    const void *from = fw_arg_bytes_or_null(data, size);
    uint32_t packet = (uint32_t)((flags & FW_F_CTXLEN_MASK) >> 32);
    uint32_t index;
    (void)ctx;
    if (flags & ~(FW_F_CTXLEN_MASK | FW_F_INDEX_MASK))
        return fw_helper_error(FW_EINVAL);
    if (packet > FW_PKT->data_end - FW_PKT->data)
        return fw_helper_error(FW_EFAULT);
    int err = fw_perf_entry(m, flags, plat_cpu(), &index);
    if (err)
        return fw_helper_error(err);
    const struct fw_event_part part[2] = {
        {.at = from, .len = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size},
        {.at = plat_ptr(FW_PKT->data), .len = packet},
    };
    return fw_helper_error(send(m, index, part));
}
