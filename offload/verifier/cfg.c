/* SPDX-License-Identifier: BSD-3-Clause */
/* Structure: opcodes, subprograms, where jumps go, what can be reached. */
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/helper.h"
#include "verifier/vf.h"

static bool opcode_exists(uint8_t opcode)
{
    for (unsigned id = 1; id < EBPF_ID_COUNT; id++)
        if (ebpf_row(id)->opcode == opcode)
            return true;
    return false;
}

/* No instruction of the table: an opcode of none, or fields that its opcode does not allow. */
int vf_bad_insn(struct vf *v, const struct ebpf_insn *i)
{
    unsigned class = i->opcode & 7u, mode = i->opcode & 0xe0u, size = i->opcode & 0x18u;
    if (class == BPF_LDX && mode != BPF_MEM)
        return vf_refuse(v, WHY(RESERVED_FIELDS), "BPF_LDX");
    if (class == BPF_STX && mode == BPF_ATOMIC && size != BPF_W && size != BPF_DW)
        return vf_refuse(v, WHY(ATOMIC_SIZE));
    if (!opcode_exists(i->opcode))
        return vf_refuse(v, WHY(UNKNOWN_OPCODE), i->opcode);
    if (i->opcode == (BPF_LD | BPF_IMM | BPF_DW))
        return vf_refuse(v, WHY(LD64_KIND));
    if (class == BPF_STX)
        return vf_refuse(v, WHY(ATOMIC_OPCODE), i->imm & 0xff);
    if (i->opcode == (BPF_JMP | BPF_CALL))
        return vf_refuse(v, WHY(RESERVED_FIELDS), "BPF_CALL");
    switch (i->opcode & 0xf0u) {
    case BPF_END:
        return vf_refuse(v, WHY(RESERVED_FIELDS), "BPF_END");
    case BPF_MOV:
        return vf_refuse(v, WHY(RESERVED_FIELDS), "BPF_MOV");
    default:
        return vf_refuse(v, WHY(RESERVED_FIELDS), "BPF_ALU");
    }
}

static int check_ld64(struct vf *v, uint32_t insn)
{
    const struct ebpf_insn *i = vf_ins(v, insn);
    if (insn + 1 >= v->prog->insn_count || i[1].opcode || i[1].dst || i[1].src || i[1].off)
        return vf_refuse(v, WHY(LD64_HALF));
    return 0;
}

/* Instructions there are, but not for a program of the NIC. */
static int check_supported(struct vf *v, const struct ebpf_row *row)
{
    if (row->kind == EBPF_KIND_LEGACY)
        return vf_refuse(v, WHY(LEGACY_LOAD));
    return 0;
}

/* Where no path goes, fields of arithmetic and calls may be anything. */
static bool may_stay(const struct ebpf_insn *i)
{
    unsigned class = i->opcode & 7u;
    return opcode_exists(i->opcode) && (class == BPF_ALU || class == BPF_ALU64 || class == BPF_JMP);
}

static int check_opcodes(struct vf *v)
{
    for (uint32_t n = 0; n < v->prog->insn_count; n++) {
        const struct ebpf_insn *i = vf_ins(v, n);
        const struct ebpf_row *row = vf_row(v, n);
        v->pc = n;
        if (row->kind == EBPF_KIND_INVALID && may_stay(i))
            continue;
        if (row->kind == EBPF_KIND_INVALID)
            return vf_bad_insn(v, i);
        int err = check_supported(v, row);
        if (err)
            return err;
        if (row->kind != EBPF_KIND_LD64)
            continue;
        err = check_ld64(v, n);
        if (err)
            return err;
        n++;
    }
    return 0;
}

