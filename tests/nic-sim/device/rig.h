/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A device on a bench: host memory behind an IOMMU of one range, a wire that
 * plays frames and notes what is sent, a tap, and the harts' accesses by hand.
 */
#ifndef TESTS_DEVICE_RIG_H
#define TESTS_DEVICE_RIG_H

#include <CUnit/Basic.h>
#include <stdint.h>

#include "device/dev.h"

#define RIG_IOVA 0x700000000u
#define RIG_HOST 65536u
#define RIG_LOG  64u

struct rig_wire {
    const struct nic_frame *frames;
    unsigned count, at;
    int end; /* what next returns after the last */
    unsigned sent;
    struct nic_frame out[RIG_LOG];
    uint8_t first_byte[RIG_LOG];
};

struct rig_done {
    struct nic_pkt pkt;
    enum nic_pkt_cmd cmd;
    uint32_t len;
    uint8_t first_byte;
    uint64_t cycles, insns;
};

struct rig {
    struct nic_device *dev;
    struct rig_wire wire[2];
    uint8_t host[RIG_HOST];
    unsigned irqs, irq_vector;
    uint64_t irq_addr;
    uint32_t irq_data;
    unsigned done, dropped;
    struct rig_done log[RIG_LOG];
    uint64_t drop_seq;
    enum nic_drop_reason drop_why;
};

/* Defaults but 2 engines x 2 threads at 1 GHz; then the "section.key=value" up to NULL. */
void rig_open(struct rig *rig, const char *const *sets);
void rig_close(struct rig *rig);
/* Starts the harts (of the fake engines: they do nothing). */
void rig_start(struct rig *rig);

/* One access of `hart` at cycle `now`; results in *r when not NULL. */
enum bus_result rig_store(struct rig *rig, uint32_t hart, uint64_t addr, unsigned bytes, uint64_t v,
                          uint64_t now);
enum bus_result rig_load(struct rig *rig, uint32_t hart, uint64_t addr, unsigned bytes, uint64_t *v,
                         uint64_t now);
enum bus_result rig_op(struct rig *rig, uint32_t hart, enum bus_op op, uint64_t addr,
                       unsigned bytes, uint64_t *v, uint64_t now);

void rig_play(struct rig *rig, unsigned port, const struct nic_frame *frames, unsigned count,
              enum nic_pace how, uint64_t rate);
void rig_enable(struct rig *rig, unsigned port);
struct nic_pkt rig_pkt(struct rig *rig, uint32_t hart); /* in its local SRAM */
void rig_set_pkt(struct rig *rig, uint32_t hart, struct nic_pkt pkt);
uint64_t rig_drops(struct rig *rig, enum nic_drop_reason why);
const struct fake_wake *rig_wake(struct rig *rig, uint32_t hart);
/* Until nothing but the watchdog is pending: harts may hold packets here for ever. */
void rig_run(struct rig *rig);

#endif
