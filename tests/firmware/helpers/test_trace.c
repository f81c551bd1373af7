/* SPDX-License-Identifier: BSD-3-Clause */
/* The trace ring: lines in order over many laps, lost ones counted, nothing before it is finished.
 */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"
#include "fake.h"
#include "helpers/trace.h"

#define BASE (NIC_DRAM_BASE + 0x1000u)
#define RING FW_TRACE_BYTES_MIN

static struct fw_trace ring;

static int put(unsigned n, uint32_t len)
{
    struct fw_trace_record *r = fw_trace_reserve(&ring, len);
    if (!r)
        return 0;
    memset(r->text, 'a', len);
    r->text[len] = 0;
    r->time_ns = n;
    fw_trace_commit(r, len);
    return 1;
}

/* Takes what is there; the number of lines, which must be numbered from *next on. */
static unsigned take(unsigned *next)
{
    unsigned lines = 0;
    const void *at;
    uint32_t n;
    while ((n = fw_trace_peek(&ring, 1000, &at)) != 0) {
        for (uint32_t i = 0; i < n;) {
            const struct fw_trace_record *r = (const void *)((const uint8_t *)at + i);
            i += r->bytes;
            if (r->len == FW_TRACE_SKIP)
                continue;
            CU_ASSERT_EQUAL(r->time_ns, (*next)++);
            CU_ASSERT_EQUAL(strlen(r->text), r->len);
            lines++;
        }
        fw_trace_take(&ring, n);
    }
    return lines;
}

static void test_laps(void)
{
    unsigned in = 0, next = 0;
    fake_start(0x100000);
    fw_trace_open(&ring, BASE, RING);
    for (unsigned round = 0; round < 500; round++) {
        unsigned lines = 0;
        for (unsigned i = 0; i < 1 + round % 9; i++)
            lines += (unsigned)put(in++, (round * 37 + i * 11) % 300);
        CU_ASSERT_EQUAL(take(&next), lines);
        CU_ASSERT_EQUAL(next, in);
    }
    CU_ASSERT_EQUAL(ring.lost, 0);
    fake_stop();
}

static void test_full(void)
{
    unsigned n = 0, next = 0;
    fake_start(0x100000);
    fw_trace_open(&ring, BASE, RING);
    while (put(n, 100))
        n++;
    CU_ASSERT_TRUE(n > 30 && n < 36);
    CU_ASSERT_EQUAL(put(n, 200), 0);
    CU_ASSERT_EQUAL(ring.lost, 2);
    CU_ASSERT_EQUAL(take(&next), n);
    CU_ASSERT_EQUAL(put(n, RING), 0); /* never fits */
    CU_ASSERT_EQUAL(put(n, 100), 1);
    CU_ASSERT_EQUAL(take(&next), 1);
    fake_stop();
}

static void test_unfinished(void)
{
    unsigned next = 0;
    const void *at;
    fake_start(0x100000);
    fw_trace_open(&ring, BASE, RING);
    struct fw_trace_record *first = fw_trace_reserve(&ring, 5);
    CU_ASSERT_EQUAL(put(1, 5), 1);
    CU_ASSERT_EQUAL(fw_trace_peek(&ring, RING, &at), 0);
    memcpy(first->text, "first", 6);
    first->time_ns = 0;
    fw_trace_commit(first, 5);
    CU_ASSERT_EQUAL(take(&next), 2);
    fake_stop();
}

static void test_closed(void)
{
    const void *at;
    fake_start(0x100000);
    fw_trace_open(&ring, 0, 0);
    CU_ASSERT_PTR_NULL(fw_trace_reserve(&ring, 5));
    CU_ASSERT_EQUAL(fw_trace_peek(&ring, RING, &at), 0);
    CU_ASSERT_EQUAL(ring.lost, 0);
    fake_stop();
}

static const struct cunit_case cases[] = {
    {"many laps", test_laps}, {"full", test_full}, {"unfinished lines hold back", test_unfinished},
    {"closed", test_closed},  {NULL, NULL},
};

int main(void)
{
    return cunit_run("firmware trace ring", cases);
}
