/* SPDX-License-Identifier: BSD-3-Clause */
/* The finished image, and its linking to addresses. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xlate/xlate.h"

/* auipc and the 12 bits that the instruction after it adds. */
static uint32_t *far_jump(uint32_t *w, unsigned link, int32_t off)
{
    unsigned tmp = link == RV64_RA ? (unsigned)RV64_RA : (unsigned)XLATE_FAR;
    int32_t lo = ((off & 0xfff) ^ 0x800) - 0x800;

    *w++ = rv64_encode(RV64_OP_AUIPC, tmp, 0, 0, off - lo);
    *w++ = rv64_encode(RV64_OP_JALR, link, tmp, 0, lo);
    return w;
}

enum rv64_op xlate_inverse(unsigned op)
{
    switch (op) {
    case RV64_OP_BEQ:
        return RV64_OP_BNE;
    case RV64_OP_BNE:
        return RV64_OP_BEQ;
    case RV64_OP_BLT:
        return RV64_OP_BGE;
    case RV64_OP_BGE:
        return RV64_OP_BLT;
    case RV64_OP_BLTU:
        return RV64_OP_BGEU;
    default:
        return RV64_OP_BLTU;
    }
}

static uint32_t *put_site(const struct xlate *x, uint32_t k, uint32_t *w)
{
    const struct xlate_op *op = &x->ops[k];
    bool branch = op->op != RV64_OP_JAL;
    int32_t off = ((int32_t)x->place[xlate_site_to(x, op)] - (int32_t)x->place[k]) * 4;

    if (branch && op->words == 1) {
        *w++ = rv64_encode(op->op, 0, op->rs1, op->rs2, off);
        return w;
    }
    if (branch) {
        *w++ = rv64_encode(xlate_inverse(op->op), 0, op->rs1, op->rs2, 4 * op->words);
        off -= 4;
    }
    if (op->words - branch == 2)
        return far_jump(w, op->rd, off);
    *w++ = rv64_encode(RV64_OP_JAL, op->rd, 0, 0, off);
    return w;
}

static uint32_t *put_code_address(const struct xlate *x, uint32_t k, uint32_t *w)
{
    const struct xlate_op *op = &x->ops[k];
    int32_t off = ((int32_t)x->place[x->funcs[op->ref].raw] - (int32_t)x->place[k]) * 4;
    int32_t lo = ((off & 0xfff) ^ 0x800) - 0x800;

    *w++ = rv64_encode(RV64_OP_AUIPC, op->rd, 0, 0, off - lo);
    *w++ = rv64_encode(RV64_OP_ADDI, op->rd, op->rd, 0, lo);
    return w;
}

static uint16_t reloc_kind(const struct xlate_op *op)
{
    if (op->kind == XLATE_OP_GATE)
        return OFFLOAD_RELOC_GATE;
    if (op->words == 3 || op->op == OFFLOAD_RELOC_SEED)
        return op->op;
    return op->op == OFFLOAD_RELOC_MAP ? OFFLOAD_RELOC_MAP_NEAR : OFFLOAD_RELOC_VALUE_NEAR;
}

static void put_reloc(struct offload_image *img, const struct xlate_op *op, uint32_t at)
{
    bool gate = op->kind == XLATE_OP_GATE;

    img->relocs[img->reloc_count++] =
        (struct offload_reloc){.word = at,
                               .kind = reloc_kind(op),
                               .index = gate ? (uint32_t)op->imm : op->ref,
                               .addend = gate ? 0 : (uint32_t)op->imm};
}

static uint32_t *put_op(const struct xlate *x, struct offload_image *img, uint32_t k, uint32_t *w)
{
    const struct xlate_op *op = &x->ops[k];

    switch ((enum xlate_op_kind)op->kind) {
    case XLATE_OP_GONE:
        return w;
    case XLATE_OP_RV:
        *w++ = rv64_encode(op->op, op->rd, op->rs1, op->rs2, (int32_t)op->imm);
        return w;
    case XLATE_OP_LI:
        return w + xlate_li_words(op->rd, op->imm, w);
    case XLATE_OP_ADDR: /* filled in by offload_image_link */
        put_reloc(img, op, x->place[k]);
        if (op->words == 2 && op->op != OFFLOAD_RELOC_SEED) {
            *w++ = rv64_encode(RV64_OP_AUIPC, op->rd, 0, 0, 0);
            *w++ = rv64_encode(RV64_OP_ADDI, op->rd, op->rd, 0, 0);
            return w;
        }
        *w++ = rv64_encode(RV64_OP_LUI, op->rd, 0, 0, 0);
        *w++ = rv64_encode(RV64_OP_ADDIW, op->rd, op->rd, 0, 0);
        if (op->words == 3)
            *w++ = rv64_encode(RV64_OP_ADD_UW, op->rd, op->rd, RV64_ZERO, 0);
        return w;
    case XLATE_OP_CODE:
        return put_code_address(x, k, w);
    case XLATE_OP_GATE:
        put_reloc(img, op, x->place[k]);
        *w++ = rv64_encode(RV64_OP_JAL, op->rd, 0, 0, 0);
        return w;
    default:
        return put_site(x, k, w);
    }
}

