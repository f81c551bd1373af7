/* SPDX-License-Identifier: BSD-3-Clause */
/* Firmware in a few lines of host C: linear tables, one value address a map, the real error codes.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "fake_nic.h"

#define MAPS  128
#define PROGS 64
#define PORTS 3 /* from 1 */
#define OPS   32

struct table {
    struct fw_map_spec spec;
    uint8_t *entries; /* max_entries of: used byte, key, value; arrays: values */
    bool exists;
};

struct fake_fw {
    struct table maps[MAPS];
    bool progs[PROGS];
    uint32_t attached[PORTS];
    bool enabled[PORTS];
    uint16_t fail[OPS];
    uint64_t map_room;
    uint32_t map_base;
    bool all_types;
};

struct fake_fw *fake_fw_create(void)
{
    struct fake_fw *fw = calloc(1, sizeof(*fw));

    if (!fw)
        return NULL;
    fw->map_room = 1u << 20;
    fw->map_base = 0x80100000u;
    return fw;
}

void fake_fw_destroy(struct fake_fw *fw)
{
    for (unsigned i = 0; i < MAPS; i++)
        free(fw->maps[i].entries);
    free(fw);
}

unsigned fake_fw_maps(const struct fake_fw *fw)
{
    unsigned n = 0;

    for (unsigned i = 0; i < MAPS; i++)
        n += fw->maps[i].exists;
    return n;
}

unsigned fake_fw_progs(const struct fake_fw *fw)
{
    unsigned n = 0;

    for (unsigned i = 0; i < PROGS; i++)
        n += fw->progs[i];
    return n;
}

uint32_t fake_fw_attached(const struct fake_fw *fw, unsigned port)
{
    return fw->attached[port];
}

bool fake_fw_enabled(const struct fake_fw *fw, unsigned port)
{
    return fw->enabled[port];
}

void fake_fw_fail(struct fake_fw *fw, unsigned op, uint16_t status)
{
    fw->fail[op] = status;
}

void fake_fw_map_room(struct fake_fw *fw, uint64_t bytes)
{
    fw->map_room = bytes;
}

void fake_fw_map_base(struct fake_fw *fw, uint32_t base)
{
    fw->map_base = base;
}

void fake_fw_all_types(struct fake_fw *fw)
{
    fw->all_types = true;
}

/* ---- capabilities ---- */

static size_t put_tlv(uint8_t *out, size_t at, uint16_t type, const void *value, uint16_t len)
{
    struct fw_tlv t = {.type = type, .len = len};

    memcpy(out + at, &t, sizeof(t));
    memcpy(out + at + sizeof(t), value, len);
    return at + sizeof(t) + ((size_t)len + 7) / 8 * 8;
}

/* Types that are only ever created. */
static const struct fw_cap_map more[] = {
    {BPF_MAP_TYPE_LRU_HASH, 256, 4096, BPF_F_NO_COMMON_LRU | BPF_F_ZERO_SEED},
    {BPF_MAP_TYPE_LPM_TRIE, 260, 4096, BPF_F_NO_PREALLOC},
    {BPF_MAP_TYPE_QUEUE, 0, 4096, 0},
    {BPF_MAP_TYPE_BLOOM_FILTER, 0, 4096, BPF_F_ZERO_SEED},
};

size_t fake_fw_tlvs(const struct fake_fw *fw, uint8_t *out, size_t room)
{
    uint32_t abi = FW_ABI_VERSION;
    uint64_t helpers[4] = {1u << BPF_FUNC_map_lookup_elem | 1u << BPF_FUNC_map_update_elem};
    struct fw_cap_map array = {BPF_MAP_TYPE_ARRAY, 4, 65536, 0};
    struct fw_cap_map hash = {BPF_MAP_TYPE_HASH, 256, 4096, BPF_F_NO_PREALLOC};
    struct fw_cap_prog prog = {0x20000000u, 256, 32768, 8192, PROGS, 0};
    struct fw_cap_limits limits = {MAPS, 4, fw->map_room};
    size_t at = 0;

    memset(out, 0, room);
    at = put_tlv(out, at, FW_CAP_ABI, &abi, sizeof(abi));
    at = put_tlv(out, at, FW_CAP_NAME, "fake 1", 6);
    at = put_tlv(out, at, FW_CAP_HELPERS, helpers, sizeof(helpers));
    at = put_tlv(out, at, FW_CAP_MAP_TYPE, &array, sizeof(array));
    at = put_tlv(out, at, FW_CAP_MAP_TYPE, &hash, sizeof(hash));
    for (unsigned i = 0; fw->all_types && i < sizeof(more) / sizeof(more[0]); i++)
        at = put_tlv(out, at, FW_CAP_MAP_TYPE, &more[i], sizeof(more[i]));
    at = put_tlv(out, at, FW_CAP_PROG, &prog, sizeof(prog));
    at = put_tlv(out, at, FW_CAP_LIMITS, &limits, sizeof(limits));
    return put_tlv(out, at, FW_CAP_END, "", 0);
}

