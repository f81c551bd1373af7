/* SPDX-License-Identifier: BSD-3-Clause */
/* struct bpf_spin_lock in a map's value: the lock that updates with BPF_F_LOCK take too. */
#include "helpers/args.h"
#include "maps/map.h"

uint64_t fw_helper_spin_lock(uint64_t lock, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    (void)a1, (void)a2, (void)a3, (void)a4;
    fw_lock(fw_arg_bytes(lock, 4));
    return 0;
}

uint64_t fw_helper_spin_unlock(uint64_t lock, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    (void)a1, (void)a2, (void)a3, (void)a4;
    fw_unlock(fw_arg_bytes(lock, 4));
    return 0;
}
