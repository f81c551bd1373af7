/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The packet generator. Its text is KIND[,KEY=VALUE]..., for instance
 * "udp4,size=64,count=200k,flows=1024,seed=1". Same text, same frames.
 *
 * Packet i belongs to flow i mod flows. A flow has its own source address
 * (10.0.0.0/8, or 2001:db8::/104) and source port; the seed decides which.
 * Checksums are right. Numbers take k, M and G (powers of 1000).
 */
#ifndef TRAFFIC_GEN_H
#define TRAFFIC_GEN_H

#include <stdint.h>

#include "nic/err.h"

#define GEN_SIZE_MAX  9216u
#define GEN_FLOWS_MAX 16777216u /* 24 bits of source address */

/* GEN_KEY(name, default, min, max, "what") */
#define GEN_KEYS(X)                                                                                \
    X(size, 64, 34, GEN_SIZE_MAX, "bytes of a frame, without FCS")                                 \
    X(count, 100000, 1, 1000000000000, "frames")                                                   \
    X(flows, 1024, 1, GEN_FLOWS_MAX, "distinct sources")                                           \
    X(seed, 1, 0, UINT64_MAX, "chooses the sources")

/* GEN_KIND(name, IP version, protocol, bytes of its header, checksum offset in it, destination
 * port, "what") */
#define GEN_KINDS(X)                                                                               \
    X(udp4, 4, 17, 8, 6, 4433, "UDP over IPv4")                                                    \
    X(tcp4, 4, 6, 20, 16, 443, "TCP SYN over IPv4")                                                \
    X(icmp4, 4, 1, 8, 2, 0, "ICMP echo request")                                                   \
    X(udp6, 6, 17, 8, 6, 4433, "UDP over IPv6")                                                    \
    X(tcp6, 6, 6, 20, 16, 443, "TCP SYN over IPv6")                                                \
    X(icmp6, 6, 58, 8, 2, 0, "ICMPv6 echo request")

struct gen_kind {
    const char *name, *what;
    unsigned ip, protocol, l4_len, sum_at;
    uint16_t dport;
};

struct gen_spec {
    const struct gen_kind *kind;
#define X(key, def, min, max, what) uint64_t key;
    GEN_KEYS(X)
#undef X
};

/* Reads the text; -EINVAL with the key and its range in err. */
int gen_parse(const char *text, struct gen_spec *out, struct nic_err *err);

/* Row i of the kinds; NULL past the end. */
const struct gen_kind *gen_kind_at(unsigned i);

/* Header bytes of a frame of this kind: the least size. */
unsigned gen_headers(const struct gen_kind *kind);

#endif
