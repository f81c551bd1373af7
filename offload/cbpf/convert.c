/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Classic instructions to BPF, one after the other. A is r6, X is r7 (both always with the upper
 * half zero), r8 the packet, r9 its end, M[] the stack. All jumps of a classic filter go forward,
 * so one pass also knows how much of the packet is proved to be there.
 */
#include <errno.h>
#include <stdlib.h>

#include "cbpf/cbpf.h"

#define MAX_PACKET_OFF 0xffffu /* the verifier's: no packet is longer */
#define UNREACHED      0xffffffffu
#define NO_MATCH       0xffffffffu /* a jump's target: the end without a match */
#define SHORT_CODE     30000u      /* slots that 16-bit offsets reach across */

enum { A = 6, X = 7, PACKET = 8, END = 9, FP = 10 };

/* BPF opcodes (RFC 9669) that the converter writes. */
enum {
    MOV64 = 0xbf,
    MOV32_K = 0xb4,
    MOV32 = 0xbc,
    ADD64_K = 0x07,
    ADD64 = 0x0f,
    SUB64 = 0x1f,
    ALU32 = 0x04,
    AND32_K = 0x54,
    LSH32_K = 0x64,
    LDX_W = 0x61,
    LDX_H = 0x69,
    LDX_B = 0x71,
    ST_W = 0x62,
    STX_W = 0x63,
    TO_BE = 0xdc,
    JA = 0x05,
    JA32 = 0x06,
    JMP32 = 0x06,
    JGT64 = 0x2d,
    JGT64_K = 0x25,
    JEQ32_K = 0x16,
    JNE32_K = 0x56,
    JLT32_K = 0xa6,
    EXIT = 0x95,
    SRC_X = 0x08,
};

struct jump {
    uint32_t at;     /* slot */
    uint32_t target; /* classic instruction, or NO_MATCH */
};

struct conv {
    const struct cbpf_insn *in;
    uint32_t count;
    struct cbpf_verdicts v;
    bool far; /* long code: jumps to the end do not fit 16 bits */
    struct ebpf_insn *out;
    uint32_t len, room;
    struct jump *jumps;
    uint32_t jump_count, jump_room;
    uint32_t *start; /* slot of each classic instruction */
    uint32_t *known; /* bytes of packet that are there when it is reached; UNREACHED */
    bool no_memory;
};

static void emit(struct conv *c, unsigned opcode, unsigned dst, unsigned src, int off, uint32_t imm)
{
    if (c->len == c->room) {
        uint32_t grown = c->room != 0 ? c->room * 2 : 256;
        struct ebpf_insn *p = realloc(c->out, grown * sizeof(*p));

        if (p == NULL) {
            c->no_memory = true;
            return;
        }
        c->out = p;
        c->room = grown;
    }
    c->out[c->len++] = (struct ebpf_insn){.opcode = (uint8_t)opcode,
                                          .dst = (uint8_t)(dst & 15),
                                          .src = (uint8_t)(src & 15),
                                          .off = (int16_t)off,
                                          .imm = (int32_t)imm};
}

/* The instruction that was just emitted jumps there. */
static void jumps_to(struct conv *c, uint32_t target)
{
    if (c->jump_count == c->jump_room) {
        uint32_t grown = c->jump_room != 0 ? c->jump_room * 2 : 256;
        struct jump *p = realloc(c->jumps, grown * sizeof(*p));

        if (p == NULL) {
            c->no_memory = true;
            return;
        }
        c->jumps = p;
        c->jump_room = grown;
    }
    c->jumps[c->jump_count++] = (struct jump){c->len - 1, target};
}

static void go(struct conv *c, uint32_t target)
{
    emit(c, c->far ? JA32 : JA, 0, 0, 0, 0);
    jumps_to(c, target);
}

/* No match if the condition holds. */
static void fail_if(struct conv *c, unsigned opcode, unsigned dst, unsigned src, uint32_t imm)
{
    if (!c->far) {
        emit(c, opcode, dst, src, 0, imm);
        jumps_to(c, NO_MATCH);
        return;
    }
    emit(c, opcode, dst, src, 1, imm);
    emit(c, JA, 0, 0, 1, 0);
    go(c, NO_MATCH);
}

static void finish(struct conv *c, uint32_t verdict)
{
    emit(c, MOV32_K, 0, 0, 0, verdict);
    emit(c, EXIT, 0, 0, 0, 0);
}

/* Instruction i can be reached with `bytes` of packet proved. */
static void reach(struct conv *c, uint32_t i, uint32_t bytes)
{
    if (bytes < c->known[i])
        c->known[i] = bytes;
}

/* ---- loads ---- */

static unsigned load_opcode(uint16_t code)
{
    return CBPF_SIZE(code) == CBPF_W ? LDX_W : CBPF_SIZE(code) == CBPF_H ? LDX_H : LDX_B;
}

