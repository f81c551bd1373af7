/* SPDX-License-Identifier: BSD-3-Clause */
/* Arithmetic, RFC 9669 sections 4.1 and 4.2, with C's own operators. */
#include "refint/refint.h"

static int64_t sdiv(int64_t a, int64_t b)
{
    if (b == 0)
        return 0;
    return b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
}

static int64_t smod(int64_t a, int64_t b)
{
    if (b == 0)
        return a;
    return b == -1 ? 0 : a % b;
}

/* a and b are zero-extended, sa and sb sign-extended from the operation's width. */
static bool compute(const struct ebpf_insn *i, bool wide, uint64_t a, uint64_t b, uint64_t *v)
{
    int64_t sa = wide ? (int64_t)a : (int32_t)a, sb = wide ? (int64_t)b : (int32_t)b;
    unsigned shift = (unsigned)(b & (wide ? 63 : 31));

    switch (i->opcode >> 4) {
    case 0x0:
        *v = a + b;
        return true;
    case 0x1:
        *v = a - b;
        return true;
    case 0x2:
        *v = a * b;
        return true;
    case 0x3:
        *v = i->off == 1 ? (uint64_t)sdiv(sa, sb) : b ? a / b : 0;
        return i->off == 0 || i->off == 1;
    case 0x4:
        *v = a | b;
        return true;
    case 0x5:
        *v = a & b;
        return true;
    case 0x6:
        *v = a << shift;
        return true;
    case 0x7:
        *v = a >> shift;
        return true;
    case 0x8:
        *v = 0 - a;
        return !(i->opcode & 8);
    case 0x9:
        *v = i->off == 1 ? (uint64_t)smod(sa, sb) : b ? a % b : a;
        return i->off == 0 || i->off == 1;
    case 0xa:
        *v = a ^ b;
        return true;
    case 0xc:
        *v = (uint64_t)(sa >> shift);
        return true;
    default:
        return false;
    }
}

/* MOV and MOVSX; the extension reads the whole source register. */
static bool move(const struct ebpf_insn *i, bool wide, uint64_t b, uint64_t *v)
{
    *v = b;
    switch (i->opcode & 8 ? i->off : 0) {
    case 0:
        return i->off == 0;
    case 8:
        *v = (uint64_t)(int64_t)(int8_t)b;
        return true;
    case 16:
        *v = (uint64_t)(int64_t)(int16_t)b;
        return true;
    case 32:
        *v = (uint64_t)(int64_t)(int32_t)b;
        return wide;
    default:
        return false;
    }
}

static uint64_t reverse(uint64_t a, unsigned bytes)
{
    uint64_t v = 0;

    for (unsigned k = 0; k < bytes; k++)
        v = v << 8 | (a >> (8 * k) & 0xff);
    return v;
}

/* ALU source bit: 0 to little-endian, 1 to big-endian; ALU64: always swaps. */
static bool byte_order(const struct ebpf_insn *i, bool wide, uint64_t a, uint64_t *v)
{
    unsigned bits = (unsigned)i->imm;
    bool to_big = i->opcode & 8;

    if ((bits != 16 && bits != 32 && bits != 64) || (wide && to_big))
        return false;
    *v = wide || to_big ? reverse(a, bits / 8) : bits == 64 ? a : a & ((1ull << bits) - 1);
    return true;
}

enum refint_end refint_alu(struct refint_run *m, bool wide)
{
    const struct ebpf_insn *i = &m->i;
    unsigned code = i->opcode >> 4;
    uint64_t a = m->r[i->dst], v = 0;
    uint64_t b = i->opcode & 8 ? m->r[i->src] : (uint64_t)(int64_t)i->imm;
    bool ok;

    if (i->dst == 10)
        return REFINT_REGISTER;
    if (code == 0xd)
        ok = byte_order(i, wide, a, &v);
    else if (code == 0xb)
        ok = move(i, wide, b, &v);
    else
        ok = compute(i, wide, wide ? a : (uint32_t)a, wide ? b : (uint32_t)b, &v);
    if (!ok)
        return REFINT_OPCODE;
    m->r[i->dst] = wide || code == 0xd ? v : (uint32_t)v;
    m->pc++;
    return REFINT_EXIT;
}
