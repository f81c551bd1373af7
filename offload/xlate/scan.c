/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads the program once and refuses what cannot be translated, so that the
 * emitting stages need no checks. Where the proof's facts are given, slots and
 * edges that no path takes are left out.
 */
#include <errno.h>
#include <stdlib.h>

#include "xlate/xlate.h"

static bool is_cond(unsigned kind)
{
    return kind == EBPF_KIND_JCC_K || kind == EBPF_KIND_JCC_X;
}

int64_t xlate_target(const struct xlate *x, uint32_t slot)
{
    const struct ebpf_insn *i = &x->prog->insns[slot];
    const struct ebpf_row *row = ebpf_row(x->id[slot]);
    bool by_imm =
        row->kind == EBPF_KIND_CALL_LOCAL || row->id == EBPF_JA32 || row->id == EBPF_LD_CODE_ADDR;

    return (int64_t)slot + 1 + (by_imm ? i->imm : i->off);
}

uint32_t xlate_next(const struct xlate *x, uint32_t slot)
{
    do
        slot++;
    while (slot < x->prog->insn_count && !(x->slot[slot] & XLATE_LIVE));
    return slot;
}

uint32_t xlate_func_at(const struct xlate *x, uint32_t slot)
{
    uint32_t lo = 0, hi = x->func_count;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (x->funcs[mid].start == slot)
            return mid;
        if (x->funcs[mid].start < slot)
            lo = mid + 1;
        else
            hi = mid;
    }
    return x->func_count;
}

static bool src_is_reg(const struct ebpf_row *row)
{
    return (row->fields & EBPF_HAS_SRC) && row->disc != EBPF_BY_SRC;
}

/* Bit n: BPF register n is changed by the instruction itself. */
static unsigned writes(const struct ebpf_row *row, const struct ebpf_insn *i)
{
    switch (row->kind) {
    case EBPF_KIND_ALU_K:
    case EBPF_KIND_ALU_X:
    case EBPF_KIND_MOVSX:
    case EBPF_KIND_NEG:
    case EBPF_KIND_END:
    case EBPF_KIND_LDX:
    case EBPF_KIND_LDSX:
    case EBPF_KIND_LD64:
    case EBPF_KIND_LOAD_ACQ:
        return 1u << i->dst;
    case EBPF_KIND_ATOMIC_FETCH:
        return 1u << i->src;
    case EBPF_KIND_CMPXCHG:
        return 1u;
    default:
        return 0;
    }
}

static int check_regs(struct xlate *x, uint32_t s, const struct ebpf_row *row,
                      const struct ebpf_insn *i)
{
    struct ebpf_insn seen = *i;

    if ((row->fields & EBPF_HAS_DST) && i->dst >= EBPF_REGS)
        return xlate_refuse(x, s, "R%u is invalid", i->dst);
    if (src_is_reg(row) && i->src >= EBPF_REGS)
        return xlate_refuse(x, s, "R%u is invalid", i->src);
    if (writes(row, i) & (1u << EBPF_FP))
        return xlate_refuse(x, s, "frame pointer is read only");
    if (row->kind == EBPF_KIND_EXIT) /* Linux does not look at it */
        seen.off = 0;
    if (ebpf_reserved_used(row, &seen))
        return xlate_refuse(x, s, "%s uses reserved fields", row->name);
    return 0;
}

static int check_call(struct xlate *x, uint32_t s, const struct ebpf_insn *i)
{
    if (i->imm <= 0 || i->imm >= (int32_t)OFFLOAD_HELPERS)
        return xlate_refuse(x, s, "invalid func %s#%d", "unknown", i->imm);
    return 0;
}

static int check_ld64(struct xlate *x, uint32_t s, const struct ebpf_row *row,
                      const struct ebpf_insn *i)
{
    if (row->id == EBPF_LD_CODE_ADDR)
        return 0; /* its target: mark_functions */
    if (row->id != EBPF_LD_IMM64 && row->id != EBPF_LD_MAP_FD && row->id != EBPF_LD_MAP_VALUE)
        return xlate_refuse(x, s, "unrecognized bpf_ld_imm64 insn");
    if (row->id != EBPF_LD_IMM64 && (uint32_t)i->imm >= x->prog->map_count)
        return xlate_refuse(x, s, "fd %d is not pointing to valid bpf_map", i->imm);
    if (row->id == EBPF_LD_MAP_FD && i[1].imm)
        return xlate_refuse(x, s, "unrecognized bpf_ld_imm64 insn");
    return 0;
}

