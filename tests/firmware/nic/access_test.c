/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads of the NIC's memory for a lookup, as the device counts them, and the modelled time that a
 * thread waits for them: what docs/maps.md says of each type. Arguments: the firmware, the
 * programs.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"
#include "lookups.h"
#include "nicdrv/bpf.h"
#include "realnic.h"

#define FRAMES 2048u /* each key once */

static const char *firmware, *programs;
static struct realnic nic;
static struct nicbpf *layer;
static struct bpf_object *object;

struct cost {
    double dram;   /* accesses a packet */
    double cycles; /* of one thread, elapsed, a packet */
};

static void setup(void)
{
    struct nic_config cfg;
    nic_config_init(&cfg);
    cfg.engine_count = 1;
    cfg.engine_threads = 1;
    cfg.dram_size = 64 << 20;
    CU_ASSERT_FATAL(realnic_open_as(&nic, firmware, &cfg));
    CU_ASSERT_EQUAL_FATAL(nicbpf_create(nic.drv, &layer), 0);
    nicbpf_bind(layer);
    object = bpf_object__open_file(programs, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(object);
    int rc = bpf_object__load(object);
    if (rc)
        fprintf(stderr, "%s\n", nicbpf_last_refusal(layer));
    CU_ASSERT_EQUAL_FATAL(rc, 0);
}

static void teardown(void)
{
    bpf_object__close(object);
    nicbpf_destroy(layer);
    realnic_close(&nic);
}

/* Keys n, 1, 2, 3, as far as they are long. */
static void fill(const char *name)
{
    const struct bpf_map *m = bpf_object__find_map_by_name(object, name);
    for (uint32_t n = 0; n < FILLED; n++) {
        uint32_t key[4] = {n, 1, 2, 3}, value[4] = {n};
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

/* At most so many reads a lookup; a little more for keys that share a bucket. */
static void expect(const char *map, double reads)
{
    char name[64];
    snprintf(name, sizeof(name), "look_%s", map);
    fill(map);
    struct cost rest = measure("nothing"), c = measure(name);
    c.dram -= rest.dram;
    c.cycles -= rest.cycles;
    printf("  %-7s %.2f reads of DRAM, modelled %.0f cycles a lookup\n", map, c.dram, c.cycles);
    CU_ASSERT(c.dram <= reads + 0.05);
    CU_ASSERT(c.cycles >= c.dram * 150); /* each of them is waited for */
}

static void test_array(void)
{
    setup();
    expect("array", 0);
    teardown();
}

/* The bucket, and the line of the key: a load for each 8 bytes of it. */
static void test_hash(void)
{
    setup();
    expect("hash4", 1);
    expect("hash8", 2);
    expect("hash12", 3);
    expect("hash16", 3);
    teardown();
}

/* A /24: a slot for each byte, or two slots and the entry. */
static void test_lpm(void)
{
    setup();
    expect("lpm", 4);
    teardown();
}

static const struct cunit_case cases[] = {
    {"array", test_array}, {"hash", test_hash}, {"LPM", test_lpm}, {NULL, NULL}};

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    firmware = argv[1];
    programs = argv[2];
    return cunit_run("memory accesses of lookups", cases);
}
