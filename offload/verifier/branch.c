/* SPDX-License-Identifier: BSD-3-Clause */
/* Conditional jumps: which ways are possible, and what each way teaches. */
#include "verifier/vf.h"

enum cond vf_cond(unsigned op)
{
    switch (op) {
    case EBPF_OP_JEQ:
        return COND_EQ;
    case EBPF_OP_JNE:
        return COND_NE;
    case EBPF_OP_JGT:
        return COND_GT;
    case EBPF_OP_JGE:
        return COND_GE;
    case EBPF_OP_JLT:
        return COND_LT;
    case EBPF_OP_JLE:
        return COND_LE;
    case EBPF_OP_JSGT:
        return COND_SGT;
    case EBPF_OP_JSGE:
        return COND_SGE;
    case EBPF_OP_JSLT:
        return COND_SLT;
    case EBPF_OP_JSLE:
        return COND_SLE;
    default:
        return COND_SET;
    }
}

/* a C b as b C' a. */
static enum cond cond_swap(enum cond c)
{
    switch (c) {
    case COND_GT:
        return COND_LT;
    case COND_LT:
        return COND_GT;
    case COND_GE:
        return COND_LE;
    case COND_LE:
        return COND_GE;
    case COND_SGT:
        return COND_SLT;
    case COND_SLT:
        return COND_SGT;
    case COND_SGE:
        return COND_SLE;
    case COND_SLE:
        return COND_SGE;
    default:
        return c;
    }
}

/* One comparison being worked on. */
struct compare {
    enum cond c;
    bool is32, imm;
    unsigned dst, src;
    struct vf_reg *a, *b;
    struct vf_reg fake; /* the immediate */
};

static bool any_packet(const struct vf_reg *r)
{
    return vf_is_packet(r) || r->kind == KIND_END;
}

/* A pointer that was compared as beyond the end stays there. */
static int decide_packet(const struct vf_reg *a, const struct vf_reg *b, enum cond c)
{
    const struct vf_reg *pkt = a;
    if (b->kind != KIND_END) {
        if (a->kind != KIND_END)
            return -1;
        pkt = b;
        c = cond_swap(c);
    }
    if (pkt->kind != KIND_PKT || pkt->pkt_range >= 0)
        return -1;
    if (c == COND_GE || c == COND_LT)
        return c == COND_GE;
    if ((c == COND_GT || c == COND_LE) && pkt->pkt_range == PKT_BEYOND_END)
        return c == COND_GT;
    return -1;
}

static bool is_zero(const struct vf_reg *r, bool is32)
{
    return r->kind == KIND_SCALAR &&
           (is32 ? tnum_is_const(tnum_trunc(r->r.var, 4)) && r->r.umax32 == 0 && r->r.umin32 == 0
                 : range_is_value(&r->r, 0));
}

/*
 * Against 0, where the pointer is known to be none; also its low half, as in the kernel: no object
 * lies where that is 0.
 */
static int decide_pointer(const struct vf_reg *a, const struct vf_reg *b, enum cond c, bool is32)
{
    if (a->kind == KIND_SCALAR)
        return b->kind == KIND_SCALAR ? -1 : decide_pointer(b, a, c, is32);
    switch (a->kind) {
    case KIND_VALUE:
    case KIND_MAP:
    case KIND_XSK:
    case KIND_SOCK:
    case KIND_SOCK_COMMON:
    case KIND_MEM:
    case KIND_KEY:
    case KIND_FUNC:
        break;
    case KIND_STRUCT:
        if (!vf_struct_is_trusted(a))
            return -1;
        break;
    default:
        return -1;
    }
    if (a->nullable)
        return -1;
    if (!is_zero(b, is32))
        return -1;
    if (c == COND_EQ)
        return 0;
    return c == COND_NE ? 1 : -1;
}

static int decide(const struct compare *k)
{
    if (k->a->kind == KIND_SCALAR && k->b->kind == KIND_SCALAR) {
        /* a constant on the left decides as it would on the right */
        if (range_is_const(&k->a->r) && !range_is_const(&k->b->r))
            return range_decide(&k->b->r, &k->a->r, cond_swap(k->c), k->is32);
        return range_decide(&k->a->r, &k->b->r, k->c, k->is32);
    }
    if (!k->is32 && any_packet(k->a) && any_packet(k->b))
        return decide_packet(k->a, k->b, k->c);
    return decide_pointer(k->a, k->b, k->c, k->is32);
}

/* ---- packet bounds ---- */

struct good_packet {
    const struct vf_reg *like;
    uint8_t kind;
    int32_t range;
};

