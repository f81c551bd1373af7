/* SPDX-License-Identifier: BSD-3-Clause */
/* The options that say what is loaded; `obj` in a command's values. */
#ifndef CMD_OBJOPTS_H
#define CMD_OBJOPTS_H

#include "cmd/opts.h"

struct objopts {
    const char *prog, *btf;
    const char *filter, *filter_file, *match;
};

#define OBJOPTS_PROG(type, verb)                                                                   \
    OPT_ROW_TEXT(type, obj.prog, "prog", 0, "NAME",                                                \
                 "the XDP program to " verb " (its function), when the object has several")
#define OBJOPTS_BTF(type)                                                                          \
    OPT_ROW_TEXT(type, obj.btf, "btf", 0, "FILE",                                                  \
                 "the types that CO-RE relocates against, BTF or an ELF file with it (default: "   \
                 "the running kernel's, where it has none those of XDP that come with nicsim)")
#define OBJOPTS_FILTER(type)                                                                       \
    OPT_ROW_TEXT(type, obj.filter, "filter", 0, "EXPR",                                            \
                 "instead of PROG.o: a packet filter as tcpdump takes it, see pcap-filter(7)"),    \
        OPT_ROW_TEXT(type, obj.filter_file, "filter-file", 0, "FILE",                              \
                     "the same, compiled: what tcpdump -ddd printed"),                             \
        OPT_ROW_TEXT(type, obj.match, "match", 0, "VERDICT",                                       \
                     "what becomes of packets that match the filter: pass (the others are "        \
                     "dropped), drop or tx (the others pass) (default: pass)")

#endif
