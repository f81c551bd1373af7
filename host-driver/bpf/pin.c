/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pins. The kernel keeps them in its bpf file system; here what programs know as
 * /sys/fs/bpf is a folder of our own, and a pin is an empty file in it together
 * with a reference in this table. The file is the name: it is found by its inode, so
 * rename(2) moves a pin, and when the last link to it goes, so does the reference.
 */
#define _XOPEN_SOURCE 700 /* nftw */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf/bpf_impl.h"

#define MOUNT "/sys/fs/bpf"

struct pin {
    struct pin *next;
    struct obj *obj; /* a reference */
    int file;        /* holds the inode, so that its number is not used again */
    dev_t dev;
    ino_t ino;
};

struct pins {
    struct pin *first;
    char root[64]; /* the folder, "" until it is needed */
};

/* ---- paths ---- */

/* What follows the mount point in `path`, or NULL when it is not below it. */
static const char *below_mount(const char *path)
{
    size_t len = strlen(MOUNT);

    if (strncmp(path, MOUNT, len))
        return NULL;
    return path[len] == '/' || !path[len] ? path + len : NULL;
}

/* ".." could lead out of the folder. */
static bool climbs(const char *path)
{
    for (const char *at = strstr(path, "/.."); at; at = strstr(at + 1, "/..")) {
        if (!at[3] || at[3] == '/')
            return true;
    }
    return false;
}

static int make_root(struct nicbpf *b)
{
    const char *tmp = getenv("XDG_RUNTIME_DIR");

    if (!b->pins)
        b->pins = calloc(1, sizeof(*b->pins));
    if (!b->pins)
        return -ENOMEM;
    if (b->pins->root[0])
        return 0;
    if (!tmp || strlen(tmp) > 32 || access(tmp, W_OK))
        tmp = "/tmp";
    snprintf(b->pins->root, sizeof(b->pins->root), "%s/nicsim-bpf-XXXXXX", tmp);
    if (mkdtemp(b->pins->root))
        return 0;
    b->pins->root[0] = '\0';
    return -errno;
}

int nicbpf_path(struct nicbpf *b, const char *path, char *out, size_t len)
{
    const char *rest = path ? below_mount(path) : NULL;

    if (!rest)
        return 0;
    int rc = climbs(rest) ? -ENOENT : make_root(b);
    if (rc)
        return rc;
    int n = snprintf(out, len, "%s%s", b->pins->root, rest);
    return n > 0 && (size_t)n < len ? 1 : -ENAMETOOLONG;
}

/* ---- the table ---- */

static struct pin *pin_at(const struct nicbpf *b, const char *file)
{
    struct stat st;

    if (stat(file, &st))
        return NULL;
    for (struct pin *p = b->pins->first; p; p = p->next) {
        if (p->ino == st.st_ino && p->dev == st.st_dev)
            return p;
    }
    return NULL;
}

static int add_pin(struct nicbpf *b, struct obj *o, const char *file)
{
    struct pin *p = calloc(1, sizeof(*p));
    struct stat st;

    if (!p)
        return -ENOMEM;
    p->file = open(file, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (p->file < 0 || fstat(p->file, &st)) {
        int err = -errno;
        if (p->file >= 0)
            close(p->file);
        free(p);
        return err;
    }
    p->dev = st.st_dev;
    p->ino = st.st_ino;
    p->obj = o;
    obj_get(o);
    o->pins++;
    p->next = b->pins->first;
    b->pins->first = p;
    return 0;
}

static void drop(struct nicbpf *b, struct pin *p)
{
    close(p->file);
    p->obj->pins--;
    obj_let_go(b, p->obj);
    obj_put(b, p->obj);
    free(p);
}

void pins_sweep(struct nicbpf *b)
{
    struct pin **at = b->pins ? &b->pins->first : NULL;
    struct stat st;

    while (at && *at) {
        struct pin *p = *at;
        if (!fstat(p->file, &st) && st.st_nlink) {
            at = &p->next;
            continue;
        }
        *at = p->next;
        drop(b, p);
    }
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

void pins_destroy(struct nicbpf *b)
{
    if (!b->pins)
        return;
    while (b->pins->first) {
        struct pin *p = b->pins->first;
        b->pins->first = p->next;
        drop(b, p);
    }
    if (b->pins->root[0])
        (void)nftw(b->pins->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(b->pins);
    b->pins = NULL;
}

/* ---- the commands ---- */

/* The kernel looks for a map, a program, a link, and then has one answer. */
static struct obj *pinnable(struct nicbpf *b, uint32_t fd)
{
    static const enum obj_kind kinds[] = {OBJ_MAP, OBJ_PROG, OBJ_LINK};
    struct obj *o = NULL;
    int err;

    for (unsigned i = 0; i < 3 && !o; i++)
        o = obj_of_fd(b, (int)fd, kinds[i], &err);
    return o;
}

/* Dots are reserved in names of the bpf file system. */
static bool dotted(const char *file)
{
    const char *base = strrchr(file, '/');

    return base && strchr(base, '.');
}

/* Elsewhere than in the bpf file system: what the kernel says depends on what is there. */
static int not_ours(const char *path, int exists)
{
    struct stat st;
    char parent[PATH_MAX];

    if (!stat(path, &st))
        return exists;
    snprintf(parent, sizeof(parent), "%s", path);
    char *slash = strrchr(parent, '/');
    if (slash)
        slash[slash == parent] = '\0';
    return slash && stat(parent, &st) ? -errno : -EPERM;
}

long cmd_obj_pin(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    char file[PATH_MAX];

    (void)user;
    if (attr->file_flags)
        return -EINVAL;
    struct obj *o = pinnable(b, attr->bpf_fd);
    if (!o)
        return -EINVAL;
    if (!attr->pathname)
        return -EFAULT;
    pins_sweep(b);
    int rc = nicbpf_path(b, user_ptr(attr->pathname), file, sizeof(file));
    if (rc < 0)
        return rc;
    if (!rc)
        return not_ours(user_ptr(attr->pathname), -EEXIST);
    return dotted(file) ? -EPERM : add_pin(b, o, file);
}

static int open_pin(struct nicbpf *b, struct obj *o, uint32_t access)
{
    if (o->kind == OBJ_LINK && access)
        return -EINVAL;
    return obj_reopen(b, o, o->kind == OBJ_MAP ? access : 0);
}

long cmd_obj_get(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    const uint32_t both = BPF_F_RDONLY | BPF_F_WRONLY;
    char file[PATH_MAX];
    struct stat st;

    (void)user;
    if (attr->bpf_fd || attr->file_flags & ~both || attr->file_flags == both)
        return -EINVAL;
    if (!attr->pathname)
        return -EFAULT;
    pins_sweep(b);
    int rc = nicbpf_path(b, user_ptr(attr->pathname), file, sizeof(file));
    if (rc < 0)
        return rc;
    if (!rc)
        return stat(user_ptr(attr->pathname), &st) ? -errno : -EACCES;
    if (stat(file, &st))
        return -errno;
    const struct pin *p = pin_at(b, file);
    return p ? open_pin(b, p->obj, attr->file_flags) : -EACCES;
}
