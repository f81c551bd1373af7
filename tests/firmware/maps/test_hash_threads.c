/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Many writers and readers of one map at once, in real threads; built a second time with
 * ThreadSanitizer. Each thread owns its keys, so it knows what a lookup must find, while the
 * others delete, replace and reuse elements in the same chains.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"
#include "fake.h"

#define DRAM    0x400000u
#define THREADS 4u
#define KEYS    8u  /* a thread's */
#define KEY     24u /* bytes of the longest */

static uint32_t ops = 60000; /* of a thread */

struct worker {
    struct fw_map *m;
    uint32_t id, rng;
    uint64_t wrong;
};

static uint32_t next_random(struct worker *w)
{
    w->rng = w->rng * 1664525 + 1013904223;
    return w->rng >> 8;
}

static void make_key(const struct worker *w, uint32_t k, uint8_t key[KEY])
{
    uint32_t word[KEY / 4] = {w->id, k, w->m->spec.key_size, 1, ~k, w->id};
    memcpy(key, word, KEY);
    if (w->m->spec.key_size == 4)
        key[0] = (uint8_t)(w->id * KEYS + k);
}

static void *work(void *arg)
{
    struct worker *w = arg;
    uint64_t value[4], have[KEYS] = {0};
    for (uint32_t op = 1; op <= ops; op++) {
        uint32_t k = next_random(w) % KEYS;
        uint8_t key[KEY];
        make_key(w, k, key);
        if (next_random(w) % 4 == 0) {
            w->wrong += fw_map_delete(w->m, key) != (have[k] ? 0 : FW_ENOENT);
            have[k] = 0;
        } else {
            for (int i = 0; i < 4; i++)
                value[i] = op;
            w->wrong += fw_map_update(w->m, key, value, FW_ANY) != 0;
            have[k] = op;
        }
        k = next_random(w) % KEYS;
        make_key(w, k, key);
        const uint64_t *v = fw_map_lookup(w->m, key);
        w->wrong += have[k] ? !v || v[0] != have[k] || v[3] != have[k] : v != NULL;
    }
    for (uint32_t k = 0; k < KEYS; k++) {
        uint8_t key[KEY];
        make_key(w, k, key);
        w->wrong += fw_map_delete(w->m, key) != (have[k] ? 0 : FW_ENOENT);
    }
    return NULL;
}

static void run(uint32_t key_size, uint32_t flags)
{
    pthread_t thread[THREADS];
    struct worker w[THREADS];
    fake_start(DRAM);
    /* exactly as many entries as keys: E2BIG would be wrong, and elements are scarce */
    struct fw_map *m = fake_map(FW_MAP_HASH, key_size, 32, THREADS * KEYS, flags);
    for (uint32_t i = 0; i < THREADS; i++) {
        w[i] = (struct worker){.m = m, .id = i, .rng = i + 1};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, work, &w[i]), 0);
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        CU_ASSERT_EQUAL(w[i].wrong, 0);
    }
    CU_ASSERT_EQUAL(m->count, 0);
    fake_stop();
}

static void test_short_keys(void)
{
    run(4, 0);
}

static void test_long_keys(void)
{
    run(12, 0);
    run(16, 0);
    run(KEY, 0);
}

/* Elements come when they are needed. */
static void test_on_demand(void)
{
    run(4, FW_F_NO_PREALLOC);
    run(KEY, FW_F_NO_PREALLOC);
}

/* ---- LRU: half as many entries as keys. What is there is whole; what left, left. ---- */

static void *work_lru(void *arg)
{
    struct worker *w = arg;
    uint64_t value[4], have[KEYS] = {0};
    for (uint32_t op = 1; op <= ops; op++) {
        uint32_t k = next_random(w) % KEYS;
        uint8_t key[KEY];
        make_key(w, k, key);
        for (int i = 0; i < 4; i++)
            value[i] = op;
        w->wrong += fw_map_update(w->m, key, value, FW_ANY) != 0;
        have[k] = op;
        k = next_random(w) % KEYS;
        make_key(w, k, key);
        (void)fw_map_lookup(w->m, key);
        if (fw_map_read(w->m, key, value, 0) == 0)
            w->wrong += value[0] != have[k] || value[3] != have[k];
        w->wrong += __atomic_load_n(&w->m->count, __ATOMIC_RELAXED) > w->m->spec.max_entries;
    }
    return NULL;
}

/* ---- per-CPU: each thread adds to its copy of common entries ---- */

static void *work_percpu(void *arg)
{
    struct worker *w = arg;
    fake_cpu = w->id;
    for (uint32_t op = 0; op < ops; op++) {
        uint32_t key = next_random(w) % KEYS;
        uint64_t zero[4] = {0};
        uint64_t *v = fw_map_lookup(w->m, &key);
        if (!v) {
            int err = fw_map_update(w->m, &key, zero, FW_NOEXIST);
            w->wrong += err != 0 && err != FW_EEXIST;
            v = fw_map_lookup(w->m, &key);
        }
        v[op % 4]++;
    }
    return NULL;
}

static void run_threads(struct fw_map *m, void *(*fn)(void *))
{
    pthread_t thread[THREADS];
    struct worker w[THREADS];
    for (uint32_t i = 0; i < THREADS; i++) {
        w[i] = (struct worker){.m = m, .id = i, .rng = i + 1};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, fn, &w[i]), 0);
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        CU_ASSERT_EQUAL(w[i].wrong, 0);
    }
}

static void test_lru(void)
{
    uint8_t key[KEY];
    uint32_t n = 0;
    fake_start(DRAM);
    struct fw_map *m = fake_map(FW_MAP_LRU_HASH, 12, 32, THREADS * KEYS / 2, 0);
    run_threads(m, work_lru);
    for (int err = fw_map_next(m, NULL, key); !err; err = fw_map_next(m, key, key))
        n++;
    CU_ASSERT_EQUAL(n, m->count);
    CU_ASSERT_EQUAL(n, THREADS * KEYS / 2);
    fake_stop();
}

static void test_percpu(void)
{
    uint64_t copies[4 * FAKE_CPUS], sum = 0;
    fake_start(DRAM);
    struct fw_map *m = fake_map(FW_MAP_PERCPU_HASH, 4, 32, KEYS, 0);
    run_threads(m, work_percpu);
    for (uint32_t key = 0; key < KEYS; key++) {
        CU_ASSERT_EQUAL(fw_map_read(m, &key, copies, 0), 0);
        for (unsigned i = 0; i < sizeof(copies) / sizeof(copies[0]); i++)
            sum += copies[i];
    }
    CU_ASSERT_EQUAL(sum, (uint64_t)THREADS * ops);
    fake_stop();
}

static const struct cunit_case cases[] = {
    {"keys of 4 bytes", test_short_keys},
    {"longer keys", test_long_keys},
    {"elements on demand", test_on_demand},
    {"LRU", test_lru},
    {"per-CPU", test_percpu},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    if (argc > 1)
        ops = (uint32_t)strtoul(argv[1], NULL, 0);
    return cunit_run("firmware hash map, threads", cases);
}
