/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Programs by hand, position independent: a gate is called by its absolute
 * address. A program that uses a map begins with two words that the test
 * patches to load the map's address to s1.
 */
#include "progs.h"

.macro program n
    .org    \n * PROG_SLOT
.endm

.macro map_to_s1
    lui     s1, 0
    addi    s1, s1, 0
.endm

.macro helper id
    lui     t0, 0x20000
    jalr    ra, 8 * \id(t0)
.endm

/* A program that calls helpers keeps ra and returns through gate 0. */
.macro leave
    lui     t0, 0x20000
    jr      t0
.endm

/* The first four bytes of the frame, as a key at 0(sp) of 16 bytes of stack. */
.macro frame_key
    lwu     t1, 0(a0)
    lwu     t1, 0(t1)
    addi    sp, sp, -16
    sw      t1, 0(sp)
.endm

    .text
program P_DROP
    li      a0, 1
    ret

program P_RETURN
    lwu     a1, 0(a0)
    lwu     a0, 0(a1)
    ret

program P_COUNT
    map_to_s1
    addi    sp, sp, -16
    sw      zero, 0(sp)
    mv      a0, s1
    mv      a1, sp
    helper  1
    beqz    a0, 1f
    li      t1, 1
    amoadd.d zero, t1, (a0)
1:  li      a0, 1
    leave

program P_FLOWS
    map_to_s1
    frame_key
    li      t1, 1
    sd      t1, 8(sp)
    mv      a0, s1
    mv      a1, sp
    addi    a2, sp, 8
    li      a3, 1               /* BPF_NOEXIST */
    helper  2
    beqz    a0, 1f
    mv      a0, s1
    mv      a1, sp
    helper  1
    beqz    a0, 1f
    li      t1, 1
    amoadd.d zero, t1, (a0)
1:  li      a0, 1
    leave

program P_CONTEXT
    map_to_s1
    mv      s0, a0
    addi    sp, sp, -16
    sw      zero, 0(sp)
    mv      a0, s1
    mv      a1, sp
    helper  1
    beqz    a0, 1f
    ld      t1, 0(s0)
    sd      t1, 0(a0)
    ld      t1, 8(s0)
    sd      t1, 8(a0)
    ld      t1, 16(s0)
    sd      t1, 16(a0)
1:  li      a0, 2
    leave

program P_PUSH
    mv      s0, a0
    li      a1, -8
    helper  44
    bnez    a0, 1f
    lwu     t1, 0(s0)
    li      t2, 0x1122334455667788
    sd      t2, 0(t1)
    li      a0, 3
1:  leave

program P_POP
    li      a1, 4
    helper  44
    beqz    a0, 1f
    leave
1:  li      a0, 3
    leave

program P_CLOBBER
    li      s0, -1
    li      s1, -1
    li      s2, -1
    li      s3, -1
    li      s4, -1
    li      s5, -1
    li      s6, -1
    li      s7, -1
    li      s8, -1
    li      s9, -1
    li      s10, -1
    li      s11, -1
    li      a2, -1
    li      a3, -1
    li      a4, -1
    li      a5, -1
    li      a6, -1
    li      a7, -1
    li      t1, -1
    li      t2, -1
    li      t3, -1
    li      t4, -1
    li      t5, -1
    li      t6, -1
    lui     sp, 0x18000
    helper  8
    lui     t0, 0x18000
    bne     sp, t0, 1f          /* a helper keeps sp and s0 */
    li      t0, -1
    bne     s0, t0, 1f
    li      a0, 3
    leave
1:  li      a0, 0
    leave

program P_READ_REGS
    lui     a1, 0x18000
    ld      a0, 0(a1)
    li      a0, 1
    ret

program P_PAST_END
    lwu     a1, 4(a0)
    lbu     a0, 0(a1)
    li      a0, 1
    ret

program P_NO_HELPER
    helper  58
    li      a0, 1
    leave

program P_INTO_FW
    lui     t0, 0x20000
    addi    t0, t0, 0x7fc
    jalr    ra, 8(t0)
    li      a0, 1
    leave

program P_BAD_RETURN
    lui     t0, 0x20001
    mv      ra, t0
    lui     t0, 0x20000
    jalr    zero, 8 * 8(t0)

program P_BAD_KEY
    map_to_s1
    mv      a0, s1
    lui     a1, 0x18000
    helper  1
    li      a0, 1
    leave

program P_BAD_MAP
    lui     a0, 0x40000
    addi    a0, a0, 8
    mv      a1, sp
    helper  1
    li      a0, 1
    leave

