/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The firmware ELF on the simulated NIC: boot, verdicts, helpers, maps under
 * many harts, program swap under traffic, and programs that break the rules.
 * argv: nicfw.elf, the blob of progs.S.
 */
#include <string.h>

#include "cunit_main.h"
#include "fw/bpf.h"
#include "fw/caps.h"
#include "fw/events.h"
#include "nic/memmap.h"
#include "rig.h"

static const char *elf, *blob;
static struct rig rig;

static void start(unsigned engines, unsigned threads)
{
    struct nic_config cfg = rig_config(engines, threads);
    rig_start(&rig, &cfg, elf);
}

/* Attaches P_x to port 1. */
static uint32_t attach(unsigned which, uint32_t map)
{
    uint32_t program = rig_program(&rig, blob, which, map);
    CU_ASSERT_EQUAL_FATAL(rig_attach(&rig, program, 1, 1), 0);
    return program;
}

static void test_boot(void)
{
    uint64_t len;
    struct fw_tlv tlv;
    start(2, 4);
    struct fw_sqe s = {.op = FW_ADMIN_IDENTIFY, .value_iova = RIG_VALUE, .value_len = 4096};
    CU_ASSERT_EQUAL(rig_command(&rig, s, &len), 0);
    CU_ASSERT_TRUE(len > 100);
    memcpy(&tlv, rig_host(&rig, RIG_VALUE), sizeof(tlv));
    CU_ASSERT_EQUAL(tlv.type, FW_CAP_ABI);
    rig_stop(&rig);
}

static void test_smallest_memories(void)
{
    struct nic_config cfg = rig_config(1, 1);
    cfg.local_size = 8192;
    cfg.sram_size = 1 << 20;
    cfg.istore_size = 131072;
    cfg.dram_size = 1 << 20;
    rig_start(&rig, &cfg, elf);
    attach(P_DROP, 0);
    rig_traffic(&rig, 10, 64, NULL);
    CU_ASSERT_EQUAL(rig_counters(&rig).verdict[FW_XDP_DROP], 10);
    rig_stop(&rig);
}

/* 4 KiB of local SRAM cannot hold a program's stack: a report, not a crash. */
static void test_too_little_local_sram(void)
{
    struct nic_config cfg = rig_config(1, 1);
    struct nic_fault f;
    cfg.local_size = 4096;
    rig_boot(&rig, &cfg, elf);
    CU_ASSERT_EQUAL(nic_device_run(rig.dev, UINT64_MAX, false), NIC_STOP_FATAL);
    CU_ASSERT_TRUE(nic_device_fault(rig.dev, &f));
    CU_ASSERT_EQUAL(f.value, 4096);
    rig_stop(&rig);
}

static void test_no_program_passes(void)
{
    start(1, 2);
    rig_traffic(&rig, 100, 64, NULL);
    struct fw_counters c = rig_counters(&rig);
    CU_ASSERT_EQUAL(c.verdict[FW_XDP_PASS], 100);
    CU_ASSERT_EQUAL(c.no_program, 100);
    CU_ASSERT_EQUAL(c.bytes[FW_XDP_PASS], 6400);
    CU_ASSERT_EQUAL(rig.verdict[7], FW_XDP_PASS);
    rig_stop(&rig);
}

static uint32_t verdict_word(uint32_t n)
{
    static const uint32_t v[] = {0, 1, 2, 3, 4, 5, 0x80000001u, UINT32_MAX};
    return v[n % 8];
}

static void test_verdicts(void)
{
    struct nic_stats st;
    start(2, 4);
    attach(P_RETURN, 0);
    rig_traffic(&rig, 800, 100, verdict_word);
    for (uint32_t n = 0; n < 800; n++) {
        CU_ASSERT_EQUAL(rig.retval[n], verdict_word(n));
        CU_ASSERT_EQUAL(rig.verdict[n], verdict_word(n) > 4 ? 0 : verdict_word(n));
    }
    struct fw_counters c = rig_counters(&rig);
    CU_ASSERT_EQUAL(c.verdict[FW_XDP_ABORTED], 400);
    for (unsigned v = 1; v < FW_VERDICTS; v++) {
        CU_ASSERT_EQUAL(c.verdict[v], 100);
        CU_ASSERT_EQUAL(c.bytes[v], 10000);
    }
    CU_ASSERT_EQUAL(c.program_faults, 0);
    nic_device_stats(rig.dev, &st);
    CU_ASSERT_EQUAL(st.tx_packets, 100);
    CU_ASSERT_EQUAL(st.drops[NIC_DROP_NO_HOST_DESC], 100); /* PASS, and no host queue is open */
    rig_stop(&rig);
}

