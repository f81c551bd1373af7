/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Private to nic-sim/engine: harts, the engine, predecoded pages.
 *
 *   code_cache.c  pages of memory -> pages of struct insn
 *   interp.c      runs a hart until it gives the engine away
 *   mem.c         data accesses that interp.c does not make inline
 *   csr.c         control and status registers
 *   trap.c        traps, mret, and the border of program code
 *   sched.c       which hart runs next, and when
 *   engine.c      life cycle, statistics, dumps
 */
#ifndef NIC_ENGINE_IMPL_H
#define NIC_ENGINE_IMPL_H

#include "engine/engine.h"
#include "nic/csr.h"
#include "nic/memmap.h"
#include "nic/rv64.h"

#define ENGINE_LIKELY(x)   __builtin_expect(!!(x), 1)
#define ENGINE_UNLIKELY(x) __builtin_expect(!!(x), 0)

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "memory is used in place");

/* ---- predecoded code ---- */

enum {
    PAGE_BITS = 12,
    PAGE_BYTES = 1 << PAGE_BITS,
    PAGE_INSNS = PAGE_BYTES / 4,
    CACHE_PAGES = 1024, /* decoded pages kept; all go when they are used up */
    CACHE_SLOTS = 4096, /* of the hash table over them */
    TLB_SLOTS = 64,     /* an engine's direct-mapped look-up of pages */
};

/*
 * Kinds of predecoded instruction: enum rv64_op, then these. FAR variants of
 * branches and jal are those that may leave the page, cross the border of
 * program code, or jump to themselves.
 */
enum insn_kind {
    KIND_JAL_FAR = RV64_OP_COUNT,
    KIND_BEQ_FAR,
    KIND_BNE_FAR,
    KIND_BLT_FAR,
    KIND_BGE_FAR,
    KIND_BLTU_FAR,
    KIND_BGEU_FAR,
    KIND_BORDER,    /* some hart's program code begins or ends here: check, then do the real one */
    KIND_NEXT_PAGE, /* one past the last instruction */
    KIND_COUNT,
};
_Static_assert(KIND_COUNT <= 256, "a kind fits in a byte");

/*
 * 16 bytes. A write to x0 goes to register slot 32, which nothing reads. Near
 * branches and jal hold, instead of the immediate, the distance in instructions
 * and the cycles that their being taken adds to struct code_page's base.
 */
struct insn {
    const void *handler;
    int32_t imm; /* near branch: cycles */
    union {
        struct {
            uint8_t rs1, rs2;
        };
        int16_t jal_distance; /* near jal */
    };
    union {
        struct {
            uint8_t rd, pad;
        };
        int16_t branch_distance; /* near branch */
    };
};
_Static_assert(sizeof(struct insn) == 16, "pc is computed from the address of a struct insn");

/*
 * cycles[i] is the static cost of the instructions before i. The time at
 * instruction i of a straight run is base + cycles[i], so that no instruction
 * has to add its own cost; a taken branch adjusts base. Retired instructions
 * are counted the same way, by index.
 */
struct code_page {
    struct insn insn[PAGE_INSNS + 1];
    uint32_t cycles[PAGE_INSNS + 1];
    uint32_t word[PAGE_INSNS];        /* as decoded */
    uint8_t kind[PAGE_INSNS];         /* enum insn_kind, without KIND_BORDER */
    uint64_t border[PAGE_INSNS / 64]; /* instructions at which KIND_BORDER stands */
    uint64_t bias;                    /* pc = bias + (address of the struct insn >> 2) */
    uint64_t addr;
    const uint8_t *mem;
    bool stale;
};

/* Addresses of the handlers: labels, known only inside the interpreter. */
struct interp_pair {
    uint8_t first, second; /* kinds */
    const void *handler;
};
struct interp_tables {
    const void *const *handlers; /* by kind */
    const struct interp_pair *pairs;
    size_t pair_count;
};

