/* SPDX-License-Identifier: BSD-3-Clause */
#include "helpers/packet.h"

#include "core/mem.h"
#include "fw/bpf.h"
#include "platform/platform.h"

/* A piece of the packet that lies together. */
struct piece {
    uint32_t at, len;
};

/* Piece 0 is in the first buffer, the others are fragments. */
static struct piece piece_of(const struct nic_pkt *p, uint32_t i)
{
    if (i == 0)
        return (struct piece){p->data, p->data_end - p->data};
    return (struct piece){p->frag[i - 1].data, p->frag[i - 1].len};
}

/* Moves *offset into the piece that holds it: the number of that. */
static uint32_t find(const struct nic_pkt *p, uint32_t *offset)
{
    uint32_t i = 0;
    for (struct piece s = piece_of(p, 0); i < p->frags && *offset >= s.len; s = piece_of(p, ++i))
        *offset -= s.len;
    return i;
}

uint8_t *fw_packet_at(const struct nic_pkt *p, uint32_t offset, uint32_t len)
{
    struct piece s = piece_of(p, find(p, &offset));
    if (offset > s.len || len > s.len - offset)
        return NULL;
    return plat_ptr(s.at + offset);
}

/* As much as lies in one piece, at most `len`. */
static uint8_t *next_piece(const struct nic_pkt *p, uint32_t offset, uint32_t len, uint32_t *got)
{
    struct piece s = piece_of(p, find(p, &offset));
    uint32_t room = offset < s.len ? s.len - offset : 0;
    *got = len < room ? len : room;
    return *got ? plat_ptr(s.at + offset) : NULL;
}

void fw_packet_read(const struct nic_pkt *p, uint32_t offset, void *to, uint32_t len)
{
    uint8_t *at = to;
    uint32_t n;
    for (const uint8_t *from; len && (from = next_piece(p, offset, len, &n)) != NULL;) {
        memmove(at, from, n);
        at += n;
        offset += n;
        len -= n;
    }
}

void fw_packet_write(const struct nic_pkt *p, uint32_t offset, const void *from, uint32_t len)
{
    const uint8_t *at = from;
    uint32_t n;
    for (uint8_t *to; len && (to = next_piece(p, offset, len, &n)) != NULL;) {
        memmove(to, at, n);
        at += n;
        offset += n;
        len -= n;
    }
}

int fw_frags_hold(const struct nic_pkt *p, uint64_t addr, uint64_t len)
{
    for (uint32_t i = 0; i < p->frags; i++) {
        uint64_t at = addr - p->frag[i].data;
        if (at < p->frag[i].len && len <= p->frag[i].len - at)
            return 1;
    }
    return 0;
}

int fw_frags_grow(struct nic_pkt *p, uint32_t by)
{
    struct nic_frag *f = &p->frag[p->frags - 1];
    uint32_t room = NIC_BUF_SIZE - f->data % NIC_BUF_SIZE - f->len;
    if (by > room)
        return FW_EINVAL;
    memset((uint8_t *)plat_ptr(f->data) + f->len, 0, by);
    f->len += by;
    return 0;
}

int fw_frags_shrink(struct nic_pkt *p, int64_t by)
{
    if (by > (int64_t)fw_packet_len(p) - FW_ETH_HLEN)
        return FW_EINVAL;
    while (by > 0 && p->frags && p->frag[p->frags - 1].len <= by)
        by -= p->frag[--p->frags].len;
    if (by > 0 && p->frags)
        p->frag[p->frags - 1].len -= (uint32_t)by;
    else if (by > 0)
        p->data_end -= (uint32_t)by;
    return 0;
}
