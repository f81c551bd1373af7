/* SPDX-License-Identifier: BSD-3-Clause */
/* --maps-from: initial contents, a line an entry. */
#include <bpf/bpf.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/maps.h"

struct line {
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

static int update(const struct line *l, const struct bpf_map *map, char **rest)
{
    size_t ks = bpf_map__key_size(map), vs = bpf_map__value_size(map);
    unsigned char *entry = malloc(ks + vs + 1);
    int rc;

    if (entry == NULL)
        return nic_err_set(l->err, -ENOMEM, "%s:%u: out of memory", l->path, l->number);
    rc = parse_hex(l, "key", map, strtok_r(NULL, BLANKS, rest), entry, ks);
    if (rc == 0)
        rc = parse_hex(l, "value", map, strtok_r(NULL, BLANKS, rest), entry + ks, vs);
    if (rc == 0 && strtok_r(NULL, BLANKS, rest) != NULL)
        rc = nic_err_set(l->err, -EINVAL, "%s:%u: something behind the value", l->path, l->number);
    if (rc == 0 && bpf_map_update_elem(bpf_map__fd(map), entry, entry + ks, BPF_ANY) != 0)
        rc = nic_err_set(l->err, -errno, "%s:%u: map '%s' refuses the entry: %s", l->path,
                         l->number, bpf_map__name(map), strerror(errno));
    free(entry);
    return rc;
}

static int load_line(struct bpf_object *obj, const struct line *l, char *text)
{
    char *rest, *word = strtok_r(text, BLANKS, &rest);
    const struct bpf_map *map;

    if (word == NULL || word[0] == '#')
        return 0;
    if (strcmp(word, "map") != 0)
        return nic_err_set(l->err, -EINVAL, "%s:%u: '%.40s' (a line is: map NAME KEYHEX VALUEHEX)",
                           l->path, l->number, word);
    word = strtok_r(NULL, BLANKS, &rest);
    if (word == NULL)
        return nic_err_set(l->err, -EINVAL, "%s:%u: no map name", l->path, l->number);
    map = bpf_object__find_map_by_name(obj, word);
    if (map == NULL)
        return nic_err_set(l->err, -ENOENT, "%s:%u: the object has no map '%.64s'", l->path,
                           l->number, word);
    return update(l, map, &rest);
}

int maps_load(struct bpf_object *obj, const char *path, struct nic_err *err)
{
    struct line l = {.path = path, .err = err};
    FILE *f = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;
    ssize_t len;
    int rc = 0;

    if (f == NULL)
        return nic_err_set(err, -errno, "%s: %s", path, strerror(errno));
    while (rc == 0 && (len = getline(&text, &room, f)) >= 0) {
        l.number++;
        if (strlen(text) != (size_t)len)
            rc = nic_err_set(err, -EINVAL, "%s:%u: not text", path, l.number);
        else
            rc = load_line(obj, &l, text);
    }
    if (rc == 0 && ferror(f))
        rc = nic_err_set(err, -EIO, "%s: cannot be read", path);
    free(text);
    fclose(f);
    return rc;
}
