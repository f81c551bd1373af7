/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Real objects: libbpf loads each file named on the command line, and every XDP program it
 * gives to bpf(2) goes to our verifier first. What the kernel takes we take, and the other way
 * round. (libbpf calls syscall(), which this program defines.)
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cunit_main.h"
#include "kernel.h"
#include "offload/verifier.h"

enum {
    MAPS = 32,
    PROBE_INSNS = 2, /* libbpf's feature probes are that short */
};

typedef long (*syscall_fn)(long, ...);

static unsigned programs;
static char **objects;

static syscall_fn real_syscall(void)
{
    syscall_fn fn;
    void *symbol = dlsym(RTLD_NEXT, "syscall");
    memcpy(&fn, &symbol, sizeof(fn)); /* ISO C has no cast from one to the other */
    return fn;
}

static long bpf(int cmd, union bpf_attr *attr)
{
    return real_syscall()(SYS_bpf, cmd, attr, sizeof(*attr));
}

/* The maps of one program, by file descriptor. */
struct maps {
    struct offload_map map[MAPS];
    char name[MAPS][BPF_OBJ_NAME_LEN];
    int fd[MAPS];
    uint32_t count;
};

static void read_frozen(struct maps *m, uint32_t n)
{
    uint32_t key = 0;
    union bpf_attr attr;
    uint8_t *data = calloc(1, m->map[n].value_size);
    memset(&attr, 0, sizeof(attr));
    attr.map_fd = (uint32_t)m->fd[n];
    attr.key = (uintptr_t)&key;
    attr.value = (uintptr_t)data;
    if (data && bpf(BPF_MAP_LOOKUP_ELEM, &attr) == 0)
        m->map[n].frozen_data = data;
    else
        free(data);
}

static int map_index(struct maps *m, int fd)
{
    struct bpf_map_info info;
    union bpf_attr attr;
    for (uint32_t n = 0; n < m->count; n++)
        if (m->fd[n] == fd)
            return (int)n;
    memset(&info, 0, sizeof(info));
    memset(&attr, 0, sizeof(attr));
    attr.info.bpf_fd = (uint32_t)fd;
    attr.info.info_len = sizeof(info);
    attr.info.info = (uintptr_t)&info;
    if (m->count == MAPS || bpf(BPF_OBJ_GET_INFO_BY_FD, &attr))
        return -1;
    uint32_t n = m->count++;
    m->fd[n] = fd;
    snprintf(m->name[n], sizeof(m->name[n]), "%s", info.name);
    m->map[n] = (struct offload_map){.type = info.type,
                                     .key_size = info.key_size,
                                     .value_size = info.value_size,
                                     .max_entries = info.max_entries,
                                     .flags = info.map_flags,
                                     .name = m->name[n]};
    if (info.type == BPF_MAP_TYPE_ARRAY && (info.map_flags & BPF_F_RDONLY_PROG))
        read_frozen(m, n);
    return (int)n;
}

static void resolve_maps(struct ebpf_insn *insns, uint32_t count, const int *fd_array,
                         struct maps *maps)
{
    for (uint32_t n = 0; n + 1 < count; n++) {
        if (insns[n].opcode != (BPF_LD | BPF_IMM | BPF_DW))
            continue;
        unsigned src = insns[n].src;
        int fd = src == BPF_PSEUDO_MAP_IDX || src == BPF_PSEUDO_MAP_IDX_VALUE
                     ? fd_array[insns[n].imm]
                     : insns[n].imm;
        if (src == BPF_PSEUDO_MAP_IDX || src == BPF_PSEUDO_MAP_IDX_VALUE)
            insns[n].src = src == BPF_PSEUDO_MAP_IDX ? BPF_PSEUDO_MAP_FD : BPF_PSEUDO_MAP_VALUE;
        if (insns[n].src == BPF_PSEUDO_MAP_FD || insns[n].src == BPF_PSEUDO_MAP_VALUE)
            insns[n].imm = map_index(maps, fd);
        n++;
    }
}

static int verify(const union bpf_attr *attr, struct offload_refusal *why)
{
    struct offload_verify_opts opts = {.helpers = {~0ull, ~0ull, ~0ull, ~0ull}};
    struct maps maps = {.count = 0};
    struct ebpf_insn *insns = malloc(attr->insn_cnt * sizeof(*insns));
    if (!insns)
        return -ENOMEM;
    memcpy(insns, (const void *)(uintptr_t)attr->insns, attr->insn_cnt * sizeof(*insns));
    resolve_maps(insns, attr->insn_cnt, (const int *)(uintptr_t)attr->fd_array, &maps);
    struct offload_prog prog = {.name = attr->prog_name,
                                .insns = insns,
                                .insn_count = attr->insn_cnt,
                                .maps = maps.map,
                                .map_count = maps.count,
                                .gpl = strcmp((const char *)(uintptr_t)attr->license, "GPL") == 0};
    int err = offload_verify(&prog, &opts, NULL, NULL, why);
    for (uint32_t n = 0; n < maps.count; n++)
        free((void *)(uintptr_t)maps.map[n].frozen_data);
    free(insns);
    return err;
}

static void compare(const union bpf_attr *attr, bool kernel)
{
    struct offload_refusal why = {0};
    int err = verify(attr, &why);
    programs++;
    if ((err == 0) != kernel)
        printf("\n  %s: the kernel %s it, here: insn %u: %s\n", attr->prog_name,
               kernel ? "accepts" : "refuses", why.insn, err ? why.reason : "accepted");
    CU_ASSERT_EQUAL(err == 0, kernel);
}

/* NOLINTNEXTLINE: the C library's name, for libbpf to find first */
long syscall(long number, ...)
{
    long a[6];
    union bpf_attr attr;
    va_list ap;
    va_start(ap, number);
    for (unsigned n = 0; n < 6; n++)
        a[n] = va_arg(ap, long);
    va_end(ap);
    long result = real_syscall()(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (number != SYS_bpf || a[0] != BPF_PROG_LOAD)
        return result;
    int saved = errno;
    memset(&attr, 0, sizeof(attr));
    memcpy(&attr, (const void *)a[1], (size_t)a[2] < sizeof(attr) ? (size_t)a[2] : sizeof(attr));
    if (attr.prog_type == BPF_PROG_TYPE_XDP && attr.insn_cnt > PROBE_INSNS)
        compare(&attr, result >= 0);
    errno = saved;
    return result;
}

static int quiet(enum libbpf_print_level level, const char *format, va_list ap)
{
    (void)level;
    (void)format;
    (void)ap;
    return 0;
}

static void test_objects(void)
{
    const char *missing = kernel_missing();
    unsigned count = 0;
    programs = 0;
    libbpf_set_print(quiet);
    if (missing) {
        printf("SKIP: bpf(2) is not available here: %s ", missing);
        return;
    }
    for (char **path = objects; *path; path++, count++) {
        struct bpf_object *obj = bpf_object__open_file(*path, NULL);
        CU_ASSERT_EQUAL(libbpf_get_error(obj), 0);
        if (libbpf_get_error(obj))
            continue;
        bpf_object__load(obj); /* refused or not: compare() has seen it */
        bpf_object__close(obj);
    }
    printf("%u programs of %u objects ", programs, count);
    CU_ASSERT_TRUE(count > 0);
    /* programs of two instructions pass for probes */
    CU_ASSERT_TRUE(programs >= count / 2);
}

int main(int argc, char **argv)
{
    static const struct cunit_case cases[] = {
        {"objects as the kernel", test_objects},
        {NULL, NULL},
    };
    (void)argc;
    objects = argv + 1;
    return cunit_run("verifier objects", cases);
}
