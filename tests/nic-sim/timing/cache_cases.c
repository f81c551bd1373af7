/* SPDX-License-Identifier: BSD-3-Clause */
/* The cache in front of DRAM. */
#include "timing.h"

static uint64_t hits(const struct nic_stats *s)
{
    return s->dram_cache.hits;
}

static uint64_t misses(const struct nic_stats *s)
{
    return s->dram_cache.misses;
}

static uint64_t written_back(const struct nic_stats *s)
{
    return s->dram_cache.written_back;
}

static uint64_t channel_busy(const struct nic_stats *s)
{
    return s->dram_cache.channel.busy_cycles;
}

/* 4 sets of 2 lines of 64 bytes: lines 256 bytes apart share a set, and a bank. */
#define CACHE "dram.cache_size=512 dram.cache_ways=2 dram.cache_latency=20 dram.fill=30 "
#define COUNTS(hit, missed, back)                                                                  \
    {                                                                                              \
        {"hits", hits, hit}, {"misses", misses, missed},                                           \
        {                                                                                          \
            "written back", written_back, back                                                     \
        }                                                                                          \
    }

/*
 * A bank is held for 10, a miss answered 100 after it got its channel, a hit 20 after its bank.
 * Alone: a miss takes 110, of which 2 are the load's issue; a hit 30. P = PROLOGUE = 6, costs as
 * in engine_cases.c: store 3, atomic 4.
 */
const struct timing_case timing_cache_cases[] = {
    /* P, 2 + 108, 2 + 28: 146 */
    {"a miss, then a hit in its line", .set = CACHE, .code = "ld t0 0 s0; ld t1 56 s0",
     .cause[0] = {ISSUE = PROLOGUE + 4, DRAM = 108 + 28}, .count = COUNTS(1, 1, 0)},
    /*
     * The store misses at 6: bank till 16, there at 116. The load, issued at 9, has the bank till
     * 26 and would hit at 46; but it is there at 116 only: P, 3, 2, waits from 11
     */
    {"a hit in a line that is still on its way", .set = CACHE, .code = "sd s1 0 s0; ld t0 8 s0",
     .cause[0] = {ISSUE = PROLOGUE + 5, DRAM = 116 - 11}, .count = COUNTS(1, 1, 0)},
    /* The third line takes the place of the first: 4 misses and a hit, P + 4 x 110 + 30 */
    {"three lines in two places", .set = CACHE,
     .code = "ld t0 0 s0; ld t0 256 s0; ld t0 512 s0; ld t0 0 s0; ld t0 512 s0",
     .cause[0] = {ISSUE = PROLOGUE + 10, DRAM = 4 * 108 + 28}, .count = COUNTS(1, 4, 0)},
    /* miss 0, miss 256, hit 0, miss 512 (256 was used longest ago), hit 0, miss 256 */
    {"who was used longest ago goes", .set = CACHE,
     .code = "ld t0 0 s0; ld t0 256 s0; ld t0 0 s0; ld t0 512 s0; ld t0 0 s0; ld t0 256 s0",
     .cause[0] = {ISSUE = PROLOGUE + 12, DRAM = 4 * 108 + 2 * 28}, .count = COUNTS(2, 4, 0)},
    /*
     * Issued at 6, 9, 12, 15; one bank: till 16, 26, 36, 46. The channel takes 30 a line:
     * 16..46 line 0, 46..76 line 4, 76..106 line 8, 106..136 line 0 back (the third store needs
     * its place), 136..166 line 12, for the load: there at 136 + 100 = 236; line 4 back till 196.
     * P, 3 x 3, 2, waits from 17
     */
    {"what was written goes back", .set = CACHE,
     .code = "sd s1 0 s0; sd s1 256 s0; sd s1 512 s0; ld t0 768 s0",
     .cause[0] = {ISSUE = PROLOGUE + 11, DRAM = 236 - 17},
     .count = {{"hits", hits, 0},
               {"misses", misses, 4},
               {"written back", written_back, 2},
               {"channel", channel_busy, 6 * 30}}},
    /* Store at 6: bank 0 till 16, channel till 46. Load at 9: bank 1 till 19, channel at 46, 146 */
    {"two lines, one channel", .set = CACHE, .code = "sd s1 0 s0; ld t0 64 s0",
     .cause[0] = {ISSUE = PROLOGUE + 5, DRAM = 146 - 11}, .count = COUNTS(0, 2, 0)},
    /* The same with a channel for each: at 19, there at 119 */
    {"two lines, two channels", .set = CACHE "dram.channels=2", .code = "sd s1 0 s0; ld t0 64 s0",
     .cause[0] = {ISSUE = PROLOGUE + 5, DRAM = 119 - 11}, .count = COUNTS(0, 2, 0)},
    /* At the memory, like any access: P, 4 + 106, 4 + 26 */
    {"atomics, a miss and a hit", .set = CACHE, .code = "amoadd.d t0 s1 s0; amoadd.d t0 s1 s0",
     .cause[0] = {ISSUE = PROLOGUE + 8, ATOMIC = 106 + 26}, .count = COUNTS(1, 1, 0)},
    /* Lines of 256 bytes: 1 miss, then 3 hits in the banks behind */
    {"longer lines",
     .set = "dram.cache_size=2048 dram.cache_ways=2 dram.cache_line=256 dram.cache_latency=20",
     .code = "ld t0 0 s0; ld t0 64 s0; ld t0 128 s0; ld t0 192 s0",
     .cause[0] = {ISSUE = PROLOGUE + 8, DRAM = 108 + 3 * 28}, .count = COUNTS(3, 1, 0)},
    /* No cache: every access takes 110 */
    {"no cache", .code = "ld t0 0 s0; ld t1 56 s0",
     .cause[0] = {ISSUE = PROLOGUE + 4, DRAM = 2 * 108}, .count = COUNTS(0, 0, 0)},
    /* The caches of other memories are none of its business: SRAM 3 + 70 */
    {"shared SRAM has none", .set = CACHE, .code = "ld t0 0 s2; ld t0 0 s2",
     .cause[0] = {ISSUE = PROLOGUE + 4, SRAM = 2 * 71}, .count = COUNTS(0, 0, 0)},
    {.name = NULL},
};
