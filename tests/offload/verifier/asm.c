/* SPDX-License-Identifier: BSD-3-Clause */
#include "asm.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ebpf/ebpf.h"

/* Reads one line against one template. */
struct reader {
    const char *at;
    struct ebpf_insn insn, high; /* `high`: the second slot */
    char label[ASM_NAME];
    char label_field;
};

static bool read_number(struct reader *r, int64_t *out)
{
    char *end;
    const char *p = r->at;
    if (*p == '+')
        p++;
    if (!isdigit((unsigned char)*p) && *p != '-')
        return false;
    *out = *p == '-' ? strtoll(p, &end, 0) : (int64_t)strtoull(p, &end, 0);
    if (end == p)
        return false;
    r->at = end;
    return true;
}

static bool read_reg(struct reader *r, char prefix, unsigned *out)
{
    int64_t n;
    if (*r->at != prefix || !isdigit((unsigned char)r->at[1]))
        return false;
    r->at++;
    if (!read_number(r, &n) || n < 0 || n > 15)
        return false;
    *out = (unsigned)n;
    return true;
}

static bool read_imm(struct reader *r)
{
    int64_t n;
    if (!read_number(r, &n) || n < INT32_MIN || n > UINT32_MAX)
        return false;
    r->insn.imm = (int32_t)(uint32_t)(uint64_t)n;
    return true;
}

static bool read_off(struct reader *r)
{
    int64_t n;
    if (!read_number(r, &n) || n < INT16_MIN || n > INT16_MAX)
        return false;
    r->insn.off = (int16_t)n;
    return true;
}

static bool read_wide(struct reader *r)
{
    int64_t n;
    if (!read_number(r, &n) || strcmp(r->at, " ll") != 0)
        return false;
    r->at += 3;
    r->insn.imm = (int32_t)(uint32_t)(uint64_t)n;
    r->high.imm = (int32_t)(uint32_t)((uint64_t)n >> 32);
    return true;
}

static bool read_text(struct reader *r, const char *text)
{
    size_t n = strlen(text);
    if (strncmp(r->at, text, n) != 0)
        return false;
    r->at += n;
    return true;
}

static bool read_map(struct reader *r, bool value)
{
    int64_t off = 0;
    if (!read_text(r, "map[") || !read_imm(r) || !read_text(r, "]"))
        return false;
    if (!value)
        return true;
    if (!read_text(r, "[0]") || (*r->at && !read_number(r, &off)))
        return false;
    r->high.imm = (int32_t)off;
    return true;
}

static bool read_helper(struct reader *r)
{
    const char *mark = strchr(r->at, '#');
    if (mark)
        r->at = mark + 1;
    return read_imm(r);
}

static bool read_field(struct reader *r, char code)
{
    unsigned reg = 0;
    switch (code) {
    case 'd':
    case 'D':
        if (!read_reg(r, code == 'd' ? 'r' : 'w', &reg))
            return false;
        r->insn.dst = reg & 15;
        return true;
    case 's':
    case 'S':
        if (!read_reg(r, code == 's' ? 'r' : 'w', &reg))
            return false;
        r->insn.src = reg & 15;
        return true;
    case 'i':
    case 'x':
    case 'I':
        return read_imm(r);
    case 'o':
        return read_off(r);
    case 'q':
        return read_wide(r);
    case 'm':
    case 'v':
        return read_map(r, code == 'v');
    case 'h':
        return read_helper(r);
    default:
        return read_text(r, (char[]){code, 0});
    }
}

/* "pc%o" and "pc%I" also take a name. */
static bool read_label(struct reader *r, char field)
{
    size_t n = 0;
    while (isalnum((unsigned char)r->at[n]) || r->at[n] == '_')
        n++;
    if (n == 0 || n >= ASM_NAME || isdigit((unsigned char)*r->at) || strncmp(r->at, "pc", n) == 0)
        return false;
    memcpy(r->label, r->at, n);
    r->label_field = field;
    r->at += n;
    return true;
}

