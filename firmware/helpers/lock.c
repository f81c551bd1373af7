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

/* One at a time: a second would wait for itself. */
uint64_t fw_helper_spin_lock(uint64_t lock, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    uint32_t *word = arg_lock(lock);
    (void)a1, (void)a2, (void)a3, (void)a4;
    if (FW_HART->held_lock)
        fw_program_abort(FW_FAULT_BAD_POINTER, lock);
    fw_lock(word);
    FW_HART->held_lock = lock;
    return 0;
}

uint64_t fw_helper_spin_unlock(uint64_t lock, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    uint32_t *word = arg_lock(lock);
    (void)a1, (void)a2, (void)a3, (void)a4;
    if (FW_HART->held_lock != lock)
        fw_program_abort(FW_FAULT_BAD_POINTER, lock);
    FW_HART->held_lock = 0;
    fw_unlock(word);
    return 0;
}
