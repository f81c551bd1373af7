/* SPDX-License-Identifier: BSD-3-Clause */
/* Operands of single instructions: reserved fields, registers, constants, map references. */
#include <linux/bpf.h>

#include "verifier/vf.h"

/* The kernel's name of such instructions. */
static const char *family(const struct ebpf_row *row)
{
    switch (row->kind) {
    case EBPF_KIND_ALU_K:
    case EBPF_KIND_ALU_X:
    case EBPF_KIND_MOVSX:
        return row->op == EBPF_OP_MOV ? "BPF_MOV" : "BPF_ALU";
    case EBPF_KIND_NEG:
        return "BPF_NEG";
    case EBPF_KIND_END:
        return "BPF_END";
    case EBPF_KIND_JA:
        return "BPF_JA";
    case EBPF_KIND_JCC_K:
    case EBPF_KIND_JCC_X:
        return "BPF_JMP/JMP32";
    case EBPF_KIND_EXIT:
        return "BPF_EXIT";
    case EBPF_KIND_LDX:
    case EBPF_KIND_LDSX:
        return "BPF_LDX";
    case EBPF_KIND_ST:
        return "BPF_ST";
    case EBPF_KIND_STX:
        return "BPF_STX";
    case EBPF_KIND_LD64:
        return "BPF_LD_IMM64";
    default:
        return "BPF_CALL";
    }
}

/* Writes of the frame pointer. */
static bool writes_dst(const struct ebpf_row *row)
{
    switch (row->kind) {
    case EBPF_KIND_ALU_K:
    case EBPF_KIND_ALU_X:
    case EBPF_KIND_MOVSX:
    case EBPF_KIND_NEG:
    case EBPF_KIND_END:
    case EBPF_KIND_LDX:
    case EBPF_KIND_LDSX:
    case EBPF_KIND_LOAD_ACQ:
    case EBPF_KIND_LD64:
        return true;
    default:
        return false;
    }
}

static int check_registers(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    if ((row->fields & EBPF_HAS_SRC) && i->src > VF_FP && row->disc != EBPF_BY_SRC)
        return vf_refuse(v, WHY(BAD_REGISTER), i->src);
    if ((row->fields & EBPF_HAS_DST) && i->dst > VF_FP)
        return vf_refuse(v, WHY(BAD_REGISTER), i->dst);
    if ((writes_dst(row) && i->dst == VF_FP) ||
        (row->kind == EBPF_KIND_ATOMIC_FETCH && i->src == VF_FP))
        return vf_refuse(v, WHY(FRAME_POINTER));
    return 0;
}

static int check_constant(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    if (row->kind != EBPF_KIND_ALU_K)
        return 0;
    switch (row->op) {
    case EBPF_OP_DIV:
    case EBPF_OP_SDIV:
    case EBPF_OP_MOD:
    case EBPF_OP_SMOD:
        if (i->imm == 0)
            return vf_refuse(v, WHY(ZERO_DIVISOR));
        return 0;
    case EBPF_OP_LSH:
    case EBPF_OP_RSH:
    case EBPF_OP_ARSH:
        if (i->imm < 0 || i->imm >= row->bits)
            return vf_refuse(v, WHY(BAD_SHIFT), i->imm);
        return 0;
    default:
        return 0;
    }
}

/* A map's value by address: array maps of one element, as the kernel maps them. */
static int check_map_value(struct vf *v, const struct offload_map *m, uint32_t off)
{
    if (m->type != BPF_MAP_TYPE_ARRAY || m->max_entries != 1)
        return vf_refuse(v, WHY(NO_DIRECT_VALUE));
    if (off >= m->value_size)
        return vf_refuse(v, WHY(DIRECT_VALUE_BOUNDS), m->value_size, off);
    return 0;
}

static int check_ld64(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    if (row->id == EBPF_LD_IMM64 || row->id == EBPF_LD_CODE_ADDR)
        return 0;
    if (row->id != EBPF_LD_MAP_FD && row->id != EBPF_LD_MAP_VALUE)
        return vf_refuse(v, WHY(LD64_KIND));
    if (i->imm < 0 || (uint32_t)i->imm >= v->prog->map_count)
        return vf_refuse(v, WHY(MAP_HANDLE), i->imm);
    if (row->id == EBPF_LD_MAP_FD && i[1].imm != 0)
        return vf_refuse(v, WHY(LD64_KIND));
    if (row->id == EBPF_LD_MAP_VALUE)
        return check_map_value(v, &v->prog->maps[i->imm], (uint32_t)i[1].imm);
    return 0;
}

/* What the kernel looks at before it walks: the rest only where a path goes. */
static bool is_checked_first(const struct ebpf_row *row)
{
    return row->kind == EBPF_KIND_LD64 || row->kind == EBPF_KIND_LDX || row->kind == EBPF_KIND_LDSX;
}

static int check_insn(struct vf *v, uint32_t n)
{
    const struct ebpf_insn *i = vf_ins(v, n);
    const struct ebpf_row *row = vf_row(v, n);
    struct ebpf_insn seen = *i;
    if (row->kind == EBPF_KIND_EXIT) /* the kernel does not look at it */
        seen.off = 0;
    if (ebpf_reserved_used(row, &seen))
        return row->kind == EBPF_KIND_MAY_GOTO ? vf_refuse(v, WHY(MAY_GOTO_FORM), i->imm)
                                               : vf_refuse(v, WHY(RESERVED_FIELDS), family(row));
    int err = check_registers(v, row, i);
    if (!err)
        err = check_constant(v, row, i);
    if (!err && row->kind == EBPF_KIND_LD64)
        err = check_ld64(v, row, i);
    return err;
}

int vf_check_reached_insn(struct vf *v)
{
    const struct ebpf_row *row = vf_row(v, v->pc);
    if (row->kind == EBPF_KIND_INVALID)
        return vf_bad_insn(v, vf_ins(v, v->pc));
    return is_checked_first(row) ? 0 : check_insn(v, v->pc);
}

int vf_check_fields(struct vf *v)
{
    for (uint32_t n = 0; n < v->prog->insn_count; n++) {
        v->pc = n;
        if ((v->at[n].flags & VF_SECOND) || !is_checked_first(vf_row(v, n)))
            continue;
        int err = check_insn(v, n);
        if (err)
            return err;
    }
    return 0;
}
