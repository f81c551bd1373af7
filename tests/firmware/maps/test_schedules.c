/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All harts and the host on one map, in schedules that a seed decides (schedule.h). A seed is one
 * schedule; it repeats exactly. Arguments: seeds, the first.
 */
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"
#include "maps/hash_impl.h"
#include "schedule.h"

#define DRAM  0x200000u
#define KEYS  12u
#define WORDS 4u /* of a value: all equal when it is whole */

static unsigned seeds = 1000, first_seed = 1;
static struct fw_map *m;
static uint64_t wrong;

/* ---- values ---- */

static void fill(uint64_t value[WORDS], uint32_t key, uint32_t stamp)
{
    for (uint32_t i = 0; i < WORDS; i++)
        value[i] = (uint64_t)key << 32 | stamp;
}

static int whole(const uint64_t *v)
{
    return v[0] == v[1] && v[1] == v[2] && v[2] == v[3];
}

/* What the host reads: whole, and of the key. */
static void host_read(uint32_t key)
{
    uint64_t v[WORDS];
    int err = fw_map_read(m, &key, v, 0);
    wrong += err != 0 && err != FW_ENOENT;
    wrong += err == 0 && (!whole(v) || v[0] >> 32 != key);
}

/* ---- hash and LRU: own keys of each actor, and common ones ---- */

static uint32_t last[ACTORS][KEYS]; /* stamp of each actor's own keys; 0 = deleted */
static uint32_t stamp;

static uint32_t own_key(uint32_t who, uint32_t k)
{
    return 1000 * (who + 1) + k;
}

static void change_own(uint32_t who)
{
    uint64_t v[WORDS];
    uint32_t k = dice(3);
    uint32_t key = own_key(who, k);
    int lru = m->spec.type == FW_MAP_LRU_HASH;
    if (dice(3) == 0) {
        int err = fw_map_delete(m, &key);
        wrong += err != (last[who][k] ? 0 : FW_ENOENT) && !(lru && err == FW_ENOENT);
        last[who][k] = 0;
        return;
    }
    uint32_t s = ++stamp;
    fill(v, key, s);
    wrong += fw_map_update(m, &key, v, FW_ANY) != 0;
    last[who][k] = s;
}

static void change_common(uint32_t who)
{
    uint64_t v[WORDS];
    uint32_t key = dice(KEYS);
    (void)who;
    fill(v, key, ++stamp);
    int err = dice(3) ? fw_map_update(m, &key, v, dice(3)) : fw_map_delete(m, &key);
    wrong += err != 0 && err != FW_ENOENT && err != FW_EEXIST;
}

static void look(uint32_t who)
{
    uint32_t key = dice(2) ? own_key(who, dice(3)) : dice(KEYS);
    const uint64_t *v = fw_map_lookup(m, &key);
    wrong += v && !whole(v);
}

static void hash_actor(uint32_t who)
{
    uint8_t next[8];
    uint64_t v[WORDS];
    wrong += m->count > m->spec.max_entries;
    switch (dice(5)) {
    case 0:
    case 1:
        change_own(who);
        break;
    case 2:
        change_common(who);
        break;
    case 3:
        look(who);
        break;
    default:
        if (who != HOST)
            look(who);
        else if (dice(3) == 0)
            (void)fw_map_next(m, NULL, next);
        else if (dice(3) == 0)
            (void)fw_map_take(m, &(uint32_t){dice(KEYS)}, v, 0);
        else
            host_read(dice(KEYS));
    }
}

/* Entries by a walk; the elements in chains and on the free stack are all that were ever taken. */
static void check_books(void)
{
    uint32_t key, n = 0, released = 0;
    for (int err = fw_map_next(m, NULL, &key); !err; err = fw_map_next(m, &key, &key)) {
        uint64_t v[WORDS];
        wrong += fw_map_read(m, &key, v, 0) != 0 || !whole(v) || v[0] >> 32 != key;
        n++;
    }
    for (uint32_t at = (uint32_t)m->free; at; released++)
        at = ((struct elem *)plat_ptr(at))->next_free;
    CU_ASSERT_EQUAL(n, m->count);
    CU_ASSERT(n <= m->spec.max_entries);
    CU_ASSERT_EQUAL(n + released, m->fresh);
    CU_ASSERT(m->fresh <= m->total);
}

