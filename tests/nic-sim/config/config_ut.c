/* SPDX-License-Identifier: BSD-3-Clause */
#include "cunit_main.h"

#include <errno.h>
#include <string.h>

#include "nic/config.h"

static void test_defaults(void)
{
    struct nic_config c;
    const struct nic_config_row *row;
    unsigned i;

    memset(&c, 0xff, sizeof(c));
    nic_config_init(&c);
    for (i = 0; (row = nic_config_row(i)) != NULL; i++) {
        CU_ASSERT_EQUAL(nic_config_get(&c, i), row->def);
        CU_ASSERT_TRUE(row->min <= row->def && row->def <= row->max);
    }
    CU_ASSERT_EQUAL(i, sizeof(c) / sizeof(uint64_t));
    CU_ASSERT_EQUAL(c.engine_count, 8);
    CU_ASSERT_EQUAL(c.dram_size, 1073741824);
    CU_ASSERT_EQUAL(nic_config_check(&c, NULL), 0);
}

static void test_set(void)
{
    struct nic_config c;

    nic_config_init(&c);
    CU_ASSERT_EQUAL(nic_config_set(&c, "engine.count=12", NULL), 0);
    CU_ASSERT_EQUAL(c.engine_count, 12);
    CU_ASSERT_EQUAL(nic_config_set(&c, "engine.clock_hz=800M", NULL), 0);
    CU_ASSERT_EQUAL(c.engine_clock_hz, 800000000);
    CU_ASSERT_EQUAL(nic_config_set(&c, "port.bps=40G", NULL), 0);
    CU_ASSERT_EQUAL(c.port_bps, 40000000000);
    CU_ASSERT_EQUAL(nic_config_set(&c, "cluster.size=0x20000", NULL), 0);
    CU_ASSERT_EQUAL(c.cluster_size, 0x20000);
    CU_ASSERT_EQUAL(nic_config_set(&c, "engine.clock_hz=2000k", NULL), 0);
    CU_ASSERT_EQUAL(c.engine_clock_hz, 2000000);
    CU_ASSERT_EQUAL(nic_config_set(&c, "run.seed=18446744073709551615", NULL), 0);
    CU_ASSERT_EQUAL(c.run_seed, UINT64_MAX);
}

static void test_set_refuses(void)
{
    static const char *const bad[] = {
        "",
        "engine.count",
        "engine=1",
        "engine.count=",
        ".count=1",
        "engine.=1",
        "=1",
        "engine.count=x",
        "engine.count=-1",
        "engine.count=+1",
        "engine.count= 1",
        "engine.count=1 ",
        "engine.count=0",
        "engine.count=1025",
        "engine.count=1kk",
        "engine.count=0x",
        "engine.count=0x1k",
        "engine.count=1.5",
        "engine.counts=1",
        "motor.count=1",
        "run.seed=18446744073709551616",
        "run.seed=18446744073709551615k",
        "a_section_name_longer_than_any_that_this_device_has_in_its_table_of_keys.count=1",
        "engine.a_key_name_longer_than_any_that_this_device_has_in_its_table_of_keys=1",
    };
    struct nic_config c, before;
    struct nic_err err;

    nic_config_init(&c);
    before = c;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        err.msg[0] = '\0';
        if (nic_config_set(&c, bad[i], &err) != -EINVAL || err.msg[0] == '\0') {
            CU_FAIL("accepted");
            printf("  '%s'\n", bad[i]);
        }
        CU_ASSERT_EQUAL(memcmp(&c, &before, sizeof(c)), 0);
    }
}

static void test_messages(void)
{
    struct nic_config c;
    struct nic_err err;

    nic_config_init(&c);
    (void)nic_config_set(&c, "engine.count=0", &err);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.msg, "engine.count must be 1 to 1024 engines, not 0"));
    (void)nic_config_set(&c, "engine.color=1", &err);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.msg, "there is no key engine.color"));
}

/* What is said of a key that there is not: all of it, so that nothing follows where nothing is
 * near.
 */
static void test_unknown_keys(void)
{
    static const char *const said[][2] = {
        {"dram.latncy=1", "dram.latncy=1: there is no key dram.latncy; did you mean dram.latency?"},
        {"darm.latency=1",
         "darm.latency=1: there is no key darm.latency; did you mean dram.latency?"},
        {"moon.phase=4", "moon.phase=4: there is no key moon.phase"},
        {"moon=4", "'moon=4': want section.key=value, such as dram.latency=400"},
    };
    struct nic_config c;
    struct nic_err err;

    nic_config_init(&c);
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        CU_ASSERT_EQUAL(nic_config_set(&c, said[i][0], &err), -EINVAL);
        CU_ASSERT_STRING_EQUAL(err.msg, said[i][1]);
    }
}