/* dst = packet bytes at base + off, in host order. */
static void load(struct conv *c, uint16_t code, unsigned dst, unsigned base, uint32_t off)
{
    if (off > INT16_MAX) {
        emit(c, MOV64, 1, base, 0, 0);
        emit(c, ADD64_K, 1, 0, 0, off);
        base = 1;
        off = 0;
    }
    emit(c, load_opcode(code), dst, base, (int)off, 0);
    if (cbpf_bytes(code) > 1)
        emit(c, TO_BE, dst, 0, 0, cbpf_bytes(code) * 8);
}

/* False when no packet is that long: the filter ends here. */
static bool load_at(struct conv *c, const struct cbpf_insn *i, unsigned dst, uint32_t *known)
{
    uint32_t end = i->k + cbpf_bytes(i->code);

    if (i->k > MAX_PACKET_OFF || end > MAX_PACKET_OFF) {
        go(c, NO_MATCH);
        return false;
    }
    if (*known < end) {
        emit(c, MOV64, 1, PACKET, 0, 0);
        emit(c, ADD64_K, 1, 0, 0, end);
        fail_if(c, JGT64, 1, END, 0);
        *known = end;
    }
    load(c, i->code, dst, PACKET, i->k);
    return true;
}

/* The same at X + k. */
static bool load_indirect(struct conv *c, const struct cbpf_insn *i)
{
    uint32_t end = i->k + cbpf_bytes(i->code);

    if (i->k > MAX_PACKET_OFF || end > MAX_PACKET_OFF) {
        go(c, NO_MATCH);
        return false;
    }
    fail_if(c, JGT64_K, X, 0, MAX_PACKET_OFF - end);
    emit(c, MOV64, 2, PACKET, 0, 0);
    emit(c, ADD64, 2, X, 0, 0);
    emit(c, MOV64, 1, 2, 0, 0);
    emit(c, ADD64_K, 1, 0, 0, end);
    fail_if(c, JGT64, 1, END, 0);
    load(c, i->code, A, 2, i->k);
    return true;
}

static int word(uint32_t k)
{
    return -4 * (int)(k + 1);
}

static bool load_insn(struct conv *c, const struct cbpf_insn *i, uint32_t *known)
{
    unsigned dst = CBPF_CLASS(i->code) == CBPF_LDX ? X : A;

    switch (CBPF_MODE(i->code)) {
    case CBPF_ABS:
        return load_at(c, i, A, known);
    case CBPF_IND:
        return load_indirect(c, i);
    case CBPF_MSH:
        if (!load_at(c, i, X, known))
            return false;
        emit(c, AND32_K, X, 0, 0, 0xf);
        emit(c, LSH32_K, X, 0, 0, 2);
        return true;
    case CBPF_MEM:
        emit(c, LDX_W, dst, FP, word(i->k), 0);
        return true;
    case CBPF_LEN:
        emit(c, MOV64, dst, END, 0, 0);
        emit(c, SUB64, dst, PACKET, 0, 0);
        emit(c, MOV32, dst, dst, 0, 0);
        return true;
    default:
        emit(c, MOV32_K, dst, 0, 0, i->k);
        return true;
    }
}

/* ---- arithmetic and jumps ---- */

static void alu(struct conv *c, const struct cbpf_insn *i)
{
    unsigned op = CBPF_OP(i->code);
    bool x = (i->code & CBPF_X) != 0;

    if (x && (op == CBPF_DIV || op == CBPF_MOD))
        fail_if(c, JEQ32_K, X, 0, 0);
    if (x && (op == CBPF_LSH || op == CBPF_RSH)) { /* by more than 31: nothing is left */
        emit(c, JLT32_K, X, 0, 2, 32);
        emit(c, MOV32_K, A, 0, 0, 0);
        emit(c, JA, 0, 0, 1, 0);
    }
    emit(c, ALU32 | op | (x ? SRC_X : 0), A, x ? X : 0, 0, x || op == CBPF_NEG ? 0 : i->k);
}

/* The opposite condition; 0 for the one that has none. */
static unsigned opposite(unsigned op)
{
    return op == CBPF_JEQ ? 0x50 : op == CBPF_JGT ? 0xb0 : op == CBPF_JGE ? 0xa0 : 0;
}

static void jump(struct conv *c, const struct cbpf_insn *i, uint32_t at)
{
    unsigned op = CBPF_OP(i->code), x = i->code & CBPF_X;
    uint32_t jt = at + 1 + i->jt, jf = at + 1 + i->jf;

    if (i->jt == 0 && i->jf == 0)
        return;
    if (i->jt == 0 && opposite(op) != 0) {
        emit(c, JMP32 | opposite(op) | x, A, x ? X : 0, 0, x ? 0 : i->k);
        jumps_to(c, jf);
        return;
    }
    emit(c, JMP32 | op | x, A, x ? X : 0, 0, x ? 0 : i->k);
    jumps_to(c, jt);
    if (i->jf != 0)
        go(c, jf);
}

