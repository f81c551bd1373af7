/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The longest path through a program. Without loops: slots are visited in an order in which
 * a slot comes after all that can follow it: then its longest way to the end is its own engine
 * instructions and the longest way of what follows.
 */
#include <errno.h>
#include <stdlib.h>

#include <linux/bpf.h>

#include "ebpf/ebpf.h"
#include "offload/profile.h"

#define NO_SLOT 0xffffffffu

enum colour {
    WHITE, /* not seen */
    GREY,  /* on the way down: met again, it is a loop */
    BLACK, /* longest is known */
};

struct walk {
    const struct offload_prog *prog;
    const struct offload_facts *facts;
    uint32_t *words;   /* engine instructions of each slot */
    uint64_t *longest; /* from the slot to the end of its function */
    uint8_t *colour;
    uint32_t *stack;
    uint32_t depth;
    bool loop;
};

static bool live(const struct walk *w, uint32_t slot)
{
    return slot < w->prog->insn_count && (w->facts->flags[slot] & OFFLOAD_FACT_REACHED) != 0;
}

static uint32_t jump(uint32_t from, int32_t by)
{
    return (uint32_t)((int64_t)from + by);
}

/* What the slot can lead to: up to two slots of its function, and a function it calls. */
static unsigned successors(const struct walk *w, uint32_t slot, uint32_t next[3], bool *calls)
{
    const struct ebpf_insn *i = &w->prog->insns[slot];
    const struct ebpf_row *row = ebpf_decode(i);
    uint32_t flags = w->facts->flags[slot], after = slot + ebpf_slots(row);
    unsigned n = 0;

    *calls = row->kind == EBPF_KIND_CALL_LOCAL;
    switch (row->kind) {
    case EBPF_KIND_EXIT:
        return 0;
    case EBPF_KIND_JA:
        next[n++] = jump(after, row->bits == 32 ? i->imm : i->off);
        return n;
    case EBPF_KIND_JCC_K:
    case EBPF_KIND_JCC_X:
        if (flags & OFFLOAD_FACT_TAKEN)
            next[n++] = jump(after, i->off);
        if (flags & OFFLOAD_FACT_FALLS)
            next[n++] = after;
        return n;
    case EBPF_KIND_CALL_LOCAL:
        next[n++] = after;
        next[n++] = jump(after, i->imm);
        return n;
    default:
        next[n++] = after;
        return n;
    }
}

static void settle(struct walk *w, uint32_t slot)
{
    uint64_t most = 0, called = 0;
    uint32_t next[3];
    bool calls;
    unsigned n = successors(w, slot, next, &calls);

    for (unsigned k = 0; k < n; k++) {
        if (!live(w, next[k]))
            continue;
        if (calls && k == 1)
            called = w->longest[next[k]];
        else if (w->longest[next[k]] > most)
            most = w->longest[next[k]];
    }
    w->longest[slot] = w->words[slot] + called + most;
    w->colour[slot] = BLACK;
    w->depth--;
}

/* One step of a depth-first walk without recursion: programs have up to a million slots. */
static void step(struct walk *w)
{
    uint32_t slot = w->stack[w->depth - 1], next[3];
    bool calls;
    unsigned n = successors(w, slot, next, &calls);

    w->colour[slot] = GREY;
    for (unsigned k = 0; k < n; k++) {
        if (!live(w, next[k]) || w->colour[next[k]] == BLACK)
            continue;
        if (w->colour[next[k]] == GREY)
            w->loop = true;
        else
            w->stack[w->depth++] = next[k];
        return;
    }
    settle(w, slot);
}

static uint32_t function_of(const struct walk *w, uint32_t slot)
{
    uint32_t start = 0;

    for (uint32_t i = 0; i < w->facts->subprog_count && w->facts->subprog_start[i] <= slot; i++)
        start = w->facts->subprog_start[i];
    return start;
}

/* The next row at or after r (`step` 1) or before (-1) that is an instruction's; NO_SLOT: none. */
static uint32_t neighbour(const struct offload_image *img, uint32_t r, int step_)
{
    for (int64_t i = (int64_t)r + step_; i >= 0 && i < img->row_count; i += step_)
        if (img->rows[i].insn != OFFLOAD_ROW_GLUE)
            return img->rows[i].insn;
    return NO_SLOT;
}

/*
 * Entry and exit code runs at most once a call: it counts with the function's first instruction,
 * and between two functions, where it may be either's, with both.
 */
static void share_glue(const struct walk *w, const struct offload_image *img, uint32_t r,
                       uint32_t words)
{
    uint32_t before = neighbour(img, r, -1), after = neighbour(img, r, 1);

    before = before != NO_SLOT ? function_of(w, before) : NO_SLOT;
    after = after != NO_SLOT ? function_of(w, after) : NO_SLOT;
    if (before < w->prog->insn_count)
        w->words[before] += words;
    if (after < w->prog->insn_count && after != before)
        w->words[after] += words;
}

static void share_words(const struct walk *w, const struct offload_image *img)
{
    for (uint32_t r = 0; r < img->row_count; r++) {
        uint32_t end = r + 1 < img->row_count ? img->rows[r + 1].word : img->code_words;
        uint32_t insn = img->rows[r].insn, n = end - img->rows[r].word;

        if (insn == OFFLOAD_ROW_GLUE)
            share_glue(w, img, r, n);
        else if (insn < w->prog->insn_count)
            w->words[insn] += n;
    }
}

static bool has_callback(const struct walk *w)
{
    for (uint32_t s = 0; s < w->prog->insn_count; s++) {
        const struct ebpf_row *row = ebpf_decode(&w->prog->insns[s]);

        if (live(w, s) && row->kind == EBPF_KIND_LD64 && w->prog->insns[s].src == BPF_PSEUDO_FUNC)
            return true;
        s += ebpf_slots(row) - 1;
    }
    return false;
}

/*
 * With loops: the BPF instructions that the verifier counted, each as long as the longest. Loose,
 * but true: a function's entry and exit code counts with its first instruction.
 */
static uint64_t by_verifier(const struct walk *w)
{
    uint64_t longest = 0, bpf = w->facts->longest;

    for (uint32_t s = 0; s < w->prog->insn_count; s++)
        if (live(w, s) && w->words[s] > longest)
            longest = w->words[s];
    return longest == 0 || bpf > UINT64_MAX / longest ? 0 : bpf * longest;
}

static void free_walk(struct walk *w)
{
    free(w->words);
    free(w->longest);
    free(w->colour);
    free(w->stack);
}

int offload_longest_path(const struct offload_prog *prog, const struct offload_facts *facts,
                         const struct offload_image *image, uint64_t *insns)
{
    size_t n = prog->insn_count;
    struct walk w = {.prog = prog, .facts = facts};

    *insns = 0;
    w.words = calloc(n, sizeof(*w.words));
    w.longest = calloc(n, sizeof(*w.longest));
    w.colour = calloc(n, sizeof(*w.colour));
    w.stack = calloc(n + 1, sizeof(*w.stack));
    if (w.words == NULL || w.longest == NULL || w.colour == NULL || w.stack == NULL) {
        free_walk(&w);
        return -ENOMEM;
    }
    share_words(&w, image);
    w.loop = has_callback(&w);
    w.stack[w.depth++] = 0;
    while (w.depth != 0 && !w.loop)
        step(&w);
    *insns = w.loop ? by_verifier(&w) : w.longest[0];
    free_walk(&w);
    return 0;
}
