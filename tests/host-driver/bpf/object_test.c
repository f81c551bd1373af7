/* SPDX-License-Identifier: BSD-3-Clause */
/* Life of objects: descriptors, duplicates, ids, references, and the order in which they go. */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>

#include "layer.h"

static unsigned maps_on_nic(void)
{
    struct nicbpf_map_view v;

    nicbpf_map_at(layer, 0, &v); /* looks after closed descriptors first */
    return fake_fw_maps(fw);
}

static void test_close_frees(void)
{
    setup();
    int a = make_map(BPF_MAP_TYPE_ARRAY, 8, 1, 0);
    int b = make_map(BPF_MAP_TYPE_ARRAY, 8, 1, 0);
    CU_ASSERT_EQUAL(maps_on_nic(), 2);
    close(a);
    CU_ASSERT_EQUAL(maps_on_nic(), 1);
    close(b);
    CU_ASSERT_EQUAL(maps_on_nic(), 0);
    teardown();
}

static void test_duplicates(void)
{
    uint32_t key = 0;
    uint64_t v = 9, out = 0;

    setup();
    int fd = make_map(BPF_MAP_TYPE_ARRAY, 8, 1, 0);
    int twin = fcntl(fd, F_DUPFD_CLOEXEC, 100);
    CU_ASSERT_EQUAL(elem(BPF_MAP_UPDATE_ELEM, twin, &key, &v, 0), 0);
    close(fd);
    CU_ASSERT_EQUAL(maps_on_nic(), 1);
    CU_ASSERT_EQUAL(elem(BPF_MAP_LOOKUP_ELEM, twin, &key, &out, 0), 0);
    CU_ASSERT_EQUAL(out, 9);
    CU_ASSERT_EQUAL(elem(BPF_MAP_LOOKUP_ELEM, fd, &key, &out, 0), -EBADF);
    close(twin);
    CU_ASSERT_EQUAL(maps_on_nic(), 0);
    teardown();
}

/* The number of a closed map, now another file's: not a map. */
static void test_reused_number(void)
{
    uint32_t key = 0;
    uint64_t out;

    setup();
    int fd = make_map(BPF_MAP_TYPE_ARRAY, 8, 1, 0);
    int file = memfd_create("other", 0);
    CU_ASSERT_EQUAL(dup2(file, fd), fd);
    CU_ASSERT_EQUAL(elem(BPF_MAP_LOOKUP_ELEM, fd, &key, &out, 0), -EINVAL);
    close(fd);
    close(file);
    teardown();
}

static void test_descriptor_flags(void)
{
    char c = 0;

    setup();
    int fd = make_map(BPF_MAP_TYPE_ARRAY, 8, 1, 0);
    CU_ASSERT(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    CU_ASSERT(read(fd, &c, 1) < 0);  /* does not block */
    CU_ASSERT(write(fd, &c, 1) < 0); /* and cannot be filled */
    CU_ASSERT_PTR_EQUAL(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0), MAP_FAILED);
    close(fd);
    teardown();
}

/* r1 = map; r0 = 2; exit */
static int load_with_map(int map)
{
    struct bpf_insn insns[] = {
        {.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = map},
        {0},
        pass_insns[0],
        pass_insns[1],
    };
    long fd = load_insns(BPF_PROG_TYPE_XDP, insns, sizeof(insns));

    CU_ASSERT_FATAL(fd >= 0);
    return (int)fd;
}

static int make_link(int prog, uint32_t port)
{
    union bpf_attr a;

    memset(&a, 0, sizeof(a));
    a.link_create.prog_fd = (uint32_t)prog;
    a.link_create.target_ifindex = port;
    a.link_create.attach_type = BPF_XDP;
    return (int)call(BPF_LINK_CREATE, &a);
}

static void test_program_keeps_map(void)
{
    setup();
    int map = make_map(BPF_MAP_TYPE_HASH, 8, 1, 0);
    int prog = load_with_map(map);
    close(map);
    CU_ASSERT_EQUAL(maps_on_nic(), 1);
    CU_ASSERT_EQUAL(fake_fw_progs(fw), 1);
    close(prog);
    CU_ASSERT_EQUAL(maps_on_nic(), 0);
    CU_ASSERT_EQUAL(fake_fw_progs(fw), 0);
    teardown();
}

static void test_link_keeps_program(void)
{
    setup();
    int map = make_map(BPF_MAP_TYPE_HASH, 8, 1, 0);
    int prog = load_with_map(map);
    int link = make_link(prog, 1);
    CU_ASSERT(link >= 0);
    close(map);
    close(prog);
    CU_ASSERT_EQUAL(maps_on_nic(), 1);
    CU_ASSERT_NOT_EQUAL(fake_fw_attached(fw, 1), 0);
    CU_ASSERT(fake_fw_enabled(fw, 1));
    close(link);
    CU_ASSERT_EQUAL(maps_on_nic(), 0);
    CU_ASSERT_EQUAL(fake_fw_attached(fw, 1), 0);
    CU_ASSERT_EQUAL(fake_fw_progs(fw), 0);
    teardown();
}