struct code_cache {
    const struct engine_bus *bus;
    struct interp_tables run;
    uint8_t pair[KIND_COUNT][KIND_COUNT]; /* 1 + index in run.pairs of the one for two kinds */
    uint32_t cost[KIND_COUNT];            /* static cycles */
    int32_t branch_taken;                 /* further cycles of a taken branch; may be negative */
    struct code_page *page;               /* CACHE_PAGES of them */
    uint16_t slot[CACHE_SLOTS];           /* 1 + index of a page; 0 is empty */
    uint32_t used;
    uint64_t generation; /* changes whenever a page found earlier may be wrong */
    struct engine *engines;
};

/* The decoded page of `addr` (4 KiB aligned), decoding it now if need be; NULL when not executable.
 */
struct code_page *code_cache_page(struct code_cache *cc, uint64_t addr);
/* fence.i: pages whose memory changed since they were decoded are stale. */
void code_cache_sync(struct code_cache *cc);
/* Program code of some hart begins or ends at addr. */
void code_cache_border(struct code_cache *cc, uint64_t addr);

/* ---- harts ---- */

enum hart_mode { MODE_U = 0, MODE_M = 3 };

enum hart_state {
    HART_READY,   /* from ready_at on */
    HART_BLOCKED, /* until engine_wake */
    HART_PARKED,  /* for ever: branches to itself */
    HART_FAILED,  /* engine_fault */
};

/* What SC of this hart may succeed on. */
enum reservation { RESERVE_NONE, RESERVE_LOCAL, RESERVE_BUS };

enum { X_DUMMY = 32, X_COUNT = 33 };

enum window { WINDOW_PROG, WINDOW_GATE, WINDOW_STK, WINDOW_PKT, WINDOW_MAP, WINDOW_COUNT };

struct csr_file {
    uint64_t mstatus, mtvec, mepc, mcause, mtval, mscratch, mie, mcounteren, mcountinhibit;
    uint64_t cycle_offset,
        instret_offset; /* added to the hardware's count; the count itself while inhibited */
    uint64_t lo[WINDOW_COUNT], hi[WINDOW_COUNT]; /* nic/csr.h */
};

struct hart {
    uint64_t x[X_COUNT]; /* first: the interpreter's register file */
    /* Local SRAM that the current mode may use: an access of any size at win_lo + [0, win_n). */
    uint64_t win_lo, win_n;
    uint8_t *win_ptr;
    uint64_t prog_lo, prog_len; /* program code; 0 bytes when there is none */
    bool in_program;
    uint8_t mode;             /* enum hart_mode */
    uint8_t state;            /* enum hart_state */
    uint8_t reservation;      /* enum reservation */
    uint8_t wake_rd, wake_op; /* blocked: register and rv64_op that take the answer */
    bool waits_for_memory;    /* ready_at is the end of an access, not of a sleep */
    uint32_t id;
    uint64_t pc;
    uint64_t ready_at;
    uint64_t retired, program_retired, program_from; /* program_from: `retired` at entry */
    uint64_t trap_retired;                           /* `retired` at the last trap */
    uint64_t reserved_addr;
    uint8_t reserved_bytes;
    uint8_t *local;
    struct csr_file csr;
};

struct engine {
    const struct nic_config *cfg;
    const struct engine_bus *bus;
    struct code_cache *cc;
    struct engine *next; /* in cc->engines */
    struct {
        uint64_t addr;
        struct code_page *page;
    } tlb[TLB_SLOTS];
    uint64_t tlb_generation;
    uint64_t clock; /* exact whenever the interpreter is not running */
    uint64_t horizon;
    bool running; /* `current` holds the engine; otherwise it was the last to do so */
    unsigned current, threads;
    uint32_t first_hart;
    uint64_t since;                             /* clock when `current` got the engine */
    uint64_t reset_at, switched, stalled, idle; /* cycles */
    uint64_t local_size;
    uint32_t cost_local, cost_trap, cost_switch;
    bool failed;
    struct nic_fault fault;
    uint8_t *local; /* of all threads */
    struct hart *hart;
};

/* The time past which a hart gives itself back even without an access. */
static inline uint64_t engine_limit(const struct engine *e)
{
    const uint64_t most = (uint64_t)INT64_MAX - ENGINE_RUN_AHEAD;
    return (e->horizon < most ? e->horizon : most) + ENGINE_RUN_AHEAD;
}

/* ---- interp.c ---- */

