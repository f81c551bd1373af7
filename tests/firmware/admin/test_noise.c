/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hostile hosts: random commands of every kind with operands that are nearly right, random
 * forwarding tables that programs then ask, a trace ring that is read with every room. The
 * sanitizers, and fake.c's abort on a wild address, are the judges. Arguments: rounds, a seed.
 */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "cunit_main.h"
#include "dice.h"
#include "fake.h"
#include "helpers/fib.h"
#include "helpers/trace.h"

#define DRAM  0x800000u
#define KEY   FAKE_HOST_IOVA
#define VALUE (FAKE_HOST_IOVA + 0x100000)

static unsigned long rounds = 60000;
static uint64_t x = 88172645463325252u;

static uint64_t next(void)
{
    return dice64(&x);
}

static uint32_t dice(uint32_t n)
{
    return (uint32_t)(next() >> 20) % n;
}

static void noise(void *to, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        ((uint8_t *)to)[i] = (uint8_t)(next() >> 30);
}

/* ---- forwarding tables ---- */

/* A block whose header says what fits, or nearly, and whose rows name one another at random. */
static uint32_t make_fib(uint8_t *block, uint32_t room)
{
    uint32_t bytes = 64 * (1 + dice(room / 64));
    struct fw_fib f = {
        .magic = dice(50) ? FW_FIB_MAGIC : dice(2),
        .bytes = dice(50) ? bytes : dice(2 * room),
        .ports = 64 * dice(bytes / 64 + 1),
        .port_count = dice(20),
        .tables = 64 * dice(bytes / 64 + 1),
        .table_count = dice(6),
        .routes = 64 * dice(bytes / 64 + 1),
        .route_count = dice(30),
        .neighs = 64 * dice(bytes / 64 + 1),
        .neigh_mask = dice(10) ? (1u << dice(6)) - 1 : dice(1000),
        .probes = dice(8),
    };
    noise(block, bytes);
    for (uint32_t at = 0; at + 4 <= bytes; at += 4) { /* small numbers lead somewhere */
        uint32_t word = dice(3) ? dice(40) : FW_FIB_NODE | dice(16) << 27 | dice(bytes / 32 + 2);
        if (dice(3))
            memcpy(block + at, &word, 4);
    }
    for (uint32_t t = 0; t < f.table_count; t++) {
        struct fw_fib_table row = {.id = 253 + dice(3), .family = dice(2) ? 4 : 6};
        row.root = FW_FIB_NODE | dice(4) << 27 | dice(bytes / 32 + 1);
        if (f.tables + (t + 1) * sizeof(row) <= bytes)
            memcpy(block + f.tables + t * sizeof(row), &row, sizeof(row));
    }
    for (uint32_t p = 0; p < f.port_count; p++) {
        struct fw_fib_port row = {.flags = (uint16_t)dice(8), .mtu = dice(2000)};
        if (f.ports + (p + 1) * sizeof(row) <= bytes)
            memcpy(block + f.ports + p * sizeof(row), &row, sizeof(row));
    }
    memcpy(block, &f, sizeof(f));
    return bytes;
}

static uint64_t ask(const struct fw_fib *f)
{
    struct fw_fib_params p;
    noise(&p, sizeof(p));
    p.family = dice(2) ? 2 : 10;
    p.ifindex = dice(20);
    p.tbid = 253 + dice(4);
    if (dice(2))
        memset(p.dst, (int)dice(3), sizeof(p.dst));
    (void)fw_fib_mtu(f, dice(30));
    return (uint64_t)fw_fib_lookup(f, &p, dice(64));
}

/* The block is all the memory there is: what is read beside it is found. */
static void test_fib_blocks(void)
{
    uint8_t *scratch = malloc(8192);
    unsigned long taken = 0;
    uint32_t answers = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(scratch);
    for (unsigned long n = 0; n < rounds; n++) {
        uint32_t bytes = make_fib(scratch, 8192);
        struct fw_fib *f = aligned_alloc(64, bytes);
        CU_ASSERT_PTR_NOT_NULL_FATAL(f);
        memcpy(f, scratch, bytes);
        if (fw_fib_check(f, bytes) == 0) {
            taken++;
            for (unsigned i = 0; i < 20; i++)
                answers |= 1u << (ask(f) & 15);
        }
        free(f);
    }
    CU_ASSERT(taken > rounds / 100);
    CU_ASSERT(answers > 1000); /* many different ones */
    free(scratch);
}

/* ---- commands ---- */

static uint32_t any_handle(void)
{
    return dice(4) ? FAKE_HANDLES + dice(24) * 128 : dice(2) ? dice(8) | 65536 : (uint32_t)next();
}

