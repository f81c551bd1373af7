/* SPDX-License-Identifier: BSD-3-Clause */
/* The passes' names, and options as text. */
#include <errno.h>
#include <string.h>

#include "xlate/xlate.h"

static const struct {
    const char *name, *what;
} passes[OFFLOAD_PASSES] = {
#define XLATE_PASS(id, name, what) [OFFLOAD_PASS_##id] = {name, what},
#include "offload/passes.def"
};

const char *offload_pass_name(unsigned n)
{
    return n < OFFLOAD_PASSES ? passes[n].name : NULL;
}

const char *offload_pass_what(unsigned n)
{
    return n < OFFLOAD_PASSES ? passes[n].what : NULL;
}

static bool is_word(const char *s, size_t len, const char *word)
{
    return strlen(word) == len && strncmp(s, word, len) == 0;
}

static int parse_word(const char *s, size_t len, struct offload_xlate_opts *opts)
{
    bool on = *s == '+';

    if (is_word(s, len, "all") || is_word(s, len, "none")) {
        opts->naive = *s == 'n';
        opts->off = opts->naive ? UINT32_MAX : 0;
        return 0;
    }
    if (*s != '-' && *s != '+')
        return -EINVAL;
    for (unsigned n = 0; n < OFFLOAD_PASSES; n++) {
        if (!is_word(s + 1, len - 1, passes[n].name))
            continue;
        opts->off = on ? opts->off & ~(1u << n) : opts->off | 1u << n;
        opts->naive = opts->naive && !on;
        return 0;
    }
    return -EINVAL;
}

int offload_xlate_opts_parse(const char *text, struct offload_xlate_opts *opts, const char **bad)
{
    *opts = (struct offload_xlate_opts){.off = 0};
    for (const char *s = text;; s++) {
        size_t len = strcspn(s, ",");
        *bad = s;
        if (len == 0 || parse_word(s, len, opts))
            return -EINVAL;
        s += len;
        if (*s == '\0')
            return 0;
    }
}

void offload_xlate_opts_by_insn(struct offload_xlate_opts *opts)
{
    opts->off |= ~(1u << OFFLOAD_PASS_LOOKUP | 1u << OFFLOAD_PASS_HASH | 1u << OFFLOAD_PASS_NEAR);
}
