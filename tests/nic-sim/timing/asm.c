/* SPDX-License-Identifier: BSD-3-Clause */
#include "asm.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "nic/rv64.h"

enum { WORDS_MAX = 4, WORD_CHARS = 16, PAUSE = 0x0100000f, PARK = 0x0000006f };

struct line {
    char word[WORDS_MAX][WORD_CHARS];
    unsigned n;
};

/* Splits up to the next ';'; what follows it, NULL when a word or the line is too long. */
static const char *split(const char *s, struct line *l)
{
    memset(l, 0, sizeof(*l));
    while (*s != '\0' && *s != ';') {
        size_t len = strcspn(s, " ;");

        if (len != 0) {
            if (l->n == WORDS_MAX || len >= WORD_CHARS)
                return NULL;
            memcpy(l->word[l->n++], s, len);
        }
        s += len + (s[len] == ' ');
    }
    return *s == ';' ? s + 1 : s;
}

static enum rv64_op find(const char *mnemonic)
{
    for (unsigned op = 1; op < RV64_OP_COUNT; op++)
        if (strcmp(rv64_mnemonic((enum rv64_op)op), mnemonic) == 0)
            return (enum rv64_op)op;
    return RV64_OP_INVALID;
}

static bool reg(const char *name, unsigned *out)
{
    for (unsigned r = 0; r < 32; r++) {
        if (strcmp(rv64_reg_name(r), name) == 0) {
            *out = r;
            return true;
        }
    }
    return false;
}

static bool number(const char *text, int32_t *out)
{
    char *end;

    *out = (int32_t)strtoll(text, &end, 0);
    return end != text && *end == '\0';
}

/* Operands in the order in which they are written: d, 1, 2 registers; i immediate. */
static const char *order(enum rv64_op op)
{
    static const char *const orders[] = {
        [RV64_FMT_R] = "d12",   [RV64_FMT_R1] = "d1",   [RV64_FMT_R0] = "12",
        [RV64_FMT_I] = "d1i",   [RV64_FMT_SH6] = "d1i", [RV64_FMT_SH5] = "d1i",
        [RV64_FMT_S] = "2i1",   [RV64_FMT_B] = "12i",   [RV64_FMT_U] = "di",
        [RV64_FMT_J] = "di",    [RV64_FMT_CSR] = "di1", [RV64_FMT_CSRI] = "di1",
        [RV64_FMT_AMO] = "d21", [RV64_FMT_LR] = "d1",   [RV64_FMT_FENCE] = "i",
        [RV64_FMT_NONE] = "",
    };

    if ((op >= RV64_OP_LB && op <= RV64_OP_LWU) || op == RV64_OP_JALR)
        return "di1";
    return orders[rv64_op_format(op)];
}

static bool encode(const struct line *l, uint32_t *out)
{
    enum rv64_op op = find(l->word[0]);
    const char *form = order(op);
    unsigned r[3] = {0};
    int32_t imm = 0;

    if (op == RV64_OP_INVALID || l->n != strlen(form) + 1)
        return false;
    for (unsigned i = 0; form[i] != '\0'; i++) {
        const char *word = l->word[i + 1];
        bool ok =
            form[i] == 'i' ? number(word, &imm) : reg(word, &r[form[i] == 'd' ? 0 : form[i] - '0']);
        if (!ok)
            return false;
    }
    if (!rv64_imm_fits(op, imm))
        return false;
    *out = rv64_encode(op, r[0], r[1], r[2], imm);
    return true;
}

static bool special(const struct line *l, uint32_t *out)
{
    *out = strcmp(l->word[0], "park") == 0 ? PARK : PAUSE;
    return l->n == 1 && (*out == PARK || strcmp(l->word[0], "pause") == 0);
}

int asm_text(const char *text, uint32_t *out, unsigned max, const char **bad)
{
    struct line l;
    unsigned n = 0;

    while (*text != '\0') {
        *bad = text;
        text = split(text, &l);
        if (text == NULL || n == max)
            return -1;
        if (l.n != 0 && !special(&l, &out[n]) && !encode(&l, &out[n]))
            return -1;
        n += l.n != 0;
    }
    return (int)n;
}
