/* SPDX-License-Identifier: BSD-3-Clause */
/* The event queue: order, wrapping, a host that does not keep up, memory that is not there. */
#include "events/queue.h"

#include <string.h>

#include "cunit_main.h"
#include "fake.h"
#include "maps/perf_array.h"

#define RING    FAKE_HOST_IOVA
#define DATA    (FAKE_HOST_IOVA + 0x10000)
#define ENTRIES 8u
#define SLOT    128u

static const struct fw_evq_spec good = {
    .ring_iova = RING,
    .data_iova = DATA,
    .entries = ENTRIES,
    .slot_bytes = SLOT,
    .vector = 65,
};

static void start(void)
{
    fake_start(0x100000);
    fake.admin.vector = 65; /* what the fake expects to be raised */
    CU_ASSERT_EQUAL_FATAL(fw_evq_open(&fake.evq, &good), 0);
}

static int send(uint32_t index, const char *text, const char *more)
{
    struct fw_event ev = {.handle = 77, .type = FW_EVENT_PERF, .index = index, .lost = 3};
    const struct fw_event_part part[2] = {
        {text, (uint32_t)strlen(text)},
        {more, (uint32_t)strlen(more)},
    };
    return fw_evq_send(&fake.evq, &ev, part, 2);
}

static const struct fw_event *event(uint32_t entry)
{
    return (const struct fw_event *)fake_host(RING) + entry % ENTRIES;
}

static void test_events(void)
{
    start();
    for (uint32_t i = 0; i < 5 * ENTRIES; i++) {
        fake.time_ns = 1000 + i;
        CU_ASSERT_EQUAL(send(i, "meta", i % 2 ? "packet" : ""), 0);
        const struct fw_event *ev = event(i);
        CU_ASSERT_EQUAL(ev->phase & 1, i / ENTRIES % 2 ? 0 : 1);
        CU_ASSERT(ev->handle == 77 && ev->type == FW_EVENT_PERF && ev->index == i);
        CU_ASSERT(ev->lost == 3 && ev->time_ns == 1000 + i);
        CU_ASSERT_EQUAL(ev->len, i % 2 ? 10 : 4);
        const char *data = fake_host(DATA + (uint64_t)(i % ENTRIES) * SLOT);
        CU_ASSERT_EQUAL(memcmp(data, "metapacket", ev->len), 0);
        fake.evq_head = i + 1;
    }
    CU_ASSERT_EQUAL(fake.msix, 5 * ENTRIES);
    fake_stop();
}

static void test_full(void)
{
    struct fw_event_counts c;
    start();
    for (uint32_t i = 0; i < ENTRIES; i++)
        CU_ASSERT_EQUAL(send(i, "x", ""), 0);
    CU_ASSERT_EQUAL(send(100, "x", ""), FW_ENOSPC);
    CU_ASSERT_EQUAL(event(0)->index, 0); /* nothing was written over */
    fake.evq_head = 2;
    CU_ASSERT_EQUAL(send(101, "x", ""), 0);
    CU_ASSERT_EQUAL(send(102, "x", ""), 0);
    CU_ASSERT_EQUAL(send(103, "x", ""), FW_ENOSPC);
    CU_ASSERT(event(0)->index == 101 && event(1)->index == 102);
    fake.evq_head =
        1000; /* a host that claims what it cannot have consumed: no harm but to itself */
    CU_ASSERT_EQUAL(send(104, "x", ""), FW_ENOSPC);
    fw_evq_counts(&fake.evq, &c);
    CU_ASSERT_EQUAL(c.sent, ENTRIES + 2);
    CU_ASSERT_EQUAL(c.lost, 3);
    fake_stop();
}

static void test_bad_memory(void)
{
    char long_text[SLOT + 2];
    start();
    memset(long_text, 'x', SLOT + 1);
    long_text[SLOT + 1] = '\0';
    CU_ASSERT_EQUAL(send(1, long_text, ""), FW_ENOSPC);
    CU_ASSERT_EQUAL(send(1, long_text + 1, ""), 0); /* a whole slot */
    fake.evq.spec.data_iova = 0x1000;               /* not mapped */
    CU_ASSERT_EQUAL(send(2, "x", ""), FW_EFAULT);
    CU_ASSERT(event(1)->type == FW_EVENT_NONE && event(1)->phase == 1); /* can be gone past */
    fake.evq.spec.ring_iova = 0x1000;
    CU_ASSERT_EQUAL(send(3, "", ""), FW_EFAULT);
    fw_evq_close(&fake.evq);
    CU_ASSERT_EQUAL(send(4, "x", ""), FW_ENOSPC);
    fake_stop();
}

