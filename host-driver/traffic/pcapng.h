/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A pcapng writer (draft-ietf-opsawg-pcapng): Ethernet interfaces with names,
 * nanosecond timestamps, a comment a packet. The file appears at commit, whole.
 */
#ifndef TRAFFIC_PCAPNG_H
#define TRAFFIC_PCAPNG_H

#include <stdint.h>

#include "nic/err.h"

struct pcapng;

/* `names`: one an interface, in order of their numbers; `application` writes the file. */
int pcapng_create(const char *path, const char *application, const char *const *names,
                  unsigned count, struct pcapng **out, struct nic_err *err);
/* One packet; the comment may be NULL. A failed write shows at commit. */
void pcapng_write(struct pcapng *w, unsigned interface, uint64_t tstamp_ns, const void *data,
                  uint32_t len, const char *comment);
/* Ends the file and frees w, whatever it returns. */
int pcapng_commit(struct pcapng *w, struct nic_err *err);
/* Removes what was written and frees w. NULL is allowed. */
void pcapng_abort(struct pcapng *w);

#endif
