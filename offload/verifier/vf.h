/* SPDX-License-Identifier: BSD-3-Clause */
/* The verifier's own header: one run's context and what the stages offer each other. */
#ifndef VERIFIER_VF_H
#define VERIFIER_VF_H

#include <errno.h>

#include "ebpf/ebpf.h"
#include "offload/verifier.h"
#include "verifier/state.h"
#include "verifier/why.h"

enum {
    VF_INSN_LIMIT = 1000000,
    VF_SUBPROGS_MAX = 256,
    VF_PENDING_MAX = 8192, /* jumps whose other side still waits */
    VF_VAR_MAX = 1 << 29,  /* pointer offsets stay below this, either sign */
    VF_ROOTS_MAX = 512,
    VF_LOOPS_MAX = 1 << 23, /* BPF_MAX_LOOPS: rounds of bpf_loop() and of may_goto */
    VF_ALL_REGS = (1 << VF_REGS) - 1,
    VF_PKT_OFF_MAX = 0xffff, /* a packet is shorter than this */
};
#define VF_KEPT_BYTES_MAX ((size_t)256 << 20) /* memory of kept states */

enum vf_insn_flag {
    VF_SECOND = 1u << 0, /* second slot of LD_IMM64 */
    VF_JOIN = 1u << 1,   /* states are kept and compared here */
    VF_SEEN = 1u << 2,
    VF_CALLS_BACK = 1u << 3, /* a call that walks a callback */
    VF_ITER_NEXT = 1u << 4,
    VF_MAY_GOTO = 1u << 5,
};

/* What is known of one instruction slot. */
struct vf_insn {
    struct offload_insn_fact fact;
    uint16_t row;     /* enum ebpf_id */
    uint8_t flags;    /* enum vf_insn_flag */
    uint8_t facts;    /* enum offload_fact */
    uint16_t live;    /* registers read from here on before they are written */
    uint16_t live_hi; /* of those, the upper half too */
    uint32_t subprog;
    uint8_t read; /* load: enum vf_kind of what it reads from, as met first; 0 none yet */
    struct vf_point *points;
};

struct vf_subprog {
    uint32_t start, end;
    uint32_t stack;                     /* bytes of stack touched */
    bool tail_call;                     /* it has one */
    bool moves_packet;                  /* it, or one that it calls, may */
    const struct offload_subprog *info; /* or NULL */
};

enum vf_root_kind {
    ROOT_MAIN,
    ROOT_GLOBAL, /* a global function, with any arguments of its types */
    ROOT_TIMER,  /* a timer's callback, with that map */
};

/* Where a walk starts. */
struct vf_root {
    uint8_t kind; /* enum vf_root_kind */
    bool inner, unbounded;
    uint32_t sub, map;
    uint32_t from;         /* the instruction that named it */
    uint64_t worst, calls; /* instructions of its longest path, calls of global functions */
};

/* Structures of the kernel that kernel functions give or take. */
enum vf_struct {
    VF_CONN,       /* struct nf_conn */
    VF_NEW_CONN,   /* struct nf_conn___init */
    VF_KERNEL_CTX, /* struct xdp_buff */
    VF_STRUCTS,
};

/* The other side of a conditional jump, waiting. */
struct vf_pending {
    struct vf_state st;
    uint32_t insn, from;
    size_t log_len;
};

struct vf {
    const struct offload_prog *prog;
    const struct offload_verify_opts *opts;
    struct offload_log *log;
    struct offload_refusal *why;
    struct vf_insn *at; /* per slot */
    struct vf_subprog sub[VF_SUBPROGS_MAX];
    uint32_t subs;
    uint32_t max_stack;

    /* a kernel function that the program calls and the card has not: it is proved all the same */
    const char *missing;
    uint32_t missing_at;
    uint32_t structs[VF_STRUCTS]; /* their types, as far as they were asked for; 0 not yet */

    struct vf_root root[VF_ROOTS_MAX];
    uint32_t roots, walking;

