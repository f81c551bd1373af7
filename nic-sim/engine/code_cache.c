/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Predecoded code. A page is decoded as a whole, because the static costs are
 * prefix sums over it; it stays in place until all pages are dropped, so that an
 * engine inside bus->access can still finish its instruction on a stale page.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine_impl.h"

static void set_pairs(struct code_cache *cc)
{
    for (size_t i = 0; i < cc->run.pair_count && i < UINT8_MAX; i++) {
        const struct interp_pair *p = &cc->run.pairs[i];
        cc->pair[p->first][p->second] = (uint8_t)(i + 1);
    }
}

int code_cache_create(const struct nic_config *cfg, const struct engine_bus *bus,
                      struct code_cache **out)
{
    struct code_cache *cc = calloc(1, sizeof(*cc));
    if (cc == NULL) {
        return -ENOMEM;
    }
    /* Pages are written before they are read, and those never used take no memory. */
    cc->page = malloc(CACHE_PAGES * sizeof(*cc->page));
    if (cc->page == NULL) {
        free(cc);
        return -ENOMEM;
    }
    cc->bus = bus;
    cc->regions = bus->regions == NULL ? &cc->none : bus->regions;
    engine_interp_tables(&cc->run);
    set_pairs(cc);
    cc->generation = 1;
    timing_init(cc, cfg);
    *out = cc;
    return 0;
}

void code_cache_destroy(struct code_cache *cc)
{
    if (cc != NULL) {
        free(cc->extra);
        free(cc->page);
        free(cc);
    }
}

/* ---- decoding ---- */

static bool border_at(const struct code_page *p, unsigned i)
{
    return (p->border[i / 64] >> (i % 64)) & 1;
}

/* Marks `addr` if it falls inside the page, its first instruction excepted: reaching that is
 * checked anyway. */
static bool mark_border(struct code_page *p, uint64_t addr)
{
    uint64_t i = (addr - p->addr + 3) / 4;
    if (addr <= p->addr || addr - p->addr >= PAGE_BYTES || i >= PAGE_INSNS ||
        border_at(p, (unsigned)i)) {
        return false;
    }
    p->border[i / 64] |= (uint64_t)1 << (i % 64);
    return true;
}

static void mark_all_borders(const struct code_cache *cc, struct code_page *p)
{
    for (const struct engine *e = cc->engines; e != NULL; e = e->next) {
        for (unsigned t = 0; t < e->threads; t++) {
            const struct bounds *prog = &e->hart[t].window[WINDOW_PROG];
            if (prog->hi > prog->lo) {
                mark_border(p, prog->lo);
                mark_border(p, prog->hi);
            }
        }
    }
}

static enum insn_kind far_kind(enum rv64_op op)
{
    switch (op) {
    case RV64_OP_JAL:
        return KIND_JAL_FAR;
    case RV64_OP_BEQ:
        return KIND_BEQ_FAR;
    case RV64_OP_BNE:
        return KIND_BNE_FAR;
    case RV64_OP_BLT:
        return KIND_BLT_FAR;
    case RV64_OP_BGE:
        return KIND_BGE_FAR;
    case RV64_OP_BLTU:
        return KIND_BLTU_FAR;
    case RV64_OP_BGEU:
        return KIND_BGEU_FAR;
    default:
        return (enum insn_kind)op;
    }
}

static uint8_t dest_slot(uint8_t rd)
{
    return rd == 0 ? X_DUMMY : rd;
}

static bool extra_at(const struct code_page *p, unsigned i)
{
    return p->extra != NULL && p->extra[i] != 0;
}

/* The handler that comes first: a border leads to the extra cycles, and these to the real one. */
static unsigned first_kind(const struct code_page *p, unsigned i)
{
    if (border_at(p, i)) {
        return KIND_BORDER;
    }
    return extra_at(p, i) ? (unsigned)KIND_EXTRA : p->kind[i];
}

static void decode_one(struct code_cache *cc, struct code_page *p, unsigned i)
{
    struct rv64_insn d = rv64_decode(p->word[i]);
    struct insn *n = &p->insn[i];

    p->kind[i] = (uint8_t)far_kind(d.op);
    n->handler = cc->run.handlers[first_kind(p, i)];
    n->imm = d.imm;
    n->rs1 = d.rs1;
    n->rs2 = d.rs2;
    n->rd = dest_slot(d.rd);
    n->pad = 0;
}

/* borders_before[i]: borders at instructions 0..i. */
static void count_borders(const struct code_page *p, uint16_t *borders_before)
{
    uint16_t n = 0;
    for (unsigned i = 0; i < PAGE_INSNS; i++) {
        n = (uint16_t)(n + border_at(p, i));
        borders_before[i] = n;
    }
}

/* Turns the branch at i into its near variant where nothing forbids it. */
static void make_near(struct code_cache *cc, struct code_page *p, int i, const uint16_t *borders)
{
    struct insn *n = &p->insn[i];
    bool jal = p->kind[i] == KIND_JAL_FAR;
    int to = i + n->imm / 4;

    if (n->imm == 0 || n->imm % 4 != 0 || to < 0 || to >= PAGE_INSNS || borders[i] != borders[to]) {
        return;
    }
    enum rv64_op op = rv64_decode(p->word[i]).op;
    n->imm = (int32_t)(p->cycles[i] + cc->cost[p->kind[i]] - p->cycles[to]);
    p->near_split[i] =
        p->split[i] + cc->split[p->kind[i]] - p->split[to] + (jal ? 0 : cc->taken_split);
    if (jal) {
        n->jal_distance = (int16_t)(to - i);
    } else {
        n->imm += cc->branch_taken;
        n->branch_distance = (int16_t)(to - i);
    }
    p->kind[i] = (uint8_t)op;
    n->handler = cc->run.handlers[first_kind(p, (unsigned)i)];
}

