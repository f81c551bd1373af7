/* SPDX-License-Identifier: BSD-3-Clause */
/* Lookups in the forwarding tables of fw/fib.h, as bpf_fib_lookup and bpf_check_mtu do them. */
#ifndef FW_HELPERS_FIB_H
#define FW_HELPERS_FIB_H

#include <stdint.h>

#include "fw/fib.h"

/* struct bpf_fib_lookup of linux/bpf.h */
struct fw_fib_params {
    uint8_t family;
    uint8_t l4_protocol;
    uint16_t sport, dport;
    uint16_t tot_len; /* mtu_result afterwards */
    uint32_t ifindex;
    uint32_t rt_metric; /* tos, flowinfo before */
    uint8_t src[16], dst[16];
    uint32_t tbid; /* h_vlan_proto, h_vlan_TCI afterwards */
    uint8_t smac[6], dmac[6];
};
_Static_assert(sizeof(struct fw_fib_params) == 64, "bpf_fib_lookup layout");

enum fw_fib_flag {
    FW_FIB_DIRECT = 1u << 0,
    FW_FIB_OUTPUT = 1u << 1,
    FW_FIB_SKIP_NEIGH = 1u << 2,
    FW_FIB_TBID = 1u << 3,
    FW_FIB_SRC = 1u << 4,
    FW_FIB_MARK = 1u << 5,
    FW_FIB_FLAGS = (1u << 6) - 1,
};

enum fw_fib_result { /* BPF_FIB_LKUP_RET_* */
                     FW_FIB_RET_SUCCESS = 0,
                     FW_FIB_RET_BLACKHOLE = 1,
                     FW_FIB_RET_UNREACHABLE = 2,
                     FW_FIB_RET_PROHIBIT = 3,
                     FW_FIB_RET_NOT_FWDED = 4,
                     FW_FIB_RET_FWD_DISABLED = 5,
                     FW_FIB_RET_NO_NEIGH = 7,
                     FW_FIB_RET_FRAG_NEEDED = 8,
                     FW_FIB_RET_NO_SRC_ADDR = 9,
};

/*
 * NULL are the tables of a new network namespace: a loopback interface of number
 * 1, which forwards nothing. Any other block was checked by fw_fib_check.
 */
int64_t fw_fib_lookup(const struct fw_fib *fib, struct fw_fib_params *p, uint32_t flags);

/* The MTU of a port, or 0 when there is no such port. */
uint32_t fw_fib_mtu(const struct fw_fib *fib, uint32_t port);

/* 0, or FW_EINVAL: offsets and counts that leave the block. What slots and rows say of others is
 * checked where it is followed. */
int fw_fib_check(const struct fw_fib *fib, uint32_t bytes);

#endif
