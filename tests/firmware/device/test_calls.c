/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tail calls and callbacks on the device: programs by hand (progs.S) that call
 * each other through the gates. argv: nicfw.elf, the blob of progs.S.
 */
#include <string.h>

#include "cunit_main.h"
#include "fw/bpf.h"
#include "offload/abi.h"
#include "rig.h"

static const char *elf, *blob;
static struct rig rig;
static uint32_t array; /* the program array of a test */
static uint32_t seq;   /* of the next frame */

static void start_on(const struct nic_config *cfg)
{
    seq = 0;
    rig_start(&rig, cfg, elf);
    array = rig_map(&rig, FW_MAP_PROG_ARRAY, 4, 4, 8);
}

static void start(void)
{
    struct nic_config cfg = rig_config(1, 2);
    start_on(&cfg);
}

/* Puts a program in the array; those that call on use the array themselves. */
static uint32_t put(uint32_t index, unsigned which, uint32_t stack)
{
    uint32_t map = which >= P_TAIL_CALL || which == P_BAD_KEY ? array : 0;
    uint32_t handle = rig_program_stack(&rig, blob, which, map, stack);
    CU_ASSERT_EQUAL_FATAL(rig_update(&rig, array, index, &handle, 4), 0);
    return handle;
}

static void attach(unsigned which, uint32_t map, uint32_t stack)
{
    uint32_t handle = rig_program_stack(&rig, blob, which, map, stack);
    CU_ASSERT_EQUAL_FATAL(rig_attach(&rig, handle, 1, 1), 0);
}

static uint32_t frame_word;
static uint32_t word(uint32_t n)
{
    (void)n;
    return frame_word;
}

/* One frame that begins with `first`; the program's result. */
static uint32_t run(uint32_t first)
{
    frame_word = first;
    rig_traffic(&rig, 1, 64, word);
    return rig.retval[seq++];
}

static void expect_fault(uint64_t cause, uint64_t total)
{
    struct fw_fault_log log = rig_faults(&rig);
    CU_ASSERT_EQUAL(log.total, total);
    CU_ASSERT_EQUAL(log.last[0].cause, cause);
    if (log.last[0].cause != cause)
        printf("  cause %lu, tval %lx, pc %lx\n", log.last[0].cause, log.last[0].tval,
               log.last[0].pc);
}

/* ---- tail calls ---- */

static void test_tail_call(void)
{
    uint32_t handle = 0;
    start();
    uint32_t drop = put(0, P_DROP, 16);
    put(5, P_RETURN, 16);
    attach(P_TAIL_CALL, array, 64);
    CU_ASSERT_EQUAL(run(0), FW_XDP_DROP);
    CU_ASSERT_EQUAL(run(5), 5);
    CU_ASSERT_EQUAL(run(1), FW_XDP_TX); /* empty */
    CU_ASSERT_EQUAL(run(8), FW_XDP_TX); /* past the end */
    CU_ASSERT_EQUAL(run(UINT32_MAX), FW_XDP_TX);
    CU_ASSERT_EQUAL(rig_lookup(&rig, array, 0, &handle, 4), 0);
    CU_ASSERT_EQUAL(handle, drop);
    CU_ASSERT_EQUAL(rig_delete(&rig, array, 0), 0);
    CU_ASSERT_EQUAL(run(0), FW_XDP_TX);
    CU_ASSERT_EQUAL(rig_counters(&rig).program_faults, 0);
    rig_stop(&rig);
}

/* 33 calls, the program that the port has comes on top; the next packet starts anew. */
static void test_tail_limit(void)
{
    start();
    put(3, P_TAIL_COUNT, 32);
    attach(P_TAIL_COUNT, array, 32);
    for (unsigned i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(run(3), FW_XDP_TX);
        CU_ASSERT_EQUAL(rig.last[8], 8 + 1 + OFFLOAD_TAIL_CALLS);
    }
    rig_stop(&rig);
}

