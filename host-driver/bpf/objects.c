/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of objects, their descriptors and their references. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf/events.h"
#include "bpf/map_fd.h"

/* ---- creation ---- */

static void append(struct nicbpf *b, struct obj *o)
{
    struct obj **at = &b->objects;

    while (*at)
        at = &(*at)->next;
    o->next = NULL;
    *at = o;
}

/*
 * What a descriptor may do is its own: kept in flags of the open file that mean nothing to the
 * read end of a pipe, so that dup(2) and fork(2) keep it.
 */
#define FILE_RDONLY O_APPEND
#define FILE_WRONLY O_NOATIME

static int open_end(int end, uint32_t access)
{
    char path[32];
    int flags = access & BPF_F_RDONLY ? FILE_RDONLY : access & BPF_F_WRONLY ? FILE_WRONLY : 0;

    /* Opening a pipe's descriptor by its /proc name gives a new end of the same pipe. */
    snprintf(path, sizeof(path), "/proc/self/fd/%d", end);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);
    return fd < 0 ? -errno : fd;
}

uint32_t obj_fd_access(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags & FILE_RDONLY ? BPF_F_RDONLY : flags & FILE_WRONLY ? BPF_F_WRONLY : 0;
}

int obj_publish(struct nicbpf *b, struct obj *o, enum obj_kind kind)
{
    return obj_publish_as(b, o, kind, 0);
}

int obj_publish_as(struct nicbpf *b, struct obj *o, enum obj_kind kind, uint32_t access)
{
    struct stat st;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
        return -errno;
    int fd = fstat(ends[0], &st) ? -errno : open_end(ends[0], access);
    close(ends[0]);
    if (fd < 0) {
        close(ends[1]);
        return fd;
    }
    o->kind = kind;
    o->id = ++b->next_id[kind];
    o->refs = 1;
    o->open = true;
    o->held = ends[1];
    o->dev = st.st_dev;
    o->ino = st.st_ino;
    append(b, o);
    return fd;
}

/* ---- look-up ---- */

static struct obj *find_fd(struct nicbpf *b, const struct stat *st)
{
    for (struct obj *o = b->objects; o; o = o->next) {
        if (o->ino == st->st_ino && o->dev == st->st_dev)
            return o;
    }
    return NULL;
}

bool obj_any_fd(struct nicbpf *b, int fd)
{
    struct stat st;

    return !fstat(fd, &st) && find_fd(b, &st);
}

struct obj *obj_of_fd(struct nicbpf *b, int fd, enum obj_kind kind, int *err)
{
    struct stat st;

    if (fstat(fd, &st)) {
        *err = -EBADF;
        return NULL;
    }
    struct obj *o = find_fd(b, &st);
    *err = o && o->kind == kind ? 0 : -EINVAL;
    return *err ? NULL : o;
}

struct obj *obj_of_id(struct nicbpf *b, uint32_t id, enum obj_kind kind)
{
    for (struct obj *o = b->objects; o; o = o->next) {
        if (o->kind == kind && o->id == id)
            return o;
    }
    return NULL;
}

uint32_t obj_next_id(const struct nicbpf *b, uint32_t id, enum obj_kind kind)
{
    /* Ids grow with creation, so the first one above is the smallest. */
    for (const struct obj *o = b->objects; o; o = o->next) {
        if (o->kind == kind && o->id > id)
            return o->id;
    }
    return 0;
}

struct map_obj *map_of_fd(struct nicbpf *b, uint32_t fd, int *err)
{
    return (struct map_obj *)obj_of_fd(b, (int)fd, OBJ_MAP, err);
}

struct prog_obj *prog_of_fd(struct nicbpf *b, uint32_t fd, int *err)
{
    return (struct prog_obj *)obj_of_fd(b, (int)fd, OBJ_PROG, err);
}

struct btf_obj *btf_of_fd(struct nicbpf *b, uint32_t fd, int *err)
{
    return (struct btf_obj *)obj_of_fd(b, (int)fd, OBJ_BTF, err);
}

struct link_obj *link_of_fd(struct nicbpf *b, uint32_t fd, int *err)
{
    return (struct link_obj *)obj_of_fd(b, (int)fd, OBJ_LINK, err);
}

/* Timers in a map that programs alone hold: none, as after the kernel's map_release_uref. */
static void tell_held(struct nicbpf *b, const struct obj *o, bool held)
{
    const struct map_obj *m = (const struct map_obj *)o;

    if (o->kind == OBJ_MAP && m->timer)
        (void)nicdrv_map_held(b->drv, &m->hw, held);
}

void obj_let_go(struct nicbpf *b, const struct obj *o)
{
    if (!o->open && !o->pins && o->refs > 1)
        tell_held(b, o, false);
}

int obj_reopen(struct nicbpf *b, struct obj *o, uint32_t access)
{
    int fd = open_end(o->held, access);

    if (fd >= 0 && !o->open) {
        o->open = true;
        o->refs++;
        if (!o->pins)
            tell_held(b, o, true);
    }
    return fd;
}

/* ---- references ---- */

void obj_get(struct obj *o)
{
    o->refs++;
}

