/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Many admin commands on one map in flight at once, and packets that use it: reads of every kind
 * around the command that destroys it. Each is answered, as if they had come one by one; the map's
 * memory comes back. Argument: the firmware, rounds.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"
#include "dice.h"
#include "realnic.h"

#define COMMANDS 12u
#define ENTRIES  100u
#define KEY      8u
#define VALUE    64u
#define ROOM     16384u /* host bytes of a command: keys, then values */

static const char *firmware;
static unsigned long rounds = 150;
static uint32_t rng = 20261122;
static struct realnic nic;

struct flight {
    struct nicdrv_cmd cmd;
    uint8_t *mem;
    uint64_t iova;
};

static uint32_t dice(uint32_t n)
{
    return dice32(&rng) % n;
}

static uint64_t value_of(uint64_t key)
{
    return key * 0x9e3779b97f4a7c15u;
}

static void fill(const struct nicdrv_map *map)
{
    static uint64_t keys[ENTRIES], values[ENTRIES][VALUE / 8];
    struct nicdrv_batch b = {.keys = keys, .values = values, .count = ENTRIES};
    for (uint64_t k = 0; k < ENTRIES; k++) {
        keys[k] = k;
        for (unsigned w = 0; w < VALUE / 8; w++)
            values[k][w] = value_of(k);
    }
    CU_ASSERT_EQUAL_FATAL(nicdrv_map_batch(nic.drv, map, NICDRV_BATCH_UPDATE, &b), 0);
}

/* A read of some kind, or the destruction. */
static void make(struct flight *f, const struct nicdrv_map *map, bool destroy)
{
    static const uint8_t reads[] = {FW_ADMIN_MAP_LOOKUP, FW_ADMIN_MAP_NEXT,
                                    FW_ADMIN_MAP_LOOKUP_BATCH};
    uint64_t key = dice(ENTRIES);
    f->cmd = (struct nicdrv_cmd){.sqe = {.op = reads[dice(3)], .handle = map->handle}};
    if (destroy) {
        f->cmd.sqe.op = FW_ADMIN_MAP_DESTROY;
        return;
    }
    memset(f->mem, 0xee, ROOM);
    memcpy(f->mem, &key, KEY);
    f->cmd.sqe.key_iova = f->iova;
    f->cmd.sqe.key_len = KEY;
    f->cmd.sqe.value_iova = f->iova + ROOM / 4;
    f->cmd.sqe.value_len = f->cmd.sqe.op == FW_ADMIN_MAP_NEXT ? KEY : VALUE;
    if (f->cmd.sqe.op == FW_ADMIN_MAP_LOOKUP_BATCH) {
        f->cmd.sqe.arg0 = ENTRIES;
        f->cmd.sqe.key_len = ENTRIES * KEY;
        f->cmd.sqe.value_len = ENTRIES * VALUE;
    }
}

/* `n` entries as fill() made them. */
static void check_entries(const uint8_t *keys, const uint8_t *values, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        uint64_t key, v[VALUE / 8];
        memcpy(&key, keys + (size_t)i * KEY, KEY);
        memcpy(v, values + (size_t)i * VALUE, VALUE);
        CU_ASSERT(key < ENTRIES);
        for (unsigned w = 0; w < VALUE / 8; w++)
            CU_ASSERT_EQUAL(v[w], value_of(key));
    }
}

/* What a read before the destruction finds, and after it. */
static void check(const struct flight *f, bool before)
{
    if (f->cmd.sqe.op == FW_ADMIN_MAP_DESTROY) {
        CU_ASSERT_EQUAL(f->cmd.cqe.status, 0);
        return;
    }
    if (!before) {
        CU_ASSERT_EQUAL(f->cmd.cqe.status, ENOENT);
        return;
    }
    if (f->cmd.sqe.op == FW_ADMIN_MAP_NEXT) {
        CU_ASSERT(f->cmd.cqe.status == 0 || f->cmd.cqe.status == ENOENT); /* the last one */
        return;
    }
    CU_ASSERT_EQUAL(f->cmd.cqe.status, 0);
    if (f->cmd.sqe.op == FW_ADMIN_MAP_LOOKUP) {
        check_entries(f->mem, f->mem + ROOM / 4, 1);
    } else {
        uint32_t n = (uint32_t)f->cmd.cqe.result & ~FW_BATCH_END;
        CU_ASSERT_EQUAL(n, ENTRIES);
        check_entries(f->mem, f->mem + ROOM / 4, n <= ENTRIES ? n : 0);
    }
}

static void run_round(struct flight flight[COMMANDS])
{
    struct fw_map_spec spec = {.type = BPF_MAP_TYPE_HASH,
                               .key_size = KEY,
                               .value_size = VALUE,
                               .max_entries = 2 * ENTRIES};
    struct nicdrv_map map;
    uint32_t last = dice(COMMANDS);
    CU_ASSERT_EQUAL_FATAL(nicdrv_map_create(nic.drv, &spec, &map), 0);
    fill(&map);
    realnic_send(&nic, 20, 60); /* the destruction waits for packets on their way */
    for (uint32_t i = 0; i < COMMANDS; i++) {
        make(&flight[i], &map, i == last);
        CU_ASSERT_EQUAL_FATAL(nicdrv_submit(nic.drv, &flight[i].cmd), 0);
    }
    for (uint32_t i = 0; i < COMMANDS; i++) {
        uint32_t n = (i + last) % COMMANDS; /* waited for in any order */
        (void)nicdrv_wait(nic.drv, &flight[n].cmd);
        CU_ASSERT_FATAL(flight[n].cmd.done);
    }
    for (uint32_t i = 0; i < COMMANDS; i++)
        check(&flight[i], i < last);
}

static void test_destroyed(void)
{
    struct flight flight[COMMANDS];
    CU_ASSERT_FATAL(realnic_open(&nic, firmware));
    uint64_t room = nicdrv_caps(nic.drv)->limits.map_bytes_free;
    for (uint32_t i = 0; i < COMMANDS; i++) {
        flight[i].mem = nicdrv_dma_alloc(nic.drv, ROOM, &flight[i].iova);
        CU_ASSERT_PTR_NOT_NULL_FATAL(flight[i].mem);
    }
    for (unsigned long n = 0; n < rounds; n++)
        run_round(flight);
    CU_ASSERT_EQUAL(nicdrv_caps_refresh(nic.drv), 0);
    CU_ASSERT_EQUAL(nicdrv_caps(nic.drv)->limits.map_bytes_free, room);
    for (uint32_t i = 0; i < COMMANDS; i++)
        nicdrv_dma_free(nic.drv, flight[i].mem);
    realnic_close(&nic);
}

static const struct cunit_case cases[] = {{"read while it is destroyed", test_destroyed},
                                          {NULL, NULL}};

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    firmware = argv[1];
    if (argc > 2)
        rounds = strtoul(argv[2], NULL, 0);
    return cunit_run("commands in flight", cases);
}
