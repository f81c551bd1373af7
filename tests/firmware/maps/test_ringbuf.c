/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ring buffers against a model: producers that reserve, write, submit and
 * discard in any order, and a consumer that reads as libbpf's does, in schedules
 * drawn from seeds. Every record arrives once, whole, in the order of its reservation.
 */
#include "maps/ringbuf.h"

#include <string.h>

#include "cunit_main.h"
#include "dice.h"
#include "fake.h"

#define DRAM      0x100000u
#define RING      4096u
#define PRODUCERS 6u
#define SEEDS     1000u
#define STEPS     600u

static struct fw_map *m;
static uint64_t rng;

static uint32_t next_random(void)
{
    return (uint32_t)(dice64(&rng) >> 20);
}

static void start(uint32_t size)
{
    fake_start(DRAM);
    m = fake_map(FW_MAP_RINGBUF, 0, 0, size, 0);
}

static uint64_t *consumer(void)
{
    return plat_ptr(m->base + FW_RINGBUF_CONSUMER);
}

static uint64_t produced(void)
{
    return *(uint64_t *)plat_ptr(m->base + FW_RINGBUF_PRODUCER);
}

static uint64_t footprint(uint32_t len)
{
    return ((uint64_t)len + 8 + 7) & ~(uint64_t)7;
}

/* The ring's bytes as a consumer maps them: modulo its size. */
static void ring_read(uint64_t at, void *to, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++)
        ((uint8_t *)to)[i] = *(uint8_t *)plat_ptr(m->base + FW_RINGBUF_DATA +
                                                  (uint32_t)((at + i) & (m->spec.max_entries - 1)));
}

/* ---- single steps ---- */

static void test_layout(void)
{
    uint8_t bytes[16];
    struct fw_ringbuf_hdr hdr;
    start(2 * RING);
    CU_ASSERT_EQUAL(m->base % FW_MAP_PAGE, 0);
    CU_ASSERT_EQUAL(fw_map_value_addr(m), m->base);
    uint8_t *r = fw_ringbuf_reserve(m, 13);
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    ring_read(0, &hdr, 8);
    CU_ASSERT_EQUAL(hdr.len, 13 | FW_RINGBUF_BUSY);
    CU_ASSERT_EQUAL(hdr.pg_off, 3); /* as the kernel counts */
    CU_ASSERT_EQUAL(produced(), 24);
    memset(r, 7, 13);
    CU_ASSERT_NOT_EQUAL(fw_ringbuf_commit(m, r, 0, 0), 0); /* the consumer waits for the first */
    ring_read(0, &hdr, 8);
    CU_ASSERT_EQUAL(hdr.len, 13);
    ring_read(8, bytes, 13);
    CU_ASSERT(bytes[0] == 7 && bytes[12] == 7);
    r = fw_ringbuf_reserve(m, 4096 - 24);
    CU_ASSERT_EQUAL(fw_ringbuf_commit(m, r, 0, 1),
                    0); /* not at this one, it has 13 bytes to read */
    r = fw_ringbuf_reserve(m, 0);
    CU_ASSERT_NOT_EQUAL(fw_ringbuf_commit(m, r, FW_RB_FORCE_WAKEUP, 0), 0);
    ring_read(24, &hdr, 8);
    CU_ASSERT_EQUAL(hdr.len, (4096 - 24) | FW_RINGBUF_DISCARD);
    ring_read(4096 + 8, &hdr, 8);
    CU_ASSERT(hdr.len == 0 && hdr.pg_off == 4);
    *consumer() = produced();
    r = fw_ringbuf_reserve(m, 1);
    CU_ASSERT_EQUAL(fw_ringbuf_commit(m, r, FW_RB_NO_WAKEUP, 0), 0);
    CU_ASSERT_EQUAL(fw_ringbuf_query(m, FW_RB_AVAIL_DATA), 16);
    CU_ASSERT_EQUAL(fw_ringbuf_query(m, FW_RB_RING_SIZE), 2 * RING);
    CU_ASSERT_EQUAL(fw_ringbuf_query(m, FW_RB_CONS_POS), produced() - 16);
    CU_ASSERT_EQUAL(fw_ringbuf_query(m, FW_RB_PROD_POS), produced());
    CU_ASSERT_EQUAL(fw_ringbuf_query(m, 4), 0);
    fake_stop();
}

