/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hash of a few 32-bit words, good in all its bits (MurmurHash3's mixing).
 * Not a keyed hash: who knows the seed can look for collisions.
 */
#ifndef EXAMPLES_HASH_H
#define EXAMPLES_HASH_H

#include <linux/types.h>

#include <bpf/bpf_helpers.h>

static __always_inline __u32 hash_mix(__u32 hash, __u32 word)
{
    word *= 0xcc9e2d51u;
    word = (word << 15) | (word >> 17);
    hash ^= word * 0x1b873593u;
    hash = (hash << 13) | (hash >> 19);
    return hash * 5 + 0xe6546b64u;
}

static __always_inline __u32 hash_finish(__u32 hash)
{
    hash ^= hash >> 16;
    hash *= 0x85ebca6bu;
    hash ^= hash >> 13;
    hash *= 0xc2b2ae35u;
    return hash ^ hash >> 16;
}

/* `size` is a constant multiple of 4: the loop is unrolled. */
static __always_inline __u32 hash_of(const void *data, __u32 size, __u32 seed)
{
    const __u32 *words = data;

    for (__u32 i = 0; i < size / 4; i++)
        seed = hash_mix(seed, words[i]);
    return hash_finish(seed);
}

#endif
