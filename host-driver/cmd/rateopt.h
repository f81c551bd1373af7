/* SPDX-License-Identifier: BSD-3-Clause */
/* Rates as people type them. */
#ifndef CMD_RATEOPT_H
#define CMD_RATEOPT_H

#include "nic/port.h"

/* "10Mpps" or "5Gbps" (on the wire, with preamble and gap). -EINVAL also for a rate of nothing. */
int rate_parse(const char *text, struct nic_pacing *out);

#endif