static void unlink_obj(struct nicbpf *b, const struct obj *o)
{
    for (struct obj **at = &b->objects; *at; at = &(*at)->next) {
        if (*at == o) {
            *at = o->next;
            return;
        }
    }
}

static void release(struct nicbpf *b, struct obj *o)
{
    unlink_obj(b, o);
    close(o->held);
    switch (o->kind) {
    case OBJ_MAP:
        map_release(b, (struct map_obj *)o);
        break;
    case OBJ_PROG:
        prog_release(b, (struct prog_obj *)o);
        break;
    case OBJ_BTF:
        btf_release(b, (struct btf_obj *)o);
        break;
    case OBJ_PERF:
        perf_release((struct perf_obj *)o);
        break;
    default:
        link_release(b, (struct link_obj *)o);
        break;
    }
}

void obj_put(struct nicbpf *b, struct obj *o)
{
    if (o && --o->refs == 0)
        release(b, o);
}

static bool last_reader_gone(const struct obj *o)
{
    struct pollfd p = {.fd = o->held};

    return poll(&p, 1, 0) > 0 && (p.revents & POLLERR);
}

/* One object whose descriptors are all closed, but which still counts them. */
static struct obj *find_closed(const struct nicbpf *b)
{
    for (struct obj *o = b->objects; o; o = o->next) {
        if (o->open && last_reader_gone(o))
            return o;
    }
    return NULL;
}

void obj_sweep(struct nicbpf *b)
{
    struct obj *o;

    pins_sweep(b);
    /* Freeing one may free others: start over each time. */
    while ((o = find_closed(b)) != NULL) {
        o->open = false;
        obj_let_go(b, o);
        /* As the kernel: programs of a program array may refer to it, so nobody else ends that. */
        if (o->kind == OBJ_MAP && ((struct map_obj *)o)->hw.spec.type == BPF_MAP_TYPE_PROG_ARRAY)
            map_fd_clear(b, (struct map_obj *)o);
        obj_put(b, o);
    }
}

/* ---- the layer ---- */

int nicbpf_create(struct nicdrv *drv, struct nicbpf **out)
{
    struct nicbpf *b = calloc(1, sizeof(*b));

    if (!b)
        return -ENOMEM;
    b->drv = drv;
    *out = b;
    return 0;
}

/* Links before programs before maps: what refers goes before what is referred to. */
static struct obj *find_for_destroy(struct nicbpf *b)
{
    static const enum obj_kind order[OBJ_KINDS] = {OBJ_LINK, OBJ_PROG, OBJ_MAP, OBJ_BTF, OBJ_PERF};

    for (unsigned k = 0; k < OBJ_KINDS; k++) {
        for (struct obj *o = b->objects; o; o = o->next) {
            if (o->kind == order[k])
                return o;
        }
    }
    return NULL;
}

/* A map with entries that hold programs or maps. */
static struct obj *find_holder(struct nicbpf *b)
{
    for (struct obj *o = b->objects; o; o = o->next) {
        const struct map_obj *m = (const struct map_obj *)o;
        if (o->kind == OBJ_MAP && m->fds && m->fds->count)
            return o;
    }
    return NULL;
}

void nicbpf_destroy(struct nicbpf *b)
{
    struct obj *o;

    if (!b)
        return;
    if (nicbpf_bound() == b)
        nicbpf_bind(NULL);
    pins_destroy(b);
    while ((o = find_holder(b)) != NULL)
        map_fd_clear(b, (struct map_obj *)o);
    while ((o = find_for_destroy(b)) != NULL)
        release(b, o);
    if (b->events)
        nicdrv_events_close(b->drv);
    free(b);
}

int nicbpf_prog(struct nicbpf *b, int fd, struct nicbpf_prog_view *out)
{
    int err;
    const struct prog_obj *p = prog_of_fd(b, (uint32_t)fd, &err);

    if (!p)
        return err;
    *out = (struct nicbpf_prog_view){
        .name = p->full_name,
        .id = p->obj.id,
        .prog = &p->prog,
        .facts = p->facts,
        .image = p->image,
        .hw = p->loaded ? &p->hw : NULL,
    };
    return 0;
}

static void map_view(const struct map_obj *m, struct nicbpf_map_view *out)
{
    *out = (struct nicbpf_map_view){.name = m->name, .id = m->obj.id, .hw = &m->hw};
}

int nicbpf_map(struct nicbpf *b, int fd, struct nicbpf_map_view *out)
{
    int err;
    const struct map_obj *m = map_of_fd(b, (uint32_t)fd, &err);

    if (!m)
        return err;
    map_view(m, out);
    return 0;
}

int nicbpf_map_at(struct nicbpf *b, unsigned i, struct nicbpf_map_view *out)
{
    obj_sweep(b); /* or the maps of libbpf's feature probes would be among them */
    for (const struct obj *o = b->objects; o; o = o->next) {
        if (o->kind == OBJ_MAP && i-- == 0) {
            map_view((const struct map_obj *)o, out);
            return 0;
        }
    }
    return -ENOENT;
}

unsigned nicbpf_cpus(const struct nicbpf *b)
{
    return nicdrv_caps(b->drv)->limits.cpus;
}
