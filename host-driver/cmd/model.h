/* SPDX-License-Identifier: BSD-3-Clause */
/* The modelled figures of a run, from two readings of the device's counters. */
#ifndef CMD_MODEL_H
#define CMD_MODEL_H

#include <stdbool.h>

#include "nic/device.h"

/* What can limit throughput. USE(id, "name in JSON", "what its share means") */
#define MODEL_USES(X)                                                                              \
    X(ENGINES, "engines", "engines issue or switch")                                               \
    X(STALL, "memory latency", "all threads of an engine wait for memory")                         \
    X(CLUSTER, "cluster sram", "busiest bank")                                                     \
    X(SRAM, "shared sram", "busiest bank")                                                         \
    X(CHANNELS, "dram channels", "moving lines of the cache in front of DRAM")                     \
    X(DRAM, "dram", "busiest bank")                                                                \
    X(ATOMICS, "dram atomics", "busiest unit of dram.atomic_units")                                \
    X(PCIE, "pcie", "busier direction")                                                            \
    X(MAC, "mac", "busiest port, of its line rate")                                                \
    X(MAC_RATE, "mac packets", "packets taken, of port.max_pps")
enum model_use {
#define X(id, name, what) MODEL_##id,
    MODEL_USES(X)
#undef X
        MODEL_USE_COUNT
};
const char *model_use_name(enum model_use u);

struct model_engine {
    uint64_t packets, insns, cycles; /* cycles: issuing and switching */
    uint64_t stall;
    uint64_t cause[NIC_CAUSES]; /* all cycles of the span; those left over are IDLE's */
};

struct model {
    uint64_t cycles, time_ns, clock_hz; /* from the first arrival, or from the last packet given
                                           back before, to the last one given back */
    unsigned engines, threads;
    uint64_t packets, insns;
    double pps, pps_per_engine;
    double cycles_per_packet; /* an engine's, not idle: issue, switch and stall */
    double cause[NIC_CAUSES]; /* of these, by enum nic_cause; and of the idle ones */
    double program_insns_per_packet;
    double use[MODEL_USE_COUNT];  /* share of the time, 0 .. 1 and above for the MAC */
    double mean[MODEL_USE_COUNT]; /* the same, but of all banks where use is the busiest one's */
    struct nic_cache_stats cache; /* in front of DRAM; all 0 without one */
    const char *bottleneck;
    uint64_t drops[NIC_DROP_COUNT];
    struct model_engine *engine; /* one an engine */
};

/* All counters of a device at one moment. */
struct reading {
    struct nic_stats nic;
    struct nic_engine_stats *engine;
    uint64_t *bank; /* busy cycles: those of each enum nic_memory behind one another */
};
int reading_take(const struct nic_device *dev, struct reading *out); /* -ENOMEM */
void reading_free(struct reading *r);

/* The figures between two readings; -ENOMEM. */
int model_make(const struct nic_device *dev, const struct reading *before,
               const struct reading *after, struct nic_pacing pacing, uint64_t program_insns,
               struct model *out);
void model_free(struct model *m);

/* Cycles a packet of engine e by cause; all 0 when it had no packet. */
void model_engine_causes(const struct model *m, unsigned e, double cause[NIC_CAUSES]);

/* Share of `part` in the run's cycles. */
double model_share(const struct model *m, uint64_t part);

#endif
