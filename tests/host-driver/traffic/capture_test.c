/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "capmake.h"
#include "cunit_main.h"
#include "traffic/traffic.h"

#define ETHERNET 1
#define ROOM     (1u << 20)

static uint8_t file_bytes[ROOM];

static const struct caprec recs[] = {
    {1, 0, 60, 60},          {1, 500000000, 1, 1},       {2, 1000000, 14, 14},
    {3, 123000000, 64, 128}, {4, 999000000, 1514, 1514}, {5, 0, 9018, 9018},
};
#define RECS (sizeof(recs) / sizeof(recs[0]))

static int open_bytes(const void *bytes, size_t len, struct traffic **t, struct nic_err *err)
{
    const char *path = capmake_file(bytes, len);
    int rc = traffic_open_capture(path, t, err);

    unlink(path);
    return rc;
}

/* A form with coarse ticks rounds down. */
static uint64_t expected_ns(const struct capmake *f, const struct caprec *r)
{
    uint64_t ticks = (uint64_t)r->nsec * f->ticks_per_s / 1000000000u;

    return r->sec * 1000000000ull + ticks * 1000000000u / f->ticks_per_s;
}

static void check_frame(const struct capmake *form, unsigned i, const struct nic_frame *f)
{
    unsigned wrong = 0;

    CU_ASSERT_EQUAL(f->len, recs[i].caplen);
    CU_ASSERT_EQUAL(f->tstamp_ns, expected_ns(form, &recs[i]));
    for (uint32_t k = 0; k < f->len; k++)
        wrong += f->data[k] != capmake_byte(i, k);
    CU_ASSERT_EQUAL(wrong, 0);
}

static void test_forms(void)
{
    for (const struct capmake *form = capmake_forms; form->what != NULL; form++) {
        size_t len = capmake(form, ETHERNET, recs, RECS, file_bytes, ROOM);
        struct nic_err err = {""};
        struct traffic *t = NULL;
        struct nic_frame f;

        CU_ASSERT_EQUAL_FATAL(open_bytes(file_bytes, len, &t, &err), 0);
        for (unsigned i = 0; i < RECS; i++) {
            CU_ASSERT_EQUAL_FATAL(traffic_port_ops.next(t, &f), 1);
            check_frame(form, i, &f);
        }
        CU_ASSERT_EQUAL(traffic_port_ops.next(t, &f), 0);
        CU_ASSERT_EQUAL(traffic_port_ops.next(t, &f), 0);
        CU_ASSERT_EQUAL(traffic_stats(t)->frames, RECS);
        CU_ASSERT_EQUAL(traffic_stats(t)->bytes, 60 + 1 + 14 + 64 + 1514 + 9018);
        CU_ASSERT_EQUAL(traffic_stats(t)->snapped, 1);
        traffic_close(t);
    }
}

static void test_peek(void)
{
    size_t len = capmake(&capmake_forms[0], ETHERNET, recs, 2, file_bytes, ROOM);
    struct traffic *t = NULL;
    struct nic_frame f;

    CU_ASSERT_EQUAL_FATAL(open_bytes(file_bytes, len, &t, NULL), 0);
    for (unsigned i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL_FATAL(traffic_peek(t, &f), 1);
        CU_ASSERT_EQUAL_FATAL(traffic_peek(t, &f), 1);
        CU_ASSERT_EQUAL(traffic_stats(t)->frames, i);
        CU_ASSERT_EQUAL_FATAL(traffic_port_ops.next(t, &f), 1);
        check_frame(&capmake_forms[0], i, &f);
    }
    CU_ASSERT_EQUAL(traffic_peek(t, &f), 0);
    CU_ASSERT_EQUAL(traffic_port_ops.next(t, &f), 0);
    CU_ASSERT_EQUAL(traffic_stats(t)->frames, 2);
    traffic_close(t);
}

static void test_no_packets(void)
{
    for (const struct capmake *form = capmake_forms; form->what != NULL; form++) {
        size_t len = capmake(form, ETHERNET, recs, 0, file_bytes, ROOM);
        struct traffic *t = NULL;
        struct nic_frame f;

        CU_ASSERT_EQUAL_FATAL(open_bytes(file_bytes, len, &t, NULL), 0);
        CU_ASSERT_EQUAL(traffic_port_ops.next(t, &f), 0);
        traffic_close(t);
    }
}

