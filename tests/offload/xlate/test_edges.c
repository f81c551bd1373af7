/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the cases reach: each row of the instruction table has, while they run in the reference
 * interpreter, the values at which it could go wrong. Names what is missing.
 */
#include "cunit_main.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"

/* Operand a is dst, or the memory of atomics; b is src or imm. */
#define MARKS(X)                                                                                   \
    X(RAN, "runs")                                                                                 \
    X(A_0, "a = 0")                                                                                \
    X(A_1, "a = 1")                                                                                \
    X(A_ALL, "a = -1")                                                                             \
    X(A_MIN, "a = the least number")                                                               \
    X(A_MAX, "a = the greatest number")                                                            \
    X(A_MIN32, "a = 2^31")                                                                         \
    X(A_MAX32, "a = 2^31 - 1")                                                                     \
    X(A_RUBBISH, "a with rubbish in the upper half")                                               \
    X(B_0, "b = 0")                                                                                \
    X(B_1, "b = 1")                                                                                \
    X(B_ALL, "b = -1")                                                                             \
    X(B_MIN, "b = the least number")                                                               \
    X(B_MAX, "b = the greatest number")                                                            \
    X(B_MIN32, "b = 2^31")                                                                         \
    X(B_MAX32, "b = 2^31 - 1")                                                                     \
    X(B_RUBBISH, "b with rubbish in the upper half")                                               \
    X(OVERFLOW, "the least number by -1")                                                          \
    X(COUNT_31, "count 31")                                                                        \
    X(COUNT_32, "count 32")                                                                        \
    X(COUNT_63, "count 63")                                                                        \
    X(COUNT_OVER, "count beyond the width")                                                        \
    X(TAKEN, "jumps")                                                                              \
    X(FALLS, "does not jump")                                                                      \
    X(EQUAL, "a = b")                                                                              \
    X(EQUAL_LOW, "a and b differ in their upper halves only")                                      \
    X(UNEQUAL, "a and b differ")                                                                   \
    X(OFF_0, "offset 0")                                                                           \
    X(OFF_UP, "offset up")                                                                         \
    X(OFF_DOWN, "offset down")                                                                     \
    X(OFF_FAR_UP, "offset beyond 12 bits up")                                                      \
    X(OFF_FAR_DOWN, "offset beyond 12 bits down")                                                  \
    X(UNALIGNED, "unaligned")                                                                      \
    X(STACK, "stack")                                                                              \
    X(MEMORY, "memory")                                                                            \
    X(TOP_SET, "highest bit set")                                                                  \
    X(TOP_CLEAR, "highest bit clear")                                                              \
    X(FORWARD, "goes forward")                                                                     \
    X(BACKWARD, "goes backward")

enum mark {
#define X(id, text) MARK_##id,
    MARKS(X)
#undef X
        MARK_COUNT
};
_Static_assert(MARK_COUNT <= 64, "a bit each");
#define BIT(id) (1ull << MARK_##id)

static const char *const mark_text[] = {
#define X(id, text) text,
    MARKS(X)
#undef X
};

static struct case_list list;

struct coverage {
    uint64_t seen[EBPF_ID_COUNT];
    const struct exec_case *c;
    uint64_t base; /* address of the case's memory */
    /* the instruction before */
    const struct ebpf_row *row;
    uint32_t slot;
    struct ebpf_insn insn;
};

/* ---- what an instruction is given ---- */

static uint64_t number(uint64_t v, unsigned bits, bool first)
{
    uint64_t cut = bits == 64 ? v : v & UINT32_MAX, top = 1ull << (bits - 1);
    unsigned kind = 0;

    if (cut == 0)
        kind = MARK_A_0;
    else if (cut == 1)
        kind = MARK_A_1;
    else if (cut == top - 1 + top)
        kind = MARK_A_ALL;
    else if (cut == top)
        kind = MARK_A_MIN;
    else if (cut == top - 1)
        kind = MARK_A_MAX;
    else if (cut == 1u << 31)
        kind = MARK_A_MIN32;
    else if (cut == INT32_MAX)
        kind = MARK_A_MAX32;
    uint64_t marks = kind ? 1ull << kind : 0;
    if (bits == 32 && v >> 32 && v >> 32 != UINT32_MAX)
        marks |= BIT(A_RUBBISH);
    return first ? marks : marks << (MARK_B_0 - MARK_A_0);
}

