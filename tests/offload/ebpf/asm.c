/* SPDX-License-Identifier: BSD-3-Clause */
#include "asm.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABELS 64
#define LINE   160

struct label {
    char name[32];
    long slot;
};

struct assembler {
    struct label labels[LABELS];
    unsigned label_count;
    bool final; /* second pass: labels are known */
    long at;    /* slot being assembled */
};

/* What a template took from the text. */
struct match {
    struct ebpf_insn insn;
    uint64_t imm64;
    unsigned seen; /* register letters already bound */
};

static bool number(const char **s, int base, long long min, long long max, long long *v)
{
    char *end;

    if (!isdigit((unsigned char)**s) && **s != '-' && **s != '+')
        return false;
    errno = 0;
    *v = strtoll(*s, &end, base);
    if (end == *s || errno || *v < min || *v > max)
        return false;
    *s = end;
    return true;
}

static bool take_reg(const char **s, char letter, struct match *m, bool dst)
{
    long long n;
    unsigned bit = dst ? 1 : 2;

    if (*(*s)++ != letter || !isdigit((unsigned char)**s) || !number(s, 10, 0, 15, &n))
        return false;
    if ((m->seen & bit) && (dst ? m->insn.dst : m->insn.src) != n)
        return false;
    m->seen |= bit;
    if (dst)
        m->insn.dst = (uint8_t)(n & 15);
    else
        m->insn.src = (uint8_t)(n & 15);
    return true;
}

/* A label or "pc+N", whose "pc" the template spells. */
static bool take_label(const struct assembler *a, const char **s, long *rel)
{
    size_t n = 0;

    if (!isupper((unsigned char)**s))
        return false;
    while (isalnum((unsigned char)(*s)[n]) || (*s)[n] == '_')
        n++;
    *rel = 0;
    for (unsigned k = 0; k < a->label_count; k++)
        if (strlen(a->labels[k].name) == n && memcmp(a->labels[k].name, *s, n) == 0) {
            *rel = a->labels[k].slot - a->at - 1;
            *s += n;
            return true;
        }
    if (a->final)
        return false;
    *s += n;
    return true;
}

static bool take_map(const char **s, struct match *m, bool value)
{
    long long v;

    if (strncmp(*s, "map[", 4) != 0)
        return false;
    *s += 4;
    if (!number(s, 10, 0, INT32_MAX, &v) || *(*s)++ != ']')
        return false;
    m->insn.imm = (int32_t)v;
    if (!value)
        return true;
    if (strncmp(*s, "[0]", 3) != 0)
        return false;
    *s += 3;
    if (!number(s, 10, INT32_MIN, INT32_MAX, &v))
        return false;
    m->imm64 = (uint64_t)(uint32_t)v << 32 | (uint32_t)m->insn.imm;
    return true;
}

static bool take_imm64(const char **s, struct match *m)
{
    char *end;

    if (strncmp(*s, "0x", 2) != 0)
        return false;
    m->imm64 = strtoull(*s, &end, 16);
    m->insn.imm = (int32_t)(uint32_t)m->imm64;
    *s = end;
    return true;
}

static bool take(const char **s, char code, struct match *m)
{
    long long v;

    switch (code) {
    case 'd':
    case 's':
        return take_reg(s, 'r', m, code == 'd');
    case 'D':
    case 'S':
        return take_reg(s, 'w', m, code == 'D');
    case 'i':
    case 'I':
        if (!number(s, 10, INT32_MIN, INT32_MAX, &v))
            return false;
        m->insn.imm = (int32_t)v;
        return true;
    case 'x':
        if (!number(s, 0, INT32_MIN, UINT32_MAX, &v))
            return false;
        m->insn.imm = (int32_t)(uint32_t)v;
        return true;
    case 'o':
        if (!number(s, 10, INT16_MIN, INT16_MAX, &v))
            return false;
        m->insn.off = (int16_t)v;
        return true;
    case 'q':
        return take_imm64(s, m);
    case 'm':
        m->imm64 = 0;
        if (!take_map(s, m, false))
            return false;
        m->imm64 = (uint32_t)m->insn.imm;
        return true;
    case 'v':
        return take_map(s, m, true);
    case 'h':
        while (isalnum((unsigned char)**s) || **s == '_')
            (*s)++;
        if (*(*s)++ != '#' || !number(s, 10, INT32_MIN, INT32_MAX, &v))
            return false;
        m->insn.imm = (int32_t)v;
        return true;
    default:
        return *(*s)++ == code;
    }
}

