/* SPDX-License-Identifier: BSD-3-Clause */
/* The trap report: where an engine was when it could not go on. */
#ifndef CMD_TRAP_H
#define CMD_TRAP_H

#include <stdio.h>

#include "nic/device.h"

/* Hart, place, pc, cause, address and every register. */
void trap_report(FILE *out, const struct nic_fault *f);

/* mcause as words; "?" for a number the engine does not raise. */
const char *trap_cause(uint64_t cause);

#endif
