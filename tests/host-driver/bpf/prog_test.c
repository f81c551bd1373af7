/* SPDX-License-Identifier: BSD-3-Clause */
/* PROG_LOAD and LINK_CREATE: checks, logs, and nothing left behind by a failure. */
#include <linux/if_link.h>

#include "layer.h"
#include "offload/image.h"

static void load_fails(union bpf_attr a, int code, const char *word)
{
    CU_ASSERT_EQUAL(call(BPF_PROG_LOAD, &a), code);
    CU_ASSERT(refusal_says(word));
    CU_ASSERT_EQUAL(fake_fw_progs(fw), 0);
}

static union bpf_attr good_attr(void)
{
    return prog_attr(BPF_PROG_TYPE_XDP, pass_insns, sizeof(pass_insns));
}

static void test_attr_checks(void)
{
    union bpf_attr a;

    setup();
    a = good_attr();
    a.insn_cnt = 0;
    load_fails(a, -E2BIG, "0 instructions");
    a.insn_cnt = 1000001;
    load_fails(a, -E2BIG, "1000001 instructions");
    a = good_attr();
    a.license = 0;
    load_fails(a, -EFAULT, "licence");
    a = good_attr();
    a.prog_flags = BPF_F_SLEEPABLE;
    load_fails(a, -EINVAL, "prog_flags");
    a = good_attr();
    a.prog_ifindex = 3;
    load_fails(a, -EINVAL, "port");
    a = good_attr();
    a.prog_name[0] = '/';
    load_fails(a, -EINVAL, "Invalid argument");
    a = good_attr();
    a.prog_type = BPF_PROG_TYPE_KPROBE;
    load_fails(a, -EINVAL, "kprobe");
    a.prog_type = 4711;
    load_fails(a, -EINVAL, "4711");
    a = good_attr();
    a.func_info_cnt = 1;
    a.prog_btf_fd = 9999;
    load_fails(a, -EBADF, "not BTF");
    teardown();
}

static void test_log(void)
{
    char log[512];
    union bpf_attr a = good_attr();

    setup();
    memset(log, 'x', sizeof(log));
    a.log_buf = ptr(log);
    a.log_size = sizeof(log);
    CU_ASSERT_EQUAL(call(BPF_PROG_LOAD, &a), -EINVAL); /* a buffer without a level */
    a.log_level = 1;
    CU_ASSERT(call(BPF_PROG_LOAD, &a) >= 0);
    CU_ASSERT_PTR_NOT_NULL(memchr(log, 0, sizeof(log)));
    CU_ASSERT_PTR_NOT_NULL(strstr(log, "processed 2 insns"));
    a.log_level = 16;
    CU_ASSERT_EQUAL(call(BPF_PROG_LOAD, &a), -EINVAL);
    a.log_level = 1;
    a.log_size = 0;
    CU_ASSERT_EQUAL(call(BPF_PROG_LOAD, &a), -EINVAL);
    a.log_size = UINT32_MAX;
    CU_ASSERT_EQUAL(call(BPF_PROG_LOAD, &a), -EINVAL);
    a.log_size = sizeof(log);
    a.log_buf = 0;
    CU_ASSERT_EQUAL(call(BPF_PROG_LOAD, &a), -EINVAL);
    teardown();
}

/* 60 moves make a level-2 log longer than its buffer: ENOSPC, even though the program is good. */
static void test_log_truncated(void)
{
    struct bpf_insn insns[62];
    char guard[256 + 16];
    union bpf_attr a;

    setup();
    for (unsigned i = 0; i < 61; i++)
        insns[i] = pass_insns[0];
    insns[61] = pass_insns[1];
    memset(guard, 'x', sizeof(guard));
    a = prog_attr(BPF_PROG_TYPE_XDP, insns, sizeof(insns));
    a.log_level = 2;
    a.log_buf = ptr(guard);
    a.log_size = 256;
    CU_ASSERT_EQUAL(call(BPF_PROG_LOAD, &a), -ENOSPC);
    CU_ASSERT_PTR_NOT_NULL(memchr(guard, 0, 256));
    for (unsigned i = 256; i < sizeof(guard); i++)
        CU_ASSERT_EQUAL(guard[i], 'x');
    CU_ASSERT_EQUAL(fake_fw_progs(fw), 0);
    teardown();
}

/* More code than the card has room for: said so, and also when the log that is asked for then is
 * too small for so long a proof. */
