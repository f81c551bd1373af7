/* SPDX-License-Identifier: BSD-3-Clause */
/* A filter run three ways over the same packet. */
#ifndef CBPF_TEST_FRAMES_H
#define CBPF_TEST_FRAMES_H

#include "offload/cbpf.h"

#define MATCH 3u
#define OTHER 1u

struct converted {
    struct ebpf_insn *insns;
    uint32_t count;
};

/* Converts and proves it; false with the reason on stdout. */
bool converted_make(const struct cbpf_insn *in, uint32_t count, struct converted *out);
/* The XDP program's result for a packet, by the reference interpreter; 0xdead when it went wrong.
 */
uint32_t converted_run(const struct converted *c, const uint8_t *data, uint32_t len);

#endif