static bool widen_one(void *arg, struct vf_reg *r)
{
    const struct good_packet *g = arg;
    if (r->kind == g->kind && r->id == g->like->id && r->pkt_range < g->range)
        r->pkt_range = g->range;
    return true;
}

/* In `st` the bytes before `pkt` are inside the packet, and with `open` the byte at it too. */
static void packet_reaches(struct vf_state *st, const struct vf_reg *pkt, bool open)
{
    if (pkt->off < 0 || (pkt->off == 0 && open))
        return;
    if (pkt->r.umax > VF_PKT_OFF_MAX || pkt->r.umax + (uint64_t)pkt->off > VF_PKT_OFF_MAX)
        return;
    struct vf_reg like = *pkt;
    struct good_packet g = {.like = &like, .kind = pkt->kind, .range = pkt->off + open};
    vf_state_each(st, widen_one, &g);
}

static void packet_beyond(struct vf_state *st, unsigned regno, bool open)
{
    struct vf_reg *r = &vf_top(st)->reg[regno];
    if (r->kind == KIND_PKT)
        r->pkt_range = open ? PKT_BEYOND_END : PKT_AT_END;
}

static bool is_packet_start(const struct vf_reg *r)
{
    return r->kind == KIND_PKT && r->id == 0 && r->off == 0;
}

static bool is_limit(const struct vf_reg *pkt, const struct vf_reg *end)
{
    return (pkt->kind == KIND_PKT && end->kind == KIND_END) ||
           (pkt->kind == KIND_META && is_packet_start(end));
}

/*
 * `pkt` (register n) against its limit by c: `yes` is the state where it holds,
 * `no` where it does not. pkt > end fails: pkt <= end, all before pkt is inside.
 * pkt >= end fails: pkt < end, the byte at pkt is inside too. And mirrored.
 */
static void compare_packet(struct vf_state *yes, struct vf_state *no, unsigned n, enum cond c)
{
    struct vf_state *inside = c == COND_GT || c == COND_GE ? no : yes;
    struct vf_state *outside = inside == yes ? no : yes;
    bool strict = c == COND_GE || c == COND_LT;
    struct vf_reg pkt = vf_top(yes)->reg[n];
    packet_reaches(inside, &pkt, strict);
    packet_beyond(outside, n, !strict);
}

static bool learn_packet(const struct compare *k, struct vf_state *yes, struct vf_state *no)
{
    if (k->imm || k->is32 || k->c < COND_GT || k->c > COND_LT)
        return false;
    if (is_limit(k->a, k->b))
        compare_packet(yes, no, k->dst, k->c);
    else if (is_limit(k->b, k->a))
        compare_packet(yes, no, k->src, cond_swap(k->c));
    else
        return false;
    return true;
}

/* ---- null ---- */

struct null_mark {
    const struct vf *v;
    uint32_t id;
    bool null;
};

/* Values with a spin lock stay distinct. */
static bool keeps_id(const struct vf *v, const struct vf_reg *r)
{
    return r->kind == KIND_VALUE && vf_map(v, r)->spin_lock;
}

static bool null_one(void *arg, struct vf_reg *r)
{
    const struct null_mark *m = arg;
    if (!r->nullable || r->id != m->id)
        return true;
    if (m->null) {
        *r = vf_reg_const(0);
    } else {
        r->nullable = false;
        if (!keeps_id(m->v, r))
            r->id = 0;
    }
    return true;
}

static bool learn_null(struct vf *v, const struct compare *k, struct vf_state *yes,
                       struct vf_state *no)
{
    if (k->is32 || !k->a->nullable || k->b->kind != KIND_SCALAR || !range_is_value(&k->b->r, 0))
        return false;
    if (k->c != COND_EQ && k->c != COND_NE)
        return false;
    vf_demand_reg(v, k->b);
    struct null_mark null = {v, k->a->id, true}, not_null = {v, k->a->id, false};
    if (k->a->ref == k->a->id) /* nothing was taken */
        vf_ref_drop(k->c == COND_EQ ? yes : no, k->a->ref);
    vf_state_each(yes, null_one, k->c == COND_EQ ? &null : &not_null);
    vf_state_each(no, null_one, k->c == COND_EQ ? &not_null : &null);
    return true;
}

