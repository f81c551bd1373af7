/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of reasons. */
#include "offload/reasons.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static const struct offload_reason_row rows[] = {
#define OFFLOAD_REASON(id, name, class, error, format, hint)                                       \
    [OFFLOAD_REASON_##id] = {#id, name, OFFLOAD_CLASS_##class, error, format, hint},
#include "offload/reasons.def"
};

static const char *const class_names[] = {
#define OFFLOAD_REASON_CLASS(id, name, about) [OFFLOAD_CLASS_##id] = name,
#include "offload/reasons.def"
};

const struct offload_reason_row *offload_reason_row(enum offload_reason reason)
{
    bool known = reason > OFFLOAD_REASON_NONE && reason < OFFLOAD_REASON_COUNT;
    return known ? &rows[reason] : NULL;
}

enum offload_reason offload_reason_find(const char *name)
{
    for (int n = OFFLOAD_REASON_NONE + 1; n < OFFLOAD_REASON_COUNT; n++)
        if (strcmp(rows[n].name, name) == 0)
            return (enum offload_reason)n;
    return OFFLOAD_REASON_NONE;
}

const char *offload_class_name(enum offload_reason_class class)
{
    return class < OFFLOAD_CLASS_COUNT ? class_names[class] : NULL;
}
