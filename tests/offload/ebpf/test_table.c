/* SPDX-License-Identifier: BSD-3-Clause */
/* The instruction table is sound: no overlaps, every row comes back from bytes and from text. */
#include "cunit_main.h"

#include <stdlib.h>
#include <string.h>

#include "asm.h"
#include "offload/image.h"

static bool overlap(const struct ebpf_row *a, const struct ebpf_row *b)
{
    if (a->opcode != b->opcode)
        return false;
    return a->disc == EBPF_BY_ANY || a->disc != b->disc || a->dval == b->dval;
}

static void test_overlap(void)
{
    for (unsigned a = 1; a < EBPF_ID_COUNT; a++)
        for (unsigned b = a + 1; b < EBPF_ID_COUNT; b++)
            if (overlap(ebpf_row(a), ebpf_row(b)))
                CU_FAIL("two rows for one instruction");
    CU_ASSERT_EQUAL(EBPF_ID_COUNT - 1, 179);
}

/* An instruction of the row with every field that it has in use. */
static unsigned sample(const struct ebpf_row *row, struct ebpf_insn out[2])
{
    out[0] = (struct ebpf_insn){.opcode = row->opcode};
    out[1] = (struct ebpf_insn){.opcode = 0};
    if (row->fields & EBPF_HAS_DST)
        out[0].dst = 3;
    if (row->fields & EBPF_HAS_SRC)
        out[0].src = 7;
    if (row->fields & EBPF_HAS_OFF)
        out[0].off = -77;
    if (row->fields & EBPF_HAS_IMM)
        out[0].imm = -12345;
    if (row->disc == EBPF_BY_OFF)
        out[0].off = (int16_t)row->dval;
    if (row->disc == EBPF_BY_IMM)
        out[0].imm = row->dval;
    if (row->disc == EBPF_BY_SRC)
        out[0].src = row->dval & 15u;
    if (row->id == EBPF_LD_IMM64)
        out[1].imm = 0x76543210;
    if (row->id == EBPF_LD_MAP_FD || row->id == EBPF_LD_MAP_VALUE)
        out[0].imm = 21;
    if (row->id == EBPF_LD_MAP_VALUE)
        out[1].imm = 40;
    /* the kernel's text of these leaves the offset out */
    if (row->kind == EBPF_KIND_CALL_BTF)
        out[0].off = 0;
    return ebpf_slots(row);
}

static void test_round_trip(void)
{
    for (unsigned id = 1; id < EBPF_ID_COUNT; id++) {
        const struct ebpf_row *row = ebpf_row(id);
        struct ebpf_insn in[2], back[4];
        struct asm_error err;
        char text[128];
        unsigned slots = sample(row, in);
        struct offload_prog prog = {.insns = in, .insn_count = slots};

        CU_ASSERT_PTR_EQUAL(ebpf_decode(in), row);
        CU_ASSERT_FALSE(ebpf_reserved_used(row, in));
        CU_ASSERT_EQUAL(offload_disasm(&prog, 0, text, sizeof(text)), slots);
        long n = bpf_asm(text, back, 4, &err);
        if (n != (long)slots || memcmp(in, back, slots * sizeof(*in)) != 0) {
            fprintf(stderr, "%s: %s\n", row->name, text);
            CU_FAIL("row does not come back from its text");
        }
    }
}

static void test_reserved(void)
{
    for (unsigned id = 1; id < EBPF_ID_COUNT; id++) {
        const struct ebpf_row *row = ebpf_row(id);
        struct ebpf_insn in[2], bad;

        sample(row, in);
        bad = in[0];
        bad.off = (int16_t)(bad.off + 1);
        CU_ASSERT_EQUAL(ebpf_reserved_used(row, &bad),
                        !(row->fields & EBPF_HAS_OFF) && row->disc != EBPF_BY_OFF);
        bad = in[0];
        bad.imm++;
        CU_ASSERT_EQUAL(ebpf_reserved_used(row, &bad), !(row->fields & EBPF_HAS_IMM));
        bad = in[0];
        bad.src ^= 1;
        CU_ASSERT_EQUAL(ebpf_reserved_used(row, &bad), !(row->fields & EBPF_HAS_SRC));
        bad = in[0];
        bad.dst ^= 1;
        CU_ASSERT_EQUAL(ebpf_reserved_used(row, &bad), !(row->fields & EBPF_HAS_DST));
    }
}

/* Every opcode with every discriminator value: a row or invalid, and the row is right. */
static void test_decode_all(void)
{
    unsigned valid = 0;

    for (unsigned op = 0; op < 256; op++)
        for (int v = 0; v < 256; v++) {
            struct ebpf_insn i = {
                .opcode = (uint8_t)op, .src = (unsigned)v & 15u, .off = (int16_t)v, .imm = v};
            const struct ebpf_row *row = ebpf_decode(&i);
            if (row->id == EBPF_INVALID)
                continue;
            valid++;
            CU_ASSERT_EQUAL(row->opcode, op);
        }
    CU_ASSERT(valid > 100 * 256u);
}

struct known {
    struct ebpf_insn insn[2];
    const char *text;
};

