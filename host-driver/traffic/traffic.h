/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames for a wire port: from a capture file or from a generator. Both stand
 * behind struct nic_port_ops, so the device cannot tell them apart. Nothing is
 * allocated per frame.
 */
#ifndef TRAFFIC_TRAFFIC_H
#define TRAFFIC_TRAFFIC_H

#include <stddef.h>
#include <stdint.h>

#include "nic/err.h"
#include "nic/port.h"

struct traffic;

/*
 * Opens a pcap or pcapng file of Ethernet frames ("-" is standard input).
 * Negative errno: the file cannot be read; -EINVAL: it is no capture, or of
 * another link type.
 */
int traffic_open_capture(const char *path, struct traffic **out, struct nic_err *err);

/* A generator: see traffic/gen.h for the text. -EINVAL, -ENOMEM. */
int traffic_open_gen(const char *spec, struct traffic **out, struct nic_err *err);

void traffic_close(struct traffic *t); /* NULL is allowed */

/* What nic_port_connect takes; the ctx is the struct traffic. `sent` is NULL. */
extern const struct nic_port_ops traffic_port_ops;

/*
 * Looks at the frame that comes next without taking it; as nic_port_ops.next. A
 * failure comes again when the frame is taken.
 */
int traffic_peek(struct traffic *t, struct nic_frame *f);

struct traffic_stats {
    uint64_t frames;     /* given to the port */
    uint64_t bytes;      /* theirs */
    uint64_t empty;      /* records without a byte: not given to the port */
    uint64_t snapped;    /* captured shorter than they were on the wire: given as captured */
    uint64_t backwards;  /* with a time before that of a frame before them */
    uint64_t wire_bytes; /* of all, with FCS, padding to 64, preamble and gap */
};
const struct traffic_stats *traffic_stats(const struct traffic *t);

/* File name, or the generator's text. */
const char *traffic_name(const struct traffic *t);

/* Why the source failed, a sentence that names it; "" when it did not. */
const char *traffic_error(const struct traffic *t);

/* Input positions (from 0) of the records counted as `empty`, ascending; borrowed until the next
 * frame. */
const uint64_t *traffic_empty_at(const struct traffic *t, size_t *count);

#endif