static uint64_t shift_count(uint64_t b, unsigned bits)
{
    uint64_t marks = b == 31   ? BIT(COUNT_31)
                     : b == 32 ? BIT(COUNT_32)
                     : b == 63 ? BIT(COUNT_63)
                               : 0;

    return marks | (b >= bits ? BIT(COUNT_OVER) : 0);
}

static uint64_t both(const struct ebpf_row *row, uint64_t a, uint64_t b)
{
    unsigned bits = row->bits;
    uint64_t low = bits == 64 ? UINT64_MAX : UINT32_MAX;
    uint64_t marks = number(a, bits, true) | number(b, bits, false);

    if ((marks & BIT(A_MIN)) && (marks & BIT(B_ALL)))
        marks |= BIT(OVERFLOW);
    if ((a & low) == (b & low))
        marks |= BIT(EQUAL) | (a != b ? BIT(EQUAL_LOW) : 0);
    else
        marks |= BIT(UNEQUAL);
    if (row->op == EBPF_OP_LSH || row->op == EBPF_OP_RSH || row->op == EBPF_OP_ARSH)
        marks |= shift_count(b, bits);
    return marks;
}

static uint64_t place(const struct coverage *v, const struct ebpf_row *row, uint64_t base, int off)
{
    uint64_t addr = base + (uint64_t)(int64_t)off;
    uint64_t marks = addr - v->base < EXEC_MEM ? BIT(MEMORY) : BIT(STACK);

    marks |= off == 0 ? BIT(OFF_0) : off > 0 ? BIT(OFF_UP) : BIT(OFF_DOWN);
    marks |= off > 2047 ? BIT(OFF_FAR_UP) : off < -2048 ? BIT(OFF_FAR_DOWN) : 0;
    return marks | (addr % (row->bits / 8u) ? BIT(UNALIGNED) : 0);
}

static uint64_t top_bit(uint64_t value, unsigned bits)
{
    return value >> (bits - 1) & 1 ? BIT(TOP_SET) : BIT(TOP_CLEAR);
}

static uint64_t contents(const struct coverage *v, uint64_t addr, unsigned bytes)
{
    uint64_t value = 0;

    if (addr - v->base <= EXEC_MEM - bytes)
        memcpy(&value, v->c->mem + (addr - v->base), bytes);
    return value;
}

static uint64_t access(const struct coverage *v, const struct ebpf_row *row,
                       const struct ebpf_insn *i, const uint64_t *reg)
{
    bool load = row->kind == EBPF_KIND_LDX || row->kind == EBPF_KIND_LDSX ||
                row->kind == EBPF_KIND_LOAD_ACQ;
    uint64_t base = reg[load ? i->src : i->dst], marks = place(v, row, base, i->off);
    uint64_t held = contents(v, base + (uint64_t)(int64_t)i->off, row->bits / 8u);

    if (load)
        return marks | ((marks & BIT(MEMORY)) ? top_bit(held, row->bits) : 0);
    if (row->kind == EBPF_KIND_ST)
        return marks | number((uint64_t)(int64_t)i->imm, 32, false);
    if (row->kind == EBPF_KIND_STX || row->kind == EBPF_KIND_STORE_REL)
        return marks | top_bit(reg[i->src], row->bits) |
               (row->bits < 64 && reg[i->src] >> row->bits ? BIT(B_RUBBISH) : 0);
    return marks | both(row, held, reg[row->kind == EBPF_KIND_CMPXCHG ? 0 : i->src]);
}

