/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"
#include "traffic/gen.h"
#include "traffic/traffic.h"

static struct traffic *open_gen(const char *spec)
{
    struct traffic *t = NULL;

    CU_ASSERT_EQUAL_FATAL(traffic_open_gen(spec, &t, NULL), 0);
    return t;
}

/* RFC 1071 as its section 1 tells it, apart from the code under test. */
static uint32_t ones_sum(uint32_t sum, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

static int checksums_hold(const uint8_t *f, uint32_t len)
{
    unsigned v6 = f[12] == 0x86, ip = 14, l4 = ip + (v6 ? 40 : 20);
    uint8_t protocol = v6 ? f[ip + 6] : f[ip + 9];
    uint32_t sum = 0, l4_len = len - l4;

    if (!v6 && ones_sum(0, f + ip, 20) != 0xffff)
        return 0;
    if (!v6 && ((unsigned)f[ip + 2] << 8 | f[ip + 3]) != len - ip)
        return 0;
    if (v6 && ((unsigned)f[ip + 4] << 8 | f[ip + 5]) != l4_len)
        return 0;
    if (protocol != 1) {
        sum = v6 ? ones_sum(0, f + ip + 8, 32) : ones_sum(0, f + ip + 12, 8);
        sum += protocol + l4_len;
    }
    return ones_sum(sum, f + l4, l4_len) == 0xffff;
}

static void check_kind(const struct gen_kind *k, unsigned size)
{
    unsigned wrong = 0, frames = 0;
    struct nic_frame f;
    struct traffic *t;
    char spec[128];

    snprintf(spec, sizeof(spec), "%s,size=%u,count=3000,flows=700,seed=9", k->name, size);
    t = open_gen(spec);
    while (traffic_port_ops.next(t, &f) == 1) {
        frames++;
        wrong += f.len != size || !checksums_hold(f.data, f.len);
    }
    CU_ASSERT_EQUAL(frames, 3000);
    CU_ASSERT_EQUAL(wrong, 0);
    traffic_close(t);
}

static void test_checksums(void)
{
    const struct gen_kind *k;

    for (unsigned i = 0; (k = gen_kind_at(i)) != NULL; i++) {
        check_kind(k, gen_headers(k));
        check_kind(k, gen_headers(k) + 1);
        check_kind(k, 128);
        check_kind(k, 1514);
        check_kind(k, GEN_SIZE_MAX);
    }
}

static void test_headers(void)
{
    struct traffic *t = open_gen("tcp4,count=1");
    struct nic_frame f;

    CU_ASSERT_EQUAL_FATAL(traffic_port_ops.next(t, &f), 1);
    CU_ASSERT_EQUAL(f.len, 64);
    CU_ASSERT_EQUAL(f.data[14], 0x45);
    CU_ASSERT_EQUAL(f.data[23], 6);
    CU_ASSERT_EQUAL(f.data[26], 10);
    CU_ASSERT_EQUAL(f.data[34 + 12], 0x50);
    CU_ASSERT_EQUAL(f.data[34 + 13], 0x02);
    traffic_close(t);
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void test_flows(void)
{
    enum { FLOWS = 50000 };
    struct traffic *t = open_gen("udp4,count=100k,flows=50k,seed=3");
    uint32_t *src = calloc(2 * FLOWS, sizeof(*src));
    struct nic_frame f;
    unsigned same = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(src);
    for (unsigned i = 0; traffic_port_ops.next(t, &f) == 1; i++)
        memcpy(&src[i], f.data + 26, 4);
    CU_ASSERT_EQUAL(memcmp(src, src + FLOWS, FLOWS * sizeof(*src)), 0);
    qsort(src, FLOWS, sizeof(*src), by_value);
    for (unsigned i = 1; i < FLOWS; i++)
        same += src[i] == src[i - 1];
    CU_ASSERT_EQUAL(same, 0);
    free(src);
    traffic_close(t);
}

/* Frames that differ among the first 1000 of two generators. */
static unsigned differences(const char *a, const char *b)
{
    struct traffic *ta = open_gen(a), *tb = open_gen(b);
    unsigned differ = 0;
    struct nic_frame fa, fb;

    for (unsigned i = 0; i < 1000; i++) {
        CU_ASSERT_FATAL(traffic_port_ops.next(ta, &fa) == 1 && traffic_port_ops.next(tb, &fb) == 1);
        differ += fa.len != fb.len || memcmp(fa.data, fb.data, fa.len) != 0;
    }
    traffic_close(ta);
    traffic_close(tb);
    return differ;
}

static void test_seed(void)
{
    CU_ASSERT_EQUAL(differences("udp6,seed=7", "udp6,seed=7,count=5000"), 0);
    CU_ASSERT(differences("udp6,seed=7", "udp6,seed=8") > 990);
    CU_ASSERT(differences("tcp4,seed=0", "tcp4,seed=0xffffffffffffffff") > 990);
}

static void test_refused(void)
{
    static const struct {
        const char *spec, *text;
    } bad[] = {
        {"", "unknown kind ''"},
        {"sctp", "one of udp4, tcp4"},
        {"udp4,", "is not key=value"},
        {"udp4,size", "is not key=value"},
        {"udp4,width=3", "unknown key 'width'"},
        {"upd4", "icmp6); did you mean udp4?"},
        {"udp4,seize=3", "seed); did you mean size?"},
        {"udp4,size=41", "needs size=42"},
        {"tcp6,size=70", "needs size=74"},
        {"udp4,size=9217", "from 34 to 9216"},
        {"udp4,count=0", "from 1 to"},
        {"udp4,count=-1", "not a number"},
        {"udp4,count=1kk", "not a number"},
        {"udp4,flows=16777217", "from 1 to 16777216"},
        {"udp4,seed=18446744073709551616", "not a number"},
        {"udp4,seed=1,seed=1", "given twice"},
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct nic_err err = {""};
        struct gen_spec spec;

        CU_ASSERT_EQUAL(gen_parse(bad[i].spec, &spec, &err), -EINVAL);
        CU_ASSERT(strstr(err.msg, bad[i].text) != NULL);
    }
}

static void test_defaults(void)
{
    struct gen_spec s;

    CU_ASSERT_EQUAL(gen_parse("icmp6,count=2M,flows=0x10", &s, NULL), 0);
    CU_ASSERT_STRING_EQUAL(s.kind->name, "icmp6");
    CU_ASSERT(s.size == 64 && s.count == 2000000 && s.flows == 16 && s.seed == 1);
}

static const struct cunit_case cases[] = {
    {"lengths and checksums of every kind", test_checksums},
    {"headers", test_headers},
    {"flows have their own sources", test_flows},
    {"same text, same frames", test_seed},
    {"texts that are refused", test_refused},
    {"defaults", test_defaults},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("traffic/gen", cases);
}
