/* SPDX-License-Identifier: BSD-3-Clause */
/* Where boot.S hands over: one role per hart id. */
#include "core/firmware.h"

#include "core/mem.h"
#include "core/protect.h"
#include "platform/platform.h"

#define GOLDEN 0x9e3779b97f4a7c15u /* 2^64 / golden ratio: spreads consecutive hart ids */

struct firmware fw_shared;
__attribute__((section(".noinit"), aligned(128))) struct fw_map fw_map_table[FW_MAPS_MAX];
__attribute__((section(".noinit"), aligned(NIC_BUF_SIZE))) static uint8_t test_buf[NIC_CHAIN_BYTES];

extern char fw_bss_start[], fw_bss_end[], fw_sram_end[];

_Noreturn void fw_main(uint64_t hart);

/* What programs need of a hart. `id` is the processor that they see. */
static void hart_init(uint32_t hart, uint32_t id, struct fw_counters *counters)
{
    struct fw_hart *h = FW_HART;
    uint64_t dram = plat_dram_bytes();
    uint64_t more = (plat_local_bytes() - FW_LOCAL_MIN) & ~(uint64_t)63;
    uint64_t top = FW_LOCAL_BASE + FW_LOCAL_STACK + OFFLOAD_STACK_BYTES + more / 4 * 3;
    *h = (struct fw_hart){
        .counters = counters,
        .rng = (plat_seed() + hart + 1) * GOLDEN,
        .id = id,
        .map_bytes = dram,
        .stack_bytes = top - FW_STK_LO,
        .timers = hart,
        .level_sp = top,
    };
    __asm__ volatile("mv tp, %0" : : "r"((uint64_t)id)); /* programs find it there: offload/abi.h */
    plat_protect((uint64_t)(uintptr_t)fw_prog_lo, top, NIC_DRAM_BASE, NIC_DRAM_BASE + dram);
    plat_watchdog_on();
}

_Noreturn static void control(uint32_t harts)
{
    plat_set_status(NIC_FW_BOOTING);
    memset(fw_bss_start, 0, (size_t)(fw_bss_end - fw_bss_start));
    uint64_t programs = (uint64_t)(uintptr_t)fw_prog_lo;
    struct fw_ctl_config config = {
        .stats = &fw_shared.stats,
        .evq = &fw_shared.evq,
        .test_buf = test_buf,
        .map = fw_map_table,
        .map_handle_base = (uint32_t)(uintptr_t)fw_map_table,
        .trace = &fw_shared.trace,
        .fib = &fw_shared.fib,
        .prog_lo = programs,
        .prog_hi = NIC_ISTORE_BASE + plat_istore_bytes(),
        .sram_lo = (uint64_t)(uintptr_t)fw_sram_end,
        .sram_hi = NIC_SRAM_BASE + (uint64_t)plat_sram_bytes(),
        .timer_queues = harts + 1,
        .dram_bytes = plat_dram_bytes(),
        .cpus = harts,
        .ports = plat_ports(),
        .rxqs = plat_rxqs_max(),
        .seed = plat_seed(),
    };
    fw_ctl_init(&fw_shared.ctl, &config);
    fw_cookie_init(&fw_shared.cookies, plat_seed());
    hart_init(harts, 0, &fw_shared.test_counters); /* it runs PROG_TEST, as processor 0 */
    plat_set_status(NIC_FW_READY);
    for (;;) {
        uint32_t events = plat_event_wait() | fw_shared.ctl.missed;
        fw_shared.ctl.missed = 0;
        if (events & NIC_EVENT_WAKE)
            fw_timers_run();
        fw_ctl_serve(&fw_shared.ctl, events);
        if (fw_shared.ctl.missed & NIC_EVENT_WAKE)
            plat_wake(0); /* at once */
    }
}

_Noreturn void fw_main(uint64_t hart)
{
    uint32_t harts = plat_harts();
    if (hart == harts)
        control(harts);
    /* There is no packet, and nothing shared is touched, before the control core enables a port. */
    uint32_t line = plat_engine_of((uint32_t)hart) % FW_COUNTER_LINES;
    hart_init((uint32_t)hart, (uint32_t)hart, &fw_shared.stats.line[line].c);
    fw_datapath();
}
