/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Programs and pins: the same bpf(2) calls to the layer and to this machine's kernel (as
 * root, with /sys/fs/bpf mounted). Skipped (77), with a line, where bpf(2) is not allowed.
 */
#include <unistd.h>

#include "sides.h"

/* What OBJ_GET_INFO_BY_FD says of a program that both sides have in the same form. */
static void program_info(struct transcript *t, const char *what, union bpf_attr load_attr)
{
    long fd = t->bpf(BPF_PROG_LOAD, &load_attr, sizeof(load_attr));
    struct bpf_prog_info info;
    union bpf_attr a;

    memset(&info, 0, sizeof(info));
    memset(&a, 0, sizeof(a));
    a.info.bpf_fd = (uint32_t)fd;
    a.info.info_len = sizeof(info);
    a.info.info = ptr(&info);
    note(t, what, fd, 0);
    long rc = t->bpf(BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a));
    note(t, "info", rc, info.type);
    note(t, "tag", 0, digest(info.tag, sizeof(info.tag)));
    note(t, "name", 0, digest(info.name, sizeof(info.name)));
    note(t, "gpl", 0, info.gpl_compatible);
    note(t, "maps", 0, info.nr_map_ids);
    note(t, "ifindex", 0, info.ifindex);
    note(t, "btf", 0, info.btf_id + info.nr_func_info + info.nr_line_info);
    if (fd >= 0)
        close((int)fd);
}

static void information(struct transcript *t)
{
    struct bpf_insn many[100];
    union bpf_attr a;

    program_info(t, "pass", prog_attr(BPF_PROG_TYPE_XDP, pass_insns, sizeof(pass_insns)));
    a = prog_attr(BPF_PROG_TYPE_XDP, pass_insns, sizeof(pass_insns));
    a.license = ptr("Proprietary");
    program_info(t, "not GPL", a);
    for (unsigned i = 0; i < 100; i++)
        many[i] = pass_insns[0];
    for (unsigned n = 2; n <= 100; n += 7) { /* every way to pad a block of SHA-256 */
        many[n - 1] = pass_insns[1];
        program_info(t, "many", prog_attr(BPF_PROG_TYPE_XDP, many, n * sizeof(many[0])));
        many[n - 1] = pass_insns[0];
    }
    struct bpf_insn map_insns[] = {
        {.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD},
        {0},
        {.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 2, .src_reg = BPF_PSEUDO_MAP_VALUE},
        {.imm = 4},
        {.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 3, .imm = 7},
        {.imm = 9},
        pass_insns[0],
        pass_insns[1],
    };
    map_insns[0].imm = map_insns[2].imm = map_of(t, "array", BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
    if (map_insns[0].imm >= 0) {
        program_info(t, "maps", prog_attr(BPF_PROG_TYPE_XDP, map_insns, sizeof(map_insns)));
        close(map_insns[0].imm);
    }
}

/* The log's rules: enough room, too little, none. */
static void logs(struct transcript *t)
{
    static char log[65536];
    static const uint32_t sizes[] = {0, 1, 65536};
    static const struct bpf_insn bad[] = {{.code = BPF_JMP | BPF_EXIT}};

    for (unsigned k = 0; k < 2; k++) {
        for (uint32_t level = 0; level < 10; level++) {
            for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
                union bpf_attr a = k ? prog_attr(BPF_PROG_TYPE_XDP, bad, sizeof(bad))
                                     : prog_attr(BPF_PROG_TYPE_XDP, pass_insns, sizeof(pass_insns));
                char what[64];
                a.log_level = level;
                a.log_buf = ptr(log);
                a.log_size = sizes[i];
                snprintf(what, sizeof(what), "%s, log level %u, size %u", k ? "bad" : "good", level,
                         sizes[i]);
                load(t, what, a);
            }
        }
    }
}

static void flags(struct transcript *t)
{
    static const uint32_t types[] = {0,       BPF_XDP_DEVMAP,          BPF_XDP_CPUMAP,
                                     BPF_XDP, BPF_CGROUP_INET_INGRESS, 5000};
    union bpf_attr a, good = prog_attr(BPF_PROG_TYPE_XDP, pass_insns, sizeof(pass_insns));
    char what[64];

    for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        a = good;
        a.expected_attach_type = types[i];
        snprintf(what, sizeof(what), "expected_attach_type %u", types[i]);
        load(t, what, a);
    }
    for (unsigned bit = 1; bit < 6; bit++) { /* 0: alignment, the machine's own affair */
        a = good;
        a.prog_flags = 1u << bit;
        snprintf(what, sizeof(what), "prog_flags bit %u", bit);
        if (bit != 4) /* sleepable: by the kernel's version */
            load(t, what, a);
    }
    a = good;
    a.license = 0;
    load(t, "no licence", a);
    a = good;
    a.insns = 0;
    load(t, "no instructions", a);
    a = good;
    a.attach_btf_id = 1;
    load(t, "attach_btf_id", a);
    a = good;
    a.prog_ifindex = 100000;
    load(t, "prog_ifindex that is none", a);
    a = good;
    a.prog_btf_fd = 9999;
    a.func_info_cnt = 1;
    a.func_info_rec_size = 8;
    a.func_info = ptr(&a);
    load(t, "bad prog_btf_fd", a);
}

/* ---- pins ---- */