static void test_tail_nested(void)
{
    start();
    put(0, P_CLOBBER, 16); /* its wild sp and registers stay its own */
    put(2, P_RETURN, 16);
    put(4, P_TAIL_CALL, 64); /* a main program within: itself until the calls are used up */
    attach(P_TAIL_NESTED, array, 40);
    CU_ASSERT_EQUAL(run(0), FW_XDP_TX + 8);
    CU_ASSERT_EQUAL(run(2), 2 + 8);
    CU_ASSERT_EQUAL(run(4), FW_XDP_TX + 8);
    CU_ASSERT_EQUAL(run(1), 7);
    CU_ASSERT_EQUAL(rig_counters(&rig).program_faults, 0);
    rig_stop(&rig);
}

/* 33 programs, one within the other: each gets the result of the next. */
static void test_tail_deep(void)
{
    start();
    put(3, P_TAIL_DEEP, 48);
    attach(P_TAIL_DEEP, array, 48);
    CU_ASSERT_EQUAL(run(3), 8 + 1);
    CU_ASSERT_EQUAL(rig.last[8], 8 + 1 + OFFLOAD_TAIL_CALLS);
    CU_ASSERT_EQUAL(rig_counters(&rig).program_faults, 0);
    rig_stop(&rig);
}

/* No stack for a second program: the packet is aborted, and the hart goes on. */
static void test_tail_stack(void)
{
    struct nic_config cfg = rig_config(1, 2);
    cfg.local_size = 8192;
    start_on(&cfg);
    put(3, P_TAIL_DEEP, OFFLOAD_STACK_BYTES);
    put(0, P_DROP, 16);
    attach(P_TAIL_DEEP, array, OFFLOAD_STACK_BYTES);
    CU_ASSERT_EQUAL(run(3), FW_XDP_ABORTED);
    expect_fault(28, 1);
    attach(P_TAIL_CALL, array, 64);
    CU_ASSERT_EQUAL(run(0), FW_XDP_DROP);
    rig_stop(&rig);
}

static void test_tail_trap(void)
{
    start();
    put(1, P_READ_REGS, 16);
    put(2, P_BAD_KEY, 16);
    put(0, P_DROP, 16);
    attach(P_TAIL_NESTED, array, 40);
    CU_ASSERT_EQUAL(run(1), FW_XDP_ABORTED);
    expect_fault(5, 1);
    CU_ASSERT_EQUAL(run(2), FW_XDP_ABORTED);
    expect_fault(26, 2);
    CU_ASSERT_EQUAL(run(0), FW_XDP_DROP + 8);
    attach(P_TAIL_BAD, rig_map(&rig, FW_MAP_HASH, 4, 4, 8), 16);
    CU_ASSERT_EQUAL(run(0), FW_XDP_ABORTED);
    expect_fault(27, 3);
    rig_stop(&rig);
}

static int destroy(enum fw_admin_op op, uint32_t handle)
{
    struct fw_sqe s = {.op = (uint8_t)op, .handle = handle};
    return rig_command(&rig, s, NULL);
}

static void test_held(void)
{
    start();
    uint32_t drop = put(0, P_DROP, 16);
    CU_ASSERT_EQUAL(rig_update(&rig, array, 1, &drop, 4), 0);
    CU_ASSERT_EQUAL(destroy(FW_ADMIN_PROG_DESTROY, drop), FW_EBUSY);
    CU_ASSERT_EQUAL(rig_delete(&rig, array, 0), 0);
    CU_ASSERT_EQUAL(rig_delete(&rig, array, 0), FW_ENOENT);
    CU_ASSERT_EQUAL(destroy(FW_ADMIN_PROG_DESTROY, drop), FW_EBUSY);
    put(1, P_DROP2, 16);
    CU_ASSERT_EQUAL(destroy(FW_ADMIN_PROG_DESTROY, drop), 0);
    CU_ASSERT_EQUAL(rig_update(&rig, array, 1, &drop, 4), FW_ENOENT);
    CU_ASSERT_EQUAL(rig_update(&rig, array, 8, &drop, 4), FW_E2BIG);
    uint32_t other = put(2, P_RETURN, 16);
    CU_ASSERT_EQUAL(destroy(FW_ADMIN_MAP_DESTROY, array), 0);
    CU_ASSERT_EQUAL(destroy(FW_ADMIN_PROG_DESTROY, other), 0);
    rig_stop(&rig);
}

