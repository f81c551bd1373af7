/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * BPF_MAP_TYPE_RINGBUF, for producers on any number of harts; the consumer is the
 * host, which reads the pages in fw/events.h through its BAR. Positions and
 * records are the kernel's (kernel/bpf/ringbuf.c), so that its consumers work on
 * them.
 *
 * The data lie in memory twice the ring's size. A record that goes past the ring's
 * end is in one piece for its program, in the second half; on commit the part
 * behind the end is copied to the ring's start, where a consumer finds it.
 */
#ifndef FW_RINGBUF_H
#define FW_RINGBUF_H

#include "fw/events.h"
#include "maps/map.h"

enum fw_ringbuf_flag {
    FW_RB_NO_WAKEUP = 1,
    FW_RB_FORCE_WAKEUP = 2,
};

enum fw_ringbuf_query {
    FW_RB_AVAIL_DATA = 0,
    FW_RB_RING_SIZE = 1,
    FW_RB_CONS_POS = 2,
    FW_RB_PROD_POS = 3,
};

extern const struct fw_map_type_ops fw_ringbuf_type;

/* `size` bytes for a record that nobody sees yet; NULL (and counted) when there is no room. */
void *fw_ringbuf_reserve(struct fw_map *m, uint64_t size);
/* Gives it to the consumer, or takes it back. Nonzero when the consumer waits for this one. */
int fw_ringbuf_commit(struct fw_map *m, void *record, uint64_t flags, int discard);
uint64_t fw_ringbuf_query(const struct fw_map *m, uint64_t what);

/*
 * The ring of a record that fw_ringbuf_reserve gave: the address of the map's
 * descriptor as that ring's memory has it. The caller checks both with fw_ringbuf_holds, since
 * programs can write there. `addr` has 8 bytes of map memory before it.
 */
uint32_t fw_ringbuf_of(uint32_t addr);
/* A record that was reserved and not committed. */
int fw_ringbuf_holds(const struct fw_map *m, uint32_t addr);

/* Records for which there was no room. */
static inline uint64_t fw_ringbuf_lost(const struct fw_map *m)
{
    return __atomic_load_n(&m->own[1], __ATOMIC_RELAXED);
}

#endif
