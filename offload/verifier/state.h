/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The abstract machine: registers, stack slots, call frames; and the states kept
 * to recognise ground already covered.
 */
#ifndef VERIFIER_STATE_H
#define VERIFIER_STATE_H

#include <stddef.h>

#include "verifier/range.h"

enum {
    VF_FRAMES = 8,
    VF_REGS = 11,
    VF_FP = 10,
    VF_STACK_BYTES = 512,
    VF_SLOTS = VF_STACK_BYTES / 8,
    VF_REFS = 16,
};

enum vf_kind {
    KIND_NONE, /* never written */
    KIND_SCALAR,
    KIND_CTX,
    KIND_PKT,
    KIND_META,
    KIND_END,
    KIND_VALUE, /* into a map's value */
    KIND_MAP,
    KIND_STACK,
    KIND_XSK,         /* a socket of an XSKMAP: struct bpf_xdp_sock */
    KIND_SOCK,        /* a full socket: struct bpf_sock */
    KIND_SOCK_COMMON, /* a socket of any state: some of its fields */
    KIND_KEY,         /* a map's key, in a callback */
    KIND_MEM,    /* `size` bytes: a ring buffer record, a slice of a dynptr, an iterator's number */
    KIND_FUNC,   /* a subprogram; `map` is its number */
    KIND_STRUCT, /* a structure of the kernel; `map` is its type */
    /* what a stack slot holds that is no register */
    KIND_DYNPTR,
    KIND_ITER,
};

enum vf_reg_flag {
    REG_RDONLY = 1u << 0,  /* KIND_MEM */
    REG_RECORD = 1u << 1,  /* KIND_MEM: of a ring buffer */
    REG_PACKET = 1u << 2,  /* KIND_MEM: perhaps in the packet, stale once that moves */
    REG_FIRST = 1u << 3,   /* KIND_DYNPTR, KIND_ITER: the lowest of its slots */
    REG_DRAINED = 1u << 4, /* KIND_ITER: it has no more elements */
    REG_ABOVE = 1u << 5,   /* KIND_SCALAR: `off` was added since it was a copy */
    REG_ABOVE32 = 1u << 6, /* likewise, to the low half, which is all there is */
    REG_SLICE = 1u << 7,   /* KIND_MEM: of a kernel function, no key or value of a map */
    REG_MOVED = REG_ABOVE | REG_ABOVE32,
    /* KIND_STRUCT, in place of the above: it points at one, may point anywhere, may be gone after
     * this run; none of them: it points at one, or is NULL, and may be read all the same */
    REG_TRUSTED = 1u << 0,
    REG_UNTRUSTED = 1u << 1,
    REG_RCU = 1u << 2,
};

/* What a dynptr is over (vf_reg.sub). */
enum vf_dynptr {
    DYNPTR_LOCAL,
    DYNPTR_RECORD,
    DYNPTR_XDP,
};

/* Which iterator it is (vf_reg.sub). */
enum vf_iter {
    ITER_NUM,
    ITER_BITS,
};

/* How far a packet pointer was compared beyond the end (in pkt_range, instead of a length). */
enum {
    PKT_AT_END = -1,
    PKT_BEYOND_END = -2,
};

/*
 * Which scalars of the last kept state (point) a scalar was computed from: bit n
 * is the scalar that vf_state_number() gave number n. When a decision rests on the
 * scalar's range, those scalars are marked precise in that state, and so on
 * upwards; a state then only covers another whose precise scalars lie within its own.
 */
enum { DEP_WORDS = 2, DEP_BITS = DEP_WORDS * 64 };

struct vf_deps {
    uint64_t bits[DEP_WORDS];
};

struct vf_reg {
    uint8_t kind;
    bool nullable;     /* may be NULL; `id` ties it to its copies */
    bool precise;      /* in a kept state: some decision rests on the range */
    uint8_t frame;     /* KIND_STACK: whose stack */
    uint8_t flags;     /* enum vf_reg_flag */
    uint8_t sub;       /* KIND_DYNPTR: enum vf_dynptr; KIND_ITER: enum vf_iter */
    int32_t off;       /* pointer: constant part of the offset; scalar: how far it is above the
                          others of its id */
    uint32_t id;       /* scalar: equal values; packet: same base; nullable: same lookup; 0 none */
    uint32_t map;      /* index of the program's maps */
    bool inner;        /* it is a map inside that one */
    uint32_t ref;      /* the reference it holds, 0 none */
    uint32_t owner;    /* KIND_MEM: id of the dynptr it is a slice of */
    uint32_t size;     /* KIND_MEM; KIND_ITER: how often it was advanced; most iterations in r */
    int32_t pkt_range; /* packet: bytes proved from the base on, or PKT_AT_END ... */
    struct range r;    /* scalar: the value; pointer: variable part of the offset */
    struct vf_deps deps;
};

enum vf_byte {
    BYTE_INVALID, /* never written */
    BYTE_SPILL,   /* the low bytes of the slot's register, from byte 0 on */
    BYTE_MISC,
    BYTE_ZERO,
    BYTE_DYNPTR, /* the slot's register says which */
    BYTE_ITER,
};

struct vf_slot {
    uint8_t byte[8]; /* enum vf_byte, by address */
    struct vf_reg reg;
};

enum vf_callback {
    CALLBACK_NONE,
    CALLBACK_SYNC,  /* returns to the call, which may come again */
    CALLBACK_ASYNC, /* called by the system: the first frame of its own walk */
};

