/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Timers (struct bpf_timer) in the values of a map. Behind the contents of such a map lies a
 * record of 64 bytes for each of its places, so that no timer ever waits for memory; the 16 bytes
 * in the value hold the record's address while the timer is initialised, else 0.
 *
 * Each hart has a queue: a pairing heap of the records of the timers that it runs, by expiry and,
 * of equal ones, by the order of their starts. A timer runs on the hart that started it, never on
 * two at once: while its callback runs, a start by another hart puts it back into that queue.
 *
 * Locks: a record's, then a queue's. All of a record is under its own lock but the links, `queue`
 * and `order`, which are under the queue's; `running` is set under the queue's and cleared
 * under both.
 */
#ifndef FW_TIMER_H
#define FW_TIMER_H

#include "maps/map.h"

#define FW_TIMER_NEVER UINT64_MAX

/* A timer whose callback is due. */
struct fw_timer_due {
    uint32_t record;
    uint32_t callback; /* entry address, 0: it was taken back meanwhile */
    uint32_t map;      /* handle */
    uint32_t value;    /* device address */
};

/* Lends *ts a queue for each hart; with NULL there are no timers (FW_ENOMEM). */
void fw_timers_init(struct fw_timers *ts, struct fw_timer_queue *queue, uint32_t queues,
                    uint64_t dram_bytes);

/* Bytes of the records of a map whose type has planned it; 0 without timers. */
uint64_t fw_timer_bytes(const struct fw_map *m);

/*
 * The helpers, on the timer whose field is at this device address, for the hart `self`: 0 or a
 * positive errno as the kernel's. Cancel: -1 = it was armed. A callback that is under way on
 * another hart is waited for.
 */
int fw_timer_init(struct fw_map *m, uint32_t field, uint64_t flags);
int fw_timer_set_callback(const struct fw_maps *ms, uint32_t field, uint32_t entry);
/* *wake: whether `self` has a new first expiry, which is *expiry. */
int fw_timer_start(struct fw_maps *ms, uint32_t field, uint64_t ns, uint64_t flags, uint64_t now,
                   uint32_t self, uint64_t *wake);
int fw_timer_cancel(struct fw_maps *ms, uint32_t field, uint32_t self);

/* Which timers of `self` have been started so far, for fw_timer_take. */
uint32_t fw_timer_round(const struct fw_maps *ms, uint32_t self);
/*
 * Takes the first timer of `self` that expires by `now`; 0: none, *next = when one will. Nor one
 * that was started after `round`: callbacks that start themselves leave packets their turn.
 */
int fw_timer_take(struct fw_maps *ms, uint32_t self, uint64_t now, uint32_t round,
                  struct fw_timer_due *due, uint64_t *next);
/* Its callback is over. */
void fw_timer_done(struct fw_maps *ms, uint32_t self, const struct fw_timer_due *due);

/* The value at this address gets new contents or leaves the map: its timer is no more. */
void fw_timer_free(struct fw_map *m, uint32_t value);
/* Of a map with timers: frees all. */
void fw_timer_free_all(struct fw_map *m);
/* Takes back callbacks in [lo, hi), which is code that goes. */
void fw_timer_forget(struct fw_maps *ms, uint32_t lo, uint32_t hi);
/* Waits until every callback that is under way has ended. */
void fw_timer_grace(struct fw_maps *ms);

/* Whether anybody but programs holds the map: without, there are no timers in it. */
void fw_timer_held(struct fw_map *m, int held);

#endif
