/* SPDX-License-Identifier: BSD-3-Clause */
#include "traffic/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WIRE_FCS      4u
#define WIRE_MIN      64u /* with FCS */
#define WIRE_OVERHEAD 20u /* preamble and gap */

int traffic_init(struct traffic *t, const struct traffic_ops *ops, const char *name)
{
    memset(t, 0, sizeof(*t));
    t->ops = ops;
    t->name = strdup(name);
    return t->name != NULL ? 0 : -ENOMEM;
}

void traffic_fini(struct traffic *t)
{
    free(t->name);
    free(t->empty_at);
}

int traffic_note_empty(struct traffic *t)
{
    size_t n = (size_t)t->stats.empty;

    if (n == t->empty_room) {
        size_t room = n != 0 ? n * 2 : 16;
        uint64_t *grown = realloc(t->empty_at, room * sizeof(*grown));

        if (grown == NULL)
            return nic_err_set(&t->error, -ENOMEM, "%s: out of memory", t->name);
        t->empty_at = grown;
        t->empty_room = room;
    }
    t->empty_at[n] = t->stats.frames + t->stats.empty;
    t->stats.empty++;
    return 0;
}

int traffic_peek(struct traffic *t, struct nic_frame *f)
{
    if (!t->peeked)
        t->ahead_rc = t->ops->next(t, &t->ahead);
    t->peeked = true;
    *f = t->ahead;
    return t->ahead_rc;
}

static uint32_t on_wire(uint32_t len)
{
    return (len + WIRE_FCS < WIRE_MIN ? WIRE_MIN : len + WIRE_FCS) + WIRE_OVERHEAD;
}

static int port_next(void *ctx, struct nic_frame *f)
{
    struct traffic *t = ctx;
    int got = t->peeked ? traffic_peek(t, f) : t->ops->next(t, f);

    t->peeked = false;
    if (got > 0) {
        t->stats.frames++;
        t->stats.bytes += f->len;
        t->stats.backwards += f->tstamp_ns < t->latest_ns;
        t->latest_ns = f->tstamp_ns > t->latest_ns ? f->tstamp_ns : t->latest_ns;
        t->stats.wire_bytes += on_wire(f->len);
    }
    return got;
}

const struct nic_port_ops traffic_port_ops = {.next = port_next};

void traffic_close(struct traffic *t)
{
    if (t != NULL)
        t->ops->destroy(t);
}

const struct traffic_stats *traffic_stats(const struct traffic *t)
{
    return &t->stats;
}

const char *traffic_name(const struct traffic *t)
{
    return t->name;
}

const char *traffic_error(const struct traffic *t)
{
    return t->error.msg;
}

const uint64_t *traffic_empty_at(const struct traffic *t, size_t *count)
{
    *count = (size_t)t->stats.empty;
    return t->empty_at;
}
