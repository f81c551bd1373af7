/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Private to nic-sim/engine: harts, the engine, predecoded pages.
 *
 *   code_cache.c  pages of memory -> pages of struct insn
 *   timing.c      what straight code costs
 *   codecost.c    code that costs more than its instructions
 *   interp.c      runs a hart until it gives the engine away
 *   mem.h, mem.c  data accesses: what interp.c makes inline, and the rest
 *   csr.c         control and status registers
 *   trap.c        traps, mret, and the border of program code
 *   interrupt.c   the one interrupt there is
 *   sched.h, sched.c  which hart runs next, and when
 *   cause.c       where the cycles went
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
    KIND_EXTRA,  /* costs more than the engine's own (codecost.c): add that, then do the real one */
    KIND_BORDER, /* some hart's program code begins or ends here: check, then do the real one */
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
 * Three counts of cycles in one word, so that one addition keeps them all:
 * dependencies, branches, latency of local SRAM. A hart runs at most
 * ENGINE_TURN_MOST + ENGINE_RUN_AHEAD cycles and those of a page between two looks at SPLIT_FULL.
 */
enum { SPLIT_DEPENDENCY = 0, SPLIT_BRANCH = 21, SPLIT_LOCAL = 42 };
#define SPLIT_MASK 0x1fffffu
#define SPLIT_FULL ((uint64_t)1 << 20 | (uint64_t)1 << 41 | (uint64_t)1 << 62)

/*
 * cycles[i] is the static cost of the instructions before i. The time at
 * instruction i of a straight run is base + cycles[i], so that no instruction
 * has to add its own cost; a taken branch adjusts base. Retired instructions
 * are counted the same way, by index.
 */
struct code_page {
    struct insn insn[PAGE_INSNS + 1];
    uint32_t cycles[PAGE_INSNS + 1];
    uint64_t split[PAGE_INSNS + 1];   /* the same of what makes up those cycles: see SPLIT_ */
    uint64_t near_split[PAGE_INSNS];  /* near branch, taken: what it adds to the hart's split */
    uint32_t word[PAGE_INSNS];        /* as decoded */
    uint8_t kind[PAGE_INSNS];         /* enum insn_kind, without KIND_BORDER */
    uint64_t border[PAGE_INSNS / 64]; /* instructions at which KIND_BORDER stands */
    const uint32_t *extra;            /* further cycles of each, before it; NULL: of none */
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
    struct region_map *regions; /* the bus's, or */
    struct region_map none;     /* an empty one */
    struct interp_tables run;
    uint8_t pair[KIND_COUNT][KIND_COUNT]; /* 1 + index in run.pairs of the one for two kinds */
    uint32_t cost[KIND_COUNT];            /* static cycles */
    uint32_t cost_load;                   /* of one beyond local SRAM */
    uint64_t split[KIND_COUNT];           /* static SPLIT_ counts */
    uint32_t latency[KIND_COUNT];         /* cycles after issue until the result is there */
    uint8_t latency_split[KIND_COUNT];    /* SPLIT_ shift of waiting for it */
    bool drains[KIND_COUNT];              /* waits for all results */
    uint64_t taken_split;                 /* further ones of a taken branch */
    int32_t branch_taken;                 /* further cycles of a taken branch; may be negative */
    struct code_page *page;               /* CACHE_PAGES of them */
    uint16_t slot[CACHE_SLOTS];           /* 1 + index of a page; 0 is empty */
    uint32_t used;
    uint32_t *extra;     /* codecost.c: of each word of the instruction store; NULL: none */
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

/* ---- timing.c ---- */

/* The costs of `cfg`, for every page decoded afterwards. */
void timing_init(struct code_cache *cc, const struct nic_config *cfg);
/* Fills cycles[] and split[] of a page whose kinds and far instructions are decoded. */
void timing_page(const struct code_cache *cc, struct code_page *p);

/* ---- codecost.c ---- */

/* extra[] of the page at `addr`, NULL where there is none. */
const uint32_t *codecost_page(const struct code_cache *cc, uint64_t addr);
/* Memory [addr, addr+len) changed: what is there now costs nothing extra. */
void codecost_forget(struct code_cache *cc, uint64_t addr, uint64_t len);

/* ---- harts ---- */

enum hart_mode { MODE_U = 0, MODE_M = 3 };

enum hart_state {
    HART_READY,   /* from the engine's ready_at on */
    HART_BLOCKED, /* until engine_wake */
    HART_PARKED,  /* branches to itself, until engine_interrupt */
    HART_FAILED,  /* engine_fault */
};

/* What SC of this hart may succeed on. */
enum reservation { RESERVE_NONE, RESERVE_LOCAL, RESERVE_BUS };

enum { X_DUMMY = 32, X_COUNT = 33 };

enum window {
    WINDOW_PROG, /* in the order of their registers */
    WINDOW_GATE,
    WINDOW_STK,
    WINDOW_PKT,
    WINDOW_MAP,
    WINDOW_FR1,
    WINDOW_FR2,
    WINDOW_COUNT
};

struct csr_file {
    uint64_t mstatus, mtvec, mepc, mcause, mtval, mscratch, mie, mcounteren, mcountinhibit;
    uint64_t cycle_offset,
        instret_offset; /* added to the hardware's count; the count itself while inhibited */
};

/*
 * In lines of the host's cache: with many engines, what a turn touches has left the nearest
 * cache since the last one, and each line is waited for.
 *
 * A hart that waits for an access is ahead of its time: what it does after it up to the next one,
 * in registers and local SRAM, is its own affair and takes `lag` cycles whenever it happens. So it
 * does it at once, while all it needs is in the host's nearest cache, and stops there.
 */
struct hart {
    uint64_t x[X_COUNT]; /* first: the interpreter's register file */
    /* Where it stopped; NULL, or the pages of tlb_generation may be gone: at pc. */
    const struct insn *resume;
    struct code_page *resume_page;
    uint64_t retired;
    uint64_t split;     /* SPLIT_ counters not yet in `spent` */
    uint64_t lag_split; /* with lag_retired: of `split` */
    /* Local SRAM that the current mode may use: an access of any size at win_lo + [0, win_n). */
    uint32_t win_lo, win_n;
    uint8_t *win_ptr;

