/* SPDX-License-Identifier: BSD-3-Clause */
/* What the bpf(2) object layer's files share. */
#ifndef NICDRV_BPF_IMPL_H
#define NICDRV_BPF_IMPL_H

#include <bpf/btf.h>
#include <linux/bpf.h>
#include <sys/types.h>

#include "nicdrv/bpf.h"

/* What the kernel answers where a command exists but not for this object; not in the C library's
 * errno.h. */
#define BPF_ENOTSUPP 524

#define MAP_KEY_MAX      512u /* the largest key of any type */
#define BPF_MAPS_OF_PROG 64u  /* as the kernel's MAX_USED_MAPS */

enum obj_kind {
    OBJ_MAP,
    OBJ_PROG,
    OBJ_BTF,
    OBJ_LINK,
    OBJ_PERF, /* a perf event: no object of bpf(2), but a descriptor of ours */
    OBJ_KINDS,
};

/*
 * An object is a pipe: users hold read ends (the file descriptors), the layer
 * the write end. The pipe's inode is the key, so that dup(2)ed descriptors find the
 * object and a reused number does not; the write end polls POLLERR once every
 * read end is closed, so the layer sees the last close without interposing it.
 */
struct obj {
    struct obj *next; /* of all objects, in order of creation */
    enum obj_kind kind;
    uint32_t id;
    unsigned refs;  /* by other objects, and one for all descriptors together */
    bool open;      /* that one */
    unsigned pins;  /* of those by other objects: pins */
    int held;       /* write end */
    bool signalled; /* descriptors are readable: events.h */
    dev_t dev;
    ino_t ino;
};

struct btf_obj {
    struct obj obj;
    struct btf *btf;
    uint8_t *data; /* as it was loaded */
    uint32_t size;
};

/* BTF of a map's key and value, as the kernel's map_check_btf() of each type. */
enum map_btf {
    MAP_BTF_ANY,   /* of both, of the right sizes */
    MAP_BTF_ARRAY, /* key a 32-bit integer; or no key and the value a data section */
    MAP_BTF_LPM,   /* key a struct */
    MAP_BTF_NO_KEY,
    MAP_BTF_NONE,
};

struct map_obj;

/* map_ops.batch */
#define BATCH(command) (1u << ((command) - BPF_MAP_LOOKUP_BATCH))
#define BATCH_ARRAY    (BATCH(BPF_MAP_LOOKUP_BATCH) | BATCH(BPF_MAP_UPDATE_BATCH))
#define BATCH_LPM      (BATCH_ARRAY | BATCH(BPF_MAP_DELETE_BATCH))
#define BATCH_HASH     (BATCH_LPM | BATCH(BPF_MAP_LOOKUP_AND_DELETE_BATCH))

/*
 * What a map type does, one row each (map_types.c). Functions that are NULL are the
 * firmware's. Keys and values are the caller's memory, keys NULL where
 * the type has none; results are as bpf(2)'s, the access rights and flags common to all checked.
 */
struct map_ops {
    uint32_t type;
    /* The kernel's map_alloc_check(), before anything else; says why by refuse_map(). */
    int (*check)(struct nicbpf *b, const union bpf_attr *attr);
    /* After the map was made on the NIC; a failure undoes that. */
    int (*opened)(struct nicbpf *b, struct map_obj *m, const union bpf_attr *attr);
    void (*closing)(struct nicbpf *b, struct map_obj *m); /* before it goes */
    void (*closed)(struct nicbpf *b, struct map_obj *m);  /* when it is gone from the NIC */
    int (*lookup)(struct nicbpf *b, struct map_obj *m, const void *key, void *value,
                  uint64_t flags);
    int (*update)(struct nicbpf *b, struct map_obj *m, const void *key, const void *value,
                  uint64_t flags);
    int (*del)(struct nicbpf *b, struct map_obj *m, const void *key);
    /* key NULL: the first */
    int (*next)(struct nicbpf *b, struct map_obj *m, const void *key, void *next);
    /* LOOKUP_AND_DELETE; NULL: the type has it not */
    int (*take)(struct nicbpf *b, struct map_obj *m, const void *key, void *value, uint64_t flags);
    enum map_btf btf; /* what BTF of key and value it may have */
    uint32_t batch;   /* bit n: BPF_MAP_LOOKUP_BATCH + n is there */
    bool percpu;      /* values: a copy for each processor, each at a multiple of 8 bytes */
};

