/* SPDX-License-Identifier: BSD-3-Clause */
/* Text to a program and its image, for tests of images. For one program. */
#ifndef TESTS_XLATE_TRANSLATED_H
#define TESTS_XLATE_TRANSLATED_H

#include "asm.h"
#include "cunit_main.h"
#include "offload/image.h"

#define SLOTS 2048u

static const struct offload_map maps[2] = {{.name = "a"}, {.name = "b"}};

struct program {
    struct ebpf_insn i[SLOTS];
    struct offload_prog p;
};

static inline void assemble(struct program *t, const char *text)
{
    struct asm_error err = {0};
    long n = bpf_asm(text, t->i, SLOTS, &err);

    if (n <= 0)
        fprintf(stderr, "line %u: %s\n", err.line, err.text);
    CU_ASSERT_FATAL(n > 0);
    t->p = (struct offload_prog){
        .insns = t->i, .insn_count = (uint32_t)n, .maps = maps, .map_count = 2};
}

/* What the emitters promise, before the passes. */
static const struct offload_xlate_opts plain = {.off = UINT32_MAX & ~(1u << OFFLOAD_PASS_FACTS)};

static inline struct offload_image *translate(const struct program *t,
                                              const struct offload_facts *facts)
{
    struct offload_image *img = NULL;
    struct offload_refusal why = {0};
    int err = offload_translate(&t->p, facts, &plain, UINT32_MAX, &img, &why);

    if (err)
        fprintf(stderr, "insn %u: %s\n", why.insn, why.reason);
    CU_ASSERT_FATAL(err == 0);
    return img;
}

#endif
