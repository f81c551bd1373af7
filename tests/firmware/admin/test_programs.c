/* SPDX-License-Identifier: BSD-3-Clause */
/* Admin commands on programs, and test runs: what they do, and what they refuse of a hostile host.
 */
#include <string.h>

#include "commands.h"
#include "datapath/redirect.h"

static uint32_t prog_create(uint64_t bytes)
{
    CU_ASSERT_EQUAL(run((struct fw_sqe){.op = FW_ADMIN_PROG_CREATE, .arg0 = bytes}), 0);
    return (uint32_t)result;
}

static int prog_load_flags(uint32_t handle, uint32_t bytes, uint64_t entry, uint64_t flags)
{
    return run((struct fw_sqe){.op = FW_ADMIN_PROG_LOAD,
                               .handle = handle,
                               .value_iova = VALUE,
                               .value_len = bytes,
                               .arg0 = entry,
                               .arg1 = flags});
}

static int prog_load(uint32_t handle, uint32_t bytes, uint64_t entry)
{
    return prog_load_flags(handle, bytes, entry, 0);
}

static void test_prog_life(void)
{
    start();
    memset(fake_host(VALUE), 0x5a, 128);
    uint32_t h = prog_create(128);
    uint32_t base = (uint32_t)(result >> 32);
    CU_ASSERT_EQUAL(base, FAKE_PROG_LO);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, h, 1, 0), FW_EINVAL); /* not loaded */
    CU_ASSERT_EQUAL(prog_load(h, 128, 8), 0);
    CU_ASSERT_EQUAL(memcmp(fake.istore, fake_host(VALUE), 128), 0);
    CU_ASSERT_EQUAL(fake.code_ready, 1);
    CU_ASSERT_EQUAL(prog_load(h, 128, 8), FW_EBUSY);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, h, 1, 0), 0);
    CU_ASSERT_EQUAL((uint32_t)fake.cookie[0], base + 8);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DESTROY, h, 0, 0), FW_EBUSY);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DETACH, 0, 1, 0), 0);
    CU_ASSERT_EQUAL(fake.cookie[0], 0);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DETACH, 0, 1, 0), FW_ENOENT);
    fake.seq_next = 5;
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DESTROY, h, 0, 0), 0);
    CU_ASSERT_EQUAL(fake.seq_done, 5); /* waited for the packets in flight */
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DESTROY, h, 0, 0), FW_ENOENT);
    CU_ASSERT_EQUAL(fw_extents_free_bytes(&fake.ctl.istore), FAKE_PROG_BYTES);
    fake_stop();
}

static void test_prog_replace(void)
{
    start();
    uint32_t a = prog_create(64), b = prog_create(64);
    CU_ASSERT_EQUAL(prog_load(a, 64, 0), 0);
    CU_ASSERT_EQUAL(prog_load(b, 64, 0), 0);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, a, 2, 0), 0);
    uint64_t old = fake.cookie[1];
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, b, 2, 0), FW_EBUSY);
    CU_ASSERT_EQUAL(fake.cookie[1], old);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, b, 2, 1), 0);
    CU_ASSERT_NOT_EQUAL(fake.cookie[1], old);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DESTROY, a, 0, 0), 0);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, b, 1, 0), 0); /* two ports */
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DETACH, 0, 2, 0), 0);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DESTROY, b, 0, 0), FW_EBUSY);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, b, 1, 1), 0); /* by itself */
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DETACH, 0, 1, 0), 0);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DESTROY, b, 0, 0), 0);
    fake_stop();
}

static void test_prog_refusals(void)
{
    start();
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_CREATE, 0, 0, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_CREATE, 0, 6, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_CREATE, 0, FAKE_PROG_BYTES + 4, 0), FW_ENOMEM);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_CREATE, 0, UINT64_MAX - 3, 0), FW_ENOMEM);
    uint32_t h = prog_create(64);
    CU_ASSERT_EQUAL(prog_load(h, 60, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_load(h, 128, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_load(h, 64, 64), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_load(h, 64, 2), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_load(h, 64, UINT64_MAX - 3), FW_EINVAL);
    CU_ASSERT_EQUAL(
        run((struct fw_sqe){
            .op = FW_ADMIN_PROG_LOAD, .handle = h, .value_iova = NOMAP, .value_len = 64}),
        FW_EFAULT);
    CU_ASSERT_EQUAL(prog_load(0, 64, 0), FW_ENOENT);
    CU_ASSERT_EQUAL(prog_load(h + 1, 64, 0), FW_ENOENT);
    CU_ASSERT_EQUAL(prog_load(UINT32_MAX, 64, 0), FW_ENOENT);
    CU_ASSERT_EQUAL(prog_load(h, 64, 60), 0);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, h, 0, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, h, FAKE_PORTS + 1, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, h, (uint64_t)1 << 32 | 1, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, h, 1, 2), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DETACH, 0, 0, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DETACH, 0, FAKE_PORTS + 1, 0), FW_EINVAL);
    fake_stop();
}