static int check_insn(struct xlate *x, uint32_t s)
{
    const struct ebpf_insn *i = &x->prog->insns[s];
    const struct ebpf_row *row = ebpf_row(x->id[s]);
    int err;

    if (row->id == EBPF_INVALID)
        return xlate_refuse(x, s, "unknown opcode %02x", i->opcode);
    if ((err = check_regs(x, s, row, i)) != 0)
        return err;
    switch (row->kind) {
    case EBPF_KIND_CALL:
        return check_call(x, s, i);
    case EBPF_KIND_CALL_BTF:
        if (i->off || i->imm < 0 || i->imm >= (int32_t)OFFLOAD_KFUNCS)
            return xlate_refuse(x, s, "calling kernel function #%d is not allowed", i->imm);
        return 0;
    case EBPF_KIND_LD64:
        return check_ld64(x, s, row, i);
    case EBPF_KIND_LEGACY:
        return xlate_refuse(x, s,
                            "BPF_LD_[ABS|IND] instructions not allowed for this program type");
    default:
        return 0;
    }
}

/* Where instructions start, and which of them some path runs. */
static int mark_slots(struct xlate *x)
{
    uint32_t n = x->prog->insn_count, slots;

    for (uint32_t s = 0; s < n; s += slots) {
        const struct ebpf_insn *i = &x->prog->insns[s];
        const struct ebpf_row *row = ebpf_decode(i);
        uint32_t facts = x->facts ? x->facts->flags[s] : OFFLOAD_FACT_REACHED;

        x->id[s] = row->id;
        slots = ebpf_slots(row);
        if (slots == 2 && (s + 1 >= n || i[1].opcode || i[1].dst || i[1].src || i[1].off))
            return xlate_refuse(x, s, "invalid bpf_ld_imm64 insn");
        if (slots == 2)
            x->slot[s + 1] = XLATE_MIDDLE;
        if (!(facts & OFFLOAD_FACT_REACHED))
            continue;
        x->slot[s] |= XLATE_LIVE;
        if (is_cond(row->kind) && (facts & (OFFLOAD_FACT_TAKEN | OFFLOAD_FACT_FALLS))) {
            x->slot[s] |= facts & OFFLOAD_FACT_TAKEN ? XLATE_TAKEN : 0;
            x->slot[s] |= facts & OFFLOAD_FACT_FALLS ? XLATE_FALLS : 0;
        } else if (is_cond(row->kind)) {
            x->slot[s] |= XLATE_TAKEN | XLATE_FALLS;
        }
    }
    return 0;
}

/* The live instruction that a jump or call at s goes to, into *to. */
static int check_target(struct xlate *x, uint32_t s, uint32_t *to)
{
    int64_t t = xlate_target(x, s);

    if (t < 0 || t >= x->prog->insn_count)
        return xlate_refuse(x, s, "jump out of range from insn %u to %lld", s, (long long)t);
    if (x->slot[t] & XLATE_MIDDLE)
        return xlate_refuse(x, s, "jump into the middle of ldimm64 insn %u", s);
    if (!(x->slot[t] & XLATE_LIVE))
        return xlate_refuse(x, s, "insn %lld is jumped to, but its proof says unreachable",
                            (long long)t);
    *to = (uint32_t)t;
    return 0;
}

/* A call, or the address of a function. */
static int mark_function(struct xlate *x, uint32_t s, const struct ebpf_row *row)
{
    uint32_t to;

    if (check_target(x, s, &to))
        return x->err;
    if (to == 0 && row->id == EBPF_LD_CODE_ADDR)
        return xlate_refuse(x, s, "the main program is no callback");
    if (to == 0)
        return xlate_refuse(x, s, "the main program calls itself");
    x->slot[to] |= XLATE_FUNC | (row->id == EBPF_LD_CODE_ADDR ? XLATE_HANDED : 0);
    return 0;
}

/* The address of a function that no path runs, as for bpf_loop with a count of 0: any number does.
 */
static bool never_called(const struct xlate *x, uint32_t s)
{
    int64_t to = xlate_target(x, s);

    return x->facts && x->id[s] == EBPF_LD_CODE_ADDR && to > 0 && to < x->prog->insn_count &&
           !(x->slot[to] & (XLATE_LIVE | XLATE_MIDDLE));
}

static int mark_functions(struct xlate *x)
{
    uint32_t n = x->prog->insn_count;

    x->slot[0] |= XLATE_FUNC;
    for (uint32_t s = 0; s < n; s++) {
        const struct ebpf_row *row = ebpf_row(x->id[s]);
        if (!(x->slot[s] & XLATE_LIVE))
            continue;
        if (check_insn(x, s))
            return x->err;
        if (never_called(x, s)) {
            x->id[s] = EBPF_LD_IMM64;
            continue;
        }
        if ((row->kind == EBPF_KIND_CALL_LOCAL || row->id == EBPF_LD_CODE_ADDR) &&
            mark_function(x, s, row))
            return x->err;
    }
    for (uint32_t k = 0; x->facts && k < x->facts->subprog_count; k++) {
        uint32_t start = x->facts->subprog_start[k];
        if (start < n && (x->slot[start] & XLATE_LIVE))
            x->slot[start] |= XLATE_FUNC;
    }
    return 0;
}