    uint64_t ran;         /* cycles for which it had the engine, until it gave it away */
    uint64_t wait_from;   /* since when it waits */
    uint32_t lag;         /* cycles that it will need to get where it stopped */
    uint32_t lag_retired; /* of `retired`: instructions of those cycles; 0: it is not ahead */
    bool in_program;
    bool interrupt;           /* mip: the watchdog's is pending */
    uint8_t mode;             /* enum hart_mode */
    uint8_t state;            /* enum hart_state */
    uint8_t reservation;      /* enum reservation */
    uint8_t wake_rd, wake_op; /* blocked: register and rv64_op that take the answer */
    uint8_t wait_cause;       /* enum nic_cause */
    struct bounds {
        uint64_t lo, hi;
    } window[WINDOW_COUNT]; /* nic/csr.h */

    uint64_t starved; /* bus->starved at wait_from, or what of the wait was so */
    uint32_t id;
    uint8_t reserved_bytes;
    uint64_t spent[NIC_CAUSES];  /* cycles; ISSUE is what the others leave of `ran` */
    uint64_t amo_addr, amo_from; /* the last atomic, and when */
    uint64_t charged;            /* 1 + `retired` at the last instruction with extra cycles paid */
    uint64_t program_retired, program_from; /* program_from: `retired` at entry */
    uint64_t trap_retired;                  /* `retired` at the last trap */
    uint64_t reserved_addr;
    uint8_t *local;
    uint64_t pc; /* hart_stop_pc: when it has no `resume` */
    struct csr_file csr;
} __attribute__((aligned(HOST_LINE)));
_Static_assert(offsetof(struct hart, ran) % HOST_LINE == 0, "a line: what a turn begins with");
_Static_assert(offsetof(struct hart, window[WINDOW_STK]) % HOST_LINE == 0,
               "a line: what a program may touch");
_Static_assert(offsetof(struct hart, spent[NIC_CAUSE_CLUSTER]) / HOST_LINE ==
                   offsetof(struct hart, spent[NIC_CAUSE_ENGINE]) / HOST_LINE,
               "a line: what most waits are for");

/* Where it goes on. */
static inline uint64_t hart_stop_pc(const struct hart *h)
{
    return h->resume == NULL ? h->pc : h->resume_page->bias + ((uint64_t)(uintptr_t)h->resume >> 2);
}

/* Not by way of `resume`, whose page may go. */
static inline void hart_forget_page(struct hart *h)
{
    h->pc = hart_stop_pc(h);
    h->resume = NULL;
}

/* A hart that may have the engine, and from when on. */
struct choice {
    unsigned thread;
    uint64_t at; /* UINT64_MAX: none */
};

/* In lines of the host's cache, as a hart. */
struct engine {
    uint64_t clock; /* exact whenever the interpreter is not running */
    uint64_t horizon;
    struct hart *hart;
    /* of each thread; UINT64_MAX when it is not HART_READY. Twice, for a round from anywhere. */
    uint64_t *ready_at;
    uint64_t wait_memory; /* bit t: ready_at[t] is the end of an access, not of a sleep */
    uint64_t since;       /* clock when `current` got the engine */
    uint32_t cost_switch;
    uint16_t current, threads;
    uint16_t blocked;   /* threads in HART_BLOCKED */
    bool longest_first; /* engine.policy */
    bool running;       /* `current` holds the engine; otherwise it was the last to do so */
    bool is_chosen;
    bool gap_open;        /* `starved` is that */
    uint8_t region_cause; /* of mem_direct's last access */