static void test_too_long(void)
{
    const uint32_t many = 200000;
    struct bpf_insn *insns = calloc(many, sizeof(*insns));
    char log[4096];

    setup();
    insns[0] = pass_insns[0];
    for (unsigned i = 1; i < many; i++)
        insns[i] = (struct bpf_insn){
            .code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = 10, .off = -8, .imm = (int)i};
    insns[many - 1] = pass_insns[1];
    union bpf_attr a = prog_attr(BPF_PROG_TYPE_XDP, insns, many * sizeof(*insns));
    nicbpf_xlate_opts(layer, &(struct offload_xlate_opts){.off = UINT32_MAX});
    load_fails(a, -E2BIG, "does not fit the 32768 bytes of instruction store");
    a.log_level = 2;
    a.log_buf = ptr(log);
    a.log_size = sizeof(log);
    load_fails(a, -E2BIG, "does not fit the 32768 bytes of instruction store");
    teardown();
    free(insns);
}

static const struct bpf_insn no_exit[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 2}};
/* r0 = r2, which nothing has set */
static const struct bpf_insn uninit[] = {
    {.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 0, .src_reg = 2},
    {.code = BPF_JMP | BPF_EXIT},
};

static void test_unsafe(void)
{
    char log[1024] = "";
    union bpf_attr a;

    setup();
    load_fails(prog_attr(BPF_PROG_TYPE_XDP, no_exit, sizeof(no_exit)), -EINVAL, "program 'prog'");
    a = prog_attr(BPF_PROG_TYPE_XDP, uninit, sizeof(uninit));
    load_fails(a, -EACCES, "R2 !read_ok");
    CU_ASSERT(nicbpf_refusal(layer)->has_insn);
    CU_ASSERT_EQUAL(nicbpf_refusal(layer)->insn, 0);
    CU_ASSERT_STRING_EQUAL(nicbpf_refusal(layer)->reason, "R2 !read_ok");
    CU_ASSERT_EQUAL(nicbpf_refusal(layer)->why, OFFLOAD_REASON_NOT_INITIALISED);
    a.log_level = 1;
    a.log_buf = ptr(log);
    a.log_size = sizeof(log);
    load_fails(a, -EACCES, "R2 !read_ok");
    CU_ASSERT_PTR_NOT_NULL(strstr(log, "R2 !read_ok"));
    teardown();
}

