/* SPDX-License-Identifier: BSD-3-Clause */
/* A profile's INI text. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bpf.h>

#include "offload/profile.h"

#define FROM_DEVICE "from the device"

struct parser {
    struct offload_profile *p;
    char section[32];
    char *why;
    size_t why_len;
};

static int wrong(const struct parser *ps, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static int wrong(const struct parser *ps, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(ps->why, ps->why_len, fmt, ap);
    va_end(ap);
    return -EINVAL;
}

static char *trim(char *s)
{
    size_t n;

    while (isspace((unsigned char)*s))
        s++;
    n = strlen(s);
    while (n > 0 && isspace((unsigned char)s[n - 1]))
        s[--n] = '\0';
    return s;
}

/* ---- values ---- */

static int helper_id(const char *name)
{
    static const struct {
        const char *name;
        int id;
    } rows[] = {
#define HELPER(id_, name_, ...) {#name_, (id_)},
#include "offload/helpers.def"
#undef HELPER
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].id;
    return -1;
}

static int map_type(const char *name)
{
    static const struct {
        const char *name;
        int type;
    } rows[] = {
        {"HASH", BPF_MAP_TYPE_HASH},
        {"ARRAY", BPF_MAP_TYPE_ARRAY},
        {"PROG_ARRAY", BPF_MAP_TYPE_PROG_ARRAY},
        {"PERF_EVENT_ARRAY", BPF_MAP_TYPE_PERF_EVENT_ARRAY},
        {"PERCPU_HASH", BPF_MAP_TYPE_PERCPU_HASH},
        {"PERCPU_ARRAY", BPF_MAP_TYPE_PERCPU_ARRAY},
        {"LRU_HASH", BPF_MAP_TYPE_LRU_HASH},
        {"LRU_PERCPU_HASH", BPF_MAP_TYPE_LRU_PERCPU_HASH},
        {"LPM_TRIE", BPF_MAP_TYPE_LPM_TRIE},
        {"ARRAY_OF_MAPS", BPF_MAP_TYPE_ARRAY_OF_MAPS},
        {"HASH_OF_MAPS", BPF_MAP_TYPE_HASH_OF_MAPS},
        {"DEVMAP", BPF_MAP_TYPE_DEVMAP},
        {"DEVMAP_HASH", BPF_MAP_TYPE_DEVMAP_HASH},
        {"CPUMAP", BPF_MAP_TYPE_CPUMAP},
        {"XSKMAP", BPF_MAP_TYPE_XSKMAP},
        {"QUEUE", BPF_MAP_TYPE_QUEUE},
        {"STACK", BPF_MAP_TYPE_STACK},
        {"RINGBUF", BPF_MAP_TYPE_RINGBUF},
        {"BLOOM_FILTER", BPF_MAP_TYPE_BLOOM_FILTER},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].type;
    return -1;
}

/* A list of names, or the words that leave it to the device; lists in several lines add up. */
static int set_list(struct parser *ps, char *value, int (*number)(const char *), uint64_t *bits)
{
    char *rest;

    if (strcmp(value, FROM_DEVICE) == 0) {
        ps->p->device = true;
        return 0;
    }
    for (char *w = strtok_r(value, " \t,", &rest); w != NULL; w = strtok_r(NULL, " \t,", &rest)) {
        int n = number(w);

        if (n < 0)
            return wrong(ps, "'%.40s' is not known", w);
        bits[n / 64] |= 1ull << n % 64;
    }
    return 0;
}

static int set_number(struct parser *ps, const char *value, uint32_t *out)
{
    char *end;
    unsigned long long v = strtoull(value, &end, 0);

    if (!isdigit((unsigned char)value[0]) || *end != '\0' || v > UINT32_MAX)
        return wrong(ps, "'%.40s' is no number", value);
    *out = (uint32_t)v;
    return 0;
}

/* Thousandths: up to three digits behind the point. */
static int set_milli(struct parser *ps, const char *value, uint32_t *out)
{
    char *end;
    double v = strtod(value, &end);

    if (!isdigit((unsigned char)value[0]) || *end != '\0' || !(v <= 1000))
        return wrong(ps, "'%.40s' is no number up to 1000", value);
    *out = (uint32_t)(v * 1000 + 0.5);
    return 0;
}

static int set_word(struct parser *ps, const char *value, const char *const *words, unsigned count,
                    unsigned *out)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(value, words[i]) == 0) {
            *out = i;
            return 0;
        }
    return wrong(ps, "'%.40s' is not one of %s, %s%s%s", value, words[0], words[1],
                 count > 2 ? ", " : "", count > 2 ? words[2] : "");
}

static int set_bool(struct parser *ps, const char *value, bool *out)
{
    static const char *const words[] = {"no", "yes"};
    unsigned n = 0;
    int rc = set_word(ps, value, words, 2, &n);

    *out = n != 0;
    return rc;
}

static int set_text(struct parser *ps, const char *value, char *out, size_t len)
{
    if (strlen(value) >= len)
        return wrong(ps, "the text is longer than %zu bytes", len - 1);
    strcpy(out, value);
    return 0;
}

/* ---- keys ---- */

