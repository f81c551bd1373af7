/* SPDX-License-Identifier: BSD-3-Clause */
/* Private: what the kinds of source share. */
#ifndef TRAFFIC_SOURCE_H
#define TRAFFIC_SOURCE_H

#include <stdbool.h>

#include "traffic/traffic.h"

struct traffic_ops {
    int (*next)(struct traffic *t, struct nic_frame *f); /* as nic_port_ops.next */
    void (*destroy)(struct traffic *t);                  /* frees the source, `t` included */
};

/* First member of each source. */
struct traffic {
    const struct traffic_ops *ops;
    struct traffic_stats stats;
    uint64_t latest_ns; /* of the times of frames so far */
    char *name;
    struct nic_err error;
    uint64_t *empty_at;
    size_t empty_room;
    bool peeked; /* ahead and ahead_rc are what next will give */
    int ahead_rc;
    struct nic_frame ahead;
};

/* Copies `name`; the rest is zero. -ENOMEM. */
int traffic_init(struct traffic *t, const struct traffic_ops *ops, const char *name);
void traffic_fini(struct traffic *t);

/* Notes that input record frames + empty had no byte. -ENOMEM. */
int traffic_note_empty(struct traffic *t);

#endif