enum interp_exit {
    EXIT_HORIZON, /* the next access is beyond it, or the hart ran ahead as far as it may */
    EXIT_YIELD,   /* the hart waits, sleeps, or is parked */
    EXIT_STOP,    /* a bus access said BUS_STOP */
    EXIT_FAULT,   /* e->fault is filled */
};

/* Runs h from h->pc at e->clock; with `tables` it only fills them. */
enum interp_exit engine_interp(struct engine *e, struct hart *h, struct interp_tables *tables);
void engine_interp_tables(struct interp_tables *out);

/* ---- mem.c ---- */

/*
 * What a slow path left behind. h->pc, h->retired and e->clock are up to date
 * after each of them.
 */
enum step {
    STEP_NEXT,  /* done: the next instruction follows, in the same mode */
    STEP_JUMP,  /* go on at h->pc, wherever that is */
    STEP_LEAVE, /* leave the interpreter with e->exit */
};

struct step_result {
    enum step step;
    enum interp_exit exit;
};

/*
 * The access of the instruction at h->pc, issued at e->clock. Registers are
 * slots: x0 as a destination is X_DUMMY.
 */
struct step_result mem_load(struct engine *e, struct hart *h, enum rv64_op op, unsigned rd,
                            uint64_t addr);
struct step_result mem_store(struct engine *e, struct hart *h, enum rv64_op op, uint64_t addr,
                             uint64_t value);
struct step_result mem_amo(struct engine *e, struct hart *h, enum rv64_op op, unsigned rd,
                           uint64_t addr, uint64_t value);
/* The value that a load, AMO, LR or SC of `op` writes to rd for the bus's answer. */
uint64_t mem_extend(enum rv64_op op, uint64_t data);

/* ---- csr.c ---- */

void csr_reset(struct hart *h);
/* The Zicsr instruction `op` at h->pc, whose word is `word`. */
struct step_result csr_step(struct engine *e, struct hart *h, enum rv64_op op,
                            const struct insn *insn, uint32_t word);

#define MSTATUS_MIE       ((uint64_t)1 << 3)
#define MSTATUS_MPIE      ((uint64_t)1 << 7)
#define MSTATUS_MPP       ((uint64_t)3 << 11)
#define MSTATUS_MPP_SHIFT 11
#define MSTATUS_MPRV      ((uint64_t)1 << 17)
#define MSTATUS_TW        ((uint64_t)1 << 21)
#define MSTATUS_UXL       ((uint64_t)2 << 32) /* user mode is 64 bits wide */

/* ---- trap.c ---- */

enum trap_cause {
    CAUSE_FETCH_MISALIGNED = 0,
    CAUSE_FETCH_ACCESS = 1,
    CAUSE_ILLEGAL = 2,
    CAUSE_BREAKPOINT = 3,
    CAUSE_LOAD_MISALIGNED = 4,
    CAUSE_LOAD_ACCESS = 5,
    CAUSE_STORE_MISALIGNED = 6,
    CAUSE_STORE_ACCESS = 7,
    CAUSE_ECALL_U = 8,
    CAUSE_ECALL_M = 11,
};

/* Takes a trap at h->pc, e->clock; the instruction there does not retire. */
struct step_result trap_take(struct engine *e, struct hart *h, enum trap_cause cause,
                             uint64_t tval);
/* Whether control may go from where the hart is to `target`: program code is left by gates only. */
bool trap_may_go(const struct hart *h, uint64_t target);
/* Fence, CSR, ecall and the like: the instruction `op` at h->pc, whose word is `word`. */
struct step_result system_step(struct engine *e, struct hart *h, enum rv64_op op,
                               const struct insn *insn, uint32_t word);
/* h->pc or the protection changed: enters or leaves program code, and sets the window. */
void hart_refresh(struct engine *e, struct hart *h);
/* The instruction at h->pc is done, and took `cycles`. */
static inline struct step_result hart_retire(struct engine *e, struct hart *h, uint64_t cycles)
{
    e->clock += cycles;
    h->retired++;
    h->pc += 4;
    return (struct step_result){STEP_NEXT, EXIT_HORIZON};
}

static inline bool hart_program_pc(const struct hart *h, uint64_t pc)
{
    return pc - h->prog_lo < h->prog_len;
}

#endif
