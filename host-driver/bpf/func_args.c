/* SPDX-License-Identifier: BSD-3-Clause */
#include "bpf/func_args.h"

#include <string.h>

static const struct btf_type *resolved(const struct btf *btf, uint32_t id)
{
    const struct btf_type *t = btf__type_by_id(btf, id);

    while (t && (btf_is_mod(t) || btf_is_typedef(t) || btf_is_type_tag(t)))
        t = btf__type_by_id(btf, t->type);
    return t;
}

static bool is_number(const struct btf_type *t)
{
    return t && (btf_is_int(t) || btf_is_any_enum(t));
}

/* Declaration tags "arg:WHAT" (__arg_ctx and the like of bpf_helpers.h). */
enum {
    TAG_CTX = 1u << 0,
    TAG_NONNULL = 1u << 1,
    /* pointers to kernel objects and arenas, NULL or not; and what the kernel does not know */
    TAG_OTHER = 1u << 2,
};

static unsigned tag_of(const char *name)
{
    if (!name || strncmp(name, "arg:", 4) != 0)
        return 0;
    if (!strcmp(name + 4, "ctx"))
        return TAG_CTX;
    return strcmp(name + 4, "nonnull") ? TAG_OTHER : TAG_NONNULL;
}

/* Of all arguments at once: BTF may have a million types. */
static void read_tags(const struct btf *btf, uint32_t func, unsigned tags[OFFLOAD_ARGS])
{
    for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
        const struct btf_type *t = btf__type_by_id(btf, id);

        if (!btf_is_decl_tag(t) || t->type != func)
            continue;
        int n = btf_decl_tag(t)->component_idx;
        if (n >= 0 && n < OFFLOAD_ARGS)
            tags[n] |= tag_of(btf__name_by_offset(btf, t->name_off));
    }
}

static bool is_struct_named(const struct btf *btf, const struct btf_type *t, const char *name)
{
    const char *own = t && btf_is_struct(t) ? btf__name_by_offset(btf, t->name_off) : NULL;

    return own && !strcmp(own, name);
}

/* void, whatever its qualifiers. */
static bool is_void(const struct btf *btf, uint32_t id)
{
    const struct btf_type *t = resolved(btf, id);

    return t && btf_kind(t) == BTF_KIND_UNKN;
}

static struct offload_arg pointer_arg(const struct btf *btf, const struct btf_type *pointer,
                                      unsigned tags)
{
    static const struct offload_arg other = {OFFLOAD_ARG_OTHER, 0};
    const struct btf_type *to = resolved(btf, pointer->type);
    long long size = pointer->type ? btf__resolve_size(btf, pointer->type) : -1;

    bool xdp_md = is_struct_named(btf, to, "xdp_md");
    if ((tags & TAG_CTX) && !xdp_md && !is_void(btf, pointer->type))
        return other; /* another program type's context */
    if ((tags & TAG_CTX) || xdp_md)
        return tags & ~(unsigned)TAG_CTX ? other : (struct offload_arg){OFFLOAD_ARG_CTX, 0};
    if (is_struct_named(btf, to, "bpf_dynptr"))
        return tags ? other : (struct offload_arg){OFFLOAD_ARG_DYNPTR, 0};
    if (size < 0 || size > UINT32_MAX || (tags & TAG_OTHER))
        return other;
    return (struct offload_arg){tags & TAG_NONNULL ? OFFLOAD_ARG_MEM : OFFLOAD_ARG_MEM_OR_NULL,
                                (uint32_t)size};
}

void func_args_read(const struct btf *btf, uint32_t id, struct offload_subprog *out)
{
    const struct btf_type *func = btf__type_by_id(btf, id);
    const struct btf_type *proto = func ? btf__type_by_id(btf, func->type) : NULL;
    unsigned tags[OFFLOAD_ARGS] = {0};

    out->args = 0;
    out->returns_number = false;
    if (!proto || !btf_is_func_proto(proto))
        return;
    out->returns_number = is_number(resolved(btf, proto->type));
    read_tags(btf, id, tags);
    for (int n = 0; n < btf_vlen(proto) && n < OFFLOAD_ARGS; n++) {
        const struct btf_type *t = resolved(btf, btf_params(proto)[n].type);

        out->arg[n] = (struct offload_arg){OFFLOAD_ARG_OTHER, 0};
        if (is_number(t) && !tags[n])
            out->arg[n].kind = OFFLOAD_ARG_SCALAR;
        else if (t && btf_is_ptr(t))
            out->arg[n] = pointer_arg(btf, t, tags[n]);
        out->args++;
    }
    if (btf_vlen(proto) > OFFLOAD_ARGS)
        out->arg[0].kind = OFFLOAD_ARG_OTHER;
}
