/* SPDX-License-Identifier: BSD-3-Clause */
/* A timer's record, and the heap of those that are armed. */
#ifndef FW_TIMER_IMPL_H
#define FW_TIMER_IMPL_H

#include "maps/map.h"

struct fw_timer {
    uint64_t expires;
    uint32_t order; /* of starts in this queue */
    uint32_t lock;
    uint32_t queue;             /* 1 + number of the one it is in, 0 = not armed */
    uint32_t running;           /* 1 + hart that is in its callback, 0 = none */
    uint32_t callback;          /* entry address, 0 = none */
    uint32_t map;               /* handle */
    uint32_t field;             /* device address of the struct bpf_timer, 0 = not initialised */
    uint32_t child, next, prev; /* prev: of a first child its parent */
    uint32_t cancelling;        /* callbacks that want to cancel this timer */
    uint32_t rsvd[3];
};

static inline struct fw_timer *fw_timer_at(uint32_t record)
{
    return plat_ptr(record);
}

/* The queue is locked; *root: device address of its first record, 0 = empty. */
void fw_heap_insert(uint32_t *root, uint32_t record);
void fw_heap_remove(uint32_t *root, uint32_t record);

#endif