/* `s` has no spaces. */
static bool match_row(const struct assembler *a, const struct ebpf_row *row, const char *s,
                      struct match *m)
{
    long rel;

    *m = (struct match){.insn = {.opcode = row->opcode}};
    if (row->disc == EBPF_BY_OFF)
        m->insn.off = (int16_t)row->dval;
    else if (row->disc == EBPF_BY_IMM)
        m->insn.imm = row->dval;
    else if (row->disc == EBPF_BY_SRC)
        m->insn.src = row->dval & 15u;
    for (const char *t = row->text; *t; t++) {
        if (*t == ' ')
            continue;
        if (strncmp(t, "pc%", 3) == 0 && take_label(a, &s, &rel)) {
            if (t[3] == 'I')
                m->insn.imm = (int32_t)rel;
            else if (rel < INT16_MIN || rel > INT16_MAX)
                return false;
            else
                m->insn.off = (int16_t)rel;
            t += 3;
        } else if (t[0] == '%' && t[1] == 'I' && take_label(a, &s, &rel)) {
            m->insn.imm = (int32_t)rel;
            t++;
        } else if (*t == '%' && t[1] ? !take(&s, *++t, m) : *s++ != *t) {
            return false;
        }
    }
    return *s == '\0';
}

static long hex_slot(const char *s, struct ebpf_insn *out)
{
    uint8_t bytes[8];

    for (unsigned k = 0; k < 8; k++) {
        unsigned v;
        if (sscanf(s + (size_t)2 * k, "%2x", &v) != 1)
            return 0;
        bytes[k] = (uint8_t)v;
    }
    memcpy(out, bytes, 8);
    return strlen(s) == 16 ? 1 : 0;
}

/* Slots of one line without spaces; 0 when it is no instruction. */
static long line_slots(const struct assembler *a, const char *s, struct ebpf_insn out[2])
{
    struct match m;

    if (strncmp(s, "hex:", 4) == 0)
        return hex_slot(s + 4, out);
    for (unsigned id = EBPF_INVALID + 1; id < EBPF_ID_COUNT; id++) {
        const struct ebpf_row *row = ebpf_row(id);
        if (!match_row(a, row, s, &m))
            continue;
        out[0] = m.insn;
        out[1] = (struct ebpf_insn){.imm = (int32_t)(uint32_t)(m.imm64 >> 32)};
        return (long)ebpf_slots(row);
    }
    return 0;
}

/* The line at *src, without comment and spaces; *src moves to the next. False at the end. */
static bool next_line(const char **src, char out[LINE])
{
    size_t n = 0;

    if (**src == '\0')
        return false;
    for (bool comment = false; **src && **src != '\n'; (*src)++) {
        comment = comment || (**src == '#' && (*src)[1] == ' ');
        if (!comment && !isspace((unsigned char)**src) && n + 1 < LINE)
            out[n++] = **src;
    }
    out[n] = '\0';
    if (**src == '\n')
        (*src)++;
    return true;
}

static bool define(struct assembler *a, char *s)
{
    size_t n = strlen(s);

    if (n < 2 || s[n - 1] != ':')
        return false;
    if (!a->final && a->label_count < LABELS && n <= sizeof(a->labels[0].name)) {
        memcpy(a->labels[a->label_count].name, s, n - 1);
        a->labels[a->label_count++].slot = a->at;
    }
    return true;
}

static bool pass(struct assembler *a, const char *src, struct ebpf_insn *out, size_t max,
                 struct asm_error *err)
{
    char line[LINE];
    struct ebpf_insn insn[2];

    a->at = 0;
    for (err->line = 1; next_line(&src, line); err->line++) {
        if (!line[0] || define(a, line))
            continue;
        long n = line_slots(a, line, insn);
        if (n == 0 || (size_t)(a->at + n) > max) {
            snprintf(err->text, sizeof(err->text), "%.100s", line);
            return false;
        }
        memcpy(&out[a->at], insn, (size_t)n * sizeof(*out));
        a->at += n;
    }
    return true;
}

long bpf_asm(const char *source, struct ebpf_insn *out, size_t max, struct asm_error *err)
{
    struct assembler a = {.label_count = 0};

    if (!pass(&a, source, out, max, err))
        return -1;
    a.final = true;
    return pass(&a, source, out, max, err) ? a.at : -1;
}