program P_ILLEGAL
    .word   0

program P_IDS
    map_to_s1
    addi    sp, sp, -16
    sw      zero, 0(sp)
    mv      a0, s1
    mv      a1, sp
    helper  1
    beqz    a0, 1f
    mv      s0, a0
    helper  5
    sd      a0, 0(s0)
    helper  7
    sd      a0, 8(s0)
    helper  7
    sd      a0, 16(s0)
    helper  8
    sd      a0, 24(s0)
1:  li      a0, 1
    leave

program P_TAIL
    mv      s0, a0
    li      a1, 16
    helper  65
    bnez    a0, 1f
    lwu     t1, 4(s0)
    lbu     t2, -1(t1)          /* the new tail is zero */
    bnez    t2, 1f
    mv      a0, s0
    li      a1, -8
    helper  54
    bnez    a0, 1f
    lwu     t1, 8(s0)
    lwu     t2, 0(s0)
    addi    t1, t1, 8
    bne     t1, t2, 1f
    sd      t1, -8(t2)          /* metadata may be written */
    li      a0, 3
    leave
1:  li      a0, 0
    leave

program P_REPLACE
    map_to_s1
    frame_key
    lwu     t1, 0(sp)
    sd      t1, 8(sp)
    mv      a0, s1
    mv      a1, sp
    addi    a2, sp, 8
    li      a3, 0
    helper  2
    bnez    a0, 1f
    li      a0, 1
1:  leave

program P_DELETE
    map_to_s1
    frame_key
    mv      a0, s1
    mv      a1, sp
    helper  3
    leave

program P_DROP2
    li      a0, 3
    ret

program P_LOOKUP
    map_to_s1
    frame_key
    mv      a0, s1
    mv      a1, sp
    helper  1
    li      a0, 1
    leave

/* Index of the frame, program array in s1. */
.macro tail_arguments
    lwu     t1, 0(a0)
    lwu     a2, 0(t1)
    mv      a1, s1
.endm

program P_TAIL_CALL
    map_to_s1
    addi    sp, sp, -64
    tail_arguments
    helper  12
    li      a0, 3
    leave

program P_TAIL_COUNT
    map_to_s1
    addi    sp, sp, -32         /* would add up if the target's sp were not that of the first */
    sd      zero, 0(sp)
    lwu     t1, 0(a0)
    lbu     t2, 8(t1)
    addi    t2, t2, 1
    sb      t2, 8(t1)
    tail_arguments
    helper  12
    li      a0, 3
    leave

/* s2 to s11 hold 2 to 11; to 1f when one of them does not. */
.macro set_saved
    .irp    n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    li      s\n, \n
    .endr
.endm
.macro check_saved
    .irp    n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    li      t1, \n
    bne     s\n, t1, 1f
    .endr
.endm

program P_TAIL_NESTED
    map_to_s1
    set_saved
    addi    s0, sp, -40
    mv      sp, s0
    tail_arguments
    helper  254
    bne     sp, s0, 1f
    check_saved
    beqz    a1, 2f
    addi    a0, a0, 8
    leave
2:  li      a0, 7
    leave
1:  li      a0, 0x999
    leave

program P_TAIL_DEEP
    map_to_s1
    addi    sp, sp, -48
    lwu     t1, 0(a0)
    lbu     s2, 8(t1)
    addi    s2, s2, 1
    sb      s2, 8(t1)
    tail_arguments
    helper  254
    beqz    a1, 1f
    addi    s2, s2, 1
    bne     a0, s2, 2f          /* what the next one returned: its own number */
    addi    a0, a0, -1
    leave
1:  mv      a0, s2
    leave
2:  li      a0, 0x999
    leave

program P_TAIL_BAD
    map_to_s1
    tail_arguments
    helper  12
    li      a0, 1
    leave

program P_LOOP
    addi    sp, sp, -24
    sd      ra, 0(sp)
    sd      zero, 8(sp)
    lwu     t1, 0(a0)
    lwu     a0, 0(t1)
1:  auipc   a1, %pcrel_hi(2f)
    addi    a1, a1, %pcrel_lo(1b)
    addi    a2, sp, 8
    li      a3, 0
    helper  181
    ld      t1, 8(sp)
    beq     t1, a0, 3f          /* as many rounds as it says */
    blt     a0, zero, 3f
    li      a0, 0x999
