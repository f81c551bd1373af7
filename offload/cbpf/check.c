/* SPDX-License-Identifier: BSD-3-Clause */
/* What a classic filter must be before it is converted. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "cbpf/cbpf.h"

/* SKF_AD_OFF and SKF_LL_OFF of linux/filter.h: from these on, offsets mean a socket buffer. */
#define ANCILLARY 0xfffff000u
#define RELATIVE  0xffe00000u

static int refuse(struct offload_refusal *why, uint32_t insn, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static int refuse(struct offload_refusal *why, uint32_t insn, const char *fmt, ...)
{
    va_list ap;

    why->insn = insn;
    va_start(ap, fmt);
    vsnprintf(why->reason, sizeof(why->reason), fmt, ap);
    va_end(ap);
    return -EINVAL;
}

static const char *ancillary_name(uint32_t k)
{
    static const char *const names[] = {
        "protocol",     "packet type", "interface index",     "nlattr",         "nested nlattr",
        "mark",         "queue",       "hardware type",       "hash",           "processor",
        "xor",          "VLAN tag",    "VLAN tag's presence", "payload offset", "random number",
        "VLAN protocol"};

    k = (k - ANCILLARY) / 4;
    return k < sizeof(names) / sizeof(names[0]) ? names[k] : "unknown field";
}

static int check_packet_load(const struct cbpf_insn *i, uint32_t at, struct offload_refusal *why)
{
    if (i->k >= ANCILLARY)
        return refuse(
            why, at,
            "it asks for the %s of a Linux socket buffer, which a packet on the wire does "
            "not have (compile the expression for Ethernet, not for an interface)",
            ancillary_name(i->k));
    if (i->k >= RELATIVE)
        return refuse(why, at, "offset %d is relative to a Linux socket buffer's headers",
                      (int32_t)i->k);
    return 0;
}

static int check_word(const struct cbpf_insn *i, uint32_t at, struct offload_refusal *why)
{
    if (i->k < CBPF_WORDS)
        return 0;
    return refuse(why, at, "M[%u]: there are %u words of scratch memory", i->k, CBPF_WORDS);
}

static int unknown(const struct cbpf_insn *i, uint32_t at, struct offload_refusal *why)
{
    return refuse(why, at, "0x%02x is no classic BPF instruction", i->code);
}

static int check_load(const struct cbpf_insn *i, uint32_t at, struct offload_refusal *why)
{
    bool x = CBPF_CLASS(i->code) == CBPF_LDX;
    unsigned size = CBPF_SIZE(i->code);

    switch (CBPF_MODE(i->code)) {
    case CBPF_ABS:
    case CBPF_IND:
        return x || size == 0x18 ? unknown(i, at, why) : check_packet_load(i, at, why);
    case CBPF_MSH:
        return !x || size != CBPF_B ? unknown(i, at, why) : check_packet_load(i, at, why);
    case CBPF_MEM:
        return size != CBPF_W ? unknown(i, at, why) : check_word(i, at, why);
    case CBPF_IMM:
    case CBPF_LEN:
        return size != CBPF_W ? unknown(i, at, why) : 0;
    default:
        return unknown(i, at, why);
    }
}

static int check_alu(const struct cbpf_insn *i, uint32_t at, struct offload_refusal *why)
{
    unsigned op = CBPF_OP(i->code);
    bool constant = !(i->code & CBPF_X);

    if (op > CBPF_XOR || (op == CBPF_NEG && !constant))
        return unknown(i, at, why);
    if (constant && (op == CBPF_DIV || op == CBPF_MOD) && i->k == 0)
        return refuse(why, at, "division by zero");
    if (constant && (op == CBPF_LSH || op == CBPF_RSH) && i->k > 31)
        return refuse(why, at, "invalid shift %u", i->k);
    return 0;
}

static int check_jump(const struct cbpf_insn *i, uint32_t at, uint32_t count,
                      struct offload_refusal *why)
{
    unsigned op = CBPF_OP(i->code);
    uint32_t left = count - at - 1; /* instructions behind */

    if (op > CBPF_JSET || (op == CBPF_JA && i->code != (CBPF_JMP | CBPF_JA)))
        return unknown(i, at, why);
    if (op == CBPF_JA && (int32_t)i->k < 0)
        return refuse(why, at,
                      "it jumps back (protochain makes loops); a filter here goes forward");
    if (op == CBPF_JA ? i->k >= left : i->jt >= left || i->jf >= left)
        return refuse(why, at, "it jumps out of the filter");
    return 0;
}

static int check_insn(const struct cbpf_insn *i, uint32_t at, uint32_t count,
                      struct offload_refusal *why)
{
    if (i->code > 0xff)
        return unknown(i, at, why);
    switch (CBPF_CLASS(i->code)) {
    case CBPF_LD:
    case CBPF_LDX:
        return check_load(i, at, why);
    case CBPF_ST:
    case CBPF_STX:
        return i->code > CBPF_STX ? unknown(i, at, why) : check_word(i, at, why);
    case CBPF_ALU:
        return check_alu(i, at, why);
    case CBPF_JMP:
        return check_jump(i, at, count, why);
    case CBPF_RET:
        return i->code & ~(CBPF_RET | CBPF_RET_A) ? unknown(i, at, why) : 0;
    default:
        return i->code & ~(CBPF_MISC | CBPF_TXA) ? unknown(i, at, why) : 0;
    }
}

int cbpf_check(const struct cbpf_insn *insns, uint32_t count, struct offload_refusal *why)
{
    int rc = 0;

    *why = (struct offload_refusal){0};
    if (count == 0 || count > CBPF_INSNS_MAX)
        return refuse(why, 0, "%u instructions; a filter has 1 to %u", count, CBPF_INSNS_MAX);
    for (uint32_t i = 0; i < count && rc == 0; i++)
        rc = check_insn(&insns[i], i, count, why);
    if (rc == 0 && CBPF_CLASS(insns[count - 1].code) != CBPF_RET)
        rc = refuse(why, count - 1, "the last instruction is no return");
    return rc;
}
