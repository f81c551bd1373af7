/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/object.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/bpflog.h"
#include "cmd/cmd.h"
#include "cmd/datadir.h"
#include "cmd/filter.h"
#include "cmd/hints.h"

#define LOG_SIZE       (1u << 20)
#define LOG_TAIL_LINES 12
#define KERNEL_BTF     "/sys/kernel/btf/vmlinux"
#define OWN_BTF        "btf/xdp.o"

static int refused_by_libbpf(const struct object *o, int code)
{
    const char *why = bpflog_warning(), *hint = hint_for(why, OFFLOAD_REASON_NONE);

    if (why[0] == '\0')
        why = strerror(-code);
    cmd_fail(CMD_REFUSED, "%s: %s", o->path, why);
    if (hint != NULL)
        fprintf(stderr, "  hint: %s\n", hint);
    return CMD_REFUSED;
}

/* CO-RE needs types: where the kernel has none, those that come with nicsim. */
static const char *btf_path(const struct objopts *opts, char buf[DATADIR_PATH_MAX])
{
    struct nic_err err;

    if (opts->btf != NULL)
        return opts->btf;
    if (access(KERNEL_BTF, R_OK) == 0 || datadir_find(OWN_BTF, buf, &err) != 0)
        return NULL;
    return buf;
}

/* The card lives as long as this process: what LIBBPF_PIN_BY_NAME would leave behind is gone then.
 */
static void unpin_maps(struct bpf_object *obj)
{
    struct bpf_map *map;

    bpf_object__for_each_map(map, obj)
    {
        if (bpf_map__pin_path(map) != NULL)
            bpf_map__set_pin_path(map, NULL);
    }
}

static int open_bpf(struct object *o, const struct objopts *opts)
{
    char path[DATADIR_PATH_MAX];
    struct bpf_object_open_opts open = {.sz = sizeof(open),
                                        .btf_custom_path = btf_path(opts, path)};

    if (opts->btf != NULL && access(opts->btf, R_OK) != 0)
        return cmd_fail(CMD_FAILED, "%s: %s", opts->btf, strerror(errno));
    o->bpf = bpf_object__open_file(o->path, &open);
    if (o->bpf == NULL)
        return refused_by_libbpf(o, -errno);
    choose_types(o->bpf);
    unpin_maps(o->bpf);
    return CMD_DONE;
}

static int open_filter(struct object *o, const struct objopts *opts)
{
    o->path = opts->filter != NULL ? opts->filter : opts->filter_file;
    o->name = "filter";
    return filter_program(opts, &o->filter, &o->filter_count);
}

int object_usage(const struct cmd *c, const char *path, const struct objopts *opts)
{
    int given = (path != NULL) + (opts->filter != NULL) + (opts->filter_file != NULL);

    if (given == 0)
        return cmd_fail(CMD_USAGE, "%s: needs %s (see nicsim %s --help)", c->name, c->args,
                        c->name);
    if (given > 1)
        return cmd_fail(CMD_USAGE, "%s: one of PROG.o, --filter and --filter-file", c->name);
    if (path != NULL && opts->match != NULL)
        return cmd_fail(CMD_USAGE, "%s: --match goes with --filter or --filter-file", c->name);
    if (path == NULL && (opts->prog != NULL || opts->btf != NULL))
        return cmd_fail(CMD_USAGE, "%s: a filter takes no --prog and no --btf", c->name);
    return CMD_DONE;
}

int object_open_all(struct object *o, const char *path, const struct objopts *opts)
{
    int status;

    memset(o, 0, sizeof(*o));
    o->path = path;
    o->fd = -1;
    status = objfile_open(&o->file, path);
    return status == CMD_DONE ? open_bpf(o, opts) : status;
}

int object_open(struct object *o, const char *path, const struct objopts *opts,
                const char *maps_from)
{
    int status;

    memset(o, 0, sizeof(*o));
    o->fd = -1;
    if (path == NULL)
        return open_filter(o, opts);
    status = object_open_all(o, path, opts);
    if (status == CMD_DONE)
        status = choose_program(o, opts->prog);
    if (status != CMD_DONE)
        return status;
    o->name = bpf_program__name(o->prog);
    return choose_needed(o, maps_from);
}