static void test_full(void)
{
    start(RING);
    CU_ASSERT_PTR_NULL(fw_ringbuf_reserve(m, RING));     /* never: with its header it is more */
    CU_ASSERT_PTR_NULL(fw_ringbuf_reserve(m, RING - 8)); /* never either: one byte stays free */
    CU_ASSERT_PTR_NULL(fw_ringbuf_reserve(m, UINT64_MAX));
    CU_ASSERT_PTR_NULL(fw_ringbuf_reserve(m, UINT32_MAX));
    CU_ASSERT_EQUAL(fw_ringbuf_lost(m), 4);
    uint8_t *first = fw_ringbuf_reserve(m, 1000);
    for (int i = 0; i < 3; i++) {
        uint8_t *r = fw_ringbuf_reserve(m, 1000);
        CU_ASSERT_PTR_NOT_NULL_FATAL(r);
        (void)fw_ringbuf_commit(m, r, 0, 0);
    }
    CU_ASSERT_PTR_NULL(fw_ringbuf_reserve(m, 1000));
    CU_ASSERT_EQUAL(fw_ringbuf_lost(m), 5);
    *consumer() = produced(); /* a consumer that skips: the first record's memory is still in use */
    CU_ASSERT_PTR_NULL(fw_ringbuf_reserve(m, 1000));
    (void)fw_ringbuf_commit(m, first, 0, 0);
    CU_ASSERT_PTR_NOT_NULL(fw_ringbuf_reserve(m, 1000));
    fake_stop();
}

/* What the pointer of a program may be, and what it is not. */
static void test_pointers(void)
{
    start(RING);
    struct fw_map *other = fake_map(FW_MAP_RINGBUF, 0, 0, RING, 0);
    uint8_t *r = fw_ringbuf_reserve(m, 40);
    uint32_t addr = m->base + FW_RINGBUF_DATA + 8;
    uint32_t handle = FAKE_HANDLES + ((uint32_t)(m - fake.ctl.maps.map) << FW_MAP_SHIFT);
    CU_ASSERT_PTR_EQUAL(r, plat_ptr(addr));
    CU_ASSERT_EQUAL(fw_ringbuf_of(addr), handle);
    CU_ASSERT(fw_ringbuf_holds(m, addr));
    CU_ASSERT_FALSE(fw_ringbuf_holds(other, addr));
    CU_ASSERT_FALSE(fw_ringbuf_holds(m, addr + 8));
    CU_ASSERT_FALSE(fw_ringbuf_holds(m, addr + 4));
    CU_ASSERT_EQUAL(fw_ringbuf_of(addr + 4), 0);
    struct fw_ringbuf_hdr *hdr = (struct fw_ringbuf_hdr *)r - 1;
    static const uint32_t wild[] = {0, 1, 2, 4, 100, 0x80000, UINT32_MAX};
    for (unsigned i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
        hdr->pg_off = wild[i]; /* overwritten: no access outside DRAM (fake aborts), no ring */
        CU_ASSERT_NOT_EQUAL(fw_ringbuf_of(addr), handle);
    }
    hdr->pg_off = 3;
    hdr->len |= 0x3fffffff;
    CU_ASSERT_FALSE(fw_ringbuf_holds(m, addr));
    hdr->len = 40 | FW_RINGBUF_BUSY;
    (void)fw_ringbuf_commit(m, r, 0, 0);
    CU_ASSERT_FALSE(fw_ringbuf_holds(m, addr)); /* twice */
    fake_stop();
}

/* A record's length is where programs can write: no value of it makes reserve run for ever. */
static void test_overwritten(void)
{
    static const uint32_t lengths[] = {0, 7, 4096, 0x3fffffff, 0x7fffffff};

    for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        start(RING);
        uint8_t *record = fw_ringbuf_reserve(m, 16);
        CU_ASSERT_PTR_NOT_NULL_FATAL(record);
        CU_ASSERT_EQUAL(fw_ringbuf_commit(m, record, 0, 0), 1);
        memcpy(record - 8, &lengths[i], 4);
        *consumer() = produced();
        (void)fw_ringbuf_reserve(m, 16);
        CU_ASSERT_EQUAL(m->lock, 0);
        fake_stop();
    }
}

