/* SPDX-License-Identifier: BSD-3-Clause */
#include "pool.h"

#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "objects.h"
#include "offload/verifier.h"

enum { ENTRIES_MAX = 64 };

/* Kernel functions, callbacks and functions with types need BTF, which a sample does not keep. */
static bool stands_alone(const struct offload_prog *p)
{
    for (uint32_t n = 0; n < p->insn_count; n++) {
        const struct ebpf_insn *i = &p->insns[n];
        if (i->opcode == (BPF_JMP | BPF_CALL) && i->src != 0)
            return false;
        if (i->opcode == (BPF_LD | BPF_IMM | BPF_DW) && i->src == BPF_PSEUDO_FUNC)
            return false;
    }
    for (uint32_t m = 0; m < p->map_count; m++)
        if (p->maps[m].spin_lock || p->maps[m].timer || p->maps[m].type > BPF_MAP_TYPE_BLOOM_FILTER)
            return false;
    return p->insn_count <= POOL_SLOTS && p->map_count <= KERNEL_MAPS && !p->dev_bound;
}

/* Programs that need the host, its sockets for one, are no start: verify_corpus names them. */
static bool is_ours(const struct offload_prog *p)
{
    struct offload_verify_opts opts = {.helpers = {~0ull, ~0ull, ~0ull, ~0ull},
                                       .allow_uninit_stack = true};
    return offload_verify(p, &opts, NULL, NULL, NULL) == 0;
}

static void copy_map(struct offload_map *to, const struct offload_map *from)
{
    *to = *from;
    to->name = "m";
    to->flags &= (uint32_t)~(BPF_F_MMAPABLE | BPF_F_INNER_MAP);
    if (to->type != BPF_MAP_TYPE_RINGBUF && to->max_entries > ENTRIES_MAX)
        to->max_entries = ENTRIES_MAX;
    if (to->type == BPF_MAP_TYPE_RINGBUF)
        to->max_entries = 4096;
    to->frozen_data = NULL;
    if (!from->frozen_data)
        return;
    uint8_t *data = malloc(from->value_size + 8u);
    if (data)
        memcpy(data, from->frozen_data, from->value_size);
    to->frozen_data = data;
}

static void take(void *arg, const struct object_prog *o)
{
    struct pool *p = arg;
    struct sample *s = &p->sample[p->count];
    if (o->kernel || p->count == POOL_SAMPLES || !stands_alone(&o->prog) || !is_ours(&o->prog)) {
        p->left_out++;
        return;
    }
    memset(s, 0, sizeof(*s));
    s->count = o->prog.insn_count;
    s->hook = o->prog.hook;
    s->maps = o->prog.map_count;
    s->insns = malloc(s->count * sizeof(*s->insns));
    if (!s->insns)
        return;
    memcpy(s->insns, o->prog.insns, s->count * sizeof(*s->insns));
    for (uint32_t m = 0; m < s->maps; m++) {
        copy_map(&s->map[m], &o->prog.maps[m]);
        if (!o->prog.maps[m].inner)
            continue;
        copy_map(&s->inner[m], o->prog.maps[m].inner);
        s->map[m].inner = &s->inner[m];
    }
    p->count++;
}

void pool_read(struct pool *p, const char *path)
{
    objects_watch(take, p);
    objects_load(path);
    objects_watch(NULL, NULL);
}

void pool_free(struct pool *p)
{
    for (unsigned n = 0; n < p->count; n++) {
        struct sample *s = &p->sample[n];
        for (uint32_t m = 0; m < s->maps; m++)
            free((void *)(uintptr_t)s->map[m].frozen_data);
        if (s->made)
            kernel_maps_close(s->maps, s->fds);
        free(s->insns);
    }
}

/* ---- one thing changed ---- */

static bool is_wide(const struct ebpf_insn *i)
{
    return i->opcode == (BPF_LD | BPF_IMM | BPF_DW);
}

static bool is_access(const struct ebpf_insn *i)
{
    unsigned class = i->opcode & 7u;
    return class == BPF_LDX || class == BPF_ST || class == BPF_STX;
}

