/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ranges against concrete numbers: whatever two numbers lie in the operands, the
 * real result lies in the computed range; no outcome that happens is ruled out.
 */
#include "cunit_main.h"
#include "ebpf/ebpf.h"
#include "rng.h"
#include "verifier/range.h"

enum { ROUNDS = 400000 };

static bool holds(const struct range *r, uint64_t n)
{
    struct range one = range_const(n);
    return range_holds(r, &one);
}

static void widen(struct range *r, uint64_t n, uint64_t by)
{
    r->umin = n - (n < by ? n : by);
    r->umax = n > UINT64_MAX - by ? UINT64_MAX : n + by;
}

/* A range that holds n, as one after some checks would be. */
static struct range around(struct rng *rng, uint64_t n)
{
    struct range r = range_unknown(), c = range_const(rng_number(rng));
    switch (rng_below(rng, 6)) {
    case 0:
        return range_const(n);
    case 1:
        widen(&r, n, rng_number(rng));
        break;
    case 2:
        r.var = (struct tnum){0, rng_number(rng)};
        r.var.value = n & ~r.var.mask;
        break;
    case 3:
        widen(&r, n, rng_below(rng, 300));
        r.var = (struct tnum){0, rng_number(rng)};
        r.var.value = n & ~r.var.mask;
        break;
    case 4: /* some comparison's outcome */
        for (unsigned k = 0; k < 3; k++) {
            enum cond cond = (enum cond)rng_below(rng, COND_CLEAR + 1);
            bool is32 = rng_below(rng, 2);
            struct range exact = range_const(n);
            c = range_const(rng_number(rng));
            if (range_decide(&exact, &c, cond, is32) == 0)
                cond = cond_not(cond);
            range_refine(&r, &c, cond, is32);
        }
        break;
    default:
        break;
    }
    range_sync(&r);
    return r;
}

static uint64_t sext(uint64_t n, unsigned bytes)
{
    unsigned shift = 64 - 8 * bytes;
    return (uint64_t)((int64_t)(n << shift) >> shift);
}

static uint64_t alu64(unsigned op, uint64_t a, uint64_t b)
{
    switch (op) {
    case EBPF_OP_ADD:
        return a + b;
    case EBPF_OP_SUB:
        return a - b;
    case EBPF_OP_MUL:
        return a * b;
    case EBPF_OP_AND:
        return a & b;
    case EBPF_OP_OR:
        return a | b;
    case EBPF_OP_XOR:
        return a ^ b;
    case EBPF_OP_LSH:
        return a << (b & 63);
    case EBPF_OP_RSH:
        return a >> (b & 63);
    default:
        return (uint64_t)((int64_t)a >> (b & 63));
    }
}

static uint64_t alu32(unsigned op, uint32_t a, uint32_t b)
{
    switch (op) {
    case EBPF_OP_LSH:
        return a << (b & 31);
    case EBPF_OP_RSH:
        return a >> (b & 31);
    case EBPF_OP_ARSH:
        return (uint32_t)((int32_t)a >> (b & 31));
    default:
        return (uint32_t)alu64(op, a, b);
    }
}

