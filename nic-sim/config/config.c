/* SPDX-License-Identifier: BSD-3-Clause */
/* The rows of config.def: defaults, access by name, values as text. */
#include "config/config_impl.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nic/similar.h"

static const struct nic_config_row rows[] = {
#define NIC_CFG(section_, key_, def_, min_, max_, unit_, what_)                                    \
    {.section = #section_,                                                                         \
     .key = #key_,                                                                                 \
     .unit = unit_,                                                                                \
     .what = what_,                                                                                \
     .def = def_,                                                                                  \
     .min = min_,                                                                                  \
     .max = max_},
#include "nic/config.def"
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const char *const names[] = {
#define NIC_CFG(section, key, def, min, max, unit, what) #section "." #key,
#include "nic/config.def"
};

static const size_t row_offset[] = {
#define NIC_CFG(section_, key_, def_, min_, max_, unit_, what_)                                    \
    offsetof(struct nic_config, section_##_##key_),
#include "nic/config.def"
};

static uint64_t *field(struct nic_config *c, unsigned i)
{
    return (uint64_t *)(void *)((char *)c + row_offset[i]);
}

const struct nic_config_row *nic_config_row(unsigned i)
{
    return i < ROWS ? &rows[i] : NULL;
}

uint64_t nic_config_get(const struct nic_config *c, unsigned i)
{
    uint64_t v = 0;

    if (i < ROWS)
        memcpy(&v, (const char *)c + row_offset[i], sizeof(v));
    return v;
}

void nic_config_init(struct nic_config *c)
{
    for (unsigned i = 0; i < ROWS; i++)
        *field(c, i) = rows[i].def;
}

unsigned config_find(const char *section, const char *key)
{
    unsigned i;

    for (i = 0; i < ROWS; i++)
        if (strcmp(rows[i].section, section) == 0 && strcmp(rows[i].key, key) == 0)
            break;
    return i;
}

int config_no_key(const char *where, const char *section, const char *key, struct nic_err *err)
{
    char word[2 * CONFIG_WORD], hint[CONFIG_WORD + 32];

    (void)snprintf(word, sizeof(word), "%s.%s", section, key);
    return nic_err_set(err, -EINVAL, "%s: there is no key %s.%s%s", where, section, key,
                       nic_similar_among(word, strlen(word), names, ROWS, hint, sizeof(hint)));
}

static uint64_t suffix(const char *s)
{
    if (strcmp(s, "k") == 0 || strcmp(s, "K") == 0)
        return 1000;
    if (strcmp(s, "M") == 0)
        return 1000000;
    if (strcmp(s, "G") == 0)
        return 1000000000;
    return s[0] == '\0' ? 1 : 0;
}

int config_number(const char *text, uint64_t *out)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    char *end;
    uint64_t scale;

    /* strtoull would take blanks, signs and a bare 0x */
    if (text[0] < '0' || text[0] > '9' || (hex && strspn(text + 2, "0123456789abcdefABCDEF") == 0))
        return -EINVAL;
    errno = 0;
    *out = strtoull(text, &end, hex ? 16 : 10);
    scale = hex && *end != '\0' ? 0 : suffix(end);
    if (errno != 0 || scale == 0)
        return -EINVAL;
    return __builtin_mul_overflow(*out, scale, out) ? -ERANGE : 0;
}

int config_assign(struct nic_config *c, const char *where, const char *section, const char *key,
                  const char *value, struct nic_err *err)
{
    unsigned i = config_find(section, key);
    const struct nic_config_row *row;
    uint64_t v;

    if (i == ROWS)
        return config_no_key(where, section, key, err);
    row = &rows[i];
    if (config_number(value, &v) != 0)
        return nic_err_set(err, -EINVAL, "%s: %s.%s: '%s' is not a number", where, section, key,
                           value);
    if (v < row->min || v > row->max)
        return nic_err_set(err, -EINVAL, "%s: %s.%s must be %llu to %llu%s%s, not %s", where,
                           section, key, (unsigned long long)row->min, (unsigned long long)row->max,
                           row->unit[0] != '\0' ? " " : "", row->unit, value);
    *field(c, i) = v;
    return 0;
}

/* "section.key=value" into its parts. */
static int split(const char *text, char section[CONFIG_WORD], char key[CONFIG_WORD],
                 const char **value)
{
    size_t eq = strcspn(text, "="), dot = strcspn(text, ".=");
    size_t len = eq - dot - 1; /* of the key, when there is a dot */

    if (text[eq] != '=' || text[dot] != '.' || dot == 0 || len == 0 || dot >= CONFIG_WORD ||
        len >= CONFIG_WORD)
        return -EINVAL;
    (void)snprintf(section, CONFIG_WORD, "%.*s", (int)dot, text);
    (void)snprintf(key, CONFIG_WORD, "%.*s", (int)len, text + dot + 1);
    *value = text + eq + 1;
    return 0;
}

int nic_config_set(struct nic_config *c, const char *assignment, struct nic_err *err)
{
    char section[CONFIG_WORD], key[CONFIG_WORD];
    const char *value;

    if (split(assignment, section, key, &value) != 0)
        return nic_err_set(err, -EINVAL, "'%s': want section.key=value, such as dram.latency=400",
                           assignment);
    return config_assign(c, assignment, section, key, value, err);
}