/* A spec that some type takes, mostly. */
static void put_spec(void)
{
    static const uint32_t types[] = {FW_MAP_HASH,       FW_MAP_ARRAY,         FW_MAP_PERCPU_HASH,
                                     FW_MAP_LPM_TRIE,   FW_MAP_LRU_HASH,      FW_MAP_QUEUE,
                                     FW_MAP_STACK,      FW_MAP_BLOOM_FILTER,  FW_MAP_RINGBUF,
                                     FW_MAP_PROG_ARRAY, FW_MAP_ARRAY_OF_MAPS, FW_MAP_DEVMAP_HASH,
                                     FW_MAP_CPUMAP,     FW_MAP_XSKMAP,        FW_MAP_HASH_OF_MAPS};
    uint32_t type = types[dice(sizeof(types) / sizeof(types[0]))];
    int none = type == FW_MAP_QUEUE || type == FW_MAP_STACK || type == FW_MAP_BLOOM_FILTER;
    struct fw_map_spec s = {
        .type = type,
        .key_size = none || type == FW_MAP_RINGBUF ? 0
                    : type == FW_MAP_LPM_TRIE      ? 8
                                                   : 4,
        .value_size = type == FW_MAP_RINGBUF ? 0
                      : dice(3)              ? 4
                                             : 1 + dice(100),
        .max_entries = type == FW_MAP_RINGBUF ? 4096u << dice(3) : 1 + dice(50),
        .flags = type == FW_MAP_LPM_TRIE ? FW_F_NO_PREALLOC : 0,
        .extra = type == FW_MAP_BLOOM_FILTER ? dice(16) : 0,
    };
    if (dice(10) == 0)
        ((uint8_t *)&s)[dice(sizeof(s))] ^= (uint8_t)(1u << dice(8));
    memcpy(fake_host(KEY), &s, sizeof(s));
}

static struct fw_sqe command(void)
{
    struct fw_sqe s = {
        .op = (uint8_t)(1 + dice(60)),
        .handle = any_handle(),
        .key_iova = dice(20) ? KEY : next(),
        .value_iova = dice(20) ? VALUE : next(),
        .key_len = dice(3) ? 4 : dice(200),
        .value_len = dice(3) ? 4 + 4 * dice(8) : dice(2000),
        .arg0 = dice(3) ? dice(5) : next() >> dice(64),
        .arg1 = dice(3) ? dice(4) : next() >> dice(64),
    };
    switch (s.op) {
    case FW_ADMIN_MAP_CREATE:
        put_spec();
        s.key_len = sizeof(struct fw_map_spec);
        break;
    case FW_ADMIN_MAP_LOOKUP_BATCH:
    case FW_ADMIN_MAP_UPDATE_BATCH:
    case FW_ADMIN_MAP_DELETE_BATCH:
        s.arg0 = dice(20);
        s.key_len = dice(3) ? 8 * 20 : 4 * dice(40);
        s.value_len = dice(3) ? 8000 : 8 * dice(400);
        break;
    case FW_ADMIN_FIB_SET:
        s.value_len = dice(4) ? make_fib(fake_host(VALUE), 8192) : dice(9000);
        break;
    case FW_ADMIN_TRACE_SET:
        s.arg0 = dice(3) ? 4096u << dice(4) : s.arg0;
        break;
    case FW_ADMIN_TRACE_READ:
        s.value_len = dice(9000);
        break;
    default:
        break;
    }
    return s;
}

/* What programs do meanwhile: they print, they ask the tables. */
static void programs_run(void)
{
    uint32_t len = dice(120);
    struct fw_trace_record *r = fw_trace_reserve(&fake.trace, len);
    if (r)
        fw_trace_commit(r, len);
    (void)ask(fake.fib ? plat_ptr(fake.fib) : NULL);
}

static void test_commands(void)
{
    uint64_t done[256] = {0}, result;
    fake_start(DRAM);
    for (unsigned long n = 0; n < 4 * rounds; n++) {
        struct fw_sqe s = command();
        int err = fw_ctl_execute(&fake.ctl, &s, &result);
        done[s.op] += err == 0;
        programs_run();
    }
    CU_ASSERT(done[FW_ADMIN_FIB_SET] > 100 && done[FW_ADMIN_TRACE_SET] > 100);
    CU_ASSERT(done[FW_ADMIN_TRACE_READ] > 100 && done[FW_ADMIN_MAP_UPDATE_BATCH] > 10);
    CU_ASSERT(done[FW_ADMIN_MAP_CREATE] > 100 && done[FW_ADMIN_MAP_DESTROY] > 10);
    fake_stop();
}

/* ---- the trace ring: all that was printed, whole, whatever room the host has ---- */