/* Entries change under traffic: each packet runs one of the two, and the old one goes away. */
static void test_replace_under_traffic(void)
{
    struct nic_config cfg = rig_config(4, 4);
    start_on(&cfg);
    uint32_t now = put(0, P_DROP, 16);
    attach(P_TAIL_CALL, array, 64);
    frame_word = 0;
    rig_traffic_begin(&rig, 20000, 64, word);
    for (unsigned i = 0; i < 10; i++) {
        uint32_t old = now;
        now = put(0, i % 2 ? P_DROP : P_PUSH, 16);
        CU_ASSERT_EQUAL(destroy(FW_ADMIN_PROG_DESTROY, old), 0);
    }
    CU_ASSERT_TRUE(rig.done < rig.frames);
    rig_traffic_end(&rig);
    struct fw_counters c = rig_counters(&rig);
    CU_ASSERT_EQUAL(c.program_faults, 0);
    CU_ASSERT_EQUAL(c.verdict[FW_XDP_DROP] + c.verdict[FW_XDP_TX], 20000);
    rig_stop(&rig);
}

/* ---- callbacks ---- */

static void test_loop(void)
{
    start();
    attach(P_LOOP, 0, 64);
    CU_ASSERT_EQUAL(run(0), 0);
    CU_ASSERT_EQUAL(run(1), 1);
    CU_ASSERT_EQUAL(run(999), 999);
    CU_ASSERT_EQUAL(run(5000), 1000);
    CU_ASSERT_EQUAL(run(0x800000), 1000);
    CU_ASSERT_EQUAL(run(0x800001), (uint32_t)-FW_E2BIG);
    attach(P_LOOP_FLAGS, 0, 64);
    CU_ASSERT_EQUAL(run(0), (uint32_t)-FW_EINVAL);
    rig_stop(&rig);
}

static void test_loop_nested(void)
{
    uint64_t n = 0;
    start();
    uint32_t map = rig_map(&rig, FW_MAP_ARRAY, 4, 8, 1);
    attach(P_LOOP_NEST, map, 128);
    CU_ASSERT_EQUAL(run(0), 5);
    CU_ASSERT_EQUAL(rig_lookup(&rig, map, 0, &n, 8), 0);
    CU_ASSERT_EQUAL(n, 20);
    rig_stop(&rig);
}

/* What is wrong in a callback ends the program, and the next packet has a hart in order. */
static void test_loop_wrong(void)
{
    start();
    attach(P_LOOP_TRAP, 0, 64);
    CU_ASSERT_EQUAL(run(0), FW_XDP_ABORTED);
    expect_fault(5, 1);
    attach(P_LOOP_ENTRY, 0, 64);
    CU_ASSERT_EQUAL(run(0), FW_XDP_ABORTED);
    expect_fault(29, 2);
    attach(P_LOOP_DEEP, 0, 64);
    CU_ASSERT_EQUAL(run(0), FW_XDP_ABORTED);
    expect_fault(28, 3);
    attach(P_LOOP_WILD, 0, 64);
    CU_ASSERT_EQUAL(run(0), 3);
    attach(P_LOOP, 0, 64);
    CU_ASSERT_EQUAL(run(7), 7);
    rig_stop(&rig);
}

static const struct cunit_case cases[] = {
    {"tail call", test_tail_call},
    {"33 tail calls", test_tail_limit},
    {"tail call from a subprogram", test_tail_nested},
    {"33 of them", test_tail_deep},
    {"tail calls: the stack is full", test_tail_stack},
    {"tail calls: what traps", test_tail_trap},
    {"programs in a map are held", test_held},
    {"entries replaced under traffic", test_replace_under_traffic},
    {"loop", test_loop},
    {"loop in a loop", test_loop_nested},
    {"callbacks that are wrong", test_loop_wrong},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    elf = argv[1];
    blob = argv[2];
    return cunit_run("firmware calls", cases);
}
