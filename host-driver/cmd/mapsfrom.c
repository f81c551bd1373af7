/* SPDX-License-Identifier: BSD-3-Clause */
/* --maps-from: initial contents, a line an entry. */
#include <bpf/bpf.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/maps.h"
#include "nic/similar.h"

struct line {
    const struct bpf_object *obj;
    const char *path;
    unsigned number;
    struct nic_err *err;
};

#define BLANKS " \t\r\n"

static int hex_digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* `size` bytes from exactly 2 * size digits; a 0x in front is allowed. */
static int parse_hex(const struct line *l, const char *what, const struct bpf_map *map,
                     const char *text, unsigned char *out, size_t size)
{
    size_t len;

    if (text == NULL)
        return nic_err_set(l->err, -EINVAL, "%s:%u: no %s (map NAME KEYHEX VALUEHEX)", l->path,
                           l->number, what);
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        text += 2;
    len = strlen(text);
    if (strspn(text, "0123456789abcdefABCDEF") != len)
        return nic_err_set(l->err, -EINVAL, "%s:%u: the %s is not hexadecimal", l->path, l->number,
                           what);
    if (len != 2 * size)
        return nic_err_set(
            l->err, -EINVAL,
            "%s:%u: the %s has %zu hexadecimal digits, map '%s' takes %zu (%zu bytes)", l->path,
            l->number, what, len, bpf_map__name(map), 2 * size, size);
    for (size_t i = 0; i < size; i++)
        out[i] = (unsigned char)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
    return 0;
}

/* A program's or map's descriptor, as the four bytes of a value. */
static int parse_object(const struct line *l, const char *text, unsigned char *out)
{
    bool prog = strncmp(text, "prog:", 5) == 0;
    const char *name = strchr(text, ':') + 1;
    const struct bpf_program *p = bpf_object__find_program_by_name(l->obj, name);
    const struct bpf_map *m = bpf_object__find_map_by_name(l->obj, name);
    int fd = -1;

    if (prog ? p == NULL : m == NULL)
        return nic_err_set(l->err, -ENOENT, "%s:%u: the object has no %s '%.64s'", l->path,
                           l->number, prog ? "program" : "map", name);
    fd = prog ? bpf_program__fd(p) : bpf_map__fd(m);
    if (fd < 0)
        return nic_err_set(l->err, -EINVAL, "%s:%u: '%.64s' is no XDP program", l->path, l->number,
                           name);
    memcpy(out, &fd, sizeof(fd));
    return 0;
}

static bool names_object(const char *text)
{
    return strncmp(text, "prog:", 5) == 0 || strncmp(text, "map:", 4) == 0;
}

/* One part of a value of `size` bytes: as many bytes as it has. Returns them, or negative errno. */
static int parse_part(const struct line *l, const struct bpf_map *map, const char *text,
                      unsigned char *out, size_t size)
{
    size_t digits;
    int rc;

    if (names_object(text)) {
        if (size < sizeof(int))
            return nic_err_set(l->err, -EINVAL, "%s:%u: no room for '%.64s' in a value of map '%s'",
                               l->path, l->number, text, bpf_map__name(map));
        rc = parse_object(l, text, out);
        return rc != 0 ? rc : (int)sizeof(int);
    }
    digits = strlen(text) - (text[0] == '0' && (text[1] | 0x20) == 'x' ? 2 : 0);
    if (digits >= 2 * size || digits % 2 != 0)
        digits = 2 * size; /* the last, or its length is wrong */
    rc = parse_hex(l, "value", map, text, out, digits / 2);
    return rc != 0 ? rc : (int)(digits / 2);
}

static int parse_value(const struct line *l, const struct bpf_map *map, char **rest,
                       unsigned char *out, size_t size)
{
    const char *text = strtok_r(NULL, BLANKS, rest);
    size_t used = 0;

    if (text == NULL)
        return parse_hex(l, "value", map, NULL, out, size);
    while (text != NULL && used < size) {
        int n = parse_part(l, map, text, out + used, size - used);

        if (n < 0)
            return n;
        used += (size_t)n;
        text = strtok_r(NULL, BLANKS, rest);
    }
    if (used < size)
        return nic_err_set(l->err, -EINVAL, "%s:%u: the value has %zu bytes, map '%s' takes %zu",
                           l->path, l->number, used, bpf_map__name(map), size);
    if (text != NULL)
        return nic_err_set(l->err, -EINVAL, "%s:%u: something behind the value", l->path,
                           l->number);
    return 0;
}

/* Queues and stacks have no keys: their lines have a - there. */
static int parse_key(const struct line *l, const struct bpf_map *map, char **rest,
                     unsigned char *out, size_t size)
{
    const char *text = strtok_r(NULL, BLANKS, rest);

    if (size == 0 && text != NULL && strcmp(text, "-") == 0)
        return 0;
    return parse_hex(l, "key", map, text, out, size);
}

