/* SPDX-License-Identifier: BSD-3-Clause */
/* Helper 25: a sample, with as much of the packet behind it as the flags ask for
 * (net/core/filter.c: bpf_xdp_event_output). */
#include "maps/perf_array.h"

#include "helpers/args.h"
#include "helpers/map_arg.h"
#include "helpers/packet.h"
#include "platform/platform.h"

#define PARTS (2 + NIC_FRAGS_MAX)

static int send(struct fw_map *m, uint32_t index, const struct fw_event_part part[PARTS])
{
    struct fw_event ev = {
        .handle = (uint32_t)(uintptr_t)m,
        .type = FW_EVENT_PERF,
        .index = index,
        .lost = fw_perf_lost_take(m, index),
    };
    uint32_t untold = (uint32_t)ev.lost;
    int err = fw_evq_send(&fw_shared.evq, &ev, part, PARTS);
    if (err)
        fw_perf_lost(m, index, untold);
    return err;
}

/* The first `len` bytes of the packet as parts, the last ones of which may be empty. */
static void packet_parts(struct fw_event_part *part, uint32_t len)
{
    const struct nic_pkt *p = FW_PKT;
    uint32_t n = p->data_end - p->data;
    n = n < len ? n : len;
    part[0] = (struct fw_event_part){.at = plat_ptr(p->data), .len = n};
    len -= n;
    for (uint32_t i = 0; i < NIC_FRAGS_MAX; i++) {
        n = i < p->frags && p->frag[i].len < len ? p->frag[i].len : len;
        part[1 + i] = (struct fw_event_part){.at = plat_ptr(p->frag[i].data), .len = n};
        len -= n;
    }
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
    if (packet > fw_packet_len(FW_PKT))
        return fw_helper_error(FW_EFAULT);
    int err = fw_perf_entry(m, flags, plat_cpu(), &index);
    if (err)
        return fw_helper_error(err);
    struct fw_event_part part[PARTS] = {
        {.at = from, .len = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size},
    };
    packet_parts(part + 1, packet);
    return fw_helper_error(send(m, index, part));
}