/* Cut at any byte: either the open fails, or a frame does; the error names the file. */
static void check_cut(size_t cut, const size_t *whole)
{
    struct nic_err err = {""};
    struct traffic *t = NULL;
    struct nic_frame f;
    unsigned frames = 0;
    int rc;

    if (open_bytes(file_bytes, cut, &t, &err) != 0) {
        CU_ASSERT(strncmp(err.msg, "/tmp/nicsim-test-", 17) == 0);
        CU_ASSERT(cut < whole[0]);
        return;
    }
    while ((rc = traffic_port_ops.next(t, &f)) == 1)
        frames++;
    CU_ASSERT_EQUAL(rc, cut == whole[frames] ? 0 : -EIO);
    CU_ASSERT(rc == 0 || strstr(traffic_error(t), "truncated after packet") != NULL);
    CU_ASSERT(rc == 0 || strncmp(traffic_error(t), "/tmp/nicsim-test-", 17) == 0);
    traffic_close(t);
}

static void test_truncated(void)
{
    for (const struct capmake *form = capmake_forms; form->what != NULL; form++) {
        size_t whole[4];

        for (unsigned n = 0; n < 4; n++)
            whole[n] = capmake(form, ETHERNET, recs, n, file_bytes, ROOM);
        for (size_t cut = whole[0]; cut <= whole[3]; cut++)
            check_cut(cut, whole);
        for (size_t cut = 0; cut < 24; cut++)
            check_cut(cut, whole);
    }
}

static void test_link_type(void)
{
    for (const struct capmake *form = capmake_forms; form->what != NULL; form++) {
        size_t len = capmake(form, 113 /* Linux cooked */, recs, 1, file_bytes, ROOM);
        struct nic_err err = {""};
        struct traffic *t = NULL;

        CU_ASSERT_EQUAL(open_bytes(file_bytes, len, &t, &err), -EINVAL);
        CU_ASSERT(strstr(err.msg, "LINUX_SLL") != NULL);
        CU_ASSERT(strstr(err.msg, "Ethernet captures only") != NULL);
    }
}

static void test_empty_records(void)
{
    static const struct caprec some[] = {{0, 0, 0, 0}, {0, 0, 5, 5}, {0, 0, 0, 60}, {0, 0, 6, 6}};
    size_t len = capmake(&capmake_forms[0], ETHERNET, some, 4, file_bytes, ROOM), count;
    struct traffic *t = NULL;
    struct nic_frame f;
    const uint64_t *at;

    CU_ASSERT_EQUAL_FATAL(open_bytes(file_bytes, len, &t, NULL), 0);
    CU_ASSERT(traffic_port_ops.next(t, &f) == 1 && f.len == 5);
    CU_ASSERT(traffic_port_ops.next(t, &f) == 1 && f.len == 6);
    CU_ASSERT_EQUAL(traffic_port_ops.next(t, &f), 0);
    at = traffic_empty_at(t, &count);
    CU_ASSERT_EQUAL_FATAL(count, 2);
    CU_ASSERT_EQUAL(at[0], 0);
    CU_ASSERT_EQUAL(at[1], 2);
    traffic_close(t);
}

static void test_not_captures(void)
{
    static const struct {
        const char *path;
        int rc;
        const char *text;
    } cases[] = {
        {"/nonexistent/x.pcap", -ENOENT, "No such file"},
        {"/tmp", -EISDIR, "is a directory"},
        {"/proc/self/exe", -EINVAL, "not a pcap"},
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nic_err err = {""};
        struct traffic *t = NULL;

        CU_ASSERT_EQUAL(traffic_open_capture(cases[i].path, &t, &err), cases[i].rc);
        CU_ASSERT(strstr(err.msg, cases[i].path) != NULL);
        CU_ASSERT(strstr(err.msg, cases[i].text) != NULL);
        CU_ASSERT_PTR_NULL(t);
    }
}

static const struct cunit_case cases[] = {
    {"every format, byte order and resolution", test_forms},
    {"peek", test_peek},
    {"no packets", test_no_packets},
    {"cut at any byte", test_truncated},
    {"another link type", test_link_type},
    {"records without a byte", test_empty_records},
    {"not captures", test_not_captures},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("traffic/capture", cases);
}
