/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Classic BPF (McCanne and Jacobson, "The BSD Packet Filter", 1993; pcap-filter's and tcpdump
 * -ddd's programs) becomes an XDP program. Packets start with the Ethernet header; BPF_LEN is the
 * length of the packet. As in bpf_filter(): a load outside the packet, and a division by X = 0, end
 * the filter without a match.
 */
#ifndef OFFLOAD_CBPF_H
#define OFFLOAD_CBPF_H

#include "offload/prog.h"
#include "offload/verifier.h"

struct cbpf_insn {
    uint16_t code;
    uint8_t jt, jf;
    uint32_t k;
};

#define CBPF_INSNS_MAX 4096u /* BPF_MAXINSNS */

/* Results of the XDP program: where the filter returns a number other than 0, and else. */
struct cbpf_verdicts {
    uint32_t match, other;
};

/*
 * *out (owned by the caller, malloc'ed) takes *out_count slots. -EINVAL with why->insn, an index
 * into `insns`, and why->reason; -ENOMEM.
 */
int offload_cbpf_convert(const struct cbpf_insn *insns, uint32_t count,
                         const struct cbpf_verdicts *verdicts, struct ebpf_insn **out,
                         uint32_t *out_count, struct offload_refusal *why);

#endif