    struct vf_state cur;
    uint32_t pc, next;
    struct vf_pending *pending;
    uint32_t pendings, pending_room;
    uint32_t ids;
    uint32_t touched;       /* registers of the top frame the instruction used: for the log */
    uint64_t touched_slots; /* its stack slots, likewise */
    /* log: the source line printed last; the branch a path came from; where the text of the
     * last instruction ended, and its length */
    const struct offload_line_info *last_line;
    bool from_branch;
    uint32_t from, insn_len;
    size_t insn_end;

    uint64_t processed, limit;
    uint64_t jumps, last_jumps, last_processed; /* since the last kept state */
    uint32_t kept, peak_kept, total_kept, max_per_insn;
    /* where the path ends: instructions that may follow, as from the state that stands for it */
    uint64_t tail, tail_calls;
    bool tail_unbounded;
    struct vf_point *moved; /* kept states with new marks that paths which came back must learn */
    bool following;
    struct vf_point *dropped; /* kept states taken out of the lists before their paths end */
    size_t kept_bytes, peak_bytes;
};

enum vf_step {
    VF_GO = 0,      /* on to v->next */
    VF_PATH_END = 1 /* this path is finished */
};

/* ---- log.c ---- */
/* What a helper takes as memory, in the kernel's words. */
#define VF_MEMORY_KINDS "fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_"
/* The argument is of another kind than those. */
int vf_wrong_kind(struct vf *v, unsigned regno, const struct vf_reg *r, const char *expected);
/* A further line of log after a refusal. */
void vf_note(struct vf *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* trace.c: the walk, at level 1 and above. */
void vf_log_start(struct vf *v);
void vf_log_insn(struct vf *v);
/* A waiting path is taken up; at level 1 what was logged since it began to wait goes. */
void vf_log_resume(struct vf *v, uint32_t from, size_t keep);
void vf_log_forget(struct vf *v, size_t keep);
void vf_log_pruned(struct vf *v);
void vf_log_loop(struct vf *v, const struct vf_state *old);
void vf_log_call(struct vf *v);
void vf_log_return(struct vf *v, uint32_t to);
void vf_log_global(struct vf *v, uint32_t sub);
struct vf_root;
void vf_log_root(struct vf *v, const struct vf_root *r, bool done);
void vf_log_stats(struct vf *v);
const char *vf_kind_name(const struct vf_reg *r);
/* "(0x0; 0xff)" */
const char *vf_tnum_text(struct tnum t, char buf[48]);

/* ---- cfg.c, fields.c, live.c ---- */
int vf_check_structure(struct vf *v);
/* Says what is wrong with an instruction that is none of the table. */
int vf_bad_insn(struct vf *v, const struct ebpf_insn *i);
int vf_check_fields(struct vf *v);
/* The operands of the current instruction, when a path first goes there. */
int vf_check_reached_insn(struct vf *v);
void vf_find_live(struct vf *v);
/* `insn` calls a subprogram, or takes its address. */
bool vf_names_subprog(const struct vf *v, uint32_t insn);
bool vf_subprog_is_global(const struct vf *v, uint32_t sub);
void vf_describe_subprogs(struct vf *v);
/* Slots that may follow `insn` inside its subprogram: returns how many (0..2). */
unsigned vf_successors(const struct vf *v, uint32_t insn, uint32_t next[2]);

/* ---- explore.c ---- */
int vf_explore(struct vf *v);
/* Leaves the current state for later, to go on at `insn`; *other is that copy (valid until the next
 * call). */
int vf_push(struct vf *v, uint32_t insn, struct vf_state **other);

int vf_add_root(struct vf *v, enum vf_root_kind kind, uint32_t sub, const struct vf_reg *timer);
/* So much from a kept state to the end, as often as its loop is run. */
uint64_t vf_repeated(const struct vf_point *p, uint64_t number);

/* ---- cover.c ---- */
enum vf_cover {
    COVER_LOOSE,  /* ranges count where something rested on them */
    COVER_WITHIN, /* they always count: what will rest on them is not known yet */
    COVER_EXACT,  /* equal */
};
/* p stands for the current state; *more_rounds: but for how long an iterator may go on. */
bool vf_covers(struct vf *v, struct vf_point *p, enum vf_cover how, bool *more_rounds);
/* Where p is known to be another number the current state is another: then they are not equal. */
bool vf_differs_at_once(const struct vf *v, const struct vf_point *p);
bool vf_same_calls(const struct vf_state *a, const struct vf_state *b);
uint64_t vf_calls_key(const struct vf_state *st);

/* ---- prune.c ---- */
/* VF_PATH_END when a kept state covers the current one; may keep the current one. */
int vf_prune(struct vf *v);
/* The kept state of this call chain at `insn` that is being walked, the latest but `except`. */
struct vf_point *vf_previous(const struct vf *v, uint32_t insn, const struct vf_point *except);
/* What differs from p (NULL: nothing) and did not matter so far may be anything. */
void vf_widen(struct vf *v, const struct vf_point *p, struct vf_state *st);
void vf_point_release(struct vf *v, struct vf_point *p);
void vf_points_free(struct vf *v);

/* ---- precise.c ---- */
/* A decision rests on the ranges of what `deps` names. */
void vf_demand(struct vf *v, const struct vf_state *st, struct vf_deps deps);
/* What follows `st` depends on these slots (bit n: slot n) of a frame. */
void vf_slots_read(struct vf *v, const struct vf_state *st, uint32_t frame, uint64_t slots);
void vf_inherit(struct vf *v, const struct vf_point *p, const struct vf_state *st);
static inline void vf_demand_reg(struct vf *v, const struct vf_reg *r)
{
    if (r->kind == KIND_SCALAR)
        vf_demand(v, &v->cur, r->deps);
}

/* ---- regs.c ---- */
int vf_read(struct vf *v, unsigned regno, struct vf_reg **out);
struct vf_reg *vf_write(struct vf *v, unsigned regno);
uint32_t vf_new_id(struct vf *v);
/* Gives a scalar an id so that a copy of it can be recognised. */
void vf_link(struct vf *v, struct vf_reg *r);
/* The scalar is no copy of another any more. */
void vf_unlink(struct vf_reg *r);
/* ---- ref.c ---- */
/* A new reference, of this instruction. */
int vf_ref_take(struct vf *v, uint32_t *id);
/* Gives it back; registers and objects that held it are forgotten. */
int vf_ref_release(struct vf *v, uint32_t id);
/* Only strikes it off: it was not given after all. */
bool vf_ref_drop(struct vf_state *st, uint32_t id);
/* The slices of a dynptr are stale. */
void vf_forget_slices(struct vf *v, uint32_t owner);
/* Nothing may be held where the program ends; `what`: how it ends. */
int vf_check_leaks(struct vf *v, const char *what);

/* ---- object.c ---- */
/* Dynptrs and iterators as arguments; `out`: places for new ones; `make`: they are there now.
 * `origin`: id of the dynptr that it is a copy of in the end. */
int vf_dynptr_arg(struct vf *v, unsigned regno, struct vf_reg *r, struct vf_reg *copy);
int vf_dynptr_out(struct vf *v, unsigned regno, const struct vf_reg *r);
void vf_dynptr_make(struct vf *v, const struct vf_reg *at, enum vf_dynptr over, uint32_t id,
                    uint32_t ref, uint32_t origin);
int vf_dynptr_gone(struct vf *v, unsigned regno, struct vf_reg *r, uint32_t *ref);
int vf_iter_arg(struct vf *v, unsigned regno, const struct vf_reg *r, enum vf_iter kind,
                struct vf_slot **out);
int vf_iter_out(struct vf *v, unsigned regno, const struct vf_reg *r, enum vf_iter kind);
int vf_iter_make(struct vf *v, enum vf_iter kind);
int vf_iter_next(struct vf *v, enum vf_iter kind);
/* The program writes into an object's slot. */
int vf_object_overwrite(struct vf *v, uint32_t frame, uint32_t slot);

/* ---- field.c ---- */
/* Bytes [lo, hi) of a value have no field of the system. */
int vf_check_value_fields(struct vf *v, const struct offload_map *m, int64_t lo, int64_t hi);
int vf_lock_arg(struct vf *v, unsigned regno, const struct vf_reg *r, bool lock);
int vf_timer_arg(struct vf *v, unsigned regno, const struct vf_reg *r);
int vf_string_arg(struct vf *v, unsigned regno, const struct vf_reg *r);
/* bpf_snprintf(), with its arguments checked: format and length fit. */
int vf_check_format(struct vf *v);

/* ---- format.c ---- */
/* What `format` (which ends) prints are at most `args` values. */
bool vf_format_fits(const char *format, uint64_t args);

/* ---- socket.c ---- */
/* A read of `size` bytes at `off` of what the register points at, a socket. */
int vf_check_socket(struct vf *v, unsigned regno, const struct vf_reg *r, int32_t off,
                    uint32_t size);
int vf_socket_arg(struct vf *v, unsigned regno, const struct vf_reg *r);
/* One that is given back: *ref is what it holds. */
int vf_socket_gone(struct vf *v, unsigned regno, const struct vf_reg *r, uint32_t *ref);

/* ---- kstruct.c ---- */
uint32_t vf_struct_type(struct vf *v, enum vf_struct what);
const char *vf_struct_name(const struct vf *v, const struct vf_reg *r);
/* Reading and writing `size` bytes at `off`, all in all, of the structure. */
int vf_struct_load(struct vf *v, unsigned regno, const struct vf_reg *r, int64_t off, uint32_t size,
                   struct vf_reg *out);
int vf_struct_store(struct vf *v, unsigned regno, const struct vf_reg *r, int64_t off,
                    uint32_t size);
/* An argument of kernel function `func`; `gone`: which it gives back. */
int vf_struct_arg(struct vf *v, unsigned regno, const struct vf_reg *r, const char *func,
                  enum vf_struct what, bool gone);
/* It points at one, for as long as the reference is held or the program runs. */
static inline bool vf_struct_is_trusted(const struct vf_reg *r)
{
    return r->ref || (r->flags & REG_TRUSTED);
}

/* ---- callback.c ---- */
/* Most rounds of the callback called at the current instruction of `st`; false: not known. */
bool vf_callback_rounds(const struct vf *v, const struct vf_state *st, uint64_t *rounds);
int vf_check_callback_result(struct vf *v, const struct vf_reg *r0);

/* ---- regs.c again ---- */
/* Packet pointers are stale: everywhere they become unknown scalars. */
void vf_forget_packet(struct vf_state *st);

/* ---- alu.c, pointer.c ---- */
int vf_alu(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i);
int vf_pointer_alu(struct vf *v, const struct ebpf_row *row, unsigned regno,
                   const struct vf_reg *ptr, const struct vf_reg *scalar, bool ptr_is_dst);
int vf_pointer_sane(struct vf *v, const struct vf_reg *r, const char *what);

/* ---- branch.c ---- */
enum cond vf_cond(unsigned op); /* enum ebpf_alu of a conditional jump */
int vf_branch(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i);
int vf_may_goto(struct vf *v, const struct ebpf_insn *i);

/* ---- mem.c, stack.c ---- */
enum vf_access {
    ACCESS_READ,
    ACCESS_WRITE,
};
int vf_load(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i);
int vf_store(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i);
int vf_load_acquire(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i);
int vf_store_release(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i);
int vf_atomic(struct vf *v, const struct ebpf_row *row, const struct ebpf_insn *i);
/* A helper touches `size` bytes at register `regno`; `init`: it writes them all without reading. */
int vf_helper_memory(struct vf *v, unsigned regno, uint32_t size, enum vf_access access, bool init,
                     bool packet_ok);
/* An access of `size` bytes at `off` is naturally aligned. */
int vf_check_aligned(struct vf *v, const struct vf_reg *ptr, int32_t off, uint32_t size);
int vf_check_packet(struct vf *v, unsigned regno, const struct vf_reg *r, int64_t off,
                    uint32_t size);
int vf_check_value(struct vf *v, unsigned regno, const struct vf_reg *r, int64_t off, uint32_t size,
                   enum vf_access access);

int vf_stack_read(struct vf *v, unsigned regno, const struct vf_reg *ptr, int32_t off,
                  uint32_t size, struct vf_reg *out);
int vf_stack_write(struct vf *v, unsigned regno, const struct vf_reg *ptr, int32_t off,
                   uint32_t size, struct vf_reg *value);
int vf_stack_helper(struct vf *v, unsigned regno, const struct vf_reg *ptr, uint32_t size,
                    enum vf_access access, bool init);

/* The 4 bytes at `ptr`, when they are a known number. */
bool vf_stack_constant(struct vf *v, const struct vf_reg *ptr, uint32_t *out);

/* ---- mapfit.c ---- */
struct helper;
bool vf_map_is_percpu(uint32_t type);
bool vf_map_is_outer(uint32_t type);
/* Its values are sockets: a lookup takes a reference. */
bool vf_map_is_sockets(uint32_t type);
/* The program only reads the values. */
bool vf_map_is_rdonly(const struct offload_map *m);
int vf_check_map_fit(struct vf *v, const struct helper *h, const struct offload_map *m);

/* ---- call.c, subprog.c ---- */
int vf_call(struct vf *v, const struct ebpf_insn *i);
int vf_call_kfunc(struct vf *v, const struct ebpf_insn *i);
/* global.c */
int vf_call_global(struct vf *v, uint32_t sub);
void vf_global_arguments(struct vf *v, uint32_t sub);
int vf_call_local(struct vf *v, const struct ebpf_insn *i);
int vf_exit(struct vf *v);
/* A tail call: leaves the path on which it is taken for later, where that goes on. */
int vf_tail_taken(struct vf *v);
/* The frames there are now; then, at the end, every chain of calls. */
int vf_check_chain_stack(struct vf *v);
int vf_check_stack_depth(struct vf *v);

/* ---- facts.c ---- */
/* The current instruction reaches `off` bytes (plus the variable part) from where `ptr` points. */
void vf_note_access(struct vf *v, const struct vf_reg *ptr, int64_t off);
/* The current call has this map; with this key, when it is known. */
void vf_note_map(struct vf *v, const struct vf_reg *map);
void vf_note_key(struct vf *v, bool known, uint32_t key, bool found);
void vf_note_rounds(struct vf *v, bool known, uint64_t rounds);
int vf_facts(const struct vf *v, struct offload_facts **out);

/* The map a KIND_MAP or KIND_VALUE register belongs to. */
static inline const struct offload_map *vf_map(const struct vf *v, const struct vf_reg *r)
{
    const struct offload_map *m = &v->prog->maps[r->map];
    return r->inner ? m->inner : m;
}

static inline const struct ebpf_insn *vf_ins(const struct vf *v, uint32_t insn)
{
    return &v->prog->insns[insn];
}

static inline const struct ebpf_row *vf_row(const struct vf *v, uint32_t insn)
{
    return ebpf_row(v->at[insn].row);
}

static inline bool vf_calls_back(const struct vf *v, uint32_t insn)
{
    return v->at[insn].flags & VF_CALLS_BACK;
}

static inline bool vf_is_iter_next(const struct vf *v, uint32_t insn)
{
    return v->at[insn].flags & VF_ITER_NEXT;
}

/* Loops through here are bounded by something else than numbers. */
static inline bool vf_may_loop(const struct vf *v, uint32_t insn)
{
    return v->at[insn].flags & (VF_CALLS_BACK | VF_ITER_NEXT | VF_MAY_GOTO);
}

static inline bool vf_uninit_ok(const struct vf *v)
{
    return v->opts->allow_uninit_stack;
}

#endif