static uint64_t given(const struct coverage *v, const struct ebpf_row *row,
                      const struct ebpf_insn *i, const uint64_t *reg)
{
    switch (row->kind) {
    case EBPF_KIND_ALU_K:
    case EBPF_KIND_JCC_K:
        return both(row, reg[i->dst], (uint64_t)(int64_t)i->imm);
    case EBPF_KIND_ALU_X:
    case EBPF_KIND_JCC_X:
        return both(row, reg[i->dst], reg[i->src]);
    case EBPF_KIND_NEG:
        return number(reg[i->dst], row->bits, true);
    case EBPF_KIND_MOVSX:
        return top_bit(reg[i->src], row->dval) | (reg[i->src] >> row->dval ? BIT(B_RUBBISH) : 0);
    case EBPF_KIND_END:
        return top_bit(reg[i->dst], row->bits) |
               (row->bits < 64 && reg[i->dst] >> row->bits ? BIT(A_RUBBISH) : 0);
    default:
        return row->kind >= EBPF_KIND_LDX && row->kind <= EBPF_KIND_STORE_REL
                   ? access(v, row, i, reg)
                   : 0;
    }
}

/* Where the instruction before went. */
static uint64_t way(const struct coverage *v, uint32_t to)
{
    bool cond = v->row->kind == EBPF_KIND_JCC_K || v->row->kind == EBPF_KIND_JCC_X;
    bool jumps = cond || v->row->kind == EBPF_KIND_JA || v->row->kind == EBPF_KIND_CALL_LOCAL;
    bool straight = to == v->slot + ebpf_slots(v->row);

    if (!jumps)
        return 0;
    if (straight)
        return cond ? BIT(FALLS) : 0;
    return BIT(TAKEN) | (to > v->slot ? BIT(FORWARD) : BIT(BACKWARD));
}

static void watch(void *ctx, const struct offload_prog *prog, uint32_t insn, const uint64_t *reg)
{
    struct coverage *v = ctx;
    const struct ebpf_insn *i = &prog->insns[insn];

    if (v->row)
        v->seen[v->row->id] |= way(v, insn);
    v->row = ebpf_decode(i);
    v->slot = insn;
    v->seen[v->row->id] |= BIT(RAN) | given(v, v->row, i, reg);
}

/* ---- what each row needs ---- */

static const uint64_t a_edges = BIT(A_0) | BIT(A_1) | BIT(A_ALL) | BIT(A_MIN) | BIT(A_MAX);
static const uint64_t b_edges = BIT(B_0) | BIT(B_1) | BIT(B_ALL) | BIT(B_MIN) | BIT(B_MAX);
static const uint64_t places =
    BIT(OFF_0) | BIT(OFF_UP) | BIT(OFF_DOWN) | BIT(OFF_FAR_UP) | BIT(OFF_FAR_DOWN) | BIT(MEMORY);

static uint64_t operands(const struct ebpf_row *row, bool imm)
{
    uint64_t need = a_edges | b_edges;

    if (row->bits == 32)
        return need | BIT(A_RUBBISH) | (imm ? 0 : BIT(B_RUBBISH));
    need |= BIT(A_MIN32) | BIT(A_MAX32);
    if (imm) /* 64 bits are not to be had */
        return (need & ~(BIT(B_MIN) | BIT(B_MAX))) | BIT(B_MAX32);
    return need | BIT(B_MIN32) | BIT(B_MAX32);
}

static uint64_t arithmetic(const struct ebpf_row *row, bool imm)
{
    uint64_t need = operands(row, imm);

    switch (row->op) {
    case EBPF_OP_LSH:
    case EBPF_OP_RSH:
    case EBPF_OP_ARSH:
        need = (need & ~(uint64_t)(b_edges | BIT(B_MIN32) | BIT(B_MAX32) | BIT(B_RUBBISH))) |
               BIT(B_0) | BIT(B_1) | BIT(COUNT_31);
        return need | (row->bits == 64 || !imm ? BIT(COUNT_32) | BIT(COUNT_63) : 0) |
               (imm ? 0 : BIT(COUNT_OVER));
    case EBPF_OP_SDIV:
    case EBPF_OP_SMOD:
        return need | BIT(OVERFLOW);
    default:
        return need;
    }
}