static void jump_insn(struct conv *c, const struct cbpf_insn *i, uint32_t at, uint32_t known)
{
    if (CBPF_OP(i->code) == CBPF_JA) {
        reach(c, at + 1 + i->k, known);
        go(c, at + 1 + i->k);
        return;
    }
    reach(c, at + 1 + i->jt, known);
    reach(c, at + 1 + i->jf, known);
    jump(c, i, at);
}

static void ret(struct conv *c, const struct cbpf_insn *i)
{
    if (!(i->code & CBPF_RET_A)) {
        finish(c, i->k != 0 ? c->v.match : c->v.other);
        return;
    }
    emit(c, JNE32_K, A, 0, 2, 0);
    finish(c, c->v.other);
    finish(c, c->v.match);
}

/* ---- the whole ---- */

static void insn(struct conv *c, uint32_t at)
{
    const struct cbpf_insn *i = &c->in[at];
    uint32_t known = c->known[at];

    switch (CBPF_CLASS(i->code)) {
    case CBPF_LD:
    case CBPF_LDX:
        if (!load_insn(c, i, &known))
            return;
        break;
    case CBPF_ST:
    case CBPF_STX:
        emit(c, STX_W, FP, CBPF_CLASS(i->code) == CBPF_ST ? A : X, word(i->k), 0);
        break;
    case CBPF_ALU:
        alu(c, i);
        break;
    case CBPF_JMP:
        jump_insn(c, i, at, known);
        return;
    case CBPF_RET:
        ret(c, i);
        return;
    default:
        emit(c, MOV32, i->code & CBPF_TXA ? A : X, i->code & CBPF_TXA ? X : A, 0, 0);
        break;
    }
    reach(c, at + 1, known);
}

/* A, X and the words of M[] that are read begin as zero. */
static void prologue(struct conv *c)
{
    uint32_t words = 0;

    for (uint32_t i = 0; i < c->count; i++)
        if (CBPF_CLASS(c->in[i].code) <= CBPF_LDX && CBPF_MODE(c->in[i].code) == CBPF_MEM)
            words |= 1u << c->in[i].k;
    emit(c, LDX_W, PACKET, 1, 0, 0); /* struct xdp_md: data */
    emit(c, LDX_W, END, 1, 4, 0);    /* data_end */
    emit(c, MOV32_K, A, 0, 0, 0);
    emit(c, MOV32_K, X, 0, 0, 0);
    for (uint32_t k = 0; k < CBPF_WORDS; k++)
        if (words >> k & 1)
            emit(c, ST_W, FP, 0, word(k), 0);
}

static void patch(struct conv *c, uint32_t no_match)
{
    for (uint32_t n = 0; n < c->jump_count; n++) {
        struct ebpf_insn *i = &c->out[c->jumps[n].at];
        uint32_t target = c->jumps[n].target;
        int32_t by =
            (int32_t)((target == NO_MATCH ? no_match : c->start[target]) - (c->jumps[n].at + 1));

        if (i->opcode == JA32 && c->far)
            i->imm = by;
        else
            i->off = (int16_t)by;
    }
}

static void convert(struct conv *c)
{
    bool used = false;

    c->len = 0;
    c->jump_count = 0;
    for (uint32_t i = 0; i < c->count; i++)
        c->known[i] = UNREACHED;
    c->known[0] = 0;
    prologue(c);
    for (uint32_t i = 0; i < c->count && !c->no_memory; i++) {
        c->start[i] = c->len;
        if (c->known[i] != UNREACHED) /* the verifier refuses what is never reached */
            insn(c, i);
    }
    for (uint32_t n = 0; n < c->jump_count; n++)
        used |= c->jumps[n].target == NO_MATCH;
    if (!c->no_memory)
        patch(c, c->len);
    if (used)
        finish(c, c->v.other);
}

int offload_cbpf_convert(const struct cbpf_insn *insns, uint32_t count,
                         const struct cbpf_verdicts *verdicts, struct ebpf_insn **out,
                         uint32_t *out_count, struct offload_refusal *why)
{
    struct conv c = {.in = insns, .count = count, .v = *verdicts};
    int rc = cbpf_check(insns, count, why);

    if (rc != 0)
        return rc;
    c.start = calloc(count, sizeof(*c.start));
    c.known = calloc(count, sizeof(*c.known));
    c.no_memory = c.start == NULL || c.known == NULL;
    if (!c.no_memory)
        convert(&c);
    if (!c.no_memory && c.len > SHORT_CODE) {
        c.far = true;
        convert(&c);
    }
    free(c.start);
    free(c.known);
    free(c.jumps);
    if (c.no_memory) {
        free(c.out);
        return -ENOMEM;
    }
    *out = c.out;
    *out_count = c.len;
    return 0;
}
