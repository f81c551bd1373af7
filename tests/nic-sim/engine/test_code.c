/* SPDX-License-Identifier: BSD-3-Clause */
/* Code that changes: fence.i, code_cache_invalidate, more pages than the cache holds. */
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"
#include "engine/engine_impl.h"
#include "rig.h"

enum { FUNCTION = NIC_ISTORE_BASE + 0x2000 };

static uint32_t addi(unsigned rd, int32_t imm)
{
    return rv64_encode(RV64_OP_ADDI, rd, rd, 0, imm);
}

/* FUNCTION: a0 += 1; ret. */
static void put_function(struct rig *r, int32_t imm)
{
    uint64_t at = r->at;
    r->at = FUNCTION;
    rig_put(r, addi(RV64_A0, imm));
    rig_op(r, RV64_OP_JALR, 0, RV64_RA, 0, 0);
    r->at = at;
}

static void call(struct rig *r)
{
    rig_op(r, RV64_OP_JAL, RV64_RA, 0, 0, (int32_t)(FUNCTION - r->at));
}

/* The program overwrites the function it has already called; with fence.i it calls the new one. */
static void test_fence_i(void)
{
    struct rig r;
    rig_init(&r);
    put_function(&r, 1);
    rig_li(&r, RV64_T0, FUNCTION);
    rig_li(&r, RV64_T1, addi(RV64_A0, 100));
    call(&r);
    rig_op(&r, RV64_OP_SW, 0, RV64_T0, RV64_T1, 0);
    rig_op(&r, RV64_OP_FENCE_I, 0, 0, 0, 0);
    call(&r);
    rig_end(&r);
    rig_start(&r, 1);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_STOPPED);
    CU_ASSERT_EQUAL(rig_x(&r, RV64_A0), 101);
    rig_free(&r);
}

/* The word right after fence.i, in the page that runs. */
static void test_own_page(void)
{
    struct rig r;
    rig_init(&r);
    rig_li(&r, RV64_T1, addi(RV64_A0, 100));
    rig_op(&r, RV64_OP_AUIPC, RV64_T0, 0, 0, 0);
    rig_op(&r, RV64_OP_SW, 0, RV64_T0, RV64_T1, 12);
    rig_op(&r, RV64_OP_FENCE_I, 0, 0, 0, 0);
    rig_put(&r, addi(RV64_A0, 1));
    rig_end(&r);
    rig_start(&r, 1);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_STOPPED);
    CU_ASSERT_EQUAL(rig_x(&r, RV64_A0), 100);
    rig_free(&r);
}

/* The host writes a program while a hart loops in its page, which looks at memory as it loops. */
static void test_invalidate(void)
{
    struct rig r;
    rig_init(&r);
    rig_li(&r, RV64_T0, NIC_ISTORE_BASE + 0x4000);
    uint64_t loop = rig_put(&r, addi(RV64_A0, 1));
    rig_op(&r, RV64_OP_LD, RV64_T1, RV64_T0, 0, 0);
    rig_op(&r, RV64_OP_JAL, 0, 0, 0, -8);
    rig_start(&r, 1);
    CU_ASSERT_EQUAL(rig_run(&r), ENGINE_HORIZON);
    uint32_t self = 0x6f;
    memcpy(rig_mem(&r, loop, 4), &self, 4);
    CU_ASSERT_EQUAL(engine_run(r.e, 2000000), ENGINE_HORIZON);
    code_cache_invalidate(r.cc, loop, 4);
    CU_ASSERT_EQUAL(engine_run(r.e, 3000000), ENGINE_ASLEEP);
    CU_ASSERT_EQUAL(engine_parked(r.e), 1);
    CU_ASSERT_EQUAL(rig_pc(&r), loop);
    rig_free(&r);
}

/* Ranges: zero bytes, two pages, everything, the end of the address space. */
static void test_invalidate_ranges(void)
{
    static const struct {
        uint64_t addr, len;
        bool hits;
    } range[] = {
        {FUNCTION, 0, false},
        {FUNCTION, 1, true},
        {FUNCTION + 4095, 1, true},
        {FUNCTION - 1, 1, false},
        {FUNCTION + 4096, 4096, false},
        {FUNCTION - 1, 2, true},
        {FUNCTION - 4096, 4097, true},
        {FUNCTION - 8192, 8192, false},
        {FUNCTION - 8192, 8193, true},
        {0, UINT64_MAX, true},
        {FUNCTION + 8, UINT64_MAX, true},
        {UINT64_MAX - 7, 4096, false},
        {UINT64_MAX - 7, 8, false},
    };
    for (unsigned i = 0; i < sizeof(range) / sizeof(range[0]); i++) {
        struct rig r;
        rig_init(&r);
        put_function(&r, 1);
        call(&r);
        rig_end(&r);
        rig_start(&r, 1);
        CU_ASSERT_EQUAL(rig_run(&r), ENGINE_STOPPED);
        put_function(&r, 7);
        code_cache_invalidate(r.cc, range[i].addr, range[i].len);
        CU_ASSERT_EQUAL(rig_run(&r), ENGINE_STOPPED);
        CU_ASSERT_EQUAL(rig_x(&r, RV64_A0), range[i].hits ? 7 : 1);
        rig_free(&r);
    }
}

