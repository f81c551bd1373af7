/* SPDX-License-Identifier: BSD-3-Clause */
/* Constants in as few words as the usual tricks give: at most eight. */
#include "xlate/xlate.h"

struct step {
    enum rv64_op op;
    int32_t imm;
};
struct recipe {
    struct step step[8];
    unsigned n;
};

static void add(struct recipe *r, enum rv64_op op, int32_t imm)
{
    r->step[r->n++] = (struct step){op, imm};
}

/* The low 12 bits of v as addi adds them. */
static int32_t low12(int64_t v)
{
    return (int32_t)(((v & 0xfff) ^ 0x800) - 0x800);
}

static unsigned ctz64(uint64_t v)
{
    return (unsigned)__builtin_ctzll(v);
}

static bool fits32(int64_t v)
{
    return v >= INT32_MIN && v <= INT32_MAX;
}

static bool single_bit(int64_t v)
{
    return __builtin_popcountll((uint64_t)v) == 1;
}

static void cook32(struct recipe *r, int32_t v)
{
    int32_t lo = low12(v);
    uint32_t hi = (uint32_t)v - (uint32_t)lo;

    if (hi)
        add(r, RV64_OP_LUI, (int32_t)hi);
    if (lo || !hi)
        add(r, hi ? RV64_OP_ADDIW : RV64_OP_ADDI, lo);
}

/* Shift-and-add from the top bits down: 64 bits take 32 and at most three times 12 more. */
static void cook(struct recipe *r, int64_t v)
{
    int32_t low[4];
    unsigned shift[4], n = 0;

    while (!fits32(v) && !single_bit(v)) {
        low[n] = low12(v);
        v = (int64_t)((uint64_t)v - (uint64_t)(int64_t)low[n]);
        shift[n] = ctz64((uint64_t)v);
        v >>= shift[n++];
    }
    if (fits32(v))
        cook32(r, (int32_t)v);
    else
        add(r, RV64_OP_BSETI, (int32_t)ctz64((uint64_t)v));
    while (n--) {
        add(r, RV64_OP_SLLI, (int32_t)shift[n]);
        if (low[n])
            add(r, RV64_OP_ADDI, low[n]);
    }
}

static void consider(struct recipe *best, int64_t start, enum rv64_op last, int32_t imm)
{
    struct recipe r = {.n = 0};

    cook(&r, start);
    if (r.n + 1 >= best->n)
        return;
    add(&r, last, imm);
    *best = r;
}

unsigned xlate_li_words(unsigned rd, int64_t v, uint32_t out[XLATE_LI_MAX])
{
    struct recipe best = {.n = 0};
    unsigned from = RV64_ZERO;

    cook(&best, v);
    if (best.n > 2 && v > 0) {
        int32_t lead = __builtin_clzll((uint64_t)v);
        uint64_t up = (uint64_t)v << lead;
        consider(&best, (int64_t)up, RV64_OP_SRLI, lead);
        consider(&best, (int64_t)(up | (((uint64_t)1 << lead) - 1)), RV64_OP_SRLI, lead);
        if ((v >> 32) == 0)
            consider(&best, (int32_t)v, RV64_OP_ADD_UW, 0);
    }
    for (unsigned k = 0; k < best.n; k++) {
        out[k] = rv64_encode(best.step[k].op, rd, from, 0, best.step[k].imm);
        from = rd;
    }
    return best.n;
}
