/* SPDX-License-Identifier: BSD-3-Clause */
/* Map commands: operands in and out by DMA, the work in firmware/maps. */
#include "maps/hash_inline.h"

#include "admin/stage.h"
#include "core/mem.h"
#include "maps/timer.h"
#include "platform/platform.h"

/* The map of a command with its key, if it takes one. */
static int open_map(struct fw_ctl *ctl, const struct fw_sqe *sqe, void *key, struct fw_map **m)
{
    *m = fw_maps_find(&ctl->maps, sqe->handle);
    if (!*m)
        return FW_ENOENT;
    if (!key)
        return 0;
    if ((*m)->spec.key_size == 0)
        return sqe->key_len ? FW_EINVAL : 0;
    return fw_cmd_get(key, sqe->key_iova, sqe->key_len, (*m)->spec.key_size);
}

int fw_cmd_MAP_CREATE(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    struct fw_map_spec spec;
    uint32_t handle;
    int err = fw_cmd_get(&spec, sqe->key_iova, sqe->key_len, sizeof(spec));
    if (!err)
        err = fw_map_create(&ctl->maps, &spec, &handle);
    if (err)
        return err;
    const struct fw_map *m = fw_maps_find(&ctl->maps, handle);
    *result = (uint64_t)fw_map_program_addr(m) << 32 | handle;
    return 0;
}

int fw_cmd_MAP_HASH(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    struct fw_map *m;
    int err = open_map(ctl, sqe, NULL, &m);
    if (err)
        return err;
    enum fw_map_kind kind = fw_map_kind(m->hot);
    if (kind != FW_KIND_HASH && kind != FW_KIND_HASH_MORE)
        return FW_EINVAL;
    *result = (uint64_t)hash_seed(m->hot) << 32 | m->base;
    return 0;
}

int fw_cmd_MAP_DESTROY(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    struct fw_map *m;
    int err = open_map(ctl, sqe, NULL, &m);
    (void)result;
    if (err)
        return err;
    if (ctl->map_held[m - ctl->maps.map])
        return FW_EBUSY;
    fw_timer_held(m, 0); /* no packet or callback starts one from here on */
    fw_ctl_grace(ctl);
    fw_timer_free_all(m);
    fw_timer_grace(&ctl->maps);
    fw_map_destroy(&ctl->maps, m);
    return 0;
}

int fw_cmd_MAP_HELD(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    struct fw_map *m;
    (void)result;
    if (sqe->arg0 > 1)
        return FW_EINVAL;
    int err = open_map(ctl, sqe, NULL, &m);
    if (err)
        return err;
    fw_timer_held(m, (int)sqe->arg0);
    if (sqe->arg0 == 0)
        fw_timer_free_all(m);
    return 0;
}

int fw_stage_open(struct fw_ctl *ctl, struct fw_stage *s, uint64_t bytes)
{
    *s = (struct fw_stage){.mem = ctl->scratch};
    if (bytes <= FW_SCRATCH)
        return 0;
    if (bytes > NIC_DMA_MAX)
        return FW_E2BIG;
    int err = fw_maps_alloc(&ctl->maps, bytes, &s->addr);
    if (err)
        return err;
    s->mem = plat_ptr(s->addr);
    s->bytes = (uint32_t)bytes;
    return 0;
}

void fw_stage_close(struct fw_ctl *ctl, const struct fw_stage *s)
{
    if (s->bytes)
        fw_maps_free(&ctl->maps, s->addr, s->bytes);
}

typedef int read_fn(struct fw_map *m, const void *key, void *value, uint64_t flags);

/* An array's value from where it lies, however large. */
static int array_to_host(const struct fw_map *m, const struct fw_sqe *sqe, const void *key)
{
    const void *value = fw_map_lookup(m, key);
    if (!value)
        return FW_ENOENT;
    return fw_cmd_put(value, sqe->value_iova, sqe->value_len, m->spec.value_size);
}

/* Room first: nothing leaves the map for a host that cannot take it. */
static int read_to_host(struct fw_ctl *ctl, const struct fw_sqe *sqe, read_fn *read,
                        uint32_t forbidden)
{
    uint8_t key[FW_KEY_MAX];
    struct fw_map *m;
    struct fw_stage s;
    int err = open_map(ctl, sqe, key, &m);
    if (err)
        return err;
    uint32_t bytes = fw_map_host_bytes(m);
    if (m->spec.flags & forbidden)
        return FW_EPERM;
    if (sqe->value_len < bytes)
        return FW_ENOSPC;
    if (fw_map_value_addr(m) && !m->spec.lock_at && !m->spec.timer_at && !sqe->arg0 &&
        read == fw_map_read)
        return array_to_host(m, sqe, key);
    err = fw_stage_open(ctl, &s, bytes);
    if (err)
        return err;
    if (m->ops->spec & FW_SPEC_VALUE_IN)
        err = fw_cmd_get(s.mem, sqe->value_iova, bytes, bytes);
    if (!err)
        err = read(m, key, s.mem, sqe->arg0);
    if (!err)
        err = fw_cmd_put(s.mem, sqe->value_iova, sqe->value_len, bytes);
    fw_stage_close(ctl, &s);
    return err;
}

int fw_cmd_MAP_LOOKUP(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    (void)result;
    return read_to_host(ctl, sqe, fw_map_read, FW_F_WRONLY);
}

int fw_cmd_MAP_LOOKUP_DELETE(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    (void)result;
    return read_to_host(ctl, sqe, fw_map_take, FW_F_WRONLY | FW_F_RDONLY);
}

/* Reads the whole value, then updates: one that cannot be read changes nothing. */
int fw_cmd_MAP_UPDATE(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    uint8_t key[FW_KEY_MAX];
    struct fw_map *m;
    struct fw_stage s;
    int err = open_map(ctl, sqe, key, &m);
    (void)result;
    if (err)
        return err;
    if (m->spec.flags & FW_F_RDONLY)
        return FW_EPERM;
    err = fw_stage_open(ctl, &s, fw_map_host_bytes(m));
    if (err)
        return err;
    err = fw_cmd_get(s.mem, sqe->value_iova, sqe->value_len, fw_map_host_bytes(m));
    if (!err)
        err = fw_map_write(m, key, s.mem, sqe->arg0);
    fw_stage_close(ctl, &s);
    return err;
}

int fw_cmd_MAP_DELETE(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    uint8_t key[FW_KEY_MAX];
    struct fw_map *m;
    int err = open_map(ctl, sqe, key, &m);
    (void)result;
    if (err)
        return err;
    return m->spec.flags & FW_F_RDONLY ? FW_EPERM : fw_map_delete(m, key);
}

int fw_cmd_MAP_NEXT(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    uint8_t key[FW_KEY_MAX];
    uint8_t next[FW_KEY_MAX];
    struct fw_map *m;
    (void)result;
    if (sqe->arg0 > 1)
        return FW_EINVAL;
    int err = open_map(ctl, sqe, sqe->arg0 ? NULL : key, &m);
    if (!err)
        err = fw_map_next(m, sqe->arg0 ? NULL : key, next);
    return err ? err : fw_cmd_put(next, sqe->value_iova, sqe->value_len, m->spec.key_size);
}
