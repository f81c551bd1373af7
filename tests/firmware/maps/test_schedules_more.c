/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * As test_schedules.c: Bloom filters, ring buffers with a consumer, maps of maps whose inner maps
 * the host replaces and destroys. Arguments: seeds, the first.
 */
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"
#include "maps/ref.h"
#include "maps/ringbuf.h"
#include "schedule.h"

#define DRAM 0x200000u

static unsigned seeds = 1000, first_seed = 1;
static struct fw_map *m;
static uint64_t wrong;

static void report(const char *what, uint32_t seed)
{
    if (wrong)
        fprintf(stderr, "%s, seed %u: %llu wrong\n", what, seed, (unsigned long long)wrong);
    CU_ASSERT_EQUAL_FATAL(wrong, 0);
}

/* ---- a full hash: as many entries as keys, so that there is always room for one that is gone ----
 */

static void full_actor(uint32_t who)
{
    uint32_t key = dice(2), keys[2], count = 0;
    uint64_t value = key, values[2];
    int err;
    switch (dice(4)) {
    case 0:
        err = fw_map_delete(m, &key);
        break;
    case 1:
        err = fw_map_take(m, &key, &value, 0);
        break;
    case 2:
        if (who == HOST) {
            err = m->ops->bucket(m, dice(2), 2, (uint8_t *)keys, (uint8_t *)values, &count, 1);
            break;
        }
        /* fall through */
    default:
        err = fw_map_update(m, &key, &value, FW_ANY);
        wrong += err != 0;
    }
    wrong += err != 0 && err != FW_ENOENT;
}

static void test_full(void)
{
    for (uint32_t s = first_seed; s < first_seed + seeds; s++) {
        m = fake_map(FW_MAP_HASH, 4, 8, 2, 0);
        wrong = 0;
        run_schedule(s, full_actor);
        report("full hash", s);
        fw_map_destroy(&fake.ctl.maps, m);
    }
    CU_ASSERT_EQUAL(fw_extents_free_bytes(&fake.ctl.maps.dram), DRAM);
}

/* ---- Bloom filter: what was pushed is there, for everybody, from then on ---- */

static uint8_t in_filter[256];

static void bloom_actor(uint32_t who)
{
    uint64_t value = dice(256);
    (void)who;
    int was = in_filter[value];
    if (dice(2)) {
        wrong += fw_map_push(m, &value, FW_ANY) != 0;
        in_filter[value] = 1;
    } else {
        wrong += fw_map_peek(m, &value) != 0 && was;
    }
}

static void test_bloom(void)
{
    for (uint32_t s = first_seed; s < first_seed + seeds; s++) {
        uint32_t there = 0;
        m = fake_map(FW_MAP_BLOOM_FILTER, 0, 8, 64, 0);
        memset(in_filter, 0, sizeof(in_filter));
        wrong = 0;
        run_schedule(s, bloom_actor);
        for (uint64_t v = 0; v < 256; v++) {
            int err = fw_map_peek(m, &v);
            wrong += err != 0 && in_filter[v];
            there += err == 0;
        }
        CU_ASSERT(there < 256); /* it is not simply full */
        report("Bloom filter", s);
        fw_map_destroy(&fake.ctl.maps, m);
    }
    CU_ASSERT_EQUAL(fw_extents_free_bytes(&fake.ctl.maps.dram), DRAM);
}

/* ---- ring buffer: records come whole, once, and in the order of the ring ---- */

#define RING 4096u

static uint64_t produced, consumed, taken_back;

static struct fw_ringbuf_hdr *header_at(uint64_t at)
{
    return plat_ptr(m->base + FW_RINGBUF_DATA + ((uint32_t)at & (RING - 1)));
}

/* Byte `i` of a record's data, which may begin again at the ring's start. */
static uint64_t word_at(uint64_t at, uint32_t i)
{
    return *(const uint64_t *)(const void *)header_at(at + 8 + 8 * (uint64_t)i);
}

static void consume(void)
{
    uint64_t *tail = plat_ptr(m->base + FW_RINGBUF_CONSUMER), at = *tail;
    const uint64_t *head = plat_ptr(m->base + FW_RINGBUF_PRODUCER);
    while (at < *head) {
        uint32_t len = header_at(at)->len, bytes = len & ~FW_RINGBUF_DISCARD;
        if (len & FW_RINGBUF_BUSY)
            break;
        wrong += bytes % 8 != 0 || bytes > 1024;
        for (uint32_t i = 0; i < bytes / 8 && bytes <= 1024; i++)
            wrong += word_at(at, i) != word_at(at, 0);
        consumed += len & FW_RINGBUF_DISCARD ? 0 : 1;
        at += (bytes + 8 + 7) & ~7u;
        *tail = at;
    }
}

