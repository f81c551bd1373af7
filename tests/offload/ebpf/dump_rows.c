/* SPDX-License-Identifier: BSD-3-Clause */
/* "name|text|bytes" of an instruction of every row, for llvm_oracle.py. */
#include <stdio.h>

#include "ebpf/ebpf.h"
#include "offload/image.h"

static struct ebpf_insn sample(const struct ebpf_row *row)
{
    struct ebpf_insn i = {.opcode = row->opcode};

    i.dst = row->fields & EBPF_HAS_DST ? 3 : 0;
    i.src = row->fields & EBPF_HAS_SRC ? 7 : 0;
    i.off = row->fields & EBPF_HAS_OFF ? 77 : 0;
    i.imm = row->fields & EBPF_HAS_IMM ? 1234 : 0;
    if (row->disc == EBPF_BY_OFF)
        i.off = (int16_t)row->dval;
    if (row->disc == EBPF_BY_IMM)
        i.imm = row->dval;
    if (row->disc == EBPF_BY_SRC)
        i.src = row->dval & 15u;
    return i;
}

int main(void)
{
    for (unsigned id = EBPF_INVALID + 1; id < EBPF_ID_COUNT; id++) {
        const struct ebpf_row *row = ebpf_row(id);
        const struct ebpf_insn insn[2] = {sample(row)};
        struct offload_prog prog = {.insns = insn, .insn_count = ebpf_slots(row)};
        char text[128];

        offload_disasm(&prog, 0, text, sizeof(text));
        printf("%s|%s|", row->name, text);
        for (unsigned k = 0; k < 8 * ebpf_slots(row); k++)
            printf("0x%02x ", ((const unsigned char *)insn)[k]);
        printf("\n");
    }
    return 0;
}
