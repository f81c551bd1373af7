/* SPDX-License-Identifier: BSD-3-Clause */
/* Refusals, by the rows of offload/reasons.def. */
#ifndef VERIFIER_WHY_H
#define VERIFIER_WHY_H

#include "offload/reasons.h"

/* Each format as a constant, so that the compiler checks what is put into it. */
#define OFFLOAD_REASON(id, name, class, error, format, hint)                                       \
    static const char vf_format_##id[] = format;
#include "offload/reasons.def"

/* The reason and its format: vf_refuse(v, WHY(NOT_INITIALISED), regno) */
#define WHY(id) OFFLOAD_REASON_##id, vf_format_##id

struct vf;
/*
 * Records the reason (first one wins), writes it to the log, returns its negative errno. The reason
 * and `format` come from WHY() and from nowhere else: .ci/check_reasons.py.
 */
int vf_refuse(struct vf *v, enum offload_reason reason, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