/* ---- maps ---- */

static size_t entry_size(const struct table *t)
{
    return 1u + t->spec.key_size + t->spec.value_size;
}

static uint8_t *entry_at(const struct table *t, uint32_t i)
{
    return t->entries + i * entry_size(t);
}

static bool is_array(const struct table *t)
{
    return t->spec.type == BPF_MAP_TYPE_ARRAY;
}

/* Entry of the key, or max_entries. */
static uint32_t find(const struct table *t, const uint8_t *key)
{
    uint32_t i;

    for (i = 0; i < t->spec.max_entries; i++) {
        if (entry_at(t, i)[0] && !memcmp(entry_at(t, i) + 1, key, t->spec.key_size))
            break;
    }
    return i;
}

static uint16_t map_create(struct fake_fw *fw, const struct fw_map_spec *spec, uint64_t *result)
{
    uint32_t i = 0;

    while (i < MAPS && fw->maps[i].exists)
        i++;
    if (i == MAPS || (uint64_t)spec->max_entries * spec->value_size > fw->map_room)
        return ENOMEM;
    struct table *t = &fw->maps[i];
    *t = (struct table){.spec = *spec, .exists = true};
    t->entries = calloc(spec->max_entries, entry_size(t));
    for (uint32_t k = 0; is_array(t) && k < spec->max_entries; k++) {
        entry_at(t, k)[0] = 1;
        memcpy(entry_at(t, k) + 1, &k, sizeof(k));
    }
    *result = fw->map_base + i * 64u;
    if (is_array(t))
        *result |= (uint64_t)(fw->map_base + 0x100000u + i * 4096u) << 32;
    return 0;
}

static uint16_t map_update(struct table *t, const uint8_t *key, const uint8_t *value,
                           uint64_t flags)
{
    uint32_t i = find(t, key), free_at = 0;

    if (i == t->spec.max_entries && is_array(t))
        return E2BIG;
    if (i < t->spec.max_entries && flags == BPF_NOEXIST)
        return EEXIST;
    if (i == t->spec.max_entries && flags == BPF_EXIST)
        return ENOENT;
    if (i == t->spec.max_entries) {
        while (free_at < t->spec.max_entries && entry_at(t, free_at)[0])
            free_at++;
        if (free_at == t->spec.max_entries)
            return E2BIG;
        i = free_at;
    }
    entry_at(t, i)[0] = 1;
    memcpy(entry_at(t, i) + 1, key, t->spec.key_size);
    memcpy(entry_at(t, i) + 1 + t->spec.key_size, value, t->spec.value_size);
    return 0;
}

static uint16_t map_next(const struct table *t, const uint8_t *key, uint8_t *next)
{
    uint32_t i = key ? find(t, key) : t->spec.max_entries;

    i = i == t->spec.max_entries ? 0 : i + 1;
    while (i < t->spec.max_entries && !entry_at(t, i)[0])
        i++;
    if (i == t->spec.max_entries)
        return ENOENT;
    memcpy(next, entry_at(t, i) + 1, t->spec.key_size);
    return 0;
}

static uint16_t map_op(struct table *t, const struct fw_sqe *sqe, uint8_t *key, uint8_t *value)
{
    uint32_t i;

    if (sqe->op == FW_ADMIN_MAP_UPDATE)
        return map_update(t, key, value, sqe->arg0);
    if (sqe->op == FW_ADMIN_MAP_NEXT)
        return map_next(t, sqe->arg0 ? NULL : key, value);
    i = find(t, key);
    if (sqe->op == FW_ADMIN_MAP_DELETE && is_array(t))
        return EINVAL;
    if (i == t->spec.max_entries)
        return ENOENT;
    if (sqe->op == FW_ADMIN_MAP_DELETE)
        entry_at(t, i)[0] = 0;
    else
        memcpy(value, entry_at(t, i) + 1 + t->spec.key_size, t->spec.value_size);
    return 0;
}

/* Up to the first that fails; how many were done is the result. */
static uint16_t map_change_batch(struct table *t, const struct fw_sqe *sqe, uint8_t *keys,
                                 uint8_t *values, uint64_t *done)
{
    struct fw_sqe one = *sqe;

    one.op = sqe->op == FW_ADMIN_MAP_UPDATE_BATCH ? FW_ADMIN_MAP_UPDATE : FW_ADMIN_MAP_DELETE;
    one.arg0 = sqe->arg1;
    if (sqe->key_len < sqe->arg0 * t->spec.key_size ||
        (one.op == FW_ADMIN_MAP_UPDATE && sqe->value_len < sqe->arg0 * t->spec.value_size))
        return EINVAL;
    for (*done = 0; *done < sqe->arg0; ++*done) {
        uint16_t err =
            map_op(t, &one, keys + *done * t->spec.key_size,
                   one.op == FW_ADMIN_MAP_UPDATE ? values + *done * t->spec.value_size : NULL);
        if (err)
            return err;
    }
    return 0;
}

