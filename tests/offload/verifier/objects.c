/* SPDX-License-Identifier: BSD-3-Clause */
#include "objects.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/func_args.h"
#include "bpf/kernel_types.h"

enum {
    MAPS = 64,
    INNERS = 256,
    SUBPROGS = 256,
    LINES = 1024,
    LOG_BYTES = 1 << 22,
    LOG_STATS = 4,
    DEV_BOUND = 1 << 6, /* BPF_F_XDP_DEV_BOUND_ONLY, newer than some headers */
};

typedef long (*syscall_fn)(long, ...);

/* An outer map's inner map, noted when it was created. */
struct inner {
    uint32_t outer_id;
    struct offload_map map;
};

/* What one program refers to. */
struct parts {
    struct offload_map map[MAPS];
    struct offload_map inner[MAPS];
    char name[MAPS][BPF_OBJ_NAME_LEN];
    int fd[MAPS];
    uint32_t maps;
    struct offload_subprog sub[SUBPROGS];
    struct offload_line_info line[LINES];
    struct btf *btf;
};

static object_fn watcher;
static void *watcher_arg;
static struct inner inners[INNERS];
static unsigned inner_count;
static struct btf *vmlinux;
static unsigned log_level;

void objects_watch(object_fn fn, void *arg)
{
    watcher = fn;
    watcher_arg = arg;
}

void objects_log_level(unsigned level)
{
    log_level = level;
}

static long real(long number, long cmd, union bpf_attr *attr, long size)
{
    syscall_fn fn;
    void *symbol = dlsym(RTLD_NEXT, "syscall");
    memcpy(&fn, &symbol, sizeof(fn)); /* ISO C has no cast from one to the other */
    return fn(number, cmd, (long)(uintptr_t)attr, size, 0L, 0L, 0L);
}

