/* SPDX-License-Identifier: BSD-3-Clause */
/* nicsim check: is each program of an object taken, why not, and what does it use. */
#include "cmd/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/bpflog.h"
#include "cmd/datadir.h"

static const struct opt check_opts[] = {
    OBJOPTS_PROG(struct check_values, "check"),
    OPT_ROW_TEXT(struct check_values, profile, "profile", 0, "P",
                 "the offload rules to check against: nicsim (the simulated card), nfp (Netronome "
                 "Agilio CX under the Linux driver), or a profile's file (default: nicsim)"),
    OBJOPTS_BTF(struct check_values),
    OBJOPTS_FILTER(struct check_values),
    DEVOPTS_PRESET(struct check_values),
    DEVOPTS_SET,
    DEVOPTS_XLATE,
    OPT_ROW_FLAG(struct check_values, json, "json", 0, "print one JSON object"),
    OPT_ROW_FLAG(struct check_values, verbose, "verbose", 'v',
                 "all messages of libbpf, and the verifier's log of refused programs"),
    {.name = NULL},
};

static const struct cmd_example check_examples[] = {
    {"nicsim check build/examples/dos_filter.bpf.o", "would the simulated card take it?"},
    {"nicsim check build/examples/dos_filter.bpf.o --profile nfp",
     "would an Agilio CX have taken it?"},
    {"nicsim check prog.o --json | jq '.programs[] | select(.accepted | not) | .reasons'",
     "what is in the way, for a script"},
    {NULL, NULL},
};

int check_profile(const char *name, struct offload_profile *out)
{
    char path[DATADIR_PATH_MAX], file[160], why[200], *text;
    struct nic_err err = {""};
    unsigned line;
    size_t len;

    if (strchr(name, '/') != NULL || strchr(name, '.') != NULL)
        snprintf(path, sizeof(path), "%s", name);
    else {
        snprintf(file, sizeof(file), "profiles/%.100s.ini", name);
        if (datadir_find(file, path, &err) != 0)
            return cmd_fail(CMD_USAGE, "check: no profile '%.100s' (nicsim, nfp, or a file)", name);
    }
    if (file_read(path, &text, &len, &err) != 0)
        return cmd_fail(CMD_FAILED, "%s", err.msg);
    if (offload_profile_parse(text, len, out, &line, why, sizeof(why)) != 0) {
        free(text);
        return cmd_fail(CMD_FAILED, "%s:%u: %s", path, line, why);
    }
    free(text);
    return CMD_DONE;
}

static int list_filter(struct check_report *r)
{
    r->programs = calloc(1, sizeof(*r->programs));
    if (r->programs == NULL)
        return cmd_fail(CMD_FAILED, "out of memory");
    r->count = 1;
    snprintf(r->programs[0].name, sizeof(r->programs[0].name), "filter");
    snprintf(r->programs[0].section, sizeof(r->programs[0].section), "packet filter");
    return CMD_DONE;
}

/* The names of what to check: the one given, or every XDP program. */
static int list_programs(const struct check_values *v, struct check_report *r)
{
    struct object o = {0};
    struct bpf_program *p;
    int status = object_open_all(&o, r->path, &v->obj);
    size_t room = 0;

    if (status != CMD_DONE) {
        object_close(&o);
        return status;
    }
    bpf_object__for_each_program(p, o.bpf) room++;
    r->programs = calloc(room + 1, sizeof(*r->programs));
    if (r->programs == NULL)
        status = cmd_fail(CMD_FAILED, "out of memory");
    bpf_object__for_each_program(p, o.bpf)
    {
        if (status != CMD_DONE || !choose_is_xdp(p))
            continue;
        if (v->obj.prog != NULL && strcmp(v->obj.prog, bpf_program__name(p)) != 0)
            continue;
        snprintf(r->programs[r->count].name, sizeof(r->programs[0].name), "%s",
                 bpf_program__name(p));
        snprintf(r->programs[r->count++].section, sizeof(r->programs[0].section), "%s",
                 bpf_program__section_name(p));
    }
    object_close(&o);
    if (status == CMD_DONE && r->count == 0)
        status = cmd_fail(CMD_REFUSED, "%s: no XDP program in it", r->path);
    return status;
}

static int check_all(const struct check_values *v, struct session *s, struct check_report *r)
{
    struct nic_err err = {""};
    struct nic_config cfg;
    int status = check_profile(v->profile != NULL ? v->profile : "nicsim", &r->profile);

    if (status == CMD_DONE)
        status = r->path != NULL ? list_programs(v, r) : list_filter(r);
    if (status != CMD_DONE)
        return status;
    if (devopts_apply(&v->dev, &cfg, &err) != 0)
        return cmd_fail(CMD_USAGE, "check: %s", err.msg);
    if (session_open(s, &cfg, &err) != 0)
        return cmd_fail(CMD_FAILED, "%s", err.msg);
    nicbpf_xlate_opts(s->bpf, &v->dev.xlate);
    for (size_t i = 0; i < r->count && status == CMD_DONE; i++)
        status = check_one(v, r->path, r->programs[i].name, s, r, &r->programs[i]);
    return status;
}

static int verdict(const struct check_report *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (!r->programs[i].accepted)
            return CMD_REFUSED;
    return CMD_DONE;
}

static void free_report(struct check_report *r)
{
    for (size_t i = 0; i < r->count; i++) {
        free(r->programs[i].reasons);
        free(r->programs[i].log);
    }
    free(r->programs);
}

static int check_main(const struct cmd *self, int argc, char **argv)
{
    static struct check_values v; /* zero; too large for small stacks */
    struct check_report r = {0};
    struct session s = {0};
    int status;

    if (!cmd_parse(self, argc, argv, &v, &r.path, 0, 1, &status))
        return status;
    status = object_usage(self, r.path, &v.obj);
    if (status != CMD_DONE)
        return status;
    bpflog_start(v.verbose);
    status = check_all(&v, &s, &r);
    if (status == CMD_DONE) {
        if (v.json)
            check_json(&r);
        else
            check_print(&r, v.verbose);
        status = verdict(&r);
    }
    free_report(&r);
    session_close(&s);
    return status;
}

const struct cmd cmd_check = {
    .name = "check",
    .args = "PROG.o | --filter EXPR",
    .brief = "tell whether a program can be offloaded, why not, and what it uses",
    .about =
        "Verifies, translates and loads each XDP program of an object on the simulated card, then "
        "holds it against an offload profile. A program that is refused is refused with every "
        "reason that was found, the line of C each comes from, and what to do instead; one "
        "that is accepted with what it uses of the card's budgets.",
    .opts = check_opts,
    .examples = check_examples,
    .main = check_main,
};
