/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Verified XDP programs of functions that call each other and helpers, each with r6 to r9 in
 * use around some of the calls: what a call loses and what it keeps is all that they compute.
 */
#include "gen.h"

enum { FUNCS_MAX = 5, STEPS_MAX = 8, SITES_MAX = 64, CONTEXT = 9, HELPER = 7 };

struct calls {
    struct rng *r;
    struct ebpf_insn *out;
    uint32_t n;
    uint32_t funcs, start[FUNCS_MAX];
    struct {
        uint32_t at, to;
    } site[SITES_MAX];
    uint32_t sites;
    uint8_t have[4], count; /* registers of r6 to r9 that the function has written */
};

static void put(struct calls *c, uint8_t opcode, unsigned dst, unsigned src, int off, int imm)
{
    c->out[c->n++] = (struct ebpf_insn){.opcode = opcode,
                                        .dst = (uint8_t)(dst & 15),
                                        .src = (uint8_t)(src & 15),
                                        .off = (int16_t)off,
                                        .imm = imm};
}

static unsigned pick(struct calls *c)
{
    return c->have[rng_below(c->r, c->count)];
}

static void write_reg(struct calls *c, unsigned reg)
{
    put(c, 0xb7, reg, 0, 0, (int)rng_below(c->r, 100000)); /* reg = imm */
    for (unsigned k = 0; k < c->count; k++)
        if (c->have[k] == reg)
            return;
    c->have[c->count++] = (uint8_t)reg;
}

static void put_call(struct calls *c, uint32_t to)
{
    put(c, 0xbf, 1, pick(c), 0, 0);
    c->site[c->sites].at = c->n;
    c->site[c->sites++].to = to;
    put(c, 0x85, 0, 1, 0, 0);
    put(c, 0xaf, pick(c), 0, 0, 0); /* ^= r0 */
}

static void step(struct calls *c, uint32_t f)
{
    unsigned last = f == 0 ? 3 : 4; /* r9 of the main program is the context */

    switch (rng_below(c->r, 6)) {
    case 0:
        if (f + 1 < c->funcs && c->sites < SITES_MAX - FUNCS_MAX)
            put_call(c, f + 1 + rng_below(c->r, c->funcs - f - 1));
        break;
    case 1:
        put(c, 0x85, 0, 0, 0, HELPER);
        put(c, 0x0f, pick(c), 0, 0, 0); /* += r0 */
        break;
    case 2:
        put(c, 0x0f, pick(c), pick(c), 0, 0);
        put(c, 0x27, pick(c), 0, 0, 3); /* *= 3 */
        break;
    case 3:
        put(c, 0x15, pick(c), 0, 1, (int)rng_below(c->r, 4)); /* == imm: not the next one */
        put(c, 0xaf, pick(c), pick(c), 0, 0);
        break;
    case 4:
        put(c, 0x45, pick(c), 0, 1, 1 << rng_below(c->r, 5)); /* & imm */
        put(c, 0x0f, pick(c), pick(c), 0, 0);
        break;
    default:
        write_reg(c, 6 + rng_below(c->r, last));
        break;
    }
}

/* r0 = all registers that the function has */
static void gather(struct calls *c)
{
    put(c, 0xbf, 0, c->have[0], 0, 0);
    for (unsigned k = 1; k < c->count; k++) {
        put(c, 0x27, 0, 0, 0, 31);
        put(c, 0xaf, 0, c->have[k], 0, 0);
    }
}

/* The sum to the packet, and the verdict. */
static void end_main(struct calls *c)
{
    gather(c);
    put(c, 0x61, 2, CONTEXT, 0, 0);
    put(c, 0x61, 3, CONTEXT, 4, 0);
    put(c, 0xbf, 4, 2, 0, 0);
    put(c, 0x07, 4, 0, 0, 8);
    put(c, 0x2d, 4, 3, 1, 0); /* r4 > r3 */
    put(c, 0x7b, 2, 0, 0, 0); /* *(u64 *)(r2 +0) = r0 */
    put(c, 0xb7, 0, 0, 0, 2);
    put(c, 0x95, 0, 0, 0, 0);
}

static void put_func(struct calls *c, uint32_t f)
{
    c->start[f] = c->n;
    c->count = 0;
    if (f == 0)
        put(c, 0xbf, CONTEXT, 1, 0, 0);
    write_reg(c, 6 + rng_below(c->r, 3));
    if (f > 0)
        put(c, 0x0f, c->have[0], 1, 0, 0);
    if (f + 1 < c->funcs)
        put_call(c, f + 1); /* nobody is left out */
    for (uint32_t n = rng_below(c->r, STEPS_MAX); n > 0; n--)
        step(c, f);
    if (f == 0) {
        end_main(c);
        return;
    }
    gather(c);
    put(c, 0x95, 0, 0, 0, 0);
}

uint32_t gen_funcs(struct rng *r, struct ebpf_insn *out)
{
    struct calls c = {.r = r, .out = out, .funcs = 2 + rng_below(r, FUNCS_MAX - 1)};

    for (uint32_t f = 0; f < c.funcs; f++)
        put_func(&c, f);
    for (uint32_t k = 0; k < c.sites; k++)
        out[c.site[k].at].imm = (int)(c.start[c.site[k].to] - c.site[k].at - 1);
    return c.n;
}
