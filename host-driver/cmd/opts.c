/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/opts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nic/similar.h"
#include "traffic/number.h"

struct parser {
    const struct opt *table;
    int argc, at;
    char **argv;
    void *values;
    struct nic_err *err;
};

static int store_number(const struct opt *o, void *slot, const char *arg, struct nic_err *err)
{
    uint64_t v;

    if (number_parse(arg, &v) != 0)
        return nic_err_set(err, -EINVAL, "--%s %s: not a number", o->name, arg);
    if (v < o->min || v > o->max)
        return nic_err_set(err, -EINVAL, "--%s %s: must be from %llu to %llu", o->name, arg,
                           (unsigned long long)o->min, (unsigned long long)o->max);
    memcpy(slot, &v, sizeof(v));
    return 0;
}

static int store(struct parser *p, const struct opt *o, const char *arg)
{
    char *slot = (char *)p->values + o->offset;
    bool on = true;

    switch (o->kind) {
    case OPT_FLAG:
        memcpy(slot, &on, sizeof(on));
        return 0;
    case OPT_TEXT:
        memcpy(slot, &arg, sizeof(arg));
        return 0;
    case OPT_NUMBER:
        return store_number(o, slot, arg, p->err);
    case OPT_CALL:
        return o->call(p->values, arg, p->err);
    }
    return -EINVAL;
}

/* `inlined` is the text after `=` or the letter, or NULL. */
static int take(struct parser *p, const struct opt *o, const char *inlined)
{
    if (o->arg == NULL)
        return inlined == NULL ? store(p, o, NULL)
                               : nic_err_set(p->err, -EINVAL, "--%s takes no value", o->name);
    if (inlined == NULL) {
        if (p->at + 1 >= p->argc)
            return nic_err_set(p->err, -EINVAL, "--%s needs %s", o->name, o->arg);
        inlined = p->argv[++p->at];
    }
    return store(p, o, inlined);
}

static int unknown_long(struct parser *p, const char *word, size_t len)
{
    struct nic_similar meant;
    char hint[64];

    nic_similar_start(&meant, word, len);
    for (const struct opt *o = p->table; o->name != NULL; o++)
        nic_similar_offer(&meant, o->name);
    return nic_err_set(p->err, -EINVAL, "unknown option --%.*s%s", (int)len, word,
                       nic_similar_hint(&meant, "--", hint, sizeof(hint)));
}

static int parse_long(struct parser *p, const char *word)
{
    const char *eq = strchr(word, '=');
    size_t len = eq != NULL ? (size_t)(eq - word) : strlen(word);

    for (const struct opt *o = p->table; o->name != NULL; o++)
        if (strlen(o->name) == len && memcmp(o->name, word, len) == 0)
            return take(p, o, eq != NULL ? eq + 1 : NULL);
    if (len == 4 && memcmp(word, "help", 4) == 0)
        return OPTS_HELP;
    return unknown_long(p, word, len);
}

static int parse_short(struct parser *p, const char *word)
{
    for (const struct opt *o = p->table; o->name != NULL; o++)
        if (o->letter == word[0] && o->letter != 0)
            return take(p, o, word[1] != '\0' ? word + 1 : NULL);
    if (word[0] == 'h' && word[1] == '\0')
        return OPTS_HELP;
    return nic_err_set(p->err, -EINVAL, "unknown option -%c", word[0]);
}

int opts_parse(const struct opt *table, int argc, char **argv, void *values, const char **args,
               int max, int *count, struct nic_err *err)
{
    struct parser p = {.table = table, .argc = argc, .argv = argv, .values = values, .err = err};
    bool only_args = false;
    int rc = 0;

    *count = 0;
    for (p.at = 1; p.at < argc && rc == 0; p.at++) {
        const char *word = argv[p.at];

        if (only_args || word[0] != '-' || word[1] == '\0') {
            if (*count == max)
                return nic_err_set(err, -EINVAL, "unexpected argument '%s'", word);
            args[(*count)++] = word;
        } else if (strcmp(word, "--") == 0) {
            only_args = true;
        } else {
            rc = word[1] == '-' ? parse_long(&p, word + 2) : parse_short(&p, word + 1);
        }
    }
    return rc;
}

const char *opt_label(const struct opt *o, char *buf, size_t len)
{
    char letter[8] = "    ";

    if (o->letter != 0)
        snprintf(letter, sizeof(letter), "-%c, ", o->letter);
    snprintf(buf, len, "%s--%s%s%s", letter, o->name, o->arg != NULL ? " " : "",
             o->arg != NULL ? o->arg : "");
    return buf;
}
