/* SPDX-License-Identifier: BSD-3-Clause */
/* PROG_LOAD: copy, resolve, prove, translate, put on the NIC. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "bpf/prog_impl.h"

#define INSNS_MAX   1000000u /* BPF_COMPLEXITY_LIMIT_INSNS */
#define LICENSE_MAX 128u
#define LOG_LEVEL1  1u /* the kernel's log_level bits */
#define LOG_LEVEL2  2u
#define LOG_STATS   4u
#define LOG_FIXED   8u

/* In the kernel since 6.3 and 6.8, in no Debian 12 header. */
#define PROG_DEV_BOUND           (1u << 6) /* BPF_F_XDP_DEV_BOUND_ONLY */
#define PROG_TEST_REG_INVARIANTS (1u << 7)

/* Known flags; but for the first two, and the one below, they change nothing here. */
#define PROG_FLAGS                                                                                 \
    (BPF_F_STRICT_ALIGNMENT | BPF_F_ANY_ALIGNMENT | BPF_F_TEST_RND_HI32 | BPF_F_TEST_STATE_FREQ |  \
     BPF_F_XDP_HAS_FRAGS | PROG_DEV_BOUND | PROG_TEST_REG_INVARIANTS)

static void log_line(struct load *l, const char *before, const char *line)
{
    if (!l->log.buf || l->log.len >= l->log.size)
        return;
    int n = snprintf(l->log.buf + l->log.len, l->log.size - l->log.len, "%s%s\n", before, line);
    l->log.full |= n > 0 && (size_t)n >= l->log.size - l->log.len;
    l->log.len += n > 0 && !l->log.full ? (size_t)n : 0;
}

