/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the host writes and reads is a program's handle. A program that an array
 * holds is not destroyed; destroying one that was replaced waits for the packets
 * in flight, which may still be called into it.
 */
#include "maps/prog_array.h"

#include "admin/ctl.h"
#include "core/mem.h"

#define HOT_ENTRIES_MAX 0xfffffffu

static int plan(const struct fw_maps *ms, struct fw_map *m)
{
    (void)ms;
    if (m->spec.key_size != 4 || m->spec.value_size != 4)
        return FW_EINVAL;
    if (m->spec.max_entries > HOT_ENTRIES_MAX)
        return FW_ENOMEM;
    m->stride = 8;
    m->bytes = (uint64_t)m->spec.max_entries * 8;
    return 0;
}

static void format(struct fw_maps *ms, struct fw_map *m)
{
    uint64_t hot = FW_KIND_OTHER | FW_MAP_PROG_ARRAY << 3 | (uint64_t)m->spec.max_entries << 9 |
                   (uint64_t)(m->base - NIC_SRAM_BASE) / 64 << 42;
    (void)ms;
    memset(plat_ptr(m->base), 0, m->bytes);
    __atomic_store_n(&m->hot, hot, __ATOMIC_RELEASE);
}

/* Puts `word` at `index`; what was there is no more held. 0, or FW_ENOENT when nothing was. */
static int exchange(struct fw_map *m, uint32_t index, uint64_t word)
{
    uint64_t old = __atomic_exchange_n(fw_prog_array_at(m->hot, index), word, __ATOMIC_ACQ_REL);
    if (!old)
        return FW_ENOENT;
    fw_prog_release(&m->maps->ctl->prog[fw_prog_array_slot(old)]);
    return 0;
}

static int host_write(struct fw_map *m, const void *key, const void *value, uint64_t flags)
{
    struct fw_ctl *ctl = m->maps->ctl;
    uint32_t index = fw_get32(key);
    struct fw_prog *p;
    if (flags != FW_ANY)
        return FW_EINVAL;
    if (index >= m->spec.max_entries)
        return FW_E2BIG;
    int err = fw_prog_hold(ctl, fw_get32(value), &p);
    if (err)
        return err;
    (void)exchange(m, index, fw_prog_array_word(p->entry, (uint32_t)(p - ctl->prog), p->stack));
    return 0;
}

static int host_read(struct fw_map *m, const void *key, void *value, uint64_t flags)
{
    const struct fw_ctl *ctl = m->maps->ctl;
    uint64_t word = fw_prog_array_get(m->hot, fw_get32(key));
    (void)flags;
    if (!word)
        return FW_ENOENT;
    uint32_t handle = fw_prog_handle(ctl, &ctl->prog[fw_prog_array_slot(word)]);
    memcpy(value, &handle, sizeof(handle));
    return 0;
}

static int clear(struct fw_map *m, const void *key)
{
    uint32_t index = fw_get32(key);
    return index >= m->spec.max_entries ? FW_E2BIG : exchange(m, index, 0);
}

static int next(struct fw_map *m, const void *key, void *to)
{
    uint32_t index = key ? fw_get32(key) : UINT32_MAX;
    uint32_t first = index < m->spec.max_entries ? index + 1 : 0;
    if (first == m->spec.max_entries)
        return FW_ENOENT;
    memcpy(to, &first, sizeof(first));
    return 0;
}

static void release(struct fw_maps *ms, struct fw_map *m)
{
    const uint64_t *word = plat_ptr(m->base);
    for (uint32_t i = 0; i < m->spec.max_entries; i++)
        if (word[i])
            fw_prog_release(&ms->ctl->prog[fw_prog_array_slot(word[i])]);
}

const struct fw_map_type_ops fw_prog_array_type = {
    .type = FW_MAP_PROG_ARRAY,
    .key_max = 4,
    .value_max = 4,
    .flags = FW_F_NUMA_NODE | FW_F_RDONLY | FW_F_WRONLY,
    .sram = true,
    .plan = plan,
    .format = format,
    .release = release,
    .remove = clear,
    .next = next,
    .read = host_read,
    .write = host_write,
};
