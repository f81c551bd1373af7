/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/testrun.h"

#include "core/hart.h"
#include "core/protect.h"
#include "platform/platform.h"

/* The descriptor that the hardware would have written. */
static void set_packet(const struct fw_test *t, uint32_t buf, uint64_t cookie)
{
    *FW_PKT = (struct nic_pkt){
        .buf = buf,
        .buf_end = buf + FW_TEST_BUF,
        .data = buf + t->data,
        .data_end = buf + t->data_end,
        .data_meta = buf + t->data_meta,
        .port = t->port,
        .queue = t->queue,
        .tstamp_ns = plat_time_ns(),
        .seq = plat_seq_next(),
        .cookie = cookie,
        .frags = (uint8_t)t->frags,
    };
    for (uint32_t i = 0; i < t->frags; i++)
        FW_PKT->frag[i] = (struct nic_frag){
            .data = buf + FW_TEST_BUF * (1 + i),
            .len = t->frag_len[i],
        };
}

static uint32_t run(uint64_t cookie)
{
    const struct nic_pkt *p = FW_PKT;
    *FW_MD = (struct fw_xdp_md){
        .data = p->data,
        .data_end = p->data_end,
        .data_meta = p->data_meta,
        .ingress_ifindex = p->port,
        .rx_queue_index = p->queue,
    };
    fw_packet_window();
    fw_frag_windows(p->frags);
    FW_HART->tail_seq = UINT64_MAX; /* each run has its own share of tail calls */
    plat_program_switch(cookie);
    return (uint32_t)fw_run_program(cookie & 0xffffffff);
}

void fw_test_program(struct fw_test *t, void *buf, uint64_t cookie, uint32_t runs)
{
    uint32_t at = (uint32_t)(uintptr_t)buf;
    uint64_t faults = FW_HART->counters->program_faults;
    set_packet(t, at, cookie);
    uint64_t begin = plat_time_ns();
    for (uint32_t i = 0; i < runs; i++)
        t->retval = run(cookie);
    t->ns = plat_time_ns() - begin;
    fw_frag_windows(0);
    t->faults = (uint32_t)(FW_HART->counters->program_faults - faults);
    t->data = FW_PKT->data - at;
    t->data_end = FW_PKT->data_end - at;
    t->data_meta = FW_PKT->data_meta - at;
    t->frags = FW_PKT->frags;
    for (uint32_t i = 0; i < t->frags; i++)
        t->frag_len[i] = FW_PKT->frag[i].len;
}
