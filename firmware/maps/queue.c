/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * BPF_MAP_TYPE_QUEUE and STACK: a ring of values. own[0] is the place of the oldest,
 * m->count how many there are; one lock, for as long as a value is copied.
 */
#include "core/mem.h"
#include "maps/map.h"

static int plan(const struct fw_maps *ms, struct fw_map *m)
{
    (void)ms;
    m->stride = fw_round8(m->spec.value_size);
    m->bytes = (uint64_t)m->stride * m->spec.max_entries;
    return 0;
}

static void format(struct fw_maps *ms, struct fw_map *m)
{
    (void)ms;
    __atomic_store_n(&m->hot, fw_hot_base(m->base) | FW_KIND_OTHER | (uint64_t)m->spec.type << 3,
                     __ATOMIC_RELEASE);
}

/* Value i, counted from the oldest. */
static void *value_at(const struct fw_map *m, uint32_t i)
{
    uint64_t at = m->own[0] + i;
    at = at >= m->spec.max_entries ? at - m->spec.max_entries : at;
    return plat_ptr(m->base + m->stride * (uint32_t)at);
}

static void drop_oldest(struct fw_map *m)
{
    m->own[0] = m->own[0] + 1 == m->spec.max_entries ? 0 : m->own[0] + 1;
    m->count--;
}

static int push(struct fw_map *m, const void *value, uint64_t flags)
{
    int err = 0;
    if (flags & FW_NOEXIST || flags > FW_EXIST)
        return FW_EINVAL;
    fw_lock(&m->lock);
    if (m->count == m->spec.max_entries && flags == FW_EXIST)
        drop_oldest(m);
    if (m->count < m->spec.max_entries)
        memcpy(value_at(m, m->count++), value, m->spec.value_size);
    else
        err = FW_E2BIG;
    fw_unlock(&m->lock);
    return err;
}

/* A value goes out at the end where the next one would: `newest`. Empty: zeroes, as the kernel. */
static int get(struct fw_map *m, void *value, int newest, int del)
{
    int err = 0;
    fw_lock(&m->lock);
    if (m->count == 0) {
        memset(value, 0, m->spec.value_size);
        err = FW_ENOENT;
    } else {
        memcpy(value, value_at(m, newest ? m->count - 1 : 0), m->spec.value_size);
    }
    if (!err && del && newest)
        m->count--;
    else if (!err && del)
        drop_oldest(m);
    fw_unlock(&m->lock);
    return err;
}

static int queue_pop(struct fw_map *m, void *value)
{
    return get(m, value, 0, 1);
}

static int queue_peek(struct fw_map *m, void *value)
{
    return get(m, value, 0, 0);
}

static int stack_pop(struct fw_map *m, void *value)
{
    return get(m, value, 1, 1);
}

static int stack_peek(struct fw_map *m, void *value)
{
    return get(m, value, 1, 0);
}

/* ---- as the host asks: without a key ---- */

static int read_peek(struct fw_map *m, const void *key, void *value, uint64_t flags)
{
    (void)key, (void)flags;
    return fw_map_peek(m, value);
}

static int take_pop(struct fw_map *m, const void *key, void *value, uint64_t flags)
{
    (void)key, (void)flags;
    return fw_map_pop(m, value);
}

static int write_push(struct fw_map *m, const void *key, const void *value, uint64_t flags)
{
    (void)key;
    return push(m, value, flags);
}

static int next(struct fw_map *m, const void *key, void *out)
{
    (void)m, (void)key, (void)out;
    return FW_EINVAL;
}

#define QUEUE_ROW                                                                                  \
    .key_max = 0, .value_max = FW_QUEUE_VALUE_MAX, .flags = FW_ACCESS_FLAGS,                       \
    .spec = FW_SPEC_NO_KEY, .plan = plan, .format = format, .push = push, .next = next,            \
    .read = read_peek, .write = write_push, .take = take_pop

const struct fw_map_type_ops fw_queue_type = {
    .type = FW_MAP_QUEUE,
    QUEUE_ROW,
    .pop = queue_pop,
    .peek = queue_peek,
};

const struct fw_map_type_ops fw_stack_type = {
    .type = FW_MAP_STACK,
    QUEUE_ROW,
    .pop = stack_pop,
    .peek = stack_peek,
};
