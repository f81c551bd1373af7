/* SPDX-License-Identifier: BSD-3-Clause */
/* ebpf_insn.def as a table, and the decoder. */
#include "ebpf/ebpf.h"

enum { D = EBPF_HAS_DST, S = EBPF_HAS_SRC, O = EBPF_HAS_OFF, I = EBPF_HAS_IMM };

static const struct ebpf_row rows[EBPF_ID_COUNT] = {
    [EBPF_INVALID] = {.name = "invalid", .text = "invalid"},
#define EBPF_INSN(id_, opcode_, disc_, dval_, kind_, op_, bits_, fields_, text_)                   \
    [EBPF_##id_] = {                                                                               \
        .name = #id_,                                                                              \
        .text = text_,                                                                             \
        .id = EBPF_##id_,                                                                          \
        .opcode = opcode_,                                                                         \
        .disc = EBPF_BY_##disc_,                                                                   \
        .dval = dval_,                                                                             \
        .kind = EBPF_KIND_##kind_,                                                                 \
        .op = EBPF_OP_##op_,                                                                       \
        .bits = bits_,                                                                             \
        .fields = fields_,                                                                         \
    },
#include "ebpf/ebpf_insn.def"
};

/* First row of each opcode. */
static const uint8_t first[256] = {
#define EBPF_INSN(id, opcode, disc, dval, kind, op, bits, fields, text) [opcode] = EBPF_##id,
#define EBPF_ALSO(id, opcode, disc, dval, kind, op, bits, fields, text)
#include "ebpf/ebpf_insn.def"
};
_Static_assert(EBPF_ID_COUNT <= 256, "a row's id fits a byte");

static bool matches(const struct ebpf_row *row, const struct ebpf_insn *insn)
{
    switch ((enum ebpf_disc)row->disc) {
    case EBPF_BY_OFF:
        return insn->off == row->dval;
    case EBPF_BY_IMM:
        return insn->imm == row->dval;
    case EBPF_BY_SRC:
        return insn->src == row->dval;
    case EBPF_BY_ANY:
        break;
    }
    return true;
}

const struct ebpf_row *ebpf_decode(const struct ebpf_insn *insn)
{
    unsigned id = first[insn->opcode];

    if (id == EBPF_INVALID)
        return &rows[EBPF_INVALID];
    for (; id < EBPF_ID_COUNT && rows[id].opcode == insn->opcode; id++) {
        if (matches(&rows[id], insn))
            return &rows[id];
    }
    return &rows[EBPF_INVALID];
}

const struct ebpf_row *ebpf_row(unsigned id)
{
    return &rows[id < EBPF_ID_COUNT ? id : EBPF_INVALID];
}

bool ebpf_reserved_used(const struct ebpf_row *row, const struct ebpf_insn *insn)
{
    if (!(row->fields & EBPF_HAS_DST) && insn->dst)
        return true;
    if (!(row->fields & EBPF_HAS_SRC) && insn->src)
        return true;
    if (!(row->fields & EBPF_HAS_OFF) && row->disc != EBPF_BY_OFF && insn->off)
        return true;
    return !(row->fields & EBPF_HAS_IMM) && insn->imm;
}
