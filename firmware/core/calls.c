/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Program code that program code calls through the firmware: callbacks and tail
 * calls (offload/abi.h). The switch itself is in gates.S; here is what allows it.
 *
 * Stacks: a callback and the target of a nested tail call run on the program
 * stack below their caller. The image's stack need is checked before a tail call;
 * a callback's is part of its program's. Each call also takes a call record of
 * the firmware's stack, with room left for the deepest helper.
 */
#include "core/firmware.h"
#include "core/protect.h"
#include "maps/prog_array.h"

#define FW_STACK_ROOM 1536u /* a helper's frames (-Wframe-larger-than) and a call record */
#define NESTED_SAVE   96u   /* gates.S: the caller's registers */

uint64_t fw_callback_enter(uint64_t entry, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                           uint64_t a4);

static void check_entry(uint64_t entry)
{
    if (!fw_entry_ok(entry))
        fw_program_abort(FW_FAULT_BAD_ENTRY, entry);
}

/* The record that comes must leave room for what the called code's helpers need. */
static void check_firmware_stack(void)
{
    uint64_t sp = (uint64_t)(uintptr_t)__builtin_frame_address(0);
    uint64_t need = FW_STK_HI + FW_STACK_ROOM;
    if (sp < need)
        fw_program_abort(FW_FAULT_STACK, need - sp);
}

uint64_t fw_call_program(uint64_t entry, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                         uint64_t a4)
{
    check_entry(entry);
    check_firmware_stack();
    return fw_callback_enter(entry, a0, a1, a2, a3, a4);
}

/* The program at `index`, 0 when there is none or the packet has had its share. */
static uint64_t tail_entry(uint64_t map, uint64_t index)
{
    struct fw_hart *h = FW_HART;
    const struct fw_map *m = fw_map_at(map);
    if (!m || !fw_map_is(m->hot, FW_MAP_PROG_ARRAY))
        fw_program_abort(FW_FAULT_BAD_MAP, map);
    uint64_t word = fw_prog_array_get(m->hot, (uint32_t)index);
    if (!word)
        return 0;
    if (h->tail_seq != FW_PKT->seq) {
        h->tail_seq = FW_PKT->seq;
        h->tail_calls = 0;
    }
    if (h->tail_calls == OFFLOAD_TAIL_CALLS)
        return 0;
    h->tail_calls++;
    return word;
}

/* `bytes` of program stack below `sp`; both come from a program. */
static void check_stack(uint64_t sp, uint64_t bytes)
{
    uint64_t low = FW_STK_LO + sizeof(struct fw_xdp_md);
    if (sp > FW_STK_HI || sp < low)
        fw_program_abort(FW_FAULT_BAD_POINTER, sp);
    if (sp - low < bytes)
        fw_program_abort(FW_FAULT_STACK, bytes - (sp - low));
}

uint64_t fw_tail_target(uint64_t map, uint64_t index)
{
    uint64_t word = tail_entry(map, index);
    if (word)
        check_stack(FW_HART->level_sp, fw_prog_array_stack(word));
    return fw_prog_array_entry(word);
}

uint64_t fw_tail_nested_target(uint64_t map, uint64_t index)
{
    uint64_t word = tail_entry(map, index);
    if (!word)
        return 0;
    check_stack(FW_HART->prog_sp & ~(uint64_t)15, fw_prog_array_stack(word) + NESTED_SAVE);
    check_firmware_stack();
    return fw_prog_array_entry(word);
}