static void test_context(void)
{
    struct fw_xdp_md md;
    start(1, 1);
    uint32_t map = rig_map(&rig, FW_MAP_ARRAY, 4, sizeof(md), 1);
    attach(P_CONTEXT, map);
    rig_traffic(&rig, 1, 77, NULL);
    CU_ASSERT_EQUAL(rig_lookup(&rig, map, 0, &md, sizeof(md)), 0);
    CU_ASSERT_EQUAL(md.data & 0xf0000000u, NIC_CLUSTER_BASE);
    CU_ASSERT_EQUAL(md.data_end - md.data, 77);
    CU_ASSERT_EQUAL(md.data_meta, md.data);
    CU_ASSERT_EQUAL(md.ingress_ifindex, 1);
    CU_ASSERT_EQUAL(md.rx_queue_index, 0);
    CU_ASSERT_EQUAL(md.egress_ifindex, 0);
    rig_stop(&rig);
}

/* ---- maps ---- */

static void test_array_counter(void)
{
    uint64_t n = 0;
    start(4, 4);
    uint32_t map = rig_map(&rig, FW_MAP_ARRAY, 4, 8, 4);
    attach(P_COUNT, map);
    rig_traffic(&rig, 5000, 64, NULL);
    CU_ASSERT_EQUAL(rig_lookup(&rig, map, 0, &n, 8), 0);
    CU_ASSERT_EQUAL(n, 5000);
    CU_ASSERT_EQUAL(rig_counters(&rig).verdict[FW_XDP_DROP], 5000);
    rig_stop(&rig);
}

static uint32_t flow_word(uint32_t n)
{
    return n * 2654435761u % 50;
}

/* 16 harts insert and count the same few keys: no entry twice, no count lost. */
static void test_hash_flows(void)
{
    start(4, 4);
    uint32_t map = rig_map(&rig, FW_MAP_HASH, 4, 8, 50);
    uint64_t sum = 0, want[50] = {0};
    attach(P_FLOWS, map);
    rig_traffic(&rig, 5000, 64, flow_word);
    for (uint32_t n = 0; n < 5000; n++)
        want[flow_word(n)]++;
    for (uint32_t k = 0; k < 50; k++) {
        uint64_t n = 0;
        CU_ASSERT_EQUAL(rig_lookup(&rig, map, k, &n, 8), want[k] ? 0 : FW_ENOENT);
        if (want[k])
            CU_ASSERT_EQUAL(n, want[k]);
        sum += want[k] ? n : 0;
    }
    CU_ASSERT_EQUAL(sum, 5000);
    rig_stop(&rig);
}

static uint32_t few_keys(uint32_t n)
{
    return n % 7;
}

/* Every packet replaces an entry of a full map: elements must go round. */
static void test_hash_replace_when_full(void)
{
    start(4, 4);
    uint32_t map = rig_map(&rig, FW_MAP_HASH, 4, 8, 7);
    attach(P_REPLACE, map);
    rig_traffic(&rig, 5000, 64, few_keys);
    CU_ASSERT_EQUAL(rig_counters(&rig).verdict[FW_XDP_DROP], 5000);
    for (uint32_t k = 0; k < 7; k++) {
        uint64_t v = 99;
        CU_ASSERT_EQUAL(rig_lookup(&rig, map, k, &v, 8), 0);
        CU_ASSERT_EQUAL(v, k);
    }
    attach(P_DELETE, map);
    rig_traffic(&rig, 14, 64, few_keys);
    struct fw_counters c = rig_counters(&rig);
    CU_ASSERT_EQUAL(c.verdict[FW_XDP_ABORTED], 14); /* 0, and minus ENOENT */
    uint64_t v;
    CU_ASSERT_EQUAL(rig_lookup(&rig, map, 3, &v, 8), FW_ENOENT);
    rig_stop(&rig);
}

static void test_map_errors_reach_program(void)
{
    start(1, 1);
    uint32_t map = rig_map(&rig, FW_MAP_HASH, 4, 8, 3);
    attach(P_REPLACE, map);
    rig_traffic(&rig, 4, 64, few_keys);
    CU_ASSERT_EQUAL(rig.retval[2], FW_XDP_DROP);
    CU_ASSERT_EQUAL(rig.retval[3], (uint32_t)-FW_E2BIG);
    attach(P_DELETE, map);
    rig_traffic(&rig, 4, 64, few_keys);
    CU_ASSERT_EQUAL(rig.retval[4], 0);
    CU_ASSERT_EQUAL(rig.retval[7], (uint32_t)-FW_ENOENT);
    rig_stop(&rig);
}

