/* SPDX-License-Identifier: BSD-3-Clause */
/* The log of instructions and states, in the kernel's form. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "offload/image.h"
#include "verifier/helper.h"
#include "verifier/vflog.h"

enum {
    STATE_COLUMN = 40, /* where the state after an instruction starts, */
    STATE_STEP = 8,    /* or the next multiple of this */
    ALL_TOUCHED = (1 << VF_REGS) - 1,
};

/* A line being put together; what does not fit is cut. */
struct line {
    char buf[8192];
    size_t len;
    bool first; /* in a parenthesis: no comma yet */
};

__attribute__((format(printf, 2, 3))) static void add(struct line *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(t->buf + t->len, sizeof(t->buf) - t->len, fmt, ap);
    va_end(ap);
    if (n > 0)
        t->len += (size_t)n;
    if (t->len > sizeof(t->buf) - 1)
        t->len = sizeof(t->buf) - 1;
}

/*
 * The pieces that a state is made of, without printf(3): a log of level 2 has a line for each of up
 * to a million instructions.
 */
static void add_bytes(struct line *t, const char *text, size_t n)
{
    size_t room = sizeof(t->buf) - 1 - t->len;
    if (n > room)
        n = room;
    memcpy(t->buf + t->len, text, n);
    t->len += n;
    t->buf[t->len] = 0;
}

static void add_text(struct line *t, const char *text)
{
    add_bytes(t, text, strlen(text));
}

static void add_number(struct line *t, uint64_t n, unsigned base)
{
    char digits[24];
    size_t at = sizeof(digits);
    do {
        digits[--at] = "0123456789abcdef"[n % base];
        n /= base;
    } while (n);
    add_bytes(t, digits + at, sizeof(digits) - at);
}

/* Small numbers in decimal, large ones in hex. */
static void add_unsigned(struct line *t, uint64_t n)
{
    if (n > UINT16_MAX)
        add_text(t, "0x");
    add_number(t, n, n > UINT16_MAX ? 16 : 10);
}

static void add_signed(struct line *t, int64_t n)
{
    if (n > INT16_MAX || n < INT16_MIN) {
        add_unsigned(t, (uint64_t)n);
        return;
    }
    if (n < 0)
        add_text(t, "-");
    add_number(t, (uint64_t)(n < 0 ? -n : n), 10);
}

static void comma(struct line *t)
{
    if (!t->first)
        add_text(t, ",");
    t->first = false;
}

/* One bound, as it is printed: minima of equal value share it, and maxima ("smin=umin=5"). */
struct bound {
    const char *name;
    uint64_t value;
    bool skip;
};

static bool is_signed(const struct bound *b)
{
    return b->name[0] == 's';
}

static bool is_negative(const struct bound *b)
{
    return is_signed(b) && (int64_t)b->value < 0;
}

static bool same_kind(const struct bound *a, const struct bound *b)
{
    return a->name[2] == b->name[2] && is_negative(a) == is_negative(b);
}

static void add_bound_group(struct line *t, struct bound *b, unsigned n, unsigned count)
{
    comma(t);
    add_text(t, b[n].name);
    add_text(t, "=");
    for (unsigned k = n + 1; k < count; k++) {
        if (b[k].skip || b[k].value != b[n].value || !same_kind(&b[k], &b[n]))
            continue;
        b[k].skip = true;
        add_text(t, b[k].name);
        add_text(t, "=");
    }
    if (is_signed(&b[n]))
        add_signed(t, (int64_t)b[n].value);
    else
        add_unsigned(t, b[n].value);
}

/* Large ones in 32 bits: a negative one is then the same number as the unsigned bound. */
static uint64_t as_printed32(int32_t n)
{
    return n >= INT16_MIN && n <= INT16_MAX ? (uint64_t)(int64_t)n : (uint32_t)n;
}