static void test_maps_of_program(void)
{
    struct bpf_insn insns[] = {
        {.code = BPF_LD | BPF_DW | BPF_IMM,
         .dst_reg = 1,
         .src_reg = BPF_PSEUDO_MAP_FD,
         .imm = 9999},
        {0},
        pass_insns[0],
        pass_insns[1],
    };

    setup();
    load_fails(prog_attr(BPF_PROG_TYPE_XDP, insns, sizeof(insns)), -EBADF, "fd 9999");
    insns[0].imm = STDIN_FILENO;
    load_fails(prog_attr(BPF_PROG_TYPE_XDP, insns, sizeof(insns)), -EINVAL, "fd 0");
    load_fails(prog_attr(BPF_PROG_TYPE_XDP, insns, sizeof(insns[0])), -EINVAL, "bpf_ld_imm64");
    int array = make_map(BPF_MAP_TYPE_ARRAY, 8, 1, 0);
    int four = make_map(BPF_MAP_TYPE_ARRAY, 8, 4, 0);
    int hash = make_map(BPF_MAP_TYPE_HASH, 8, 1, 0);
    insns[0].src_reg = BPF_PSEUDO_MAP_VALUE;
    insns[0].imm = hash;
    load_fails(prog_attr(BPF_PROG_TYPE_XDP, insns, sizeof(insns)), -EINVAL, "direct value");
    insns[0].imm = four;
    load_fails(prog_attr(BPF_PROG_TYPE_XDP, insns, sizeof(insns)), -524, "4 entries");
    insns[0].imm = array;
    insns[1].imm = 8;
    load_fails(prog_attr(BPF_PROG_TYPE_XDP, insns, sizeof(insns)), -EINVAL, "value_size=8 off=8");
    insns[1].imm = 4;
    CU_ASSERT(load_insns(BPF_PROG_TYPE_XDP, insns, sizeof(insns)) >= 0);
    insns[1] = (struct bpf_insn){0};
    insns[0].src_reg = BPF_PSEUDO_MAP_IDX;
    insns[0].imm = 1;
    int fds[2] = {array, hash};
    union bpf_attr a = prog_attr(BPF_PROG_TYPE_XDP, insns, sizeof(insns));
    CU_ASSERT_EQUAL(call(BPF_PROG_LOAD, &a), -EPROTO);
    a.fd_array = ptr(fds);
    long fd = call(BPF_PROG_LOAD, &a);
    CU_ASSERT(fd >= 0);
    struct nicbpf_prog_view v;
    CU_ASSERT_EQUAL(nicbpf_prog(layer, (int)fd, &v), 0);
    CU_ASSERT_EQUAL(v.prog->map_count, 1);
    CU_ASSERT_EQUAL(v.prog->maps[0].type, BPF_MAP_TYPE_HASH);
    CU_ASSERT_EQUAL(v.prog->insns[0].imm, 0); /* an index now */
    CU_ASSERT_EQUAL(v.prog->insns[0].src, BPF_PSEUDO_MAP_FD);
    insns[0].src_reg = BPF_PSEUDO_MAP_IDX_VALUE;
    insns[0].imm = 0;
    insns[1].imm = 4;
    a = prog_attr(BPF_PROG_TYPE_XDP, insns, sizeof(insns));
    a.fd_array = ptr(fds);
    fd = call(BPF_PROG_LOAD, &a);
    CU_ASSERT(fd >= 0);
    CU_ASSERT_EQUAL(nicbpf_prog(layer, (int)fd, &v), 0);
    CU_ASSERT_EQUAL(v.prog->insns[0].src, BPF_PSEUDO_MAP_VALUE);
    CU_ASSERT_EQUAL(v.prog->insns[1].imm, 4);
    insns[1].imm = 8;
    CU_ASSERT_EQUAL(call(BPF_PROG_LOAD, &a), -EINVAL);
    insns[0].src_reg = BPF_PSEUDO_BTF_ID; /* a variable of the kernel's, where there is none */
    CU_ASSERT(call(BPF_PROG_LOAD, &a) < 0);
    teardown();
}

/* No address relative to the code reaches these maps: the program is translated again, and the log
 * says nothing of it. */
static void test_maps_far_away(void)
{
    struct bpf_insn insns[] = {
        {.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_VALUE},
        {0},
        {.code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 0, .src_reg = 1},
        pass_insns[1],
    };
    struct nicbpf_prog_view v;
    char log[512] = "";

    setup();
    insns[0].imm = make_map(BPF_MAP_TYPE_ARRAY, 8, 1, 0);
    long near = load_insns(BPF_PROG_TYPE_XDP, insns, sizeof(insns));
    CU_ASSERT_FATAL(near >= 0);
    CU_ASSERT_EQUAL(nicbpf_prog(layer, (int)near, &v), 0);
    CU_ASSERT_EQUAL(v.image->relocs[0].kind, OFFLOAD_RELOC_VALUE_NEAR);
    teardown();
    setup();
    fake_fw_map_base(fw, 0xe0000000u);
    insns[0].imm = make_map(BPF_MAP_TYPE_ARRAY, 8, 1, 0);
    union bpf_attr a = prog_attr(BPF_PROG_TYPE_XDP, insns, sizeof(insns));
    a.log_buf = ptr(log);
    a.log_size = sizeof(log);
    a.log_level = 1;
    long far = call(BPF_PROG_LOAD, &a);
    CU_ASSERT_FATAL(far >= 0);
    CU_ASSERT_PTR_NULL(strstr(log, "link"));
    CU_ASSERT_EQUAL(nicbpf_prog(layer, (int)far, &v), 0);
    CU_ASSERT_EQUAL(v.image->relocs[0].kind, OFFLOAD_RELOC_VALUE);
    CU_ASSERT_EQUAL(fake_fw_progs(fw), 1);
    teardown();
}

