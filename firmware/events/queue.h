/* SPDX-License-Identifier: BSD-3-Clause */
/* The event queue, device side; the protocol is in fw/events.h. Used by all harts at once. */
#ifndef FW_EVENTS_QUEUE_H
#define FW_EVENTS_QUEUE_H

#include <stdint.h>

#include "fw/events.h"

struct fw_evq {
    struct fw_evq_spec spec;    /* entries 0: there is no queue */
    _Alignas(64) uint32_t tail; /* free-running: entries taken */
    uint32_t head;              /* the consumer's count when somebody last looked */
    uint64_t sent, lost;
};

/* A piece of an event's data. */
struct fw_event_part {
    const void *at;
    uint32_t len;
};

/* FW_EINVAL, FW_EBUSY when there is a queue. */
int fw_evq_open(struct fw_evq *q, const struct fw_evq_spec *spec);
/* Only when no hart can be inside fw_evq_send. */
void fw_evq_close(struct fw_evq *q);

/*
 * Sends *ev (handle, type, index and lost are the caller's) with the parts, one
 * after the other, as its data. 0; FW_ENOSPC and counted when no entry is free or
 * the data longer than a slot; FW_EFAULT when the host's memory is not there.
 */
int fw_evq_send(struct fw_evq *q, struct fw_event *ev, const struct fw_event_part *part,
                uint32_t parts);

void fw_evq_counts(const struct fw_evq *q, struct fw_event_counts *out);

#endif
