/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cache in front of DRAM. Private to nic-sim.
 *
 * A hit is answered dram.cache_latency cycles after the access had its bank. A
 * miss waits for the channel of its line, holds it for dram.fill cycles, and is
 * answered dram.latency cycles after it got it; so is whoever asks for the line
 * before that (a hit, but not before the line is there). The line that must go is
 * the one used longest ago; if it was written, its channel is held for dram.fill
 * cycles more. Loads, stores and atomics are alike: they are done here.
 */
#ifndef NIC_CACHE_H
#define NIC_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "nic/config.h"

struct mem_cache;

struct mem_cache_stats {
    uint64_t hits, misses, written_back;
    uint64_t moved; /* lines through the channels: each holds one for dram.fill cycles */
};

/* As cfg says, which nic_config_check accepted: dram.cache_size is not 0. -ENOMEM (destroy it). */
int mem_cache_create(const struct nic_config *cfg, struct mem_cache **out);
void mem_cache_destroy(struct mem_cache *c); /* NULL is allowed */
void mem_cache_reset(struct mem_cache *c);   /* empty, all counts 0 */

/* When an access at `offset` of DRAM that has had its bank at `at` is answered. */
uint64_t mem_cache_done(struct mem_cache *c, uint64_t offset, uint64_t at, bool writes);
const struct mem_cache_stats *mem_cache_stats(const struct mem_cache *c);

#endif
