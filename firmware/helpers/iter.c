/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernel functions: numeric iterators (kernel/bpf/bpf_iter.c), and what the NIC knows of a packet.
 */
#include "core/mem.h"
#include "helpers/args.h"

#define LOOPS_MAX    (8 * 1024 * 1024) /* BPF_MAX_LOOPS */
#define ETH_P_IP     0x0800u
#define ETH_P_IPV6   0x86ddu
#define ETH_P_8021Q  0x8100u
#define ETH_P_8021AD 0x88a8u
#define VLAN_HLEN    4u

/* struct bpf_iter_num. The program cannot read it, but for `at` through what next gives. */
struct iter_num {
    int32_t at, end;
};

uint64_t fw_kfunc_iter_num_new(uint64_t it, uint64_t start, uint64_t end, uint64_t a3, uint64_t a4)
{
    struct iter_num *n = fw_arg_bytes(it, sizeof(*n));
    int64_t from = fw_arg_int(start), to = fw_arg_int(end);
    (void)a3, (void)a4;
    *n = (struct iter_num){0, 0};
    if (from > to)
        return fw_helper_error(FW_EINVAL);
    if (to - from > LOOPS_MAX)
        return fw_helper_error(FW_E2BIG);
    *n = (struct iter_num){(int32_t)((uint32_t)from - 1), (int32_t)to};
    return 0;
}

/* The first `at` of the smallest start wraps round: it is the next that counts. */
uint64_t fw_kfunc_iter_num_next(uint64_t it, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    struct iter_num *n = fw_arg_bytes(it, sizeof(*n));
    int32_t next = (int32_t)((uint32_t)n->at + 1);
    (void)a1, (void)a2, (void)a3, (void)a4;
    if (next >= n->end) {
        *n = (struct iter_num){0, 0};
        return 0;
    }
    n->at = next;
    return it;
}

uint64_t fw_kfunc_iter_num_destroy(uint64_t it, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    (void)a1, (void)a2, (void)a3, (void)a4;
    *(struct iter_num *)fw_arg_bytes(it, sizeof(struct iter_num)) = (struct iter_num){0, 0};
    return 0;
}

/* Modelled time of the packet's last byte. */
uint64_t fw_kfunc_rx_timestamp(uint64_t ctx, uint64_t ns, uint64_t a2, uint64_t a3, uint64_t a4)
{
    (void)ctx, (void)a2, (void)a3, (void)a4;
    memcpy(fw_arg_bytes(ns, 8), &FW_PKT->tstamp_ns, 8);
    return 0;
}

/* What follows the addresses, when that and `more` bytes are there; else 0. */
static uint32_t ether_type(uint32_t more)
{
    const uint8_t *eth = (const uint8_t *)(uintptr_t)FW_PKT->data;
    if (FW_PKT->data_end - FW_PKT->data < FW_ETH_HLEN + more)
        return 0;
    return (uint32_t)eth[12] << 8 | eth[13];
}

/* The RSS hash; its type says the network layer (enum xdp_rss_hash_type, bits 0 and 1). */
uint64_t fw_kfunc_rx_hash(uint64_t ctx, uint64_t hash, uint64_t type, uint64_t a3, uint64_t a4)
{
    void *to = fw_arg_bytes(hash, 4), *type_to = fw_arg_bytes(type, 4);
    uint32_t proto = ether_type(0);
    (void)ctx, (void)a3, (void)a4;
    uint32_t layer = proto == ETH_P_IP ? 1 : proto == ETH_P_IPV6 ? 2 : 0;
    if (FW_PKT->hash == 0)
        return fw_helper_error(FW_ENODATA);
    memcpy(to, &FW_PKT->hash, 4);
    memcpy(type_to, &layer, 4);
    return 0;
}

/* The outer tag. The card takes none off: it is in the packet too. */
uint64_t fw_kfunc_rx_vlan_tag(uint64_t ctx, uint64_t proto, uint64_t tci, uint64_t a3, uint64_t a4)
{
    void *proto_to = fw_arg_bytes(proto, 2), *tci_to = fw_arg_bytes(tci, 2);
    const uint8_t *eth = (const uint8_t *)(uintptr_t)FW_PKT->data;
    uint32_t type = ether_type(VLAN_HLEN);
    (void)ctx, (void)a3, (void)a4;
    if (type != ETH_P_8021Q && type != ETH_P_8021AD)
        return fw_helper_error(FW_ENODATA);
    uint16_t tag = (uint16_t)(eth[14] << 8 | eth[15]);
    memcpy(proto_to, eth + 12, 2); /* in network order, the tag in the machine's */
    memcpy(tci_to, &tag, 2);
    return 0;
}
