/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to nic-sim/isa: the instruction table as an array, and immediates. */
#ifndef NIC_ISA_H
#define NIC_ISA_H

#include "nic/rv64.h"

struct rv64_row {
    const char *mnemonic;
    uint32_t match, mask;
    enum rv64_format format;
};

/* Row of op; that of RV64_OP_INVALID (mask 0, match 1: matches nothing) for any value out of range.
 */
const struct rv64_row *rv64_row(enum rv64_op op);

/* The immediate of `word` read as `format`; 0 where it has none. */
int32_t rv64_imm_get(enum rv64_format format, uint32_t word);
/* The bits of `imm` placed as in `format`. */
uint32_t rv64_imm_put(enum rv64_format format, int32_t imm);

/* Which register fields a format has. */
enum { RV64_HAS_RD = 1, RV64_HAS_RS1 = 2, RV64_HAS_RS2 = 4 };
unsigned rv64_format_regs(enum rv64_format format);

#endif
