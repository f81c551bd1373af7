/* SPDX-License-Identifier: BSD-3-Clause */
/* Options as tables: parsed, shown by --help and put into man pages from the same rows. */
#ifndef CMD_OPTS_H
#define CMD_OPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nic/err.h"

enum opt_kind {
    OPT_FLAG,   /* bool */
    OPT_TEXT,   /* const char * */
    OPT_NUMBER, /* uint64_t within min..max; k, M, G */
    OPT_CALL,   /* whatever `call` does */
};

struct opt {
    const char *name; /* without dashes; NULL ends a table */
    char letter;      /* 0 = none */
    const char *arg;  /* its name in help; NULL for a flag */
    const char *what;
    enum opt_kind kind;
    size_t offset; /* in the values struct */
    uint64_t min, max;
    int (*call)(void *values, const char *arg, struct nic_err *err);
};

/* Rows, for `struct type` values with member `field`. */
#define OPT_ROW_FLAG(type, field, name_, letter_, what_)                                           \
    {.name = (name_),                                                                              \
     .letter = (letter_),                                                                          \
     .what = (what_),                                                                              \
     .kind = OPT_FLAG,                                                                             \
     .offset = offsetof(type, field)}
#define OPT_ROW_TEXT(type, field, name_, letter_, arg_, what_)                                     \
    {.name = (name_),                                                                              \
     .letter = (letter_),                                                                          \
     .arg = (arg_),                                                                                \
     .what = (what_),                                                                              \
     .kind = OPT_TEXT,                                                                             \
     .offset = offsetof(type, field)}
#define OPT_ROW_NUMBER(type, field, name_, arg_, min_, max_, what_)                                \
    {.name = (name_),                                                                              \
     .arg = (arg_),                                                                                \
     .what = (what_),                                                                              \
     .kind = OPT_NUMBER,                                                                           \
     .offset = offsetof(type, field),                                                              \
     .min = (min_),                                                                                \
     .max = (max_)}
#define OPT_ROW_CALL(call_, name_, letter_, arg_, what_)                                           \
    {.name = (name_),                                                                              \
     .letter = (letter_),                                                                          \
     .arg = (arg_),                                                                                \
     .what = (what_),                                                                              \
     .kind = OPT_CALL,                                                                             \
     .call = (call_)}

enum { OPTS_HELP = 1 };

/*
 * Reads argv[1..argc-1]: --name VALUE, --name=VALUE, -x VALUE, -xVALUE, `--`.
 * 0 with *count positional arguments in args[max]; OPTS_HELP when --help or -h
 * came; -EINVAL with the sentence in err.
 */
int opts_parse(const struct opt *table, int argc, char **argv, void *values, const char **args,
               int max, int *count, struct nic_err *err);

/* Left column of help ("-r, --read FILE"); returns buf. */
const char *opt_label(const struct opt *o, char *buf, size_t len);

#endif