3:  leave
2:  ld      t1, 0(a1)           /* the callback: round, context */
    bne     t1, a0, 4f
    addi    t1, t1, 1
    sd      t1, 0(a1)
    li      t2, 1000
    xor     a0, t1, t2
    seqz    a0, a0
    ret
4:  li      a0, 1
    ret

program P_LOOP_FLAGS
    li      a0, 3
    mv      a1, ra
    li      a3, 1
    helper  181
    leave

program P_LOOP_NEST
    map_to_s1
    li      s2, 2
    li      a0, 5
1:  auipc   a1, %pcrel_hi(2f)
    addi    a1, a1, %pcrel_lo(1b)
    mv      a2, s1
    li      a3, 0
    helper  181
    li      t1, 2
    bne     s2, t1, 3f
    leave
3:  li      a0, 0x999
    leave
2:  mv      a2, a1              /* outer: the map, for the inner one */
    addi    sp, sp, -32
    sd      ra, 0(sp)
    sd      s2, 8(sp)
    li      s2, 77
    li      a0, 4
1:  auipc   a1, %pcrel_hi(2f)
    addi    a1, a1, %pcrel_lo(1b)
    li      a3, 0
    helper  181
    ld      s2, 8(sp)
    ld      ra, 0(sp)
    addi    sp, sp, 32
    li      a0, 0
    ret
2:  addi    sp, sp, -32         /* inner */
    sd      ra, 0(sp)
    sw      zero, 8(sp)
    mv      a0, a1
    addi    a1, sp, 8
    helper  1
    beqz    a0, 1f
    li      t1, 1
    amoadd.d zero, t1, (a0)
1:  ld      ra, 0(sp)
    addi    sp, sp, 32
    li      a0, 0
    ret

program P_LOOP_TRAP
    li      a0, 3
1:  auipc   a1, %pcrel_hi(2f)
    addi    a1, a1, %pcrel_lo(1b)
    li      a3, 0
    helper  181
    li      a0, 1
    leave
2:  li      a0, 3
1:  auipc   a1, %pcrel_hi(3f)
    addi    a1, a1, %pcrel_lo(1b)
    li      a3, 0
    helper  181
    li      a0, 0
    leave
3:  lui     t1, 0x18000
    ld      t1, 0(t1)
    ret

program P_LOOP_WILD
    li      a0, 3
1:  auipc   a1, %pcrel_hi(2f)
    addi    a1, a1, %pcrel_lo(1b)
    li      a3, 0
    helper  181
    leave
2:  lui     sp, 0x18000
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    li      s\n, -1
    .endr
    li      a0, 0
    leave                       /* by gate 0 */

program P_LOOP_ENTRY
    li      a0, 3
    lui     a1, 0x20000
    li      a3, 0
    helper  181
    li      a0, 1
    leave

program P_LOOP_DEEP
1:  li      a0, 1
    auipc   a1, %pcrel_hi(1b)
    addi    a1, a1, -4
    li      a3, 0
    helper  181
    li      a0, 0
    leave

program P_REDIRECT
    lwu     t1, 0(a0)
    lwu     a0, 0(t1)
    lwu     a1, 4(t1)
    helper  23
    leave

program P_REDIRECT_MAP
    map_to_s1
    lwu     t1, 0(a0)
    mv      a0, s1
    lwu     a1, 0(t1)
    lwu     a2, 4(t1)
    helper  51
    leave

program P_FORGOTTEN
    map_to_s1
    lwu     s0, 0(a0)
    li      a0, 1
    li      a1, 0
    helper  23
    mv      a0, s1
    lwu     a1, 0(s0)
    li      a2, 1
    helper  51
    li      a0, 4
    leave

program P_SECOND
    lwu     t1, 0(a0)
    lwu     t2, 20(a0)
    sb      t2, 8(t1)
    lwu     t2, 12(a0)
    sb      t2, 9(t1)
    lbu     t2, 10(t1)
    addi    t2, t2, 1
    sb      t2, 10(t1)
    lbu     a0, 11(t1)
    ret

program P_INNER
    map_to_s1
    frame_key
    mv      a0, s1
    mv      a1, sp
    helper  1
    beqz    a0, 1f
    sw      zero, 0(sp)
    mv      a1, sp
    helper  1
    beqz    a0, 2f
    li      t1, 1
    amoadd.d zero, t1, (a0)
    li      a0, 1
    leave
1:  li      a0, 2
    leave
2:  li      a0, 0x999
    leave

program P_EACH
    map_to_s1
    addi    sp, sp, -32
    lwu     t1, 0(a0)
    lbu     t2, 4(t1)
    sd      t2, 8(sp)           /* rounds until the callback says stop */
    sd      zero, 0(sp)
    mv      a0, s1
