/* SPDX-License-Identifier: BSD-3-Clause */
#include "hash_machine.h"

#include <CUnit/CUnit.h>
#include <string.h>

#include "engine/engine.h"
#include "fake.h"
#include "maps/hash_inline.h"
#include "nic/rv64.h"
#include "offload/abi.h"

#define CODE   NIC_ISTORE_BASE
#define WORDS  1024u
#define GATES  (WORDS / 2) /* word of gate 0 */
#define MEMORY 0x30000000u /* struct xdp_md, then the packet: a key */
#define KEY_AT 65u         /* not aligned */
#define RESULT 0x18000000u

static struct machine {
    uint32_t code[WORDS];
    uint8_t memory[256];
    uint64_t result;
    bool done;
    struct nic_config cfg;
    struct code_cache *cache;
    struct engine *engine;
    struct engine_bus bus;
} mc;

static uint8_t *find(uint64_t addr, unsigned bytes)
{
    if (addr >= MEMORY && addr + bytes <= MEMORY + sizeof(mc.memory))
        return mc.memory + (addr - MEMORY);
    if (addr < NIC_DRAM_BASE || addr + bytes > NIC_DRAM_BASE + fake.dram_bytes)
        return NULL;
    return plat_ptr((uint32_t)addr); /* where another hart may come in between */
}

static enum bus_result access(void *ctx, struct bus_req *req)
{
    uint64_t old = 0;

    (void)ctx;
    req->done = req->now + 1;
    if (req->addr == RESULT) {
        mc.result = req->data;
        mc.done = true;
        return BUS_STOP;
    }
    uint8_t *p = find(req->addr, req->bytes);
    if (!p || (req->op != BUS_LOAD && req->op != BUS_AMO_OR))
        return BUS_FAULT;
    memcpy(&old, p, req->bytes);
    if (req->op == BUS_AMO_OR) {
        uint64_t now = old | req->data;
        memcpy(p, &now, req->bytes);
    }
    req->data = old;
    return BUS_OK;
}

static const uint8_t *code_page(void *ctx, uint64_t page)
{
    (void)ctx;
    return page == CODE ? (const uint8_t *)mc.code : NULL;
}

static uint64_t time_ns(void *ctx, uint64_t cycle)
{
    (void)ctx;
    return cycle;
}

static uint32_t put(uint32_t at, enum rv64_op op, unsigned rd, unsigned rs1, unsigned rs2,
                    int32_t imm)
{
    mc.code[at] = rv64_encode(op, rd, rs1, rs2, imm);
    return at + 1;
}

/* Where the program starts: after code that sets it up. */
static uint32_t put_start(uint32_t entry)
{
    uint32_t at = put(0, RV64_OP_LUI, RV64_A0, 0, 0, (int32_t)MEMORY);

    at = put(at, RV64_OP_LUI, RV64_SP, 0, 0, (int32_t)(NIC_LOCAL_BASE + 0x1000));
    at = put(at, RV64_OP_ADDI, RV64_TP, 0, 0, (int32_t)MACHINE_CPU);
    put(at, RV64_OP_JAL, 0, 0, 0, (int32_t)(entry - at) * 4);
    at = put(GATES, RV64_OP_LUI, RV64_T0, 0, 0, (int32_t)RESULT); /* gate 0 */
    put(at, RV64_OP_JAL, 0, 0, 0, (int32_t)(WORDS - 8 - at) * 4);
    put(WORDS - 8, RV64_OP_SD, 0, RV64_T0, RV64_A0, 0);
    return 8;
}

/* A helper's gate has no instruction: to call it stops the engine. */
void machine_program(const struct offload_image *img, const struct fw_map *m)
{
    uint32_t base = 8, map = FAKE_HANDLES, value = m->base, seed = hash_seed(m->hot);
    struct offload_link link = {.base = CODE + base * 4,
                                .gate_base = CODE + GATES * 4,
                                .map_addr = &map,
                                .value_addr = &value,
                                .seed = &seed,
                                .map_count = 1};

    memset(mc.code, 0, sizeof(mc.code));
    CU_ASSERT_FATAL(base + img->code_words < GATES);
    CU_ASSERT_EQUAL_FATAL(offload_image_link(img, &link, mc.code + base), 0);
    CU_ASSERT_EQUAL(put_start(base + img->entry_word), base);
    mc.bus = (struct engine_bus){.access = access, .code_page = code_page, .time_ns = time_ns};
    nic_config_init(&mc.cfg);
    CU_ASSERT_EQUAL_FATAL(code_cache_create(&mc.cfg, &mc.bus, &mc.cache), 0);
    CU_ASSERT_EQUAL_FATAL(engine_create(&mc.cfg, 1, 0, &mc.bus, mc.cache, &mc.engine), 0);
}

void machine_stop(void)
{
    engine_destroy(mc.engine);
    code_cache_destroy(mc.cache);
    mc.engine = NULL;
    mc.cache = NULL;
}

uint32_t look_up(const void *key, uint32_t key_size)
{
    uint32_t md[3] = {MEMORY + KEY_AT, MEMORY + KEY_AT + MACHINE_ROOM, MEMORY + KEY_AT};

    memcpy(mc.memory, md, sizeof(md));
    memset(mc.memory + KEY_AT, 0xee, MACHINE_ROOM);
    memcpy(mc.memory + KEY_AT, key, key_size);
    mc.done = false;
    engine_reset(mc.engine, CODE, 0);
    (void)engine_run(mc.engine, 1u << 24);
    CU_ASSERT_FATAL(mc.done);
    return (uint32_t)mc.result;
}
