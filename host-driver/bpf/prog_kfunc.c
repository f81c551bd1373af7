/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Calls of kernel functions. libbpf resolves their names against the BTF of the running kernel; the
 * same BTF gives the names back, and a name is a row of offload/kfuncs.def.
 */
#include <errno.h>
#include <string.h>

#include "bpf/kernel_types.h"
#include "bpf/prog_impl.h"

#define VMLINUX_BTF "/sys/kernel/btf/vmlinux"

static const char *const names[] = {
#define KFUNC(k, name, ...) [k] = #name,
#include "offload/kfuncs.def"
#undef KFUNC
};

static bool calls_kernel(const struct ebpf_insn *insn)
{
    return insn->opcode == (BPF_JMP | BPF_CALL) && insn->src == BPF_PSEUDO_KFUNC_CALL;
}

static int resolve_one(struct load *l, const struct btf *btf, struct ebpf_insn *insn)
{
    const struct btf_type *t = btf__type_by_id(btf, (uint32_t)insn->imm);

    if (insn->off)
        return load_refuse(l, -EINVAL, "it calls a function of a kernel module (BTF %d)",
                           insn->off);
    if (!t || !btf_is_func(t))
        return load_refuse(l, -EINVAL, "kernel btf_id %d is not a function", insn->imm);
    const char *name = btf__name_by_offset(btf, t->name_off);
    for (size_t i = 0; name && i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i] && !strcmp(names[i], name)) {
            insn->imm = (int32_t)i;
            return 0;
        }
    }
    return load_refuse(l, -EACCES, "calling kernel function %s is not allowed", name ? name : "?");
}

int load_resolve_kfuncs(struct load *l)
{
    struct prog_obj *p = l->p;
    int rc = 0;

    for (uint32_t i = 0; !rc && i < p->prog.insn_count; i++) {
        if (!calls_kernel(&p->insns[i]))
            continue;
        if (!l->kernel_btf)
            l->kernel_btf = btf__parse_raw(VMLINUX_BTF);
        if (!l->kernel_btf)
            rc = load_refuse(l, -EINVAL,
                             "it calls kernel functions, and " VMLINUX_BTF " cannot be read: %s",
                             strerror(errno));
        else
            rc = resolve_one(l, l->kernel_btf, &p->insns[i]);
    }
    if (!rc && l->kernel_btf) {
        l->kernel = kernel_types(l->kernel_btf);
        p->prog.kernel = &l->kernel;
    }
    return rc;
}
