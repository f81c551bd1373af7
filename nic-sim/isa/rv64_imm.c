/* SPDX-License-Identifier: BSD-3-Clause */
/* Immediates: where each format keeps their bits (unprivileged manual, section 2.3). */
#include "isa/isa.h"

static uint32_t bits(uint32_t word, unsigned hi, unsigned lo)
{
    return (word >> lo) & ((1u << (hi - lo + 1)) - 1);
}

/* The low `width` bits of v as a signed number. */
static int32_t sign_extend(uint32_t v, unsigned width)
{
    uint32_t sign = 1u << (width - 1);
    return (int32_t)((v ^ sign) - sign);
}

int32_t rv64_imm_get(enum rv64_format format, uint32_t w)
{
    switch (format) {
    case RV64_FMT_I:
        return sign_extend(bits(w, 31, 20), 12);
    case RV64_FMT_S:
        return sign_extend(bits(w, 31, 25) << 5 | bits(w, 11, 7), 12);
    case RV64_FMT_B:
        return sign_extend(bits(w, 31, 31) << 12 | bits(w, 7, 7) << 11 | bits(w, 30, 25) << 5 |
                               bits(w, 11, 8) << 1,
                           13);
    case RV64_FMT_J:
        return sign_extend(bits(w, 31, 31) << 20 | bits(w, 19, 12) << 12 | bits(w, 20, 20) << 11 |
                               bits(w, 30, 21) << 1,
                           21);
    case RV64_FMT_U:
        return (int32_t)(w & 0xfffff000u);
    case RV64_FMT_SH6:
        return (int32_t)bits(w, 25, 20);
    case RV64_FMT_SH5:
        return (int32_t)bits(w, 24, 20);
    case RV64_FMT_CSR:
    case RV64_FMT_CSRI:
    case RV64_FMT_FENCE:
        return (int32_t)bits(w, 31, 20);
    case RV64_FMT_AMO:
    case RV64_FMT_LR:
        return (int32_t)bits(w, 26, 25);
    default:
        return 0;
    }
}

uint32_t rv64_imm_put(enum rv64_format format, int32_t imm)
{
    uint32_t v = (uint32_t)imm;
    switch (format) {
    case RV64_FMT_I:
    case RV64_FMT_CSR:
    case RV64_FMT_CSRI:
    case RV64_FMT_FENCE:
        return bits(v, 11, 0) << 20;
    case RV64_FMT_S:
        return bits(v, 11, 5) << 25 | bits(v, 4, 0) << 7;
    case RV64_FMT_B:
        return bits(v, 12, 12) << 31 | bits(v, 10, 5) << 25 | bits(v, 4, 1) << 8 |
               bits(v, 11, 11) << 7;
    case RV64_FMT_J:
        return bits(v, 20, 20) << 31 | bits(v, 10, 1) << 21 | bits(v, 11, 11) << 20 |
               bits(v, 19, 12) << 12;
    case RV64_FMT_U:
        return v & 0xfffff000u;
    case RV64_FMT_SH6:
        return bits(v, 5, 0) << 20;
    case RV64_FMT_SH5:
        return bits(v, 4, 0) << 20;
    case RV64_FMT_AMO:
    case RV64_FMT_LR:
        return bits(v, 1, 0) << 25;
    default:
        return 0;
    }
}

int rv64_imm_fits(enum rv64_op op, int64_t imm)
{
    if (imm < INT32_MIN || imm > INT32_MAX) {
        return 0;
    }
    enum rv64_format format = rv64_op_format(op);
    return rv64_imm_get(format, rv64_imm_put(format, (int32_t)imm)) == imm;
}
