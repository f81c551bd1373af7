/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/object.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/bpflog.h"
#include "cmd/cmd.h"
#include "cmd/datadir.h"
#include "cmd/hints.h"

#define LOG_SIZE       (1u << 20)
#define LOG_TAIL_LINES 12

/* libbpf says "Invalid argument" about all of these. */
static int check_elf(const char *path)
{
    struct nic_err err = {""};
    Elf64_Ehdr eh;
    char *bytes;
    size_t len;

    if (file_read(path, &bytes, &len, &err) != 0)
        return cmd_fail(CMD_FAILED, "%s", err.msg);
    memset(&eh, 0, sizeof(eh));
    memcpy(&eh, bytes, len < sizeof(eh) ? len : sizeof(eh));
    free(bytes);
    if (memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0)
        return cmd_fail(CMD_REFUSED, "%s: not an ELF file, so no BPF object", path);
    if (len < sizeof(eh))
        return cmd_fail(CMD_REFUSED, "%s: a truncated ELF file", path);
    if (eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_ident[EI_DATA] != ELFDATA2LSB ||
        eh.e_machine != EM_BPF)
        return cmd_fail(CMD_REFUSED,
                        "%s: an ELF file for another machine (%u), not a little-endian BPF object "
                        "(clang --target=bpf -O2 -g -c makes one)",
                        path, eh.e_machine);
    return CMD_DONE;
}

static bool is_xdp(const struct bpf_program *p)
{
    return bpf_program__type(p) == BPF_PROG_TYPE_XDP &&
           bpf_program__expected_attach_type(p) != BPF_XDP_DEVMAP &&
           bpf_program__expected_attach_type(p) != BPF_XDP_CPUMAP;
}

/* "a, b": the programs that are XDP programs, or those that are not. */
static void list_programs(const struct bpf_object *obj, bool xdp, char *buf, size_t len)
{
    struct bpf_program *p;
    size_t used = 0;

    buf[0] = '\0';
    bpf_object__for_each_program(p, obj)
    {
        if (is_xdp(p) != xdp || used >= len)
            continue;
        used += (size_t)snprintf(buf + used, len - used, "%s%s%s%s%s", used != 0 ? ", " : "",
                                 bpf_program__name(p), xdp ? "" : " in section \"",
                                 xdp ? "" : bpf_program__section_name(p), xdp ? "" : "\"");
    }
}

static int choose_named(struct object *o, const char *name)
{
    struct bpf_program *p = bpf_object__find_program_by_name(o->bpf, name);
    char list[512];

    if (p == NULL) {
        list_programs(o->bpf, true, list, sizeof(list));
        return cmd_fail(CMD_USAGE, "%s: no program '%s' (XDP programs in it: %s)", o->path, name,
                        list[0] != '\0' ? list : "none");
    }
    /* SEC("prog") and the like: the name says what the section does not. */
    if (bpf_program__type(p) == BPF_PROG_TYPE_UNSPEC) {
        bpf_program__set_type(p, BPF_PROG_TYPE_XDP);
        bpf_program__set_expected_attach_type(p, BPF_XDP);
    }
    if (!is_xdp(p))
        return cmd_fail(CMD_REFUSED, "%s: '%s' in section \"%s\" is not an XDP program for a port",
                        o->path, name, bpf_program__section_name(p));
    o->prog = p;
    return CMD_DONE;
}

static int choose_only(struct object *o)
{
    struct bpf_program *p;
    unsigned count = 0;
    char list[512];

    bpf_object__for_each_program(p, o->bpf)
    {
        if (!is_xdp(p))
            continue;
        o->prog = p;
        count++;
    }
    if (count == 1)
        return CMD_DONE;
    list_programs(o->bpf, count != 0, list, sizeof(list));
    if (count == 0)
        return cmd_fail(CMD_REFUSED, "%s: no XDP program in it%s%s%s", o->path,
                        list[0] != '\0' ? " (it has " : "", list, list[0] != '\0' ? ")" : "");
    return cmd_fail(CMD_USAGE, "%s: %u XDP programs in it; choose with --prog NAME: %s", o->path,
                    count, list);
}

