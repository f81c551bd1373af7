/* SPDX-License-Identifier: BSD-3-Clause */
/* Engine code that stands around the programs under test. */
#ifndef TESTS_XLATE_CODE_H
#define TESTS_XLATE_CODE_H

#include "nic/rv64.h"

struct code {
    uint32_t *w;
    uint32_t at; /* next word */
};

void code_put(struct code *o, enum rv64_op op, unsigned rd, unsigned rs1, unsigned rs2,
              int32_t imm);
/* rd = v, two words; v is below 2 GiB. */
void code_li32(struct code *o, unsigned rd, uint32_t v);
/* To word `to`. */
void code_jump(struct code *o, uint32_t to);
/* Registers from `first` on to a7, and the temporaries, are lost; so is what is below sp. Then
 * back to ra. */
void code_rubbish(struct code *o, unsigned first);
/* bpf_loop. The callback returns to callback_end (an address), which must go to the word returned.
 */
uint32_t code_loop(struct code *o, uint32_t callback_end);

#endif
