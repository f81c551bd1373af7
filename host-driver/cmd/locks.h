/* SPDX-License-Identifier: BSD-3-Clause */
/* Whose locks the card's threads wait for: those of which maps, and how much. */
#ifndef CMD_LOCKS_H
#define CMD_LOCKS_H

#include "cmd/session.h"

#define LOCKS_MAPS 64u /* of a report; further maps count as one */
#define LOCKS_NAME 40u

struct locks_report {
    struct {
        char name[LOCKS_NAME]; /* "map counters", or "the firmware" */
        double waiting;        /* threads that wait for its locks, on average */
        double contended;      /* part of the time in which at least one waits for its worst lock */
    } of[LOCKS_MAPS];
    unsigned count; /* only those for which a thread waited; most waiting first */
};

struct locks;

/* Looks up where the card's maps are. -ENOMEM, or what a command gave. */
int locks_create(struct session *s, unsigned windows, struct locks **out);
void locks_destroy(struct locks *l); /* NULL is allowed */

/* A thread found the lock at `addr` taken and waits from `from` to `until`: as in struct nic_tap.
 */
void locks_paused(struct locks *l, uint64_t addr, uint64_t from, uint64_t until);

/* Keeps what there is by the end of window `n`, 0 .. windows. */
void locks_window(struct locks *l, unsigned n);
/* Between the ends of two windows, which are `cycles` apart. */
void locks_between(const struct locks *l, unsigned from, unsigned to, uint64_t cycles,
                   struct locks_report *out);

#endif
