/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bytes of a packet, fragments included, as offsets from nic_pkt.data. Ranges are the
 * caller's to check. Semantics: net/core/filter.c, bpf_xdp_pointer and its neighbours.
 */
#ifndef FW_HELPERS_PACKET_H
#define FW_HELPERS_PACKET_H

#include <stdint.h>

#include "nic/pkt.h"

/* Bytes in the fragments. */
static inline uint32_t fw_frags_len(const struct nic_pkt *p)
{
    uint32_t len = 0;
    for (uint32_t i = 0; i < p->frags; i++)
        len += p->frag[i].len;
    return len;
}

static inline uint32_t fw_packet_len(const struct nic_pkt *p)
{
    uint32_t len = p->data_end - p->data;
    return p->frags ? len + fw_frags_len(p) : len;
}

/* `len` bytes at `offset` where they lie, NULL when that is not one piece. */
uint8_t *fw_packet_at(const struct nic_pkt *p, uint32_t offset, uint32_t len);

/* Copies them, wherever they lie. */
void fw_packet_read(const struct nic_pkt *p, uint32_t offset, void *to, uint32_t len);
void fw_packet_write(const struct nic_pkt *p, uint32_t offset, const void *from, uint32_t len);

/* `len` bytes at `addr` lie in one fragment. */
int fw_frags_hold(const struct nic_pkt *p, uint64_t addr, uint64_t len);

/*
 * bpf_xdp_adjust_tail of a packet with fragments: 0 or an errno. What grows is zero, and stays
 * within the last fragment's buffer; what shrinks gives up fragments, then bytes in front.
 */
int fw_frags_grow(struct nic_pkt *p, uint32_t by);
int fw_frags_shrink(struct nic_pkt *p, int64_t by);

#endif
