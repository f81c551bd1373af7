/* SPDX-License-Identifier: BSD-3-Clause */
/* Text of instructions: the row's template, filled in. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "ebpf/ebpf.h"
#include "offload/image.h"

struct text {
    char *buf;
    size_t len, at;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *t, const char *fmt, ...)
{
    va_list ap;
    int n;

    if (t->at + 1 >= t->len)
        return;
    va_start(ap, fmt);
    n = vsnprintf(t->buf + t->at, t->len - t->at, fmt, ap);
    va_end(ap);
    if (n > 0)
        t->at += (size_t)n;
}

static void put_map(struct text *t, const struct offload_prog *p, int32_t imm)
{
    uint32_t index = (uint32_t)imm;
    const char *name = index < p->map_count ? p->maps[index].name : NULL;

    if (name && *name)
        put(t, "map[%s]", name);
    else
        put(t, "map[%" PRIu32 "]", index);
}

static void put_helper(struct text *t, int32_t imm)
{
    const char *name = ebpf_helper_name((uint32_t)imm);

    put(t, "%s#%" PRId32, name ? name : "unknown", imm);
}

/* `high`: immediate of the second slot of LD_IMM64. */
static void put_field(struct text *t, char code, const struct offload_prog *p,
                      const struct ebpf_insn *i, int32_t high)
{
    switch (code) {
    case 'd':
        put(t, "r%u", i->dst);
        break;
    case 's':
        put(t, "r%u", i->src);
        break;
    case 'D':
        put(t, "w%u", i->dst);
        break;
    case 'S':
        put(t, "w%u", i->src);
        break;
    case 'i':
        put(t, "%" PRId32, i->imm);
        break;
    case 'x':
        put(t, "0x%" PRIx32, (uint32_t)i->imm);
        break;
    case 'o':
        put(t, "%+d", i->off);
        break;
    case 'I':
        put(t, "%+" PRId32, i->imm);
        break;
    case 'q':
        put(t, "0x%" PRIx64, (uint64_t)(uint32_t)high << 32 | (uint32_t)i->imm);
        break;
    case 'm':
        put_map(t, p, i->imm);
        break;
    case 'v':
        put_map(t, p, i->imm);
        put(t, "[0]%+" PRId32, high);
        break;
    case 'h':
        put_helper(t, i->imm);
        break;
    default:
        put(t, "%c", code);
        break;
    }
}

unsigned offload_disasm(const struct offload_prog *prog, uint32_t insn, char *buf, size_t len)
{
    struct text t = {.buf = buf, .len = len};
    const struct ebpf_insn *i = &prog->insns[insn];
    const struct ebpf_row *row = ebpf_decode(i);
    bool wide = row->kind == EBPF_KIND_LD64 && insn + 1 < prog->insn_count;

    if (len)
        buf[0] = '\0';
    if (row->id == EBPF_INVALID)
        put(&t, "invalid opcode 0x%02x", i->opcode);
    else
        for (const char *c = row->text; *c; c++) {
            if (*c == '%' && c[1])
                put_field(&t, *++c, prog, i, wide ? prog->insns[insn + 1].imm : 0);
            else
                put(&t, "%c", *c);
        }
    return wide ? 2 : 1;
}