struct map_obj {
    struct obj obj;
    const struct map_ops *ops;
    char name[BPF_OBJ_NAME_LEN];
    struct nicdrv_map hw;
    uint32_t flags; /* as the user gave them */
    uint64_t extra; /* map_extra */
    uint32_t ifindex;
    bool frozen;
    uint8_t *frozen_data; /* once frozen and RDONLY_PROG, one-entry arrays: the value */
    struct btf_obj *btf;  /* or NULL */
    uint32_t btf_key_type_id, btf_value_type_id;
    uint32_t spin_lock, timer; /* in the value: 1 + offset, 0 = none */
    struct ring *ring;         /* ring buffers: events.h */
    struct perf_map *perf;     /* perf event arrays */
    uint64_t lost;             /* perf events for which the consumer had no room */
    struct map_fds *fds;       /* maps of descriptors: map_fd.h */
};

struct prog_obj {
    struct obj obj;
    uint32_t type; /* BPF_PROG_TYPE_*; only XDP programs are on the NIC */
    uint32_t attach_type;
    uint32_t ifindex;
    char name[BPF_OBJ_NAME_LEN];
    char full_name[128];
    uint64_t load_time_ns;
    uint8_t tag[BPF_TAG_SIZE];
    bool gpl;
    struct btf_obj *btf;
    /* what `prog` points to */
    struct ebpf_insn *insns;
    struct map_obj **maps;
    struct offload_map *map_descs;
    struct offload_line_info *lines;
    struct offload_subprog *subprogs;
    /* func_info and line_info as loaded, for OBJ_GET_INFO_BY_FD */
    struct bpf_func_info *func_info;
    struct bpf_line_info *line_info;
    struct map_obj **bound; /* BPF_PROG_BIND_MAP */
    uint32_t bound_count;
    struct offload_prog prog;
    struct offload_facts *facts;
    struct offload_image *image;
    struct nicdrv_prog hw;
    bool loaded; /* hw is valid */
};

struct link_obj {
    struct obj obj;
    struct prog_obj *prog;
    uint32_t port; /* 0 = detached */
};

struct pins;

struct nicbpf {
    struct nicdrv *drv;
    struct pins *pins; /* NULL until the first path */
    struct obj *objects;
    bool events; /* the NIC's event queue is open */
    void (*events_fn)(void *ctx);
    void *events_ctx;
    uint32_t next_id[OBJ_KINDS];
    struct nicbpf_refusal refusal;
    struct offload_xlate_opts xlate;
};

static inline void *user_ptr(uint64_t p)
{
    return (void *)(uintptr_t)p;
}

/* ---- objects.c ---- */
/* Takes over the zeroed object: a descriptor, or a negative errno with the object not taken. */
int obj_publish(struct nicbpf *b, struct obj *o, enum obj_kind kind);
/* The same; access: BPF_F_RDONLY, BPF_F_WRONLY or 0. */
int obj_publish_as(struct nicbpf *b, struct obj *o, enum obj_kind kind, uint32_t access);
/* What the descriptor was opened for, likewise. */
uint32_t obj_fd_access(int fd);
/* The object of this kind behind fd, *err = 0; else NULL and -EBADF (no such fd) or -EINVAL. */
struct obj *obj_of_fd(struct nicbpf *b, int fd, enum obj_kind kind, int *err);
/* fd is an object's, of any kind. */
bool obj_any_fd(struct nicbpf *b, int fd);
struct obj *obj_of_id(struct nicbpf *b, uint32_t id, enum obj_kind kind);
/* The smallest id above `id`, or 0. */
uint32_t obj_next_id(const struct nicbpf *b, uint32_t id, enum obj_kind kind);
/* A new descriptor for a living object; access as above. */
int obj_reopen(struct nicbpf *b, struct obj *o, uint32_t access);
/* After its last descriptor or pin may have gone: timers of a map end with it, as in the kernel. */
void obj_let_go(struct nicbpf *b, const struct obj *o);
void obj_get(struct obj *o);
void obj_put(struct nicbpf *b, struct obj *o); /* NULL is allowed */
/* Frees what lost its last descriptor and reference. */
void obj_sweep(struct nicbpf *b);