/* One handler for the instructions at i and i + 1, where there is one and no border between. */
static void make_pair(struct code_cache *cc, struct code_page *p, unsigned i)
{
    uint8_t pair = cc->pair[p->kind[i]][p->kind[i + 1]];

    if (pair != 0 && first_kind(p, i) == p->kind[i] && first_kind(p, i + 1) == p->kind[i + 1]) {
        p->insn[i].handler = cc->run.pairs[pair - 1].handler;
    }
}

static void decode_page(struct code_cache *cc, struct code_page *p)
{
    uint16_t borders[PAGE_INSNS];

    mark_all_borders(cc, p);
    p->extra = codecost_page(cc, p->addr);
    memcpy(p->word, p->mem, PAGE_BYTES);
    for (unsigned i = 0; i < PAGE_INSNS; i++) {
        decode_one(cc, p, i);
    }
    timing_page(cc, p);
    count_borders(p, borders);
    for (int i = 0; i < PAGE_INSNS; i++) {
        if (p->kind[i] >= KIND_JAL_FAR) {
            make_near(cc, p, i, borders);
        }
    }
    for (unsigned i = 0; i + 1 < PAGE_INSNS; i++) {
        make_pair(cc, p, i);
    }
    p->insn[PAGE_INSNS] = (struct insn){.handler = cc->run.handlers[KIND_NEXT_PAGE]};
    p->bias = p->addr - ((uint64_t)(uintptr_t)p->insn >> 2);
    p->stale = false;
}

/* ---- the table ---- */

static unsigned slot_of(const struct code_cache *cc, uint64_t addr)
{
    unsigned i = (unsigned)((addr >> PAGE_BITS) * 0x9e3779b97f4a7c15u >> 52);
    while (cc->slot[i] != 0 && cc->page[cc->slot[i] - 1].addr != addr) {
        i = (i + 1) % CACHE_SLOTS;
    }
    return i;
}
_Static_assert(CACHE_SLOTS == 1 << 12, "slot_of takes the top 12 bits of the product");
_Static_assert(CACHE_PAGES < CACHE_SLOTS, "an empty slot ends each search");

/* No hart goes on where it stopped: at its pc. */
static void new_generation(struct code_cache *cc)
{
    cc->generation++;
    for (struct engine *e = cc->engines; e != NULL; e = e->next) {
        for (unsigned t = 0; t < e->threads; t++) {
            hart_forget_page(&e->hart[t]);
        }
    }
}

static void drop_all(struct code_cache *cc)
{
    memset(cc->slot, 0, sizeof(cc->slot));
    cc->used = 0;
    new_generation(cc);
}

static struct code_page *add_page(struct code_cache *cc, uint64_t addr, const uint8_t *mem)
{
    if (cc->used == CACHE_PAGES) {
        drop_all(cc);
    }
    struct code_page *p = &cc->page[cc->used++];
    cc->slot[slot_of(cc, addr)] = (uint16_t)cc->used;
    p->addr = addr;
    p->mem = mem;
    memset(p->border, 0, sizeof(p->border));
    decode_page(cc, p);
    return p;
}

struct code_page *code_cache_page(struct code_cache *cc, uint64_t addr)
{
    uint16_t found = cc->slot[slot_of(cc, addr)];
    if (found != 0) {
        struct code_page *p = &cc->page[found - 1];
        if (p->stale) {
            decode_page(cc, p);
        }
        return p;
    }
    const uint8_t *mem = cc->bus->code_page(cc->bus->ctx, addr);
    return mem == NULL ? NULL : add_page(cc, addr, mem);
}

/* ---- staleness ---- */

static void make_stale(struct code_cache *cc, struct code_page *p)
{
    p->stale = true;
    new_generation(cc);
}

void code_cache_sync(struct code_cache *cc)
{
    for (uint32_t i = 0; i < cc->used; i++) {
        struct code_page *p = &cc->page[i];
        if (!p->stale && memcmp(p->word, p->mem, PAGE_BYTES) != 0) {
            make_stale(cc, p);
        }
    }
}

void code_cache_invalidate(struct code_cache *cc, uint64_t addr, uint64_t len)
{
    uint64_t first = addr & ~(uint64_t)(PAGE_BYTES - 1);
    if (len == 0) {
        return;
    }
    codecost_forget(cc, addr, len);
    if (len <= PAGE_BYTES) { /* at most two pages: look them up */
        for (uint64_t a = first; a - addr < len || a == first; a += PAGE_BYTES) {
            uint16_t found = cc->slot[slot_of(cc, a)];
            if (found != 0 && !cc->page[found - 1].stale) {
                make_stale(cc, &cc->page[found - 1]);
            }
        }
        return;
    }
    uint64_t span = len + (addr - first);
    if (span < len) {
        span = UINT64_MAX;
    }
    for (uint32_t i = 0; i < cc->used; i++) {
        struct code_page *p = &cc->page[i];
        if (!p->stale && p->addr - first < span) {
            make_stale(cc, p);
        }
    }
}

void code_cache_border(struct code_cache *cc, uint64_t addr)
{
    uint16_t found = cc->slot[slot_of(cc, addr & ~(uint64_t)(PAGE_BYTES - 1))];
    if (found != 0 && mark_border(&cc->page[found - 1], addr)) {
        make_stale(cc, &cc->page[found - 1]);
    }
}