void object_print_log(FILE *out, const char *log, bool whole)
{
    const char *tail = log + strlen(log);
    int lines = 0;

    if (log[0] == '\0')
        return;
    for (;
         tail > log && !(tail[-1] == '\n' && tail[0] != '\0' && !whole && lines == LOG_TAIL_LINES);
         tail--)
        lines += tail[-1] == '\n' && tail[0] != '\0';
    fprintf(out, "  verifier log%s:\n", tail > log ? ", its end (-v shows all)" : "");
    while (*tail != '\0') {
        size_t n = strcspn(tail, "\n");

        fprintf(out, "    %.*s\n", (int)n, tail);
        tail += n + (tail[n] != '\0');
    }
}

static int refused(const struct object *o, const struct session *s, int code, bool verbose)
{
    const struct nicbpf_refusal *r = nicbpf_refusal(s->bpf);
    const char *hint;
    char name[40];

    if (r == NULL || r->code == 0)
        return refused_by_libbpf(o, code);
    if (r->has_insn)
        cmd_fail(CMD_REFUSED, "%s: program '%s' is refused: %s (instruction %u)", o->path,
                 r->program[0] != '\0' ? r->program : o->name, r->reason, r->insn);
    else
        cmd_fail(CMD_REFUSED, "%s: %s", o->path, r->text);
    if (r->has_insn && r->source[0] != '\0')
        fprintf(stderr, "  %s:%u: %s\n", r->file, r->line, r->source + strspn(r->source, " \t"));
    hint = hint_for(r->reason[0] != '\0' ? r->reason : r->text, r->why);
    if (hint != NULL)
        fprintf(stderr, "  hint: %s%s\n", hint, hint_name(r->why, name));
    if (r->has_insn && o->log != NULL)
        object_print_log(stderr, o->log, verbose);
    return CMD_REFUSED;
}

/* As libbpf: without a log, and again with one to tell why. */
static int load_filter(struct object *o, bool verbose)
{
    struct bpf_prog_load_opts opts = {
        .sz = sizeof(opts), .log_size = LOG_SIZE, .log_level = verbose ? 2 : 1};
    const struct bpf_insn *insns = (const struct bpf_insn *)o->filter;

    o->fd = bpf_prog_load(BPF_PROG_TYPE_XDP, o->name, "GPL", insns, o->filter_count, NULL);
    if (o->fd >= 0 || o->log == NULL)
        return o->fd < 0 ? o->fd : 0;
    opts.log_buf = o->log;
    o->fd = bpf_prog_load(BPF_PROG_TYPE_XDP, o->name, "GPL", insns, o->filter_count, &opts);
    return o->fd < 0 ? o->fd : 0;
}

int object_try_load(struct object *o, bool verbose)
{
    struct bpf_program *p;
    int rc;

    o->log = calloc(1, LOG_SIZE);
    if (o->bpf == NULL)
        return load_filter(o, verbose);
    /* One after the other they load, so that one buffer holds the log of the last. */
    bpf_object__for_each_program(p, o->bpf)
    {
        if (o->log == NULL || !bpf_program__autoload(p))
            continue;
        bpf_program__set_log_buf(p, o->log, LOG_SIZE);
        bpf_program__set_log_level(p, verbose ? 2 : 0);
    }
    rc = bpf_object__load(o->bpf);
    o->fd = rc == 0 ? bpf_program__fd(o->prog) : -1;
    return rc;
}

int object_load(struct object *o, struct session *s, bool verbose)
{
    int rc = object_try_load(o, verbose);

    return rc == 0 ? CMD_DONE : refused(o, s, rc, verbose);
}

int object_attach(struct object *o, struct session *s, unsigned port)
{
    struct bpf_link *link = NULL;
    int fd = -1;

    if (o->links == NIC_PORTS_MAX)
        return cmd_fail(CMD_FAILED, "%s: no port is left", o->path);
    if (o->bpf == NULL)
        fd = bpf_link_create(o->fd, (int)port, BPF_XDP, NULL);
    else
        link = bpf_program__attach_xdp(o->prog, (int)port);
    if (link == NULL && fd < 0)
        return refused(o, s, o->bpf == NULL ? fd : -errno, false);
    o->link[o->links].of = link;
    o->link[o->links++].fd = fd;
    return CMD_DONE;
}

void object_close(struct object *o)
{
    for (unsigned i = 0; i < o->links; i++) {
        bpf_link__destroy(o->link[i].of);
        if (o->link[i].of == NULL)
            close(o->link[i].fd);
    }
    if (o->bpf == NULL && o->name != NULL && o->fd >= 0)
        close(o->fd);
    bpf_object__close(o->bpf);
    free(o->filter);
    objfile_close(&o->file);
    free(o->log);
    memset(o, 0, sizeof(*o));
}
