/* SPDX-License-Identifier: BSD-3-Clause */
/* Writing to the caller's log. */
#ifndef VERIFIER_VFLOG_H
#define VERIFIER_VFLOG_H

#include "verifier/vf.h"

void vflog_write(struct offload_log *log, const char *text);
void vflog_put(struct vf *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static inline bool vflog_on(const struct vf *v, unsigned level)
{
    return v->log && v->log->buf && v->log->level >= level;
}

#endif