static uint64_t memory(const struct ebpf_row *row)
{
    uint64_t unaligned = row->bits > 8 ? BIT(UNALIGNED) : 0,
             rubbish = row->bits < 64 ? BIT(B_RUBBISH) : 0;
    uint64_t atomic = places | a_edges | b_edges | (row->bits == 32 ? BIT(B_RUBBISH) : 0);

    switch (row->kind) {
    case EBPF_KIND_LDX:
    case EBPF_KIND_LDSX:
        return places | BIT(STACK) | unaligned | BIT(TOP_SET) | BIT(TOP_CLEAR);
    case EBPF_KIND_LOAD_ACQ:
        return places | BIT(STACK) | BIT(TOP_SET) | BIT(TOP_CLEAR);
    case EBPF_KIND_ST:
        return places | BIT(STACK) | unaligned | b_edges;
    case EBPF_KIND_STX:
        return places | BIT(STACK) | unaligned | rubbish | BIT(TOP_SET) | BIT(TOP_CLEAR);
    case EBPF_KIND_STORE_REL:
        return places | BIT(STACK) | rubbish | BIT(TOP_SET) | BIT(TOP_CLEAR);
    case EBPF_KIND_CMPXCHG:
        return atomic | BIT(EQUAL) | BIT(UNEQUAL) | (row->bits == 32 ? BIT(EQUAL_LOW) : 0);
    default:
        return atomic;
    }
}

static uint64_t needs(const struct ebpf_row *row)
{
    bool imm = row->kind == EBPF_KIND_ALU_K || row->kind == EBPF_KIND_JCC_K;

    switch (row->kind) {
    case EBPF_KIND_ALU_K:
    case EBPF_KIND_ALU_X:
        return BIT(RAN) | arithmetic(row, imm);
    case EBPF_KIND_NEG:
        return BIT(RAN) | a_edges | (row->bits == 32 ? BIT(A_RUBBISH) : 0);
    case EBPF_KIND_MOVSX:
        return BIT(RAN) | BIT(TOP_SET) | BIT(TOP_CLEAR) | BIT(B_RUBBISH);
    case EBPF_KIND_END:
        return BIT(RAN) | BIT(TOP_SET) | BIT(TOP_CLEAR) | (row->bits < 64 ? BIT(A_RUBBISH) : 0);
    case EBPF_KIND_JCC_K:
    case EBPF_KIND_JCC_X:
        return BIT(RAN) | operands(row, imm) | BIT(EQUAL) | BIT(UNEQUAL) | BIT(TAKEN) | BIT(FALLS) |
               (row->bits == 32 ? BIT(EQUAL_LOW) : 0);
    case EBPF_KIND_JA:
    case EBPF_KIND_CALL_LOCAL:
        return BIT(RAN) | BIT(FORWARD) | BIT(BACKWARD);
    default:
        return BIT(RAN) |
               (row->kind >= EBPF_KIND_LDX && row->kind <= EBPF_KIND_STORE_REL ? memory(row) : 0);
    }
}

/* Rows that no program may have: see test_refused. */
static bool is_refused(const struct ebpf_row *row)
{
    return row->kind == EBPF_KIND_LEGACY || row->id == EBPF_LD_VAR_ADDR ||
           row->id == EBPF_LD_MAP_IDX || row->id == EBPF_LD_MAP_IDX_VALUE;
}

