/* SPDX-License-Identifier: BSD-3-Clause */
/* The command's own seams: the table of subcommands, exit statuses, messages. */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "cmd/opts.h"
#include "nic/err.h"

/* Exit statuses; scripts rely on them. */
#define CMD_STATUSES(X)                                                                            \
    X(DONE, 0, "done")                                                                             \
    X(USAGE, 1, "wrong usage")                                                                     \
    X(REFUSED, 2, "the object was refused")                                                        \
    X(FAILED, 3, "input, output or device error")
enum cmd_status {
#define X(id, number, what) CMD_##id = (number),
    CMD_STATUSES(X)
#undef X
};

struct cmd_example {
    const char *line, *what;
};

struct cmd {
    const char *name;
    const char *args;  /* positional arguments, as shown */
    const char *brief; /* one line, no full stop */
    const char *about; /* sentences for --help */
    const struct opt *opts;
    const struct cmd_example *examples; /* ends with a NULL line */
    /* Returns enum cmd_status. argv[0] is the subcommand's name. */
    int (*main)(const struct cmd *self, int argc, char **argv);
};

/* One row a subcommand; each lives in a file of its name. */
extern const struct cmd cmd_run, cmd_bench, cmd_check, cmd_dump, cmd_boot, cmd_help;

/* Row i of the table, NULL past the end; by name, NULL when there is none. */
const struct cmd *cmd_at(unsigned i);
const struct cmd *cmd_find(const char *name);

/* Help for one subcommand, and the list of all, to stdout. */
void cmd_print_help(const struct cmd *c);
void cmd_print_list(void);
/* A man page's generated sections: OPTIONS, EXAMPLES, EXIT STATUS, as roff. */
void cmd_print_roff(const struct cmd *c);

/* "nicsim: message" to stderr; returns `status`. */
int cmd_fail(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same for a word that is no subcommand, with the one that was meant. */
int cmd_fail_unknown(const char *name);

/*
 * Parses by the subcommand's table into `values`; positional arguments to
 * args[max]. Returns true when the command goes on, else its status is in
 * *status: help was printed, or what is wrong.
 */
bool cmd_parse(const struct cmd *c, int argc, char **argv, void *values, const char **args, int min,
               int max, int *status);

#endif
