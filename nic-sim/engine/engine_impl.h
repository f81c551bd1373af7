/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Private to nic-sim/engine: harts, the engine, predecoded pages.
 *
 *   code_cache.c  pages of memory -> pages of struct insn
 *   timing.c      what straight code costs
 *   codecost.c    code that costs more than its instructions
 *   interp.c      runs a hart until it gives the engine away
 *   mem.c         data accesses that interp.c does not make inline
 *   csr.c         control and status registers
 *   trap.c        traps, mret, and the border of program code
 *   sched.c       which hart runs next, and when
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
 * ENGINE_RUN_AHEAD cycles and those of a page between two looks at SPLIT_FULL.
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
    struct interp_tables run;
    uint8_t pair[KIND_COUNT][KIND_COUNT]; /* 1 + index in run.pairs of the one for two kinds */
    uint32_t cost[KIND_COUNT];            /* static cycles */
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
    HART_PARKED,  /* for ever: branches to itself */
    HART_FAILED,  /* engine_fault */
};

/* What SC of this hart may succeed on. */
enum reservation { RESERVE_NONE, RESERVE_LOCAL, RESERVE_BUS };

enum { X_DUMMY = 32, X_COUNT = 33 };

enum window {
    WINDOW_PROG,
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
    uint32_t id;
    uint64_t pc;
    uint64_t retired, program_retired, program_from; /* program_from: `retired` at entry */
    uint64_t trap_retired;                           /* `retired` at the last trap */
    uint64_t charged; /* 1 + `retired` at the last instruction whose extra cycles it paid */
    uint64_t split;   /* SPLIT_ counters not yet in `spent` */
    uint64_t spent[NIC_CAUSES];  /* cycles; ISSUE is what the others leave of `ran` */
    uint64_t ran;                /* cycles for which it had the engine, until it gave it away */
    uint64_t wait_from, starved; /* since when it waits; bus->starved then, or of the wait */
    uint8_t wait_cause;          /* enum nic_cause */
    uint64_t amo_addr, amo_from; /* the last atomic, and when */
    uint64_t reserved_addr;
    uint8_t reserved_bytes;
    uint8_t *local;
    struct csr_file csr;
};

/* A hart that may have the engine, and from when on. */
struct choice {
    unsigned thread;
    uint64_t at; /* UINT64_MAX: none */
};

struct engine {
    const struct nic_config *cfg;
    const struct engine_bus *bus;
    struct region_map *regions;    /* the bus's, or */
    struct region_map *no_regions; /* an empty one when it has none */
    struct code_cache *cc;
    struct engine *next; /* in cc->engines */
    struct {
        uint64_t addr;
        struct code_page *page;
    } tlb[TLB_SLOTS];
    uint64_t tlb_generation;
    /* Where `current` stopped at the horizon; NULL, or the pages of tlb_generation may be gone. */
    const struct insn *resume;
    struct code_page *resume_page;
    uint64_t clock; /* exact whenever the interpreter is not running */
    uint64_t horizon;
    bool running; /* `current` holds the engine; otherwise it was the last to do so */
    unsigned current, threads;
    /* of each thread; UINT64_MAX when it is not HART_READY. Twice, for a round from anywhere. */
    uint64_t *ready_at;
    uint64_t wait_memory; /* bit t: ready_at[t] is the end of an access, not of a sleep */
    unsigned blocked;     /* threads in HART_BLOCKED */
    struct choice chosen; /* while not running: who is next, if known */
    bool is_chosen;
    uint32_t first_hart;
    uint64_t since;                             /* clock when `current` got the engine */
    uint64_t reset_at, switched, stalled, idle; /* cycles */
    uint64_t gap[NIC_CAUSES];                   /* `stalled` and `idle`, by cause */
    uint64_t starved;                           /* bus->starved when the engine fell free */
    bool gap_open;                              /* `starved` is that */
    uint8_t region_cause;                       /* of mem_direct's last access */
    uint64_t local_size;
    uint32_t cost_trap, cost_switch;
    bool longest_first; /* engine.policy */
    bool spaced;        /* some memory asks for a distance between accesses */
    uint64_t accessed;  /* cycle of the last one that a thread waited for, registers excepted */
    bool failed;
    struct nic_fault fault;
    uint8_t *local; /* of all threads */
    struct hart *hart;
};

enum { SPACING_MAX = 10000 }; /* of the keys *.spacing */

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

/* Runs e->current from its pc at e->clock, then those after it; with `tables` it only fills
 * them. */
enum engine_stop engine_interp(struct engine *e, struct interp_tables *tables);
void engine_interp_tables(struct interp_tables *out);

/* ---- sched.c ---- */

/* Hands a free engine to the next hart; false, with why, when none can have it by the horizon. */
bool sched_next(struct engine *e, enum engine_stop *why);
/* Another hart than `current` could run now. */
bool sched_contended(const struct engine *e);