/* Equal to a pointer that is not NULL, it is not NULL: this register, not its copies. */
static void learn_equal(const struct compare *k, struct vf_state *yes, struct vf_state *no)
{
    bool pointers = k->a->kind != KIND_SCALAR && k->b->kind != KIND_SCALAR;
    if (k->is32 || !pointers || k->a->nullable == k->b->nullable ||
        (k->c != COND_EQ && k->c != COND_NE))
        return;
    struct vf_state *equal = k->c == COND_EQ ? yes : no;
    struct vf_reg *r = &vf_top(equal)->reg[k->a->nullable ? k->dst : k->src];
    r->nullable = false;
}

/* ---- scalars ---- */

static bool copy_one(void *arg, struct vf_reg *r)
{
    const struct vf_reg *known = arg;
    unsigned moved = (r->flags | known->flags) & REG_MOVED;
    if (r->kind != KIND_SCALAR || r->id != known->id || moved == REG_MOVED)
        return true;
    /* r's new range rests on what it was copied from and on what sharpened that */
    struct range by = range_const((uint64_t)((int64_t)r->off - known->off));
    r->r = known->r;
    if (r->off != known->off)
        range_alu64(&r->r, EBPF_OP_ADD, &by);
    if (r->off != known->off && (moved & REG_ABOVE32))
        range_zext(&r->r, 4);
    vf_deps_join(&r->deps, &known->deps);
    return true;
}

/* All copies of a sharpened register are sharpened with it. */
static void share(struct vf_state *st, unsigned regno)
{
    struct vf_reg known = vf_top(st)->reg[regno];
    if (known.id)
        vf_state_each(st, copy_one, &known);
}

static void learn_scalar(const struct compare *k, struct vf_state *st, enum cond c)
{
    struct vf_reg fake = k->fake;
    struct vf_reg *a = &vf_top(st)->reg[k->dst];
    struct vf_reg *b = k->imm ? &fake : &vf_top(st)->reg[k->src];
    range_refine(&a->r, &b->r, c, k->is32);
    if (k->imm) {
        share(st, k->dst);
        return;
    }
    struct vf_deps both = a->deps;
    vf_deps_join(&both, &b->deps);
    a->deps = b->deps = both;
    share(st, k->dst);
    share(st, k->src);
}

/* Both ways are possible: `yes` jumps, `no` (the current state) falls through. */
static void learn(struct vf *v, const struct compare *k, struct vf_state *yes)
{
    struct vf_state *no = &v->cur;
    if (k->a->kind == KIND_SCALAR && k->b->kind == KIND_SCALAR) {
        learn_scalar(k, yes, k->c);
        learn_scalar(k, no, cond_not(k->c));
        return;
    }
    if (!learn_null(v, k, yes, no) && !learn_packet(k, yes, no))
        learn_equal(k, yes, no);
}

static int load_operands(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i,
                         struct compare *k)
{
    *k = (struct compare){
        .c = vf_cond(row->op),
        .is32 = row->bits == 32,
        .imm = row->kind == EBPF_KIND_JCC_K,
        .dst = i->dst,
        .src = i->src,
    };
    k->fake = vf_reg_const((uint64_t)(int64_t)i->imm);
    k->b = &k->fake;
    int err = k->imm ? 0 : vf_read(v, i->src, &k->b);
    return err ? err : vf_read(v, i->dst, &k->a);
}

int vf_branch(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    struct compare k;
    struct vf_state *yes;
    uint32_t target = (uint32_t)((int64_t)v->pc + 1 + i->off);
    uint8_t *facts = &v->at[v->pc].facts;
    int err = load_operands(v, row, i, &k);
    if (err)
        return err;
    int known = decide(&k);
    if (known >= 0) {
        vf_demand_reg(v, k.a);
        vf_demand_reg(v, k.b);
        *facts |= known ? OFFLOAD_FACT_TAKEN : OFFLOAD_FACT_FALLS;
        if (known)
            v->next = target;
        return VF_GO;
    }
    *facts |= OFFLOAD_FACT_TAKEN | OFFLOAD_FACT_FALLS;
    err = vf_push(v, target, &yes);
    if (!err)
        learn(v, &k, yes);
    return err;
}

/* Falls through, until it has been run very often; then it jumps. */
int vf_may_goto(struct vf *v, const struct ebpf_insn *i)
{
    struct vf_state *more;
    int err = vf_push(v, v->pc + 1, &more);
    if (err)
        return err;
    more->unroll++;
    vf_widen(v, vf_previous(v, v->pc, v->cur.parent), more);
    vf_note_rounds(v, true, VF_LOOPS_MAX);
    v->at[v->pc].facts |= OFFLOAD_FACT_TAKEN | OFFLOAD_FACT_FALLS;
    v->next = (uint32_t)((int64_t)v->pc + 1 + i->off);
    return VF_GO;
}