static void check_own(void)
{
    int lru = m->spec.type == FW_MAP_LRU_HASH;
    for (uint32_t who = 0; who < ACTORS; who++)
        for (uint32_t k = 0; k < 3; k++) {
            uint32_t key = own_key(who, k);
            uint64_t v[WORDS];
            int there = fw_map_read(m, &key, v, 0) == 0;
            wrong += there ? (uint32_t)v[0] != last[who][k] : last[who][k] != 0 && !lru;
        }
}

static void run_hash(uint32_t type, uint32_t entries)
{
    for (uint32_t s = first_seed; s < first_seed + seeds; s++) {
        m = fake_map(type, 4, WORDS * 8, entries, 0);
        memset(last, 0, sizeof(last));
        wrong = 0;
        run_schedule(s, hash_actor);
        check_own();
        check_books();
        if (wrong)
            fprintf(stderr, "type %u, seed %u: %llu wrong\n", type, s, (unsigned long long)wrong);
        CU_ASSERT_EQUAL_FATAL(wrong, 0);
        fw_map_destroy(&fake.ctl.maps, m);
    }
    CU_ASSERT_EQUAL(fw_extents_free_bytes(&fake.ctl.maps.dram), DRAM);
}

static void test_hash(void)
{
    run_hash(FW_MAP_HASH, KEYS + 3 * ACTORS);
}

static void test_lru(void)
{
    run_hash(FW_MAP_LRU_HASH, 5);
    run_hash(FW_MAP_LRU_HASH, 1);
}

/* ---- per-CPU: sums are exact ---- */

static uint64_t added;

static void percpu_actor(uint32_t who)
{
    uint32_t key = dice(2);
    uint64_t copies[FAKE_CPUS * WORDS];
    if (who == HOST) {
        wrong += fw_map_read(m, &key, copies, 0) != 0;
        return;
    }
    uint64_t *v = fw_map_lookup(m, &key);
    if (!v) {
        wrong++;
        return;
    }
    for (uint32_t i = 0; i < WORDS; i++)
        v[i]++;
    added++;
}

static void run_percpu(uint32_t type)
{
    for (uint32_t s = first_seed; s < first_seed + seeds; s++) {
        uint64_t zero[FAKE_CPUS * WORDS] = {0}, v[FAKE_CPUS * WORDS], sum = 0;
        m = fake_map(type, 4, WORDS * 8, 2, 0);
        added = wrong = 0;
        for (uint32_t key = 0; key < 2; key++)
            CU_ASSERT_EQUAL(fw_map_write(m, &key, zero, FW_ANY), 0);
        run_schedule(s, percpu_actor);
        for (uint32_t key = 0; key < 2; key++) {
            CU_ASSERT_EQUAL(fw_map_read(m, &key, v, 0), 0);
            for (uint32_t i = 0; i < FAKE_CPUS * WORDS; i++)
                sum += v[i];
        }
        CU_ASSERT_EQUAL(sum, added * WORDS);
        CU_ASSERT_EQUAL_FATAL(wrong, 0);
        fw_map_destroy(&fake.ctl.maps, m);
    }
}

static void test_percpu(void)
{
    run_percpu(FW_MAP_PERCPU_ARRAY);
    run_percpu(FW_MAP_PERCPU_HASH);
    run_percpu(FW_MAP_LRU_PERCPU_HASH);
}

/* ---- LPM: a prefix that stays is found whatever comes and goes inside and around it ---- */

struct prefix {
    uint32_t bits;
    uint8_t ip[4];
};

static struct prefix random_prefix(void)
{
    static const uint8_t bits[] = {8, 12, 16, 17, 20, 24, 25, 31, 32};
    struct prefix p = {.bits = bits[dice(sizeof(bits))], .ip = {10, 1, 0, 0}};
    p.ip[1] = (uint8_t)dice(3);
    p.ip[2] = (uint8_t)dice(2);
    p.ip[3] = (uint8_t)dice(2);
    return p;
}

static int contains(uint64_t prefix, const uint8_t ip[4])
{
    uint32_t bits = (uint32_t)(prefix >> 32);
    uint32_t a = (uint32_t)prefix;
    uint32_t b = (uint32_t)ip[0] << 24 | (uint32_t)ip[1] << 16 | (uint32_t)ip[2] << 8 | ip[3];
    return bits == 0 || (a ^ b) >> (32 - bits) == 0;
}

