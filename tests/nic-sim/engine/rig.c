/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint8_t *rig_mem(struct rig *r, uint64_t addr, unsigned bytes)
{
    if (addr - NIC_ISTORE_BASE <= RIG_ISTORE - bytes) {
        return r->istore + (addr - NIC_ISTORE_BASE);
    }
    if (addr - NIC_DRAM_BASE <= RIG_DRAM - bytes) {
        return r->dram + (addr - NIC_DRAM_BASE);
    }
    return NULL;
}

static int64_t as_signed(uint64_t v, unsigned bytes)
{
    return bytes == 4 ? (int32_t)(uint32_t)v : (int64_t)v;
}

/* Written apart from the engine's own AMOs, to check against them. */
static uint64_t combine(const struct bus_req *q, uint64_t old)
{
    switch (q->op) {
    case BUS_AMO_ADD:
        return old + q->data;
    case BUS_AMO_XOR:
        return old ^ q->data;
    case BUS_AMO_AND:
        return old & q->data;
    case BUS_AMO_OR:
        return old | q->data;
    case BUS_AMO_MIN:
        return as_signed(q->data, q->bytes) < as_signed(old, q->bytes) ? q->data : old;
    case BUS_AMO_MAX:
        return as_signed(q->data, q->bytes) > as_signed(old, q->bytes) ? q->data : old;
    case BUS_AMO_MINU:
        return q->data < old ? q->data : old;
    case BUS_AMO_MAXU:
        return q->data > old ? q->data : old;
    default:
        return q->data;
    }
}

static void memory_access(struct rig *r, struct bus_req *q, uint8_t *p)
{
    uint64_t old = 0, new = 0;

    memcpy(&old, p, q->bytes);
    if (q->op == BUS_SC) {
        bool ok = r->reservation[q->hart].held && r->reservation[q->hart].addr == q->addr;
        r->reservation[q->hart].held = false;
        if (ok) {
            memcpy(p, &q->data, q->bytes);
        }
        q->data = !ok;
        return;
    }
    if (q->op == BUS_LR) {
        r->reservation[q->hart].held = true;
        r->reservation[q->hart].addr = q->addr;
    } else if (q->op != BUS_LOAD) {
        new = combine(q, old);
        memcpy(p, &new, q->bytes);
    }
    q->data = old;
}

static enum bus_result access(void *ctx, struct bus_req *q)
{
    struct rig *r = ctx;
    uint8_t *p = rig_mem(r, q->addr, q->bytes);

    if (r->logged < RIG_LOG) {
        r->log[r->logged++] = *q;
    }
    if (q->addr == RIG_STOP && q->op == BUS_STORE) {
        return BUS_STOP;
    }
    if (q->addr == RIG_BLOCK && q->op == BUS_LOAD) {
        return BUS_BLOCK;
    }
    if (p == NULL) {
        return BUS_FAULT;
    }
    memory_access(r, q, p);
    q->done = q->now + r->latency;
    return BUS_OK;
}

static const uint8_t *code_page(void *ctx, uint64_t page)
{
    return rig_mem(ctx, page, 4096);
}

static uint64_t time_ns(void *ctx, uint64_t cycle)
{
    (void)ctx;
    return cycle * 10;
}

static void *must(void *p)
{
    if (p == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return p;
}

void rig_init(struct rig *r)
{
    memset(r, 0, sizeof(*r));
#define NIC_CFG(section, key, def, min, max, unit, what) r->cfg.section##_##key = def;
#include "nic/config.def"
    r->bus =
        (struct engine_bus){.ctx = r, .access = access, .code_page = code_page, .time_ns = time_ns};
    r->istore = must(calloc(1, RIG_ISTORE));
    r->dram = must(calloc(1, RIG_DRAM));
    r->at = NIC_ISTORE_BASE;
}

/* The same time as the bus takes: `latency`, and no service time to queue for. */
static void make_direct(struct rig *r)
{
    r->dram_region = (struct mem_region){.mem = r->dram,
                                         .base = NIC_DRAM_BASE,
                                         .size = RIG_DRAM,
                                         .latency = r->latency,
                                         .bank = &r->dram_bank,
                                         .banks = 1,
                                         .cause = NIC_CAUSE_DRAM};
    r->regions.slot[NIC_DRAM_BASE >> REGION_SHIFT] = &r->dram_region;
    r->regions.watch = UINT64_MAX;
    r->bus.regions = &r->regions;
}

void rig_start(struct rig *r, unsigned threads)
{
    if (r->direct) {
        make_direct(r);
    }
    if (code_cache_create(&r->cfg, &r->bus, &r->cc) != 0 ||
        engine_create(&r->cfg, threads, 0, &r->bus, r->cc, &r->e) != 0) {
        must(NULL);
    }
}

void rig_free(struct rig *r)
{
    engine_destroy(r->e);
    code_cache_destroy(r->cc);
    free(r->istore);
    free(r->dram);
}

uint64_t rig_put(struct rig *r, uint32_t word)
{
    memcpy(must(rig_mem(r, r->at, 4)), &word, 4);
    r->at += 4;
    return r->at - 4;
}

uint64_t rig_op(struct rig *r, enum rv64_op op, unsigned rd, unsigned rs1, unsigned rs2,
                int32_t imm)
{
    return rig_put(r, rv64_encode(op, rd, rs1, rs2, imm));
}

/* Small values by addi; 32-bit ones by lui and addiw; others shift in the upper part first. */
void rig_li(struct rig *r, unsigned rd, uint64_t value)
{
    int64_t v = (int64_t)value;
    int32_t low = (int32_t)(((uint32_t)value & 0xfff) ^ 0x800) - 0x800;

    if (v >= -2048 && v <= 2047) {
        rig_op(r, RV64_OP_ADDI, rd, 0, 0, (int32_t)v);
        return;
    }
    if (v == (int32_t)v) {
        rig_op(r, RV64_OP_LUI, rd, 0, 0, (int32_t)(((uint32_t)value + 0x800) & 0xfffff000));
        rig_op(r, RV64_OP_ADDIW, rd, rd, 0, low);
        return;
    }
    rig_li(r, rd, (uint64_t)((int64_t)(value - (uint64_t)(int64_t)low) >> 12));
    rig_op(r, RV64_OP_SLLI, rd, rd, 0, 12);
    rig_op(r, RV64_OP_ADDI, rd, rd, 0, low);
}

void rig_csr(struct rig *r, unsigned csr, uint64_t value)
{
    rig_li(r, RV64_T6, value);
    rig_op(r, RV64_OP_CSRRW, 0, RV64_T6, 0, (int32_t)csr);
}

void rig_end(struct rig *r)
{
    rig_li(r, RV64_T6, RIG_STOP);
    rig_op(r, RV64_OP_SW, 0, RV64_T6, 0, 0);
}

enum engine_stop rig_run(struct rig *r)
{
    engine_reset(r->e, NIC_ISTORE_BASE, 0);
    return engine_run(r->e, 1000000);
}

uint64_t rig_x(const struct rig *r, unsigned reg)
{
    struct nic_fault f;
    engine_dump(r->e, 0, &f);
    return f.x[reg];
}

uint64_t rig_pc(const struct rig *r)
{
    struct nic_fault f;
    engine_dump(r->e, 0, &f);
    return f.pc;
}
