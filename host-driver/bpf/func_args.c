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
    TAG_OTHER_MEMORY = 1u << 2, /* what a pointer may be that the verifier does not take */
};

static unsigned tag_of(const char *name)
{
    static const struct {
        const char *name;
        unsigned tag;
    } tags[] = {
        {"arg:ctx", TAG_CTX},
        {"arg:nonnull", TAG_NONNULL},
        {"arg:trusted", TAG_OTHER_MEMORY},
        {"arg:untrusted", TAG_OTHER_MEMORY},
        {"arg:arena", TAG_OTHER_MEMORY},
    };
    for (size_t n = 0; name && n < sizeof(tags) / sizeof(tags[0]); n++)
        if (!strcmp(name, tags[n].name))
            return tags[n].tag;
    return 0;
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
    const struct btf_type *to = resolved(btf, pointer->type);
    long long size = pointer->type ? btf__resolve_size(btf, pointer->type) : -1;

    bool xdp_md = is_struct_named(btf, to, "xdp_md");
    if ((tags & TAG_CTX) && !xdp_md && !is_void(btf, pointer->type))
        return (struct offload_arg){OFFLOAD_ARG_OTHER, 0}; /* another program type's context */
    if ((tags & TAG_CTX) || xdp_md)
        return (struct offload_arg){OFFLOAD_ARG_CTX, 0};
    if (is_struct_named(btf, to, "bpf_dynptr"))
        return (struct offload_arg){OFFLOAD_ARG_DYNPTR, 0};
    if (size < 0 || size > UINT32_MAX || (tags & TAG_OTHER_MEMORY))
        return (struct offload_arg){OFFLOAD_ARG_OTHER, 0};
    bool never_null = tags & TAG_NONNULL;
    return (struct offload_arg){never_null ? OFFLOAD_ARG_MEM : OFFLOAD_ARG_MEM_OR_NULL,
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
        if (is_number(t))
            out->arg[n].kind = OFFLOAD_ARG_SCALAR;
        else if (t && btf_is_ptr(t))
            out->arg[n] = pointer_arg(btf, t, tags[n]);
        out->args++;
    }
    if (btf_vlen(proto) > OFFLOAD_ARGS)
        out->arg[0].kind = OFFLOAD_ARG_OTHER;
}