/* Room for the tables: no more relocations and rows than ops. */
static int open_tables(const struct xlate *x, struct offload_image *img)
{
    uint32_t relocs = 0;

    for (uint32_t k = 0; k < x->words; k++)
        relocs += x->ops[k].kind == XLATE_OP_GATE || x->ops[k].kind == XLATE_OP_ADDR;
    img->code = malloc(((size_t)img->code_words + XLATE_LI_MAX) * sizeof(*img->code));
    img->relocs = malloc(((size_t)relocs + 1) * sizeof(*img->relocs));
    img->rows = malloc(((size_t)x->words + 1) * sizeof(*img->rows));
    return img->code && img->relocs && img->rows ? 0 : -ENOMEM;
}

static uint32_t alu_class(const struct ebpf_row *row)
{
    switch (row->op) {
    case EBPF_OP_MUL:
        return OFFLOAD_CLASS_MUL;
    case EBPF_OP_DIV:
    case EBPF_OP_SDIV:
    case EBPF_OP_MOD:
    case EBPF_OP_SMOD:
        return OFFLOAD_CLASS_DIV;
    default:
        return row->bits == 64 ? OFFLOAD_CLASS_ALU : OFFLOAD_CLASS_ALU32;
    }
}

static uint32_t class_of(const struct ebpf_row *row)
{
    switch ((enum ebpf_kind)row->kind) {
    case EBPF_KIND_JA:
        return OFFLOAD_CLASS_JUMP;
    case EBPF_KIND_JCC_K:
    case EBPF_KIND_JCC_X:
    case EBPF_KIND_MAY_GOTO:
        return row->bits == 32 ? OFFLOAD_CLASS_JCC32 : OFFLOAD_CLASS_JCC;
    case EBPF_KIND_CALL:
    case EBPF_KIND_CALL_LOCAL:
    case EBPF_KIND_CALL_BTF:
        return OFFLOAD_CLASS_CALL;
    case EBPF_KIND_EXIT:
        return OFFLOAD_CLASS_EXIT;
    case EBPF_KIND_LDX:
    case EBPF_KIND_LDSX:
    case EBPF_KIND_LOAD_ACQ:
        return OFFLOAD_CLASS_LOAD;
    case EBPF_KIND_ST:
    case EBPF_KIND_STX:
    case EBPF_KIND_STORE_REL:
        return OFFLOAD_CLASS_STORE;
    case EBPF_KIND_ATOMIC:
    case EBPF_KIND_ATOMIC_FETCH:
    case EBPF_KIND_CMPXCHG:
        return OFFLOAD_CLASS_ATOMIC;
    case EBPF_KIND_LD64:
        return OFFLOAD_CLASS_IMM64;
    case EBPF_KIND_INVALID:
    case EBPF_KIND_LEGACY:
        return OFFLOAD_CLASS_OTHER;
    default:
        return alu_class(row);
    }
}

static struct offload_row row_at(const struct xlate *x, uint32_t k)
{
    uint32_t slot = x->ops[k].slot;
    bool glue = slot == OFFLOAD_ROW_GLUE;

    return (struct offload_row){x->place[k], slot,
                                glue ? OFFLOAD_CLASS_OTHER : class_of(ebpf_row(x->id[slot]))};
}

static void put_code(const struct xlate *x, struct offload_image *img)
{
    uint32_t *w = img->code;

    for (uint32_t k = 0; k < x->words; k++) {
        const struct xlate_op *op = &x->ops[k];
        uint32_t n = img->row_count;
        if (op->words && (n == 0 || img->rows[n - 1].insn != op->slot))
            img->rows[img->row_count++] = row_at(x, k);
        w = put_op(x, img, k, w);
    }
}

int xlate_image(const struct xlate *x, struct offload_image **out)
{
    struct offload_image *img = calloc(1, sizeof(*img));

    if (!img)
        return -ENOMEM;
    img->code_words = x->place[x->words];
    if (open_tables(x, img)) {
        offload_image_free(img);
        return -ENOMEM;
    }
    put_code(x, img);
    img->entry_word = x->place[x->funcs[0].raw];
    img->stack_bytes = x->stack_bytes;
    img->frags = x->prog->frags;
    *out = img;
    return 0;
}

