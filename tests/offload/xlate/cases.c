/* SPDX-License-Identifier: BSD-3-Clause */
#include "cases.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asm.h"

#define SLOTS_MAX 512

static char *slurp(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = NULL;
    size_t len = 0;

    if (!f)
        return NULL;
    if (getdelim(&text, &len, '\0', f) < 0) {
        free(text);
        text = NULL;
    }
    fclose(f);
    return text;
}

/* Bytes written; stops at the line's end. */
static uint32_t hex_bytes(const char *s, uint8_t *out, uint32_t max)
{
    uint32_t n = 0;
    unsigned v;
    int used;

    while (n < max && sscanf(s, " %2x%n", &v, &used) == 1) {
        out[n++] = (uint8_t)v;
        s += used;
        if (*s == '\n' || *s == '\0')
            break;
    }
    return n;
}

static int take_expect(struct data_case *c, const char *line)
{
    char *end;

    if (c->expect_count == CASE_EXPECTS)
        return -1;
    c->expect[c->expect_count].off = (uint32_t)strtoul(line, &end, 0);
    if (*end != ':')
        return -1;
    c->expect[c->expect_count].len = hex_bytes(end + 1, c->expect[c->expect_count].bytes, 64);
    return c->expect[c->expect_count++].len ? 0 : -1;
}

/* A line that is not an instruction; 1 when it is one. */
static int take_line(struct data_case *c, const char *line, bool *result)
{
    if (strncmp(line, "mem:", 4) == 0)
        return hex_bytes(line + 4, c->mem, EXEC_MEM) ? 0 : -1;
    if (strncmp(line, "mem->", 5) == 0)
        return take_expect(c, line + 5);
    if (strcmp(line, "addresses") == 0) {
        c->addresses = true;
        return 0;
    }
    if (strncmp(line, "->", 2) != 0)
        return 1;
    c->r0 = strtoull(line + 2, NULL, 0);
    *result = true;
    return 0;
}

/* The numbers of a line "with", and its result. */
static int take_numbers(struct data_case *c, const char *line)
{
    const char *s = line + 4;
    char *end;

    for (uint32_t at = 0; at + 8 <= EXEC_MEM; at += 8) {
        uint64_t v;
        while (*s == ' ')
            s++;
        if (strncmp(s, "->", 2) == 0) {
            c->r0 = strtoull(s + 2, NULL, 0);
            return 0;
        }
        v = strtoull(s, &end, 0);
        if (end == s)
            return -1;
        memcpy(c->mem + at, &v, sizeof(v));
        s = end;
    }
    return -1;
}

/* `text`: the lines of one case, after its name; changed. */
static int parse(struct data_case *c, char *text, bool result)
{
    struct ebpf_insn insns[SLOTS_MAX];
    struct asm_error err = {0};
    char *program = calloc(1, strlen(text) + 2);
    int bad = 0;

    for (char *save, *line = strtok_r(text, "\n", &save); line && !bad;
         line = strtok_r(NULL, "\n", &save)) {
        int what = take_line(c, line, &result);
        bad = what < 0;
        if (what == 1)
            strcat(strcat(program, line), "\n");
    }
    long n = bad ? -1 : bpf_asm(program, insns, SLOTS_MAX, &err);
    if (n <= 0)
        fprintf(stderr, "%s: \"%s\"\n", c->name, err.text);
    if (n > 0) {
        c->insns = malloc((size_t)n * sizeof(*insns));
        memcpy(c->insns, insns, (size_t)n * sizeof(*insns));
        c->insn_count = (uint32_t)n;
    }
    free(program);
    return n > 0 && result ? 0 : -1;
}

static struct data_case *append(struct case_list *list)
{
    struct data_case *c;

    if (list->count % 64 == 0)
        list->cases = realloc(list->cases, (list->count + 64) * sizeof(*list->cases));
    c = &list->cases[list->count++];
    memset(c, 0, sizeof(*c));
    return c;
}

/* The lines "with" that the case ends with: the first is the case itself. */
static int add_each(struct case_list *list, char *lines)
{
    struct data_case base = list->cases[list->count - 1];
    bool first = true;

    for (char *save, *line = strtok_r(lines, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        struct data_case *c = first ? &list->cases[list->count - 1] : append(list);
        *c = base;
        c->shared = !first;
        snprintf(c->name, sizeof(c->name), "%.40s %.50s", base.name, line);
        if (strncmp(line, "with ", 5) != 0 || take_numbers(c, line))
            return -1;
        first = false;
    }
    return first ? -1 : 0;
}

static int add(struct case_list *list, char *text)
{
    char *eol = strchr(text, '\n'), *each = strstr(text, "\nwith ");
    struct data_case *c = append(list);

    if (!eol || eol == each)
        return -1;
    *eol = '\0';
    if (each)
        *each++ = '\0';
    snprintf(c->name, sizeof(c->name), "%s", text);
    if (parse(c, eol + 1, each != NULL) || (each && add_each(list, each))) {
        fprintf(stderr, "case \"%s\" cannot be read\n", c->name);
        return -1;
    }
    return 0;
}

int cases_load(struct case_list *list, const char *path)
{
    char *text = slurp(path), *at = text ? strstr(text, "\n== ") : NULL;
    int err = at ? 0 : -1;

    while (at && !err) {
        char *next = strstr(at + 4, "\n== ");
        if (next)
            *next = '\0';
        err = add(list, at + 4);
        at = next;
    }
    if (err)
        fprintf(stderr, "%s: not read\n", path);
    free(text);
    return err;
}

static int is_data(const struct dirent *d)
{
    const char *dot = strrchr(d->d_name, '.');
    return dot && strcmp(dot, ".data") == 0;
}

int cases_load_dir(struct case_list *list, const char *dir)
{
    struct dirent **names;
    int n = scandir(dir, &names, is_data, alphasort), err = n > 0 ? 0 : -1;

    for (int k = 0; k < n; k++) {
        char path[512];
        snprintf(path, sizeof(path), "%s/%s", dir, names[k]->d_name);
        if (!err)
            err = cases_load(list, path);
        free(names[k]);
    }
    if (n >= 0)
        free(names);
    return err;
}

void cases_free(struct case_list *list)
{
    for (unsigned k = 0; k < list->count; k++)
        if (!list->cases[k].shared)
            free(list->cases[k].insns);
    free(list->cases);
    *list = (struct case_list){0};
}