/* A huge executable memory of one repeated page: a jump into the next one, and the next. */
static const uint8_t *endless_page(void *ctx, uint64_t page)
{
    (void)page;
    return ctx;
}

static enum bus_result nothing(void *ctx, struct bus_req *req)
{
    (void)ctx;
    (void)req;
    return BUS_FAULT;
}

static uint64_t no_time(void *ctx, uint64_t cycle)
{
    (void)ctx;
    return cycle;
}

static void test_more_pages_than_cache(void)
{
    static uint32_t page[1024];
    struct rig r;
    enum { PAGES = 3 * CACHE_PAGES };

    page[0] = addi(RV64_A0, 1);
    page[1] = rv64_encode(RV64_OP_JAL, 0, 0, 0, 4096 - 4);
    rig_init(&r);
    r.cfg.cost_alu = 1;
    r.cfg.cost_jump = 15;
    r.bus = (struct engine_bus){
        .ctx = page, .access = nothing, .code_page = endless_page, .time_ns = no_time};
    rig_start(&r, 1);
    engine_reset(r.e, 0x100000, 0);
    CU_ASSERT_EQUAL(engine_run(r.e, 16 * PAGES - 1 - ENGINE_RUN_AHEAD), ENGINE_HORIZON);
    CU_ASSERT_EQUAL(rig_x(&r, RV64_A0), PAGES);
    CU_ASSERT_EQUAL(rig_pc(&r), 0x100000 + (uint64_t)PAGES * 4096);
    rig_free(&r);
}

/* Random words, random jumps, stores over the code: it must only ever trap, park, sleep or go on.
 */
static void test_wild_code(void)
{
    static const uint64_t bases[] = {
        NIC_ISTORE_BASE,         NIC_DRAM_BASE,  NIC_DRAM_BASE + RIG_DRAM - 0x400,
        NIC_LOCAL_BASE + 0x3c00, NIC_LOCAL_BASE, 0,
        UINT64_MAX - 0x400};
    struct rig *r = malloc(sizeof(*r));
    uint64_t seed = 12345;

    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    for (unsigned round = 0; round < 300; round++) {
        rig_init(r);
        r->direct = round % 3 == 0;
        r->latency = round % 50;
        rig_csr(r, 0x305, NIC_ISTORE_BASE + 16 * (round % 256));
        rig_csr(r, NIC_CSR_PROG_LO + round % 14, NIC_ISTORE_BASE + 8 * (round % 99));
        rig_csr(r, NIC_CSR_PROG_HI, NIC_ISTORE_BASE + 0x1234 * (round % 9));
        for (unsigned i = 0; i < 32; i += 1 + round % 2)
            rig_li(r, i, bases[i % 7] + 0x67 * i * (round % 5));
        while (r->at < NIC_ISTORE_BASE + 0x3000) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            uint32_t op = 1 + (uint32_t)(seed >> 40) % (RV64_OP_COUNT - 1);
            uint32_t word = (uint32_t)(seed >> 20) & ~rv64_op_mask((enum rv64_op)op);
            rig_put(r, word | rv64_op_match((enum rv64_op)op));
        }
        rig_start(r, 1 + round % 4);
        engine_reset(r->e, NIC_ISTORE_BASE, 0);
        enum engine_stop stop = ENGINE_HORIZON;
        for (uint64_t t = 0; t < 20000 && stop == ENGINE_HORIZON; t += 1 + round * 7)
            stop = engine_run(r->e, t);
        struct nic_engine_stats s = {0};
        engine_stats(r->e, &s);
        CU_ASSERT_TRUE(s.insns > 0);
        rig_free(r);
    }
    free(r);
}

static const struct cunit_case cases[] = {
    {"fence.i", test_fence_i},
    {"fence.i in its own page", test_own_page},
    {"invalidation while running", test_invalidate},
    {"ranges of invalidation", test_invalidate_ranges},
    {"more pages than the cache has", test_more_pages_than_cache},
    {"wild code", test_wild_code},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("engine: changing code", cases);
}
