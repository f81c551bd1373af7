/* SPDX-License-Identifier: BSD-3-Clause */
#include "maps/value.h"

#include "core/mem.h"

/* The bytes that are the helpers', in order of offset; `n` of them. */
struct holes {
    uint32_t n;
    struct {
        uint32_t at, bytes;
    } hole[2];
};

static struct holes holes_of(const struct fw_map *m)
{
    struct holes h = {0};
    if (m->spec.lock_at) {
        h.hole[h.n].at = m->spec.lock_at - 1;
        h.hole[h.n++].bytes = sizeof(uint32_t);
    }
    if (m->spec.timer_at) {
        uint32_t first = h.n && h.hole[0].at > m->spec.timer_at - 1;
        if (first)
            h.hole[1] = h.hole[0];
        h.hole[first ? 0 : h.n].at = m->spec.timer_at - 1;
        h.hole[first ? 0 : h.n].bytes = FW_TIMER_BYTES;
        h.n++;
    }
    return h;
}

static void copy_between(const struct fw_map *m, uint8_t *to, const uint8_t *from)
{
    struct holes h = holes_of(m);
    uint32_t at = 0;
    for (uint32_t i = 0; i < h.n; i++) {
        if (h.hole[i].at > at)
            memcpy(to + at, from + at, h.hole[i].at - at);
        at = h.hole[i].at + h.hole[i].bytes;
    }
    if (at < m->spec.value_size)
        memcpy(to + at, from + at, m->spec.value_size - at);
}

static void zero_holes(const struct fw_map *m, uint8_t *value)
{
    struct holes h = holes_of(m);
    for (uint32_t i = 0; i < h.n; i++)
        memset(value + h.hole[i].at, 0, h.hole[i].bytes);
}

static int plain(const struct fw_map *m)
{
    return (m->spec.lock_at | m->spec.timer_at) == 0;
}

void fw_value_store(const struct fw_map *m, void *to, const void *from, uint64_t flags)
{
    if (plain(m)) {
        memcpy(to, from, m->spec.value_size);
        return;
    }
    if (flags & FW_LOCK)
        fw_lock(fw_value_lock(m, to));
    copy_between(m, to, from);
    if (flags & FW_LOCK)
        fw_unlock(fw_value_lock(m, to));
}

void fw_value_store_new(const struct fw_map *m, void *to, const void *from)
{
    memcpy(to, from, m->spec.value_size);
    if (!plain(m))
        zero_holes(m, to);
}

void fw_value_load(const struct fw_map *m, void *to, const void *from, uint64_t flags)
{
    if (plain(m)) {
        memcpy(to, from, m->spec.value_size);
        return;
    }
    zero_holes(m, to);
    if (flags & FW_LOCK)
        fw_lock(fw_value_lock(m, from));
    copy_between(m, to, from);
    if (flags & FW_LOCK)
        fw_unlock(fw_value_lock(m, from));
}

void fw_copies_load(const struct fw_map *m, void *to, const uint8_t *first, uint64_t step)
{
    uint32_t size = m->spec.value_size;
    uint32_t room = fw_round8(size);
    uint8_t *copy = to;
    for (uint32_t cpu = 0; cpu < m->maps->cpus; cpu++, copy += room, first += step) {
        memcpy(copy, first, size);
        memset(copy + size, 0, room - size);
    }
}

void fw_copies_store(const struct fw_map *m, uint8_t *first, uint64_t step, const void *from)
{
    const uint8_t *copy = from;
    for (uint32_t cpu = 0; cpu < m->maps->cpus; cpu++, first += step) {
        memcpy(first, copy, m->spec.value_size);
        copy += fw_round8(m->spec.value_size);
    }
}