static void test_create(void)
{
    static const uint32_t sizes[] = {0, 1, 4095, 4096 * 3, 2048, 0x80000000u};
    uint32_t handle;
    fake_start(DRAM);
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct fw_map_spec spec = {.type = FW_MAP_RINGBUF, .max_entries = sizes[i]};
        CU_ASSERT_EQUAL(fw_map_create(&fake.ctl.maps, &spec, &handle),
                        i == 5 ? FW_ENOMEM : FW_EINVAL);
    }
    struct fw_map_spec spec = {.type = FW_MAP_RINGBUF, .key_size = 4, .max_entries = RING};
    CU_ASSERT_EQUAL(fw_map_create(&fake.ctl.maps, &spec, &handle), FW_EINVAL);
    fake_stop();
}

/* ---- schedules ---- */

struct producer {
    uint8_t *record;
    uint32_t len, number;
};

/* What should arrive, in order of reservation. */
static struct {
    uint32_t len, state; /* 0 busy, 1 submitted, 2 discarded */
} expected[STEPS];
static uint32_t reserved, consumed_count;
static uint64_t in_use; /* bytes between the consumer and the producers */

static void produce(struct producer *p)
{
    if (p->record) {
        int discard = next_random() % 4 == 0;
        (void)fw_ringbuf_commit(m, p->record, 0, discard);
        expected[p->number].state = discard ? 2 : 1;
        p->record = NULL;
        return;
    }
    p->len = next_random() % 8 == 0 ? next_random() % 3000 : next_random() % 300;
    p->record = fw_ringbuf_reserve(m, p->len);
    int fits = in_use + footprint(p->len) <= RING - 1;
    CU_ASSERT(!p->record || fits);
    if (!p->record)
        return;
    p->number = reserved;
    expected[reserved].len = p->len;
    expected[reserved++].state = 0;
    in_use += footprint(p->len);
    for (uint32_t i = 0; i < p->len; i++)
        p->record[i] = (uint8_t)(p->number + i);
}

static void check_record(uint64_t at, uint32_t len, uint32_t number)
{
    uint8_t bytes[3000];
    ring_read(at + 8, bytes, len);
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < len; i++)
        wrong += bytes[i] != (uint8_t)(number + i);
    CU_ASSERT_EQUAL(wrong, 0);
}

/* As libbpf's ringbuf_process_ring. */
static void consume(void)
{
    uint64_t at = *consumer();
    while (at < produced()) {
        struct fw_ringbuf_hdr hdr;
        ring_read(at, &hdr, 8);
        if (hdr.len & FW_RINGBUF_BUSY)
            break;
        uint32_t len = hdr.len & ~FW_RINGBUF_DISCARD;
        CU_ASSERT_FATAL(consumed_count < reserved);
        CU_ASSERT_EQUAL_FATAL(len, expected[consumed_count].len);
        CU_ASSERT_EQUAL(expected[consumed_count].state, hdr.len & FW_RINGBUF_DISCARD ? 2 : 1);
        check_record(at, len, consumed_count++);
        at += footprint(len);
        in_use -= footprint(len);
        *consumer() = at;
    }
}

static void one_schedule(uint64_t seed)
{
    struct producer p[PRODUCERS] = {{0}};
    rng = (seed + 1) * 0x9e3779b97f4a7c15u;
    reserved = consumed_count = 0;
    in_use = 0;
    for (uint32_t i = 0; i < STEPS; i++) {
        uint32_t who = next_random() % (PRODUCERS + 1);
        if (who == PRODUCERS)
            consume();
        else
            produce(&p[who]);
    }
    for (uint32_t i = 0; i < PRODUCERS; i++)
        if (p[i].record)
            produce(&p[i]);
    consume();
    CU_ASSERT_EQUAL(consumed_count, reserved);
    CU_ASSERT_EQUAL(*consumer(), produced());
    CU_ASSERT_EQUAL(in_use, 0);
}

static void test_schedules(void)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        start(RING);
        one_schedule(seed);
        fake_stop();
    }
}

static const struct cunit_case cases[] = {
    {"layout", test_layout},
    {"full", test_full},
    {"pointers", test_pointers},
    {"sizes that cannot be", test_create},
    {"schedules", test_schedules},
    {"overwritten", test_overwritten},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("ring buffers", cases);
}
