/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * XDP_REDIRECT on the device: to ports, through devmaps with programs, to all
 * ports, to host queues, through a cpumap; and maps of maps. argv: nicfw.elf, the
 * blob of progs.S.
 */
#include <string.h>

#include "cunit_main.h"
#include "fw/bpf.h"
#include "rig.h"

static const char *elf, *blob;
static struct rig rig;
static uint32_t seq;

static void start(void)
{
    struct nic_config cfg = rig_config(1, 4);
    cfg.port_count = RIG_PORTS;
    seq = 0;
    rig_start(&rig, &cfg, elf);
    rig_listen(&rig);
}

static void attach(unsigned which, uint32_t map)
{
    uint32_t handle = rig_program_stack(&rig, blob, which, map, 64);
    CU_ASSERT_EQUAL_FATAL(rig_attach(&rig, handle, 1, 1), 0);
}

static uint32_t second(void)
{
    return rig_program_stack(&rig, blob, P_SECOND, 0, 64);
}

static void put(uint32_t map, uint32_t key, uint32_t to, uint32_t prog, uint32_t len)
{
    uint32_t value[2] = {to, prog};
    CU_ASSERT_EQUAL_FATAL(rig_update(&rig, map, key, value, len), 0);
}

static uint32_t frame_word;
static uint32_t word(uint32_t n)
{
    (void)n;
    return frame_word;
}

/* One frame: key, flags and what P_SECOND is to return. The first program's result. */
static uint32_t run(uint32_t key, uint32_t flags, uint8_t result)
{
    const uint8_t tail[] = {0, 0, 0, result};
    frame_word = key;
    memcpy(rig.head, &flags, sizeof(flags));
    memcpy(rig.head + sizeof(flags), tail, sizeof(tail));
    rig.head_len = sizeof(flags) + sizeof(tail);
    rig_traffic(&rig, 1, 64, word);
    return rig.retval[seq++];
}

static uint64_t drops(enum nic_drop_reason why)
{
    struct nic_stats st;
    nic_device_stats(rig.dev, &st);
    return st.drops[why];
}

static void expect_sent(uint32_t one, uint32_t two, uint32_t three)
{
    CU_ASSERT_EQUAL(rig.sent_frames[1], one);
    CU_ASSERT_EQUAL(rig.sent_frames[2], two);
    CU_ASSERT_EQUAL(rig.sent_frames[3], three);
}

static void test_redirect(void)
{
    start();
    attach(P_REDIRECT, 0);
    CU_ASSERT_EQUAL(run(2, 0, 0), FW_XDP_REDIRECT);
    CU_ASSERT_EQUAL(run(1, 0, 0), FW_XDP_REDIRECT);
    expect_sent(1, 1, 0);
    CU_ASSERT_EQUAL(run(4, 0, 0), FW_XDP_REDIRECT); /* there is no such port */
    CU_ASSERT_EQUAL(run(0x10001, 0, 0), FW_XDP_REDIRECT);
    CU_ASSERT_EQUAL(drops(NIC_DROP_BAD_PORT), 2);
    CU_ASSERT_EQUAL(run(2, 1, 0), FW_XDP_ABORTED);
    expect_sent(1, 1, 0);
    CU_ASSERT_EQUAL(rig_counters(&rig).verdict[FW_XDP_REDIRECT], 4);
    rig_stop(&rig);
}

static void test_devmap(void)
{
    start();
    uint32_t map = rig_map(&rig, FW_MAP_DEVMAP, 4, 4, 4);
    put(map, 1, 2, 0, 4);
    attach(P_REDIRECT_MAP, map);
    CU_ASSERT_EQUAL(run(1, 0, 0), FW_XDP_REDIRECT);
    expect_sent(0, 1, 0);
    for (uint32_t action = 0; action < 4; action++) {
        CU_ASSERT_EQUAL(run(0, action, 0), action);
        CU_ASSERT_EQUAL(run(4, action, 0), action);
    }
    CU_ASSERT_EQUAL(run(1, 4, 0), FW_XDP_ABORTED);
    CU_ASSERT_EQUAL(run(1, 32, 0), FW_XDP_ABORTED);
    CU_ASSERT_EQUAL(rig_delete(&rig, map, 1), 0);
    CU_ASSERT_EQUAL(run(1, FW_XDP_PASS, 0), FW_XDP_PASS);
    rig_stop(&rig);
}

