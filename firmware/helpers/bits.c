/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kernel functions: iterators over the bits of an array (kernel/bpf/helpers.c). One word is copied;
 * of several the address is kept, and asked again whether the program may read it: what the
 * program changes meanwhile shows, other than in a kernel, which copies them all.
 */
#include <stddef.h>

#include "core/mem.h"
#include "helpers/args.h"

enum { WORDS_MAX = 511, WORD_BITS = 64, WORD_BYTES = 8 };

/* struct bpf_iter_bits. The program reads nothing of it but `at`, through what next gives. */
struct iter_bits {
    uint64_t from; /* the word, or the address of several */
    int32_t count; /* bits */
    int32_t at;
};
_Static_assert(sizeof(struct iter_bits) == 16, "two slots of stack");

static uint64_t word(const struct iter_bits *b, uint32_t n)
{
    uint64_t value;
    if (b->count == WORD_BITS)
        return b->from;
    memcpy(&value, (const void *)(uintptr_t)(b->from + (uint64_t)n * WORD_BYTES), WORD_BYTES);
    return value;
}

/* The next bit that is set, or `count`. */
static int32_t next_bit(const struct iter_bits *b)
{
    uint32_t at = (uint32_t)b->at + 1;
    while (at < (uint32_t)b->count) {
        uint64_t rest = word(b, at / WORD_BITS) >> (at % WORD_BITS);
        if (rest)
            return (int32_t)(at + (uint32_t)__builtin_ctzll(rest));
        at = (at / WORD_BITS + 1) * WORD_BITS;
    }
    return b->count;
}

uint64_t fw_kfunc_iter_bits_new(uint64_t it, uint64_t words, uint64_t count, uint64_t a3,
                                uint64_t a4)
{
    struct iter_bits *b = fw_arg_bytes(it, sizeof(*b));
    uint32_t n = fw_arg_u32(count);
    (void)a3, (void)a4;
    *b = (struct iter_bits){.at = -1};
    if (words == 0 || n == 0)
        return fw_helper_error(FW_EINVAL);
    if (n > WORDS_MAX)
        return fw_helper_error(FW_E2BIG);
    if (!fw_arg_ok(words, (uint64_t)n * WORD_BYTES))
        return n == 1 ? fw_helper_error(FW_EFAULT) : fw_probe_error(words);
    b->from = words;
    if (n == 1)
        memcpy(&b->from, (const void *)(uintptr_t)words, WORD_BYTES);
    b->count = (int32_t)(n * WORD_BITS);
    return 0;
}

uint64_t fw_kfunc_iter_bits_next(uint64_t it, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    struct iter_bits *b = fw_arg_bytes(it, sizeof(*b));
    (void)a1, (void)a2, (void)a3, (void)a4;
    if (b->at >= b->count)
        return 0;
    if (b->count > WORD_BITS && !fw_arg_ok(b->from, (uint32_t)b->count / WORD_BITS * WORD_BYTES))
        b->at = b->count; /* the packet has become shorter */
    else
        b->at = next_bit(b);
    return b->at < b->count ? it + offsetof(struct iter_bits, at) : 0;
}

uint64_t fw_kfunc_iter_bits_destroy(uint64_t it, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    (void)a1, (void)a2, (void)a3, (void)a4;
    *(struct iter_bits *)fw_arg_bytes(it, sizeof(struct iter_bits)) = (struct iter_bits){0};
    return 0;
}