static inline void sched_ready_at(struct engine *e, unsigned thread, uint64_t cycle)
{
    e->ready_at[thread] = cycle;
    e->ready_at[thread + e->threads] = cycle;
}

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
/* The hart gets the engine at `at`, having been ready since its ready_at. */
void cause_taken(struct engine *e, unsigned thread, uint64_t at);
/* Nobody had the engine from e->clock to `at`, when `thread` gets it. */
void cause_gap(struct engine *e, unsigned thread, uint64_t at);
/* No hart can have the engine yet. */
void cause_gap_opens(struct engine *e);
/* All of the engine's cycles; all of a thread's. */
void cause_engine(const struct engine *e, uint64_t cause[NIC_CAUSES]);
void cause_thread(const struct engine *e, unsigned thread, uint64_t cause[NIC_CAUSES]);

static inline uint64_t cause_starved(const struct engine *e)
{
    return e->bus->starved == NULL ? 0 : e->bus->starved(e->bus->ctx);
}

/* `current` gives the engine away: until a time, at the end of an access or of its slice, */
static inline void sched_wait(struct engine *e, uint64_t ready_at, bool for_memory,
                              enum nic_cause cause)
{
    uint64_t bit = (uint64_t)1 << e->current;
    struct hart *h = &e->hart[e->current];

    h->ran += e->clock - e->since;
    h->wait_from = e->clock;
    h->wait_cause = (uint8_t)cause;
    sched_ready_at(e, e->current, ready_at);
    e->wait_memory = for_memory ? e->wait_memory | bit : e->wait_memory & ~bit;
    e->running = false;
    e->is_chosen = false;
}

/* or until something happens, if ever. */
static inline void sched_sleep(struct engine *e, enum hart_state state)
{
    e->hart[e->current].state = (uint8_t)state;
    e->hart[e->current].starved = cause_starved(e);
    e->blocked += state == HART_BLOCKED;
    sched_wait(e, UINT64_MAX, false, NIC_CAUSE_IDLE);
}

/* ---- mem.c ---- */

/*
 * A hart whose accesses are all answered at once (run.functional, or latencies
 * of 0) lets another one run after so many cycles: it may be spinning on what
 * that one is to write.
 */
enum { SLICE_CYCLES = 4096 };

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

static inline bool mem_inside(const struct hart *h, enum window w, uint64_t addr, unsigned bytes)
{
    uint64_t lo = h->csr.lo[w], hi = h->csr.hi[w];
    return addr >= lo && addr < hi && hi - addr >= bytes;
}

static inline bool mem_allowed(const struct hart *h, uint64_t addr, unsigned bytes)
{
    return !h->in_program || mem_inside(h, WINDOW_PKT, addr, bytes) ||
           mem_inside(h, WINDOW_MAP, addr, bytes) || mem_inside(h, WINDOW_STK, addr, bytes) ||
           mem_inside(h, WINDOW_FR1, addr, bytes) || mem_inside(h, WINDOW_FR2, addr, bytes);
}

/*
 * Where the bytes of an access at `now` (not after the horizon) are, if the
 * engine can make it by itself: it is timed already, done at *done. NULL: ask
 * mem_load, mem_store or mem_amo, which know every other case.
 */
static inline uint8_t *mem_direct_at(struct engine *e, const struct hart *h, uint64_t addr,
                                     unsigned bytes, uint64_t now, bool writes, uint64_t *done)
{
    struct mem_region *m = e->regions->slot[(addr >> REGION_SHIFT) % REGION_SLOTS];

    if (m == NULL || addr - m->base > m->size - bytes || !mem_allowed(h, addr, bytes)) {
        return NULL;
    }
    *done = mem_time(m, addr - m->base, now, writes);
    e->region_cause = m->cause;
    return m->mem + (addr - m->base);
}

static inline uint8_t *mem_direct(struct engine *e, const struct hart *h, uint64_t addr,
                                  unsigned bytes, uint64_t now, uint64_t *done)
{
    return mem_direct_at(e, h, addr, bytes, now, false, done);
}

/* The same for a store, which nobody must be told of. */
static inline uint8_t *mem_direct_store(struct engine *e, const struct hart *h, uint64_t addr,
                                        unsigned bytes, uint64_t now, uint64_t *done)
{
    const struct region_map *map = e->regions;

    return map->reservations != 0 || addr == map->watch
               ? NULL
               : mem_direct_at(e, h, addr, bytes, now, true, done);
}

/* After an access that is done at `done`, for which the hart waits: does it keep the engine? */
static inline struct step_result mem_settle(struct engine *e, uint64_t done, enum nic_cause cause)
{
    if (done > e->clock) {
        sched_wait(e, done, true, cause);
        return (struct step_result){STEP_LEAVE, EXIT_YIELD};
    }
    if (e->clock - e->since >= SLICE_CYCLES && sched_contended(e)) {
        sched_wait(e, e->clock, false, NIC_CAUSE_ENGINE);
        return (struct step_result){STEP_LEAVE, EXIT_YIELD};
    }
    return (struct step_result){STEP_NEXT, EXIT_HORIZON};
}

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