/* A lookup that fails takes an earlier target away; whoever redirects all the same has none. */
static void test_forgotten(void)
{
    start();
    attach(P_FORGOTTEN, rig_map(&rig, FW_MAP_DEVMAP, 4, 4, 4));
    CU_ASSERT_EQUAL(run(0, 0, 0), FW_XDP_REDIRECT);
    CU_ASSERT_EQUAL(drops(NIC_DROP_BAD_PORT), 1);
    expect_sent(0, 0, 0);
    rig_stop(&rig);
}

/* The program of an entry sees both ports, changes what is sent and may drop it. */
static void devmap_program(uint32_t type)
{
    start();
    uint32_t map = rig_map(&rig, type, 4, 8, 4), prog = second();
    put(map, 2, 3, prog, 8);
    attach(P_REDIRECT_MAP, map);
    struct fw_sqe destroy = {.op = FW_ADMIN_PROG_DESTROY, .handle = prog};
    CU_ASSERT_EQUAL(rig_command(&rig, destroy, NULL), FW_EBUSY);
    CU_ASSERT_EQUAL(run(2, 0, FW_XDP_PASS), FW_XDP_REDIRECT);
    expect_sent(0, 0, 1);
    CU_ASSERT_EQUAL(rig.sent_last[3][8], 3);
    CU_ASSERT_EQUAL(rig.sent_last[3][9], 1);
    CU_ASSERT_EQUAL(rig.sent_last[3][10], 1);
    CU_ASSERT_EQUAL(rig.last[10], 0); /* the record: as the first program left it */
    for (uint8_t verdict = 0; verdict < 6; verdict++)
        if (verdict != FW_XDP_PASS)
            CU_ASSERT_EQUAL(run(2, 0, verdict), FW_XDP_REDIRECT);
    expect_sent(0, 0, 1);
    struct fw_counters c = rig_counters(&rig);
    CU_ASSERT_EQUAL(c.verdict[FW_XDP_REDIRECT], 6);
    CU_ASSERT_EQUAL(c.second[FW_XDP_PASS], 1);
    CU_ASSERT_EQUAL(c.second[FW_XDP_DROP], 1);
    CU_ASSERT_EQUAL(c.second[FW_XDP_ABORTED], 2); /* 0, and 5 */
    put(map, 2, 2, 0, 8);
    CU_ASSERT_EQUAL(rig_command(&rig, destroy, NULL), 0);
    CU_ASSERT_EQUAL(run(2, 0, FW_XDP_DROP), FW_XDP_REDIRECT);
    expect_sent(0, 1, 1);
    rig_stop(&rig);
}

static void test_devmap_program(void)
{
    devmap_program(FW_MAP_DEVMAP);
}

static void test_devmap_hash_program(void)
{
    devmap_program(FW_MAP_DEVMAP_HASH);
}

static void broadcast(uint32_t type)
{
    start();
    uint32_t map = rig_map(&rig, type, 4, 8, 4);
    attach(P_REDIRECT_MAP, map);
    CU_ASSERT_EQUAL(run(9, FW_REDIRECT_BROADCAST, 0), FW_XDP_REDIRECT); /* to nobody */
    CU_ASSERT_EQUAL(drops(NIC_DROP_BAD_PORT), 1);
    put(map, 0, 1, 0, 8);
    put(map, 1, 2, second(), 8);
    put(map, 3, 3, 0, 8);
    CU_ASSERT_EQUAL(run(9, FW_REDIRECT_BROADCAST, FW_XDP_PASS), FW_XDP_REDIRECT);
    expect_sent(1, 1, 1);
    CU_ASSERT_EQUAL(rig.sent_last[1][10], 0);
    CU_ASSERT_EQUAL(rig.sent_last[2][10], 1); /* its own copy was changed */
    CU_ASSERT_EQUAL(rig.sent_last[3][10], 0);
    CU_ASSERT_EQUAL(run(9, FW_REDIRECT_BROADCAST | FW_REDIRECT_EXCLUDE_INGRESS, FW_XDP_PASS),
                    FW_XDP_REDIRECT);
    expect_sent(1, 2, 2);
    CU_ASSERT_EQUAL(rig_counters(&rig).verdict[FW_XDP_REDIRECT], 3);
    CU_ASSERT_EQUAL(drops(NIC_DROP_NO_COPY), 0);
    rig_stop(&rig);
}