static void test_open(void)
{
    struct fw_evq_spec s;
    fake_start(0x100000);
    static const uint32_t entries[] = {0, 1, 3, 131072};
    for (unsigned i = 0; i < 4; i++) {
        s = good;
        s.entries = entries[i];
        CU_ASSERT_EQUAL(fw_evq_open(&fake.evq, &s), FW_EINVAL);
    }
    static const uint32_t slots[] = {0, 63, 65, 65600};
    for (unsigned i = 0; i < 4; i++) {
        s = good;
        s.slot_bytes = slots[i];
        CU_ASSERT_EQUAL(fw_evq_open(&fake.evq, &s), FW_EINVAL);
    }
    s = good;
    s.vector = NIC_VECTORS;
    CU_ASSERT_EQUAL(fw_evq_open(&fake.evq, &s), FW_EINVAL);
    CU_ASSERT_EQUAL(fw_evq_open(&fake.evq, &good), 0);
    CU_ASSERT_EQUAL(fw_evq_open(&fake.evq, &good), FW_EBUSY);
    fake_stop();
}

/* Which entry a program's flags name. */
static void test_perf_entries(void)
{
    uint32_t index, key, cpu, none = 0;
    fake_start(0x100000);
    struct fw_map *m = fake_map(FW_MAP_PERF_EVENT_ARRAY, 4, 4, 8, 0);
    CU_ASSERT_EQUAL(fw_perf_entry(m, FW_F_CURRENT_CPU, 5, &index), FW_ENOENT);
    for (key = 0; key < 3; key++) {
        cpu = key + 1;
        CU_ASSERT_EQUAL(fw_map_write(m, &key, &cpu, FW_ANY), 0);
    }
    for (uint32_t hart = 0; hart < 20; hart++) {
        CU_ASSERT_EQUAL(fw_perf_entry(m, FW_F_CURRENT_CPU, hart, &index), 0);
        CU_ASSERT_EQUAL(index, hart % 3);
        CU_ASSERT_EQUAL(fw_perf_entry(m, 1, hart, &index), hart % 3 == 1 ? 0 : FW_EOPNOTSUPP);
    }
    CU_ASSERT_EQUAL(fw_perf_entry(m, 8, 0, &index), FW_E2BIG);
    CU_ASSERT_EQUAL(fw_perf_entry(m, 7, 0, &index), FW_ENOENT);
    key = 2;
    CU_ASSERT_EQUAL(fw_map_delete(m, &key), 0);
    CU_ASSERT_EQUAL(fw_map_delete(m, &key), FW_ENOENT);
    CU_ASSERT_EQUAL(fw_perf_entry(m, FW_F_CURRENT_CPU, 5, &index), 0);
    CU_ASSERT_EQUAL(index, 1); /* modulo two now */
    key = 8;
    CU_ASSERT_EQUAL(fw_map_delete(m, &key), FW_E2BIG);
    CU_ASSERT_EQUAL(fw_map_write(m, &key, &cpu, FW_ANY), FW_E2BIG);
    CU_ASSERT_EQUAL(fw_map_write(m, &none, &cpu, FW_NOEXIST), FW_EINVAL);
    CU_ASSERT_EQUAL(fw_map_read(m, &none, &cpu, 0), FW_ENOTSUPP);
    CU_ASSERT_PTR_NULL(fw_map_lookup(m, &none));
    fw_perf_lost(m, 1, 0);
    fw_perf_lost(m, 1, fw_perf_lost_take(m, 1));
    CU_ASSERT_EQUAL(fw_perf_lost_take(m, 1), 2);
    CU_ASSERT_EQUAL(fw_perf_lost_take(m, 1), 0);
    CU_ASSERT_EQUAL(fw_perf_lost_all(m), 2);
    fake_stop();
}

static const struct cunit_case cases[] = {
    {"events and their data", test_events},
    {"a host that does not keep up", test_full},
    {"memory that is not there", test_bad_memory},
    {"queues that cannot be", test_open},
    {"entries of perf event arrays", test_perf_entries},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("event queue", cases);
}
