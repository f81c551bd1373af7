/* SPDX-License-Identifier: BSD-3-Clause */
#include "cunit_main.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nic/config.h"

static struct nic_config base(void)
{
    struct nic_config c;

    nic_config_init(&c);
    return c;
}

/* Loads a file of these bytes over the defaults. */
static int load_bytes(const void *bytes, size_t len, struct nic_config *c, struct nic_err *err)
{
    char path[] = "/tmp/nic-preset-XXXXXX";
    int fd = mkstemp(path), rc;

    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_FATAL(write(fd, bytes, len) == (ssize_t)len);
    close(fd);
    *c = base();
    err->msg[0] = '\0';
    rc = nic_config_load(c, path, err);
    unlink(path);
    return rc;
}

static int load_text(const char *text, struct nic_config *c, struct nic_err *err)
{
    return load_bytes(text, strlen(text), c, err);
}

static int load_shipped(const char *name, struct nic_config *c)
{
    const char *dir = getenv("NIC_PRESETS");
    char path[4096];
    struct nic_err err = {""};
    int rc;

    CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    *c = base();
    rc = nic_config_load(c, path, &err);
    if (rc != 0)
        printf("  %s\n", err.msg);
    return rc == 0 ? nic_config_check(c, &err) : rc;
}

static void test_shipped(void)
{
    struct nic_config c, def = base();

    CU_ASSERT_EQUAL(load_shipped("generic.ini", &c), 0);
    CU_ASSERT_EQUAL(memcmp(&c, &def, sizeof(c)), 0);
    CU_ASSERT_EQUAL(load_shipped("agilio-cx-2x40.ini", &c), 0);
    CU_ASSERT_EQUAL(c.engine_count, 50);
    CU_ASSERT_EQUAL(c.engine_clock_hz, 800000000);
    CU_ASSERT_EQUAL(c.dram_service, 4);
    CU_ASSERT_EQUAL(load_shipped("bluefield3-dpa.ini", &c), 0);
    CU_ASSERT_EQUAL(c.engine_threads, 16);
    CU_ASSERT_EQUAL(c.pcie_gen, 5);
}

static void test_syntax(void)
{
    struct nic_config c;
    struct nic_err err;

    CU_ASSERT_EQUAL(load_text("", &c, &err), 0);
    CU_ASSERT_EQUAL(load_text("; nothing\n\n  \n", &c, &err), 0);
    CU_ASSERT_EQUAL(
        load_text("[engine]\ncount = 3 ; three\n threads=0x2\n[port]\r\nbps=1G", &c, &err), 0);
    CU_ASSERT_EQUAL(c.engine_count, 3);
    CU_ASSERT_EQUAL(c.engine_threads, 2);
    CU_ASSERT_EQUAL(c.port_bps, 1000000000);
    CU_ASSERT_EQUAL(c.engine_per_cluster, 8);
    /* the same section twice, different keys */
    CU_ASSERT_EQUAL(
        load_text("[engine]\ncount=3\n[port]\ncount=1\n[engine]\nthreads=2\n", &c, &err), 0);
    CU_ASSERT_EQUAL(c.engine_count, 3);
    CU_ASSERT_EQUAL(c.engine_threads, 2);
    CU_ASSERT_EQUAL(c.port_count, 1);
}

static void refused(const char *text, const char *message)
{
    struct nic_config c, def = base();
    struct nic_err err;

    CU_ASSERT_EQUAL(load_text(text, &c, &err), -EINVAL);
    CU_ASSERT_EQUAL(memcmp(&c, &def, sizeof(c)), 0);
    if (strstr(err.msg, message) == NULL) {
        CU_FAIL("message");
        printf("  want '%s', got '%s'\n", message, err.msg);
    }
}

static void test_refuses(void)
{
    refused("[engine]\ncount=3\nspeed=1\n", ":3: there is no key engine.speed");
    refused("[engine]\n\nthreats=4\n",
            ":3: there is no key engine.threats; did you mean engine.threads?");
    refused("[dam]\nlatency=4\n", ":2: there is no key dam.latency; did you mean dram.latency?");
    refused("[motor]\ncount=3\n", ":2: there is no key motor.count");
    refused("[engine]\n\ncount=3\nthreads=65\n", ":4: engine.threads must be 1 to 64");
    refused("[engine]\ncount=abc\n", ":2: engine.count: 'abc' is not a number");
    refused("[engine]\ncount=1=2\n", ":2: engine.count: '1=2' is not a number");
    refused("[engine]\ncount\n", ":2: want key=value");
    refused("[engine]\ncount=\n", ":2: no value");
    refused("count=3\n", ":1: a key before the first");
    refused("[engine\ncount=3\n", ":1: want [section]");
    refused("[]\n", ":1: want [section]");
    refused("  [engine]\ncount=3\n", ":1: a [section] must not be indented");
    refused("[engine]\ncount=3\n[engine]\ncount=4\n", ":4: engine.count was set on line 2");
}

static void test_refuses_bytes(void)
{
    struct nic_config c;
    struct nic_err err;
    char line[2000];

    CU_ASSERT_EQUAL(load_bytes("\x7f"
                               "ELF\0\1\2",
                               7, &c, &err),
                    -EINVAL);
    CU_ASSERT_EQUAL(load_bytes("[engine]\ncount=3\0x\n", 19, &c, &err), -EINVAL);
    memset(line, 'a', sizeof(line));
    CU_ASSERT_EQUAL(load_bytes(line, sizeof(line), &c, &err), -EINVAL);
    line[0] = '[';
    line[200] = ']';
    line[201] = '\n';
    CU_ASSERT_EQUAL(load_bytes(line, 202, &c, &err), -EINVAL);
}

static void test_missing(void)
{
    struct nic_config c = base();
    struct nic_err err;

    CU_ASSERT_EQUAL(nic_config_load(&c, "/nonexistent/x.ini", &err), -ENOENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.msg, "/nonexistent/x.ini"));
    CU_ASSERT_EQUAL(nic_config_load(&c, "/tmp", &err), -EINVAL);
}

static const struct cunit_case cases[] = {
    {"shipped presets", test_shipped},
    {"syntax", test_syntax},
    {"mistakes, with their lines", test_refuses},
    {"bytes that are no text", test_refuses_bytes},
    {"no such file", test_missing},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("preset", cases);
}