/* What libbpf asks before it trusts a kernel. */
static void test_probes(void)
{
    struct bpf_insn global[] = {
        {.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_VALUE},
        {.imm = 16},
        {.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = 1, .imm = 42},
        pass_insns[0],
        pass_insns[1],
    };
    const struct bpf_insn ctx[] = {
        {.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 0, .src_reg = 1},
        {.code = BPF_JMP | BPF_EXIT},
    };
    struct nicbpf_prog_view v;

    setup();
    long fd = load_insns(BPF_PROG_TYPE_SOCKET_FILTER, pass_insns, sizeof(pass_insns));
    CU_ASSERT(fd >= 0);
    CU_ASSERT_EQUAL(fake_fw_progs(fw), 0); /* proved, and not on the NIC */
    CU_ASSERT_EQUAL(nicbpf_prog(layer, (int)fd, &v), 0);
    CU_ASSERT_PTR_NULL(v.hw);
    global[0].imm = make_map(BPF_MAP_TYPE_ARRAY, 32, 1, 0);
    CU_ASSERT(load_insns(BPF_PROG_TYPE_SOCKET_FILTER, global, sizeof(global)) >= 0);
    CU_ASSERT(load_insns(BPF_PROG_TYPE_SOCKET_FILTER, ctx, sizeof(ctx)) < 0); /* not our context */
    teardown();
}

static void test_failures_leave_nothing(void)
{
    setup();
    fake_fw_fail(fw, FW_ADMIN_PROG_LOAD, EIO);
    load_fails(good_attr(), -EIO, "refused the program's code");
    fake_fw_fail(fw, FW_ADMIN_PROG_LOAD, 0);
    fake_fw_fail(fw, FW_ADMIN_PROG_CREATE, ENOSPC);
    load_fails(good_attr(), -ENOSPC, "no room");
    teardown();
}

static union bpf_attr link_attr(long prog, uint32_t port, uint32_t flags)
{
    union bpf_attr a;

    memset(&a, 0, sizeof(a));
    a.link_create.prog_fd = (uint32_t)prog;
    a.link_create.target_ifindex = port;
    a.link_create.attach_type = BPF_XDP;
    a.link_create.flags = flags;
    return a;
}

static long attach(long prog, uint32_t port, uint32_t flags)
{
    union bpf_attr a = link_attr(prog, port, flags);

    return call(BPF_LINK_CREATE, &a);
}

static void test_links(void)
{
    union bpf_attr a;

    setup();
    long prog = load_insns(BPF_PROG_TYPE_XDP, pass_insns, sizeof(pass_insns));
    long filter = load_insns(BPF_PROG_TYPE_SOCKET_FILTER, pass_insns, sizeof(pass_insns));
    CU_ASSERT_EQUAL(attach(prog, 0, 0), -ENODEV);
    CU_ASSERT_EQUAL(attach(prog, 3, 0), -ENODEV);
    CU_ASSERT(refusal_says("ports 1..2"));
    CU_ASSERT_EQUAL(attach(filter, 1, 0), -EINVAL);
    CU_ASSERT_EQUAL(attach(9999, 1, 0), -EBADF);
    CU_ASSERT_EQUAL(attach(prog, 1, 1u << 31), -EINVAL);
    CU_ASSERT_EQUAL(attach(prog, 1, XDP_FLAGS_DRV_MODE | XDP_FLAGS_HW_MODE), -EINVAL);
    CU_ASSERT_EQUAL(attach(prog, 1, XDP_FLAGS_SKB_MODE), -EOPNOTSUPP);
    a = link_attr(prog, 1, 0);
    a.link_create.attach_type = BPF_CGROUP_INET_INGRESS;
    CU_ASSERT_EQUAL(call(BPF_LINK_CREATE, &a), -EINVAL);
    CU_ASSERT_EQUAL(fake_fw_attached(fw, 1), 0);
    long link = attach(prog, 1, XDP_FLAGS_HW_MODE);
    CU_ASSERT(link >= 0);
    CU_ASSERT_EQUAL(attach(prog, 1, 0), -EBUSY);
    memset(&a, 0, sizeof(a));
    a.link_detach.link_fd = (uint32_t)link;
    CU_ASSERT_EQUAL(call(BPF_LINK_DETACH, &a), 0);
    CU_ASSERT_EQUAL(fake_fw_attached(fw, 1), 0);
    CU_ASSERT_EQUAL(call(BPF_LINK_DETACH, &a), 0); /* again: nothing to do */
    CU_ASSERT(attach(prog, 1, 0) >= 0);
    fake_fw_fail(fw, FW_ADMIN_PORT_SET, EIO);
    CU_ASSERT_EQUAL(attach(prog, 2, 0), -EIO);
    CU_ASSERT_EQUAL(fake_fw_attached(fw, 2), 0); /* undone */
    teardown();
}

