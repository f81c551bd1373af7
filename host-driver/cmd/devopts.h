/* SPDX-License-Identifier: BSD-3-Clause */
/* The options that choose the simulated card; first member of a command's values. */
#ifndef CMD_DEVOPTS_H
#define CMD_DEVOPTS_H

#include "cmd/opts.h"
#include "nic/config.h"
#include "offload/image.h"

#define DEVOPTS_SETS    64
#define DEVOPTS_SET_LEN 96

struct devopts {
    const char *preset;
    char set[DEVOPTS_SETS][DEVOPTS_SET_LEN]; /* section.key=value, in order */
    unsigned sets;
    struct offload_xlate_opts xlate;
};

int devopts_engines(void *values, const char *arg, struct nic_err *err);
int devopts_threads(void *values, const char *arg, struct nic_err *err);
int devopts_set(void *values, const char *arg, struct nic_err *err);
/* Appends "key=value" as --set would. -E2BIG. */
int devopts_add(struct devopts *d, const char *key, const char *value, struct nic_err *err);

#define DEVOPTS_ENGINES                                                                            \
    OPT_ROW_CALL(devopts_engines, "engines", 0, "N", "engines that run the datapath")
#define DEVOPTS_THREADS                                                                            \
    OPT_ROW_CALL(devopts_threads, "threads", 0, "T", "hardware threads of each engine")
int devopts_xlate(void *values, const char *arg, struct nic_err *err);

#define DEVOPTS_XLATE                                                                              \
    OPT_ROW_CALL(                                                                                  \
        devopts_xlate, "xlate-opt", 0, "PASSES",                                                   \
        "how the program is translated: all (default); none, one instruction at a time "           \
        "as the Linux RV64 JIT does; -NAME,... all passes but these; none,+NAME,... only "         \
        "these (nicsim dump lists the passes)")
#define DEVOPTS_PRESET(type)                                                                       \
    OPT_ROW_TEXT(type, dev.preset, "preset", 0, "P",                                               \
                 "the card to model: the name of a preset that comes with nicsim, or an INI "      \
                 "file (default: generic)")
#define DEVOPTS_SET                                                                                \
    OPT_ROW_CALL(                                                                                  \
        devopts_set, "set", 0, "KEY=VALUE",                                                        \
        "change one figure of the card, for instance dram.latency=200 (nicsim help config "        \
        "lists them); repeatable")

/* Preset, then the settings in order. -EINVAL, -ENOENT. */
int devopts_apply(const struct devopts *d, struct nic_config *cfg, struct nic_err *err);

#endif