/* First of all, so that the other checks can ask. */
static void name_rows(struct vf *v)
{
    for (uint32_t n = 0; n < v->prog->insn_count; n++) {
        const struct ebpf_row *row = ebpf_decode(vf_ins(v, n));
        v->at[n].row = row->id;
        if (row->kind == EBPF_KIND_LD64 && n + 1 < v->prog->insn_count && !vf_ins(v, n)[1].opcode)
            v->at[++n].flags |= VF_SECOND;
    }
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static int add_subprog(struct vf *v, uint32_t *starts, int64_t target)
{
    if (target < 0 || target >= v->prog->insn_count)
        return vf_refuse(v, WHY(CALL_TARGET));
    for (uint32_t s = 0; s < v->subs; s++)
        if (starts[s] == target)
            return 0;
    if (v->subs == VF_SUBPROGS_MAX)
        return vf_refuse(v, WHY(TOO_MANY_SUBPROGS));
    starts[v->subs++] = (uint32_t)target;
    return 0;
}

/* A subprogram starts wherever a call goes. */
static int find_subprogs(struct vf *v)
{
    uint32_t starts[VF_SUBPROGS_MAX] = {0};
    v->subs = 1;
    for (uint32_t n = 0; n < v->prog->insn_count; n++) {
        if (!vf_names_subprog(v, n))
            continue;
        v->pc = n;
        int err = add_subprog(v, starts, (int64_t)n + 1 + vf_ins(v, n)->imm);
        if (err)
            return err;
    }
    qsort(starts, v->subs, sizeof(starts[0]), by_value);
    for (uint32_t s = 0; s < v->subs; s++) {
        uint32_t end = s + 1 < v->subs ? starts[s + 1] : v->prog->insn_count;
        v->sub[s] = (struct vf_subprog){.start = starts[s], .end = end};
        for (uint32_t n = starts[s]; n < end; n++)
            v->at[n].subprog = s;
    }
    return 0;
}

static int64_t jump_target(const struct vf *v, uint32_t insn)
{
    const struct ebpf_insn *i = vf_ins(v, insn);
    const struct ebpf_row *row = vf_row(v, insn);
    bool by_imm = row->kind == EBPF_KIND_JA && row->bits == 32;
    return (int64_t)insn + 1 + (by_imm ? i->imm : i->off);
}

static bool is_jump(const struct ebpf_row *row)
{
    return row->kind == EBPF_KIND_JA || row->kind == EBPF_KIND_JCC_K ||
           row->kind == EBPF_KIND_JCC_X || row->kind == EBPF_KIND_MAY_GOTO;
}

static bool ends_subprog(const struct ebpf_row *row)
{
    return row->kind == EBPF_KIND_JA || row->kind == EBPF_KIND_EXIT;
}

/* Calls at which states are kept, because their paths come back or meet. */
static void mark_call(struct vf *v, uint32_t n, const struct ebpf_row *row)
{
    int32_t id = vf_ins(v, n)->imm;
    if (row->kind == EBPF_KIND_CALL_LOCAL)
        v->at[n].flags |= VF_JOIN;
    if (row->kind == EBPF_KIND_CALL && id == BPF_FUNC_tail_call)
        v->sub[v->at[n].subprog].tail_call = true;
    if (row->kind == EBPF_KIND_CALL && (id == BPF_FUNC_loop || id == BPF_FUNC_for_each_map_elem ||
                                        id == BPF_FUNC_user_ringbuf_drain))
        v->at[n].flags |= VF_JOIN | VF_CALLS_BACK;
    const struct helper *kfunc = row->kind == EBPF_KIND_CALL_BTF ? kfunc_find((uint32_t)id) : NULL;
    if (kfunc && kfunc->returns == RETURN_ELEMENT)
        v->at[n].flags |= VF_JOIN | VF_ITER_NEXT;
    if (row->kind == EBPF_KIND_MAY_GOTO)
        v->at[n].flags |= VF_JOIN | VF_MAY_GOTO;
}

bool vf_names_subprog(const struct vf *v, uint32_t insn)
{
    const struct ebpf_row *row = vf_row(v, insn);
    return row->kind == EBPF_KIND_CALL_LOCAL || row->id == EBPF_LD_CODE_ADDR;
}

/* Jumps stay inside their subprogram, and none runs off its end. */
static int check_ends(struct vf *v, const struct vf_subprog *s)
{
    uint32_t last = s->end - 1;
    for (uint32_t n = s->start; n < s->end; n++) {
        const struct ebpf_row *row = vf_row(v, n);
        v->pc = n;
        mark_call(v, n, row);
        if (!is_jump(row))
            continue;
        if (row->kind != EBPF_KIND_JA)
            v->at[n].flags |= VF_JOIN;
        int64_t to = jump_target(v, n);
        if (to < s->start || to >= s->end)
            return vf_refuse(v, WHY(JUMP_RANGE), n, (long long)to);
        v->at[to].flags |= VF_JOIN;
    }
    v->pc = last;
    if ((v->at[last].flags & VF_SECOND) || !ends_subprog(vf_row(v, last)))
        return vf_refuse(v, WHY(FALL_THROUGH));
    return 0;
}

/* The target's result is that of the function, which must be known to have one. */
static int check_tail_calls(struct vf *v)
{
    for (uint32_t s = 1; s < v->subs; s++) {
        v->pc = v->sub[s].start;
        if (v->sub[s].tail_call && !v->sub[s].info)
            return vf_refuse(v, WHY(TAIL_CALL_BTF));
        if (v->sub[s].tail_call && !v->sub[s].info->returns_number)
            return vf_refuse(v, WHY(TAIL_CALL_RESULT));
    }
    return 0;
}

unsigned vf_successors(const struct vf *v, uint32_t insn, uint32_t next[2])
{
    const struct ebpf_row *row = vf_row(v, insn);
    unsigned n = 0;
    if (!ends_subprog(row))
        next[n++] = insn + ebpf_slots(row);
    if (is_jump(row))
        next[n++] = (uint32_t)jump_target(v, insn);
    return n;
}

static void visit(struct vf *v, uint32_t insn, uint32_t *todo, uint32_t *count)
{
    if (v->at[insn].flags & VF_SEEN)
        return;
    v->at[insn].flags |= VF_SEEN;
    todo[(*count)++] = insn;
}

static int mark_reached(struct vf *v)
{
    uint32_t *todo = malloc(sizeof(*todo) * v->prog->insn_count), count = 0;
    if (!todo)
        return -ENOMEM;
    visit(v, 0, todo, &count);
    while (count) {
        uint32_t insn = todo[--count], next[2];
        unsigned n = vf_successors(v, insn, next);
        for (unsigned k = 0; k < n; k++)
            visit(v, next[k], todo, &count);
        if (vf_row(v, insn)->kind == EBPF_KIND_CALL_LOCAL)
            v->at[insn + 1].flags |= VF_JOIN; /* the callee's paths meet here */
        if (vf_names_subprog(v, insn))
            visit(v, (uint32_t)((int64_t)insn + 1 + vf_ins(v, insn)->imm), todo, &count);
    }
    free(todo);
    return 0;
}

static int check_reached(struct vf *v)
{
    for (uint32_t n = 0; n < v->prog->insn_count; n++) {
        v->pc = n;
        if (!(v->at[n].flags & VF_SEEN))
            return vf_refuse(v, WHY(UNREACHABLE), n);
        if (vf_row(v, n)->kind != EBPF_KIND_LD64)
            continue;
        if (v->at[n + 1].flags & VF_SEEN)
            return vf_refuse(v, WHY(LD64_MIDDLE), n);
        n++;
    }
    return 0;
}

/* The instruction moves the packet, apart from what functions that it calls do. */
static bool moves_packet(const struct vf *v, uint32_t n)
{
    const struct ebpf_row *row = vf_row(v, n);
    const struct helper *h = NULL;
    if (row->kind == EBPF_KIND_CALL)
        h = helper_find((uint32_t)vf_ins(v, n)->imm);
    else if (row->kind == EBPF_KIND_CALL_BTF)
        h = kfunc_find((uint32_t)vf_ins(v, n)->imm);
    return h && ((h->flags & HELPER_MOVES) ||
                 (row->kind == EBPF_KIND_CALL && h->id == BPF_FUNC_tail_call));
}

/* Of each subprogram, with those that it calls: those once around for each level of calls. */
static void find_movers(struct vf *v)
{
    uint64_t calls[VF_SUBPROGS_MAX][VF_SUBPROGS_MAX / 64] = {{0}};
    bool changed = true;
    for (uint32_t n = 0; n < v->prog->insn_count; n++) {
        uint32_t sub = v->at[n].subprog;
        if (vf_names_subprog(v, n)) {
            uint32_t callee = v->at[(int64_t)n + 1 + vf_ins(v, n)->imm].subprog;
            calls[sub][callee / 64] |= 1ull << (callee % 64);
        } else if (moves_packet(v, n)) {
            v->sub[sub].moves_packet = true;
        }
    }
    while (changed) {
        changed = false;
        for (uint32_t s = 0; s < v->subs; s++)
            for (uint32_t c = 0; c < v->subs && !v->sub[s].moves_packet; c++)
                if ((calls[s][c / 64] >> (c % 64) & 1) && v->sub[c].moves_packet)
                    v->sub[s].moves_packet = changed = true;
    }
}

int vf_check_structure(struct vf *v)
{
    if (v->prog->insn_count == 0 || v->prog->insn_count > VF_INSN_LIMIT)
        return vf_refuse(v, WHY(PROGRAM_LENGTH), v->prog->insn_count, VF_INSN_LIMIT);
    name_rows(v);
    int err = find_subprogs(v);
    if (!err)
        vf_describe_subprogs(v);
    for (uint32_t s = 0; !err && s < v->subs; s++)
        err = check_ends(v, &v->sub[s]);
    if (!err)
        err = check_opcodes(v);
    if (!err)
        err = check_tail_calls(v);
    if (!err)
        err = mark_reached(v);
    if (!err)
        find_movers(v);
    return err ? err : check_reached(v);
}