static long pin(struct transcript *t, const char *what, int cmd, int fd, const char *path,
                uint32_t file_flags)
{
    union bpf_attr a;

    memset(&a, 0, sizeof(a));
    a.bpf_fd = (uint32_t)fd;
    a.pathname = ptr(path);
    a.file_flags = file_flags;
    return note(t, what, t->bpf(cmd, &a, sizeof(a)), 0);
}

/* unlink(2) of a pin, wherever the side keeps it. */
static void remove_pin(const struct transcript *t, const char *path)
{
    char real[4096];

    if (t->bpf == ask_layer && nicbpf_path(layer, path, real, sizeof(real)) == 1)
        path = real;
    CU_ASSERT_EQUAL(unlink(path), 0);
}

static void pins(struct transcript *t)
{
    char a[64], b[64];
    union bpf_attr load_attr = prog_attr(BPF_PROG_TYPE_XDP, pass_insns, sizeof(pass_insns));
    int map_fd = map_of(t, "hash", BPF_MAP_TYPE_HASH, 4, 8, 4, 0);
    int prog = (int)note(t, "prog", t->bpf(BPF_PROG_LOAD, &load_attr, sizeof(load_attr)), 0);

    snprintf(a, sizeof(a), "/sys/fs/bpf/nicsim_test_a_%d", getpid());
    snprintf(b, sizeof(b), "/sys/fs/bpf/nicsim_test_b_%d", getpid());
    pin(t, "get of nothing", BPF_OBJ_GET, 0, a, 0);
    pin(t, "pin a map", BPF_OBJ_PIN, map_fd, a, 0);
    pin(t, "pin it there again", BPF_OBJ_PIN, map_fd, a, 0);
    pin(t, "pin a program", BPF_OBJ_PIN, prog, b, 0);
    pin(t, "pin with flags", BPF_OBJ_PIN, map_fd, b, 8);
    pin(t, "pin fd -1", BPF_OBJ_PIN, -1, "/sys/fs/bpf/nicsim_none", 0);
    pin(t, "pin a file", BPF_OBJ_PIN, STDIN_FILENO, "/sys/fs/bpf/nicsim_none", 0);
    pin(t, "pin in no folder", BPF_OBJ_PIN, map_fd, "/sys/fs/bpf/nicsim_none/x", 0);
    pin(t, "pin in another file system", BPF_OBJ_PIN, map_fd, "/tmp/nicsim_none", 0);
    pin(t, "pin at a file", BPF_OBJ_PIN, map_fd, "/proc/version", 0);
    pin(t, "pin with a dot", BPF_OBJ_PIN, map_fd, "/sys/fs/bpf/nicsim.none", 0);
    pin(t, "pin at no path", BPF_OBJ_PIN, map_fd, NULL, 0);
    pin(t, "get a file", BPF_OBJ_GET, 0, "/proc/version", 0);
    pin(t, "get a folder", BPF_OBJ_GET, 0, "/sys/fs/bpf", 0);
    pin(t, "get no path", BPF_OBJ_GET, 0, NULL, 0);
    pin(t, "get with an fd", BPF_OBJ_GET, 1, a, 0);
    pin(t, "get with flags", BPF_OBJ_GET, 0, a, 1);
    pin(t, "get with both", BPF_OBJ_GET, 0, a, BPF_F_RDONLY | BPF_F_WRONLY);
    close(map_fd);
    close(prog);
    map_fd = (int)pin(t, "get the map", BPF_OBJ_GET, 0, a, 0);
    on(t, "update", BPF_MAP_UPDATE_ELEM, map_fd, 1, 5, 0);
    close(map_fd);
    map_fd = (int)pin(t, "get it read-only", BPF_OBJ_GET, 0, a, BPF_F_RDONLY);
    on(t, "update", BPF_MAP_UPDATE_ELEM, map_fd, 1, 6, 0);
    on(t, "lookup", BPF_MAP_LOOKUP_ELEM, map_fd, 1, 0, 0);
    remove_pin(t, a);
    pin(t, "get after unlink", BPF_OBJ_GET, 0, a, 0);
    on(t, "its descriptor lives", BPF_MAP_LOOKUP_ELEM, map_fd, 1, 0, 0);
    pin(t, "pin it again", BPF_OBJ_PIN, map_fd, a, 0);
    remove_pin(t, a);
    close(map_fd);
    prog = (int)pin(t, "get the program", BPF_OBJ_GET, 0, b, 0);
    close(prog);
    prog = (int)pin(t, "get it read-only", BPF_OBJ_GET, 0, b, BPF_F_RDONLY);
    close(prog);
    remove_pin(t, b);
}

/* The pins of both sides: the kernel's need its file system. */
static void test_pins(void)
{
    if (access("/sys/fs/bpf/.", W_OK))
        printf("SKIP: pins: /sys/fs/bpf of this machine: %s\n", strerror(errno));
    else
        compare("pins", pins);
}

AGAINST_KERNEL(information)
AGAINST_KERNEL(logs)
AGAINST_KERNEL(flags)

static const struct cunit_case cases[] = {
    {"program information", test_information},
    {"logs", test_logs},
    {"program flags", test_flags},
    {"pins", test_pins},
    {NULL, NULL},
};

int main(void)
{
    if (!kernel_has_bpf())
        return 77;
    return cunit_run("programs and pins against the kernel", cases);
}