1:  auipc   a1, %pcrel_hi(2f)
    addi    a1, a1, %pcrel_lo(1b)
    mv      a2, sp
    li      a3, 0
    helper  164
    ld      t1, 0(sp)           /* result: sum << 8 | elements */
    slli    t1, t1, 8
    or      a0, a0, t1
    leave
2:  ld      t1, 0(a2)           /* map, key, value, context */
    ld      t2, 0(a3)
    lwu     t3, 0(a1)
    add     t1, t1, t3
    add     t2, t2, t1
    sd      t2, 0(a3)
    ld      t2, 8(a3)
    addi    t2, t2, -1
    sd      t2, 8(a3)
    seqz    a0, t2
    ret

.macro reserve
    mv      a0, s1
    li      a1, 16
    li      a2, 0
    helper  131
.endm

program P_RECORD
    map_to_s1
    lwu     s2, 0(a0)
    lwu     s2, 0(s2)
    reserve
    beqz    a0, 1f
    sd      s2, 0(a0)
    sd      s2, 8(a0)
    li      a1, 0
    helper  132
1:  li      a0, 1
    leave

program P_BAD_RECORD
    lwu     a0, 0(a0)
    lwu     a0, 0(a0)
    li      a1, 0
    helper  132
    li      a0, 1
    leave

program P_BAD_RING
    map_to_s1
    reserve
    li      a0, 1
    leave

program P_TWICE
    map_to_s1
    reserve
    mv      s2, a0
    li      a1, 0
    helper  132
    mv      a0, s2
    li      a1, 0
    helper  132
    li      a0, 1
    leave

program P_QUEUE
    map_to_s1
    frame_key
    mv      a0, s1
    mv      a1, sp
    helper  1
    beqz    a0, 1f
    lwu     s2, 0(a0)
    slli    s2, s2, 8
    helper  100
    sub     s2, s2, a0          /* -errno */
    helper  84
    add     a0, a0, s2
    leave
1:  li      a0, 2
    leave

program P_LOCK
    map_to_s1
    frame_key
    lwu     s0, 0(sp)
    sw      zero, 0(sp)
    mv      a0, s1
    mv      a1, sp
    helper  1
    beqz    a0, 9f
    mv      s1, a0
    helper  93
    ld      t1, 8(s1)
    addi    t1, t1, 1
    sd      t1, 8(s1)
    mv      a0, s1
    beqz    s0, 8f
    addi    s0, s0, -1
    bnez    s0, 1f
    lui     t0, 0x18000
    ld      t0, 0(t0)
1:  addi    s0, s0, -1
    bnez    s0, 2f
    helper  93
2:  addi    a0, s1, 4
8:  helper  94
9:  li      a0, 1
    leave

program P_ENDLESS
    map_to_s1
    frame_key
    lwu     s0, 0(sp)
    sw      zero, 0(sp)
    mv      a0, s1
    mv      a1, sp
    helper  1
    beqz    a0, 9f
    mv      s1, a0
    li      t1, 6
    beq     s0, t1, 6f
    li      t1, 1
    beq     s0, t1, 1f
    li      t1, 2
    beq     s0, t1, 2f
    li      t1, 3
    beq     s0, t1, 3f
    helper  93
    li      t1, 4
    beq     s0, t1, 2f
    li      t1, 5
    beq     s0, t1, 1f
    ld      t1, 8(s1)
    addi    t1, t1, 1
    sd      t1, 8(s1)
    mv      a0, s1
    helper  94
9:  li      a0, 1
    leave
1:  j       1b
2:  addi    t2, t2, 1
    mul     t3, t2, t2
    j       2b
3:  ld      t2, 8(s1)
    j       3b
6:  lui     a0, 0x800           /* the most rounds that there are, and again */
4:  auipc   a1, %pcrel_hi(5f)
    addi    a1, a1, %pcrel_lo(4b)
    li      a2, 0
    li      a3, 0
    helper  181
    j       6b
5:  li      a0, 0
    ret

program P_HOARD
    map_to_s1
    lwu     t1, 0(a0)
    lbu     s2, 0(t1)
    lbu     s3, 1(t1)
1:  beqz    s2, 2f
    reserve
    addi    s2, s2, -1
    j       1b
2:  bnez    s3, 4f
3:  j       3b
4:  lui     t0, 0x18000
    ld      t0, 0(t0)
    j       3b

program P_PROGRAMS
