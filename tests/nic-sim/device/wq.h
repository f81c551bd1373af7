/* SPDX-License-Identifier: BSD-3-Clause */
/* Harts at the work queue. For one program. */
#ifndef TESTS_DEVICE_WQ_H
#define TESTS_DEVICE_WQ_H

#include <string.h>

#include "cunit_main.h"
#include "fake_engine.h"
#include "rig.h"

#define WQ_GET   (NIC_MMIO_BASE + NIC_MMIO_WQ_GET)
#define PKT_CMD  (NIC_MMIO_BASE + NIC_MMIO_PKT_CMD)
#define SEQ_NEXT (NIC_MMIO_BASE + NIC_MMIO_PKT_SEQ_NEXT)
#define SEQ_DONE (NIC_MMIO_BASE + NIC_MMIO_PKT_SEQ_DONE)

static struct rig rig;
static uint8_t bytes[60];
static struct nic_frame frames[64];

static inline void open(const char *const *sets, unsigned count, enum nic_pace how)
{
    rig_open(&rig, sets);
    rig_start(&rig);
    rig_play(&rig, 1, frames, count, how, how == NIC_PACE_PPS ? 1000000 : 0);
    rig_enable(&rig, 1);
}

static inline enum bus_result get(uint32_t hart, uint64_t now)
{
    uint64_t v;

    return rig_load(&rig, hart, WQ_GET, 8, &v, now);
}

static inline enum bus_result give(uint32_t hart, enum nic_pkt_cmd cmd, uint64_t now)
{
    return rig_store(&rig, hart, PKT_CMD, 8, cmd, now);
}

static inline uint64_t reg(uint64_t addr)
{
    uint64_t v = 0;

    CU_ASSERT_EQUAL(rig_load(&rig, 4, addr, 8, &v, nic_device_cycles(rig.dev)), BUS_OK);
    return v;
}

static inline void wq_frames(void)
{
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i + 1);
    for (unsigned i = 0; i < 64; i++)
        frames[i] = (struct nic_frame){.data = bytes, .len = 60};
}

#endif