/* `copies` of the value, each at a multiple of eight bytes, as bpf(2) takes them. */
static void repeat_value(unsigned char *value, size_t size, size_t copies)
{
    size_t stride = (size + 7) & ~(size_t)7;

    for (size_t i = 1; i < copies; i++)
        memcpy(value + i * stride, value, size);
}

static int update(const struct line *l, const struct bpf_map *map, char **rest)
{
    size_t ks = bpf_map__key_size(map), vs = bpf_map__value_size(map), copies = map_copies(map);
    unsigned char *key = calloc(1, ks + 1), *value = calloc(copies, vs + 8);
    int rc = 0;

    if (key == NULL || value == NULL)
        rc = nic_err_set(l->err, -ENOMEM, "%s:%u: out of memory", l->path, l->number);
    if (rc == 0)
        rc = parse_key(l, map, rest, key, ks);
    if (rc == 0)
        rc = parse_value(l, map, rest, value, vs);
    if (rc == 0) {
        repeat_value(value, vs, copies);
        if (bpf_map_update_elem(bpf_map__fd(map), ks != 0 ? key : NULL, value, BPF_ANY) != 0)
            rc = nic_err_set(l->err, -errno, "%s:%u: map '%s' refuses the entry: %s", l->path,
                             l->number, bpf_map__name(map), strerror(errno));
    }
    free(key);
    free(value);
    return rc;
}

static int no_map(const struct line *l, const char *name)
{
    const struct bpf_map *map;
    struct nic_similar meant;
    char hint[64];

    nic_similar_start(&meant, name, strlen(name));
    bpf_object__for_each_map(map, l->obj) nic_similar_offer(&meant, bpf_map__name(map));
    return nic_err_set(l->err, -ENOENT, "%s:%u: the object has no map '%.64s'%s", l->path,
                       l->number, name, nic_similar_hint(&meant, "", hint, sizeof(hint)));
}

static int load_line(const struct line *l, char *text, void *ctx)
{
    char *rest, *word = strtok_r(text, BLANKS, &rest);
    const struct bpf_map *map;

    (void)ctx;
    if (word == NULL || word[0] == '#')
        return 0;
    if (strcmp(word, "map") != 0)
        return nic_err_set(l->err, -EINVAL, "%s:%u: '%.40s' (a line is: map NAME KEYHEX VALUEHEX)",
                           l->path, l->number, word);
    word = strtok_r(NULL, BLANKS, &rest);
    if (word == NULL)
        return nic_err_set(l->err, -EINVAL, "%s:%u: no map name", l->path, l->number);
    map = bpf_object__find_map_by_name(l->obj, word);
    if (map == NULL)
        return no_map(l, word);
    return update(l, map, &rest);
}

static int each_line(struct line *l, int (*fn)(const struct line *, char *, void *), void *ctx)
{
    FILE *f = fopen(l->path, "r");
    char *text = NULL;
    size_t room = 0;
    ssize_t len;
    int rc = 0;

    if (f == NULL)
        return nic_err_set(l->err, -errno, "%s: %s", l->path, strerror(errno));
    while (rc == 0 && (len = getline(&text, &room, f)) >= 0) {
        l->number++;
        if (strlen(text) != (size_t)len)
            rc = nic_err_set(l->err, -EINVAL, "%s:%u: not text", l->path, l->number);
        else
            rc = fn(l, text, ctx);
    }
    if (rc == 0 && ferror(f))
        rc = nic_err_set(l->err, -EIO, "%s: cannot be read", l->path);
    free(text);
    fclose(f);
    return rc;
}

int maps_load(struct bpf_object *obj, const char *path, struct nic_err *err)
{
    struct line l = {.obj = obj, .path = path, .err = err};

    return each_line(&l, load_line, NULL);
}

struct program_names {
    void (*fn)(void *ctx, const char *name);
    void *ctx;
};

static int find_programs(const struct line *l, char *text, void *ctx)
{
    const struct program_names *names = ctx;
    char *rest;

    (void)l;
    for (char *w = strtok_r(text, BLANKS, &rest); w != NULL && w[0] != '#';
         w = strtok_r(NULL, BLANKS, &rest))
        if (strncmp(w, "prog:", 5) == 0)
            names->fn(names->ctx, w + 5);
    return 0;
}

int maps_programs(const char *path, void (*fn)(void *ctx, const char *name), void *ctx,
                  struct nic_err *err)
{
    struct program_names names = {fn, ctx};
    struct line l = {.path = path, .err = err};

    return each_line(&l, find_programs, &names);
}