static unsigned report(const struct ebpf_row *row, uint64_t missing)
{
    unsigned n = 0;

    for (unsigned m = 0; m < MARK_COUNT; m++) {
        if (!(missing >> m & 1))
            continue;
        fprintf(stderr, "no case of %s: %s\n", row->name, mark_text[m]);
        n++;
    }
    return n;
}

static void test_edges(void)
{
    static const struct offload_map maps[EXEC_MAPS] = {{.name = "a"}, {.name = "b"}};
    struct coverage v = {.row = NULL};
    unsigned missing = 0, marks = 0;

    for (unsigned k = 0; k < list.count; k++) {
        struct exec_case c = {.prog = {.insns = list.cases[k].insns,
                                       .insn_count = list.cases[k].insn_count,
                                       .maps = maps,
                                       .map_count = EXEC_MAPS}};
        struct refint_result res;
        memcpy(c.mem, list.cases[k].mem, EXEC_MEM);
        v.c = &c;
        v.base = exec_mem(k, list.count);
        v.row = NULL;
        exec_refint_watched(&c, k, list.count, &res, watch, &v);
    }
    for (unsigned id = 1; id < EBPF_ID_COUNT; id++) {
        const struct ebpf_row *row = ebpf_row(id);
        uint64_t need = is_refused(row) ? 0 : needs(row);
        missing += report(row, need & ~v.seen[id]);
        marks += (unsigned)__builtin_popcountll(need);
    }
    printf("%u cases, %u edges of %u rows ", list.count, marks, EBPF_ID_COUNT - 1);
    CU_ASSERT_EQUAL(missing, 0);
}

static struct ebpf_insn of_row(const struct ebpf_row *row)
{
    return (struct ebpf_insn){.opcode = row->opcode,
                              .src = (uint8_t)((row->disc == EBPF_BY_SRC ? row->dval : 0) & 15u)};
}

static int translate(const struct ebpf_insn *insns, uint32_t count, struct offload_refusal *why)
{
    const struct offload_prog p = {.insns = insns, .insn_count = count};
    struct offload_image *img = NULL;
    int err = offload_translate(&p, NULL, NULL, UINT32_MAX, &img, why);

    offload_image_free(img);
    return err;
}

/* Packet access of classic BPF, in the kernel's words; what the loader must have made a map of. */
static void test_refused(void)
{
    const struct ebpf_insn exit = of_row(ebpf_row(EBPF_EXIT));

    for (unsigned id = 1; id < EBPF_ID_COUNT; id++) {
        const struct ebpf_row *row = ebpf_row(id);
        struct ebpf_insn insns[3] = {of_row(row), {0}, exit};
        struct offload_refusal why = {.insn = 99};
        uint32_t slots = ebpf_slots(row);
        if (!is_refused(row))
            continue;
        insns[slots] = exit;
        CU_ASSERT_EQUAL(translate(insns, slots + 1, &why), -EINVAL);
        CU_ASSERT_EQUAL(why.insn, 0);
        CU_ASSERT_STRING_EQUAL(
            why.reason, row->kind == EBPF_KIND_LEGACY
                            ? "BPF_LD_[ABS|IND] instructions not allowed for this program type"
                            : "unrecognized bpf_ld_imm64 insn");
    }
}

/* Linux does not look at the offset of an exit. */
static void test_exit_offset(void)
{
    struct ebpf_insn insns[2] = {of_row(ebpf_row(EBPF_MOV64_K)), of_row(ebpf_row(EBPF_EXIT))};
    struct offload_refusal why;

    insns[1].off = 5;
    CU_ASSERT_EQUAL(translate(insns, 2, &why), 0);
}

static const struct cunit_case suite[] = {
    {"every row at its edges", test_edges},
    {"rows that are refused", test_refused},
    {"an exit with an offset", test_exit_offset},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    if (argc != 3 || cases_load_dir(&list, argv[1]) || cases_load(&list, argv[2]))
        return 1;
    int status = cunit_run("xlate edges", suite);
    cases_free(&list);
    return status;
}