/* A handle of a slot's former program does not name its next one. */
static void test_prog_old_handle(void)
{
    start();
    uint32_t a = prog_create(64);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DESTROY, a, 0, 0), 0);
    uint32_t b = prog_create(64);
    CU_ASSERT_NOT_EQUAL(a, b);
    CU_ASSERT_EQUAL(prog_load(a, 64, 0), FW_ENOENT);
    CU_ASSERT_EQUAL(prog_load(b, 64, 0), 0);
    for (unsigned i = 1; i < FW_PROGS_MAX; i++)
        (void)prog_create(4);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_CREATE, 0, 4, 0), FW_ENOSPC);
    fake_stop();
}

/* ---- test runs ---- */

static int prog_test(uint32_t handle, const struct fw_test *t, uint64_t runs, uint64_t iova)
{
    uint32_t bufs = 1 + (t->frags <= FW_TEST_FRAGS ? t->frags : 0);
    memcpy(fake_host(VALUE), t, sizeof(*t));
    return run((struct fw_sqe){.op = FW_ADMIN_PROG_TEST,
                               .handle = handle,
                               .value_iova = iova,
                               .value_len = (uint32_t)sizeof(*t) + FW_TEST_BUF * bufs,
                               .arg0 = runs});
}

static const struct fw_test some_test = {.data_meta = 248, .data = 256, .data_end = 316, .port = 1};

static void test_prog_test(void)
{
    struct fw_test t;

    start();
    uint32_t h = prog_create(128);
    CU_ASSERT_EQUAL(prog_test(h, &some_test, 1, VALUE), FW_EINVAL); /* no code yet */
    CU_ASSERT_EQUAL(prog_load(h, 128, 8), 0);
    uint8_t *buf = (uint8_t *)fake_host(VALUE) + sizeof(t);
    for (unsigned i = 0; i < FW_TEST_BUF; i++)
        buf[i] = (uint8_t)i;
    CU_ASSERT_EQUAL(prog_test(h, &some_test, 3, VALUE), 0);
    memcpy(&t, fake_host(VALUE), sizeof(t));
    CU_ASSERT_EQUAL(fake.test_cookie & 0xffffffff, FAKE_PROG_LO + 8);
    CU_ASSERT_EQUAL(t.retval, 3);
    CU_ASSERT_EQUAL(t.ns, 30);
    CU_ASSERT_EQUAL(t.data, 268);
    CU_ASSERT_EQUAL(t.data_meta, 268);
    CU_ASSERT_EQUAL(t.data_end, 316);
    CU_ASSERT_EQUAL(buf[255], 255); /* before the frame */
    CU_ASSERT_EQUAL(buf[256], 1);
    CU_ASSERT_EQUAL(buf[264], 11);
    CU_ASSERT_EQUAL(buf[315], 62);
    CU_ASSERT_EQUAL(buf[316], 60); /* behind it */
    fake_stop();
}

/* The last fragment is given up, another one byte shorter; all the buffers come and go. */
static void test_prog_test_frags(void)
{
    struct fw_test t = some_test;

    start();
    uint32_t h = prog_create(128);
    CU_ASSERT_EQUAL(prog_load(h, 128, 8), 0);
    t.frags = 2;
    t.frag_len[0] = FW_TEST_BUF;
    t.frag_len[1] = 7;
    uint8_t *frag = (uint8_t *)fake_host(VALUE) + sizeof(t) + FW_TEST_BUF;
    memset(frag, 0x40, (size_t)2 * FW_TEST_BUF);
    CU_ASSERT_EQUAL(prog_test(h, &t, 2, VALUE), 0);
    memcpy(&t, fake_host(VALUE), sizeof(t));
    CU_ASSERT_EQUAL(t.frags, 1);
    CU_ASSERT_EQUAL(t.frag_len[0], FW_TEST_BUF - 1);
    CU_ASSERT_EQUAL(frag[0], 0x42);
    CU_ASSERT_EQUAL(frag[FW_TEST_BUF], 0x42);
    CU_ASSERT_EQUAL(frag[FW_TEST_BUF + 1], 0x40);
    fake_stop();
}

/* A port takes frames in fragments while its program does, or while it has none. */
static void test_prog_frags(void)
{
    start();
    uint32_t plain = prog_create(128), frags = prog_create(128);
    CU_ASSERT_EQUAL(fake.cookie_frags[0], FW_COOKIE_FRAGS);
    CU_ASSERT_EQUAL(fake.cookie_frags[1], FW_COOKIE_FRAGS);
    CU_ASSERT_EQUAL(prog_load_flags(plain, 128, 8, 2), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_load_flags(plain, 128, 8, UINT64_C(1) << 32), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_load_flags(plain, 128, 8, 0), 0);
    CU_ASSERT_EQUAL(prog_load_flags(frags, 128, 8, FW_PROG_FRAGS), 0);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, plain, 1, 0), 0);
    CU_ASSERT_EQUAL(fake.cookie_frags[0], 0);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, frags, 1, 1), 0);
    CU_ASSERT_EQUAL(fake.cookie_frags[0], FW_COOKIE_FRAGS | fake.cookie[0]);
    CU_ASSERT_EQUAL(fake.cookie_frags[1], FW_COOKIE_FRAGS);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, plain, 1, 1), 0);
    CU_ASSERT_EQUAL(fake.cookie_frags[0], 0);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DETACH, 0, 1, 0), 0);
    CU_ASSERT_EQUAL(fake.cookie_frags[0], FW_COOKIE_FRAGS);
    fake_stop();
}