static void add_range(struct line *t, const struct range *r)
{
    struct bound b[] = {
        {"smin", (uint64_t)r->smin, r->smin == INT64_MIN},
        {"smax", (uint64_t)r->smax, r->smax == INT64_MAX},
        {"umin", r->umin, r->umin == 0},
        {"umax", r->umax, r->umax == UINT64_MAX},
        {"smin32", as_printed32(r->smin32), r->smin32 == INT32_MIN},
        {"smax32", as_printed32(r->smax32), r->smax32 == INT32_MAX},
        {"umin32", r->umin32, r->umin32 == 0},
        {"umax32", r->umax32, r->umax32 == UINT32_MAX},
    };
    unsigned count = sizeof(b) / sizeof(b[0]);
    char text[48];
    for (unsigned n = 0; n < count; n++)
        if (!b[n].skip)
            add_bound_group(t, b, n, count);
    if (!tnum_is_unknown(r->var)) {
        comma(t);
        add(t, "var_off=%s", vf_tnum_text(r->var, text));
    }
}

static void add_map(struct line *t, const struct vf *v, const struct vf_reg *r)
{
    /* an inner map is the outer one's value until it is known not to be NULL */
    bool found = r->kind == KIND_MAP && r->nullable;
    const struct offload_map *m = found ? &v->prog->maps[r->map] : vf_map(v, r);
    if (m->name && m->name[0]) {
        comma(t);
        add(t, "map=%s", m->name);
    }
    comma(t);
    add(t, "ks=%u,vs=%u", m->key_size, m->value_size);
}

static void add_details(struct line *t, const struct vf *v, const struct vf_reg *r)
{
    if (r->id) {
        comma(t);
        add(t, "id=%u", r->id);
        if (r->flags & REG_MOVED)
            add(t, "%+d", r->off);
    }
    if (r->ref) {
        comma(t);
        add(t, "ref_obj_id=%u", r->ref);
    }
    if (r->kind == KIND_DYNPTR) {
        comma(t);
        add_text(t, "type=local");
    }
    if (r->kind == KIND_MAP || r->kind == KIND_VALUE || r->kind == KIND_KEY)
        add_map(t, v, r);
    if (r->kind != KIND_SCALAR && r->off) {
        comma(t);
        add_text(t, "off=");
        add_signed(t, r->off);
    }
    if (r->kind == KIND_MEM) {
        comma(t);
        add(t, "sz=%u", r->size);
    }
    if (vf_is_packet(r)) {
        comma(t);
        add_text(t, "r=");
        add_unsigned(t, (uint64_t)(int64_t)r->pkt_range);
    }
    if (!range_is_const(&r->r)) {
        add_range(t, &r->r);
    } else if (r->r.var.value) {
        comma(t);
        add_text(t, "imm=");
        add_unsigned(t, r->r.var.value);
    }
}

static void add_reg(struct line *t, const struct vf *v, const struct vf_reg *r, uint32_t frame)
{
    if (r->kind == KIND_SCALAR && r->precise)
        add_text(t, "P");
    if (r->kind == KIND_SCALAR && range_is_const(&r->r)) {
        add_signed(t, (int64_t)r->r.var.value);
        return;
    }
    add_text(t, vf_kind_name(r));
    if (r->kind == KIND_STRUCT)
        add_text(t, vf_struct_name(v, r));
    if (r->kind == KIND_STACK) {
        if (r->frame != frame)
            add(t, "[%u]", r->frame);
        if (range_is_const(&r->r)) {
            add_signed(t, (int64_t)r->r.var.value + r->off);
            return;
        }
    }
    add_text(t, "(");
    t->first = true;
    add_details(t, v, r);
    add_text(t, ")");
}

static void add_object(struct line *t, const struct vf_reg *r, uint32_t n)
{
    static const char *const over[] = {
        [DYNPTR_LOCAL] = "local", [DYNPTR_RECORD] = "ringbuf", [DYNPTR_XDP] = "xdp"};
    if (!(r->flags & REG_FIRST))
        return;
    if (r->kind == KIND_ITER) {
        add(t, " fp-%u=iter_%s(ref_id=%u,state=%s,depth=%u)", 8 * (n + 1),
            r->sub == ITER_BITS ? "bits" : "num", r->ref,
            r->flags & REG_DRAINED ? "drained" : "active", r->size);
    } else {
        add(t, " fp-%u=dynptr_%s(", 8 * (n + 1), over[r->sub]);
        add(t, "id=%u", r->id);
        if (r->ref)
            add(t, ",ref_id=%u", r->ref);
        add(t, ",dynptr_id=%u)", r->owner);
    }
}