/* One call frame. Slot n is the 8 bytes at fp - 8 * (n + 1). */
struct vf_frame {
    struct vf_reg reg[VF_REGS];
    uint32_t call_insn; /* the call that made it */
    uint32_t subprog;
    uint8_t callback; /* enum vf_callback */
    uint8_t most;     /* largest number that it may return, of a callback */
    uint32_t rounds;  /* callbacks walked for the call at hand */
    uint32_t slots, room;
    uint64_t written;     /* slots overwritten whole since the last kept state */
    struct vf_slot *slot; /* apart, so that registers stay where they are when it grows */
};

struct vf_point;

/* What must be given back before the program ends. */
struct vf_ref {
    uint32_t id, insn;
};

/* The spin lock that is held. */
struct vf_lock {
    bool held;
    bool inner;
    uint32_t id, map;
};

struct vf_state {
    struct vf_frame *frame[VF_FRAMES];
    uint32_t depth;  /* frames in use */
    uint32_t unroll; /* callbacks entered on this path: to tell a loop from a repetition */
    struct vf_ref ref[VF_REFS];
    uint32_t refs;
    struct vf_lock lock;
    uint64_t steps; /* instructions since `parent` was kept, */
    uint64_t calls; /* and calls of global functions */
    struct vf_point *parent;
};

/* A path that came back to a state that was still being walked: it rests on what that rests on. */
struct vf_back {
    struct vf_back *next;
    struct vf_state st;
};

/*
 * Where another state differed from a kept one, to look there first: most often the next does
 * too. Register n, or VF_REGS + slot.
 */
struct vf_odd {
    bool there;
    bool known; /* it is the number `value` */
    uint32_t frame, place;
    uint64_t value;
};

/* A state kept at a pruning point. */
struct vf_point {
    struct vf_state st;
    struct vf_point *next; /* from here on, what each visit reads: in one place of the cache */
    uint32_t branches;     /* paths from here still to be walked */
    uint32_t hits, misses;
    uint32_t insn;
    struct vf_odd odd;
    uint64_t calls_key;     /* vf_calls_key(): other than that of another state, other calls */
    struct vf_point **link; /* dropped, in vf.dropped and no longer in its instruction's list: what
                               points at it; else NULL */
    struct vf_deps done;    /* numbers already marked precise */
    uint64_t read[VF_FRAMES]; /* stack slots that some path from here reads before it writes them */
    /* loops: the paths that ended here while it was walked; the state, further up, until whose end
     * what this one rests on is not all known; it stays until the end, others point at it */
    struct vf_back *back;
    struct vf_point *entry;
    uint32_t level; /* kept states above it */
    bool pinned;
    bool moved; /* in the list of those whose marks `back` must learn of */
    struct vf_point *next_moved;
    bool unbounded;   /* some loop from here has no bound that we know */
    uint64_t longest; /* instructions from here to the end, at most, */
    uint64_t calls;   /* and calls of global functions */
    uint64_t rounds;  /* most times that a loop comes back here */
    size_t bytes;
};

struct vf_reg vf_reg_scalar(void);
struct vf_reg vf_reg_const(uint64_t value);
struct vf_reg vf_reg_pointer(enum vf_kind kind);

int vf_state_init(struct vf_state *st);
void vf_state_free(struct vf_state *st);
/* Deep copy into an unused *dst. -ENOMEM leaves *dst empty. */
int vf_state_copy(struct vf_state *dst, const struct vf_state *src);
size_t vf_state_bytes(const struct vf_state *st);
int vf_state_push_frame(struct vf_state *st, uint32_t call_insn, uint32_t subprog);
void vf_state_pop_frame(struct vf_state *st);
/* Makes slots 0..slots-1 of frame `f` exist. */
int vf_state_need_slots(struct vf_state *st, uint32_t f, uint32_t slots);
/* Every scalar starts its dependencies anew, as itself. */
void vf_state_number(struct vf_state *st);

/* Calls fn for each register and spilled register; stops when it returns false. */
typedef bool (*vf_reg_fn)(void *arg, struct vf_reg *reg);
void vf_state_each(struct vf_state *st, vf_reg_fn fn, void *arg);

static inline struct vf_frame *vf_top(const struct vf_state *st)
{
    return st->frame[st->depth - 1];
}

static inline bool vf_slot_is_spill(const struct vf_slot *s)
{
    return s->byte[0] == BYTE_SPILL;
}

/* All eight bytes are the register's. */
static inline bool vf_slot_is_full_spill(const struct vf_slot *s)
{
    return s->byte[0] == BYTE_SPILL && s->byte[7] == BYTE_SPILL;
}

static inline bool vf_slot_is_object(const struct vf_slot *s)
{
    return s->byte[0] == BYTE_DYNPTR || s->byte[0] == BYTE_ITER;
}

static inline bool vf_is_socket(const struct vf_reg *r)
{
    return r->kind == KIND_XSK || r->kind == KIND_SOCK || r->kind == KIND_SOCK_COMMON;
}

static inline bool vf_is_packet(const struct vf_reg *r)
{
    return r->kind == KIND_PKT || r->kind == KIND_META;
}

static inline void vf_deps_join(struct vf_deps *a, const struct vf_deps *b)
{
    for (unsigned i = 0; i < DEP_WORDS; i++)
        a->bits[i] |= b->bits[i];
}

#endif
