/* SPDX-License-Identifier: BSD-3-Clause */
/* Helpers that ask the forwarding tables; without any they are those of a new network namespace. */
#include "core/firmware.h"
#include "core/mem.h"
#include "helpers/args.h"
#include "helpers/fib.h"
#include "platform/platform.h"

static const struct fw_fib *tables(void)
{
    uint32_t addr = __atomic_load_n(&fw_shared.fib, __ATOMIC_ACQUIRE);
    return addr ? plat_ptr(addr) : (void *)0;
}

/* The parameters are worked on in local SRAM: the program's may be of any alignment. */
uint64_t fw_helper_fib_lookup(uint64_t ctx, uint64_t params, uint64_t plen, uint64_t flags,
                              uint64_t a4)
{
    struct fw_fib_params p;
    int64_t len = fw_arg_int(plen);
    (void)ctx, (void)a4;
    if (len < (int64_t)sizeof(p))
        return fw_helper_error(FW_EINVAL);
    void *there = fw_arg_bytes(params, (uint64_t)len);
    memcpy(&p, there, sizeof(p));
    int64_t result = fw_fib_lookup(tables(), &p, fw_arg_u32(flags));
    memcpy(there, &p, sizeof(p));
    return (uint64_t)result;
}

/* net/core/filter.c: bpf_xdp_check_mtu. Interface 0 is the packet's. */
uint64_t fw_helper_check_mtu(uint64_t ctx, uint64_t ifindex, uint64_t mtu_len, uint64_t len_diff,
                             uint64_t flags)
{
    uint32_t *said = fw_arg_bytes(mtu_len, 4), l3;
    uint32_t port = fw_arg_u32(ifindex) ? fw_arg_u32(ifindex) : FW_PKT->port;
    int32_t len = (int32_t)(FW_PKT->data_end - FW_PKT->data);
    (void)ctx;
    if (flags)
        return fw_helper_error(FW_EINVAL);
    uint32_t mtu = fw_fib_mtu(tables(), port);
    if (mtu == 0)
        return fw_helper_error(FW_ENODEV);
    memcpy(&l3, said, 4);
    if (l3)
        len = (int32_t)(l3 + FW_ETH_HLEN);
    len = (int32_t)((uint32_t)len + fw_arg_u32(len_diff));
    memcpy(said, &mtu, 4);
    return len > (int32_t)(mtu + FW_ETH_HLEN); /* 1: BPF_MTU_CHK_RET_FRAG_NEEDED */
}
