/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What straight code costs, worked out when a page is decoded, so that running
 * it needs no accounting.
 *
 * Each instruction holds the engine for its cost. With engine.scoreboard = 0 that
 * includes the time until a local load's or a multiply's result is there. With 1
 * it does not: a result is there
 *
 *     local load   local.latency cycles after the cost.load cycles of its issue
 *     multiply     max(cost.mul, cost.alu) cycles after it was issued
 *
 * and an instruction that reads or writes that register before waits for it, as
 * do atomics, CSR and system instructions for all results. The wait counts as what
 * the last of those results comes from: local SRAM, or dependency. A divide holds
 * the engine in either case: dividers are iterative.
 *
 * All results are there at the target of a branch or jump of the same page, after
 * a jump, at the start of a page (4 KiB), and after an access beyond local SRAM
 * that the thread waits for: refilling the pipeline covers the few cycles.
 */
#include <string.h>

#include "engine/engine_impl.h"

static uint32_t at_least_1(uint64_t cycles)
{
    return cycles == 0 ? 1 : (uint32_t)cycles;
}

static uint64_t more_than(uint64_t cycles, uint64_t other)
{
    return cycles > other ? cycles - other : 0;
}

/* Jumps and taken branches cost something in any configuration, so that no loop stops time. */
static void set_costs(struct code_cache *cc, const struct nic_config *cfg)
{
    const bool holds = cfg->engine_scoreboard == 0;
    const uint32_t ALU = (uint32_t)cfg->cost_alu, DIV = (uint32_t)cfg->cost_div;
    const uint32_t MUL =
        (uint32_t)(holds || cfg->cost_mul < cfg->cost_alu ? cfg->cost_mul : cfg->cost_alu);
    const uint32_t BRANCH = (uint32_t)cfg->cost_branch, JUMP = at_least_1(cfg->cost_jump);
    const uint32_t LOAD = (uint32_t)(cfg->cost_load + (holds ? cfg->local_latency : 0));
    const uint32_t STORE = (uint32_t)cfg->cost_store, ATOMIC = (uint32_t)cfg->cost_atomic;
    const uint32_t CSR = (uint32_t)cfg->cost_csr, SYSTEM = (uint32_t)cfg->cost_system;

#define RV64_INSN(id, mnemonic, ext, format, match, mask, flow, timing)                            \
    cc->cost[RV64_OP_##id] = timing;
#include "nic/rv64_insn.def"
    cc->cost[KIND_JAL_FAR] = JUMP;
    for (unsigned k = KIND_BEQ_FAR; k <= KIND_BGEU_FAR; k++) {
        cc->cost[k] = BRANCH;
    }
    cc->cost_load = (uint32_t)cfg->cost_load;
    cc->branch_taken = (int32_t)at_least_1(cfg->cost_branch_taken) - (int32_t)BRANCH;
}

/* What of an instruction's cost is not issuing it. */
static void set_splits(struct code_cache *cc, const struct nic_config *cfg)
{
    const bool holds = cfg->engine_scoreboard == 0;
    const uint64_t ALU = 0, BRANCH = 0, STORE = 0, ATOMIC = 0, CSR = 0, SYSTEM = 0;
    const uint64_t MUL = holds ? more_than(cfg->cost_mul, cfg->cost_alu) << SPLIT_DEPENDENCY : 0;
    const uint64_t DIV = more_than(cfg->cost_div, cfg->cost_alu) << SPLIT_DEPENDENCY;
    const uint64_t LOAD = holds ? cfg->local_latency << SPLIT_LOCAL : 0;
    const uint64_t JUMP = more_than(cc->cost[KIND_JAL_FAR], cfg->cost_branch) << SPLIT_BRANCH;

#define RV64_INSN(id, mnemonic, ext, format, match, mask, flow, timing)                            \
    cc->split[RV64_OP_##id] = timing;
#include "nic/rv64_insn.def"
    cc->split[KIND_JAL_FAR] = JUMP;
    cc->taken_split = cc->branch_taken > 0 ? (uint64_t)cc->branch_taken << SPLIT_BRANCH : 0;
}

static void set_latencies(struct code_cache *cc, const struct nic_config *cfg)
{
    const uint32_t MUL = (uint32_t)more_than(cfg->cost_mul, cfg->cost_alu);
    const uint32_t LOAD = (uint32_t)cfg->local_latency;
    const uint32_t ALU = 0, DIV = 0, BRANCH = 0, JUMP = 0, STORE = 0;
    const uint32_t ATOMIC = UINT32_MAX, CSR = UINT32_MAX, SYSTEM = UINT32_MAX; /* drain */

#define RV64_INSN(id, mnemonic, ext, format, match, mask, flow, timing)                            \
    cc->latency[RV64_OP_##id] = (timing) == UINT32_MAX ? 0 : (timing);                             \
    cc->drains[RV64_OP_##id] = (timing) == UINT32_MAX;
#include "nic/rv64_insn.def"
    for (unsigned k = RV64_OP_LB; k <= RV64_OP_LWU; k++) {
        cc->latency_split[k] = SPLIT_LOCAL;
    }
}
_Static_assert(RV64_OP_LWU - RV64_OP_LB == 6, "loads are neighbours");
_Static_assert(SPLIT_DEPENDENCY == 0, "what is not set waits for a multiply");

void timing_init(struct code_cache *cc, const struct nic_config *cfg)
{
    set_costs(cc, cfg);
    set_splits(cc, cfg);
    if (cfg->engine_scoreboard != 0) {
        set_latencies(cc, cfg);
    }
}

/* ---- a page ---- */

/* When results are there, in the cycles of the page. */
struct result {
    uint32_t at;
    uint8_t split;
};
struct results {
    struct result of[X_COUNT], last;
};

static bool is_branch(const struct code_page *p, unsigned i)
{
    return p->kind[i] >= KIND_JAL_FAR && p->kind[i] <= KIND_BGEU_FAR;
}

/* Bit i: instruction i is where a branch or jump of this page goes. */
static void find_targets(const struct code_page *p, uint64_t *targets)
{
    memset(targets, 0, PAGE_INSNS / 8);
    for (int i = 0; i < PAGE_INSNS; i++) {
        int to = i + p->insn[i].imm / 4;
        if (is_branch(p, (unsigned)i) && to >= 0 && to < PAGE_INSNS) {
            targets[to / 64] |= (uint64_t)1 << (to % 64);
        }
    }
}

static struct result later(struct result a, struct result b)
{
    return b.at > a.at ? b : a;
}

/* The last result that instruction i waits for. */
static struct result needed(const struct code_cache *cc, const struct code_page *p, unsigned i,
                            const struct results *r)
{
    const struct insn *n = &p->insn[i];

    if (cc->drains[p->kind[i]]) {
        return r->last;
    }
    return later(later(r->of[n->rs1], r->of[n->rs2]), r->of[n->rd]);
}

static void add_result(const struct code_cache *cc, const struct code_page *p, unsigned i,
                       struct results *r)
{
    unsigned kind = p->kind[i];

    if (cc->latency[kind] != 0 && p->insn[i].rd != X_DUMMY) {
        struct result new = {p->cycles[i + 1] + cc->latency[kind], cc->latency_split[kind]};
        r->of[p->insn[i].rd] = new;
        r->last = later(r->last, new);
    }
}

void timing_page(const struct code_cache *cc, struct code_page *p)
{
    uint64_t targets[PAGE_INSNS / 64];
    struct results r = {0};

    find_targets(p, targets);
    p->cycles[0] = 0;
    p->split[0] = 0;
    for (unsigned i = 0; i < PAGE_INSNS; i++) {
        if (targets[i / 64] >> (i % 64) & 1) {
            memset(&r, 0, sizeof(r));
        }
        struct result wait = needed(cc, p, i, &r);
        if (wait.at > p->cycles[i]) {
            p->split[i] += (uint64_t)(wait.at - p->cycles[i]) << wait.split;
            p->cycles[i] = wait.at;
        }
        p->cycles[i + 1] = p->cycles[i] + cc->cost[p->kind[i]];
        p->split[i + 1] = p->split[i] + cc->split[p->kind[i]];
        add_result(cc, p, i, &r);
        if (p->kind[i] == KIND_JAL_FAR || p->kind[i] == RV64_OP_JALR) {
            memset(&r, 0, sizeof(r));
        }
    }
}
