/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What LRU maps forget: the same use of the same map on the NIC and in this machine's kernel.
 * Entries that programs go on using stay, others go, on both sides alike. Arguments: the firmware,
 * the program.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "lru.h"
#include "objnic.h"
#include "transcript.h"

#define ROUNDS   12u
#define CPUS_MAX 64u
#define NEW      256u /* entries that come in a round */

static bool kernel_works;
static uint32_t newest; /* keys ever inserted: 0 to newest - 1 */

static int map(bool per_cpu)
{
    return bpf_object__find_map_fd_by_name(object, per_cpu ? "apart" : "recent");
}

/* Has the program do `op` to `count` keys from `key` on, each `step` apart; how many failed. */
static unsigned use(uint32_t op, uint32_t key, uint32_t count, uint32_t step)
{
    unsigned failed = 0;
    for (uint32_t n = 0; n < count; n += KEYS) {
        struct work w = {.op = op, .count = count - n < KEYS ? count - n : KEYS};
        struct bpf_test_run_opts t = {
            .sz = sizeof(t), .data_in = &w, .data_size_in = sizeof(w), .repeat = 1};
        for (uint32_t k = 0; k < w.count; k++)
            w.key[k] = key + (n + k) * step;
        CU_ASSERT_EQUAL_FATAL(
            bpf_prog_test_run_opts(bpf_program__fd(bpf_object__next_program(object, NULL)), &t), 0);
        failed += t.retval;
    }
    return failed;
}

/* What of these keys is there, and in *all how many entries; lookups of the host change nothing. */
static unsigned there(bool per_cpu, uint32_t count, uint32_t step, uint32_t *all)
{
    static uint32_t keys[2 * ENTRIES];
    static uint64_t values[2 * ENTRIES * CPUS_MAX];
    uint32_t cursor[2];
    unsigned n = 0;
    *all = 2 * ENTRIES;
    int rc = bpf_map_lookup_batch(map(per_cpu), NULL, cursor, keys, values, all, NULL);
    CU_ASSERT_EQUAL(rc, -ENOENT); /* that was all */
    for (uint32_t k = 0; k < *all; k++)
        n += keys[k] % step == 0 && keys[k] / step < count;
    return n;
}

static void start(void)
{
    objnic_load(NULL);
    newest = 0;
}

/* As the maps' size: every one of them is new. */
static void come(bool per_cpu, uint32_t count)
{
    CU_ASSERT_EQUAL(use(per_cpu ? UPDATE_CPU : UPDATE, newest, count, 1), 0);
    newest += count;
    uint32_t all;
    CU_ASSERT_EQUAL(there(per_cpu, newest, 1, &all), all);
    CU_ASSERT(all <= ENTRIES && all > ENTRIES / 2);
}

/* Half of a full map is in use while others come and go: how much of it is left. */
struct scene {
    const char *name;
    bool per_cpu;
    uint32_t how; /* they are used by this, of the program; by the host */
    bool host;
    uint32_t step;  /* every so manyeth entry */
    unsigned least; /* what must be left, of ENTRIES / 2 */
};

static unsigned play(const struct scene *s)
{
    uint64_t values[CPUS_MAX];
    start();
    come(s->per_cpu, ENTRIES);
    for (unsigned r = 0; r < ROUNDS; r++) {
        for (uint32_t k = 0; s->host && k < ENTRIES / 2; k++) {
            uint32_t key = k * s->step;
            (void)bpf_map_lookup_elem(map(s->per_cpu), &key, values);
        }
        if (!s->host)
            (void)use(s->how, 0, ENTRIES / 2, s->step);
        come(s->per_cpu, NEW);
    }
    uint32_t all;
    unsigned left = there(s->per_cpu, ENTRIES / 2, s->step, &all);
    objnic_unload();
    return left;
}

/* Side by side, one in 129 goes in spite of its use: the bound of one insert's work. */
static const struct scene scenes[] = {
    {"looked up, every other entry", false, LOOK_UP, false, 2, ENTRIES / 2},
    {"looked up, side by side", false, LOOK_UP, false, 1, ENTRIES / 2 - 5 * ROUNDS},
    {"updated, every other entry", false, UPDATE, false, 2, ENTRIES / 2},
    {"per CPU, looked up", true, LOOK_UP_CPU, false, 2, ENTRIES / 2},
    {"per CPU, updated", true, UPDATE_CPU, false, 2, ENTRIES / 2},
    {"looked up by the host", false, 0, true, 2, 0},
};

static void test_recency(void)
{
    struct nic_config cfg = objnic_config(2, 4);
    objnic_open(&cfg);
    for (unsigned k = 0; k < sizeof(scenes) / sizeof(scenes[0]); k++) {
        const struct scene *s = &scenes[k];
        unsigned ours = play(s), kernels = 0;
        if (kernel_works) {
            nicbpf_bind(NULL);
            kernels = play(s);
            nicbpf_bind(layer);
        }
        printf("  %-30s %u of %u stay, in the kernel %u\n", s->name, ours, ENTRIES / 2, kernels);
        CU_ASSERT(s->least ? ours >= s->least : ours == 0);
        CU_ASSERT(!kernel_works || (s->least ? kernels >= s->least : kernels == 0));
    }
    objnic_close();
}

static const struct cunit_case cases[] = {{"what stays", test_recency}, {NULL, NULL}};

int main(int argc, char **argv)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one); /* the kernel keeps free entries for each processor */
    (void)sched_setaffinity(0, sizeof(one), &one);
    kernel_works = kernel_has_bpf();
    return objnic_main(argc, argv, "LRU maps and the kernel's", cases);
}
