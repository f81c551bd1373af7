/* SPDX-License-Identifier: BSD-3-Clause */
#include "code.h"

void code_put(struct code *o, enum rv64_op op, unsigned rd, unsigned rs1, unsigned rs2, int32_t imm)
{
    o->w[o->at++] = rv64_encode(op, rd, rs1, rs2, imm);
}

void code_li32(struct code *o, unsigned rd, uint32_t v)
{
    int32_t lo = (int32_t)((v & 0xfff) ^ 0x800) - 0x800;
    code_put(o, RV64_OP_LUI, rd, 0, 0, (int32_t)(v - (uint32_t)lo));
    code_put(o, RV64_OP_ADDIW, rd, rd, 0, lo);
}

void code_jump(struct code *o, uint32_t to)
{
    code_put(o, RV64_OP_JAL, 0, 0, 0, ((int32_t)to - (int32_t)o->at) * 4);
}

void code_rubbish(struct code *o, unsigned first)
{
    for (int k = 1; k <= 64; k++)
        code_put(o, RV64_OP_SD, 0, RV64_SP, RV64_RA, -8 * k);
    for (unsigned r = first; r <= RV64_A7; r++)
        code_put(o, RV64_OP_ADDI, r, 0, 0, -1 - (int)r);
    for (unsigned r = RV64_T3; r <= RV64_T6; r++)
        code_put(o, RV64_OP_ADDI, r, 0, 0, -1 - (int)r);
    code_put(o, RV64_OP_ADDI, RV64_T0, 0, 0, -77);
    code_put(o, RV64_OP_ADDI, RV64_T1, 0, 0, -78);
    code_put(o, RV64_OP_ADDI, RV64_T2, 0, 0, -79);
    code_put(o, RV64_OP_JALR, 0, RV64_RA, 0, 0);
}

enum { LOOP_FRAME = 48 };

uint32_t code_loop(struct code *o, uint32_t callback_end)
{
    static const uint8_t kept[] = {RV64_RA, RV64_S0, RV64_S1, RV64_S2, RV64_S11};
    uint32_t top, back, branch;

    code_put(o, RV64_OP_ADDI, RV64_SP, RV64_SP, 0, -LOOP_FRAME);
    for (unsigned k = 0; k < sizeof(kept); k++)
        code_put(o, RV64_OP_SD, 0, RV64_SP, kept[k], (int)(8 * k));
    code_put(o, RV64_OP_ADDI, RV64_S0, RV64_A0, 0, 0);
    code_put(o, RV64_OP_ADDI, RV64_S1, RV64_A1, 0, 0);
    code_put(o, RV64_OP_ADDI, RV64_S2, RV64_A2, 0, 0);
    code_put(o, RV64_OP_ADDI, RV64_S11, 0, 0, 0);
    top = o->at;
    branch = o->at++;
    code_put(o, RV64_OP_ADDI, RV64_A0, RV64_S11, 0, 0);
    code_put(o, RV64_OP_ADDI, RV64_A1, RV64_S2, 0, 0);
    for (unsigned r = RV64_A2; r <= RV64_A7; r++)
        code_put(o, RV64_OP_ADDI, r, 0, 0, -300 - (int)r);
    code_li32(o, RV64_RA, callback_end);
    code_put(o, RV64_OP_JALR, 0, RV64_S1, 0, 0);
    back = o->at;
    code_put(o, RV64_OP_ADDI, RV64_S11, RV64_S11, 0, 1);
    code_put(o, RV64_OP_BEQ, 0, RV64_A0, RV64_ZERO, ((int)top - (int)o->at) * 4);
    o->w[branch] = rv64_encode(RV64_OP_BGEU, 0, RV64_S11, RV64_S0, ((int)o->at - (int)branch) * 4);
    code_put(o, RV64_OP_ADDI, RV64_A0, RV64_S11, 0, 0);
    for (unsigned k = 0; k < sizeof(kept); k++)
        code_put(o, RV64_OP_LD, kept[k], RV64_SP, 0, (int)(8 * k));
    code_put(o, RV64_OP_ADDI, RV64_SP, RV64_SP, 0, LOOP_FRAME);
    code_rubbish(o, RV64_A1);
    return back;
}
