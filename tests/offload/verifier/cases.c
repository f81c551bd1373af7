/* SPDX-License-Identifier: BSD-3-Clause */
#include "cases.h"

#include <dirent.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    uint32_t type;
} map_types[] = {
    {"hash", BPF_MAP_TYPE_HASH},
    {"array", BPF_MAP_TYPE_ARRAY},
    {"percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY},
    {"percpu_hash", BPF_MAP_TYPE_PERCPU_HASH},
    {"lru_hash", BPF_MAP_TYPE_LRU_HASH},
    {"lpm_trie", BPF_MAP_TYPE_LPM_TRIE},
    {"devmap", BPF_MAP_TYPE_DEVMAP},
    {"queue", BPF_MAP_TYPE_QUEUE},
    {"perf_event_array", BPF_MAP_TYPE_PERF_EVENT_ARRAY},
    {"prog_array", BPF_MAP_TYPE_PROG_ARRAY},
    {"ringbuf", BPF_MAP_TYPE_RINGBUF},
    {"array_of_maps", BPF_MAP_TYPE_ARRAY_OF_MAPS},
    {"hash_of_maps", BPF_MAP_TYPE_HASH_OF_MAPS},
    {"xskmap", BPF_MAP_TYPE_XSKMAP},
    {"sockmap", BPF_MAP_TYPE_SOCKMAP},
    {"sockhash", BPF_MAP_TYPE_SOCKHASH},
    {"cpumap", BPF_MAP_TYPE_CPUMAP},
    {"bloom", BPF_MAP_TYPE_BLOOM_FILTER},
    {"stack", BPF_MAP_TYPE_STACK},
    {"lru_percpu_hash", BPF_MAP_TYPE_LRU_PERCPU_HASH},
    {"user_ringbuf", BPF_MAP_TYPE_USER_RINGBUF},
};

static int say(const struct test_case *c, const char *what, const char *text)
{
    fprintf(stderr, "%s:%d: %s: %s\n", c->file, c->line, what, text);
    return -1;
}

static int set_map_flag(struct test_case *c, struct offload_map *m, char *word, char **save)
{
    if (strcmp(word, "rdonly") == 0) {
        m->flags |= BPF_F_RDONLY_PROG;
    } else if (strcmp(word, "wronly") == 0) {
        m->flags |= BPF_F_WRONLY_PROG;
    } else if (strcmp(word, "any_length") == 0) {
        m->flags |= BPF_F_INNER_MAP;
    } else if (strcmp(word, "frozen") == 0 && m >= c->map && m < c->map + CASE_MAPS) {
        uint8_t *data = c->data[m - c->map];
        const char *hex = strtok_r(NULL, " ", save);
        unsigned byte;
        m->flags |= BPF_F_RDONLY_PROG;
        for (unsigned n = 0; hex && n < CASE_DATA && sscanf(hex + 2 * n, "%2x", &byte) == 1; n++)
            data[n] = (uint8_t)byte;
        m->frozen_data = data;
    } else {
        return say(c, "map flag", word);
    }
    return 0;
}

static int set_map_flags(struct test_case *c, struct offload_map *m, char **save)
{
    for (char *word = strtok_r(NULL, " ", save); word; word = strtok_r(NULL, " ", save))
        if (set_map_flag(c, m, word, save))
            return -1;
    return 0;
}

static int read_map(struct test_case *c, struct offload_map *m, char *text, char **save)
{
    char *word = strtok_r(text, " ", save);
    uint32_t *field[3] = {&m->key_size, &m->value_size, &m->max_entries};
    m->name = "m";
    for (size_t n = 0; word && n < sizeof(map_types) / sizeof(map_types[0]); n++)
        if (strcmp(map_types[n].name, word) == 0)
            m->type = map_types[n].type;
    if (m->type == 0)
        return say(c, "map type", word ? word : "missing");
    if (m->type == BPF_MAP_TYPE_LPM_TRIE)
        m->flags |= BPF_F_NO_PREALLOC;
    for (unsigned n = 0; n < 3; n++) {
        word = strtok_r(NULL, " ", save);
        if (!word)
            return say(c, "map", "three numbers wanted");
        *field[n] = (uint32_t)strtoul(word, NULL, 0);
    }
    return 0;
}

static int add_map(struct test_case *c, char *text)
{
    char *save;
    if (c->maps == CASE_MAPS)
        return say(c, "too many maps", text);
    struct offload_map *m = &c->map[c->maps++];
    return read_map(c, m, text, &save) || set_map_flags(c, m, &save) ? -1 : 0;
}

static int add_inner(struct test_case *c, char *text)
{
    char *save;
    if (c->maps == 0)
        return say(c, "inner map of no map", text);
    struct offload_map *m = &c->inner[c->maps - 1];
    c->map[c->maps - 1].inner = m;
    return read_map(c, m, text, &save) || set_map_flags(c, m, &save) ? -1 : 0;
}

static int set_kernel(struct test_case *c, const char *value)
{
    if (strcmp(value, "same") == 0)
        c->kernel = KERNEL_SAME;
    else if (strcmp(value, "stricter") == 0)
        c->kernel = KERNEL_STRICTER;
    else if (strcmp(value, "skip") == 0)
        c->kernel = KERNEL_SKIP;
    else
        return say(c, "kernel", value);
    return 0;
}

static int set_reason(struct test_case *c, const char *name)
{
    c->why = offload_reason_find(name);
    return c->why == OFFLOAD_REASON_NONE ? say(c, "no such reason", name) : 0;
}

static int set_neighbours(struct test_case *c, char *names)
{
    char *save;
    unsigned n = 0;
    for (char *w = strtok_r(names, " ", &save); w; w = strtok_r(NULL, " ", &save), n++) {
        if (n == CASE_NEIGHBOURS || offload_reason_find(w) == OFFLOAD_REASON_NONE)
            return say(c, "no such reason, or too many", w);
        c->neighbour[n] = offload_reason_find(w);
    }
    return 0;
}

static void start(struct test_case *c, const char *file, int line)
{
    memset(c, 0, sizeof(*c));
    c->file = file;
    c->line = line;
    c->gpl = true;
    memset(c->opts.helpers, 0xff, sizeof(c->opts.helpers));
}

/* What the program is, and what there is for it. */
static int set_option(struct test_case *c, const char *key, const char *value)
{
    unsigned long number = strtoul(value, NULL, 0);
    if (strcmp(key, "licence") == 0)
        c->gpl = false;
    else if (strcmp(key, "without") == 0)
        c->opts.helpers[number / 64 % 4] &= ~(1ull << (number % 64));
    else if (strcmp(key, "stack") == 0)
        c->opts.allow_uninit_stack = true;
    else if (strcmp(key, "hook") == 0)
        c->hook = strcmp(value, "devmap") == 0 ? OFFLOAD_HOOK_DEVMAP : OFFLOAD_HOOK_CPUMAP;
    else if (strcmp(key, "limit") == 0)
        c->opts.insn_limit = (uint32_t)number;
    else if (strcmp(key, "kfuncs") == 0)
        c->opts.kfuncs = UINT64_MAX;
    else if (strcmp(key, "device") == 0)
        c->dev_bound = true;
    else if (strcmp(key, "alignment") == 0)
        c->strict = true;
    else if (strcmp(key, "types") == 0)
        c->typed = true, c->returns_int = strcmp(value, "int") == 0;
    else
        return say(c, "what is", key);
    return 0;
}

static int header(struct test_case *c, char *text)
{
    char *value = strchr(text, ':');
    if (strcmp(text, "accept") == 0) {
        c->accept = true;
        return 0;
    }
    if (!value)
        return say(c, "what is", text);
    *value++ = 0;
    while (*value == ' ')
        value++;
    if (strcmp(text, "map") == 0)
        return add_map(c, value);
    if (strcmp(text, "inner") == 0)
        return add_inner(c, value);
    if (strcmp(text, "kernel") == 0)
        return set_kernel(c, value);
    if (strcmp(text, "reason") == 0)
        return set_reason(c, value);
    if (strcmp(text, "neighbour") == 0)
        return set_neighbours(c, value);
    if (strcmp(text, "name") == 0)
        snprintf(c->name, sizeof(c->name), "%s", value);
    else if (strcmp(text, "refuse") == 0)
        snprintf(c->reason, sizeof(c->reason), "%s", value);
    else
        return set_option(c, text, value);
    return 0;
}

/* Without comment, and without space at the ends. */
static char *trim(char *text)
{
    char *hash = strchr(text, '#');
    /* a '#' inside a word belongs to it: call bpf_x#1 */
    if (hash && (hash == text || hash[-1] == ' ' || hash[-1] == '\t'))
        *hash = 0;
    while (*text == ' ' || *text == '\t')
        text++;
    for (size_t n = strlen(text); n && strchr(" \t\r\n", text[n - 1]); n--)
        text[n - 1] = 0;
    return text;
}

static bool starts_subprog(const struct test_case *c, uint32_t slot)
{
    for (uint32_t n = 0; n < c->code.count; n++) {
        const struct ebpf_insn *i = &c->code.insn[n];
        bool call = i->opcode == 0x85 && i->src == 1, address = i->opcode == 0x18 && i->src == 4;
        if ((call || address) && n + 1 + (uint32_t)i->imm == slot)
            return true;
    }
    return slot == 0;
}

static void find_subprogs(struct test_case *c)
{
    for (uint32_t n = 0; c->typed && n < c->code.count && c->subs < CASE_SUBPROGS; n++)
        if (starts_subprog(c, n))
            c->sub[c->subs++] = (struct offload_subprog){
                .insn = n, .name = "sub", .returns_number = c->returns_int};
}

static int finish(struct test_case *c, case_fn fn, void *arg)
{
    if (asm_end(&c->code))
        return say(c, c->name, c->code.error);
    if (c->accept == (c->reason[0] != 0))
        return say(c, c->name, "accept or refuse: REASON wanted");
    find_subprogs(c);
    fn(arg, c);
    return 0;
}

static int read_file(FILE *f, const char *file, struct test_case *c, case_fn fn, void *arg)
{
    char raw[256];
    bool code = false, open = false;
    int count = 0, line = 0;
    while (fgets(raw, sizeof(raw), f)) {
        char *text = trim(raw);
        line++;
        if (*text == 0)
            continue;
        if (!open)
            start(c, file, line);
        open = true;
        if (strcmp(text, "---") == 0) {
            code = true;
        } else if (strcmp(text, "===") == 0) {
            if (finish(c, fn, arg))
                return -1;
            code = open = false;
            count++;
        } else if (code ? asm_line(&c->code, text, line) : header(c, text)) {
            return code ? say(c, c->name, c->code.error) : -1;
        }
    }
    return open ? say(c, c->name, "not ended by ===") : count;
}

static int is_text(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return n > 4 && strcmp(d->d_name + n - 4, ".txt") == 0;
}

int cases_each(const char *dir, case_fn fn, void *arg)
{
    struct dirent **names;
    int n = scandir(dir, &names, is_text, alphasort), total = n < 0 ? -1 : 0;
    struct test_case *c = malloc(sizeof(*c));
    for (int k = 0; k < n; k++) {
        char path[512];
        snprintf(path, sizeof(path), "%s/%s", dir, names[k]->d_name);
        FILE *f = fopen(path, "r");
        int got = f && total >= 0 ? read_file(f, names[k]->d_name, c, fn, arg) : -1;
        total = got < 0 ? -1 : total + got;
        if (f)
            fclose(f);
        free(names[k]);
    }
    if (n >= 0)
        free(names);
    free(c);
    return total;
}

struct offload_prog case_prog(const struct test_case *c)
{
    return (struct offload_prog){
        .name = c->name,
        .insns = c->code.insn,
        .insn_count = c->code.count,
        .maps = c->map,
        .map_count = c->maps,
        .subprogs = c->typed ? c->sub : NULL,
        .subprog_count = c->subs,
        .gpl = c->gpl,
        .strict = c->strict,
        .dev_bound = c->dev_bound,
        .hook = c->hook,
    };
}