static void test_alu(void)
{
    static const unsigned ops[] = {EBPF_OP_ADD, EBPF_OP_SUB, EBPF_OP_MUL, EBPF_OP_AND, EBPF_OP_OR,
                                   EBPF_OP_XOR, EBPF_OP_LSH, EBPF_OP_RSH, EBPF_OP_ARSH};
    struct rng rng = {1};
    unsigned wrong = 0;
    for (unsigned n = 0; n < ROUNDS; n++) {
        unsigned op = ops[rng_below(&rng, 9)];
        bool shift = op == EBPF_OP_LSH || op == EBPF_OP_RSH || op == EBPF_OP_ARSH;
        uint64_t a = rng_number(&rng), b = shift ? rng_below(&rng, 70) : rng_number(&rng);
        struct range ra = around(&rng, a), rb = around(&rng, b), r64 = ra, r32 = ra;
        wrong += !holds(&ra, a) || !holds(&rb, b);
        range_alu64(&r64, op, &rb);
        range_alu32(&r32, op, &rb);
        wrong += !holds(&r64, alu64(op, a, b));
        wrong += !holds(&r32, alu32(op, (uint32_t)a, (uint32_t)b));
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void test_extensions(void)
{
    struct rng rng = {2};
    unsigned wrong = 0;
    for (unsigned n = 0; n < ROUNDS; n++) {
        uint64_t a = rng_number(&rng);
        struct range r = around(&rng, a);
        for (unsigned bytes = 1; bytes <= 4; bytes *= 2) {
            struct range z = r, s = r, w = r;
            range_zext(&z, bytes);
            range_sext(&s, bytes);
            wrong += !holds(&z, a & ((1ull << (8 * bytes)) - 1));
            wrong += !holds(&s, sext(a, bytes));
            if (bytes == 4)
                continue;
            range_sext32(&w, bytes);
            wrong += !holds(&w, (uint32_t)sext(a, bytes));
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static bool compare(uint64_t a, uint64_t b, enum cond c, bool is32)
{
    int64_t sa = is32 ? (int32_t)(uint32_t)a : (int64_t)a;
    int64_t sb = is32 ? (int32_t)(uint32_t)b : (int64_t)b;
    if (is32) {
        a = (uint32_t)a;
        b = (uint32_t)b;
    }
    switch (c) {
    case COND_EQ:
        return a == b;
    case COND_NE:
        return a != b;
    case COND_GT:
        return a > b;
    case COND_LE:
        return a <= b;
    case COND_GE:
        return a >= b;
    case COND_LT:
        return a < b;
    case COND_SGT:
        return sa > sb;
    case COND_SLE:
        return sa <= sb;
    case COND_SGE:
        return sa >= sb;
    case COND_SLT:
        return sa < sb;
    case COND_SET:
        return a & b;
    default:
        return !(a & b);
    }
}

static void test_conditions(void)
{
    struct rng rng = {3};
    unsigned wrong = 0, known = 0;
    for (unsigned n = 0; n < ROUNDS; n++) {
        enum cond c = (enum cond)rng_below(&rng, COND_CLEAR + 1);
        bool is32 = rng_below(&rng, 2);
        uint64_t a = rng_number(&rng), b = rng_below(&rng, 4) ? rng_number(&rng) : a;
        struct range ra = around(&rng, a), rb = around(&rng, b);
        bool truth = compare(a, b, c, is32);
        int decided = range_decide(&ra, &rb, c, is32);
        known += decided >= 0;
        wrong += decided >= 0 && decided != (int)truth;
        range_refine(&ra, &rb, truth ? c : cond_not(c), is32);
        wrong += !holds(&ra, a) || !holds(&rb, b);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_TRUE(known > ROUNDS / 10);
}

/* All tnums of 4 bits, all their members. */
static struct tnum small(unsigned k)
{
    return (struct tnum){(k >> 4) & ~k & 15u, k & 15u};
}

static bool member(struct tnum t, uint64_t n)
{
    return ((n ^ t.value) & ~t.mask) == 0;
}

static void test_tnum(void)
{
    unsigned wrong = 0;
    for (unsigned k = 0; k < 65536; k++) {
        struct tnum a = small(k & 255), b = small(k >> 8);
        struct tnum sum = tnum_add(a, b), diff = tnum_sub(a, b), product = tnum_mul(a, b);
        struct tnum all = tnum_and(a, b), any = tnum_or(a, b), odd = tnum_xor(a, b);
        for (uint64_t x = 0; x < 16; x++)
            for (uint64_t y = 0; y < 16; y++) {
                if (!member(a, x) || !member(b, y))
                    continue;
                wrong += !member(sum, x + y) || !member(diff, x - y) || !member(product, x * y);
                wrong += !member(all, x & y) || !member(any, x | y) || !member(odd, x ^ y);
            }
    }
    CU_ASSERT_EQUAL(wrong, 0);
    for (uint64_t lo = 0; lo < 64; lo++)
        for (uint64_t hi = lo; hi < 64; hi++)
            for (uint64_t n = lo; n <= hi; n++)
                CU_ASSERT_TRUE(member(tnum_range(lo, hi), n));
}

/* The next member, against trying them all. */
static void test_next_member(void)
{
    unsigned wrong = 0;
    for (unsigned k = 0; k < 256; k++)
        for (uint64_t from = 0; from < 18; from++) {
            uint64_t want = from, got = 0;
            while (want < 16 && !member(small(k), want))
                want++;
            bool found = tnum_at_least(small(k), from, &got);
            wrong += found != (want < 16) || (found && got != want);
        }
    CU_ASSERT_EQUAL(wrong, 0);
}

/* Precision that programs rely on. */
static void test_precision(void)
{
    struct range r = range_of_size(1), four = range_const(4), limit = range_const(20);
    range_alu64(&r, EBPF_OP_MUL, &four);
    CU_ASSERT_EQUAL(r.umax, 1020);
    CU_ASSERT_TRUE(tnum_aligned(r.var, 4));
    range_refine(&r, &limit, COND_LE, false);
    CU_ASSERT_EQUAL(r.umax, 20);
    CU_ASSERT_EQUAL(r.smax, 20);
    CU_ASSERT_EQUAL(r.umax32, 20);
    r = range_unknown();
    range_refine(&r, &limit, COND_LT, true);
    CU_ASSERT_EQUAL(r.umax32, 19);
    CU_ASSERT_EQUAL(r.umax, 0xffffffff00000013ull);
    range_zext(&r, 4);
    CU_ASSERT_EQUAL(r.umax, 19);
}

int main(void)
{
    static const struct cunit_case cases[] = {
        {"tnum against all members", test_tnum},
        {"next member of a tnum", test_next_member},
        {"arithmetic holds the result", test_alu},
        {"extensions hold the result", test_extensions},
        {"conditions hold the truth", test_conditions},
        {"precision", test_precision},
        {NULL, NULL},
    };
    return cunit_run("verifier ranges", cases);
}