/* ---- other helpers ---- */

static void test_ids(void)
{
    uint64_t v[4];
    struct nic_config cfg = rig_config(1, 1);
    cfg.run_clock_ns = 1000000000000;
    rig_start(&rig, &cfg, elf);
    uint32_t map = rig_map(&rig, FW_MAP_ARRAY, 4, sizeof(v), 1);
    attach(P_IDS, map);
    rig_traffic(&rig, 1, 64, NULL);
    CU_ASSERT_EQUAL(rig_lookup(&rig, map, 0, v, sizeof(v)), 0);
    CU_ASSERT_TRUE(v[0] > 1000000000000 && v[0] < 1000100000000);
    CU_ASSERT_TRUE(v[1] <= UINT32_MAX && v[2] <= UINT32_MAX && v[1] != v[2]);
    CU_ASSERT_EQUAL(v[3], 0);
    rig_stop(&rig);
}

static void test_adjust_head(void)
{
    uint64_t pushed;
    start(1, 1);
    attach(P_PUSH, 0);
    rig_traffic(&rig, 1, 60, NULL);
    CU_ASSERT_EQUAL(rig.retval[0], FW_XDP_TX);
    CU_ASSERT_EQUAL(rig.last_len, 68);
    memcpy(&pushed, rig.last, 8);
    CU_ASSERT_EQUAL(pushed, 0x1122334455667788);
    CU_ASSERT_EQUAL(rig.last[8 + 59], 59);
    attach(P_POP, 0);
    rig_traffic(&rig, 1, 60, NULL);
    CU_ASSERT_EQUAL(rig.retval[1], FW_XDP_TX);
    CU_ASSERT_EQUAL(rig.last_len, 56);
    CU_ASSERT_EQUAL(rig.last[0], 4);
    rig_traffic(&rig, 1, 18, NULL); /* 14 bytes are left: allowed */
    CU_ASSERT_EQUAL(rig.retval[2], FW_XDP_TX);
    rig_traffic(&rig, 1, 17, NULL); /* 13 would be */
    CU_ASSERT_EQUAL(rig.retval[3], (uint32_t)-FW_EINVAL);
    rig_stop(&rig);
}

static void test_adjust_tail_and_meta(void)
{
    start(1, 1);
    attach(P_TAIL, 0);
    rig_traffic(&rig, 1, 60, NULL);
    CU_ASSERT_EQUAL(rig.retval[0], FW_XDP_TX);
    CU_ASSERT_EQUAL(rig.last_len, 76);
    CU_ASSERT_EQUAL(rig.last[59], 59);
    CU_ASSERT_EQUAL(rig.last[75], 0);
    rig_stop(&rig);
}

/* ---- programs that break the rules ---- */

static void check_fault(unsigned which, uint32_t map, uint64_t cause)
{
    struct fw_counters before = rig_counters(&rig);
    attach(which, map);
    rig_traffic(&rig, 3, 64, NULL);
    struct fw_counters c = rig_counters(&rig);
    struct fw_fault_log log = rig_faults(&rig);
    CU_ASSERT_EQUAL(c.verdict[FW_XDP_ABORTED] - before.verdict[FW_XDP_ABORTED], 3);
    CU_ASSERT_EQUAL(c.program_faults - before.program_faults, 3);
    CU_ASSERT_EQUAL(log.total, c.program_faults);
    CU_ASSERT_EQUAL(log.last[0].cause, cause);
    if (log.last[0].cause != cause)
        printf("  program %u: cause %lu, tval %lx, pc %lx\n", which, log.last[0].cause,
               log.last[0].tval, log.last[0].pc);
}

static void test_violations(void)
{
    start(1, 2);
    uint32_t map = rig_map(&rig, FW_MAP_ARRAY, 4, 8, 1);
    check_fault(P_READ_REGS, 0, 5);
    check_fault(P_PAST_END, 0, 5);
    check_fault(P_INTO_FW, 0, 1);
    check_fault(P_ILLEGAL, 0, 2);
    check_fault(P_NO_HELPER, 0, 24);
    CU_ASSERT_EQUAL(rig_faults(&rig).last[0].tval, 58);
    check_fault(P_BAD_RETURN, 0, 25);
    check_fault(P_BAD_KEY, map, 26);
    CU_ASSERT_EQUAL(rig_faults(&rig).last[0].tval, NIC_MMIO_BASE);
    check_fault(P_BAD_MAP, 0, 27);
    attach(P_DROP, 0); /* and the engine goes on */
    rig_traffic(&rig, 10, 64, NULL);
    CU_ASSERT_EQUAL(rig_counters(&rig).verdict[FW_XDP_DROP], 10);
    rig_stop(&rig);
}

