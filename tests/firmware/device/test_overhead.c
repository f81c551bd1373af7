/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Engine cycles of firmware around a program (modelled, generic preset), with
 * the goal of DESIGN section 4 as the limit, and the cost of a map lookup.
 * argv: nicfw.elf, the blob of progs.S.
 */
#include "cunit_main.h"
#include "fw/bpf.h"
#include "rig.h"

#define FRAMES          20000u
#define OVERHEAD_CYCLES 75u /* XDP_DROP, all firmware included; the goal of DESIGN is 150 */

static const char *elf, *blob;
static struct rig rig;

struct cost {
    double busy;    /* engine cycles a packet that issue or switch */
    double insns;   /* all code */
    double elapsed; /* cycles a packet, packet rate of the engine */
};

static uint32_t zero(uint32_t n)
{
    (void)n;
    return 0;
}

static struct cost measure(unsigned threads, unsigned which, uint32_t map_type)
{
    struct nic_config cfg = rig_config(1, threads);
    struct nic_engine_stats a, b;
    struct nic_stats st;
    rig_start(&rig, &cfg, elf);
    uint32_t value = map_type == FW_MAP_PROG_ARRAY ? 4 : 8;
    uint32_t map = map_type ? rig_map(&rig, map_type, 4, value, 1024) : 0;
    if (map_type == FW_MAP_PROG_ARRAY) {
        uint32_t drop = rig_program(&rig, blob, P_DROP, 0);
        CU_ASSERT_EQUAL_FATAL(rig_update(&rig, map, 0, &drop, 4), 0);
    }
    CU_ASSERT_EQUAL_FATAL(rig_attach(&rig, rig_program(&rig, blob, which, map), 1, 0), 0);
    nic_device_engine_stats(rig.dev, 0, &a);
    rig_traffic(&rig, FRAMES, 64, map_type == FW_MAP_PROG_ARRAY ? zero : NULL);
    nic_device_engine_stats(rig.dev, 0, &b);
    nic_device_stats(rig.dev, &st);
    struct cost c = {
        .busy =
            (double)(b.busy_cycles + b.switch_cycles - a.busy_cycles - a.switch_cycles) / FRAMES,
        .insns = (double)(b.insns - a.insns) / FRAMES,
        .elapsed = (double)(st.last_done_cycle - st.first_rx_cycle) / FRAMES,
    };
    rig_stop(&rig);
    return c;
}

static void print(const char *what, unsigned threads, struct cost c)
{
    printf("\n  modelled, 1 engine x %u threads, %-22s %6.1f engine cycles, %6.1f instructions, "
           "%7.1f cycles elapsed a packet",
           threads, what, c.busy, c.insns, c.elapsed);
}

static void test_drop(void)
{
    for (unsigned threads = 1; threads <= 8; threads *= 2) {
        struct cost c = measure(threads, P_DROP, 0);
        print("XDP_DROP", threads, c);
        CU_ASSERT_TRUE(c.busy > 20 && c.busy <= OVERHEAD_CYCLES);
        CU_ASSERT_TRUE(c.elapsed <= OVERHEAD_CYCLES + 10); /* one thread waits for its packet */
    }
}

static void test_lookup(void)
{
    struct cost drop = measure(1, P_DROP, 0);
    struct cost array = measure(1, P_LOOKUP, FW_MAP_ARRAY);
    struct cost hash = measure(1, P_LOOKUP, FW_MAP_HASH);
    print("array lookup", 1, array);
    print("hash lookup (a miss)", 1, hash);
    /*
     * The design: one access to shared SRAM (60) for an array, one more to DRAM (150) for a
     * 4-byte hash key. The program itself reads the frame in cluster SRAM (30) and takes 17 cycles.
     */
    CU_ASSERT_TRUE(array.elapsed - drop.elapsed < 60 + 30 + 17 + 60);
    CU_ASSERT_TRUE(hash.elapsed - drop.elapsed < 60 + 150 + 30 + 17 + 100);
}

/* Two accesses to shared SRAM (60 each), and one of the program to the frame (30). */
static void test_tail_call(void)
{
    struct cost drop = measure(1, P_DROP, 0);
    struct cost tail = measure(1, P_TAIL_CALL, FW_MAP_PROG_ARRAY);
    print("tail call", 1, tail);
    CU_ASSERT_TRUE(tail.elapsed - drop.elapsed < 2 * 60 + 30 + 100);
}

static const struct cunit_case cases[] = {
    {"XDP_DROP", test_drop},
    {"map lookup", test_lookup},
    {"tail call", test_tail_call},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    elf = argv[1];
    blob = argv[2];
    return cunit_run("firmware overhead", cases);
}
