/* SPDX-License-Identifier: BSD-3-Clause */
/* Pairs of programs too large for cases/: one just beyond a limit, one just within it. */
#ifndef TESTS_VERIFIER_BUILT_H
#define TESTS_VERIFIER_BUILT_H

#include "offload/verifier.h"

struct built {
    enum offload_reason why;
    /* Makes one of the two, verifies it and returns what offload_verify() did. */
    int (*verify)(bool beyond, struct offload_refusal *why);
};

extern const struct built built_pairs[]; /* ends with OFFLOAD_REASON_NONE */

#endif