static void test_link_update(void)
{
    union bpf_attr a;

    setup();
    long one = load_insns(BPF_PROG_TYPE_XDP, pass_insns, sizeof(pass_insns));
    long two = load_insns(BPF_PROG_TYPE_XDP, pass_insns, sizeof(pass_insns));
    long link = attach(one, 1, 0);
    uint32_t before = fake_fw_attached(fw, 1);
    memset(&a, 0, sizeof(a));
    a.link_update.link_fd = (uint32_t)link;
    a.link_update.new_prog_fd = (uint32_t)two;
    a.link_update.flags = BPF_F_REPLACE;
    a.link_update.old_prog_fd = (uint32_t)two;
    CU_ASSERT_EQUAL(call(BPF_LINK_UPDATE, &a), -EPERM);
    CU_ASSERT_EQUAL(fake_fw_attached(fw, 1), before);
    a.link_update.old_prog_fd = (uint32_t)one;
    CU_ASSERT_EQUAL(call(BPF_LINK_UPDATE, &a), 0);
    CU_ASSERT_NOT_EQUAL(fake_fw_attached(fw, 1), before);
    teardown();
}

static void test_prog_info(void)
{
    struct bpf_prog_info info = {0};
    struct bpf_insn insns[8];
    union bpf_attr a = {.info = {.info = ptr(&info), .info_len = sizeof(info)}};

    setup();
    long prog = load_insns(BPF_PROG_TYPE_XDP, pass_insns, sizeof(pass_insns));
    a.info.bpf_fd = (uint32_t)prog;
    CU_ASSERT_EQUAL(call(BPF_OBJ_GET_INFO_BY_FD, &a), 0);
    CU_ASSERT_EQUAL(info.type, BPF_PROG_TYPE_XDP);
    CU_ASSERT_STRING_EQUAL(info.name, "prog");
    CU_ASSERT_EQUAL(info.xlated_prog_len, sizeof(pass_insns));
    CU_ASSERT_EQUAL(info.verified_insns, 2);
    CU_ASSERT(info.jited_prog_len > 0);
    CU_ASSERT_EQUAL(info.gpl_compatible, 1);
    memset(&info, 0, sizeof(info));
    info.xlated_prog_insns = ptr(insns);
    info.xlated_prog_len = sizeof(insns);
    a.info.info_len = sizeof(info);
    CU_ASSERT_EQUAL(call(BPF_OBJ_GET_INFO_BY_FD, &a), 0);
    CU_ASSERT_EQUAL(memcmp(insns, pass_insns, sizeof(pass_insns)), 0);
    memset(&info, 0, sizeof(info));
    info.xlated_prog_len = sizeof(insns); /* room, but nowhere */
    CU_ASSERT_EQUAL(call(BPF_OBJ_GET_INFO_BY_FD, &a), -EFAULT);
    teardown();
}

static void test_test_run(void)
{
    union bpf_attr a;

    setup();
    memset(&a, 0, sizeof(a));
    a.test.prog_fd =
        (uint32_t)load_insns(BPF_PROG_TYPE_SOCKET_FILTER, pass_insns, sizeof(pass_insns));
    CU_ASSERT_EQUAL(call(BPF_PROG_TEST_RUN, &a), -524);
    uint8_t frame[64] = {0};
    a.test.prog_fd = (uint32_t)load_insns(BPF_PROG_TYPE_XDP, pass_insns, sizeof(pass_insns));
    a.test.data_in = ptr(frame);
    a.test.data_size_in = sizeof(frame);
    CU_ASSERT_EQUAL(call(BPF_PROG_TEST_RUN, &a), -ENOSYS); /* whatever the firmware says */
    a.test.prog_fd = 9999;
    CU_ASSERT_EQUAL(call(BPF_PROG_TEST_RUN, &a), -EBADF);
    teardown();
}

static const struct cunit_case cases[] = {
    {"attribute checks", test_attr_checks},
    {"log", test_log},
    {"a log that was cut", test_log_truncated},
    {"unsafe programs", test_unsafe},
    {"longer than the instruction store", test_too_long},
    {"maps of a program", test_maps_of_program},
    {"maps far from the code", test_maps_far_away},
    {"libbpf's probes", test_probes},
    {"failures leave nothing behind", test_failures_leave_nothing},
    {"links", test_links},
    {"link update", test_link_update},
    {"info", test_prog_info},
    {"test run", test_test_run},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("bpf programs", cases);
}