static int refused_by_libbpf(const struct object *o, int code)
{
    const char *why = bpflog_warning(), *hint = hint_for(why);

    if (why[0] == '\0')
        why = strerror(-code);
    cmd_fail(CMD_REFUSED, "%s: %s", o->path, why);
    if (hint != NULL)
        fprintf(stderr, "  hint: %s\n", hint);
    return CMD_REFUSED;
}

int object_open(struct object *o, const char *path, const char *name)
{
    struct bpf_program *p;
    int status;

    memset(o, 0, sizeof(*o));
    o->path = path;
    status = check_elf(path);
    if (status != CMD_DONE)
        return status;
    o->bpf = bpf_object__open_file(path, NULL);
    if (o->bpf == NULL)
        return refused_by_libbpf(o, -errno);
    status = name != NULL ? choose_named(o, name) : choose_only(o);
    if (status != CMD_DONE)
        return status;
    bpf_object__for_each_program(p, o->bpf) bpf_program__set_autoload(p, p == o->prog);
    return CMD_DONE;
}

static void print_log(const char *log, bool whole)
{
    const char *tail = log + strlen(log);
    int lines = 0;

    if (log[0] == '\0')
        return;
    for (;
         tail > log && !(tail[-1] == '\n' && tail[0] != '\0' && !whole && lines == LOG_TAIL_LINES);
         tail--)
        lines += tail[-1] == '\n' && tail[0] != '\0';
    fprintf(stderr, "  verifier log%s:\n", tail > log ? ", its end (-v shows all)" : "");
    while (*tail != '\0') {
        size_t n = strcspn(tail, "\n");

        fprintf(stderr, "    %.*s\n", (int)n, tail);
        tail += n + (tail[n] != '\0');
    }
}

static int refused(const struct object *o, const struct session *s, int code, bool verbose)
{
    const struct nicbpf_refusal *r = nicbpf_refusal(s->bpf);
    const char *hint;

    if (r == NULL || r->code == 0)
        return refused_by_libbpf(o, code);
    if (r->has_insn)
        cmd_fail(CMD_REFUSED, "%s: program '%s' is refused: %s (instruction %u)", o->path,
                 bpf_program__name(o->prog), r->reason, r->insn);
    else
        cmd_fail(CMD_REFUSED, "%s: %s", o->path, r->text);
    if (r->has_insn && r->source[0] != '\0')
        fprintf(stderr, "  %s:%u: %s\n", r->file, r->line, r->source + strspn(r->source, " \t"));
    hint = hint_for(r->reason[0] != '\0' ? r->reason : r->text);
    if (hint != NULL)
        fprintf(stderr, "  hint: %s\n", hint);
    if (r->has_insn && o->log != NULL)
        print_log(o->log, verbose);
    return CMD_REFUSED;
}

int object_load(struct object *o, struct session *s, bool verbose)
{
    int rc;

    o->log = calloc(1, LOG_SIZE);
    if (o->log != NULL) {
        bpf_program__set_log_buf(o->prog, o->log, LOG_SIZE);
        bpf_program__set_log_level(o->prog, verbose ? 2 : 0);
    }
    rc = bpf_object__load(o->bpf);
    return rc == 0 ? CMD_DONE : refused(o, s, rc, verbose);
}

int object_attach(struct object *o, struct session *s, unsigned port)
{
    o->link = bpf_program__attach_xdp(o->prog, (int)port);
    return o->link != NULL ? CMD_DONE : refused(o, s, -errno, false);
}

void object_close(struct object *o)
{
    bpf_link__destroy(o->link);
    bpf_object__close(o->bpf);
    free(o->log);
    memset(o, 0, sizeof(*o));
}
