/* SPDX-License-Identifier: BSD-3-Clause */
/* Translation of a verified program to engine code. ABI: offload/abi.h. */
#ifndef OFFLOAD_IMAGE_H
#define OFFLOAD_IMAGE_H

#include "offload/prog.h"
#include "offload/verifier.h"

enum offload_reloc_kind {
    OFFLOAD_RELOC_GATE,     /* one `jal`, whose rd stays (ra; zero for the exit): to gate `index` */
    OFFLOAD_RELOC_MAP,      /* lui, addiw, zext.w: device address of map `index` */
    OFFLOAD_RELOC_VALUE,    /* the same: address of value 0 of array map `index`, plus addend; of
                               bucket 0 of a hash map */
    OFFLOAD_RELOC_MAP_NEAR, /* auipc, addi: as MAP, within 2 GiB of the code */
    OFFLOAD_RELOC_VALUE_NEAR, /* auipc, addi: as VALUE, within 2 GiB of the code */
    OFFLOAD_RELOC_SEED,       /* lui, addiw: seed of hash map `index`; addend 1: seed ^ seed << 11,
                                 the lower 32 bits, sign-extended */
};

struct offload_reloc {
    uint32_t word; /* first instruction word it patches */
    uint16_t kind; /* enum offload_reloc_kind */
    uint16_t rsvd;
    uint32_t index; /* gate (helper id) or index into offload_prog.maps */
    uint32_t addend;
};

/* Classes of BPF instructions, for cards whose engines are no RV64; the rows are nic/config.def's
 * section bpf, in its order. */
enum offload_class {
    OFFLOAD_CLASS_NONE, /* of no row: the word goes on with the one before */
    OFFLOAD_CLASS_ALU,
    OFFLOAD_CLASS_ALU32,
    OFFLOAD_CLASS_MUL,
    OFFLOAD_CLASS_DIV,
    OFFLOAD_CLASS_IMM64,
    OFFLOAD_CLASS_LOAD,
    OFFLOAD_CLASS_STORE,
    OFFLOAD_CLASS_ATOMIC,
    OFFLOAD_CLASS_JCC,
    OFFLOAD_CLASS_JCC32,
    OFFLOAD_CLASS_JUMP,
    OFFLOAD_CLASS_CALL,
    OFFLOAD_CLASS_EXIT,
    OFFLOAD_CLASS_OTHER, /* prologue and epilogue: what the engine's instructions cost */
    OFFLOAD_CLASSES
};

/* One row per engine instruction range: words [word, next row's word) come from slot `insn`. */
struct offload_row {
    uint32_t word;
    uint32_t insn;       /* BPF slot; OFFLOAD_ROW_GLUE for prologue and epilogue code */
    uint32_t insn_class; /* enum offload_class */
};
#define OFFLOAD_ROW_GLUE 0xffffffffu

struct offload_image {
    uint32_t *code;
    uint32_t code_words;
    uint32_t entry_word;
    struct offload_reloc *relocs;
    uint32_t reloc_count;
    struct offload_row *rows; /* sorted by word */
    uint32_t row_count;
    uint32_t stack_bytes; /* program stack the deepest call chain uses, saved registers included */
    bool frags;           /* offload_prog.frags */
};

/* What the translator does beyond one instruction at a time; a bit each. */
enum offload_pass {
#define XLATE_PASS(id, name, what) OFFLOAD_PASS_##id,
#include "offload/passes.def"
    OFFLOAD_PASSES
};

struct offload_xlate_opts {
    uint32_t off; /* bit n: without pass n (enum offload_pass) */
    bool naive;   /* no passes, and the register map and frames of the Linux RV64 JIT */
};
/*
 * Leaves passes out until each BPF instruction has engine instructions of its own, in its order,
 * so that costs by class find them: what remains are lookups done in place, and near addresses.
 */
void offload_xlate_opts_by_insn(struct offload_xlate_opts *opts);
/* Name of pass n ("moves") and what it does; NULL past the last. */
const char *offload_pass_name(unsigned n);
const char *offload_pass_what(unsigned n);
/*
 * Reads "none", "all", or a list such as "-moves,-bytes" (all passes but these) or
 * "none,+moves" (only this). -EINVAL at the first unknown word, which *bad then points to.
 */
int offload_xlate_opts_parse(const char *text, struct offload_xlate_opts *opts, const char **bad);

/*
 * Translates. `facts` may be NULL: everything is then assumed reached. -EINVAL
 * (an instruction outside the supported set: why->reason), -E2BIG (code longer
 * than `max_words`), -ENOMEM. `opts` may be NULL: every pass.
 */
int offload_translate(const struct offload_prog *prog, const struct offload_facts *facts,
                      const struct offload_xlate_opts *opts, uint32_t max_words,
                      struct offload_image **out, struct offload_refusal *why);
void offload_image_free(struct offload_image *img); /* NULL is allowed */

/* Where an image's references go. */
struct offload_link {
    uint32_t base;              /* device address of word 0 */
    uint32_t gate_base;         /* capability FW_CAP_PROG */
    const uint32_t *map_addr;   /* per map of the program */
    const uint32_t *value_addr; /* per map: value 0 of arrays; bucket 0 of hash maps */
    const uint32_t *seed;       /* per map: of hash maps; may be NULL when there are none */
    uint32_t map_count;
};
/*
 * Writes img->code, relocated, to out (code_words words). -ERANGE when a gate is out of jal's
 * reach or a near address is not near (translate again without the pass "near"), -EINVAL.
 */
int offload_image_link(const struct offload_image *img, const struct offload_link *link,
                       uint32_t *out);

/* Text of one BPF instruction as in the kernel verifier's log ("r1 = *(u32 *)(r1 +4)"); returns
 * slots used (1 or 2). */
unsigned offload_disasm(const struct offload_prog *prog, uint32_t insn, char *buf, size_t len);

#endif