void offload_image_free(struct offload_image *img)
{
    if (!img)
        return;
    free(img->code);
    free(img->relocs);
    free(img->rows);
    free(img);
}

static unsigned rd_of(uint32_t word)
{
    return word >> 7 & 31;
}

static int link_gate(const struct offload_reloc *r, const struct offload_link *link, uint32_t *out)
{
    int64_t from = (int64_t)link->base + (int64_t)r->word * 4;
    int64_t to = (int64_t)link->gate_base + (int64_t)r->index * OFFLOAD_GATE_STRIDE;

    if (r->index >= OFFLOAD_GATES)
        return -EINVAL;
    if (!rv64_imm_fits(RV64_OP_JAL, to - from))
        return -ERANGE;
    out[r->word] = rv64_encode(RV64_OP_JAL, rd_of(out[r->word]), 0, 0, (int32_t)(to - from));
    return 0;
}

/* lui, addiw */
static void put_word(uint32_t v, uint32_t at, uint32_t *out)
{
    int32_t lo = (int32_t)((v & 0xfff) ^ 0x800) - 0x800;
    unsigned rd = rd_of(out[at]);

    out[at] = rv64_encode(RV64_OP_LUI, rd, 0, 0, (int32_t)(v - (uint32_t)lo));
    out[at + 1] = rv64_encode(RV64_OP_ADDIW, rd, rd, 0, lo);
}

static int link_seed(const struct offload_reloc *r, const struct offload_link *link, uint32_t *out)
{
    if (!link->seed || r->index >= link->map_count)
        return -EINVAL;
    uint32_t seed = link->seed[r->index];
    put_word(r->addend ? seed ^ seed << 11 : seed, r->word, out);
    return 0;
}

/* The zext.w after the two is right already. */
static int link_address(const struct offload_reloc *r, const uint32_t *addr, uint32_t count,
                        uint32_t *out)
{
    if (!addr || r->index >= count || addr[r->index] == 0)
        return -EINVAL;
    put_word(addr[r->index] + r->addend, r->word, out);
    return 0;
}

/* auipc, addi */
static int link_near(const struct offload_reloc *r, const struct offload_link *link,
                     const uint32_t *addr, uint32_t *out)
{
    unsigned rd = rd_of(out[r->word]);

    if (!addr || r->index >= link->map_count || addr[r->index] == 0)
        return -EINVAL;
    int64_t off = (int64_t)(uint32_t)(addr[r->index] + r->addend) -
                  ((int64_t)link->base + (int64_t)r->word * 4);
    int32_t lo = (int32_t)((off & 0xfff) ^ 0x800) - 0x800;
    if (off - lo < INT32_MIN || off - lo > INT32_MAX)
        return -ERANGE;
    out[r->word] = rv64_encode(RV64_OP_AUIPC, rd, 0, 0, (int32_t)(off - lo));
    out[r->word + 1] = rv64_encode(RV64_OP_ADDI, rd, rd, 0, lo);
    return 0;
}

static uint32_t reloc_words(const struct offload_reloc *r)
{
    switch (r->kind) {
    case OFFLOAD_RELOC_GATE:
        return 1;
    case OFFLOAD_RELOC_MAP_NEAR:
    case OFFLOAD_RELOC_VALUE_NEAR:
    case OFFLOAD_RELOC_SEED:
        return 2;
    default:
        return 3;
    }
}

static int link_one(const struct offload_image *img, const struct offload_reloc *r,
                    const struct offload_link *link, uint32_t *out)
{
    uint32_t words = reloc_words(r);

    if (r->word >= img->code_words || img->code_words - r->word < words)
        return -EINVAL;
    switch (r->kind) {
    case OFFLOAD_RELOC_GATE:
        return link_gate(r, link, out);
    case OFFLOAD_RELOC_MAP:
        return link_address(r, link->map_addr, link->map_count, out);
    case OFFLOAD_RELOC_VALUE:
        return link_address(r, link->value_addr, link->map_count, out);
    case OFFLOAD_RELOC_MAP_NEAR:
        return link_near(r, link, link->map_addr, out);
    case OFFLOAD_RELOC_VALUE_NEAR:
        return link_near(r, link, link->value_addr, out);
    case OFFLOAD_RELOC_SEED:
        return link_seed(r, link, out);
    default:
        return -EINVAL;
    }
}

int offload_image_link(const struct offload_image *img, const struct offload_link *link,
                       uint32_t *out)
{
    int err = 0;

    memcpy(out, img->code, (size_t)img->code_words * sizeof(*out));
    for (uint32_t k = 0; k < img->reloc_count && !err; k++)
        err = link_one(img, &img->relocs[k], link, out);
    return err;
}
