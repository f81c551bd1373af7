/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One engine on a small bus, and an assembler to give it programs.
 *
 *   istore  64 KiB at NIC_ISTORE_BASE, executable; where programs start
 *   dram    1 MiB at NIC_DRAM_BASE, executable
 *   RIG_STOP   a store ends engine_run
 *   RIG_BLOCK  a load blocks the hart until rig's user wakes it
 * Everything else faults. Loads take `latency` cycles.
 */
#ifndef TESTS_ENGINE_RIG_H
#define TESTS_ENGINE_RIG_H

#include "engine/engine.h"
#include "nic/csr.h"
#include "nic/memmap.h"
#include "nic/rv64.h"

#define RIG_STOP  0x18000000u
#define RIG_BLOCK 0x18000008u

enum { RIG_ISTORE = 65536, RIG_DRAM = 1048576, RIG_LOG = 4096, RIG_HARTS = 64 };

struct rig {
    struct nic_config cfg;
    struct engine_bus bus;
    struct code_cache *cc;
    struct engine *e;
    uint8_t *istore, *dram;
    uint64_t latency;
    bool direct; /* dram is a region that the engine reaches by itself; set before rig_start */
    struct region_map regions;
    struct mem_region dram_region;
    struct mem_bank dram_bank;
    uint64_t at; /* address where the next instruction is emitted */
    struct bus_req log[RIG_LOG];
    unsigned logged;
    struct {
        bool held;
        uint64_t addr;
    } reservation[RIG_HARTS];
};

/* Memory zero, the default configuration; then rig_start makes the engine with what cfg says. */
void rig_init(struct rig *r);
void rig_start(struct rig *r, unsigned threads);
void rig_free(struct rig *r);

/* The memory at addr, NULL where there is none. */
uint8_t *rig_mem(struct rig *r, uint64_t addr, unsigned bytes);

/* Emits one instruction; the address of it. */
uint64_t rig_put(struct rig *r, uint32_t word);
uint64_t rig_op(struct rig *r, enum rv64_op op, unsigned rd, unsigned rs1, unsigned rs2,
                int32_t imm);
/* rd = value, in one to eight instructions. */
void rig_li(struct rig *r, unsigned rd, uint64_t value);
/* Writes value to a CSR, by way of t6. */
void rig_csr(struct rig *r, unsigned csr, uint64_t value);
/* Ends the run, by way of t6. */
void rig_end(struct rig *r);

/* Resets and runs from the start of istore until something stops it, a million cycles at most. */
enum engine_stop rig_run(struct rig *r);

/* Register of hart 0. */
uint64_t rig_x(const struct rig *r, unsigned reg);
uint64_t rig_pc(const struct rig *r);

#endif
