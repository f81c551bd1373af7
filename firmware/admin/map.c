/* SPDX-License-Identifier: BSD-3-Clause */
/* Map commands: operands in and out by DMA, the work in firmware/maps. */
#include "maps/map.h"

#include "admin/ctl.h"
#include "core/mem.h"
#include "platform/platform.h"

/* The map of a command with its key, if it takes one. */
static int open_map(struct fw_ctl *ctl, const struct fw_sqe *sqe, void *key, struct fw_map **m)
{
    *m = fw_maps_find(&ctl->maps, sqe->handle);
    if (!*m)
        return FW_ENOENT;
    return key ? fw_cmd_get(key, sqe->key_iova, sqe->key_len, (*m)->spec.key_size) : 0;
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
    *result = (uint64_t)fw_map_value_addr(m) << 32 | handle;
    return 0;
}

int fw_cmd_MAP_DESTROY(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    struct fw_map *m;
    int err = open_map(ctl, sqe, NULL, &m);
    (void)result;
    if (err)
        return err;
    fw_ctl_grace();
    fw_map_destroy(&ctl->maps, m);
    return 0;
}

int fw_cmd_MAP_LOOKUP(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    uint8_t key[FW_KEY_MAX];
    struct fw_map *m;
    int err = open_map(ctl, sqe, key, &m);
    (void)result;
    if (err)
        return err;
    const void *value = fw_map_lookup(m, key);
    if (!value)
        return FW_ENOENT;
    return fw_cmd_put(value, sqe->value_iova, sqe->value_len, m->spec.value_size);
}

/* Reads the value to `buf`, then updates: a value that cannot be read changes nothing. */
static int update_from(struct fw_map *m, const struct fw_sqe *sqe, const void *key, void *buf)
{
    int err = fw_cmd_get(buf, sqe->value_iova, sqe->value_len, m->spec.value_size);
    return err ? err : fw_map_update(m, key, buf, sqe->arg0);
}

int fw_cmd_MAP_UPDATE(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    uint8_t key[FW_KEY_MAX];
    struct fw_map *m;
    uint64_t addr;
    int err = open_map(ctl, sqe, key, &m);
    (void)result;
    if (err)
        return err;
    if (m->spec.value_size <= FW_SCRATCH)
        return update_from(m, sqe, key, ctl->scratch);
    err = fw_extents_alloc(&ctl->maps.dram, m->spec.value_size, &addr);
    if (err)
        return err;
    err = update_from(m, sqe, key, plat_ptr((uint32_t)addr));
    fw_extents_free(&ctl->maps.dram, addr, m->spec.value_size);
    return err;
}

int fw_cmd_MAP_DELETE(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    uint8_t key[FW_KEY_MAX];
    struct fw_map *m;
    int err = open_map(ctl, sqe, key, &m);
    (void)result;
    return err ? err : fw_map_delete(m, key);
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