static void test_trace_reader(void)
{
    uint64_t result;
    uint32_t printed = 0, seen = 0;
    fake_start(DRAM);
    struct fw_sqe set = {.op = FW_ADMIN_TRACE_SET, .arg0 = 4096};
    CU_ASSERT_EQUAL(fw_ctl_execute(&fake.ctl, &set, &result), 0);
    for (unsigned long n = 0; n < rounds; n++) {
        uint32_t len = dice(200);
        struct fw_trace_record *r = dice(2) ? fw_trace_reserve(&fake.trace, len) : NULL;
        if (r) {
            memset(r + 1, (int)(len & 0x7f), len);
            fw_trace_commit(r, len);
            printed++;
        }
        struct fw_sqe read = {.op = FW_ADMIN_TRACE_READ,
                              .value_iova = VALUE,
                              .value_len = n + 1 == rounds ? 8192 : dice(600)};
        do {
            CU_ASSERT_EQUAL_FATAL(fw_ctl_execute(&fake.ctl, &read, &result), 0);
            const uint8_t *at = fake_host(VALUE);
            for (uint32_t i = 0; i < (uint32_t)result;) {
                const struct fw_trace_record *got = (const void *)(at + i);
                CU_ASSERT_FATAL(got->bytes != 0 && got->bytes <= (uint32_t)result - i);
                i += got->bytes;
                if (got->len == FW_TRACE_SKIP)
                    continue;
                seen++;
                for (uint32_t b = 0; b < got->len; b++)
                    CU_ASSERT_FATAL(((const uint8_t *)(got + 1))[b] == (got->len & 0x7f));
            }
        } while (n + 1 == rounds && (uint32_t)result);
    }
    CU_ASSERT(printed > 100);
    CU_ASSERT_EQUAL(seen, printed);
    fake_stop();
}

/* ---- batches that DRAM does not suffice for ---- */

struct prefix {
    uint32_t bits;
    uint8_t ip[4];
};

/* As many as there is room for, in order; the others are not there, in no part. */
static void short_dram(uint32_t type, uint32_t entries, uint32_t least, uint32_t most)
{
    enum { COUNT = 3000 };
    struct prefix *keys;
    for (uint32_t dram = least; dram <= most; dram += (most - least) / 8) {
        uint64_t result = 0, v;
        fake_start(dram);
        struct fw_map *m = fake_map(type, 8, 8, entries, FW_F_NO_PREALLOC);
        keys = fake_host(KEY);
        uint64_t *values = fake_host(VALUE);
        for (uint32_t i = 0; i < COUNT; i++) {
            uint32_t ip = i * 2654435761u;
            keys[i].bits = 32;
            memcpy(keys[i].ip, &ip, 4);
            values[i] = i;
        }
        struct fw_sqe s = {.op = FW_ADMIN_MAP_UPDATE_BATCH,
                           .handle = FAKE_HANDLES + ((uint32_t)(m - fake.map) << FW_MAP_SHIFT),
                           .key_iova = KEY,
                           .key_len = COUNT * sizeof(*keys),
                           .value_iova = VALUE,
                           .value_len = COUNT * 8,
                           .arg0 = COUNT};
        int err = fw_ctl_execute(&fake.ctl, &s, &result);
        uint32_t done = (uint32_t)result;
        CU_ASSERT(err == FW_ENOMEM ||
                  (err == 0 && done > 0)); /* 0: for want of a stage it did less */
        CU_ASSERT(done < COUNT);
        CU_ASSERT_EQUAL(m->count, done);
        for (uint32_t i = 0; i < COUNT; i++) {
            int there = fw_map_read(m, &keys[i], &v, 0) == 0;
            CU_ASSERT_EQUAL(there, i < done);
            CU_ASSERT(!there || v == i);
        }
        fw_map_destroy(&fake.ctl.maps, m);
        CU_ASSERT_EQUAL(fw_extents_free_bytes(&fake.ctl.maps.dram), dram);
        fake_stop();
    }
}

static void test_short_dram(void)
{
    short_dram(FW_MAP_LPM_TRIE, 100000, 0x20000, 0x60000);
    short_dram(FW_MAP_HASH, 4000, 0x18000, 0x28000);
}

static const struct cunit_case cases[] = {
    {"forwarding tables", test_fib_blocks},
    {"commands", test_commands},
    {"trace ring", test_trace_reader},
    {"batches without DRAM", test_short_dram},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    if (argc > 1)
        rounds = strtoul(argv[1], NULL, 0);
    if (argc > 2)
        x ^= strtoul(argv[2], NULL, 0) * 0x9e3779b97f4a7c15u;
    return cunit_run("hostile hosts", cases);
}