static int list_functions(struct xlate *x)
{
    for (uint32_t s = 0; s < x->prog->insn_count; s++) {
        void *p = x->funcs;
        if (!(x->slot[s] & XLATE_FUNC))
            continue;
        if (!xlate_room(x, &p, &x->func_cap, x->func_count, sizeof(*x->funcs)))
            return x->err;
        x->funcs = p;
        if (x->func_count)
            x->funcs[x->func_count - 1].end = s;
        x->funcs[x->func_count++] = (struct xlate_func){
            .start = s, .end = x->prog->insn_count, .callback = x->slot[s] & XLATE_HANDED};
    }
    return 0;
}

static int add_edge(struct xlate *x, uint32_t s, const struct xlate_func *f, uint32_t to)
{
    void *p = x->edges;

    if (!xlate_room(x, &p, &x->edge_cap, x->edge_count, sizeof(*x->edges)))
        return x->err;
    x->edges = p;
    x->edges[x->edge_count++] =
        (struct xlate_edge){.insn = s, .from = (uint32_t)(f - x->funcs), .to = to};
    return 0;
}

/* What the function calls, or what may be called below its frame. */
static int flow_call(struct xlate *x, struct xlate_func *f, uint32_t s, const struct ebpf_row *row,
                     const struct ebpf_insn *i)
{
    struct offload_proto proto;

    if (row->kind == EBPF_KIND_CALL && offload_helper_proto((uint32_t)i->imm, &proto))
        f->calls_back |= proto.callback;
    f->calls |= row->kind == EBPF_KIND_CALL || row->kind == EBPF_KIND_CALL_LOCAL ||
                row->kind == EBPF_KIND_CALL_BTF;
    f->names |= row->id == EBPF_LD_CODE_ADDR;
    if (row->kind == EBPF_KIND_CALL_LOCAL || row->id == EBPF_LD_CODE_ADDR)
        return add_edge(x, s, f, xlate_func_at(x, (uint32_t)xlate_target(x, s)));
    return 0;
}

/* A function that got the addresses it calls back from elsewhere: any callback may run there. */
static int flow_callbacks(struct xlate *x)
{
    for (uint32_t k = 0; k < x->func_count; k++)
        for (uint32_t to = 0; to < x->func_count; to++)
            if (x->funcs[k].calls_back && !x->funcs[k].names && x->funcs[to].callback &&
                add_edge(x, x->funcs[k].start, &x->funcs[k], to))
                return x->err;
    return 0;
}

/* A jump must stay in its function. */
static int flow_jump(struct xlate *x, const struct xlate_func *f, uint32_t s)
{
    uint32_t to = 0;

    if (check_target(x, s, &to))
        return x->err;
    if (to < f->start || to >= f->end)
        return xlate_refuse(x, s, "jump out of range from insn %u to %u", s, to);
    x->slot[to] |= XLATE_TARGET | (to <= s ? XLATE_LOOP : 0);
    return 0;
}

/* Control goes only where code is emitted; what the function needs of its frame. */
static int flow_insn(struct xlate *x, struct xlate_func *f, uint32_t s)
{
    const struct ebpf_insn *i = &x->prog->insns[s];
    const struct ebpf_row *row = ebpf_row(x->id[s]);
    uint32_t next = s + ebpf_slots(row);
    bool may = row->kind == EBPF_KIND_MAY_GOTO;
    bool cond = is_cond(row->kind), jumps = row->kind == EBPF_KIND_JA;

    f->written |= (uint16_t)writes(row, i);
    f->uses_fp |= (row->fields & EBPF_HAS_DST) && i->dst == EBPF_FP;
    f->uses_fp |= src_is_reg(row) && i->src == EBPF_FP;
    f->may_goto |= may;
    f->cmpxchg |= row->kind == EBPF_KIND_CMPXCHG;
    if (flow_call(x, f, s, row, i))
        return x->err;
    if ((jumps || may || (cond && (x->slot[s] & XLATE_TAKEN))) && flow_jump(x, f, s))
        return x->err;
    if (jumps || row->kind == EBPF_KIND_EXIT || (cond && !(x->slot[s] & XLATE_FALLS)))
        return 0;
    if (next >= f->end)
        return xlate_refuse(x, s, "last insn is not an exit or jmp");
    if (row->kind == EBPF_KIND_CALL && i->imm == XLATE_HELPER_TAIL_CALL)
        x->slot[next] |= XLATE_TARGET; /* see call.c */
    if (!(x->slot[next] & XLATE_LIVE))
        return xlate_refuse(x, s, "insn %u follows, but its proof says unreachable", next);
    return 0;
}

int xlate_scan(struct xlate *x)
{
    int err;

    if ((err = mark_slots(x)) != 0)
        return err;
    if (!(x->slot[0] & XLATE_LIVE))
        return xlate_refuse(x, 0, "insn 0 is unreachable according to its proof");
    if ((err = mark_functions(x)) != 0 || (err = list_functions(x)) != 0)
        return err;
    for (uint32_t k = 0; k < x->func_count; k++)
        for (uint32_t s = x->funcs[k].start; s < x->funcs[k].end; s++)
            if ((x->slot[s] & XLATE_LIVE) && flow_insn(x, &x->funcs[k], s))
                return x->err;
    return flow_callbacks(x);
}
