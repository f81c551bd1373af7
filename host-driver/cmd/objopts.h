/* SPDX-License-Identifier: BSD-3-Clause */
/* The options that say what is loaded; `obj` in a command's values. */
#ifndef CMD_OBJOPTS_H
#define CMD_OBJOPTS_H

#include "cmd/opts.h"

struct objopts {
    const char *prog, *btf;
};

#define OBJOPTS_PROG(type, verb)                                                                   \
    OPT_ROW_TEXT(type, obj.prog, "prog", 0, "NAME",                                                \
                 "the XDP program to " verb " (its function), when the object has several")
#define OBJOPTS_BTF(type)                                                                          \
    OPT_ROW_TEXT(type, obj.btf, "btf", 0, "FILE",                                                  \
                 "the types that CO-RE relocates against, BTF or an ELF file with it (default: "   \
                 "the running kernel's, where it has none those of XDP that come with nicsim)")

#endif
