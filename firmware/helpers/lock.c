/* SPDX-License-Identifier: BSD-3-Clause */
/* struct bpf_spin_lock in a map's value: the lock that updates with BPF_F_LOCK take too. */
#include "helpers/args.h"
#include "maps/map.h"

/* Aligned as the verifier proved it: an atomic at another address would be the firmware's fault. */
static uint32_t *arg_lock(uint64_t addr)
{
    if (addr % 4 != 0)
        fw_program_abort(FW_FAULT_BAD_POINTER, addr);
    return fw_arg_bytes(addr, 4);
}

uint64_t fw_helper_spin_lock(uint64_t lock, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    (void)a1, (void)a2, (void)a3, (void)a4;
    fw_lock(arg_lock(lock));
    return 0;
}

uint64_t fw_helper_spin_unlock(uint64_t lock, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    (void)a1, (void)a2, (void)a3, (void)a4;
    fw_unlock(arg_lock(lock));
    return 0;
}
