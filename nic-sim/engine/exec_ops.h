/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Operations that exec.def names because C has no operator for them, or leaves
 * a case of it undefined. All are total: any operands give the result that the
 * RISC-V manual asks for.
 */
#ifndef NIC_EXEC_OPS_H
#define NIC_EXEC_OPS_H

#include <stdint.h>

__extension__ typedef __int128 exec_i128;
__extension__ typedef unsigned __int128 exec_u128;

static inline uint64_t exec_sext32(uint64_t v)
{
    return (uint64_t)(int64_t)(int32_t)(uint32_t)v;
}

static inline uint64_t exec_sra(uint64_t v, uint64_t shift)
{
    return (uint64_t)((int64_t)v >> (shift & 63));
}

static inline uint64_t exec_sraw(uint64_t v, uint64_t shift)
{
    return (uint64_t)(int64_t)((int32_t)(uint32_t)v >> (shift & 31));
}

static inline uint64_t exec_ror(uint64_t v, uint64_t n)
{
    return v >> (n & 63) | v << ((0 - n) & 63);
}

static inline uint64_t exec_rorw(uint64_t v, uint64_t n)
{
    uint32_t w = (uint32_t)v;
    return exec_sext32(w >> (n & 31) | w << ((0 - n) & 31));
}

static inline uint64_t exec_mulhu(uint64_t a, uint64_t b)
{
    return (uint64_t)((exec_u128)a * b >> 64);
}

static inline uint64_t exec_mulh(uint64_t a, uint64_t b)
{
    return (uint64_t)((exec_i128)(int64_t)a * (int64_t)b >> 64);
}

/* Signed by unsigned: the unsigned product, less b * 2^64 when a is negative. */
static inline uint64_t exec_mulhsu(uint64_t a, uint64_t b)
{
    return exec_mulhu(a, b) - ((int64_t)a < 0 ? b : 0);
}

static inline uint64_t exec_divu(uint64_t a, uint64_t b)
{
    return b == 0 ? UINT64_MAX : a / b;
}

static inline uint64_t exec_remu(uint64_t a, uint64_t b)
{
    return b == 0 ? a : a % b;
}

/* Unprivileged manual, table "semantics for division by zero and division overflow". */
static inline uint64_t exec_div(uint64_t a, uint64_t b)
{
    if (b == 0) {
        return UINT64_MAX;
    }
    if (b == UINT64_MAX) {
        return 0 - a;
    }
    return (uint64_t)((int64_t)a / (int64_t)b);
}

static inline uint64_t exec_rem(uint64_t a, uint64_t b)
{
    if (b == 0) {
        return a;
    }
    if (b == UINT64_MAX) {
        return 0;
    }
    return (uint64_t)((int64_t)a % (int64_t)b);
}

static inline uint64_t exec_clz(uint64_t v)
{
    return v == 0 ? 64 : (uint64_t)__builtin_clzll(v);
}

static inline uint64_t exec_ctz(uint64_t v)
{
    return v == 0 ? 64 : (uint64_t)__builtin_ctzll(v);
}

static inline uint64_t exec_cpop(uint64_t v)
{
    return (uint64_t)__builtin_popcountll(v);
}

/* Each byte that is not zero becomes 0xff: bit 7 gathers the byte's OR, then spreads. */
static inline uint64_t exec_orc_b(uint64_t v)
{
    const uint64_t low7 = 0x7f7f7f7f7f7f7f7fu;
    uint64_t any = (((v & low7) + low7) | v) & ~low7;
    return (any >> 7) * 0xff;
}

#endif
