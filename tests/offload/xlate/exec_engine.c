/* SPDX-License-Identifier: BSD-3-Clause */
/* One engine with one hart over flat memory: code, data, and local SRAM for the stack. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "exec.h"

struct memory {
    struct exec_image img;
    bool halted;
};

static uint8_t *find(struct memory *m, uint64_t addr, unsigned bytes)
{
    if (addr >= EXEC_DATA && addr + bytes <= (uint64_t)EXEC_DATA + m->img.data_len)
        return m->img.data + (addr - EXEC_DATA);
    return NULL;
}

static uint64_t get(const uint8_t *p, unsigned bytes)
{
    uint64_t v = 0;
    memcpy(&v, p, bytes);
    return v;
}

static uint64_t combine(unsigned op, uint64_t old, uint64_t v)
{
    switch (op) {
    case BUS_AMO_ADD:
        return old + v;
    case BUS_AMO_XOR:
        return old ^ v;
    case BUS_AMO_AND:
        return old & v;
    case BUS_AMO_OR:
        return old | v;
    default: /* SWAP */
        return v;
    }
}

static enum bus_result access(void *ctx, struct bus_req *req)
{
    struct memory *m = ctx;
    uint8_t *p = find(m, req->addr, req->bytes);
    uint64_t old, v = req->data;

    req->done = req->now + 10;
    if (req->addr == EXEC_HALT && req->op == BUS_STORE) {
        m->halted = true;
        return BUS_STOP;
    }
    if (!p || (req->op >= BUS_AMO_MIN && req->op <= BUS_AMO_MAXU))
        return BUS_FAULT;
    old = get(p, req->bytes);
    req->data = req->op == BUS_SC ? 0 : old;
    if (req->op == BUS_LOAD || req->op == BUS_LR)
        return BUS_OK;
    if (req->op != BUS_STORE && req->op != BUS_SC)
        v = combine(req->op, old, v);
    memcpy(p, &v, req->bytes);
    return BUS_OK;
}

static const uint8_t *code_page(void *ctx, uint64_t page)
{
    const struct memory *m = ctx;

    if (page < EXEC_CODE || page >= EXEC_CODE + (uint64_t)m->img.code_words * 4)
        return NULL;
    return (const uint8_t *)m->img.code + (page - EXEC_CODE);
}

static uint64_t time_ns(void *ctx, uint64_t cycle)
{
    (void)ctx;
    return cycle;
}

static int fault(const struct engine *e, enum engine_stop stop)
{
    struct nic_fault f;

    if (engine_fault(e, &f))
        fprintf(stderr, "engine: %s at 0x%llx, cause %llu, tval 0x%llx\n", f.what,
                (unsigned long long)f.pc, (unsigned long long)f.cause, (unsigned long long)f.tval);
    else
        fprintf(stderr, "engine ended with %d before the programs did\n", (int)stop);
    return -1;
}

static int run(struct memory *m)
{
    struct nic_config cfg;
    struct code_cache *cc = NULL;
    struct engine *e = NULL;
    struct engine_bus bus = {
        .ctx = m, .access = access, .code_page = code_page, .time_ns = time_ns};
    enum engine_stop stop;
    int err;

    nic_config_init(&cfg);
    err = code_cache_create(&cfg, &bus, &cc);
    if (!err)
        err = engine_create(&cfg, 1, 0, &bus, cc, &e);
    if (!err) {
        engine_reset(e, EXEC_CODE, 0);
        stop = engine_run(e, 1u << 30);
        err = m->halted ? 0 : fault(e, stop);
    }
    engine_destroy(e);
    code_cache_destroy(cc);
    return err;
}

int exec_engine(struct exec_case *cases, unsigned n)
{
    struct memory m = {.halted = false};
    int err = exec_build(cases, n, EXEC_END_HALT, &m.img);

    if (!err)
        err = run(&m);
    if (!err)
        exec_collect(cases, n, m.img.data);
    free(m.img.code);
    free(m.img.data);
    return err;
}
