/* SPDX-License-Identifier: BSD-3-Clause */
#include "side.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { UNSIZED_MAP_ENTRIES = 64 };

/* libbpf's print callback has no context argument. */
static struct side *speaking;

static int collect(enum libbpf_print_level level, const char *fmt, va_list args)
{
    size_t used;

    if (level == LIBBPF_DEBUG || speaking == NULL)
        return 0;
    used = strlen(speaking->log);
    return vsnprintf(speaking->log + used, sizeof(speaking->log) - used, fmt, args);
}

bool side_is_xdp(struct bpf_program *p)
{
    return bpf_program__type(p) == BPF_PROG_TYPE_XDP ||
           bpf_program__type(p) == BPF_PROG_TYPE_UNSPEC;
}

static void choose(struct side *s, const char *name, bool alone)
{
    struct bpf_program *p;

    bpf_object__for_each_program(p, s->obj)
    {
        bool it = strcmp(bpf_program__name(p), name) == 0;

        if (bpf_program__type(p) == BPF_PROG_TYPE_UNSPEC)
            bpf_program__set_type(p, BPF_PROG_TYPE_XDP);
        bpf_program__set_autoload(p, side_is_xdp(p) && (it || !alone));
        if (it)
            s->prog = p;
    }
}

/* Sizes that a loader would choose: an object may leave them at 0. */
static void size_map(struct bpf_map *m)
{
    bpf_map__set_pin_path(m, NULL);
    if (bpf_map__max_entries(m) == 0 && bpf_map__type(m) != BPF_MAP_TYPE_PERF_EVENT_ARRAY)
        bpf_map__set_max_entries(m, UNSIZED_MAP_ENTRIES);
}

int side_load(struct side *s, const char *path, const char *name, bool alone)
{
    struct bpf_map *m;
    int rc;

    speaking = s;
    libbpf_set_print(collect);
    s->obj = bpf_object__open_file(path, NULL);
    if (s->obj == NULL)
        return -errno;
    bpf_object__for_each_map(m, s->obj) size_map(m);
    choose(s, name, alone);
    if (s->prog == NULL)
        return -ENOENT;
    rc = bpf_object__load(s->obj);
    return rc;
}

void side_close(struct side *s)
{
    bpf_object__close(s->obj);
    speaking = NULL;
}