static struct table *map_of(struct fake_fw *fw, uint32_t handle)
{
    uint32_t i = (handle - fw->map_base) / 64u;

    return i < MAPS && fw->maps[i].exists ? &fw->maps[i] : NULL;
}

static uint16_t serve_map(struct fake_nic *nic, const struct fw_sqe *sqe, struct fw_cqe *cqe)
{
    struct fake_fw *fw = nic->fw;
    struct table *t = map_of(fw, sqe->handle);
    uint8_t *key = sqe->key_len ? fake_dma(nic, sqe->key_iova, sqe->key_len) : NULL;
    uint8_t *value = sqe->value_len ? fake_dma(nic, sqe->value_iova, sqe->value_len) : NULL;

    if ((sqe->key_len && !key) || (sqe->value_len && !value))
        return EFAULT;
    if (sqe->op == FW_ADMIN_MAP_CREATE)
        return sqe->key_len == sizeof(struct fw_map_spec)
                   ? map_create(fw, (const struct fw_map_spec *)(void *)key, &cqe->result)
                   : EINVAL;
    if (!t)
        return EBADF;
    if (sqe->op == FW_ADMIN_MAP_DESTROY) {
        free(t->entries);
        *t = (struct table){0};
        return 0;
    }
    if (sqe->op == FW_ADMIN_MAP_UPDATE_BATCH || sqe->op == FW_ADMIN_MAP_DELETE_BATCH)
        return map_change_batch(t, sqe, key, value, &cqe->result);
    return map_op(t, sqe, key, value);
}

/* ---- programs and ports ---- */

static uint16_t serve_prog(struct fake_fw *fw, const struct fw_sqe *sqe, struct fw_cqe *cqe)
{
    uint32_t i = 0, h = sqe->handle;

    if (sqe->op == FW_ADMIN_PROG_CREATE) {
        while (i < PROGS && fw->progs[i])
            i++;
        if (i == PROGS)
            return ENOSPC;
        fw->progs[i] = true;
        cqe->result = (uint64_t)(0x20010000u + i * 1024u) << 32 | (i + 1);
        return 0;
    }
    if (sqe->op != FW_ADMIN_PROG_DETACH && (!h || h > PROGS || !fw->progs[h - 1]))
        return EBADF;
    if (sqe->op == FW_ADMIN_PROG_DESTROY) {
        for (i = 1; i < PORTS; i++) {
            if (fw->attached[i] == h)
                return EBUSY;
        }
        fw->progs[h - 1] = false;
        return 0;
    }
    if (sqe->op == FW_ADMIN_PROG_LOAD)
        return 0;
    if (!sqe->arg0 || sqe->arg0 >= PORTS)
        return EINVAL;
    if (sqe->op == FW_ADMIN_PROG_ATTACH && fw->attached[sqe->arg0] && !sqe->arg1)
        return EBUSY;
    if (sqe->op == FW_ADMIN_PROG_DETACH && !fw->attached[sqe->arg0])
        return ENOENT;
    fw->attached[sqe->arg0] = sqe->op == FW_ADMIN_PROG_ATTACH ? h : 0;
    return 0;
}

static uint16_t serve_other(struct fake_nic *nic, const struct fw_sqe *sqe, struct fw_cqe *cqe)
{
    struct fake_fw *fw = nic->fw;

    if (sqe->op == FW_ADMIN_IDENTIFY) {
        uint8_t *out = fake_dma(nic, sqe->value_iova, sqe->value_len);
        if (!out)
            return EFAULT;
        cqe->result = fake_fw_tlvs(fw, out, sqe->value_len);
        return 0;
    }
    if (sqe->op == FW_ADMIN_PORT_SET) {
        if (!sqe->arg0 || sqe->arg0 >= PORTS)
            return EINVAL;
        fw->enabled[sqe->arg0] = sqe->arg1 != 0;
        return 0;
    }
    return ENOSYS;
}

enum fake_answer fake_fw_serve(struct fake_nic *nic, const struct fw_sqe *sqe, struct fw_cqe *cqe)
{
    const struct fake_fw *fw = nic->fw;

    if (sqe->op < OPS && fw->fail[sqe->op])
        cqe->status = fw->fail[sqe->op];
    else if ((sqe->op >= FW_ADMIN_MAP_CREATE && sqe->op <= FW_ADMIN_MAP_NEXT) ||
             sqe->op == FW_ADMIN_MAP_UPDATE_BATCH || sqe->op == FW_ADMIN_MAP_DELETE_BATCH)
        cqe->status = serve_map(nic, sqe, cqe);
    else if (sqe->op >= FW_ADMIN_PROG_CREATE && sqe->op <= FW_ADMIN_PROG_DETACH)
        cqe->status = serve_prog(nic->fw, sqe, cqe);
    else
        cqe->status = serve_other(nic, sqe, cqe);
    return FAKE_DONE;
}