static void test_broadcast(void)
{
    broadcast(FW_MAP_DEVMAP);
    broadcast(FW_MAP_DEVMAP_HASH);
}

static void test_cpumap(void)
{
    start();
    uint32_t map = rig_map(&rig, FW_MAP_CPUMAP, 4, 8, 4);
    put(map, 0, 64, 0, 8);
    put(map, 1, 64, second(), 8);
    attach(P_REDIRECT_MAP, map);
    CU_ASSERT_EQUAL(run(0, FW_XDP_DROP, 0), FW_XDP_REDIRECT);
    CU_ASSERT_EQUAL(drops(NIC_DROP_NO_HOST_DESC), 1); /* to the host, which has no queue open */
    CU_ASSERT_EQUAL(run(1, 0, FW_XDP_PASS), FW_XDP_REDIRECT);
    CU_ASSERT_EQUAL(drops(NIC_DROP_NO_HOST_DESC), 2);
    CU_ASSERT_EQUAL(run(1, 0, FW_XDP_DROP), FW_XDP_REDIRECT);
    CU_ASSERT_EQUAL(run(1, 0, FW_XDP_TX), FW_XDP_REDIRECT);
    CU_ASSERT_EQUAL(drops(NIC_DROP_NO_HOST_DESC), 2);
    CU_ASSERT_EQUAL(run(2, FW_XDP_TX, 0), FW_XDP_TX);
    CU_ASSERT_EQUAL(run(0, FW_REDIRECT_BROADCAST, 0), FW_XDP_ABORTED);
    expect_sent(1, 0, 0);
    uint32_t value[2] = {16385, 0};
    CU_ASSERT_EQUAL(rig_update(&rig, map, 0, value, 8), FW_EOVERFLOW);
    rig_stop(&rig);
}

static void test_xskmap(void)
{
    uint32_t queue = 3, none = 64;
    start();
    uint32_t map = rig_map(&rig, FW_MAP_XSKMAP, 4, 4, 4);
    CU_ASSERT_EQUAL(rig_update(&rig, map, 0, &none, 4), FW_EINVAL);
    CU_ASSERT_EQUAL(rig_update(&rig, map, 0, &queue, 4), 0);
    CU_ASSERT_EQUAL(rig_lookup(&rig, map, 0, &none, 4), 0);
    CU_ASSERT_EQUAL(none, queue);
    attach(P_REDIRECT_MAP, map);
    CU_ASSERT_EQUAL(run(0, 0, 0), FW_XDP_REDIRECT);
    CU_ASSERT_EQUAL(drops(NIC_DROP_NO_HOST_DESC), 1);
    CU_ASSERT_EQUAL(run(1, FW_XDP_DROP, 0), FW_XDP_DROP);
    rig_stop(&rig);
}

/* What a program finds there: struct bpf_xdp_sock, whose only field is queue_id. */
static void test_xskmap_entry(void)
{
    uint32_t queue = 3;
    start();
    uint32_t map = rig_map(&rig, FW_MAP_XSKMAP, 4, 4, 4);
    CU_ASSERT_EQUAL(rig_update(&rig, map, 1, &queue, 4), 0);
    attach(P_QUEUE, map);
    CU_ASSERT_EQUAL(run(1, 0, 0), 3 << 8 | FW_EINVAL);
    CU_ASSERT_EQUAL(run(0, 0, 0), FW_XDP_PASS);
    CU_ASSERT_EQUAL(run(4, 0, 0), FW_XDP_PASS);
    CU_ASSERT_EQUAL(rig_counters(&rig).program_faults, 0);
    rig_stop(&rig);
}

static void test_redirect_map_bad(void)
{
    start();
    attach(P_REDIRECT_MAP, rig_map(&rig, FW_MAP_HASH, 4, 8, 4));
    CU_ASSERT_EQUAL(run(0, 0, 0), FW_XDP_ABORTED);
    CU_ASSERT_EQUAL(rig_faults(&rig).last[0].cause, 27);
    rig_stop(&rig);
}

/* ---- maps of maps ---- */