static void ring_actor(uint32_t who)
{
    uint32_t words = 1 + dice(100);
    if (who == HOST) {
        consume();
        return;
    }
    uint64_t *r = fw_ringbuf_reserve(m, 8 * words);
    if (!r)
        return;
    for (uint32_t i = 0; i < words; i++) {
        r[i] = (uint64_t)who << 32 | words;
        if (i % 16 == 0)
            maybe_switch(); /* others go on while it is written */
    }
    int back = dice(4) == 0;
    (void)fw_ringbuf_commit(m, r, 0, back);
    produced += back ? 0 : 1;
    taken_back += back ? 1 : 0;
}

static void test_ring(void)
{
    uint64_t all = 0, full = 0;
    for (uint32_t s = first_seed; s < first_seed + seeds; s++) {
        m = fake_map(FW_MAP_RINGBUF, 0, 0, RING, 0);
        wrong = produced = consumed = taken_back = 0;
        run_schedule(s, ring_actor);
        consume();
        CU_ASSERT_EQUAL(produced, consumed);
        CU_ASSERT_EQUAL(produced + taken_back + fw_ringbuf_lost(m), OPS * FAKE_CPUS);
        all += produced;
        full += fw_ringbuf_lost(m);
        report("ring buffer", s);
        fw_map_destroy(&fake.ctl.maps, m);
    }
    CU_ASSERT(all > seeds && full > 0); /* both happen */
    CU_ASSERT_EQUAL(fw_extents_free_bytes(&fake.ctl.maps.dram), DRAM);
}

/* ---- maps of maps: an entry is a map or none, also while the host replaces and destroys ---- */

#define INNER 4u

static struct fw_map *inner[INNER];

static uint32_t handle_of(const struct fw_map *map)
{
    return FAKE_HANDLES + ((uint32_t)(map - fake.map) << FW_MAP_SHIFT);
}

static void host_replaces(void)
{
    uint32_t key = dice(3), n = dice(INNER), handle = handle_of(inner[n]);
    switch (dice(4)) {
    case 0:
        wrong += fw_map_write(m, &key, &handle, FW_ANY) != 0;
        break;
    case 1:
        (void)fw_map_delete(m, &key);
        break;
    case 2: { /* what an entry names is held */
        uint64_t unused;
        struct fw_sqe sqe = {.op = FW_ADMIN_MAP_DESTROY, .handle = handle};
        fake.meanwhile = NULL; /* the command waits for packets, which none of these is */
        int err = fw_ctl_execute(&fake.ctl, &sqe, &unused);
        if (err == 0)
            inner[n] = fake_map(FW_MAP_ARRAY, 4, 8, 1, 0);
        fake.meanwhile = maybe_switch;
        wrong += err != 0 && err != FW_EBUSY;
        break;
    }
    default: {
        uint32_t value = 0;
        int err = fw_map_read(m, &key, &value, 0);
        wrong += err != 0 && err != FW_ENOENT;
        wrong += err == 0 && !fw_maps_find(&fake.ctl.maps, value);
    }
    }
}

static void of_maps_actor(uint32_t who)
{
    uint32_t key = dice(3);
    if (who == HOST) {
        host_replaces();
        return;
    }
    /* what a program gets: the descriptor's address, which is the handle */
    uint32_t at = (uint32_t)(uintptr_t)fw_map_lookup(m, &key);
    wrong += at != 0 && (at - FAKE_HANDLES) % sizeof(struct fw_map) != 0;
    wrong += at != 0 && (at - FAKE_HANDLES) >> FW_MAP_SHIFT > INNER;
}

static void run_of_maps(uint32_t type)
{
    for (uint32_t s = first_seed; s < first_seed + seeds; s++) {
        uint32_t key;
        for (uint32_t n = 0; n < INNER; n++)
            inner[n] = fake_map(FW_MAP_ARRAY, 4, 8, 1, 0);
        m = fake_map(type, 4, 4, 3, 0);
        wrong = 0;
        run_schedule(s, of_maps_actor);
        for (key = 0; key < 3; key++)
            (void)fw_map_delete(m, &key);
        report("map of maps", s);
        fw_map_destroy(&fake.ctl.maps, m);
        for (uint32_t n = 0; n < INNER; n++) {
            uint64_t unused;
            struct fw_sqe sqe = {.op = FW_ADMIN_MAP_DESTROY, .handle = handle_of(inner[n])};
            CU_ASSERT_EQUAL(fw_ctl_execute(&fake.ctl, &sqe, &unused), 0); /* nothing holds it */
        }
    }
    CU_ASSERT_EQUAL(fw_extents_free_bytes(&fake.ctl.maps.dram), DRAM);
}

static void test_of_maps(void)
{
    run_of_maps(FW_MAP_ARRAY_OF_MAPS);
    run_of_maps(FW_MAP_HASH_OF_MAPS);
}

static const struct cunit_case cases[] = {
    {"full hash", test_full},
    {"Bloom filter", test_bloom},
    {"ring buffer", test_ring},
    {"maps of maps", test_of_maps},
    {NULL, NULL},
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
    int rc = cunit_run("map schedules, more types", cases);
    fake_stop();
    free(stacks);
    return rc;
}