static long bpf(int cmd, union bpf_attr *attr)
{
    return real(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int map_info(int fd, struct bpf_map_info *info)
{
    union bpf_attr attr;
    memset(info, 0, sizeof(*info));
    memset(&attr, 0, sizeof(attr));
    attr.info.bpf_fd = (uint32_t)fd;
    attr.info.info_len = sizeof(*info);
    attr.info.info = (uintptr_t)info;
    return (int)bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
}

/* 1 + the offset of the member of that struct type, or 0. */
static uint32_t field_at(const struct btf *btf, uint32_t type, const char *name)
{
    const struct btf_type *t = btf__type_by_id(btf, type);
    while (t && (btf_is_mod(t) || btf_is_typedef(t)))
        t = btf__type_by_id(btf, t->type);
    if (!t || !btf_is_struct(t))
        return 0;
    for (uint16_t n = 0; n < btf_vlen(t); n++) {
        const struct btf_member *m = &btf_members(t)[n];
        const struct btf_type *mt = btf__type_by_id(btf, m->type);
        if (mt && btf_is_struct(mt) && !strcmp(btf__name_by_offset(btf, mt->name_off), name))
            return 1 + btf_member_bit_offset(t, n) / 8;
        uint32_t deeper = field_at(btf, m->type, name);
        if (deeper)
            return deeper + btf_member_bit_offset(t, n) / 8;
    }
    return 0;
}

static void describe(const struct bpf_map_info *info, struct offload_map *m)
{
    *m = (struct offload_map){.type = info->type,
                              .key_size = info->key_size,
                              .value_size = info->value_size,
                              .max_entries = info->max_entries,
                              .flags = info->map_flags,
                              .name = ""};
    struct btf *btf = info->btf_value_type_id ? btf__load_from_kernel_by_id(info->btf_id) : NULL;
    if (!btf)
        return;
    m->spin_lock = field_at(btf, info->btf_value_type_id, "bpf_spin_lock");
    m->timer = field_at(btf, info->btf_value_type_id, "bpf_timer");
    btf__free(btf);
}

static void note_inner(int outer, int inner)
{
    struct bpf_map_info out, in;
    if (inner_count == INNERS || map_info(outer, &out) || map_info(inner, &in))
        return;
    inners[inner_count].outer_id = out.id;
    describe(&in, &inners[inner_count++].map);
}

static void read_frozen(struct parts *p, uint32_t n)
{
    uint32_t key = 0;
    union bpf_attr attr;
    uint8_t *data = calloc(1, p->map[n].value_size + 8u);
    memset(&attr, 0, sizeof(attr));
    attr.map_fd = (uint32_t)p->fd[n];
    attr.key = (uintptr_t)&key;
    attr.value = (uintptr_t)data;
    if (data && bpf(BPF_MAP_LOOKUP_ELEM, &attr) == 0)
        p->map[n].frozen_data = data;
    else
        free(data);
}

static int map_index(struct parts *p, int fd)
{
    struct bpf_map_info info;
    for (uint32_t n = 0; n < p->maps; n++)
        if (p->fd[n] == fd)
            return (int)n;
    if (p->maps == MAPS || map_info(fd, &info))
        return -1;
    uint32_t n = p->maps++;
    p->fd[n] = fd;
    describe(&info, &p->map[n]);
    snprintf(p->name[n], sizeof(p->name[n]), "%s", info.name);
    p->map[n].name = p->name[n];
    for (unsigned k = 0; k < inner_count; k++) {
        if (inners[k].outer_id != info.id)
            continue;
        p->inner[n] = inners[k].map;
        p->map[n].inner = &p->inner[n];
    }
    if (info.type == BPF_MAP_TYPE_ARRAY && (info.map_flags & BPF_F_RDONLY_PROG) &&
        info.max_entries == 1)
        read_frozen(p, n);
    return (int)n;
}

static int kfunc_row(int32_t type)
{
#define KFUNC(k, name, returns, a1, a2, a3, a4, a5, flags) #name,
    static const char *const names[] = {
#include "offload/kfuncs.def"
    };
#undef KFUNC
    if (!vmlinux)
        vmlinux = btf__load_vmlinux_btf();
    const struct btf_type *t = vmlinux ? btf__type_by_id(vmlinux, (uint32_t)type) : NULL;
    const char *name = t ? btf__name_by_offset(vmlinux, t->name_off) : "";
    for (unsigned n = 0; n < sizeof(names) / sizeof(names[0]); n++)
        if (!strcmp(names[n], name))
            return (int)n;
    return -1;
}

static void resolve(struct parts *p, struct ebpf_insn *insns, uint32_t count, const int *fds)
{
    for (uint32_t n = 0; n < count; n++) {
        struct ebpf_insn *i = &insns[n];
        if (i->opcode == (BPF_JMP | BPF_CALL) && i->src == BPF_PSEUDO_KFUNC_CALL)
            i->imm = kfunc_row(i->imm);
        if (i->opcode != (BPF_LD | BPF_IMM | BPF_DW))
            continue;
        bool idx = i->src == BPF_PSEUDO_MAP_IDX || i->src == BPF_PSEUDO_MAP_IDX_VALUE;
        int fd = idx && fds ? fds[i->imm] : i->imm;
        if (idx)
            i->src = i->src == BPF_PSEUDO_MAP_IDX ? BPF_PSEUDO_MAP_FD : BPF_PSEUDO_MAP_VALUE;
        if (i->src == BPF_PSEUDO_MAP_FD || i->src == BPF_PSEUDO_MAP_VALUE)
            i->imm = map_index(p, fd);
        n++;
    }
}

static void read_subprogs(struct parts *p, const union bpf_attr *attr, struct offload_prog *prog)
{
    struct bpf_btf_info info;
    union bpf_attr a;
    memset(&info, 0, sizeof(info));
    memset(&a, 0, sizeof(a));
    a.info.bpf_fd = attr->prog_btf_fd;
    a.info.info_len = sizeof(info);
    a.info.info = (uintptr_t)&info;
    if (!attr->func_info_cnt || attr->func_info_cnt > SUBPROGS || bpf(BPF_OBJ_GET_INFO_BY_FD, &a))
        return;
    p->btf = btf__load_from_kernel_by_id(info.id);
    for (uint32_t n = 0; p->btf && n < attr->func_info_cnt; n++) {
        const struct bpf_func_info *f =
            (const void *)((uintptr_t)attr->func_info + (uintptr_t)n * attr->func_info_rec_size);
        const struct btf_type *t = btf__type_by_id(p->btf, f->type_id);
        p->sub[n] = (struct offload_subprog){.insn = f->insn_off,
                                             .name = btf__name_by_offset(p->btf, t->name_off),
                                             .global = btf_vlen(t) == BTF_FUNC_GLOBAL};
        func_args_read(p->btf, f->type_id, &p->sub[n]);
    }
    if (!p->btf)
        return;
    prog->subprogs = p->sub;
    prog->subprog_count = attr->func_info_cnt;
}

static void read_lines(struct parts *p, const union bpf_attr *attr, struct offload_prog *prog)
{
    uint32_t count = attr->line_info_cnt < LINES ? attr->line_info_cnt : LINES;
    for (uint32_t n = 0; p->btf && n < count; n++) {
        const struct bpf_line_info *l =
            (const void *)((uintptr_t)attr->line_info + (uintptr_t)n * attr->line_info_rec_size);
        const char *text = btf__name_by_offset(p->btf, l->line_off);
        p->line[n] = (struct offload_line_info){
            .insn = l->insn_off,
            .line = BPF_LINE_INFO_LINE_NUM(l->line_col),
            .column = BPF_LINE_INFO_LINE_COL(l->line_col),
            .file = btf__name_by_offset(p->btf, l->file_name_off),
            .text = text ? text + strspn(text, " \t") : NULL,
        };
    }
    if (!p->btf)
        return;
    prog->lines = p->line;
    prog->line_count = count;
}

/* BTF's type of the program itself. */
static uint32_t first_func(const union bpf_attr *attr)
{
    return ((const struct bpf_func_info *)(uintptr_t)attr->func_info)->type_id;
}

/* The function's first tag that says what should become of it. */
static const char *mark_of(const struct btf *btf, uint32_t func)
{
    for (uint32_t id = 1; btf && id < btf__type_cnt(btf); id++) {
        const struct btf_type *t = btf__type_by_id(btf, id);
        const char *text = btf__name_by_offset(btf, t->name_off);
        if (btf_is_decl_tag(t) && t->type == func && strchr(text, ':'))
            return text;
    }
    return "";
}

static enum offload_hook hook_of(uint32_t attach)
{
    if (attach == BPF_XDP_DEVMAP)
        return OFFLOAD_HOOK_DEVMAP;
    return attach == BPF_XDP_CPUMAP ? OFFLOAD_HOOK_CPUMAP : OFFLOAD_HOOK_XDP;
}

static void show(const union bpf_attr *attr, int kernel, char *log)
{
    static struct parts p; /* large */
    struct ebpf_insn *insns = malloc(attr->insn_cnt * sizeof(*insns));
    const char *time = strstr(log, "verification time ");
    struct object_prog o = {
        .kernel = kernel, .kernel_log = log, .given = (const void *)(uintptr_t)attr->insns};
    if (!insns)
        return;
    memset(&p, 0, sizeof(p));
    memcpy(insns, (const void *)(uintptr_t)attr->insns, attr->insn_cnt * sizeof(*insns));
    resolve(&p, insns, attr->insn_cnt, (const int *)(uintptr_t)attr->fd_array);
    o.kernel_usec = time ? strtod(time + 18, NULL) : 0;
    o.prog = (struct offload_prog){.name = attr->prog_name,
                                   .insns = insns,
                                   .insn_count = attr->insn_cnt,
                                   .maps = p.map,
                                   .map_count = p.maps,
                                   .gpl = strstr((const char *)(uintptr_t)attr->license, "GPL"),
                                   .hook = hook_of(attr->expected_attach_type),
                                   .frags = attr->prog_flags & BPF_F_XDP_HAS_FRAGS,
                                   .strict = attr->prog_flags & BPF_F_STRICT_ALIGNMENT,
                                   .dev_bound = attr->prog_flags & DEV_BOUND};
    struct offload_kernel types = kernel_types(vmlinux);
    o.prog.kernel = vmlinux ? &types : NULL;
    read_subprogs(&p, attr, &o.prog);
    read_lines(&p, attr, &o.prog);
    o.name = o.prog.subprog_count ? o.prog.subprogs[0].name : attr->prog_name;
    o.mark = p.btf ? mark_of(p.btf, first_func(attr)) : "";
    watcher(watcher_arg, &o);
    for (uint32_t n = 0; n < p.maps; n++)
        free((void *)(uintptr_t)p.map[n].frozen_data);
    btf__free(p.btf);
    free(insns);
}

/* The kernel's verdict, its time, and its reason or the log that libbpf asked for: asked again for
 * those. */
static long load(union bpf_attr *attr, char *log)
{
    union bpf_attr own = *attr;
    own.log_buf = (uintptr_t)log;
    own.log_size = LOG_BYTES;
    own.log_level = log_level ? log_level : LOG_STATS;
    log[0] = 0;
    long fd = bpf(BPF_PROG_LOAD, &own);
    int error = errno;
    if (!log_level && (fd < 0 || attr->log_level)) {
        own.log_level = (attr->log_level ? attr->log_level : 1) | LOG_STATS;
        long again = bpf(BPF_PROG_LOAD, &own);
        if (again >= 0)
            close((int)again);
    }
    errno = error;
    return fd;
}

/* Stands for a refused program, so that libbpf goes on to the next. */
static long stand_in(void)
{
    static const struct ebpf_insn pass[] = {{.opcode = 0xb7, .imm = 2}, {.opcode = 0x95}};
    union bpf_attr attr;
    memset(&attr, 0, sizeof(attr));
    attr.prog_type = BPF_PROG_TYPE_XDP;
    attr.insns = (uintptr_t)pass;
    attr.insn_cnt = 2;
    attr.license = (uintptr_t)"GPL";
    return bpf(BPF_PROG_LOAD, &attr);
}

static long watched_load(union bpf_attr *attr)
{
    char *log = malloc(LOG_BYTES);
    long fd = log ? load(attr, log) : -1;
    if (log)
        show(attr, fd < 0 ? -errno : 0, log);
    free(log);
    return fd < 0 ? stand_in() : fd;
}

/* NOLINTNEXTLINE: the C library's name, for libbpf to find first */
long syscall(long number, ...)
{
    long a[3];
    union bpf_attr attr;
    va_list ap;
    va_start(ap, number);
    for (unsigned n = 0; n < 3; n++)
        a[n] = va_arg(ap, long);
    va_end(ap);
    union bpf_attr *user = (union bpf_attr *)a[1]; /* NOLINT: as the system call takes it */
    memset(&attr, 0, sizeof(attr));
    if (number == SYS_bpf && watcher)
        memcpy(&attr, user, (size_t)a[2] < sizeof(attr) ? (size_t)a[2] : sizeof(attr));
    if (number == SYS_bpf && watcher && a[0] == BPF_PROG_LOAD &&
        attr.prog_type == BPF_PROG_TYPE_XDP)
        return watched_load(&attr);
    long result = real(number, a[0], user, a[2]);
    int error = errno;
    if (number == SYS_bpf && watcher && a[0] == BPF_MAP_CREATE && result >= 0 &&
        (attr.map_type == BPF_MAP_TYPE_ARRAY_OF_MAPS || attr.map_type == BPF_MAP_TYPE_HASH_OF_MAPS))
        note_inner((int)result, (int)attr.inner_map_fd);
    errno = error;
    return result;
}

int objects_load(const char *path)
{
    struct bpf_object *obj = bpf_object__open_file(path, NULL);
    struct bpf_program *p;
    int err = (int)libbpf_get_error(obj);
    if (err)
        return err;
    bpf_object__for_each_program(p, obj)
        bpf_program__set_autoload(p, bpf_program__type(p) == BPF_PROG_TYPE_XDP);
    bpf_object__load(obj); /* refused or not: the watcher has seen it */
    bpf_object__close(obj);
    return 0;
}
