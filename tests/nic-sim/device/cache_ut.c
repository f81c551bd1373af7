/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cache in front of DRAM against a slow one: every line that ever was in it
 * with the number of its last use, searched from end to end.
 */
#include "cunit_main.h"
#include "dice.h"

#include <stdlib.h>
#include <string.h>

#include "engine/cache.h"
#include "nic/err.h"

enum { LINES = 512, ACCESSES = 20000 };

struct model {
    uint64_t used[LINES]; /* when last, counted in accesses; 0: not in the cache */
    uint64_t there[LINES];
    bool dirty[LINES];
    uint64_t channel[8];
    uint64_t hits, misses, back;
};

static uint64_t state;

static uint64_t rnd(uint64_t n)
{
    return dice64(&state) % n;
}

/* The line of the same set that was used longest ago, LINES when there is a free place. */
static unsigned victim(const struct model *m, const struct nic_config *cfg, unsigned line)
{
    unsigned sets = (unsigned)(cfg->dram_cache_size / cfg->dram_cache_line / cfg->dram_cache_ways);
    unsigned found = LINES, full = 0;

    for (unsigned i = line % sets; i < LINES; i += sets) {
        full += m->used[i] != 0;
        if (m->used[i] != 0 && (found == LINES || m->used[i] < m->used[found]))
            found = i;
    }
    return full == cfg->dram_cache_ways ? found : LINES;
}

static uint64_t move_line(struct model *m, const struct nic_config *cfg, unsigned line, uint64_t at)
{
    uint64_t *busy = &m->channel[line % cfg->dram_channels];
    uint64_t start = at > *busy ? at : *busy;

    *busy = start + cfg->dram_fill;
    return start;
}

static uint64_t expected(struct model *m, const struct nic_config *cfg, unsigned line, uint64_t at,
                         bool writes, uint64_t turn)
{
    unsigned out;

    if (m->used[line] != 0) {
        m->hits++;
        m->used[line] = turn;
        m->dirty[line] |= writes;
        at += cfg->dram_cache_latency;
        return at > m->there[line] ? at : m->there[line];
    }
    m->misses++;
    out = victim(m, cfg, line);
    m->there[line] = move_line(m, cfg, line, at) + cfg->dram_latency;
    if (out != LINES && m->dirty[out]) {
        m->back++;
        move_line(m, cfg, out, at);
    }
    if (out != LINES)
        m->used[out] = 0;
    m->used[line] = turn;
    m->dirty[line] = writes;
    return m->there[line];
}

static void compare(const struct nic_config *cfg, unsigned lines)
{
    struct model *m = calloc(1, sizeof(*m));
    struct mem_cache *c = NULL;
    uint64_t now = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_EQUAL_FATAL(nic_config_check(cfg, &(struct nic_err){""}), 0);
    CU_ASSERT_EQUAL_FATAL(mem_cache_create(cfg, &c), 0);
    for (uint64_t turn = 1; turn <= ACCESSES; turn++) {
        unsigned line = (unsigned)rnd(rnd(3) == 0 ? lines : lines / 4 + 1);
        uint64_t offset = line * cfg->dram_cache_line + rnd(cfg->dram_cache_line);
        bool writes = rnd(3) == 0;

        now += rnd(60);
        CU_ASSERT_EQUAL_FATAL(mem_cache_done(c, offset, now, writes),
                              expected(m, cfg, line, now, writes, turn));
    }
    CU_ASSERT_EQUAL(mem_cache_stats(c)->hits, m->hits);
    CU_ASSERT_EQUAL(mem_cache_stats(c)->misses, m->misses);
    CU_ASSERT_EQUAL(mem_cache_stats(c)->written_back, m->back);
    CU_ASSERT_EQUAL(mem_cache_stats(c)->moved, m->misses + m->back);
    CU_ASSERT(m->hits > 0 && m->misses > 0);
    mem_cache_destroy(c);
    free(m);
}

static void test_random(void)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct nic_config cfg;

        state = seed * 0x9e3779b97f4a7c15u;
        nic_config_init(&cfg);
        cfg.dram_cache_line = UINT64_C(16) << rnd(4);
        cfg.dram_cache_ways = 1 + rnd(12);
        cfg.dram_cache_size = cfg.dram_cache_line * cfg.dram_cache_ways * (UINT64_C(1) << rnd(4));
        cfg.dram_cache_latency = rnd(50);
        cfg.dram_latency = rnd(300);
        cfg.dram_fill = rnd(40);
        cfg.dram_channels = 1 + rnd(8);
        compare(&cfg, LINES);
    }
}

/* Empty after a reset, and as fast as the first time. */
static void test_reset(void)
{
    struct nic_config cfg;
    struct mem_cache *c = NULL;

    nic_config_init(&cfg);
    cfg.dram_cache_size = 65536;
    CU_ASSERT_EQUAL_FATAL(mem_cache_create(&cfg, &c), 0);
    CU_ASSERT_EQUAL(mem_cache_done(c, 0, 10, true), 10 + cfg.dram_latency);
    CU_ASSERT_EQUAL(mem_cache_done(c, 0, 1000, false), 1000 + cfg.dram_cache_latency);
    mem_cache_reset(c);
    CU_ASSERT_EQUAL(mem_cache_stats(c)->hits + mem_cache_stats(c)->misses, 0);
    CU_ASSERT_EQUAL(mem_cache_done(c, 0, 10, false), 10 + cfg.dram_latency);
    CU_ASSERT_EQUAL(mem_cache_stats(c)->misses, 1);
    mem_cache_destroy(c);
    mem_cache_destroy(NULL);
}

static const struct cunit_case cases[] = {
    {"as a slow one, at random", test_random},
    {"reset", test_reset},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("the cache in front of DRAM", cases);
}
