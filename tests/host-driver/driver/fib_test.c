/* SPDX-License-Identifier: BSD-3-Clause */
/* Forwarding tables: text that is refused, and where routes lie once compiled. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cunit_main.h"
#include "driver/fib_impl.h"

static struct nic_err err;

/* What the text leads to; *f is there when it is 0. */
static int parse(const char *text, struct nicdrv_fib **f)
{
    char path[] = "/tmp/fib_test.XXXXXX";
    int fd = mkstemp(path);

    CU_ASSERT_TRUE_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    CU_ASSERT_EQUAL_FATAL(nicdrv_fib_create(f), 0);
    err.msg[0] = '\0';
    int rc = nicdrv_fib_parse(*f, path, &err);
    unlink(path);
    if (rc)
        nicdrv_fib_free(*f);
    return rc;
}

static void test_bad_text(void)
{
    static const char *const bad[] = {
        "ports 1\n",
        "port\n",
        "port 0\n",
        "port 4096\n",
        "port -1\n",
        "port 2 mtu 0\n",
        "port 2 mtu\n",
        "port 2 mac 02:00:00:00:00\n",
        "port 2 mac 02:00:00:00:00:0g\n",
        "port 2 mac 02:00:00:00:00:00:00\n",
        "port 99999999999999999999\n",
        "addr 10.0.0.1/33 dev 2\n",
        "addr 10.0.0/8 dev 2\n",
        "addr 10.0.0.1/24\n",
        "addr 10.0.0.1/24 dev 2 dev 3\n",
        "route\n",
        "route 10.0.0.0/8\n",
        "route 10.0.0.0/8 dev\n",
        "route 10.0.0.0/8 dev 2 via 10.0.0.300\n",
        "route 2001:db8::/129 dev 2\n",
        "route 2001:db8::/32 via 10.0.0.1 dev 2\n",
        "route 10.0.0.0/8 dev 2 src 2001:db8::1\n",
        "route 10.0.0.0/8 dev 2 table none\n",
        "route 10.0.0.0/8 dev 2 weight 3\n",
        "route blackhole\n",
        "neigh 10.0.0.1\n",
        "neigh 10.0.0.1 dev 2 lladdr\n",
        "neigh 10.0.0.1 lladdr 02:00:00:00:00:01 dev 2\n",
        "a b c d e f g h i j k l m n o p q r s t u v w x y z\n",
    };
    struct nicdrv_fib *f;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CU_ASSERT_EQUAL(parse(bad[i], &f), -EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.msg, ":1: "));
    }
    CU_ASSERT_EQUAL(nicdrv_fib_create(&f), 0);
    CU_ASSERT_EQUAL(nicdrv_fib_parse(f, "/nowhere/at/all", &err), -ENOENT);
    nicdrv_fib_free(f);
}

/* The route of an address in table 254, as the firmware looks for it. */
static uint32_t find(const struct fw_fib *b, const uint8_t *key, unsigned family)
{
    const uint8_t *mem = (const uint8_t *)b;
    const struct fw_fib_table *t = (const struct fw_fib_table *)(const void *)(mem + b->tables);
    unsigned depth = 0;

    while (t->family != family || t->id != FW_FIB_TABLE_MAIN)
        t++;
    uint32_t slot = t->root;
    while (slot & FW_FIB_NODE) {
        const struct fw_fib_node *n =
            (const struct fw_fib_node *)(const void *)(mem + (size_t)(slot & 0x7ffffff) * 32);
        unsigned skip = slot >> 27 & 15;
        if (memcmp(n->key, key + depth, skip) != 0)
            return n->best;
        depth += skip;
        slot = n->slot[key[depth++]];
    }
    return slot;
}

static bool inside(const struct nicdrv_fib_route *r, const uint8_t *key)
{
    uint8_t cut[16];

    memcpy(cut, key, sizeof(cut));
    fib_mask(cut, r->prefix);
    return !memcmp(cut, r->dst.bytes, sizeof(cut));
}

/* The longest prefix by looking at all. */
static uint32_t plain_find(const struct nicdrv_fib *f, const uint8_t *key)
{
    uint32_t best = 0;

    for (size_t i = 0; i < f->route_count; i++) {
        const struct nicdrv_fib_route *r = &f->routes[i];
        if (inside(r, key) && (!best || r->prefix > f->routes[best - 1].prefix))
            best = (uint32_t)i + 1;
    }
    return best;
}

static void random_key(uint8_t key[16], unsigned family)
{
    memset(key, 0, 16);
    for (unsigned i = 0; i < (family == 4 ? 4u : 16u); i++)
        key[i] = (uint8_t)(rand() % 4 ? rand() % 3 : rand()); /* many share their first bytes */
}

static void random_table(unsigned family, unsigned routes, unsigned seed)
{
    struct nicdrv_fib *f;
    void *block;
    uint32_t bytes;
    uint8_t key[16];

    srand(seed);
    CU_ASSERT_EQUAL_FATAL(nicdrv_fib_create(&f), 0);
    for (unsigned i = 0; i < routes; i++) {
        struct nicdrv_fib_route r = {.dst = {.family = (uint8_t)family},
                                     .prefix = (uint8_t)(rand() % (int)(fib_bits(family) + 1)),
                                     .type = FW_FIB_UNICAST,
                                     .table = FW_FIB_TABLE_MAIN,
                                     .port = 1};
        random_key(r.dst.bytes, family);
        CU_ASSERT_EQUAL(nicdrv_fib_route(f, &r), 0);
    }
    CU_ASSERT_EQUAL_FATAL(fib_compile(f, &block, &bytes, &err), 0);
    for (unsigned i = 0; i < 2000; i++) {
        random_key(key, family);
        CU_ASSERT_EQUAL(find(block, key, family), plain_find(f, key));
    }
    free(block);
    nicdrv_fib_free(f);
}

static void test_tries(void)
{
    for (unsigned seed = 0; seed < 20; seed++) {
        random_table(4, 1 + seed * 7, seed);
        random_table(6, 1 + seed * 7, seed);
    }
}

static void test_routes_without_ports(void)
{
    struct nicdrv_fib *f;
    void *block;
    uint32_t bytes;

    CU_ASSERT_EQUAL_FATAL(parse("route 10.0.0.0/8 dev 7 # not there\n", &f), 0);
    CU_ASSERT_EQUAL(fib_compile(f, &block, &bytes, &err), -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.msg, "port 7"));
    nicdrv_fib_free(f);
}

static const struct cunit_case cases[] = {
    {"bad text", test_bad_text},
    {"tries and plain search", test_tries},
    {"routes without ports", test_routes_without_ports},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("forwarding tables", cases);
}
