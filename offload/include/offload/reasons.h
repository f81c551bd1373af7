/* SPDX-License-Identifier: BSD-3-Clause */
/* The reasons for which programs are refused: reasons.def as codes and text. */
#ifndef OFFLOAD_REASONS_H
#define OFFLOAD_REASONS_H

enum offload_reason_class {
#define OFFLOAD_REASON_CLASS(id, name, about) OFFLOAD_CLASS_##id,
#include "offload/reasons.def"
    OFFLOAD_CLASS_COUNT
};

/* Numbers may differ between versions; names do not. */
enum offload_reason {
    OFFLOAD_REASON_NONE, /* none of the verifier's */
#define OFFLOAD_REASON(id, name, class, error, format, hint) OFFLOAD_REASON_##id,
#include "offload/reasons.def"
    OFFLOAD_REASON_COUNT
};

struct offload_reason_row {
    const char *id;   /* "PACKET_BOUNDS" */
    const char *name; /* "packet-bounds" */
    enum offload_reason_class class;
    int error;          /* positive errno */
    const char *format; /* printf's */
    const char *hint;   /* what to do about it */
};

/* The row, static; NULL for NONE and what is no reason. */
const struct offload_reason_row *offload_reason_row(enum offload_reason reason);
/* The reason of that name; NONE when there is none. */
enum offload_reason offload_reason_find(const char *name);
/* "memory"; NULL for what is no class. */
const char *offload_class_name(enum offload_reason_class class);

#endif
