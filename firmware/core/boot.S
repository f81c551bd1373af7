/* SPDX-License-Identifier: BSD-3-Clause */
/* Every hart starts here in machine mode, a0 = hart id, all else zero. */
#include "core/layout.h"
#include "plat_asm.h"

    .section .text.start, "ax"
    .globl _start
_start:
    la      t0, fw_trap_entry
    csrw    mtvec, t0
    plat_local_size t1
    li      t2, FW_LOCAL_MIN
    bltu    t1, t2, 1f
    li      sp, FW_LOCAL_BASE
    add     sp, sp, t1
    call    fw_main
1:  /* too little local SRAM: report its size and stop */
    plat_fatal t1, t0
2:  j       2b
