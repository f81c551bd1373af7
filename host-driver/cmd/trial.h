/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One trial of a benchmark: a card of its own, a program on it, an offered load, and what the card
 * did once it was steady. The same trial gives the same figures, always.
 */
#ifndef CMD_TRIAL_H
#define CMD_TRIAL_H

#include "bench/hist.h"
#include "cmd/feed.h"
#include "cmd/locks.h"
#include "cmd/model.h"
#include "cmd/objopts.h"
#include "fw/admin.h"
#include "offload/image.h"

#define TRIAL_WINDOWS 32u

struct trial_setup {
    const char *path; /* of the object; NULL for a filter */
    const struct objopts *obj;
    const char *maps_from; /* or NULL */
    struct offload_xlate_opts xlate;
    struct nic_config cfg;
    struct feed_spec feed;
    unsigned ports;           /* that bring frames, from port 1 */
    struct nic_pacing pacing; /* of all of them together */
    const char *rate;         /* `pacing` as the user gave it; NULL: rates are looked for */
    uint64_t packets;         /* that the program sees, in all */
    uint64_t frames_most;     /* offered, but for a few: then it has fewer packets */
};

struct trial {
    char program[64];
    struct model model;  /* of the steady part */
    double wire_bytes;   /* mean, of a frame */
    double warm_up;      /* part of the packets that was left out */
    bool steady;         /* the time a packet takes does not change over what is left */
    uint64_t done, lost; /* of the steady part; lost: dropped for a reason of trial_losses */
    uint64_t lost_ever;  /* of the whole trial */
    uint64_t verdicts[FW_VERDICTS];
    struct locks_report locks;
    struct hist latency; /* ns from the arrival of the last byte until the packet has left */
};

/* Why frames are lost: for want of a buffer or descriptor, or as the program took too long. */
#define TRIAL_LOSSES 6u
extern const enum nic_drop_reason trial_losses[TRIAL_LOSSES];

/* Runs it; enum cmd_status, and a message on stderr. Free *out in any case. */
int trial_run(const struct trial_setup *setup, struct trial *out);
void trial_free(struct trial *t);

/* Part of the frames that were lost, 0..1. */
double trial_loss(const struct trial *t);
/* Packets a second that were given back and not lost. */
double trial_pps(const struct trial *t);

#endif