/* All but every fourth packet break a rule with the lock held, and nobody waits for ever. */
static uint32_t lock_deed(uint32_t n)
{
    return n % 4;
}

static void test_lock(void)
{
    uint64_t value[2] = {0};
    start(2, 4);
    uint32_t map = rig_map(&rig, FW_MAP_ARRAY, 4, 16, 1);
    attach(P_LOCK, map);
    rig_traffic(&rig, 400, 64, lock_deed);
    struct fw_counters c = rig_counters(&rig);
    CU_ASSERT_EQUAL(c.verdict[FW_XDP_DROP], 100);
    CU_ASSERT_EQUAL(c.verdict[FW_XDP_ABORTED], 300);
    CU_ASSERT_EQUAL(c.program_faults, 300);
    CU_ASSERT_EQUAL(rig_lookup(&rig, map, 0, value, 16), 0);
    CU_ASSERT_EQUAL((uint32_t)value[0], 0); /* free */
    CU_ASSERT_EQUAL(value[1], 400);         /* each counted, one after the other */
    rig_stop(&rig);
}

/* What programs may take for the address of a record, with ring buffers at DRAM's start. */
static uint32_t wild_record(uint32_t n)
{
    static const uint32_t at[] = {
        0,
        8,
        NIC_LOCAL_BASE + 0x200,
        NIC_MMIO_BASE,
        NIC_DRAM_BASE,
        NIC_DRAM_BASE + 8,
        NIC_DRAM_BASE + FW_RINGBUF_PRODUCER + 8,
        NIC_DRAM_BASE + FW_RINGBUF_DATA + 8,  /* was committed */
        NIC_DRAM_BASE + FW_RINGBUF_DATA + 12, /* not aligned */
        NIC_DRAM_BASE + FW_RINGBUF_DATA + 16, /* inside one */
        NIC_DRAM_BASE + FW_RINGBUF_DATA + 4096 + 8,
        NIC_DRAM_BASE + 0x100008,
        UINT32_MAX - 7,
        UINT32_MAX,
    };
    return at[n % (sizeof(at) / sizeof(at[0]))];
}

static void test_ring_records(void)
{
    uint64_t produced = 0;
    start(1, 2);
    uint32_t ring = rig_map(&rig, FW_MAP_RINGBUF, 0, 0, 4096);
    uint32_t array = rig_map(&rig, FW_MAP_ARRAY, 4, 8, 1);
    attach(P_RECORD, ring);
    rig_traffic(&rig, 5, 64, NULL);
    CU_ASSERT_EQUAL(nic_mem_read(rig.dev, NIC_DRAM_BASE + FW_RINGBUF_PRODUCER, &produced, 8), 0);
    CU_ASSERT_EQUAL(produced, 5 * 24);
    attach(P_BAD_RECORD, 0);
    rig_traffic(&rig, 28, 64, wild_record);
    struct fw_counters c = rig_counters(&rig);
    CU_ASSERT_EQUAL(c.verdict[FW_XDP_DROP], 5);
    CU_ASSERT_EQUAL(c.verdict[FW_XDP_ABORTED], 28);
    for (unsigned i = 0; i < FW_FAULT_LOG; i++)
        CU_ASSERT_EQUAL(rig_faults(&rig).last[i].cause, 26);
    check_fault(P_BAD_RING, array, 27);
    check_fault(P_TWICE, ring, 26);
    attach(P_RECORD, ring); /* and the ring goes on */
    rig_traffic(&rig, 2, 64, NULL);
    CU_ASSERT_EQUAL(nic_mem_read(rig.dev, NIC_DRAM_BASE + FW_RINGBUF_PRODUCER, &produced, 8), 0);
    CU_ASSERT_EQUAL(produced, (5 + 3 + 2) * 24);
    rig_stop(&rig);
}

static void test_clobbered_registers(void)
{
    start(1, 2);
    attach(P_CLOBBER, 0);
    rig_traffic(&rig, 50, 64, NULL);
    CU_ASSERT_EQUAL(rig_counters(&rig).verdict[FW_XDP_TX], 50);
    rig_stop(&rig);
}