struct map_obj *map_of_fd(struct nicbpf *b, uint32_t fd, int *err);
struct prog_obj *prog_of_fd(struct nicbpf *b, uint32_t fd, int *err);
struct btf_obj *btf_of_fd(struct nicbpf *b, uint32_t fd, int *err);
struct link_obj *link_of_fd(struct nicbpf *b, uint32_t fd, int *err);

/* What freeing an object of each kind does; called by objects.c only. */
void map_release(struct nicbpf *b, struct map_obj *m);
void prog_release(struct nicbpf *b, struct prog_obj *p);
void btf_release(struct nicbpf *b, struct btf_obj *t);
void link_release(struct nicbpf *b, struct link_obj *l);

/* ---- map_types.c ---- */
/* The row of a BPF_MAP_TYPE_*, or NULL. */
const struct map_ops *map_ops_of(uint32_t type);
/* Bytes of a value as user space gives and takes it: per-CPU types have all copies. */
uint32_t map_user_bytes(const struct nicbpf *b, const struct map_obj *m);
int refuse_map(struct nicbpf *b, int code, const union bpf_attr *attr, const char *why);

/* ---- map_btf.c ---- */
/* Checks the BTF of attr against the map's type and sizes and holds it; finds locks and timers. */
int map_attach_btf(struct nicbpf *b, struct map_obj *m, const union bpf_attr *attr);

/* ---- map_fd.c ---- */
/* May p use this map? -EINVAL: it is a program array of other programs. */
int map_fd_check_use(struct map_obj *m, const struct prog_obj *p);
/* Empties it, and what it held is held no more. */
void map_fd_clear(struct nicbpf *b, struct map_obj *m);

/* ---- map_elem.c ---- */
/* The map of fd, *err = 0, if the descriptor may do this (BPF_F_RDONLY: read, BPF_F_WRONLY: write,
 * or both); else NULL and -EBADF, -EINVAL or -EPERM. */
struct map_obj *map_for(struct nicbpf *b, uint32_t fd, uint32_t access, int *err);
/* One element of any type; keys and values of the right sizes. */
int map_lookup(struct nicbpf *b, struct map_obj *m, const void *key, void *value, uint64_t flags);
int map_update(struct nicbpf *b, struct map_obj *m, const void *key, const void *value,
               uint64_t flags);
int map_delete(struct nicbpf *b, struct map_obj *m, const void *key);
int map_next(struct nicbpf *b, struct map_obj *m, const void *key, void *next);
/* Fills m->frozen_data where programs may take the map's contents for constants. */
int map_frozen_values(struct nicbpf *b, struct map_obj *m);

/* ---- map_mmap.c ---- */
/* This process has the map's pages mapped for writing. */
bool map_mapped_for_write(struct nicbpf *b, const struct map_obj *m);

/* ---- pin.c ---- */
/* Drops the references of pins whose file was removed. */
void pins_sweep(struct nicbpf *b);
/* All of them, and the folder. */
void pins_destroy(struct nicbpf *b);

/* ---- refusal.c ---- */
/* Records why; returns code. */
int refuse(struct nicbpf *b, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The same for instruction why->insn of a program. */
int refuse_at(struct nicbpf *b, int code, const struct offload_prog *prog,
              const struct offload_refusal *why);
/* The kernel's name of a map or program type ("LRU_HASH"), or "type". */
const char *map_type_name(uint32_t type);
const char *prog_type_name(uint32_t type);

/* A name of `len` bytes from an attr: terminated, [A-Za-z0-9_.]; else -EINVAL. */
int copy_name(char out[BPF_OBJ_NAME_LEN], const char name[BPF_OBJ_NAME_LEN]);

/* ---- the commands; each returns as bpf(2) does ---- */
typedef long (*bpf_cmd_fn)(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);

long cmd_map_create(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_map_lookup(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_map_update(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_map_delete(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_map_next(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_map_take(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_map_take_batch(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_map_lookup_batch(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_map_update_batch(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_map_delete_batch(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_map_freeze(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_prog_load(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_prog_bind_map(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_prog_test_run(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_btf_load(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_obj_info(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_obj_pin(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_obj_get(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_link_create(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_link_update(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_link_detach(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_prog_next_id(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_map_next_id(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_btf_next_id(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_link_next_id(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_prog_by_id(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_map_by_id(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_btf_by_id(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);
long cmd_link_by_id(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user);

#endif
