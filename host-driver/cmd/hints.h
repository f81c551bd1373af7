/* SPDX-License-Identifier: BSD-3-Clause */
/* What to do about a refusal. */
#ifndef CMD_HINTS_H
#define CMD_HINTS_H

/* Advice for the reason, or NULL when there is none. */
const char *hint_for(const char *reason);

#endif
