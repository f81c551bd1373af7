/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Proves an XDP program safe, in the kernel's terms, or refuses it. What is not
 * proved is refused. Wording follows the kernel's verifier.
 */
#ifndef OFFLOAD_VERIFIER_H
#define OFFLOAD_VERIFIER_H

#include "offload/prog.h"
#include "offload/reasons.h"

/* The caller's log, as bpf(2) log_buf: always terminated; `full` when cut. */
struct offload_log {
    char *buf; /* may be NULL: nothing is kept */
    size_t size;
    size_t len;
    unsigned level; /* 0 only the error, 1 + statistics, 2 + every instruction's state */
    bool full;
};

/* When the verifier remembers a state, to recognise ground it has covered. */
enum offload_keep {
    OFFLOAD_KEEP_SOME,  /* as is good for speed */
    OFFLOAD_KEEP_EVERY, /* wherever paths meet: a check of the verifier itself */
    OFFLOAD_KEEP_NONE,  /* every path is walked to its end: slow, the other half of that check */
};

struct offload_verify_opts {
    uint64_t helpers[4]; /* bit n: helper id n may be called (capabilities) */
    uint64_t kfuncs;     /* bit n: row n of offload/kfuncs.def may be called */
    uint32_t insn_limit; /* processed instructions; 0 = 1,000,000 */
    /*
     * Bytes of stack that were never written may be read, by the program and by helpers, and
     * addresses be returned, as the kernel allows to a loader with CAP_PERFMON. The bytes hold
     * what the last run left there.
     */
    bool allow_uninit_stack;
    enum offload_keep keep;
    uint32_t cpus; /* bpf_get_smp_processor_id() is below this; 0 = not known */
    bool no_ctx;   /* not XDP (libbpf's feature probes): the context has no readable field */
};

/* What the proof learned about one instruction slot. */
enum offload_fact {
    OFFLOAD_FACT_REACHED = 1u << 0,   /* some path runs it */
    OFFLOAD_FACT_ZEXT_DEAD = 1u << 1, /* upper half of the 32-bit result is never read */
    OFFLOAD_FACT_TAKEN = 1u << 2,     /* conditional jump: the taken edge is possible */
    OFFLOAD_FACT_FALLS = 1u << 3,     /* conditional jump: the fall-through edge is possible */
    OFFLOAD_FACT_NOT_MAP = 1u << 4,   /* atomic: on some path its memory is no map value */
};

/* What a load, store or atomic reaches, on every path that runs it. */
enum offload_base {
    OFFLOAD_BASE_NONE,   /* no access, or no path runs it */
    OFFLOAD_BASE_CTX,    /* lo..hi: offset in struct xdp_md */
    OFFLOAD_BASE_STACK,  /* the function's own frame: from r10, so negative */
    OFFLOAD_BASE_FRAME,  /* a caller's frame: from that function's r10 */
    OFFLOAD_BASE_PACKET, /* from xdp_md.data, as it was when the pointer was read */
    OFFLOAD_BASE_META,   /* from xdp_md.data_meta, likewise */
    OFFLOAD_BASE_VALUE,  /* in a value of `map` */
    OFFLOAD_BASE_KEY,    /* in a key of `map` (callbacks) */
    OFFLOAD_BASE_MEM,    /* ring buffer record, dynptr slice, iterator's number */
    OFFLOAD_BASE_MIXED,  /* several of these */
};

#define OFFLOAD_MAP_NONE  0xffffffffu /* no map, or one inside another */
#define OFFLOAD_MAP_MIXED 0xfffffffeu /* several */

/* Of one instruction slot. The limits hold on every path. */
struct offload_insn_fact {
    uint8_t base;   /* enum offload_base */
    bool key_known; /* call with a map and a key: the key's 4 bytes are always `key` */
    bool found;     /* lookup: it never fails */
    uint32_t key;
    uint32_t map;    /* base VALUE, KEY, and calls with a map: index into prog->maps */
    int64_t lo, hi;  /* access: least and greatest offset of its first byte */
    uint64_t rounds; /* call with a callback, of bpf_iter_num_next(): times in a row at most;
                        UINT64_MAX = not known */
};

/* Of a number of 64 bits, all of it true. */
struct offload_range {
    uint64_t value, mask; /* bits of `mask` are not known, the others are those of `value` */
    uint64_t umin, umax;
    int64_t smin, smax;
};

enum { OFFLOAD_RANGE_REGS = 10 }; /* r0..r9 */

/* Numbers of ranges, 0: it may be anything. */
struct offload_insn_ranges {
    uint16_t before[OFFLOAD_RANGE_REGS]; /* of each register when the instruction begins */
    uint16_t after;                      /* of the register that it writes */
};

struct offload_facts {
    uint32_t insn_count;
    uint32_t *flags;                /* enum offload_fact, one per slot */
    struct offload_insn_fact *insn; /* one per slot */
    /* see offload_fact_range(); 22 bytes a slot and 48 a range, of which there are 65,536 at most
     */
    struct offload_insn_ranges *ranges; /* one per slot, or NULL: nothing is known */
    struct offload_range *range;
    uint32_t range_count;
    /*
     * Instructions of the longest path, callbacks included, helpers and kernel functions not; 0:
     * some loop has no known bound. A tail call counts as not taken.
     */
    uint64_t longest;
    uint64_t peak_bytes;     /* memory of the states that the proof kept */
    uint32_t subprog_count;  /* at least 1: entry 0 is the main program */
    uint32_t *subprog_start; /* slot index, ascending */
    uint32_t *subprog_stack; /* bytes of BPF stack each uses, rounded up to 8 */
    uint32_t max_stack;      /* deepest call chain, bytes, as the kernel counts */
    uint64_t processed;      /* instructions the proof walked */
    uint32_t peak_states, total_states;
};

/* Where and why a program was refused. */
struct offload_refusal {
    uint32_t insn;            /* slot */
    enum offload_reason code; /* NONE: not by the verifier */
    char reason[256];         /* the kernel's sentence: the code's format, filled in */
};

/*
 * 0 and *facts owned by the caller, or -EACCES (unsafe), -EINVAL (malformed or
 * unsupported), -E2BIG (too complex), -EPERM (licence), -ENOMEM with *why filled.
 */
int offload_verify(const struct offload_prog *prog, const struct offload_verify_opts *opts,
                   struct offload_log *log, struct offload_facts **facts,
                   struct offload_refusal *why);
void offload_facts_free(struct offload_facts *facts); /* NULL is allowed */

/*
 * What register `reg` holds whenever slot `insn` is about to run, on every path; false: it may be
 * anything, or nobody reads it from there on. An address is a number like others.
 */
bool offload_fact_range(const struct offload_facts *facts, uint32_t insn, unsigned reg,
                        struct offload_range *out);
/* The same of the register that `insn` writes, once it has run. */
bool offload_fact_result(const struct offload_facts *facts, uint32_t insn,
                         struct offload_range *out);

/* What a call of a helper or kernel function reads and leaves. */
struct offload_proto {
    const char *name; /* "bpf_loop" */
    unsigned args;    /* it reads r1..r(args) */
    bool result;      /* r0 is its result; else r0 is lost, as r1..r5 always are */
    bool moves_packet;
    bool callback; /* one of its arguments is a subprogram that it calls */
};
/* Of helper `id`, of row `row` of offload/kfuncs.def; false, and all five arguments, when unknown.
 */
bool offload_helper_proto(uint32_t id, struct offload_proto *out);
bool offload_kfunc_proto(uint32_t row, struct offload_proto *out);

#endif
