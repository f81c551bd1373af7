/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of subcommands, and main. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "nic/similar.h"

static const struct cmd *const commands[] = {&cmd_run,  &cmd_bench, &cmd_check,
                                             &cmd_dump, &cmd_boot,  &cmd_help};

const struct cmd *cmd_at(unsigned i)
{
    return i < sizeof(commands) / sizeof(commands[0]) ? commands[i] : NULL;
}

const struct cmd *cmd_find(const char *name)
{
    const struct cmd *c;

    for (unsigned i = 0; (c = cmd_at(i)) != NULL; i++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

int cmd_fail_unknown(const char *name)
{
    const struct cmd *c;
    struct nic_similar meant;
    char hint[64];

    nic_similar_start(&meant, name, strlen(name));
    for (unsigned i = 0; (c = cmd_at(i)) != NULL; i++)
        nic_similar_offer(&meant, c->name);
    return cmd_fail(CMD_USAGE, "'%s' is no command%s (nicsim help lists them)", name,
                    nic_similar_hint(&meant, "", hint, sizeof(hint)));
}

int cmd_fail(int status, const char *fmt, ...)
{
    va_list ap;

    fflush(stdout);
    fputs("nicsim: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    return status;
}

bool cmd_parse(const struct cmd *c, int argc, char **argv, void *values, const char **args, int min,
               int max, int *status)
{
    struct nic_err err = {""};
    int count, rc;

    rc = opts_parse(c->opts, argc, argv, values, args, max, &count, &err);
    if (rc == OPTS_HELP) {
        cmd_print_help(c);
        *status = CMD_DONE;
    } else if (rc < 0) {
        *status = cmd_fail(CMD_USAGE, "%s: %s (see nicsim %s --help)", c->name, err.msg, c->name);
    } else if (count < min) {
        *status =
            cmd_fail(CMD_USAGE, "%s: needs %s (see nicsim %s --help)", c->name, c->args, c->name);
    } else {
        return true;
    }
    return false;
}

static int dispatch(int argc, char **argv)
{
    const struct cmd *c;

    if (argc < 2) {
        cmd_print_list();
        return CMD_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        puts("nicsim " NICSIM_VERSION);
        return CMD_DONE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        cmd_print_list();
        return CMD_DONE;
    }
    c = cmd_find(argv[1]);
    if (c == NULL)
        return cmd_fail_unknown(argv[1]);
    return c->main(c, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    int status = dispatch(argc, argv);

    if ((fflush(stdout) != 0 || ferror(stdout)) && status == CMD_DONE)
        return cmd_fail(CMD_FAILED, "cannot write to standard output: %s", strerror(errno));
    return status;
}