/* ---- life cycle under traffic ---- */

/* Each packet runs the old or the new program, by arrival; none is lost; the old one goes away. */
static void test_swap_under_traffic(void)
{
    uint32_t n = 0, swaps = 0;
    start(4, 4);
    uint32_t old = attach(P_DROP, 0);
    rig_traffic_begin(&rig, 20000, 64, NULL);
    uint32_t next = rig_program(&rig, blob, P_DROP2, 0);
    CU_ASSERT_EQUAL(rig_attach(&rig, next, 1, 0), FW_EBUSY);
    CU_ASSERT_EQUAL(rig_attach(&rig, next, 1, 1), 0);
    struct fw_sqe destroy = {.op = FW_ADMIN_PROG_DESTROY, .handle = old};
    CU_ASSERT_EQUAL(rig_command(&rig, destroy, NULL), 0);
    CU_ASSERT_TRUE(rig.done < rig.frames); /* it was under traffic */
    rig_traffic_end(&rig);
    for (n = 1; n < rig.frames; n++)
        swaps += rig.retval[n] != rig.retval[n - 1];
    CU_ASSERT_EQUAL(rig.retval[0], FW_XDP_DROP);
    CU_ASSERT_EQUAL(rig.retval[rig.frames - 1], FW_XDP_TX);
    CU_ASSERT_EQUAL(swaps, 1);
    rig_stop(&rig);
}

/* The host reads and changes a map while the datapath inserts in it. */
static void test_host_and_datapath(void)
{
    uint64_t v;
    start(4, 4);
    uint32_t map = rig_map(&rig, FW_MAP_HASH, 4, 8, 60);
    attach(P_REPLACE, map);
    rig_traffic_begin(&rig, 20000, 64, flow_word);
    for (uint32_t i = 0; i < 60; i++) {
        uint32_t key = i;
        struct fw_sqe del = {
            .op = FW_ADMIN_MAP_DELETE, .handle = map, .key_iova = RIG_KEY, .key_len = sizeof(key)};
        memcpy(rig_host(&rig, RIG_KEY), &key, sizeof(key));
        int status = rig_command(&rig, del, NULL);
        CU_ASSERT_TRUE(status == 0 || status == FW_ENOENT);
        status = rig_lookup(&rig, map, key, &v, 8);
        CU_ASSERT_TRUE(status == FW_ENOENT || (status == 0 && v == key));
    }
    rig_traffic_end(&rig);
    CU_ASSERT_EQUAL(rig_counters(&rig).verdict[FW_XDP_DROP], 20000);
    for (uint32_t k = 0; k < 60; k++)
        if (rig_lookup(&rig, map, k, &v, 8) == 0)
            CU_ASSERT_EQUAL(v, k);
    rig_stop(&rig);
}

static void test_deterministic(void)
{
    uint64_t cycles[2];
    for (int i = 0; i < 2; i++) {
        start(2, 4);
        attach(P_FLOWS, rig_map(&rig, FW_MAP_HASH, 4, 8, 50));
        rig_traffic(&rig, 2000, 64, flow_word);
        cycles[i] = nic_device_cycles(rig.dev);
        rig_stop(&rig);
    }
    CU_ASSERT_EQUAL(cycles[0], cycles[1]);
}

static const struct cunit_case cases[] = {
    {"boot", test_boot},
    {"smallest memories", test_smallest_memories},
    {"too little local SRAM", test_too_little_local_sram},
    {"no program passes", test_no_program_passes},
    {"verdicts", test_verdicts},
    {"context", test_context},
    {"array counter", test_array_counter},
    {"hash flows", test_hash_flows},
    {"hash: replace when full", test_hash_replace_when_full},
    {"map errors reach the program", test_map_errors_reach_program},
    {"time, random, hart", test_ids},
    {"xdp_adjust_head", test_adjust_head},
    {"xdp_adjust_tail and meta", test_adjust_tail_and_meta},
    {"violations", test_violations},
    {"a lock and faults", test_lock},
    {"records of ring buffers", test_ring_records},
    {"clobbered registers", test_clobbered_registers},
    {"swap under traffic", test_swap_under_traffic},
    {"host and datapath on one map", test_host_and_datapath},
    {"deterministic", test_deterministic},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    elf = argv[1];
    blob = argv[2];
    return cunit_run("firmware on the device", cases);
}
