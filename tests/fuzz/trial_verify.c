/* SPDX-License-Identifier: BSD-3-Clause */
#include <linux/bpf.h>
#include <string.h>

#include "fuzz.h"
#include "offload/verifier.h"
#include "trials.h"

enum { MAPS = 6, TYPES = 40, DATA = 4096, LOG = 1 << 16, LINES = 64, SUBPROGS = 16 };

/* What a program refers to; kept from one trial to the next only for its size. */
struct parts {
    struct offload_map map[MAPS], inner[MAPS];
    struct offload_line_info line[LINES];
    struct offload_subprog sub[SUBPROGS];
    uint8_t data[DATA];
    char log[LOG];
};

static uint32_t size_of(struct rng *rng)
{
    return rng_below(rng, 3) ? rng_below(rng, 72) : (uint32_t)rng_number(rng);
}

static void make_map(struct rng *rng, struct parts *p, struct offload_map *m)
{
    *m = (struct offload_map){.type = rng_below(rng, TYPES),
                              .key_size = rng_below(rng, 4) ? 4 : size_of(rng),
                              .value_size = size_of(rng),
                              .max_entries = size_of(rng),
                              .name = "odd"};
    if (rng_below(rng, 2))
        m->type = 1 + rng_below(rng, 2);
    if (rng_below(rng, 4) == 0)
        m->flags = (uint32_t)rng_number(rng);
    if (rng_below(rng, 8) == 0)
        m->spin_lock = 1 + rng_below(rng, 80);
    if (rng_below(rng, 8) == 0)
        m->timer = 1 + rng_below(rng, 80);
    if (rng_below(rng, 4) == 0 && m->value_size <= DATA) {
        m->flags |= BPF_F_RDONLY_PROG;
        m->frozen_data = p->data;
    }
}

static void make_maps(struct rng *rng, struct parts *p)
{
    for (unsigned n = 0; n < MAPS; n++) {
        make_map(rng, p, &p->map[n]);
        if (n < FUZZ_MAPS && rng_below(rng, 2))
            p->map[n] = fuzz_maps[n];
        if (rng_below(rng, 4))
            continue;
        make_map(rng, p, &p->inner[n]);
        p->map[n].inner = &p->inner[n];
    }
    p->data[rng_below(rng, DATA)] = (uint8_t)rng_next(rng);
}

/* Ascending, as the loader checks; the last ones may lie beyond the end. */
static uint32_t make_lines(struct rng *rng, struct parts *p, uint32_t insns)
{
    static const char *const text[] = {"", "x = 1;", "\x01\x80%s%n"};
    uint32_t count = rng_below(rng, LINES), at = 0;
    for (uint32_t n = 0; n < count; n++) {
        p->line[n] = (struct offload_line_info){.insn = at,
                                                .line = (uint32_t)rng_number(rng),
                                                .column = (uint32_t)rng_number(rng),
                                                .file = text[rng_below(rng, 3)],
                                                .text = text[rng_below(rng, 3)]};
        at += 1 + rng_below(rng, 1 + insns / 16);
    }
    return count;
}

static uint32_t make_subprogs(struct rng *rng, struct parts *p, uint32_t insns)
{
    uint32_t count = rng_below(rng, SUBPROGS), at = 0;
    for (uint32_t n = 0; n < count; n++) {
        struct offload_subprog *s = &p->sub[n];
        *s = (struct offload_subprog){.insn = at,
                                      .name = "f",
                                      .global = rng_below(rng, 2),
                                      .returns_number = rng_below(rng, 4),
                                      .args = rng_below(rng, OFFLOAD_ARGS + 1) & 7u};
        for (unsigned a = 0; a < OFFLOAD_ARGS; a++)
            s->arg[a] = (struct offload_arg){
                (enum offload_arg_kind)rng_below(rng, OFFLOAD_ARG_DYNPTR + 1), size_of(rng)};
        at += 1 + rng_below(rng, 1 + insns / 4);
    }
    return count;
}

static struct offload_verify_opts make_opts(struct rng *rng)
{
    struct offload_verify_opts o = {.helpers = {~0ull, ~0ull, ~0ull, ~0ull}, .kfuncs = ~0ull};
    if (rng_below(rng, 8) == 0)
        o.helpers[0] = o.kfuncs = rng_next(rng);
    o.allow_uninit_stack = rng_below(rng, 2);
    o.cpus = rng_below(rng, 3);
    o.no_ctx = rng_below(rng, 16) == 0;
    if (rng_below(rng, 8) == 0)
        o.keep = OFFLOAD_KEEP_EVERY;
    return o;
}

int trial_verify(struct rng *rng, const struct seeds *s, struct ebpf_insn *insns)
{
    static struct parts p;
    uint32_t count = garble_insns(rng, s, insns);
    struct offload_verify_opts opts = make_opts(rng);
    struct offload_log log = {.buf = rng_below(rng, 4) ? NULL : p.log,
                              .size = 1 + rng_below(rng, LOG),
                              .level = rng_below(rng, 3)};
    struct offload_prog prog = {.name = "bytes",
                                .insns = insns,
                                .insn_count = rng_below(rng, 256) ? count : 0,
                                .maps = p.map,
                                .map_count = rng_below(rng, 4) ? MAPS : rng_below(rng, MAPS),
                                .gpl = rng_below(rng, 8),
                                .hook = (enum offload_hook)rng_below(rng, 3),
                                .frags = rng_below(rng, 2),
                                .dev_bound = rng_below(rng, 2)};
    struct offload_refusal why;
    struct offload_facts *facts;
    make_maps(rng, &p);
    prog.lines = p.line;
    prog.line_count = make_lines(rng, &p, count);
    if (rng_below(rng, 2)) {
        prog.subprogs = p.sub;
        prog.subprog_count = make_subprogs(rng, &p, count);
    }
    int err = offload_verify(&prog, &opts, &log, &facts, &why);
    offload_facts_free(facts);
    return err;
}