static int check_with(const char *a, const char *b, struct nic_err *err)
{
    struct nic_config c;

    nic_config_init(&c);
    CU_ASSERT_EQUAL_FATAL(nic_config_set(&c, a, NULL), 0);
    if (b != NULL)
        CU_ASSERT_EQUAL_FATAL(nic_config_set(&c, b, NULL), 0);
    return nic_config_check(&c, err);
}

static void test_check(void)
{
    struct nic_config zero = {0};
    struct nic_err err;

    CU_ASSERT_EQUAL(check_with("engine.count=512", NULL, &err), 0);
    CU_ASSERT_EQUAL(check_with("engine.count=513", NULL, &err), -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.msg, "65 clusters"));
    CU_ASSERT_EQUAL(check_with("engine.count=64", "engine.per_cluster=1", &err), 0);
    CU_ASSERT_EQUAL(check_with("engine.count=65", "engine.per_cluster=1", &err), -EINVAL);
    CU_ASSERT_EQUAL(check_with("local.size=4097", NULL, &err), -EINVAL);
    CU_ASSERT_EQUAL(check_with("dram.size=1048577", NULL, &err), -EINVAL);
    CU_ASSERT_EQUAL(check_with("cluster.size=65600", NULL, &err), -EINVAL);
    CU_ASSERT_EQUAL(check_with("sram.size=65600", NULL, &err), -EINVAL);
    CU_ASSERT_EQUAL(check_with("istore.size=131136", NULL, &err), -EINVAL);
    CU_ASSERT_EQUAL(check_with("engine.threads=64", "engine.count=512", &err), 0);
    CU_ASSERT_EQUAL(check_with("dram.service_milli=2999", NULL, &err), 0);
    CU_ASSERT_EQUAL(check_with("dram.service_milli=3000", NULL, &err), -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.msg, "dram.service=2"));
    CU_ASSERT_EQUAL(check_with("dram.atomic_milli=1", "dram.atomic_units=1", &err), 0);
    CU_ASSERT_EQUAL(check_with("dram.atomic_units=1", NULL, &err), -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.msg, "dram.atomic_milli is 0"));
    CU_ASSERT_EQUAL(check_with("port.max_pps=1000", NULL, &err), 0);
    CU_ASSERT_EQUAL(check_with("port.max_pps=999", NULL, &err), -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.msg, "at least 1000 packets/s, not 999"));
    CU_ASSERT_EQUAL(check_with("datapath.overhead=1000", "run.watchdog=1000", &err), -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.msg, "stop every packet"));
    CU_ASSERT_EQUAL(check_with("dram.cache_size=65536", NULL, &err), 0);
    CU_ASSERT_EQUAL(check_with("dram.cache_size=3145728", "dram.cache_ways=12", &err), 0);
    CU_ASSERT_EQUAL(check_with("dram.cache_size=3145728", NULL, &err), -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.msg, "power of two"));
    CU_ASSERT_EQUAL(check_with("dram.cache_size=512", NULL, &err), -EINVAL);
    CU_ASSERT_EQUAL(check_with("dram.cache_line=48", NULL, &err), -EINVAL);
    CU_ASSERT_EQUAL(nic_config_check(&zero, &err), -EINVAL);
}

static void test_check_local_total(void)
{
    struct nic_config c;
    struct nic_err err;

    nic_config_init(&c);
    c.engine_count = 512;
    c.engine_threads = 64;
    c.local_size = 65536;
    CU_ASSERT_EQUAL(nic_config_check(&c, &err), -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.msg, "local.size"));
}

static void test_err(void)
{
    struct nic_err err;
    char big[1024];

    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    CU_ASSERT_EQUAL(nic_err_set(&err, -5, "%s", big), -5);
    CU_ASSERT_EQUAL(strlen(err.msg), sizeof(err.msg) - 1);
    CU_ASSERT_EQUAL(nic_err_set(NULL, -7, "%d", 1), -7);
}

static const struct cunit_case cases[] = {
    {"defaults are the rows'", test_defaults},
    {"section.key=value", test_set},
    {"bad assignments change nothing", test_set_refuses},
    {"messages name key and range", test_messages},
    {"keys that there are not", test_unknown_keys},
    {"sums and ratios", test_check},
    {"local SRAM of all harts", test_check_local_total},
    {"error text", test_err},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("config", cases);
}
