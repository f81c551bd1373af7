/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The map cases through bpf(2): in this machine's kernel, or on the NIC over the queue
 * pair. Arguments: the firmware, "kernel" or "nic", the files.
 */
#include <string.h>

#include "nicdrv/bpf.h"
#include "ops.h"
#include "realnic.h"
#include "transcript.h"

static const char *firmware;
static char **files;
static struct realnic nic;
static struct nicbpf *layer;

static void run_files(const struct ops_side *side)
{
    for (char **f = files; *f; f++) {
        unsigned lines = 0;
        CU_ASSERT_EQUAL(ops_run(side, *f, &lines), 0);
        CU_ASSERT(lines > 10);
    }
}

static void close_fd(int fd)
{
    close(fd);
}

static long kernel_answer(int cmd, union bpf_attr *a)
{
    return ask_kernel(cmd, a, sizeof(*a));
}

/* Processors of a per-CPU value, from a file like "0-3". */
static unsigned kernel_cpus(void)
{
    unsigned first = 0, last = 0;
    FILE *f = fopen("/sys/devices/system/cpu/possible", "r");
    CU_ASSERT_FATAL(f != NULL);
    int n = fscanf(f, "%u-%u", &first, &last);
    fclose(f);
    return n == 2 ? last + 1 : 1;
}

static void test_kernel(void)
{
    const struct ops_side side = {"kernel", kernel_answer, close_fd, kernel_cpus()};
    run_files(&side);
}

static long nic_answer(int cmd, union bpf_attr *a)
{
    return nicbpf_call(layer, cmd, a, sizeof(*a));
}

static void test_nic(void)
{
    CU_ASSERT_FATAL(realnic_open(&nic, firmware));
    CU_ASSERT_EQUAL_FATAL(nicbpf_create(nic.drv, &layer), 0);
    const struct ops_side side = {"nic", nic_answer, close_fd, nicdrv_caps(nic.drv)->limits.cpus};
    run_files(&side);
    nicbpf_destroy(layer);
    realnic_close(&nic);
}

static const struct cunit_case on_kernel[] = {{"cases", test_kernel}, {NULL, NULL}};
static const struct cunit_case on_nic[] = {{"cases", test_nic}, {NULL, NULL}};

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    firmware = argv[1];
    files = argv + 3;
    if (strcmp(argv[2], "kernel") != 0)
        return cunit_run("map operations, NIC", on_nic);
    if (!kernel_has_bpf())
        return 77;
    return cunit_run("map operations, kernel", on_kernel);
}