int load_refuse(struct load *l, int code, const char *fmt, ...)
{
    char why[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(why, sizeof(why), fmt, ap);
    va_end(ap);
    log_line(l, "", why);
    return refuse(l->b, code, "program '%s': %s", l->p->full_name, why);
}

/* ---- attributes ---- */

static int open_log(struct load *l)
{
    const union bpf_attr *a = l->attr;

    if (!a->log_level)
        return a->log_buf || a->log_size ? -EINVAL : 0;
    if (a->log_level & ~(LOG_LEVEL1 | LOG_LEVEL2 | LOG_STATS | LOG_FIXED) || !a->log_buf ||
        !a->log_size || a->log_size > UINT32_MAX >> 2)
        return -EINVAL;
    l->log.buf = user_ptr(a->log_buf);
    l->log.size = a->log_size;
    l->log.level = a->log_level & LOG_LEVEL2 ? 2 : 1;
    l->log.buf[0] = '\0';
    return 0;
}

/* Licences the kernel's license_is_gpl_compatible() names. */
static bool gpl_compatible(const char *license)
{
    static const char *const names[] = {"GPL",          "GPL v2",       "GPL and additional rights",
                                        "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!strncmp(license, names[i], LICENSE_MAX))
            return true;
    }
    return false;
}

/*
 * Socket filters, and tracepoint programs without a name: libbpf's feature probes are such programs
 * (the latter asks for bpf_probe_read_kernel). Proved without a context, and never run.
 */
static int check_type(struct load *l)
{
    const union bpf_attr *a = l->attr;

    if (a->prog_type == BPF_PROG_TYPE_XDP || a->prog_type == BPF_PROG_TYPE_SOCKET_FILTER)
        return 0;
    if (a->prog_type == BPF_PROG_TYPE_TRACEPOINT && !l->p->name[0])
        return 0;
    return load_refuse(l, -EINVAL, "type %s (%u) does not run on a NIC; XDP programs do",
                       prog_type_name(a->prog_type), a->prog_type);
}

static int check_attr(struct load *l)
{
    const union bpf_attr *a = l->attr;

    if (a->prog_flags & ~(uint32_t)PROG_FLAGS)
        return load_refuse(l, -EINVAL, "prog_flags 0x%x are not supported",
                           a->prog_flags & ~(uint32_t)PROG_FLAGS);
    if (!a->insn_cnt || a->insn_cnt > INSNS_MAX)
        return load_refuse(l, -E2BIG, "%u instructions; a program has 1..%u", a->insn_cnt,
                           INSNS_MAX);
    if (!a->insns || !a->license)
        return load_refuse(l, -EFAULT, "no instructions, or no licence");
    if (a->prog_flags & PROG_DEV_BOUND && (!a->prog_ifindex || a->prog_type != BPF_PROG_TYPE_XDP))
        return load_refuse(l, -EINVAL, "BPF_F_XDP_DEV_BOUND_ONLY needs a prog_ifindex");
    if (a->attach_btf_id || a->attach_prog_fd)
        return load_refuse(l, -EINVAL, "attaching to another program's BTF is not for this type");
    if (a->core_relo_cnt)
        return load_refuse(l, -EINVAL, "CO-RE relocations must be done before loading");
    if (a->prog_ifindex > nicdrv_caps(l->b->drv)->ports)
        return load_refuse(l, -EINVAL, "prog_ifindex %u is not a port of the NIC", a->prog_ifindex);
    return check_type(l);
}

static enum offload_hook hook_of(uint32_t attach_type)
{
    if (attach_type == BPF_XDP_DEVMAP)
        return OFFLOAD_HOOK_DEVMAP;
    return attach_type == BPF_XDP_CPUMAP ? OFFLOAD_HOOK_CPUMAP : OFFLOAD_HOOK_XDP;
}

static int copy_program(struct load *l)
{
    const union bpf_attr *a = l->attr;
    struct prog_obj *p = l->p;

    p->type = a->prog_type;
    p->attach_type = a->expected_attach_type;
    p->ifindex = a->prog_ifindex;
    p->load_time_ns = nicdrv_time_ns(l->b->drv);
    p->gpl = gpl_compatible(user_ptr(a->license));
    p->insns = calloc(a->insn_cnt, sizeof(*p->insns));
    if (!p->insns)
        return load_refuse(l, -ENOMEM, "out of memory");
    memcpy(p->insns, user_ptr(a->insns), a->insn_cnt * sizeof(*p->insns));
    if (prog_tag(p->insns, a->insn_cnt, p->tag))
        return load_refuse(l, -ENOMEM, "out of memory");
    p->prog.name = p->full_name;
    p->prog.insns = p->insns;
    p->prog.insn_count = a->insn_cnt;
    p->prog.gpl = p->gpl;
    p->prog.hook = hook_of(a->expected_attach_type);
    p->prog.strict =
        (a->prog_flags & (BPF_F_STRICT_ALIGNMENT | BPF_F_ANY_ALIGNMENT)) == BPF_F_STRICT_ALIGNMENT;
    p->prog.frags = (a->prog_flags & BPF_F_XDP_HAS_FRAGS) != 0;
    p->prog.dev_bound = (a->prog_flags & PROG_DEV_BOUND) != 0;
    return 0;
}

/* The kernel cuts names at 15 characters; BTF has the whole of it. */
static void take_full_name(struct prog_obj *p)
{
    const char *full = p->prog.subprog_count ? p->subprogs[0].name : NULL;

    if (full && full[0] && !strncmp(full, p->name, strlen(p->name)))
        snprintf(p->full_name, sizeof(p->full_name), "%s", full);
}

/* ---- proof, translation, NIC ---- */

/*
 * libbpf before 1.5, and bpftool with it, take a helper for missing when the log has words that
 * the kernel gave up in 6.10: a line in those words too.
 */
static void log_helper(struct load *l, const char *reason)
{
    static const char now[] = "program of this type cannot use helper ";

    if (!strncmp(reason, now, sizeof(now) - 1))
        log_line(l, "unknown func ", reason + sizeof(now) - 1);
}

static int verify(struct load *l)
{
    struct prog_obj *p = l->p;
    struct offload_verify_opts opts = {
        /* As for a loader with CAP_PERFMON: who may load XDP programs usually has it. */
        .allow_uninit_stack = true,
        .no_ctx = p->type != BPF_PROG_TYPE_XDP,
        .kfuncs = nicdrv_caps(l->b->drv)->kfuncs,
        .cpus = nicbpf_cpus(l->b),
    };
    struct offload_refusal why = {0};

    memcpy(opts.helpers, nicdrv_caps(l->b->drv)->helpers, sizeof(opts.helpers));
    int rc = offload_verify(&p->prog, &opts, &l->log, &p->facts, &why);
    if (rc)
        log_helper(l, why.reason);
    return rc ? refuse_at(l->b, rc, &p->prog, &why) : 0;
}

static int translate(struct load *l, const struct offload_xlate_opts *opts)
{
    struct prog_obj *p = l->p;
    struct offload_refusal why = {0};
    const struct nicdrv_caps *caps = nicdrv_caps(l->b->drv);

    int rc =
        offload_translate(&p->prog, p->facts, opts, caps->prog.istore_free / 4, &p->image, &why);
    if (rc == -E2BIG)
        return load_refuse(l, rc, "its code does not fit the %u bytes of instruction store left",
                           caps->prog.istore_free);
    if (rc)
        return refuse_at(l->b, rc, &p->prog, &why);
    if (p->image->stack_bytes > caps->prog.stack_bytes)
        return load_refuse(l, -E2BIG, "it needs %u bytes of stack; the firmware gives %u",
                           p->image->stack_bytes, caps->prog.stack_bytes);
    return 0;
}

static int put_on_nic(struct load *l, struct nic_err *err)
{
    const struct nicdrv_map *maps[BPF_MAPS_OF_PROG];
    struct prog_obj *p = l->p;

    for (uint32_t i = 0; i < p->prog.map_count; i++)
        maps[i] = &p->maps[i]->hw;
    return nicdrv_prog_create(l->b->drv, p->image, maps, p->prog.map_count, &p->hw, err);
}

/* With addresses relative to the code, or, when a map is too far from it, without. */
static int translate_and_put(struct load *l)
{
    struct offload_xlate_opts opts = l->b->xlate;
    struct nic_err err = {""};
    int rc;

    if (nicdrv_costs_by_class(l->b->drv))
        offload_xlate_opts_by_insn(&opts);
    rc = translate(l, &opts);
    if (rc)
        return rc;
    rc = put_on_nic(l, &err);
    if (rc == -ERANGE && !(opts.off & 1u << OFFLOAD_PASS_NEAR)) {
        opts.off |= 1u << OFFLOAD_PASS_NEAR;
        offload_image_free(l->p->image);
        l->p->image = NULL;
        rc = translate(l, &opts);
        if (rc)
            return rc;
        rc = put_on_nic(l, &err);
    }
    return rc ? load_refuse(l, rc, "%s", err.msg) : 0;
}

/* As the kernel: a log that was cut fails even a good program. It still hears what is wrong with
 * one that does not fit the card: libbpf asks for a log only after that. */
static int log_was_cut(struct load *l)
{
    int rc = nicdrv_caps_refresh(l->b->drv);

    if (!rc)
        rc = translate(l, &l->b->xlate);
    return rc ? rc : -ENOSPC;
}

static int offload(struct load *l)
{
    int rc = nicdrv_caps_refresh(l->b->drv);

    if (rc)
        return load_refuse(l, rc, "the NIC does not answer");
    rc = translate_and_put(l);
    l->p->loaded = rc == 0;
    return rc;
}

/* Programs that a map holds are of one kind with those that use it. */
static int check_kinds(struct load *l)
{
    const struct prog_obj *p = l->p;

    for (uint32_t i = 0; i < p->prog.map_count; i++) {
        int rc = map_fd_check_use(p->maps[i], p);
        if (rc)
            return load_refuse(l, rc, "map '%s' is for programs of another kind", p->maps[i]->name);
    }
    return 0;
}

static int load_program(struct load *l)
{
    int rc = check_attr(l);

    if (!rc)
        rc = copy_program(l);
    if (!rc)
        rc = load_resolve_maps(l);
    if (!rc)
        rc = load_resolve_kfuncs(l);
    if (!rc)
        rc = load_debug_info(l);
    if (rc)
        return rc;
    take_full_name(l->p);
    rc = verify(l);
    if (l->log.full)
        return rc || l->p->type != BPF_PROG_TYPE_XDP ? -ENOSPC : log_was_cut(l);
    if (!rc)
        rc = check_kinds(l);
    if (!rc && l->p->type == BPF_PROG_TYPE_XDP)
        rc = offload(l);
    return rc;
}

long cmd_prog_load(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    struct prog_obj *p = calloc(1, sizeof(*p));
    struct load l = {.b = b, .attr = attr, .p = p};

    (void)user;
    if (!p)
        return -ENOMEM;
    int rc = copy_name(p->name, attr->prog_name);
    snprintf(p->full_name, sizeof(p->full_name), "%s", p->name);
    if (!rc)
        rc = open_log(&l);
    if (!rc)
        rc = load_program(&l);
    btf__free(l.kernel_btf);
    p->prog.kernel = NULL;
    if (!rc)
        rc = obj_publish(b, &p->obj, OBJ_PROG);
    if (rc < 0)
        prog_release(b, p);
    return rc;
}

/* ---- the object ---- */

void prog_release(struct nicbpf *b, struct prog_obj *p)
{
    if (p->loaded)
        (void)nicdrv_prog_destroy(b->drv, &p->hw);
    for (uint32_t i = 0; p->maps && i < p->prog.map_count; i++)
        obj_put(b, &p->maps[i]->obj);
    for (uint32_t i = 0; i < p->bound_count; i++)
        obj_put(b, &p->bound[i]->obj);
    obj_put(b, p->btf ? &p->btf->obj : NULL);
    offload_image_free(p->image);
    offload_facts_free(p->facts);
    free(p->insns);
    free(p->maps);
    free(p->map_descs);
    free(p->lines);
    free(p->subprogs);
    free(p->func_info);
    free(p->line_info);
    free(p->bound);
    free(p);
}

long cmd_prog_bind_map(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    int rc;

    (void)user;
    if (attr->prog_bind_map.flags)
        return -EINVAL;
    struct prog_obj *p = prog_of_fd(b, attr->prog_bind_map.prog_fd, &rc);
    if (!p)
        return rc;
    struct map_obj *m = map_of_fd(b, attr->prog_bind_map.map_fd, &rc);
    if (!m)
        return rc;
    for (uint32_t i = 0; i < p->prog.map_count; i++) {
        if (p->maps[i] == m)
            return 0;
    }
    for (uint32_t i = 0; i < p->bound_count; i++) {
        if (p->bound[i] == m)
            return 0;
    }
    struct map_obj **bound = realloc(p->bound, (p->bound_count + 1) * sizeof(struct map_obj *));
    if (!bound)
        return -ENOMEM;
    obj_get(&m->obj);
    p->bound = bound;
    p->bound[p->bound_count++] = m;
    return 0;
}

void nicbpf_xlate_opts(struct nicbpf *b, const struct offload_xlate_opts *opts)
{
    b->xlate = *opts;
}