static bool read_row(struct reader *r, const struct ebpf_row *row)
{
    for (const char *c = row->text; *c; c++) {
        if (strncmp(c, "pc%", 3) == 0 && read_label(r, c[3])) {
            c += 3;
        } else if (*c == '%' && c[1]) {
            if (!read_field(r, *++c))
                return false;
        } else if (*c != *r->at++) {
            return false;
        }
    }
    return *r->at == 0;
}

static void set_disc(struct ebpf_insn *i, const struct ebpf_row *row)
{
    i->opcode = row->opcode;
    if (row->disc == EBPF_BY_OFF)
        i->off = (int16_t)row->dval;
    if (row->disc == EBPF_BY_IMM)
        i->imm = row->dval;
    if (row->disc == EBPF_BY_SRC)
        i->src = (uint8_t)row->dval & 15u;
}

static int fail(struct asm_out *out, int line, const char *what, const char *text)
{
    snprintf(out->error, sizeof(out->error), "line %d: %s: %.80s", line, what, text);
    return -1;
}

static int emit(struct asm_out *out, const struct reader *r, const struct ebpf_row *row, int line)
{
    if (out->count + 2 > ASM_SLOTS || out->uses == sizeof(out->use) / sizeof(out->use[0]))
        return fail(out, line, "too long", "");
    if (r->label[0]) {
        struct asm_use *u = &out->use[out->uses++];
        *u = (struct asm_use){.slot = out->count, .line = line, .field = r->label_field};
        memcpy(u->name, r->label, sizeof(u->name));
    }
    out->insn[out->count++] = r->insn;
    if (row->kind == EBPF_KIND_LD64)
        out->insn[out->count++] = r->high;
    return 0;
}

static int raw_slot(struct asm_out *out, const char *text, int line)
{
    unsigned op, dst, src;
    int off;
    long long imm;
    if (sscanf(text, ".slot %i %i %i %i %lli", (int *)&op, (int *)&dst, (int *)&src, &off, &imm) !=
        5)
        return fail(out, line, "cannot read", text);
    out->insn[out->count++] = (struct ebpf_insn){.opcode = (uint8_t)op,
                                                 .dst = dst & 15,
                                                 .src = src & 15,
                                                 .off = (int16_t)off,
                                                 .imm = (int32_t)imm};
    return 0;
}

static int add_label(struct asm_out *out, const char *text, size_t n, int line)
{
    if (n >= ASM_NAME || out->labels == ASM_LABELS)
        return fail(out, line, "label", text);
    struct asm_label *l = &out->label[out->labels++];
    memcpy(l->name, text, n);
    l->slot = out->count;
    return 0;
}

int asm_line(struct asm_out *out, const char *text, int line)
{
    size_t n = strlen(text);
    if (n && text[n - 1] == ':')
        return add_label(out, text, n - 1, line);
    if (text[0] == '.')
        return raw_slot(out, text, line);
    for (unsigned id = 1; id < EBPF_ID_COUNT; id++) {
        const struct ebpf_row *row = ebpf_row(id);
        struct reader r = {.at = text};
        if (!read_row(&r, row))
            continue;
        set_disc(&r.insn, row);
        return emit(out, &r, row, line);
    }
    return fail(out, line, "no such instruction", text);
}

static int resolve(struct asm_out *out, const struct asm_use *u)
{
    for (unsigned n = 0; n < out->labels; n++) {
        if (strcmp(out->label[n].name, u->name) != 0)
            continue;
        int32_t by = (int32_t)out->label[n].slot - (int32_t)u->slot - 1;
        if (u->field == 'I')
            out->insn[u->slot].imm = by;
        else
            out->insn[u->slot].off = (int16_t)by;
        return 0;
    }
    return fail(out, u->line, "no such label", u->name);
}

int asm_end(struct asm_out *out)
{
    int err = 0;
    for (unsigned n = 0; n < out->uses && !err; n++)
        err = resolve(out, &out->use[n]);
    return err;
}

int asm_lines(struct asm_out *out, const char *const *lines)
{
    int err = 0;
    memset(out, 0, sizeof(*out));
    for (int n = 0; lines[n] && !err; n++)
        err = asm_line(out, lines[n], n);
    if (!err)
        err = asm_end(out);
    if (err)
        printf("%s ", out->error);
    return err;
}
