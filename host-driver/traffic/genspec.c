/* SPDX-License-Identifier: BSD-3-Clause */
/* The generator's text: kind, keys, ranges. */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nic/similar.h"
#include "traffic/gen.h"
#include "traffic/number.h"

#define ETH_LEN  14u
#define SPEC_MAX 256u

static const struct gen_kind kinds[] = {
#define X(id, version, proto, bytes, sum, port, text)                                              \
    {.name = #id,                                                                                  \
     .what = (text),                                                                               \
     .ip = (version),                                                                              \
     .protocol = (proto),                                                                          \
     .l4_len = (bytes),                                                                            \
     .sum_at = (sum),                                                                              \
     .dport = (port)},
    GEN_KINDS(X)
#undef X
};

struct gen_key {
    const char *name;
    uint64_t min, max;
    size_t offset; /* in struct gen_spec */
};

static const struct gen_key keys[] = {
#define X(key, def, least, most, what)                                                             \
    {.name = #key, .min = (least), .max = (most), .offset = offsetof(struct gen_spec, key)},
    GEN_KEYS(X)
#undef X
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

const struct gen_kind *gen_kind_at(unsigned i)
{
    return i < sizeof(kinds) / sizeof(kinds[0]) ? &kinds[i] : NULL;
}

unsigned gen_headers(const struct gen_kind *kind)
{
    return ETH_LEN + (kind->ip == 4 ? 20u : 40u) + kind->l4_len;
}

static int parse_kind(const char *word, struct gen_spec *out, struct nic_err *err)
{
    char known[128] = "", hint[64];
    struct nic_similar meant;
    const struct gen_kind *k;

    nic_similar_start(&meant, word, strlen(word));

    for (unsigned i = 0; (k = gen_kind_at(i)) != NULL; i++) {
        size_t used = strlen(known);

        nic_similar_offer(&meant, k->name);
        if (strcmp(word, k->name) == 0) {
            out->kind = k;
            return 0;
        }
        snprintf(known + used, sizeof(known) - used, "%s%s", used != 0 ? ", " : "", k->name);
    }
    return nic_err_set(err, -EINVAL, "generator: unknown kind '%s' (one of %s)%s", word, known,
                       nic_similar_hint(&meant, "", hint, sizeof(hint)));
}

static int unknown_key(const char *word, struct nic_err *err)
{
    struct nic_similar meant;
    char hint[64];

    nic_similar_start(&meant, word, strlen(word));
    for (size_t i = 0; i < KEYS; i++)
        nic_similar_offer(&meant, keys[i].name);
    return nic_err_set(err, -EINVAL, "generator: unknown key '%s' (size, count, flows, seed)%s",
                       word, nic_similar_hint(&meant, "", hint, sizeof(hint)));
}

static int parse_key(char *word, bool *seen, struct gen_spec *out, struct nic_err *err)
{
    char *value = strchr(word, '=');
    uint64_t number;

    if (value == NULL)
        return nic_err_set(err, -EINVAL, "generator: '%s' is not key=value", word);
    *value++ = '\0';
    for (size_t i = 0; i < KEYS; i++) {
        if (strcmp(word, keys[i].name) != 0)
            continue;
        if (seen[i])
            return nic_err_set(err, -EINVAL, "generator: %s is given twice", word);
        seen[i] = true;
        if (number_parse(value, &number) != 0 || number < keys[i].min || number > keys[i].max)
            return nic_err_set(err, -EINVAL, "generator: %s=%s is not a number from %llu to %llu",
                               word, value, (unsigned long long)keys[i].min,
                               (unsigned long long)keys[i].max);
        memcpy((char *)out + keys[i].offset, &number, sizeof(number));
        return 0;
    }
    return unknown_key(word, err);
}

int gen_parse(const char *text, struct gen_spec *out, struct nic_err *err)
{
    bool seen[KEYS] = {false};
    char copy[SPEC_MAX], *rest = copy, *word;
    int rc;

    memset(out, 0, sizeof(*out));
#define X(key, def, min, max, what) out->key = (def);
    GEN_KEYS(X)
#undef X
    if (strlen(text) >= sizeof(copy))
        return nic_err_set(err, -EINVAL, "generator: more than %u characters", SPEC_MAX - 1);
    strcpy(copy, text);
    rc = parse_kind(strsep(&rest, ","), out, err);
    while (rc == 0 && (word = strsep(&rest, ",")) != NULL)
        rc = parse_key(word, seen, out, err);
    if (rc == 0 && out->size < gen_headers(out->kind))
        return nic_err_set(err, -EINVAL, "generator: %s needs size=%u or more", out->kind->name,
                           gen_headers(out->kind));
    return rc;
}
