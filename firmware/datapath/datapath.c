/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The packet loop of a datapath hart. Every access but the counters, the
 * registers and the packet itself is to local SRAM; cycles spent here are the
 * firmware's overhead on each packet.
 */
#include "core/firmware.h"
#include "core/protect.h"
#include "datapath/redirect.h"
#include "helpers/packet.h"
#include "platform/platform.h"

/*
 * enum nic_pkt_cmd of each verdict, four bits each: a load from a table would leave the hart.
 * 0 for XDP_REDIRECT: its target says.
 */
#define PKT_CMDS                                                                                   \
    (NIC_PKT_DROP << (4 * FW_XDP_ABORTED) | NIC_PKT_DROP << (4 * FW_XDP_DROP) |                    \
     NIC_PKT_HOST << (4 * FW_XDP_PASS) | NIC_PKT_TX << (4 * FW_XDP_TX))

_Static_assert(__builtin_offsetof(struct nic_pkt, data) == 8, "data and data_end are one word");
_Static_assert(__builtin_offsetof(struct nic_pkt, data_meta) == 16 &&
                   __builtin_offsetof(struct nic_pkt, port) == 20 &&
                   __builtin_offsetof(struct nic_pkt, queue) == 22,
               "data_meta, port and queue are one word");
_Static_assert(__builtin_offsetof(struct nic_pkt, cookie) == 48, "nic_pkt layout");

struct word64 {
    uint64_t v;
} __attribute__((may_alias));

static inline uint64_t word_at(uintptr_t base, unsigned offset)
{
    return ((const struct word64 *)(base + offset))->v;
}

static inline void word_set(uintptr_t base, unsigned offset, uint64_t v)
{
    ((struct word64 *)(base + offset))->v = v;
}

void fw_packet_window(void)
{
    plat_pkt_window(FW_PKT->data_meta, FW_PKT->data_end);
}

void fw_frag_windows(uint32_t frags)
{
    plat_frag_windows(FW_PKT->frag, frags);
}

/* struct xdp_md and the packet window, two fields of the descriptor at a time. */
static inline void program_context(void)
{
    uintptr_t local = fw_local();
    uint64_t data = word_at(local, FW_LOCAL_PKT + 8);  /* data, data_end << 32 */
    uint64_t rest = word_at(local, FW_LOCAL_PKT + 16); /* data_meta, port << 32, queue << 48 */
    word_set(local, FW_LOCAL_MD, data);
    word_set(local, FW_LOCAL_MD + 8, rest << 16 >> 16);
    word_set(local, FW_LOCAL_MD + 16, rest >> 48);
    plat_pkt_window(rest & 0xffffffff, data >> 32);
}

static inline uint64_t run_program(uint64_t cookie)
{
    program_context();
    plat_program_switch(cookie);
    return fw_run_program(cookie & 0xffffffff);
}

/* Counts the packet as the program (or its absence) said: enum nic_pkt_cmd. */
static inline uint64_t settle(uint32_t retval)
{
    uint32_t verdict = retval > FW_XDP_REDIRECT ? FW_XDP_ABORTED : retval;
    uintptr_t local = fw_local();
    struct nic_pkt *pkt = (struct nic_pkt *)(local + FW_LOCAL_PKT);
    uint64_t data = word_at(local, FW_LOCAL_PKT + 8);
    struct fw_counters *c = ((struct fw_hart *)(local + FW_LOCAL_HART))->counters;
    pkt->retval = retval;
    pkt->verdict = (uint8_t)verdict;
    fw_count(&c->verdict[verdict], 1);
    fw_count(&c->bytes[verdict], (data >> 32) - (data & 0xffffffff));
    uint64_t cmd = (uint32_t)PKT_CMDS >> (4 * verdict) & 0xf;
    return __builtin_expect(cmd != 0, 1) ? cmd : fw_redirect();
}

/* A packet that arrived in fragments: as any other, with windows on them, and their bytes count. */
static uint64_t frags_packet(uint64_t cookie)
{
    uint32_t retval = FW_XDP_PASS;
    if (cookie & UINT32_MAX) {
        fw_frag_windows(FW_PKT->frags);
        retval = (uint32_t)run_program(cookie);
        fw_frag_windows(0);
    } else {
        fw_count(&FW_HART->counters->no_program, 1);
    }
    uint32_t verdict = retval > FW_XDP_REDIRECT ? FW_XDP_ABORTED : retval;
    fw_count(&FW_HART->counters->bytes[verdict], fw_frags_len(FW_PKT));
    return settle(retval);
}

/* A packet whose cookie has bit 63; or none: 0. */
__attribute__((noinline)) static uint64_t rare_packet(uint64_t cookie)
{
    if (cookie == NIC_WAKE) {
        fw_timers_run();
        return 0;
    }
    return (cookie & FW_COOKIE_FRAGS) == FW_COOKIE_FRAGS ? frags_packet(cookie)
                                                         : fw_redirected(cookie);
}

_Noreturn void fw_datapath(void)
{
    for (;;) {
        plat_pkt_get();
        uint64_t cookie = word_at(fw_local(), FW_LOCAL_PKT + 48);
        if (__builtin_expect((int64_t)cookie > 0, 1)) {
            plat_pkt_done(settle((uint32_t)run_program(cookie)));
        } else if (cookie) {
            uint64_t cmd = rare_packet(cookie);
            if (cmd)
                plat_pkt_done(cmd);
        } else {
            fw_count(&FW_HART->counters->no_program, 1);
            plat_pkt_done(settle(FW_XDP_PASS));
        }
    }
}