/* A value says what prefix it belongs to. */
static void prefix_value(const struct prefix *p, uint64_t v[WORDS])
{
    for (uint32_t i = 0; i < WORDS; i++)
        v[i] = (uint64_t)p->bits << 32 | (uint32_t)p->ip[0] << 24 | (uint32_t)p->ip[1] << 16 |
               (uint32_t)p->ip[2] << 8 | p->ip[3];
}

static void lpm_actor(uint32_t who)
{
    struct prefix p = random_prefix(), key = {32, {10, 1, 0, 1}};
    uint64_t v[WORDS];
    if (who % 2 == 0 || (who == HOST && dice(2))) { /* looks */
        key.ip[1] = p.ip[1], key.ip[2] = p.ip[2], key.ip[3] = p.ip[3];
        const uint64_t *got = fw_map_lookup(m, &key);
        wrong += !got || !whole(got) || !contains(*got, key.ip);
        return;
    }
    if (p.bits == 8)
        return; /* 10.0.0.0/8 stays */
    prefix_value(&p, v);
    int err = dice(2) ? fw_map_update(m, &p, v, FW_ANY) : fw_map_delete(m, &p);
    wrong += err != 0 && err != FW_ENOENT && err != FW_ENOSPC;
}

static void test_lpm(void)
{
    for (uint32_t s = first_seed; s < first_seed + seeds; s++) {
        struct prefix stays = {8, {10, 0, 0, 0}}, at = {0, {0}};
        uint64_t v[WORDS];
        uint32_t n = 0;
        m = fake_map(FW_MAP_LPM_TRIE, 8, WORDS * 8, 12, FW_F_NO_PREALLOC);
        prefix_value(&stays, v);
        CU_ASSERT_EQUAL(fw_map_update(m, &stays, v, FW_ANY), 0);
        wrong = 0;
        run_schedule(s, lpm_actor);
        for (int err = fw_map_next(m, NULL, &at); !err; err = fw_map_next(m, &at, &at))
            wrong += fw_map_read(m, &at, v, 0) != 0 || v[0] >> 32 != at.bits || ++n > 12;
        CU_ASSERT_EQUAL(n, m->count);
        while (fw_map_next(m, NULL, &at) == 0)
            wrong += fw_map_delete(m, &at) != 0;
        if (wrong)
            fprintf(stderr, "LPM, seed %u: %llu wrong\n", s, (unsigned long long)wrong);
        CU_ASSERT_EQUAL_FATAL(wrong, 0);
        fw_map_destroy(&fake.ctl.maps, m);
    }
    CU_ASSERT_EQUAL(fw_extents_free_bytes(&fake.ctl.maps.dram), DRAM);
}

/* ---- queue: what goes in comes out once ---- */

static uint64_t pushed, popped;

static void queue_actor(uint32_t who)
{
    uint64_t v[WORDS];
    if (dice(2)) {
        fill(v, who, ++stamp);
        int err = fw_map_push(m, v, FW_ANY);
        pushed += err ? 0 : v[0];
        wrong += err != 0 && err != FW_E2BIG;
    } else {
        int err = fw_map_pop(m, v);
        popped += err ? 0 : v[0];
        wrong += !whole(v);
    }
}

static void run_queue(uint32_t type)
{
    for (uint32_t s = first_seed; s < first_seed + seeds; s++) {
        uint64_t v[WORDS];
        m = fake_map(type, 0, WORDS * 8, 4, 0);
        pushed = popped = wrong = 0;
        run_schedule(s, queue_actor);
        while (fw_map_pop(m, v) == 0)
            popped += v[0];
        CU_ASSERT_EQUAL(pushed, popped);
        CU_ASSERT_EQUAL_FATAL(wrong, 0);
        fw_map_destroy(&fake.ctl.maps, m);
    }
}

static void test_queue(void)
{
    run_queue(FW_MAP_QUEUE);
    run_queue(FW_MAP_STACK);
}

static const struct cunit_case cases[] = {
    {"hash", test_hash},          {"LRU", test_lru}, {"per-CPU", test_percpu}, {"LPM", test_lpm},
    {"queue, stack", test_queue}, {NULL, NULL},
};

int main(int argc, char **argv)
{
    if (argc > 1)
        seeds = (unsigned)strtoul(argv[1], NULL, 0);
    if (argc > 2)
        first_seed = (unsigned)strtoul(argv[2], NULL, 0);
    stacks = malloc((size_t)ACTORS * STACK);
    if (!stacks)
        return 2;
    fake_start(DRAM);
    int rc = cunit_run("map schedules", cases);
    fake_stop();
    free(stacks);
    return rc;
}
