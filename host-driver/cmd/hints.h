/* SPDX-License-Identifier: BSD-3-Clause */
/* What to do about a refusal. */
#ifndef CMD_HINTS_H
#define CMD_HINTS_H

#include "offload/reasons.h"

/* Advice for that text or, when it says nothing special, for the reason; NULL: there is none. */
const char *hint_for(const char *text, enum offload_reason reason);
/* " [name]", or "" when there is no reason by name. */
const char *hint_name(enum offload_reason reason, char buf[40]);

#endif
