/* SPDX-License-Identifier: BSD-3-Clause */
/* Help and the generated part of man pages, both from the tables. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "nic/config.h"

#define WIDTH  92u
#define INDENT 30u

static void new_line(unsigned indent)
{
    printf("\n%*s", (int)indent, "");
}

/* Words from column `col` on, each further line begun with `indent` blanks. */
static void wrap(const char *text, unsigned col, unsigned indent)
{
    bool first = true;

    while (*text != '\0') {
        unsigned len = (unsigned)strcspn(text, " \n");

        if (!first && col + 1 + len > WIDTH) {
            new_line(indent);
            col = indent;
        } else if (!first) {
            putchar(' ');
            col++;
        }
        printf("%.*s", (int)len, text);
        col += len;
        text += len;
        first = *text == '\n';
        if (first) {
            new_line(indent);
            col = indent;
        }
        text += *text != '\0';
    }
    putchar('\n');
}

static void print_option(const struct opt *o)
{
    char label[80];
    int used;

    used = printf("  %s", opt_label(o, label, sizeof(label)));
    if ((unsigned)used >= INDENT) {
        putchar('\n');
        used = 0;
    }
    printf("%*s", (int)INDENT - used, "");
    wrap(o->what, INDENT, INDENT);
}

void cmd_print_help(const struct cmd *c)
{
    printf("usage: nicsim %s%s%s%s\n\n", c->name, c->opts[0].name != NULL ? " [options]" : "",
           c->args[0] != '\0' ? " " : "", c->args);
    wrap(c->about, 0, 0);
    if (c->opts[0].name != NULL)
        printf("\noptions:\n");
    for (const struct opt *o = c->opts; o->name != NULL; o++)
        print_option(o);
    printf("\nexamples:\n");
    for (const struct cmd_example *e = c->examples; e->line != NULL; e++)
        printf("  # %s\n  %s\n", e->what, e->line);
    printf("\nexit status: ");
#define X(id, number, what) printf("%s%d %s", (number) != 0 ? ", " : "", (number), (what));
    CMD_STATUSES(X)
#undef X
    putchar('\n');
}

void cmd_print_list(void)
{
    const struct cmd *c;

    printf("nicsim %s: a SmartNIC that runs XDP programs, simulated\n\n"
           "usage: nicsim COMMAND [options]\n\ncommands:\n",
           NICSIM_VERSION);
    for (unsigned i = 0; (c = cmd_at(i)) != NULL; i++)
        printf("  %-8s %s\n", c->name, c->brief);
    printf("\nnicsim COMMAND --help shows options and examples; nicsim --version the version.\n"
           "\nexample:\n  nicsim run build/examples/dos_filter.bpf.o "
           "-r examples/captures/attack.pcap \\\n      --maps-from examples/dos_filter.maps\n");
}

static void roff_text(const char *s)
{
    for (; *s != '\0'; s++)
        switch (*s) {
        case '-':
            fputs("\\-", stdout);
            break;
        case '\\':
            fputs("\\e", stdout);
            break;
        case '\n':
            fputs("\n.br\n", stdout);
            break;
        default:
            putchar(*s);
        }
}

static void roff_option(const struct opt *o)
{
    fputs(".TP\n", stdout);
    if (o->letter != 0)
        printf("\\fB\\-%c\\fR, ", o->letter);
    fputs("\\fB\\-\\-", stdout);
    roff_text(o->name);
    fputs("\\fR", stdout);
    if (o->arg != NULL) {
        fputs(" \\fI", stdout);
        roff_text(o->arg);
        fputs("\\fR", stdout);
    }
    putchar('\n');
    roff_text(o->what);
    putchar('\n');
}

void cmd_print_roff(const struct cmd *c)
{
    if (c->opts[0].name != NULL)
        puts(".SH OPTIONS");
    for (const struct opt *o = c->opts; o->name != NULL; o++)
        roff_option(o);
    puts(".SH EXAMPLES");
    for (const struct cmd_example *e = c->examples; e->line != NULL; e++) {
        fputs(".PP\n", stdout);
        roff_text(e->what);
        fputs(":\n.PP\n.RS\n.nf\n", stdout);
        roff_text(e->line);
        fputs("\n.fi\n.RE\n", stdout);
    }
    puts(".SH \"EXIT STATUS\"");
#define X(id, number, what) printf(".TP\n.B %d\n%s\n", (number), (what));
    CMD_STATUSES(X)
#undef X
}

static void print_config(void)
{
    const struct nic_config_row *row;
    const char *section = "";

    puts("keys of presets and of --set KEY=VALUE (numbers take k, M and G, powers of 1000):");
    for (unsigned i = 0; (row = nic_config_row(i)) != NULL; i++) {
        if (strcmp(row->section, section) != 0)
            putchar('\n');
        section = row->section;
        int used = printf("  %s.%s", row->section, row->key);
        printf("%*s", used < 24 ? 24 - used : 1, "");
        wrap(row->what, 24, 24);
        printf("%24sdefault %" PRIu64 ", from %" PRIu64 " to %" PRIu64 "%s%s\n", "", row->def,
               row->min, row->max, row->unit[0] != '\0' ? " " : "", row->unit);
    }
}

struct help_values {
    bool roff;
};

static const struct opt help_opts[] = {
    OPT_ROW_FLAG(struct help_values, roff, "roff", 0,
                 "print the generated sections of the command's man page"),
    {.name = NULL},
};

static const struct cmd_example help_examples[] = {
    {"nicsim help run", "the options of run"},
    {"nicsim help config", "the figures of a card that --set can change"},
    {NULL, NULL},
};

static int help_main(const struct cmd *self, int argc, char **argv)
{
    struct help_values v = {0};
    const char *name = NULL;
    const struct cmd *c;
    int status;

    if (!cmd_parse(self, argc, argv, &v, &name, 0, 1, &status))
        return status;
    if (name == NULL) {
        cmd_print_list();
        return CMD_DONE;
    }
    if (strcmp(name, "config") == 0) {
        print_config();
        return CMD_DONE;
    }
    c = cmd_find(name);
    if (c == NULL)
        return cmd_fail_unknown(name);
    if (v.roff)
        cmd_print_roff(c);
    else
        cmd_print_help(c);
    return CMD_DONE;
}

const struct cmd cmd_help = {
    .name = "help",
    .args = "[COMMAND | config]",
    .brief = "list the commands, or explain one",
    .about =
        "Lists the commands, shows the options and examples of one, or lists the figures of a card "
        "that presets and --set can change.",
    .opts = help_opts,
    .examples = help_examples,
    .main = help_main,
};