enum kind {
    TEXT_NAME,
    TEXT_ABOUT,
    TEXT_PREFIX,
    HELPERS,
    MAP_TYPES,
    NUMBER,
    MILLI,
    BOOLEAN,
    DIVISION,
    ATOMICS,
};

static const struct key {
    const char *section, *name;
    enum kind kind;
    size_t offset;
} keys[] = {
#define KEY(section, name, kind, field)                                                            \
    {section, name, kind, offsetof(struct offload_profile, field)}
    KEY("profile", "name", TEXT_NAME, name),
    KEY("profile", "about", TEXT_ABOUT, about),
    KEY("profile", "prefix", TEXT_PREFIX, prefix),
    KEY("helpers", "allow", HELPERS, helpers),
    KEY("maps", "types", MAP_TYPES, map_types),
    KEY("maps", "flags", NUMBER, map_flags),
    KEY("maps", "count", NUMBER, maps),
    KEY("maps", "entries", NUMBER, entries),
    KEY("maps", "key", NUMBER, key),
    KEY("maps", "value", NUMBER, value),
    KEY("maps", "element", NUMBER, element),
    KEY("instructions", "tail_calls", BOOLEAN, tail_calls),
    KEY("instructions", "callbacks", BOOLEAN, callbacks),
    KEY("instructions", "kfuncs", BOOLEAN, kfuncs),
    KEY("instructions", "mod", BOOLEAN, mod),
    KEY("instructions", "div", DIVISION, div),
    KEY("instructions", "atomics", ATOMICS, atomics),
    KEY("limits", "stack", NUMBER, stack),
    KEY("limits", "engine_insns", NUMBER, engine_insns),
    KEY("limits", "engine_insns_per_bpf_insn", MILLI, milli_insns_per_bpf),
    KEY("limits", "verdict", NUMBER, verdict),
#undef KEY
};

static int set_choice(struct parser *ps, const struct key *k, const char *value)
{
    static const char *const div[] = {"all", "constant", "none"};
    static const char *const atomics[] = {"all", "map add", "none"};
    unsigned n = 0;
    int rc = set_word(ps, value, k->kind == DIVISION ? div : atomics, 3, &n);

    if (k->kind == DIVISION)
        ps->p->div = (enum offload_div)n;
    else
        ps->p->atomics = (enum offload_atomics)n;
    return rc;
}

static int set_key(struct parser *ps, const struct key *k, char *value)
{
    void *field = (char *)ps->p + k->offset;

    switch (k->kind) {
    case TEXT_NAME:
        return set_text(ps, value, field, sizeof(ps->p->name));
    case TEXT_ABOUT:
        return set_text(ps, value, field, sizeof(ps->p->about));
    case TEXT_PREFIX:
        return set_text(ps, value, field, sizeof(ps->p->prefix));
    case HELPERS:
        return set_list(ps, value, helper_id, field);
    case MAP_TYPES:
        return set_list(ps, value, map_type, field);
    case NUMBER:
        return set_number(ps, value, field);
    case MILLI:
        return set_milli(ps, value, field);
    case BOOLEAN:
        return set_bool(ps, value, field);
    case DIVISION:
    case ATOMICS:
        break;
    }
    return set_choice(ps, k, value);
}

/* ---- lines ---- */

static int take_line(struct parser *ps, char *s)
{
    char *eq;

    s = trim(s);
    if (s[0] == '\0' || s[0] == '#' || s[0] == ';')
        return 0;
    if (s[0] == '[') {
        char *end = strchr(s, ']');

        if (end == NULL || end[1] != '\0')
            return wrong(ps, "a section is [name]");
        *end = '\0';
        return set_text(ps, s + 1, ps->section, sizeof(ps->section));
    }
    eq = strchr(s, '=');
    if (eq == NULL)
        return wrong(ps, "a line is KEY = VALUE");
    *eq = '\0';
    s = trim(s);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (strcmp(keys[i].section, ps->section) == 0 && strcmp(keys[i].name, s) == 0)
            return set_key(ps, &keys[i], trim(eq + 1));
    return wrong(ps, "'%.40s' is no key of section '%.31s'", s, ps->section);
}

int offload_profile_parse(const char *text, size_t len, struct offload_profile *out, unsigned *line,
                          char *why, size_t why_len)
{
    struct parser ps = {.p = out, .why = why, .why_len = why_len};
    const char *end = text + len;
    char buf[256];
    int rc = 0;

    *out = (struct offload_profile){
        .tail_calls = true, .callbacks = true, .kfuncs = true, .mod = true};
    for (*line = 1; text < end; ++*line) {
        const char *nl = memchr(text, '\n', (size_t)(end - text));
        size_t n = (size_t)((nl != NULL ? nl : end) - text);

        if (n >= sizeof(buf) || memchr(text, '\0', n) != NULL)
            return wrong(&ps, "not a line of text of less than %zu bytes", sizeof(buf));
        memcpy(buf, text, n);
        buf[n] = '\0';
        rc = take_line(&ps, buf);
        if (rc != 0)
            return rc;
        text += nl != NULL ? n + 1 : n;
    }
    return out->name[0] != '\0' ? 0 : wrong(&ps, "the profile has no name");
}