/* Bytes and text by hand from RFC 9669 and the kernel's log. */
static const struct known known[] = {
    {{{.opcode = 0x61, .dst = 1, .src = 1, .off = 4}}, "r1 = *(u32 *)(r1 +4)"},
    {{{.opcode = 0xb4, .dst = 0, .imm = 1}}, "w0 = 1"},
    {{{.opcode = 0x2d, .dst = 1, .src = 2, .off = 5}}, "if r1 > r2 goto pc+5"},
    {{{.opcode = 0x85, .imm = 1}}, "call bpf_map_lookup_elem#1"},
    {{{.opcode = 0x85, .src = 1, .imm = -2}}, "call pc-2"},
    {{{.opcode = 0x18, .dst = 1, .src = 1, .imm = 0}, {.opcode = 0}}, "r1 = map[blocklist]"},
    {{{.opcode = 0x18, .dst = 2, .src = 2, .imm = 0}, {.imm = 16}}, "r2 = map[blocklist][0]+16"},
    {{{.opcode = 0x18, .dst = 2, .imm = -1}, {.imm = 1}}, "r2 = 0x1ffffffff"},
    {{{.opcode = 0x95}}, "exit"},
    {{{.opcode = 0x7b, .dst = 10, .src = 6, .off = -8}}, "*(u64 *)(r10 -8) = r6"},
    {{{.opcode = 0x72, .dst = 1, .off = 3, .imm = -1}}, "*(u8 *)(r1 +3) = -1"},
    {{{.opcode = 0xdb, .dst = 0, .src = 1}}, "lock *(u64 *)(r0 +0) += r1"},
    {{{.opcode = 0xc3, .dst = 2, .src = 1, .off = 8, .imm = 0x51}},
     "r1 = atomic_fetch_and((u32 *)(r2 +8), r1)"},
    {{{.opcode = 0xdb, .dst = 2, .src = 1, .off = 8, .imm = 0xe1}},
     "r1 = atomic64_xchg((u64 *)(r2 +8), r1)"},
    {{{.opcode = 0xdb, .dst = 2, .src = 1, .off = 8, .imm = 0xf1}},
     "r0 = atomic64_cmpxchg((u64 *)(r2 +8), r0, r1)"},
    {{{.opcode = 0xdc, .dst = 5, .imm = 16}}, "r5 = be16 r5"},
    {{{.opcode = 0xd7, .dst = 5, .imm = 64}}, "r5 = bswap64 r5"},
    {{{.opcode = 0xbf, .dst = 5, .src = 6, .off = 8}}, "r5 = (s8)r6"},
    {{{.opcode = 0x3f, .dst = 5, .src = 6, .off = 1}}, "r5 s/= r6"},
    {{{.opcode = 0xc5, .dst = 5, .imm = -1, .off = -3}}, "if r5 s< 0xffffffff goto pc-3"},
    {{{.opcode = 0x06, .imm = 100000}}, "gotol pc+100000"},
    {{{.opcode = 0x84, .dst = 3}}, "w3 = -w3"},
    {{{.opcode = 0xff}}, "invalid opcode 0xff"},
};

static void test_known_text(void)
{
    const struct offload_map map = {.name = "blocklist"};
    char text[128];

    for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++) {
        struct offload_prog p = {
            .insns = known[k].insn, .insn_count = 2, .maps = &map, .map_count = 1};
        offload_disasm(&p, 0, text, sizeof(text));
        if (strcmp(text, known[k].text) != 0)
            fprintf(stderr, "\"%s\", wanted \"%s\"\n", text, known[k].text);
        CU_ASSERT_STRING_EQUAL(text, known[k].text);
    }
}

static void test_short_buffer(void)
{
    const struct ebpf_insn i = {.opcode = 0x61, .dst = 1, .src = 1, .off = 4};
    const struct offload_prog p = {.insns = &i, .insn_count = 1};
    char text[8] = "xxxxxxx";

    CU_ASSERT_EQUAL(offload_disasm(&p, 0, text, 6), 1);
    CU_ASSERT_STRING_EQUAL(text, "r1 = ");
    CU_ASSERT_EQUAL(text[6], 'x');
    CU_ASSERT_EQUAL(offload_disasm(&p, 0, NULL, 0), 1);
}

static void test_line(void)
{
    const struct offload_line_info lines[] = {{.insn = 2, .line = 10}, {.insn = 5, .line = 11}};
    const struct offload_prog p = {.lines = lines, .line_count = 2, .insn_count = 9};
    const struct offload_prog none = {.insn_count = 9};

    CU_ASSERT_PTR_NULL(offload_prog_line(&p, 1));
    CU_ASSERT_PTR_EQUAL(offload_prog_line(&p, 2), &lines[0]);
    CU_ASSERT_PTR_EQUAL(offload_prog_line(&p, 4), &lines[0]);
    CU_ASSERT_PTR_EQUAL(offload_prog_line(&p, 5), &lines[1]);
    CU_ASSERT_PTR_EQUAL(offload_prog_line(&p, 8), &lines[1]);
    CU_ASSERT_PTR_NULL(offload_prog_line(&none, 3));
}

static void test_helper_name(void)
{
    CU_ASSERT_STRING_EQUAL(ebpf_helper_name(1), "bpf_map_lookup_elem");
    CU_ASSERT_STRING_EQUAL(ebpf_helper_name(51), "bpf_redirect_map");
    CU_ASSERT_PTR_NULL(ebpf_helper_name(100000));
}

static const struct cunit_case cases[] = {
    {"no two rows overlap", test_overlap},
    {"every row comes back from bytes and text", test_round_trip},
    {"reserved fields are told", test_reserved},
    {"all opcodes decode to their row or to none", test_decode_all},
    {"text of known instructions", test_known_text},
    {"short buffers", test_short_buffer},
    {"source lines", test_line},
    {"helper names", test_helper_name},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("ebpf", cases);
}