static void maps_of_maps(uint32_t type)
{
    uint64_t n = 0;
    uint32_t handle;
    start();
    uint32_t outer = rig_map(&rig, type, 4, 4, 4), inner = rig_map(&rig, FW_MAP_ARRAY, 4, 8, 1);
    CU_ASSERT_EQUAL(rig_update(&rig, outer, 2, &inner, 4), 0);
    CU_ASSERT_EQUAL(rig_update(&rig, outer, 1, &outer, 4), FW_EINVAL);
    attach(P_INNER, outer);
    CU_ASSERT_EQUAL(run(2, 0, 0), FW_XDP_DROP);
    CU_ASSERT_EQUAL(run(2, 0, 0), FW_XDP_DROP);
    CU_ASSERT_EQUAL(run(1, 0, 0), FW_XDP_PASS);
    CU_ASSERT_EQUAL(run(77, 0, 0), FW_XDP_PASS);
    CU_ASSERT_EQUAL(rig_lookup(&rig, inner, 0, &n, 8), 0);
    CU_ASSERT_EQUAL(n, 2);
    CU_ASSERT_EQUAL(rig_lookup(&rig, outer, 2, &handle, 4), 0);
    CU_ASSERT_EQUAL(handle, inner);
    struct fw_sqe destroy = {.op = FW_ADMIN_MAP_DESTROY, .handle = inner};
    CU_ASSERT_EQUAL(rig_command(&rig, destroy, NULL), FW_EBUSY);
    CU_ASSERT_EQUAL(rig_delete(&rig, outer, 2), 0);
    CU_ASSERT_EQUAL(run(2, 0, 0), FW_XDP_PASS);
    CU_ASSERT_EQUAL(rig_update(&rig, outer, 3, &inner, 4), 0);
    destroy.handle = outer;
    CU_ASSERT_EQUAL(rig_command(&rig, destroy, NULL), 0);
    destroy.handle = inner;
    CU_ASSERT_EQUAL(rig_command(&rig, destroy, NULL), 0);
    CU_ASSERT_EQUAL(rig_counters(&rig).program_faults, 0);
    rig_stop(&rig);
}

static void test_maps_of_maps(void)
{
    maps_of_maps(FW_MAP_ARRAY_OF_MAPS);
    maps_of_maps(FW_MAP_HASH_OF_MAPS);
}

/* ---- for_each_map_elem ---- */

/* Values are 100 times the key; the sum of both, and how many. */
static void for_each(uint32_t type)
{
    start();
    uint32_t map = rig_map(&rig, type, 4, 8, 4);
    for (uint32_t key = 0; key < 4; key++) {
        uint64_t value[4] = {100 * key, 100 * key, 100 * key, 100 * key};
        int per_cpu = type == FW_MAP_PERCPU_ARRAY || type == FW_MAP_PERCPU_HASH;
        CU_ASSERT_EQUAL(rig_update(&rig, map, key, value, per_cpu ? 32 : 8), 0);
    }
    attach(P_EACH, map);
    CU_ASSERT_EQUAL(run(0, 0, 0), 606 << 8 | 4);
    CU_ASSERT_EQUAL(run(0, 2, 0) & 0xff, 2);
    CU_ASSERT_EQUAL(rig_counters(&rig).program_faults, 0);
    rig_stop(&rig);
}

static void test_for_each(void)
{
    for_each(FW_MAP_ARRAY);
    for_each(FW_MAP_HASH);
    for_each(FW_MAP_PERCPU_ARRAY);
    for_each(FW_MAP_PERCPU_HASH);
    for_each(FW_MAP_LRU_HASH);
}

static const struct cunit_case cases[] = {
    {"to a port", test_redirect},
    {"devmap", test_devmap},
    {"a target forgotten", test_forgotten},
    {"devmap with programs", test_devmap_program},
    {"devmap_hash with programs", test_devmap_hash_program},
    {"to all ports", test_broadcast},
    {"cpumap", test_cpumap},
    {"xskmap", test_xskmap},
    {"xskmap, in a program", test_xskmap_entry},
    {"a map of another type", test_redirect_map_bad},
    {"maps of maps", test_maps_of_maps},
    {"for_each_map_elem", test_for_each},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    elf = argv[1];
    blob = argv[2];
    return cunit_run("firmware redirect", cases);
}
