/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads of the NIC's memory for a lookup, as the device counts them, and the modelled time that a
 * thread waits for them: what docs/maps.md says of each type. Arguments: the firmware, the
 * programs.
 */
#include <stdio.h>

#include "lookups.h"
#include "objnic.h"

#define FRAMES 2048u /* each key once */

struct cost {
    double dram;   /* accesses a packet */
    double cycles; /* of one thread, elapsed, a packet */
};

/* Keys n, 1, 2, 3, .., as far as they are long. */
static void fill(const char *name)
{
    const struct bpf_map *m = bpf_object__find_map_by_name(object, name);
    for (uint32_t n = 0; n < FILLED; n++) {
        uint32_t key[6] = {n, 1, 2, 3, 4, 5}, value[2 * 16] = {n};
        if (bpf_map__type(m) == BPF_MAP_TYPE_LPM_TRIE) {
            key[0] = 24;
            key[1] = 10 | (n >> 8) << 8 | (n & 0xff) << 16;
        }
        CU_ASSERT_EQUAL_FATAL(bpf_map_update_elem(bpf_map__fd(m), key, value, BPF_ANY), 0);
    }
}

static struct cost measure(const char *name)
{
    struct nic_stats before, after;
    struct fw_counters c, was;
    struct bpf_program *p = bpf_object__find_program_by_name(object, name);
    CU_ASSERT_EQUAL(nicdrv_counters(nic.drv, &was), 0);
    struct bpf_link *link = bpf_program__attach_xdp(p, 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(link);
    CU_ASSERT_EQUAL(realnic_run(&nic), NIC_STOP_IDLE);
    nic_device_stats(nic.dev, &before);
    nic.number = 0;
    realnic_send(&nic, FRAMES, 60);
    uint64_t begin = nic_device_cycles(nic.dev);
    CU_ASSERT_EQUAL(realnic_run(&nic), NIC_STOP_IDLE);
    uint64_t cycles = nic_device_cycles(nic.dev) - begin;
    nic_device_stats(nic.dev, &after);
    CU_ASSERT_EQUAL(nicdrv_counters(nic.drv, &c), 0);
    CU_ASSERT_EQUAL(c.verdict[XDP_DROP] - was.verdict[XDP_DROP], FRAMES); /* found, all of them */
    bpf_link__destroy(link);
    return (struct cost){(double)(after.dram.accesses - before.dram.accesses) / FRAMES,
                         (double)cycles / FRAMES};
}

/*
 * At most so many accesses a lookup; a little more for keys that share a bucket. `waits`: of how
 * many of them the thread waits for the answer.
 */
static void expect(const char *map, double reads, double waits)
{
    char name[64];
    snprintf(name, sizeof(name), "look_%s", map);
    struct nic_config cfg = objnic_config(1, 1);
    objnic_open(&cfg);
    objnic_load(map);
    fill(map);
    struct cost rest = measure("nothing"), c = measure(name);
    c.dram -= rest.dram;
    c.cycles -= rest.cycles;
    printf("  %-8s %.2f accesses to DRAM, modelled %.0f cycles a lookup\n", map, c.dram, c.cycles);
    CU_ASSERT(c.dram >= waits);
    CU_ASSERT(c.dram <= reads + 0.05);
    CU_ASSERT(c.cycles >= waits * 150);
    objnic_close();
}

static void test_array(void)
{
    expect("array", 0, 0);
}

/* The bucket and, of keys of more than 4 bytes, a word of the element. */
static void test_hash(void)
{
    char map[16];
    for (unsigned size = 1; size <= 16; size++) {
        snprintf(map, sizeof(map), "hash%u", size);
        expect(map, size > 4 ? 2 : 1, size > 4 ? 2 : 1);
    }
    expect("hash24", 4, 4); /* the key by words */
}

/* An LRU's mark is one more access, for which nobody waits. */
static void test_lru(void)
{
    char map[16];
    for (unsigned size = 1; size <= 16; size++) {
        snprintf(map, sizeof(map), "lru%u", size);
        expect(map, size > 4 ? 3 : 2, size > 4 ? 2 : 1);
    }
}

static void test_percpu(void)
{
    expect("percpu4", 1, 1);
    expect("percpu12", 2, 2);
    expect("percpu16", 2, 2);
}

/* A /24: a slot for each byte, or two slots and the entry. */
static void test_lpm(void)
{
    expect("lpm", 4, 3);
}

static const struct cunit_case cases[] = {{"array", test_array},  {"hash", test_hash},
                                          {"LRU hash", test_lru}, {"per-CPU hash", test_percpu},
                                          {"LPM", test_lpm},      {NULL, NULL}};

int main(int argc, char **argv)
{
    return objnic_main(argc, argv, "memory accesses of lookups", cases);
}