/* What the host says and what the program takes: the less. */
static void test_port_frame(void)
{
    start();
    uint32_t plain = prog_create(128), frags = prog_create(128);
    CU_ASSERT_EQUAL(prog_load_flags(plain, 128, 8, 0), 0);
    CU_ASSERT_EQUAL(prog_load_flags(frags, 128, 8, FW_PROG_FRAGS), 0);
    CU_ASSERT_EQUAL(fake.frame_max[0], NIC_FRAME_MAX);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PORT_FRAME, 0, 1, 9018), 0);
    CU_ASSERT_EQUAL(fake.frame_max[0], 9018);
    CU_ASSERT_EQUAL(fake.frame_max[1], NIC_FRAME_MAX);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, plain, 1, 0), 0);
    CU_ASSERT_EQUAL(fake.frame_max[0], NIC_FRAME_LINEAR);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PORT_FRAME, 0, 1, 1518), 0);
    CU_ASSERT_EQUAL(fake.frame_max[0], 1518);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, frags, 1, 1), 0);
    CU_ASSERT_EQUAL(fake.frame_max[0], 1518);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PORT_FRAME, 0, 1, 0), 0);
    CU_ASSERT_EQUAL(fake.frame_max[0], NIC_FRAME_MAX);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PORT_FRAME, 0, 1, NIC_FRAME_MAX + 1), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PORT_FRAME, 0, 1, UINT64_C(1) << 32), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PORT_FRAME, 0, 0, 1518), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PORT_FRAME, 0, FAKE_PORTS + 1, 1518), FW_EINVAL);
    CU_ASSERT_EQUAL(fake.frame_max[0], NIC_FRAME_MAX);
    fake_stop();
}

static void test_prog_test_refusals(void)
{
    struct fw_test bad[14];

    start();
    uint32_t h = prog_create(128);
    CU_ASSERT_EQUAL(prog_load(h, 128, 8), 0);
    for (unsigned i = 0; i < 14; i++)
        bad[i] = some_test;
    bad[0].data_meta = 257;
    bad[1].data = 317;
    bad[2].data_end = FW_TEST_BUF;
    bad[3].data_end = 0xffffffff;
    bad[4].port = 0;
    bad[5].port = FAKE_PORTS + 1;
    bad[6].queue = FAKE_RXQS;
    bad[7].rsvd[0] = 1;
    bad[8].rsvd[1] = 1;
    bad[9].rsvd0 = 1;
    bad[10].frags = FW_TEST_FRAGS + 1;
    bad[11].frags = UINT32_MAX;
    bad[12].frags = 1; /* of no bytes */
    bad[13] =
        (struct fw_test){.frags = 1, .frag_len = {FW_TEST_BUF + 1}, .data_end = 14, .port = 1};
    for (unsigned i = 0; i < 14; i++)
        CU_ASSERT_EQUAL(prog_test(h, &bad[i], 1, VALUE), FW_EINVAL);
    struct fw_test t = some_test; /* good, in a value of another size */
    t.frags = 1;
    t.frag_len[0] = 5;
    memcpy(fake_host(VALUE), &t, sizeof(t));
    for (uint32_t bufs = 0; bufs < 5; bufs++)
        if (bufs != 2)
            CU_ASSERT_EQUAL(run((struct fw_sqe){.op = FW_ADMIN_PROG_TEST,
                                                .handle = h,
                                                .value_iova = VALUE,
                                                .value_len = sizeof(t) + bufs * FW_TEST_BUF,
                                                .arg0 = 1}),
                            FW_EINVAL);
    CU_ASSERT_EQUAL(prog_test(h, &some_test, 0, VALUE), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_test(h, &some_test, FW_TEST_RUNS_MAX + 1, VALUE), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_test(h + 1, &some_test, 1, VALUE), FW_ENOENT);
    CU_ASSERT_EQUAL(prog_test(h, &some_test, 1, NOMAP), FW_EFAULT);
    CU_ASSERT_EQUAL(run((struct fw_sqe){.op = FW_ADMIN_PROG_TEST,
                                        .handle = h,
                                        .value_iova = VALUE,
                                        .value_len = FW_TEST_BUF,
                                        .arg0 = 1}),
                    FW_EINVAL);
    CU_ASSERT_EQUAL(fake.test_cookie, 0); /* nothing ever ran */
    fake_stop();
}

static const struct cunit_case cases[] = {
    {"a program's life", test_prog_life},
    {"programs: replace", test_prog_replace},
    {"programs: refusals", test_prog_refusals},
    {"programs: old handles", test_prog_old_handle},
    {"test runs", test_prog_test},
    {"test runs: fragments", test_prog_test_frags},
    {"test runs: refusals", test_prog_test_refusals},
    {"programs: fragments", test_prog_frags},
    {"ports: the longest frame", test_port_frame},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("firmware admin commands: programs", cases);
}
