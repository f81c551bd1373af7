/* SPDX-License-Identifier: BSD-3-Clause */
/* Which programs of an object run, and which are loaded with them. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/maps.h"
#include "cmd/maptype.h"
#include "cmd/object.h"

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static void set_xdp(struct bpf_program *p)
{
    const char *section = bpf_program__section_name(p);
    enum bpf_attach_type attach = BPF_XDP;

    if (begins(section, "xdp_devmap"))
        attach = BPF_XDP_DEVMAP;
    else if (begins(section, "xdp_cpumap"))
        attach = BPF_XDP_CPUMAP;
    bpf_program__set_type(p, BPF_PROG_TYPE_XDP);
    bpf_program__set_expected_attach_type(p, attach);
}

static bool has_type(const struct bpf_object *obj, enum bpf_prog_type type)
{
    struct bpf_program *p;

    bpf_object__for_each_program(p, obj) if (bpf_program__type(p) == type) return true;
    return false;
}

/*
 * SEC("xdp_foo") and SEC("xdp/foo") are XDP programs in all but name; so is anything in an
 * object that has no section that libbpf 1.x knows.
 */
void choose_types(struct bpf_object *obj)
{
    struct bpf_program *p;

    bpf_object__for_each_program(p, obj)
    {
        if (bpf_program__type(p) == BPF_PROG_TYPE_UNSPEC &&
            begins(bpf_program__section_name(p), "xdp"))
            set_xdp(p);
    }
    if (has_type(obj, BPF_PROG_TYPE_XDP))
        return;
    bpf_object__for_each_program(p, obj)
    {
        if (bpf_program__type(p) == BPF_PROG_TYPE_UNSPEC)
            set_xdp(p);
    }
}

bool choose_is_xdp(const struct bpf_program *p)
{
    return bpf_program__type(p) == BPF_PROG_TYPE_XDP;
}

static bool is_for_port(const struct bpf_program *p)
{
    return choose_is_xdp(p) && bpf_program__expected_attach_type(p) != BPF_XDP_DEVMAP &&
           bpf_program__expected_attach_type(p) != BPF_XDP_CPUMAP;
}

/* "a, b": the programs that can run on a port, or those that cannot. */
static void list_programs(const struct bpf_object *obj, bool port, char *buf, size_t len)
{
    struct bpf_program *p;
    size_t used = 0;

    buf[0] = '\0';
    bpf_object__for_each_program(p, obj)
    {
        if (is_for_port(p) != port || used >= len)
            continue;
        used += (size_t)snprintf(buf + used, len - used, "%s%s%s%s%s", used != 0 ? ", " : "",
                                 bpf_program__name(p), port ? "" : " in section \"",
                                 port ? "" : bpf_program__section_name(p), port ? "" : "\"");
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
    if (bpf_program__type(p) == BPF_PROG_TYPE_UNSPEC)
        set_xdp(p);
    if (!choose_is_xdp(p))
        return cmd_fail(CMD_REFUSED, "%s: '%s' in section \"%s\" is not an XDP program", o->path,
                        name, bpf_program__section_name(p));
    o->prog = p;
    return CMD_DONE;
}

/* Counts programs for a port, leaving out those that a program array starts with; *one: the last.
 */
static unsigned count_entries(const struct object *o, bool initial, struct bpf_program **one)
{
    struct bpf_program *p;
    unsigned count = 0;

    bpf_object__for_each_program(p, o->bpf)
    {
        if (!is_for_port(p) || (!initial && objfile_initial_prog(&o->file, bpf_program__name(p))))
            continue;
        *one = p;
        count++;
    }
    return count;
}

static int choose_only(struct object *o)
{
    unsigned count = count_entries(o, false, &o->prog);
    char list[512];

    if (count == 0) /* it may call itself */
        count = count_entries(o, true, &o->prog);
    if (count == 1)
        return CMD_DONE;
    list_programs(o->bpf, true, list, sizeof(list));
    if (list[0] != '\0')
        return cmd_fail(CMD_USAGE, "%s: several XDP programs in it; choose with --prog NAME: %s",
                        o->path, list);
    list_programs(o->bpf, false, list, sizeof(list));
    return cmd_fail(CMD_REFUSED, "%s: no XDP program in it%s%s%s", o->path,
                    list[0] != '\0' ? " (it has " : "", list, list[0] != '\0' ? ")" : "");
}

int choose_program(struct object *o, const char *name)
{
    return name != NULL ? choose_named(o, name) : choose_only(o);
}

static bool has_map_that_calls(const struct bpf_object *obj)
{
    struct bpf_map *map;

    bpf_object__for_each_map(map, obj) if (map_type_calls(bpf_map__type(map))) return true;
    return false;
}

static void need_named(void *ctx, const char *name)
{
    struct object *o = ctx;
    struct bpf_program *p = bpf_object__find_program_by_name(o->bpf, name);

    if (p == NULL)
        return; /* maps_load says so, with the line */
    if (bpf_program__type(p) == BPF_PROG_TYPE_UNSPEC)
        set_xdp(p);
    bpf_program__set_autoload(p, true);
}

int choose_needed(struct object *o, const char *maps_from)
{
    bool calls = has_map_that_calls(o->bpf);
    struct nic_err err = {""};
    struct bpf_program *p;

    bpf_object__for_each_program(p, o->bpf)
    {
        bool initial = objfile_initial_prog(&o->file, bpf_program__name(p));

        if (initial && bpf_program__type(p) == BPF_PROG_TYPE_UNSPEC)
            set_xdp(p);
        bpf_program__set_autoload(p, p == o->prog || initial ||
                                         (calls && choose_is_xdp(p) && !is_for_port(p)));
    }
    if (maps_from != NULL && maps_programs(maps_from, need_named, o, &err) != 0)
        return cmd_fail(CMD_FAILED, "%s", err.msg);
    return CMD_DONE;
}
