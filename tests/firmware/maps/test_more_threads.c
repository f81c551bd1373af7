/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Maps other than hashes from real threads at once; built a second time with ThreadSanitizer.
 * Argument: operations of a thread.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"
#include "fake.h"

#define DRAM    0x400000u
#define THREADS 4u

static uint32_t ops = 20000;
static struct fw_map *m;

struct worker {
    uint32_t id, rng;
    uint64_t wrong, in, out; /* sums of what it pushed and popped */
};

static uint32_t next_random(struct worker *w)
{
    w->rng = w->rng * 1664525 + 1013904223;
    return w->rng >> 8;
}

static void on_threads(void *(*work)(void *), struct worker w[THREADS])
{
    pthread_t thread[THREADS];
    for (uint32_t i = 0; i < THREADS; i++) {
        w[i] = (struct worker){.id = i, .rng = i + 1};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, work, &w[i]), 0);
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        CU_ASSERT_EQUAL(w[i].wrong, 0);
    }
}

/* ---- trie: two threads change, two look up what stays ---- */

struct prefix {
    uint32_t bits;
    uint8_t ip[4];
};

static void *work_lpm(void *arg)
{
    static const uint8_t bits[] = {12, 16, 17, 20, 24, 25, 31, 32};
    struct worker *w = arg;
    for (uint32_t op = 0; op < ops; op++) {
        uint32_t chance = next_random(w);
        uint64_t value[2] = {op, op};
        struct prefix p = {
            32,
            {10, (uint8_t)(chance % 3), (uint8_t)(chance >> 4 & 3), (uint8_t)(chance >> 8 & 3)}};
        if (w->id < 2) {
            p.bits = bits[chance >> 12 & 7];
            int err = chance >> 16 & 1 ? fw_map_update(m, &p, value, FW_ANY) : fw_map_delete(m, &p);
            w->wrong += err != 0 && err != FW_ENOENT && err != FW_ENOSPC;
        } else {
            w->wrong += !fw_map_lookup(m, &p); /* 10/8 stays */
        }
    }
    return NULL;
}

static void test_lpm(void)
{
    struct worker w[THREADS];
    struct prefix stays = {8, {10, 0, 0, 0}};
    uint64_t value[2] = {0};
    fake_start(DRAM);
    m = fake_map(FW_MAP_LPM_TRIE, 8, 16, 40, FW_F_NO_PREALLOC);
    CU_ASSERT_EQUAL(fw_map_update(m, &stays, value, FW_ANY), 0);
    on_threads(work_lpm, w);
    CU_ASSERT(m->count >= 1 && m->count <= 40);
    fw_map_destroy(&fake.ctl.maps, m);
    CU_ASSERT_EQUAL(fw_extents_free_bytes(&fake.ctl.maps.dram), DRAM);
    fake_stop();
}

/* ---- queue, stack: sums ---- */

static void *work_queue(void *arg)
{
    struct worker *w = arg;
    for (uint32_t op = 1; op <= ops; op++) {
        uint64_t v[4] = {op, op, op, op};
        if (next_random(w) % 2) {
            w->in += fw_map_push(m, v, FW_ANY) == 0 ? op : 0;
        } else if (fw_map_pop(m, v) == 0) {
            w->out += v[0];
            w->wrong += v[0] != v[1] || v[1] != v[2] || v[2] != v[3];
        }
    }
    return NULL;
}

static void run_queue(uint32_t type)
{
    struct worker w[THREADS];
    uint64_t left = 0, v[4];
    fake_start(DRAM);
    m = fake_map(type, 0, 32, 7, 0);
    on_threads(work_queue, w);
    while (fw_map_pop(m, v) == 0)
        left += v[0];
    for (uint32_t i = 0; i < THREADS; i++)
        left += w[i].out - w[i].in;
    CU_ASSERT_EQUAL(left, 0);
    fake_stop();
}

static void test_queue(void)
{
    run_queue(FW_MAP_QUEUE);
    run_queue(FW_MAP_STACK);
}

/* ---- Bloom filter: nothing that was pushed is missed ---- */

static void *work_bloom(void *arg)
{
    struct worker *w = arg;
    for (uint64_t op = 0; op < ops; op++) {
        uint64_t value = op << 8 | w->id;
        w->wrong += fw_map_push(m, &value, FW_ANY) != 0;
        value = (next_random(w) % (op + 1)) << 8 | w->id;
        w->wrong += fw_map_peek(m, &value) != 0;
    }
    return NULL;
}

static void test_bloom(void)
{
    struct worker w[THREADS];
    fake_start(DRAM);
    m = fake_map(FW_MAP_BLOOM_FILTER, 0, 8, 4096, 0);
    on_threads(work_bloom, w);
    fake_stop();
}

/* ---- memory and the locks of values ---- */

static void *work_lock(void *arg)
{
    struct worker *w = arg;
    uint32_t key = 0;
    for (uint32_t op = 1; op <= ops; op++) {
        uint64_t v[4] = {0, op, op, op};
        if (w->id % 2) {
            w->wrong += fw_map_write(m, &key, v, FW_LOCK) != 0;
        } else {
            w->wrong += fw_map_read(m, &key, v, FW_LOCK) != 0;
            w->wrong += v[1] != v[2] || v[2] != v[3];
        }
    }
    return NULL;
}

static void test_lock(void)
{
    struct worker w[THREADS];
    struct fw_map_spec spec = {
        .type = FW_MAP_ARRAY, .key_size = 4, .value_size = 32, .max_entries = 1, .lock_at = 1};
    uint32_t handle = 0;
    fake_start(DRAM);
    CU_ASSERT_EQUAL_FATAL(fw_map_create(&fake.ctl.maps, &spec, &handle), 0);
    m = fw_maps_find(&fake.ctl.maps, handle);
    on_threads(work_lock, w);
    fake_stop();
}

static const struct cunit_case cases[] = {
    {"LPM", test_lpm},
    {"queue, stack", test_queue},
    {"Bloom filter", test_bloom},
    {"locked value", test_lock},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    if (argc > 1)
        ops = (uint32_t)strtoul(argv[1], NULL, 0);
    return cunit_run("maps, threads", cases);
}
