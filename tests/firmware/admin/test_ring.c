/* SPDX-License-Identifier: BSD-3-Clause */
/* The admin queue pair: order, phase, wrap, back pressure, and doorbells that lie. */
#include <string.h>

#include "cunit_main.h"
#include "fake.h"

#define DRAM    0x100000u
#define SQ      FAKE_HOST_IOVA
#define CQ      (FAKE_HOST_IOVA + 0x100000)
#define ENTRIES 16u

static struct fw_sqe *sqe(uint32_t n)
{
    return (struct fw_sqe *)fake_host(SQ) + n % ENTRIES;
}

static const struct fw_cqe *cqe(uint32_t n)
{
    return (const struct fw_cqe *)fake_host(CQ) + n % ENTRIES;
}

static void start(void)
{
    fake_start(DRAM);
    fake.admin = (struct plat_admin){.sq_iova = SQ, .cq_iova = CQ, .entries = ENTRIES, .vector = 5};
}

/* Command number n: an RSS_SET whose status tells its argument (0 is refused). */
static void submit(uint32_t n, uint64_t arg)
{
    *sqe(n) = (struct fw_sqe){.op = FW_ADMIN_RSS_SET, .cid = (uint16_t)(n + 100), .arg0 = arg};
    fake.sq_tail = n + 1;
}

static void check_cqe(uint32_t n, int status)
{
    CU_ASSERT_EQUAL(cqe(n)->cid, (uint16_t)(n + 100));
    CU_ASSERT_EQUAL(cqe(n)->status, status);
    CU_ASSERT_EQUAL(cqe(n)->phase & 1, n / ENTRIES % 2 == 0);
}

static void test_many_wraps(void)
{
    start();
    for (uint32_t n = 0; n < 10 * ENTRIES;) {
        uint32_t first = n, burst = 1 + n * 7 % ENTRIES;
        for (uint32_t i = 0; i < burst; i++, n++)
            submit(n, n % 3);
        fw_ctl_serve(&fake.ctl, NIC_EVENT_ADMIN);
        for (uint32_t i = first; i < n; i++)
            check_cqe(i, i % 3 ? 0 : FW_EINVAL);
        CU_ASSERT_EQUAL(cqe(n - 1)->sq_head, (uint16_t)n);
        fake.cq_head = n;
    }
    CU_ASSERT_EQUAL(fake.waits, 0);
    CU_ASSERT_TRUE(fake.msix > 0);
    fake_stop();
}

/* Completions that the host has not consumed are not overwritten. */
static void test_back_pressure(void)
{
    start();
    for (uint32_t n = 0; n < ENTRIES; n++)
        submit(n, 1);
    fw_ctl_serve(&fake.ctl, NIC_EVENT_ADMIN);
    CU_ASSERT_EQUAL(fake.waits, 0);
    submit(ENTRIES, 0);
    fake.cq_head_after_wait = 1;
    fw_ctl_serve(&fake.ctl, NIC_EVENT_ADMIN);
    CU_ASSERT_EQUAL(fake.waits, 1);
    check_cqe(ENTRIES, FW_EINVAL);
    for (uint32_t n = 1; n < ENTRIES; n++)
        check_cqe(n, 0);
    fake_stop();
}

static void test_nothing_to_do(void)
{
    start();
    fw_ctl_serve(&fake.ctl, NIC_EVENT_ADMIN);
    submit(0, 1);
    fw_ctl_serve(&fake.ctl, NIC_EVENT_CQ);
    CU_ASSERT_EQUAL(fake.ctl.sq_head, 0);
    CU_ASSERT_EQUAL(fake.msix, 0);
    fake_stop();
}

static void test_lying_doorbell(void)
{
    start();
    submit(0, 1);
    fake.sq_tail = ENTRIES + 1;
    fw_ctl_serve(&fake.ctl, NIC_EVENT_ADMIN);
    CU_ASSERT_EQUAL(fake.ctl.sq_head, 0);
    fake.sq_tail = UINT32_MAX;
    fw_ctl_serve(&fake.ctl, NIC_EVENT_ADMIN);
    CU_ASSERT_EQUAL(fake.ctl.sq_head, 0);
    fake.sq_tail = 1; /* corrected */
    fw_ctl_serve(&fake.ctl, NIC_EVENT_ADMIN);
    check_cqe(0, 0);
    fake_stop();
}

static void test_bad_ring_sizes(void)
{
    static const uint32_t sizes[] = {0, 1, 3, 48, 8192, UINT32_MAX};
    start();
    submit(0, 1);
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        fake.admin.entries = sizes[i];
        fw_ctl_serve(&fake.ctl, NIC_EVENT_ADMIN);
        CU_ASSERT_EQUAL(fake.ctl.sq_head, 0);
    }
    fake_stop();
}

static void test_unmapped_rings(void)
{
    start();
    submit(0, 1);
    fake.admin.sq_iova = 0x1234;
    fw_ctl_serve(&fake.ctl, NIC_EVENT_ADMIN);
    CU_ASSERT_EQUAL(fake.ctl.sq_head, 1); /* lost, and the service goes on */
    CU_ASSERT_EQUAL(fake.ctl.cq_tail, 0);
    fake.admin.sq_iova = SQ;
    fake.admin.cq_iova = UINT64_MAX - 7;
    submit(1, 1);
    fw_ctl_serve(&fake.ctl, NIC_EVENT_ADMIN);
    CU_ASSERT_EQUAL(fake.ctl.cq_tail, 1);
    fake_stop();
}

static const struct cunit_case cases[] = {
    {"many wraps", test_many_wraps},
    {"back pressure", test_back_pressure},
    {"nothing to do", test_nothing_to_do},
    {"a doorbell that lies", test_lying_doorbell},
    {"ring sizes that cannot be", test_bad_ring_sizes},
    {"rings that are not mapped", test_unmapped_rings},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("firmware admin ring", cases);
}
