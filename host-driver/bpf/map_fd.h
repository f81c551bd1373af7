/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Maps whose values are descriptors: user space writes one and reads an id, on the
 * NIC it is a handle. What an entry means holds a reference.
 */
#ifndef NICDRV_BPF_MAP_FD_H
#define NICDRV_BPF_MAP_FD_H

#include "bpf/bpf_impl.h"

/* One object that entries of a map refer to, `count` of them. */
struct fd_held {
    struct obj *obj;
    uint32_t handle; /* on the NIC */
    uint32_t count;
};

/* What programs of a map must have in common: they may be called from one another. */
struct fd_owner {
    bool set;
    bool frags;
    uint32_t type, attach_type;
};

struct map_fds {
    struct fd_held *held;
    uint32_t count;
    struct fd_owner owner;
    /* maps of maps: what each inner map is like */
    struct offload_map inner;
    uint32_t inner_flags;
    char inner_name[BPF_OBJ_NAME_LEN];
};

/* `opened` and `closed` of all these types. */
int fds_opened(struct nicbpf *b, struct map_obj *m, const union bpf_attr *attr);
void fds_closed(struct nicbpf *b, struct map_obj *m);

/* Makes entry `key` refer to `obj` with what the NIC takes as its value; `handle` 0: to nothing. */
int fds_update(struct nicbpf *b, struct map_obj *m, const void *key, const void *value,
               uint64_t flags, struct obj *obj, uint32_t handle);
int fds_delete(struct nicbpf *b, struct map_obj *m, const void *key);
/* `lookup` of entries that are one handle: the id of what it names. */
int fds_lookup(struct nicbpf *b, struct map_obj *m, const void *key, void *value, uint64_t flags);
/* Id of the object with this handle; 0 when the map holds none such. */
uint32_t fds_id(const struct map_obj *m, uint32_t handle);

/* A program on the NIC that fits the map's others; -EBADF, -EINVAL. */
int fds_prog(struct nicbpf *b, struct map_obj *m, uint32_t fd, struct prog_obj **out);

/* The rows of map_types.c. */
extern const struct map_ops map_fd_prog_array, map_fd_array_of_maps, map_fd_hash_of_maps,
    map_fd_devmap, map_fd_devmap_hash, map_fd_cpumap, map_fd_xskmap;

#endif
