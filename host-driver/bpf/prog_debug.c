/* SPDX-License-Identifier: BSD-3-Clause */
/* func_info and line_info: which function and which line of C each instruction came from. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/func_args.h"
#include "bpf/prog_impl.h"

#define REC_SIZE_MAX 252u /* as the kernel's */
#define FUNCS_MAX    256u /* BPF_MAX_SUBPROGS; more cannot all be subprograms of the program */

/* Records of rec_size bytes, of which the first `known` are ours; the others must be zero. */
static int copy_records(struct load *l, const char *what, uint64_t user, uint32_t count,
                        uint32_t rec_size, size_t known, void **out)
{
    const uint8_t *from = user_ptr(user);

    if (rec_size < known || rec_size > REC_SIZE_MAX || rec_size % 4)
        return load_refuse(l, -EINVAL, "invalid %s rec size %u", what, rec_size);
    if (count > l->p->prog.insn_count)
        return load_refuse(l, -EINVAL, "%u %s records for %u instructions", count, what,
                           l->p->prog.insn_count);
    if (!from)
        return load_refuse(l, -EFAULT, "no %s", what);
    uint8_t *to = calloc(count, known);
    if (!to)
        return load_refuse(l, -ENOMEM, "out of memory");
    *out = to;
    for (uint32_t i = 0; i < count; i++, from += rec_size) {
        memcpy(to + i * known, from, known);
        for (uint32_t k = (uint32_t)known; k < rec_size; k++) {
            if (from[k])
                return load_refuse(l, -E2BIG, "nonzero tailing record in %s", what);
        }
    }
    return 0;
}

/* ---- functions ---- */

static bool is_subprog_start(const struct prog_obj *p, uint32_t insn)
{
    if (!insn)
        return true;
    for (uint32_t i = 0; i < p->prog.insn_count; i++) {
        const struct ebpf_insn *in = &p->insns[i];
        bool call = in->opcode == (BPF_JMP | BPF_CALL) && in->src == BPF_PSEUDO_CALL;
        bool ref = in->opcode == (BPF_LD | BPF_IMM | BPF_DW) && in->src == BPF_PSEUDO_FUNC;
        if ((call || ref) && (int64_t)i + 1 + in->imm == (int64_t)insn)
            return true;
    }
    return false;
}

static int add_subprog(struct load *l, uint32_t i)
{
    struct prog_obj *p = l->p;
    const struct bpf_func_info *f = &p->func_info[i];
    const struct btf_type *t = btf__type_by_id(p->btf->btf, f->type_id);

    if (i ? f->insn_off <= p->func_info[i - 1].insn_off : f->insn_off != 0)
        return load_refuse(l, -EINVAL, "func_info[%u] does not start after the one before", i);
    if (f->insn_off >= p->prog.insn_count || !is_subprog_start(p, f->insn_off))
        return load_refuse(l, -EINVAL,
                           "func_info BTF section doesn't match subprog layout in BPF program");
    if (!t || !btf_is_func(t))
        return load_refuse(l, -EINVAL, "invalid type id %u in func info", f->type_id);
    p->subprogs[i] = (struct offload_subprog){
        .insn = f->insn_off,
        .name = btf__str_by_offset(p->btf->btf, t->name_off),
        .global = btf_vlen(t) == BTF_FUNC_GLOBAL,
    };
    func_args_read(p->btf->btf, f->type_id, &p->subprogs[i]);
    return 0;
}

static int load_functions(struct load *l)
{
    const union bpf_attr *a = l->attr;
    struct prog_obj *p = l->p;
    void *records = NULL;

    if (!a->func_info_cnt)
        return 0;
    if (a->func_info_cnt > FUNCS_MAX)
        return load_refuse(l, -EINVAL,
                           "number of funcs in func_info doesn't match number of subprogs");
    int rc = copy_records(l, "func_info", a->func_info, a->func_info_cnt, a->func_info_rec_size,
                          sizeof(*p->func_info), &records);
    p->func_info = records;
    if (rc)
        return rc;
    p->subprogs = calloc(a->func_info_cnt, sizeof(*p->subprogs));
    if (!p->subprogs)
        return load_refuse(l, -ENOMEM, "out of memory");
    for (uint32_t i = 0; i < a->func_info_cnt && !rc; i++)
        rc = add_subprog(l, i);
    if (rc)
        return rc;
    p->prog.subprogs = p->subprogs;
    p->prog.subprog_count = a->func_info_cnt;
    return 0;
}

/* ---- lines ---- */

static const char *skip_space(const char *s)
{
    while (isspace((unsigned char)*s))
        s++;
    return s;
}

static int add_line(struct load *l, uint32_t i)
{
    struct prog_obj *p = l->p;
    const struct bpf_line_info *r = &p->line_info[i];
    const char *file = btf__str_by_offset(p->btf->btf, r->file_name_off);
    const char *text = btf__str_by_offset(p->btf->btf, r->line_off);

    if ((i && r->insn_off <= p->line_info[i - 1].insn_off) || r->insn_off >= p->prog.insn_count)
        return load_refuse(l, -EINVAL, "Invalid line_info[%u].insn_off:%u", i, r->insn_off);
    if (!file || !text)
        return load_refuse(l, -EINVAL, "Invalid line_info[%u].line_off or .file_name_off", i);
    p->lines[i] = (struct offload_line_info){
        .insn = r->insn_off,
        .line = BPF_LINE_INFO_LINE_NUM(r->line_col),
        .column = BPF_LINE_INFO_LINE_COL(r->line_col),
        .file = file,
        .text = skip_space(text),
    };
    return 0;
}

static int load_lines(struct load *l)
{
    const union bpf_attr *a = l->attr;
    struct prog_obj *p = l->p;
    void *records = NULL;

    if (!a->line_info_cnt)
        return 0;
    int rc = copy_records(l, "line_info", a->line_info, a->line_info_cnt, a->line_info_rec_size,
                          sizeof(*p->line_info), &records);
    p->line_info = records;
    if (rc)
        return rc;
    p->lines = calloc(a->line_info_cnt, sizeof(*p->lines));
    if (!p->lines)
        return load_refuse(l, -ENOMEM, "out of memory");
    for (uint32_t i = 0; i < a->line_info_cnt && !rc; i++)
        rc = add_line(l, i);
    if (rc)
        return rc;
    p->prog.lines = p->lines;
    p->prog.line_count = a->line_info_cnt;
    return 0;
}

int load_debug_info(struct load *l)
{
    int err;

    if (!l->attr->func_info_cnt && !l->attr->line_info_cnt)
        return 0;
    l->p->btf = btf_of_fd(l->b, l->attr->prog_btf_fd, &err);
    if (!l->p->btf)
        return load_refuse(l, err, "prog_btf_fd %u is not BTF", l->attr->prog_btf_fd);
    obj_get(&l->p->btf->obj);
    int rc = load_functions(l);
    return rc ? rc : load_lines(l);
}
