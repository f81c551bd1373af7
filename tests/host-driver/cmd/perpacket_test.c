/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets that end in any order leave as lines in input order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/perpacket.h"
#include "cunit_main.h"

#define PACKETS 5000u

static char path[] = "/tmp/nicsim-lines-XXXXXX";

/* A generator whose frames were all taken: perpacket_commit compares their number. */
static struct traffic *taken(unsigned count)
{
    struct traffic *t = NULL;
    struct nic_frame f;
    char spec[32];

    snprintf(spec, sizeof(spec), "udp4,count=%u", count);
    CU_ASSERT_EQUAL_FATAL(traffic_open_gen(spec, &t, NULL), 0);
    while (traffic_port_ops.next(t, &f) == 1)
        ;
    return t;
}

static struct perpacket *create(const struct traffic *t)
{
    struct perpacket *w = NULL;
    int fd;

    strcpy(path, "/tmp/nicsim-lines-XXXXXX");
    fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    close(fd);
    CU_ASSERT_EQUAL_FATAL(perpacket_create(path, t, &w, NULL), 0);
    return w;
}

static void done(struct perpacket *w, uint64_t seq)
{
    struct nic_pkt pkt = {.seq = seq, .verdict = (uint8_t)(seq % 5), .retval = (uint32_t)seq};
    uint8_t data[300];

    memset(data, (int)seq, sizeof(data));
    perpacket_done(w, &pkt, data, 1 + (uint32_t)seq % 300, seq * 10);
}

/* The line that seq must give; drops as test_mixed makes them. */
static void expect_line(FILE *f, uint64_t seq, bool dropped)
{
    static char line[2048], want[2048];
    int n;

    CU_ASSERT_PTR_NOT_NULL_FATAL(fgets(line, sizeof(line), f));
    if (dropped) {
        snprintf(want, sizeof(want), "{\"i\":%llu,\"verdict\":null,", (unsigned long long)seq);
        CU_ASSERT_EQUAL(strncmp(line, want, strlen(want)), 0);
        CU_ASSERT(strstr(line, "\"drop\":\"no_buffer\"}") != NULL);
        return;
    }
    n = snprintf(want, sizeof(want),
                 "{\"i\":%llu,\"verdict\":\"%s\",\"retval\":%llu,\"len\":%llu,\"data\":\"",
                 (unsigned long long)seq, verdict_name((unsigned)(seq % 5)),
                 (unsigned long long)seq, (unsigned long long)(1 + seq % 300));
    for (unsigned i = 0; i < 1 + seq % 300; i++)
        n += snprintf(want + n, sizeof(want) - (size_t)n, "%02x", (unsigned)(seq & 0xff));
    snprintf(want + n, sizeof(want) - (size_t)n, "\",\"cycles\":%llu}\n",
             (unsigned long long)seq * 10);
    CU_ASSERT_STRING_EQUAL(line, want);
}

static void check_file(unsigned count, unsigned every_dropped)
{
    FILE *f = fopen(path, "r");

    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    for (unsigned i = 0; i < count; i++)
        expect_line(f, i, every_dropped != 0 && i % every_dropped == 0);
    CU_ASSERT_EQUAL(fgetc(f), EOF);
    fclose(f);
    unlink(path);
}

static void test_in_order(void)
{
    struct traffic *t = taken(PACKETS);
    struct perpacket *w = create(t);

    for (unsigned i = 0; i < PACKETS; i++)
        done(w, i);
    CU_ASSERT_EQUAL(perpacket_commit(w, NULL), 0);
    check_file(PACKETS, 0);
    traffic_close(t);
}

/* The first packet is the last to end: all others wait, and the window grows. */
static void test_backwards(void)
{
    struct traffic *t = taken(PACKETS);
    struct perpacket *w = create(t);

    for (unsigned i = PACKETS; i-- > 0;)
        done(w, i);
    CU_ASSERT_EQUAL(perpacket_commit(w, NULL), 0);
    check_file(PACKETS, 0);
    traffic_close(t);
}

/* 7919 is prime to the count: every packet once, far from in order. */
static void test_mixed(void)
{
    struct traffic *t = taken(PACKETS);
    struct perpacket *w = create(t);

    for (unsigned i = 0; i < PACKETS; i++) {
        uint64_t seq = (uint64_t)i * 7919 % PACKETS;

        if (seq % 7 == 0)
            perpacket_dropped(w, seq, "no_buffer");
        else
            done(w, seq);
    }
    CU_ASSERT_EQUAL(perpacket_commit(w, NULL), 0);
    check_file(PACKETS, 7);
    traffic_close(t);
}

static void test_missing(void)
{
    struct traffic *t = taken(3);
    struct perpacket *w = create(t);
    struct nic_err err = {""};

    unlink(path);
    done(w, 0);
    done(w, 2);
    CU_ASSERT(perpacket_commit(w, &err) < 0);
    CU_ASSERT(strstr(err.msg, "never gave packet 1 back") != NULL);
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
    traffic_close(t);
}

static void test_abort(void)
{
    struct traffic *t = taken(3);
    struct perpacket *w = create(t);

    unlink(path);
    done(w, 2);
    perpacket_abort(w);
    perpacket_abort(NULL);
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
    traffic_close(t);
}

static const struct cunit_case cases[] = {
    {"in order", test_in_order},
    {"backwards", test_backwards},
    {"mixed, with drops", test_mixed},
    {"one is missing", test_missing},
    {"abort", test_abort},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("cmd/perpacket", cases);
}
