/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernel functions: numeric iterators (kernel/bpf/bpf_iter.c), and what the NIC knows of a packet.
 */
#include "core/mem.h"
#include "helpers/args.h"

#define LOOPS_MAX  (8 * 1024 * 1024) /* BPF_MAX_LOOPS */
#define ETH_P_IP   0x0800u
#define ETH_P_IPV6 0x86ddu

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

/* The RSS hash; its type says the network layer (enum xdp_rss_hash_type, bits 0 and 1). */
uint64_t fw_kfunc_rx_hash(uint64_t ctx, uint64_t hash, uint64_t type, uint64_t a3, uint64_t a4)
{
    void *to = fw_arg_bytes(hash, 4), *type_to = fw_arg_bytes(type, 4);
    const uint8_t *eth = (const uint8_t *)(uintptr_t)FW_PKT->data;
    uint32_t proto = 0;
    (void)ctx, (void)a3, (void)a4;
    if (FW_PKT->data_end - FW_PKT->data >= FW_ETH_HLEN)
        proto = (uint32_t)eth[12] << 8 | eth[13];
    uint32_t layer = proto == ETH_P_IP ? 1 : proto == ETH_P_IPV6 ? 2 : 0;
    if (FW_PKT->hash == 0)
        return fw_helper_error(FW_ENODATA);
    memcpy(to, &FW_PKT->hash, 4);
    memcpy(type_to, &layer, 4);
    return 0;
}