static bool is_compare(const struct ebpf_insn *i)
{
    unsigned class = i->opcode & 7u, op = i->opcode & 0xf0u;
    return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_JA && op != BPF_CALL &&
           op != BPF_EXIT;
}

static int32_t nudge(struct rng *rng, int32_t n)
{
    static const int32_t by[] = {1, -1, 2, -2, 4, -4, 8, -8, 16, 256, -256};
    uint32_t k = rng_below(rng, 14);
    if (k < 11)
        return (int32_t)((uint32_t)n + (uint32_t)by[k]);
    return k == 11 ? -n : (int32_t)rng_number(rng);
}

/* Where proofs hang on numbers: bounds of comparisons, masks, offsets of accesses. */
static void edit_bound(struct rng *rng, struct ebpf_insn *i)
{
    static const uint8_t ops[] = {BPF_JGT, BPF_JGE,  BPF_JLT,  BPF_JLE,  BPF_JEQ,
                                  BPF_JNE, BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE};
    if (is_access(i)) {
        i->off = (int16_t)nudge(rng, i->off);
    } else if (is_compare(i) && rng_below(rng, 2)) {
        unsigned op = ops[rng_below(rng, sizeof(ops))];
        i->opcode = (uint8_t)((i->opcode & 0x0fu) | op);
    } else if (i->opcode != (BPF_JMP | BPF_CALL)) {
        i->imm = nudge(rng, i->imm);
    }
}

static void edit_insn(struct rng *rng, struct ebpf_insn *i)
{
    switch (rng_below(rng, 6)) {
    case 0:
        i->dst = rng_below(rng, 10) & 15u;
        break;
    case 1:
        if (i->opcode != (BPF_JMP | BPF_CALL))
            i->src = rng_below(rng, 10) & 15u;
        break;
    case 2: /* nothing in its place */
        *i = (struct ebpf_insn){.opcode = BPF_JMP | BPF_JA};
        break;
    case 3: /* another width */
        if (is_access(i))
            i->opcode = (uint8_t)((i->opcode & ~0x18u) | rng_below(rng, 4) << 3);
        else
            i->opcode ^= 3u; /* ALU and ALU64 */
        break;
    case 4:
        i->off = (int16_t)nudge(rng, i->off);
        break;
    default: /* another operation */
        i->opcode = (uint8_t)((i->opcode & 0x0fu) | rng_below(rng, 14) << 4);
        break;
    }
}

static void mutate(struct trial *t, struct rng *rng, uint32_t count)
{
    for (uint32_t edits = 1 + rng_below(rng, 3); edits; edits--) {
        uint32_t at = rng_below(rng, count);
        if (is_wide(&t->insns[at]) || (at && is_wide(&t->insns[at - 1])))
            continue;
        if (rng_below(rng, 3))
            edit_bound(rng, &t->insns[at]);
        else
            edit_insn(rng, &t->insns[at]);
    }
}

void trial_make(struct trial *t, struct pool *p, struct rng *rng)
{
    uint32_t count, k = rng_below(rng, 20);
    t->from = NULL;
    t->prog = (struct offload_prog){
        .name = "fuzz", .insns = t->insns, .maps = fuzz_maps, .map_count = FUZZ_MAPS, .gpl = true};
    if (k < 11 && p->count) {
        t->kind = 'x';
        t->from = &p->sample[rng_below(rng, p->count)];
        count = t->from->count;
        memcpy(t->insns, t->from->insns, count * sizeof(*t->insns));
        mutate(t, rng, count);
        t->prog.maps = t->from->map;
        t->prog.map_count = t->from->maps;
        t->prog.hook = t->from->hook;
    } else if (k < 16) {
        t->kind = 'r';
        count = fuzz_program(rng, t->insns);
    } else if (k < 18) {
        t->kind = 'm';
        count = fuzz_merging(rng, t->insns);
    } else {
        t->kind = 'c';
        count = fuzz_calling(rng, t->insns);
    }
    t->prog.insn_count = count;
}
