/* SPDX-License-Identifier: BSD-3-Clause */
/* Packet filters as programs: --filter, --filter-file, --match. */
#ifndef CMD_FILTER_H
#define CMD_FILTER_H

#include "cmd/objopts.h"
#include "offload/cbpf.h"

/*
 * The XDP program of the options' filter: *out owned by the caller. enum cmd_status, what is wrong
 * on stderr.
 */
int filter_program(const struct objopts *opts, struct ebpf_insn **out, uint32_t *count);

/* "drop", "pass" or "tx", as --match has it; -EINVAL. */
int filter_match(const char *word, struct cbpf_verdicts *out);

#endif
