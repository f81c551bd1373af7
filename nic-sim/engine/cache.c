/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cache in front of DRAM (dram.cache_size and what follows it): tags and times
 * only, the bytes are where they always are. Sets of least recently used order,
 * the latest first; a miss reads the line from its DRAM channel, and one that was
 * written goes back there when its place is needed. Accesses are in the order of
 * their issue, so a channel serves lines in that order too.
 */
#include "engine/cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct line {
    uint64_t there; /* cycle at which it is in the cache; of one being read, later than now */
    uint32_t number;
    bool dirty;
};
#define NO_LINE UINT32_MAX /* no device address is that high: see memmap.h */

struct mem_cache {
    struct line *line;                    /* of each set `ways`, the last used one first */
    uint64_t *free;                       /* of each channel: cycle at which it is */
    uint32_t sets, ways, channels, shift; /* sets: a power of two; shift: log2 of a line */
    uint64_t hit, miss, fill;             /* cycles: dram.cache_latency, .latency, .fill */
    struct mem_cache_stats stats;
};

static uint32_t log2_of(uint64_t power)
{
    return (uint32_t)__builtin_ctzll(power);
}

int mem_cache_create(const struct nic_config *cfg, struct mem_cache **out)
{
    struct mem_cache *c = calloc(1, sizeof(*c));

    *out = c;
    if (c == NULL)
        return -ENOMEM;
    c->ways = (uint32_t)cfg->dram_cache_ways;
    c->sets = (uint32_t)(cfg->dram_cache_size / cfg->dram_cache_line / c->ways);
    c->shift = log2_of(cfg->dram_cache_line);
    c->channels = (uint32_t)cfg->dram_channels;
    c->hit = cfg->dram_cache_latency;
    c->miss = cfg->dram_latency;
    c->fill = cfg->dram_fill;
    c->line = malloc((size_t)c->sets * c->ways * sizeof(*c->line));
    c->free = calloc(c->channels, sizeof(*c->free));
    if (c->line == NULL || c->free == NULL)
        return -ENOMEM;
    mem_cache_reset(c);
    return 0;
}

void mem_cache_destroy(struct mem_cache *c)
{
    if (c != NULL) {
        free(c->line);
        free(c->free);
        free(c);
    }
}

void mem_cache_reset(struct mem_cache *c)
{
    for (size_t i = 0; i < (size_t)c->sets * c->ways; i++)
        c->line[i] = (struct line){.number = NO_LINE};
    memset(c->free, 0, c->channels * sizeof(*c->free));
    memset(&c->stats, 0, sizeof(c->stats));
}

const struct mem_cache_stats *mem_cache_stats(const struct mem_cache *c)
{
    return &c->stats;
}

/* The channel moves a line as soon as it can; the cycle at which it begins. */
static uint64_t move_line(struct mem_cache *c, uint32_t number, uint64_t at)
{
    uint64_t *free_at = &c->free[number % c->channels];
    uint64_t start = *free_at > at ? *free_at : at;

    *free_at = start + c->fill;
    c->stats.moved++;
    return start;
}

/* Makes the line at set[way] the first one. */
static void promote(struct line *set, uint32_t way, struct line line)
{
    memmove(set + 1, set, way * sizeof(*set));
    set[0] = line;
}

static uint64_t miss(struct mem_cache *c, struct line *set, uint32_t number, uint64_t at,
                     bool writes)
{
    const struct line out = set[c->ways - 1];
    uint64_t there = move_line(c, number, at) + c->miss;

    c->stats.misses++;
    if (out.number != NO_LINE && out.dirty) {
        move_line(c, out.number, at);
        c->stats.written_back++;
    }
    promote(set, c->ways - 1, (struct line){.there = there, .number = number, .dirty = writes});
    return there;
}

uint64_t mem_cache_done(struct mem_cache *c, uint64_t offset, uint64_t at, bool writes)
{
    uint32_t number = (uint32_t)(offset >> c->shift);
    struct line *set = &c->line[(size_t)(number & (c->sets - 1)) * c->ways];

    for (uint32_t way = 0; way < c->ways; way++) {
        if (set[way].number == number) {
            struct line line = set[way];

            line.dirty |= writes;
            promote(set, way, line);
            c->stats.hits++;
            return at + c->hit > line.there ? at + c->hit : line.there;
        }
    }
    return miss(c, set, number, at, writes);
}
