/* SPDX-License-Identifier: BSD-3-Clause */
/* What the programs and the host of the timer tests share. */
#ifndef TESTS_TIMERS_H
#define TESTS_TIMERS_H

#include <linux/types.h>

#define SLOTS 64
#define TABLE 64
#define SHOTS 256

enum action {
    JUST_LOG,
    REARM,         /* `rounds` more times, `period` later */
    CANCEL_ITSELF, /* the answer goes to the log */
    DELETE_ITSELF, /* from the hash; the answers of the deletion and of a start behind it */
    TAKE_LONG,     /* runs for `period` ns, then re-arms */
};

struct shot {
    __u64 due, at; /* when it was to expire, when the callback ran */
    __u64 key;
    __u32 cpu;
    __s32 rc, rc2;
    __u32 rsvd;
};

struct globals {
    /* in */
    __u32 action, count, rounds, absolute;
    __u64 period;
    __u64 delay[SLOTS];
    /* out */
    __u32 shots, armed_cpu;
    __s32 rc[SLOTS];
    __u64 from; /* when the program ran */
    struct shot shot[SHOTS];
    /* of the program `hammer`: what was done, by atomics */
    __u64 starts, cancels, cancelled, fired, elsewhere, deletes, refused;
};

#endif
