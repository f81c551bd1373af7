/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A CPUMAP entry's program runs on the hardware thread of the entry's number, wherever the packet
 * was received. Arguments: the firmware, the programs.
 */
#include "objnic.h"
#include "spread.h"

#define FRAMES 1200u

static void setup(unsigned engines, unsigned threads, unsigned per_cluster, bool ordered)
{
    struct nic_config cfg = objnic_config(engines, threads);
    cfg.engine_per_cluster = per_cluster;
    cfg.run_ordered = ordered;
    objnic_setup(&cfg);
}

/* Entries for processors 0 to n - 1, with queues of that size. */
static void fill(uint32_t n, uint32_t size)
{
    uint32_t zero = 0;
    struct globals g = {.wanted = n};
    struct bpf_cpumap_val v = {.qsize = size};
    v.bpf_prog.fd = bpf_program__fd(bpf_object__find_program_by_name(object, "arrived"));
    for (uint32_t cpu = 0; cpu < n; cpu++)
        CU_ASSERT_EQUAL(
            bpf_map_update_elem(bpf_object__find_map_fd_by_name(object, "cpus"), &cpu, &v, BPF_ANY),
            0);
    CU_ASSERT_EQUAL(bpf_map_update_elem(bpf_object__find_map_fd_by_name(object, "spread.bss"),
                                        &zero, &g, BPF_ANY),
                    0);
}

static struct globals run(void)
{
    uint32_t zero = 0;
    struct globals g = {0};
    struct fw_counters c;
    struct bpf_link *link =
        bpf_program__attach_xdp(bpf_object__find_program_by_name(object, "spread"), 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(link);
    realnic_send(&nic, FRAMES, 60);
    CU_ASSERT_EQUAL(realnic_run(&nic), NIC_STOP_IDLE);
    CU_ASSERT_EQUAL(nicdrv_counters(nic.drv, &c), 0);
    CU_ASSERT_EQUAL(c.verdict[XDP_REDIRECT], FRAMES);
    CU_ASSERT_EQUAL(c.second[XDP_PASS], FRAMES / 2);
    CU_ASSERT_EQUAL(c.second[XDP_DROP], FRAMES / 2);
    CU_ASSERT_EQUAL(c.queue_full, 0);
    CU_ASSERT_EQUAL(
        bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(object, "spread.bss"), &zero, &g), 0);
    CU_ASSERT_EQUAL(g.sent, FRAMES);
    bpf_link__destroy(link);
    return g;
}

static void check(unsigned engines, unsigned threads, unsigned per_cluster, uint32_t wanted)
{
    setup(engines, threads, per_cluster, false);
    fill(wanted, FRAMES);
    struct globals g = run();
    CU_ASSERT_EQUAL(g.elsewhere, 0);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++)
        CU_ASSERT_EQUAL(g.ran[cpu], cpu < wanted ? FRAMES / wanted : 0);
    objnic_close();
}

static void test_chosen(void)
{
    check(2, 4, 8, 8);
    check(2, 4, 8, 1); /* all on one */
    check(1, 6, 8, 3);
}

/* The thread reads the packet in another cluster's memory. */
static void test_clusters(void)
{
    check(4, 2, 1, 8);
    check(3, 2, 2, 6);
}

/* With run.ordered only hart 0 works. */
static void test_ordered(void)
{
    setup(2, 4, 8, true);
    fill(8, FRAMES);
    struct globals g = run();
    CU_ASSERT_EQUAL(g.ran[0], FRAMES);
    objnic_close();
}

/* Packets that the entry of processor 0 took, and with them those that its queue had no room for.
 */
static uint64_t arrivals(uint32_t size, uint32_t frames, bool one_by_one, uint64_t *full)
{
    uint32_t zero = 0;
    struct globals g = {0};
    struct fw_counters was, c;
    CU_ASSERT_EQUAL(nicdrv_counters(nic.drv, &was), 0);
    fill(1, size);
    struct bpf_link *link =
        bpf_program__attach_xdp(bpf_object__find_program_by_name(object, "spread"), 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(link);
    for (uint32_t n = 0; n < frames; n += one_by_one ? 1 : frames) {
        realnic_send(&nic, one_by_one ? 1 : frames, 60);
        CU_ASSERT_EQUAL(realnic_run(&nic), NIC_STOP_IDLE);
    }
    CU_ASSERT_EQUAL(nicdrv_counters(nic.drv, &c), 0);
    CU_ASSERT_EQUAL(c.verdict[XDP_REDIRECT] - was.verdict[XDP_REDIRECT], frames);
    CU_ASSERT_EQUAL(
        bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(object, "spread.bss"), &zero, &g), 0);
    CU_ASSERT_EQUAL(g.sent, frames);
    bpf_link__destroy(link);
    *full = c.queue_full - was.queue_full;
    return g.ran[0];
}

/* As the kernel's: what finds `qsize` packets waiting is dropped, and counted. */
static void test_queue_size(void)
{
    static const uint32_t sizes[] = {1, 2, 8, 64};
    uint64_t before = 0, full;
    setup(4, 4, 8, false);
    for (unsigned k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
        uint64_t ran = arrivals(sizes[k], FRAMES, false, &full);
        printf("  queue of %2u: %llu of %u packets\n", sizes[k], (unsigned long long)ran, FRAMES);
        CU_ASSERT_EQUAL(ran + full, FRAMES);
        CU_ASSERT(full > 0 && ran > before); /* a longer queue takes more of a burst */
        before = ran;
        /* nothing stays behind on it: a packet at a time finds room in the shortest */
        CU_ASSERT_EQUAL(arrivals(1, 50, true, &full), 50);
        CU_ASSERT_EQUAL(full, 0);
    }
    CU_ASSERT_EQUAL(arrivals(FRAMES, FRAMES, false, &full), FRAMES);
    CU_ASSERT_EQUAL(full, 0);
    objnic_close();
}

static const struct cunit_case cases[] = {{"chosen threads", test_chosen},
                                          {"of other clusters", test_clusters},
                                          {"ordered", test_ordered},
                                          {"queue size", test_queue_size},
                                          {NULL, NULL}};

int main(int argc, char **argv)
{
    return objnic_main(argc, argv, "CPUMAP", cases);
}
