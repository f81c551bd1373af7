/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * offload_translate on rubbish: random bytes, damaged programs, facts that lie.
 * Built with the address and undefined-behaviour sanitizers where there are any.
 */
#include "cunit_main.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gen.h"
#include "offload/image.h"

#define SLOTS 2048u

static unsigned accepted, rejected;

/* What was accepted must be whole: it links, and its tables stay inside the code. */
static void check_image(const struct offload_image *img)
{
    static const uint32_t addr[4] = {0x80000000u, 0x80001000u, 0x80002000u, 0x80003000u};
    struct offload_link link = {.base = 0x20010000u,
                                .gate_base = 0x20000000u,
                                .map_addr = addr,
                                .value_addr = addr,
                                .map_count = 4};
    uint32_t *out = malloc((size_t)img->code_words * 4);

    CU_ASSERT(img->code_words > 0 && img->entry_word < img->code_words);
    CU_ASSERT_EQUAL(offload_image_link(img, &link, out), 0);
    for (uint32_t k = 1; k < img->row_count; k++)
        if (img->rows[k].word <= img->rows[k - 1].word || img->rows[k].word >= img->code_words)
            CU_FAIL("line table is not sorted");
    free(out);
}

static void translate(const struct ebpf_insn *insns, uint32_t n, const struct offload_facts *facts)
{
    static const struct offload_map maps[4];
    /* a copy of exactly n slots, so that a read beyond them is found */
    struct ebpf_insn *copy = malloc(n * sizeof(*copy));
    struct offload_prog p = {.insns = copy, .insn_count = n, .maps = maps, .map_count = 4};
    struct offload_image *img = NULL;
    struct offload_refusal why = {.insn = 0};
    char text[64];

    memcpy(copy, insns, n * sizeof(*copy));
    int err = offload_translate(&p, facts, NULL, 65536, &img, &why);
    CU_ASSERT(err == 0 || err == -EINVAL || err == -E2BIG);
    CU_ASSERT((err == 0) == (img != NULL));
    CU_ASSERT(err == 0 || why.reason[0]);
    if (img)
        check_image(img);
    accepted += err == 0;
    rejected += err != 0;
    for (uint32_t s = 0; s < n; s++)
        CU_ASSERT(offload_disasm(&p, s, text, sizeof(text)) >= 1);
    offload_image_free(img);
    free(copy);
}

static void random_bytes(struct rng *r, void *p, size_t len)
{
    for (size_t k = 0; k < len; k++)
        ((uint8_t *)p)[k] = (uint8_t)rng_next(r);
}

static void test_bytes(void)
{
    struct ebpf_insn insns[64];
    struct rng r = {11};

    for (unsigned k = 0; k < 5000; k++) {
        uint32_t n = 1 + rng_below(&r, 64);
        random_bytes(&r, insns, n * sizeof(*insns));
        translate(insns, n, NULL);
    }
}

/* Valid opcodes and registers, everything else at random: gets further than bytes do. */
static void random_rows(struct rng *r, struct ebpf_insn *insns, uint32_t n)
{
    random_bytes(r, insns, n * sizeof(*insns));
    for (uint32_t k = 0; k < n; k++) {
        uint32_t id = 1 + rng_below(r, EBPF_LD_IMM64 - 1);
        const struct ebpf_row *row = ebpf_row(id);
        insns[k].opcode = row->opcode;
        insns[k].dst = row->fields & EBPF_HAS_DST ? rng_below(r, 10) & 15u : 0;
        insns[k].src = row->fields & EBPF_HAS_SRC ? rng_below(r, 10) & 15u : 0;
        if (row->disc == EBPF_BY_SRC)
            insns[k].src = row->dval & 15u;
        if (!(row->fields & EBPF_HAS_IMM))
            insns[k].imm = 0;
        if (row->kind == EBPF_KIND_CALL)
            insns[k].imm = 1 + (int32_t)rng_below(r, 11);
        if (row->kind == EBPF_KIND_CALL_LOCAL || row->kind == EBPF_KIND_JA)
            insns[k].imm = row->bits == 32 || row->kind == EBPF_KIND_CALL_LOCAL
                               ? (int32_t)rng_below(r, n) - (int32_t)k
                               : 0;
        if (row->fields & EBPF_HAS_OFF)
            insns[k].off = (int16_t)rng_below(r, 4);
        else
            insns[k].off = row->disc == EBPF_BY_OFF ? (int16_t)row->dval : 0;
        if (row->disc == EBPF_BY_IMM)
            insns[k].imm = row->dval;
    }
    insns[n - 1] = (struct ebpf_insn){.opcode = 0x95};
}

static void test_rows(void)
{
    struct ebpf_insn insns[32];
    struct rng r = {12};

    for (unsigned k = 0; k < 8000; k++) {
        uint32_t n = 2 + rng_below(&r, 30);
        random_rows(&r, insns, n);
        translate(insns, n, NULL);
    }
    CU_ASSERT(accepted > 100);
}

static void test_damaged(void)
{
    struct ebpf_insn *insns = calloc(SLOTS, sizeof(*insns));
    struct rng r = {13};

    for (unsigned k = 0; k < 300; k++) {
        uint32_t n = gen_program(&r, insns, SLOTS);
        for (unsigned bits = rng_below(&r, 4); bits--;)
            ((uint8_t *)insns)[rng_below(&r, n * 8)] ^= (uint8_t)(1u << rng_below(&r, 8));
        translate(insns, 1 + rng_below(&r, n), NULL);
        translate(insns, n, NULL);
    }
    CU_ASSERT(accepted > 200);
    free(insns);
}

static void test_lying_facts(void)
{
    struct ebpf_insn *insns = calloc(SLOTS, sizeof(*insns));
    uint32_t *flags = calloc(SLOTS, sizeof(*flags));
    struct rng r = {14};

    for (unsigned k = 0; k < 300; k++) {
        uint32_t n = gen_program(&r, insns, SLOTS), start[5] = {0}, stack[5];
        for (uint32_t s = 0; s < n; s++)
            flags[s] = (uint32_t)rng_next(&r) | (rng_below(&r, 50) ? OFFLOAD_FACT_REACHED : 0);
        for (unsigned f = 0; f < 5; f++) {
            start[f] = f ? start[f - 1] + rng_below(&r, n) : 0;
            stack[f] = rng_below(&r, 520);
        }
        struct offload_facts facts = {.insn_count = n,
                                      .flags = flags,
                                      .subprog_count = 1 + rng_below(&r, 5),
                                      .subprog_start = start,
                                      .subprog_stack = stack};
        translate(insns, n, &facts);
    }
    free(flags);
    free(insns);
}

static const struct cunit_case suite[] = {
    {"random bytes", test_bytes},
    {"random instructions", test_rows},
    {"damaged programs", test_damaged},
    {"facts that lie", test_lying_facts},
    {NULL, NULL},
};

int main(void)
{
    int status = cunit_run("xlate hostile input", suite);

    printf("%u accepted, %u refused\n", accepted, rejected);
    return status;
}
