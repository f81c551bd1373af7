/* SPDX-License-Identifier: BSD-3-Clause */
/* What a hart keeps in its local SRAM beside the packet: layout in core/layout.h. */
#ifndef FW_HART_H
#define FW_HART_H

#include <stdint.h>

#include "core/layout.h"
#include "fw/admin.h"
#include "fw/bpf.h"
#include "nic/pkt.h"

#define FW_RECORDS 8u /* that are given back when their program is ended */

struct fw_hart {
    uint64_t sp, ra;           /* FW_HART_SP, FW_HART_RA */
    uint64_t prog_sp, prog_ra; /* FW_HART_PROG_SP, FW_HART_PROG_RA */
    uint64_t level_sp; /* FW_HART_LEVEL_SP: the stack's top but for programs called by programs */
    uint64_t nest;     /* FW_HART_NEST */
    uint64_t stack_bytes;         /* of the program, its context included: from FW_STK_LO */
    uint64_t redirect_seq;        /* packet that has a target (datapath/redirect.h) */
    uint64_t redirect_map;        /* address of its descriptor, 0: redirect_to is a port */
    uint64_t redirect_to;         /* the map's entry; CPUMAP: fw_cpumap_target */
    uint64_t redirect_flags;      /* as redirect_map had them */
    uint64_t tail_seq;            /* packet that tail_calls counts */
    uint64_t tail_calls;          /* taken for it */
    struct fw_counters *counters; /* this engine's line in shared SRAM */
    uint64_t rng;                 /* state of get_prandom_u32 */
    uint64_t id;                  /* hart id */
    uint64_t map_bytes;           /* of DRAM: maps are in [NIC_DRAM_BASE, + map_bytes) */
    uint64_t cookie;              /* of the program that ran last (platform hook) */
    uint64_t held_lock;           /* address of the spin lock that the program holds, 0 = none */
    uint64_t timers;              /* number of its queue of timers */
    uint32_t record[FW_RECORDS]; /* addresses of ring buffer records that the program holds, or 0 */
};
_Static_assert(FW_LOCAL_HART + __builtin_offsetof(struct fw_hart, sp) == FW_HART_SP, "sp");
_Static_assert(FW_LOCAL_HART + __builtin_offsetof(struct fw_hart, ra) == FW_HART_RA, "ra");
_Static_assert(FW_LOCAL_HART + __builtin_offsetof(struct fw_hart, prog_sp) == FW_HART_PROG_SP,
               "prog_sp");
_Static_assert(FW_LOCAL_HART + __builtin_offsetof(struct fw_hart, prog_ra) == FW_HART_PROG_RA,
               "prog_ra");
_Static_assert(FW_LOCAL_HART + __builtin_offsetof(struct fw_hart, level_sp) == FW_HART_LEVEL_SP,
               "level_sp");
_Static_assert(FW_LOCAL_HART + __builtin_offsetof(struct fw_hart, nest) == FW_HART_NEST, "nest");
_Static_assert(FW_LOCAL_PKT + sizeof(struct nic_pkt) <= FW_LOCAL_HART, "nic_pkt fits");
_Static_assert(FW_LOCAL_HART + sizeof(struct fw_hart) <= FW_LOCAL_MD, "fw_hart fits");

#define FW_PKT  ((struct nic_pkt *)(uintptr_t)(NIC_LOCAL_BASE + FW_LOCAL_PKT))
#define FW_HART ((struct fw_hart *)(uintptr_t)(NIC_LOCAL_BASE + FW_LOCAL_HART))
#define FW_MD   ((struct fw_xdp_md *)(uintptr_t)(NIC_LOCAL_BASE + FW_LOCAL_MD))
/*
 * The address of local SRAM, made anew by one instruction: code around a program's run, which
 * loses every register, would else keep it on the stack.
 */
static inline uintptr_t fw_local(void)
{
    uintptr_t base;
    __asm__ volatile("lui %0, %1" : "=r"(base) : "i"(NIC_LOCAL_BASE >> 12));
    return base;
}

#define FW_STK_HI (FW_STK_LO + FW_HART->stack_bytes) /* end of the program stack, start of ours */

#endif
