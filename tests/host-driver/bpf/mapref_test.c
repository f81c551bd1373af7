/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who keeps maps and programs alive, on the real firmware: maps whose values are descriptors, and
 * what closes last. mapref_test FIRMWARE
 */
#include <sys/socket.h>

#include "mapfd.h"

static struct transcript quiet = {.bpf = ask_card};

static unsigned count_ids(int cmd)
{
    union bpf_attr a;
    unsigned n = 0;

    memset(&a, 0, sizeof(a));
    while (ask_card(cmd, &a, sizeof(a)) == 0) {
        n++;
        a.start_id = a.next_id;
    }
    return n;
}

static int make(uint32_t type, int inner)
{
    int fd = map(&quiet, "map", type, 4, type == BPF_MAP_TYPE_HASH ? 8 : 4, 4, 0, inner);

    CU_ASSERT_FATAL(fd >= 0);
    return fd;
}

/* Ids of what lives. */
static void expect_alive(unsigned maps, unsigned progs)
{
    CU_ASSERT_EQUAL(count_ids(BPF_MAP_GET_NEXT_ID), maps);
    CU_ASSERT_EQUAL(count_ids(BPF_PROG_GET_NEXT_ID), progs);
}

static void test_inner_lives(void)
{
    open_card();
    int inner = make(BPF_MAP_TYPE_HASH, 0), outer = make(BPF_MAP_TYPE_ARRAY_OF_MAPS, inner);

    put(&quiet, "in", outer, 0, inner, 0, BPF_ANY);
    put(&quiet, "in", outer, 3, inner, 0, BPF_ANY);
    close(inner);
    expect_alive(2, 0);
    del(&quiet, "out", outer, 0);
    expect_alive(2, 0);
    del(&quiet, "out", outer, 3);
    expect_alive(1, 0);
    close(outer);
    expect_alive(0, 0);
    close_card();
}

static void test_outer_goes(void)
{
    open_card();
    int inner = make(BPF_MAP_TYPE_HASH, 0), outer = make(BPF_MAP_TYPE_HASH_OF_MAPS, inner);

    put(&quiet, "in", outer, 7, inner, 0, BPF_ANY);
    close(inner);
    close(outer);
    expect_alive(0, 0);
    close_card();
}

/* A program array that its own programs use: the last descriptor ends it, as in the kernel. */
static void test_cycle(void)
{
    open_card();
    int array = make(BPF_MAP_TYPE_PROG_ARRAY, 0);
    struct bpf_insn insns[] = {
        {.code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = BPF_REG_2, .src_reg = 1, .imm = array},
        {0},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = 0},
        {.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_tail_call},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 2},
        {.code = BPF_JMP | BPF_EXIT},
    };
    union bpf_attr a = prog_attr(BPF_PROG_TYPE_XDP, insns, sizeof(insns));
    int prog = (int)ask_card(BPF_PROG_LOAD, &a, sizeof(a));
    CU_ASSERT_FATAL(prog >= 0);
    put(&quiet, "in", array, 0, prog, 0, BPF_ANY);
    close(prog);
    expect_alive(1, 1);
    close(array);
    expect_alive(0, 0);
    close_card();
}

/* The layer goes with everything still in place. */
static void test_left_behind(void)
{
    open_card();
    int inner = make(BPF_MAP_TYPE_HASH, 0), outer = make(BPF_MAP_TYPE_ARRAY_OF_MAPS, inner);
    int array = make(BPF_MAP_TYPE_PROG_ARRAY, 0), prog = program(&quiet, BPF_PROG_TYPE_XDP, 0);
    const struct nicdrv_caps *caps = nicdrv_caps(card.drv);

    put(&quiet, "in", outer, 0, inner, 0, BPF_ANY);
    put(&quiet, "in", array, 0, prog, 0, BPF_ANY);
    nicbpf_destroy(on_card);
    CU_ASSERT_EQUAL(nicdrv_caps_refresh(card.drv), 0);
    uint32_t istore = caps->prog.istore_free;
    uint64_t dram = caps->limits.map_bytes_free;
    close(inner), close(outer), close(array), close(prog);
    on_card = NULL;
    realnic_close(&card);
    open_card();
    CU_ASSERT_EQUAL(nicdrv_caps(card.drv)->prog.istore_free, istore);
    CU_ASSERT_EQUAL(nicdrv_caps(card.drv)->limits.map_bytes_free, dram);
    close_card();
}

/* Where the kernel wants a socket: a host queue. */
static void test_host_queues(void)
{
    open_card();
    int fd = map(&quiet, "xskmap", BPF_MAP_TYPE_XSKMAP, 4, 4, 4, 0, 0);
    int sock = socket(AF_UNIX, SOCK_STREAM, 0);
    uint32_t queue = 1, far = nicdrv_caps(card.drv)->rxqs_max;

    CU_ASSERT_EQUAL(on(&quiet, BPF_MAP_UPDATE_ELEM, fd, 0, &queue, BPF_EXIST), -ENOENT);
    CU_ASSERT_EQUAL(on(&quiet, BPF_MAP_UPDATE_ELEM, fd, 0, &queue, BPF_NOEXIST), 0);
    CU_ASSERT_EQUAL(on(&quiet, BPF_MAP_UPDATE_ELEM, fd, 0, &queue, BPF_NOEXIST), -EEXIST);
    CU_ASSERT_EQUAL(on(&quiet, BPF_MAP_UPDATE_ELEM, fd, 0, &queue, BPF_EXIST), 0);
    CU_ASSERT(on(&quiet, BPF_MAP_UPDATE_ELEM, fd, 0, &far, BPF_ANY) < 0);
    CU_ASSERT_EQUAL(on(&quiet, BPF_MAP_UPDATE_ELEM, fd, 0, &sock, BPF_ANY), -EOPNOTSUPP);
    CU_ASSERT_EQUAL(on(&quiet, BPF_MAP_DELETE_ELEM, fd, 0, NULL, 0), 0);
    close(sock);
    close(fd);
    close_card();
}

static const struct cunit_case cases[] = {
    {"an inner map lives", test_inner_lives},
    {"an outer map goes", test_outer_goes},
    {"a cycle", test_cycle},
    {"left behind", test_left_behind},
    {"host queues", test_host_queues},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    firmware = argc > 1 ? argv[1] : NULL;
    return cunit_run("maps of descriptors", cases);
}