static void add_slot(struct line *t, const struct vf *v, const struct vf_slot *s, uint32_t n,
                     uint32_t frame)
{
    static const char mark[] = {[BYTE_INVALID] = '?', [BYTE_SPILL] = 'r',  [BYTE_MISC] = 'm',
                                [BYTE_ZERO] = '0',    [BYTE_DYNPTR] = 'd', [BYTE_ITER] = 'i'};
    char bytes[9] = {0};
    bool spilled = vf_slot_is_spill(s), any = false;
    unsigned len = 0;
    if (vf_slot_is_object(s)) {
        add_object(t, &s->reg, n);
        return;
    }
    for (unsigned b = 8; b-- > 0;) { /* the highest address first */
        any |= s->byte[b] != BYTE_INVALID;
        if (spilled && s->byte[b] == BYTE_SPILL)
            break;
        bytes[len++] = mark[s->byte[b]];
    }
    if (!any)
        return;
    add_text(t, " fp-");
    add_number(t, 8 * (n + 1), 10);
    add_text(t, "=");
    add_text(t, bytes);
    if (spilled)
        add_reg(t, v, &s->reg, frame);
}

/* References in the order they were taken; a lock is always the last. */
static void add_held(struct line *t, const struct vf_state *st)
{
    for (uint32_t n = 0; n < st->refs; n++)
        add(t, n ? ",%u" : " refs=%u", st->ref[n].id);
    if (st->lock.held)
        add(t, st->refs ? ",%u" : " refs=%u", st->lock.id);
}

static void add_state(struct line *t, const struct vf *v, const struct vf_state *st, uint32_t f,
                      uint32_t regs, uint64_t slots)
{
    const struct vf_frame *fr = st->frame[f];
    if (f)
        add(t, " frame%u:", f);
    for (unsigned r = 0; r < VF_REGS; r++) {
        if (!(regs >> r & 1) || fr->reg[r].kind == KIND_NONE)
            continue;
        add_text(t, " R");
        add_number(t, r, 10);
        add_text(t, "=");
        add_reg(t, v, &fr->reg[r], f);
    }
    for (uint32_t s = 0; s < fr->slots; s++)
        if (slots >> s & 1)
            add_slot(t, v, &fr->slot[s], s, f);
    add_held(t, st);
    if (fr->callback != CALLBACK_NONE)
        add(t, fr->callback == CALLBACK_SYNC ? " cb" : " async_cb");
    add_text(t, "\n");
}

static void put_state(struct vf *v, const struct vf_state *st, uint32_t f, const char *prefix)
{
    struct line t;
    t.len = 0;
    add(&t, "%s", prefix);
    add_state(&t, v, st, f, ALL_TOUCHED, UINT64_MAX);
    vflog_write(v->log, t.buf);
}

/* "; R1=..." behind the instruction just printed, else on a line of its own. */
static void put_touched(struct vf *v)
{
    struct offload_log *log = v->log;
    struct line t;
    t.len = 0;
    if (v->insn_end && v->insn_end == log->len) {
        unsigned pos = v->insn_len;
        unsigned want = pos + STATE_STEP / 2 > STATE_COLUMN ? pos + STATE_STEP / 2 : STATE_COLUMN;
        want = (want + STATE_STEP - 1) / STATE_STEP * STATE_STEP;
        log->len--;
        add(&t, "%*c;", (int)(want - pos - 1), ' ');
    } else {
        add(&t, "%u:", v->pc);
    }
    add_state(&t, v, &v->cur, v->cur.depth - 1, v->touched, v->touched_slots);
    vflog_write(log, t.buf);
}

/* Another column of it. */
static bool same_line(const struct offload_line_info *a, const struct offload_line_info *b)
{
    return b && a->line == b->line && a->file && b->file && strcmp(a->file, b->file) == 0;
}

static void put_line(struct vf *v)
{
    const struct offload_line_info *l = offload_prog_line(v->prog, v->pc);
    if (!l || l == v->last_line || same_line(l, v->last_line))
        return;
    v->last_line = l;
    const char *file = l->file ? l->file : "";
    const char *slash = strrchr(file, '/');
    struct line t;
    t.len = 0;
    add(&t, "; %s", l->text ? l->text : "");
    if (*file)
        add(&t, " @ %s:%u", slash ? slash + 1 : file, l->line);
    add(&t, "\n");
    vflog_write(v->log, t.buf);
}

