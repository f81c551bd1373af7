/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Helpers that move the packet's bounds, by the kernel's rules (net/core/filter.c:
 * bpf_xdp_adjust_head, _meta, _tail). The descriptor holds the truth; the
 * program's xdp_md, which it could have overwritten, is only written.
 */
#include "core/mem.h"
#include "helpers/args.h"
#include "helpers/packet.h"
#include "platform/platform.h"

/* Where metadata may start: the kernel keeps its struct xdp_frame at the start of the buffer. */
static inline int64_t frame_end(void)
{
    return (int64_t)FW_PKT->buf + FW_XDP_FRAME_BYTES;
}

static void bounds_changed(void)
{
    FW_MD->data = FW_PKT->data;
    FW_MD->data_end = FW_PKT->data_end;
    FW_MD->data_meta = FW_PKT->data_meta;
    fw_packet_window();
}

uint64_t fw_helper_xdp_adjust_head(uint64_t ctx, uint64_t offset, uint64_t a2, uint64_t a3,
                                   uint64_t a4)
{
    struct nic_pkt *p = FW_PKT;
    int64_t delta = fw_arg_int(offset);
    int64_t data = (int64_t)p->data + delta;
    uint32_t metalen = p->data - p->data_meta;
    (void)ctx, (void)a2, (void)a3, (void)a4;
    if (data < frame_end() + metalen || data > (int64_t)p->data_end - FW_ETH_HLEN)
        return fw_helper_error(FW_EINVAL);
    if (metalen)
        memmove(plat_ptr((uint32_t)data - metalen), plat_ptr(p->data_meta), metalen);
    p->data = (uint32_t)data;
    p->data_meta = (uint32_t)data - metalen;
    bounds_changed();
    return 0;
}

uint64_t fw_helper_xdp_adjust_meta(uint64_t ctx, uint64_t offset, uint64_t a2, uint64_t a3,
                                   uint64_t a4)
{
    struct nic_pkt *p = FW_PKT;
    int64_t meta = (int64_t)p->data_meta + fw_arg_int(offset);
    int64_t metalen = (int64_t)p->data - meta;
    (void)ctx, (void)a2, (void)a3, (void)a4;
    if (meta < frame_end() || metalen < 0)
        return fw_helper_error(FW_EINVAL);
    if (metalen % 4 != 0 || metalen > FW_META_MAX)
        return fw_helper_error(FW_EACCES);
    p->data_meta = (uint32_t)meta;
    bounds_changed();
    return 0;
}

/*
 * With fragments. The kernel negates the offset as an int: the smallest stays negative, and
 * shrinks nothing.
 */
static uint64_t adjust_frags(struct nic_pkt *p, int64_t delta)
{
    int64_t by = delta == INT32_MIN ? delta : -delta;
    int err = delta < 0 ? fw_frags_shrink(p, by) : fw_frags_grow(p, (uint32_t)delta);
    bounds_changed();
    fw_frag_windows(p->frags);
    return fw_helper_error(err);
}

uint64_t fw_helper_xdp_adjust_tail(uint64_t ctx, uint64_t offset, uint64_t a2, uint64_t a3,
                                   uint64_t a4)
{
    struct nic_pkt *p = FW_PKT;
    int64_t delta = fw_arg_int(offset);
    int64_t end = (int64_t)p->data_end + delta;
    (void)ctx, (void)a2, (void)a3, (void)a4;
    if (p->frags)
        return adjust_frags(p, delta);
    if (end > (int64_t)p->buf_end - NIC_PKT_TAILROOM || end < (int64_t)p->data + FW_ETH_HLEN)
        return fw_helper_error(FW_EINVAL);
    if (delta > 0)
        memset(plat_ptr(p->data_end), 0, (size_t)delta);
    p->data_end = (uint32_t)end;
    bounds_changed();
    return 0;
}
