/* SPDX-License-Identifier: BSD-3-Clause */
/* Which maps a program uses: descriptors in its LD_IMM64 instructions become indexes. */
#include <errno.h>
#include <stdlib.h>

#include "bpf/map_fd.h"
#include "bpf/prog_impl.h"

#define LD_IMM64 (BPF_LD | BPF_IMM | BPF_DW)

/* Index of m in the program's maps, added when new. -E2BIG. */
static int use_map(struct load *l, struct map_obj *m, int32_t *index)
{
    struct prog_obj *p = l->p;

    for (uint32_t i = 0; i < p->prog.map_count; i++) {
        if (p->maps[i] == m) {
            *index = (int32_t)i;
            return 0;
        }
    }
    if (p->prog.map_count == BPF_MAPS_OF_PROG)
        return load_refuse(l, -E2BIG,
                           "The total number of maps per program has reached the limit of %u",
                           BPF_MAPS_OF_PROG);
    obj_get(&m->obj);
    *index = (int32_t)p->prog.map_count;
    p->maps[p->prog.map_count++] = m;
    return 0;
}

/* The descriptor an instruction means: its immediate, or an entry of fd_array. */
static int fd_of(struct load *l, const struct ebpf_insn *insn, int *fd)
{
    if (insn->src == BPF_PSEUDO_MAP_FD || insn->src == BPF_PSEUDO_MAP_VALUE) {
        *fd = insn->imm;
        return 0;
    }
    const int *fds = user_ptr(l->attr->fd_array);
    if (!fds)
        return load_refuse(l, -EPROTO, "fd_idx without fd_array is invalid");
    if (insn->imm < 0)
        return load_refuse(l, -EINVAL, "fd_idx %d is negative", insn->imm);
    *fd = fds[insn->imm];
    return 0;
}

/* Direct access to a value: arrays of one entry, as the kernel has it. */
static int check_value(struct load *l, const struct map_obj *m, uint32_t off)
{
    if (m->hw.spec.type != BPF_MAP_TYPE_ARRAY || !m->hw.value_addr)
        return load_refuse(l, -EINVAL, "no direct value access support for this map type");
    if (m->hw.spec.max_entries != 1)
        return load_refuse(l, -BPF_ENOTSUPP,
                           "direct value access to map '%s', which has %u entries", m->name,
                           m->hw.spec.max_entries);
    if (off >= m->hw.spec.value_size)
        return load_refuse(l, -EINVAL, "invalid access to map value pointer, value_size=%u off=%u",
                           m->hw.spec.value_size, off);
    return 0;
}

static int resolve_one(struct load *l, struct ebpf_insn *insn)
{
    bool value = insn->src == BPF_PSEUDO_MAP_VALUE || insn->src == BPF_PSEUDO_MAP_IDX_VALUE;
    int fd = -1;
    int rc = fd_of(l, insn, &fd);

    if (rc)
        return rc;
    struct map_obj *m = map_of_fd(l->b, (uint32_t)fd, &rc);
    if (!m)
        return load_refuse(l, rc, "fd %d is not pointing to valid bpf_map", fd);
    if (!value && insn[1].imm)
        return load_refuse(l, -EINVAL, "unrecognized bpf_ld_imm64 insn");
    if (value)
        rc = check_value(l, m, (uint32_t)insn[1].imm);
    if (rc)
        return rc;
    insn->src = value ? BPF_PSEUDO_MAP_VALUE : BPF_PSEUDO_MAP_FD;
    return use_map(l, m, &insn->imm);
}

static bool names_map(const struct ebpf_insn *insn)
{
    return insn->src == BPF_PSEUDO_MAP_FD || insn->src == BPF_PSEUDO_MAP_VALUE ||
           insn->src == BPF_PSEUDO_MAP_IDX || insn->src == BPF_PSEUDO_MAP_IDX_VALUE;
}

/* What the verifier and the translator see of the maps. */
static int describe_maps(struct load *l)
{
    struct prog_obj *p = l->p;
    uint32_t count = p->prog.map_count;

    p->map_descs = calloc(count ? count : 1, sizeof(*p->map_descs));
    if (!p->map_descs)
        return load_refuse(l, -ENOMEM, "out of memory");
    p->prog.maps = p->map_descs;
    for (uint32_t i = 0; i < count; i++) {
        struct map_obj *m = p->maps[i];
        int rc = map_frozen_values(l->b, m);
        if (rc)
            return load_refuse(l, rc, "map '%s' cannot be read", m->name);
        p->map_descs[i] = (struct offload_map){
            .type = m->hw.spec.type,
            .key_size = m->hw.spec.key_size,
            .value_size = m->hw.spec.value_size,
            .max_entries = m->hw.spec.max_entries,
            .flags = m->flags,
            .name = m->name,
            .frozen_data = m->frozen_data,
            .inner = m->fds && m->fds->inner.type ? &m->fds->inner : NULL,
            .spin_lock = m->spin_lock,
            .timer = m->timer,
        };
    }
    return 0;
}

int load_resolve_maps(struct load *l)
{
    struct prog_obj *p = l->p;

    p->maps = calloc(BPF_MAPS_OF_PROG, sizeof(struct map_obj *));
    if (!p->maps)
        return load_refuse(l, -ENOMEM, "out of memory");
    for (uint32_t i = 0; i < p->prog.insn_count; i++) {
        struct ebpf_insn *insn = &p->insns[i];
        if (insn->opcode != LD_IMM64)
            continue;
        if (i + 1 == p->prog.insn_count || insn[1].opcode || insn[1].dst || insn[1].src ||
            insn[1].off)
            return load_refuse(l, -EINVAL, "invalid bpf_ld_imm64 insn");
        int rc = names_map(insn) ? resolve_one(l, insn) : 0;
        if (rc)
            return rc;
        i++; /* the second half holds an immediate */
    }
    return describe_maps(l);
}