    struct choice chosen; /* while not running: who is next, if known */
    struct code_cache *cc;
    uint64_t tlb_generation;
    uint64_t starved; /* bus->starved when the engine fell free */
    bool spaced;      /* some memory asks for a distance between accesses */
    bool failed;
    uint64_t gap[NIC_CAUSES]; /* cycles in which no thread had the engine */
    const struct nic_config *cfg;
    const struct engine_bus *bus;
    struct {
        uint64_t addr;
        struct code_page *page;
    } tlb[TLB_SLOTS];
    struct engine *next; /* in cc->engines */
    uint64_t reset_at;   /* cycle */
    uint64_t accessed;   /* cycle of the last access that was waited for, registers excepted */
    uint64_t local_size;
    uint32_t first_hart, cost_trap;
    uint8_t *local; /* of all threads */
    struct nic_fault fault;
} __attribute__((aligned(HOST_LINE)));
_Static_assert(offsetof(struct engine, chosen) == HOST_LINE, "a line: what every turn touches");

enum { SPACING_MAX = 10000 }; /* of the keys *.spacing */

/* ---- interp.c ---- */

enum interp_exit {
    EXIT_HORIZON, /* the next access is beyond it, or the hart ran ahead as far as it may */
    EXIT_YIELD,   /* the hart waits, sleeps, or is parked */
    EXIT_STOP,    /* a bus access said BUS_STOP */
    EXIT_FAULT,   /* e->fault is filled */
};

/*
 * Runs the harts of e in turn, up to e->horizon; or, with `turns`, the engines there, `e` being
 * nothing. With `tables` it only fills them.
 */
enum engine_stop engine_interp(struct engine *e, struct turns *turns, struct interp_tables *tables);
void engine_interp_tables(struct interp_tables *out);

/* ---- cause.c ---- */

/* Moves h->split to h->spent. */
void cause_flush(struct hart *h);
static inline void cause_check(struct hart *h)
{
    if (ENGINE_UNLIKELY(h->split & SPLIT_FULL)) {
        cause_flush(h);
    }
}
/* What waiting for a load from `addr`, beyond local SRAM, means. */
enum nic_cause cause_at(uint64_t addr);
/* What waiting for the answer of an access means. */
enum nic_cause cause_of(const struct engine *e, const struct bus_req *req);
/* A wait of `cycles` for work, of which no buffer was free for `starved`. */
void cause_idle(uint64_t *cause, uint64_t cycles, uint64_t starved);
/* Nobody had the engine from e->clock to `at`, when one gets it that did not wait for memory. */
void cause_gap(struct engine *e, uint64_t at);
/* All harts sleep. */
void cause_gap_opens(struct engine *e);
/* All of the engine's cycles; all of a thread's. */
void cause_engine(const struct engine *e, uint64_t cause[NIC_CAUSES]);
void cause_thread(const struct engine *e, unsigned thread, uint64_t cause[NIC_CAUSES]);

/* ---- steps ---- */

/*
 * What a slow path left behind. h->pc, h->retired and e->clock are up to date
 * after each of them.
 */
enum step {
    STEP_NEXT,     /* done: the next instruction follows, in the same mode */
    STEP_STRAIGHT, /* likewise, at the time that the page says: nothing but the engine took part */
    STEP_JUMP,     /* go on at h->pc, wherever that is */
    STEP_LEAVE,    /* leave the interpreter with e->exit */
};

struct step_result {
    enum step step;
    enum interp_exit exit;
};

/* ---- csr.c ---- */

void csr_reset(struct hart *h);
/* A csrw to a bound of a window for data, as firmware does for each packet; false: csr_step. */
static inline bool csr_set_window(struct hart *h, const struct insn *insn)
{
    unsigned i = (unsigned)insn->imm - NIC_CSR_STK_LO;
    struct bounds *b;

    if (i > NIC_CSR_FR2_HI - NIC_CSR_STK_LO || insn->rd != X_DUMMY || h->mode != MODE_M) {
        return false;
    }
    b = &h->window[WINDOW_STK + i / 2];
    *(i % 2 == 0 ? &b->lo : &b->hi) = h->x[insn->rs1];
    return true;
}
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
/* The watchdog's interrupt is pending, and the hart such that it comes. */
bool trap_interrupted(const struct hart *h);
/* Its trap, at h->pc, e->clock. */
struct step_result trap_interrupt(struct engine *e, struct hart *h);
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
    return pc >= h->window[WINDOW_PROG].lo && pc < h->window[WINDOW_PROG].hi;
}

#endif
