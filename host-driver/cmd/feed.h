/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames without end for a benchmark: of one size, of a mix of sizes, or a capture again and again.
 */
#ifndef CMD_FEED_H
#define CMD_FEED_H

#include "nic/err.h"
#include "nic/port.h"

#define FEED_FCS  4u
#define FEED_IMIX 0u /* as a size: 28 frames of 64 bytes, 16 of 570, 4 of 1518, evenly mixed */

struct feed_spec {
    const char *capture; /* a file, or NULL: generated */
    const char *kind;    /* of the generator: "udp4" ... */
    uint32_t size;       /* of a frame with FCS, or FEED_IMIX */
    uint64_t flows, seed;
    unsigned part, parts; /* this feed's number, from 0, among those of one load; parts 0: one */
};

struct feed;

/* -EINVAL, -ENOMEM, or what reading the capture gave; a sentence in err. */
int feed_open(const struct feed_spec *spec, struct feed **out, struct nic_err *err);
void feed_close(struct feed *f); /* NULL is allowed */

extern const struct nic_port_ops feed_port_ops; /* ctx: the struct feed; `sent` is NULL */

/* Frames given so far. */
uint64_t feed_given(const struct feed *f);

/* Mean bytes on the wire of a frame, with FCS, preamble and gap. */
double feed_wire_bytes(const struct feed *f);

#endif
