/* SPDX-License-Identifier: BSD-3-Clause */
/* What limits a card under an offered load, and what would limit it next. */
#ifndef CMD_LIMITS_H
#define CMD_LIMITS_H

#include "cmd/locks.h"
#include "cmd/model.h"

#define LIMIT_NAME 48u
#define LIMIT_LOAD "offered load"
#define LIMITS_MAX (MODEL_USE_COUNT + 2u)

struct limit {
    char name[LIMIT_NAME];
    double use;      /* part of the time, 0 .. 1 */
    double mean;     /* of all its banks; use is that of the busiest one */
    double pps;      /* the rate at which it alone would be in use all the time; 0: not used */
    double headroom; /* pps in relation to the modelled rate */
};

struct limits {
    struct limit rank[LIMITS_MAX]; /* [0] is the bottleneck */
    unsigned count;
};

/*
 * Ranks what the model m used. `lossless`: all that was offered came through, so that the wire may
 * be the limit; else the wire is left out. When no part is in use for nearly all of the time,
 * either all came through: "offered load" comes first; or threads wait: "memory latency" comes
 * first and more threads would help. The worst of `locks` is a part like others: in use as long as
 * it is held, which is taken to be the square root of the part of the time in which others wait for
 * it, as when they come at random. When it is full it comes first, whatever those that wait do.
 */
void limits_rank(const struct model *m, const struct locks_report *locks, bool lossless,
                 struct limits *out);

#endif