static void test_destroy_with_all_open(void)
{
    setup();
    int map = make_map(BPF_MAP_TYPE_HASH, 8, 1, 0);
    int prog = load_with_map(map);
    int link = make_link(prog, 2);
    CU_ASSERT(link >= 0);
    teardown(); /* counts what is left */
    close(map);
    close(prog);
    close(link);
}

static long next_id(int cmd, uint32_t from, uint32_t *id)
{
    union bpf_attr a;

    memset(&a, 0, sizeof(a));
    a.start_id = from;
    long rc = call(cmd, &a);
    *id = a.next_id;
    return rc;
}

static void test_ids(void)
{
    union bpf_attr a;
    uint32_t id, second, key = 0;
    uint64_t v = 3;

    setup();
    CU_ASSERT_EQUAL(next_id(BPF_MAP_GET_NEXT_ID, 0, &id), -ENOENT);
    int first = make_map(BPF_MAP_TYPE_ARRAY, 8, 1, 0);
    int other = make_map(BPF_MAP_TYPE_ARRAY, 8, 1, 0);
    CU_ASSERT_EQUAL(next_id(BPF_MAP_GET_NEXT_ID, 0, &id), 0);
    CU_ASSERT_EQUAL(next_id(BPF_MAP_GET_NEXT_ID, id, &second), 0);
    CU_ASSERT_EQUAL(next_id(BPF_MAP_GET_NEXT_ID, second, &key), -ENOENT);
    CU_ASSERT_EQUAL(next_id(BPF_PROG_GET_NEXT_ID, 0, &key), -ENOENT);
    memset(&a, 0, sizeof(a));
    a.map_id = second;
    int again = (int)call(BPF_MAP_GET_FD_BY_ID, &a);
    CU_ASSERT(again >= 0);
    close(other);
    CU_ASSERT_EQUAL(maps_on_nic(), 2); /* the new descriptor counts */
    key = 0;
    CU_ASSERT_EQUAL(elem(BPF_MAP_UPDATE_ELEM, again, &key, &v, 0), 0);
    close(again);
    CU_ASSERT_EQUAL(maps_on_nic(), 1);
    CU_ASSERT_EQUAL(call(BPF_MAP_GET_FD_BY_ID, &a), -ENOENT);
    a.map_id = 4711;
    CU_ASSERT_EQUAL(call(BPF_MAP_GET_FD_BY_ID, &a), -ENOENT);
    close(first);
    teardown();
}

/* A program all of whose descriptors are closed lives in its link, and can be opened by id. */
static void test_reopen_program(void)
{
    struct nicbpf_prog_view view;
    union bpf_attr a;
    uint32_t id;

    setup();
    int prog = (int)load_insns(BPF_PROG_TYPE_XDP, pass_insns, sizeof(pass_insns));
    int link = make_link(prog, 1);
    close(prog);
    CU_ASSERT_EQUAL(maps_on_nic(), 0);
    CU_ASSERT_EQUAL(next_id(BPF_PROG_GET_NEXT_ID, 0, &id), 0);
    memset(&a, 0, sizeof(a));
    a.prog_id = id;
    prog = (int)call(BPF_PROG_GET_FD_BY_ID, &a);
    CU_ASSERT(prog >= 0);
    CU_ASSERT_EQUAL(nicbpf_prog(layer, prog, &view), 0);
    CU_ASSERT_EQUAL(view.id, id);
    CU_ASSERT_STRING_EQUAL(view.name, "prog");
    close(link);
    CU_ASSERT_EQUAL(maps_on_nic(), 0);
    CU_ASSERT_EQUAL(fake_fw_progs(fw), 1);
    close(prog);
    teardown();
}

static void test_many(void)
{
    enum { N = 100 };
    int fds[N];

    setup();
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < N; i++)
            fds[i] = make_map(BPF_MAP_TYPE_ARRAY, 8, 1, 0);
        CU_ASSERT_EQUAL(maps_on_nic(), N);
        for (unsigned i = 0; i < N; i++)
            close(fds[(i * 37 + round) % N]);
    }
    CU_ASSERT_EQUAL(maps_on_nic(), 0);
    teardown();
}

static const struct cunit_case cases[] = {
    {"closing frees", test_close_frees},
    {"duplicated descriptors", test_duplicates},
    {"a reused number is another file", test_reused_number},
    {"what a descriptor is", test_descriptor_flags},
    {"a program keeps its maps", test_program_keeps_map},
    {"a link keeps its program", test_link_keeps_program},
    {"destroy with everything open", test_destroy_with_all_open},
    {"ids", test_ids},
    {"a program reopened by id", test_reopen_program},
    {"many, in any order", test_many},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("bpf objects", cases);
}