/* As elsewhere, but kernel functions by name, like the kernel. */
static void disassemble(const struct vf *v, char *text, size_t size)
{
    const struct ebpf_insn *i = vf_ins(v, v->pc);
    const struct helper *h =
        vf_row(v, v->pc)->id == EBPF_CALL_BTF && i->imm >= 0 ? kfunc_find((uint32_t)i->imm) : NULL;
    if (h)
        snprintf(text, size, "call %s#%d", h->name, i->imm);
    else
        offload_disasm(v->prog, v->pc, text, size);
}

void vf_log_insn(struct vf *v)
{
    char text[160];
    struct line t;
    if (!vflog_on(v, 1))
        return;
    if (v->from_branch && vflog_on(v, 2)) {
        snprintf(text, sizeof(text), "\nfrom %u to %u:", v->from, v->pc);
        put_state(v, &v->cur, v->cur.depth - 1, text);
    }
    v->from_branch = false;
    if (v->touched || v->touched_slots)
        put_touched(v);
    v->touched = 0;
    v->touched_slots = 0;
    put_line(v);
    disassemble(v, text, sizeof(text));
    t.len = 0;
    add(&t, "%u: (%02x) %s\n", v->pc, vf_ins(v, v->pc)->opcode, text);
    vflog_write(v->log, t.buf);
    v->insn_end = v->log->len;
    v->insn_len = (uint32_t)t.len;
}

void vf_log_start(struct vf *v)
{
    if (!vflog_on(v, 2))
        return;
    for (uint32_t s = 0; s < v->subs; s++)
        vflog_put(v, "func#%u @%u\n", s, v->sub[s].start);
}

void vf_log_resume(struct vf *v, uint32_t from, size_t keep)
{
    v->from_branch = true;
    v->from = from;
    v->touched = ALL_TOUCHED;
    v->touched_slots = UINT64_MAX;
    vf_log_forget(v, keep);
}

void vf_log_forget(struct vf *v, size_t keep)
{
    if (!vflog_on(v, 1) || vflog_on(v, 2) || v->log->full || keep > v->log->len)
        return;
    v->log->len = keep;
    v->log->buf[keep] = 0;
}

void vf_log_pruned(struct vf *v)
{
    if (!vflog_on(v, 1))
        return;
    if (v->from_branch)
        vflog_put(v, "\nfrom %u to %u: safe\n", v->from, v->pc);
    else
        vflog_put(v, "%u: safe\n", v->pc);
    v->from_branch = false;
}

void vf_log_loop(struct vf *v, const struct vf_state *old)
{
    if (!vflog_on(v, 1))
        return;
    put_state(v, &v->cur, v->cur.depth - 1, "cur state:");
    put_state(v, old, old->depth - 1, "old state:");
}

void vf_log_call(struct vf *v)
{
    if (!vflog_on(v, 1))
        return;
    put_state(v, &v->cur, v->cur.depth - 2, "caller:\n");
    put_state(v, &v->cur, v->cur.depth - 1, "callee:\n");
}

void vf_log_return(struct vf *v, uint32_t to)
{
    char text[40];
    if (!vflog_on(v, 1))
        return;
    put_state(v, &v->cur, v->cur.depth - 1, "returning from callee:\n");
    snprintf(text, sizeof(text), "to caller at %u:\n", to);
    put_state(v, &v->cur, v->cur.depth - 2, text);
    v->from_branch = true; /* the kernel tells of it like of a path taken up */
    v->from = v->pc;
}

void vf_log_global(struct vf *v, uint32_t sub)
{
    if (vflog_on(v, 1))
        vflog_put(v, "Func#%u ('%s') is global and assumed valid.\n", sub, v->sub[sub].info->name);
}

void vf_log_root(struct vf *v, const struct vf_root *r, bool done)
{
    v->from_branch = !done && r->kind == ROOT_TIMER;
    v->from = r->from;
    if (!vflog_on(v, 1) || r->kind != ROOT_GLOBAL)
        return;
    const char *name = v->sub[r->sub].info->name;
    if (done)
        vflog_put(v, "Func#%u ('%s') is safe for any args that match its prototype\n", r->sub,
                  name);
    else
        vflog_put(v, "Validating %s() func#%u...\n", name, r->sub);
}
