/* SPDX-License-Identifier: BSD-3-Clause */
/* Helpers 169 to 172, bpf_timer_*, and what becomes of timers that are due (maps/timer.h). */
#include "maps/timer.h"

#include "core/firmware.h"
#include "helpers/args.h"
#include "maps/hash_inline.h"
#include "maps/value.h"
#include "platform/platform.h"

/* The 16 bytes in a value, aligned as the verifier proved it. */
static uint32_t arg_timer(uint64_t addr)
{
    if (addr % 8 != 0 || !fw_inside(addr, FW_TIMER_BYTES, NIC_DRAM_BASE, FW_HART->map_bytes))
        fw_program_abort(FW_FAULT_BAD_POINTER, addr);
    return (uint32_t)addr;
}

uint64_t fw_helper_timer_init(uint64_t timer, uint64_t map, uint64_t flags, uint64_t a3,
                              uint64_t a4)
{
    struct fw_map *m = fw_map_at(map);
    (void)a3, (void)a4;
    if (!m || fw_map_kind(m->hot) == FW_KIND_NONE)
        fw_program_abort(FW_FAULT_BAD_MAP, map);
    return fw_helper_error(fw_timer_init(m, arg_timer(timer), flags));
}

uint64_t fw_helper_timer_set_callback(uint64_t timer, uint64_t fn, uint64_t a2, uint64_t a3,
                                      uint64_t a4)
{
    (void)a2, (void)a3, (void)a4;
    if (!fw_entry_ok(fn))
        fw_program_abort(FW_FAULT_BAD_ENTRY, fn);
    return fw_helper_error(
        fw_timer_set_callback(&fw_shared.ctl.maps, arg_timer(timer), (uint32_t)fn));
}

uint64_t fw_helper_timer_start(uint64_t timer, uint64_t ns, uint64_t flags, uint64_t a3,
                               uint64_t a4)
{
    uint64_t wake;
    (void)a3, (void)a4;
    int err = fw_timer_start(&fw_shared.ctl.maps, arg_timer(timer), ns, flags, plat_time_ns(),
                             (uint32_t)FW_HART->timers, &wake);
    if (wake != FW_TIMER_NEVER)
        plat_wake(wake);
    return fw_helper_error(err);
}

uint64_t fw_helper_timer_cancel(uint64_t timer, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    (void)a1, (void)a2, (void)a3, (void)a4;
    return fw_helper_error(
        fw_timer_cancel(&fw_shared.ctl.maps, arg_timer(timer), (uint32_t)FW_HART->timers));
}

/* ---- callbacks ---- */

/* An array's key is made on the program's stack, below which the callback then runs. */
static void run(const struct fw_timer_due *due)
{
    const struct fw_map *m = fw_map_at(due->map);
    uint64_t sp = FW_HART->level_sp;
    uint64_t key = due->value - key_bytes(m->spec.key_size);
    if (m->spec.type == FW_MAP_ARRAY) {
        key = sp -= 16;
        *(uint32_t *)(uintptr_t)key = (due->value - m->base) / m->stride;
    }
    plat_pkt_window(0, 0); /* the last packet's is somebody else's now */
    plat_program_switch(UINT64_MAX);
    (void)fw_run_callback(due->callback, sp, (uintptr_t)m, key, due->value);
}

void fw_timers_run(void)
{
    struct fw_maps *ms = &fw_shared.ctl.maps;
    uint32_t self = (uint32_t)FW_HART->timers;
    uint64_t now = plat_time_ns(), next;
    uint32_t round = fw_timer_round(ms, self);
    struct fw_timer_due due;
    while (fw_timer_take(ms, self, now, round, &due, &next)) {
        if (due.callback && fw_entry_ok(due.callback))
            run(&due);
        fw_timer_done(ms, self, &due);
    }
    plat_wake(next);
}
