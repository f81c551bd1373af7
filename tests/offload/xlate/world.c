/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory, packet and maps of the world. */
#include "world.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

enum { DATA, DATA_END, DATA_META, FIELDS = 6, FRAME_MIN = 14, PACKET_MIN = 64, PACKET_SPAN = 128 };

uint64_t world_mix(uint64_t a, uint64_t b)
{
    uint64_t z = (a ^ b) + 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* ---- memory ---- */

static bool in_stack(const struct world *w, uint64_t addr, uint32_t len)
{
    return addr >= w->stack_top - WORLD_STACK_BYTES && addr + len <= w->stack_top;
}

static uint8_t *find(const struct world *w, uint64_t addr, uint32_t len)
{
    if (addr < WORLD_BASE || len > WORLD_BYTES || addr - WORLD_BASE > WORLD_BYTES - len)
        return NULL;
    return (uint8_t *)(uintptr_t)w->mem + (addr - WORLD_BASE);
}

bool world_get(const struct world *w, uint64_t addr, void *to, uint32_t len)
{
    uint8_t *out = to;
    uint64_t v;

    if (!w->run || !in_stack(w, addr, len)) {
        const uint8_t *from = find(w, addr, len);
        if (from)
            memcpy(to, from, len);
        return from != NULL;
    }
    for (uint32_t k = 0; k < len; k++) {
        if (!refint_load(w->run, addr + k, 1, &v))
            return false;
        out[k] = (uint8_t)v;
    }
    return true;
}

bool world_set(struct world *w, uint64_t addr, const void *from, uint32_t len)
{
    const uint8_t *in = from;

    if (!w->run || !in_stack(w, addr, len)) {
        uint8_t *to = find(w, addr, len);
        if (to)
            memcpy(to, from, len);
        return to != NULL;
    }
    for (uint32_t k = 0; k < len; k++)
        if (!refint_store(w->run, addr + k, 1, in[k]))
            return false;
    return true;
}

/* ---- maps ---- */

static bool is_array(uint32_t type)
{
    switch (type) {
    case BPF_MAP_TYPE_ARRAY:
    case BPF_MAP_TYPE_PERCPU_ARRAY:
    case BPF_MAP_TYPE_ARRAY_OF_MAPS:
    case BPF_MAP_TYPE_DEVMAP:
    case BPF_MAP_TYPE_CPUMAP:
    case BPF_MAP_TYPE_XSKMAP:
        return true;
    default:
        return false;
    }
}

struct world_map *world_map(struct world *w, uint64_t handle)
{
    uint64_t n = (handle - WORLD_BASE - WORLD_HANDLES) / 16;

    return n < 2 * WORLD_MAPS && w->map[n].map ? &w->map[n] : NULL;
}

static uint64_t address(const struct world *w, const struct world_map *m, uint32_t n)
{
    uint32_t at = m->first + n * m->stride + m->plane * WORLD_CPU;

    if (m->map->inner)
        return WORLD_BASE + WORLD_HANDLES + 16u * (WORLD_MAPS + (uint32_t)(m - w->map));
    return WORLD_BASE + at;
}

/* The entry with this key, or -1. */
static int entry_of(const struct world *w, const struct world_map *m, uint64_t key)
{
    uint8_t bytes[WORLD_KEY];
    uint32_t n;

    if (!world_get(w, key, bytes, m->map->key_size))
        return -1;
    if (is_array(m->map->type)) {
        memcpy(&n, bytes, sizeof(n));
        return n < m->entries ? (int)n : -1;
    }
    for (n = 0; n < m->entries; n++)
        if (m->used >> n & 1 && memcmp(m->key[n], bytes, m->map->key_size) == 0)
            return (int)n;
    return -1;
}

uint64_t world_lookup(struct world *w, struct world_map *m, uint64_t key)
{
    int n = entry_of(w, m, key);

    if (n < 0)
        return 0;
    world_mark(w, m, (uint32_t)n);
    return address(w, m, (uint32_t)n);
}

int world_update(struct world *w, struct world_map *m, uint64_t key, uint64_t value, uint64_t flags)
{
    uint8_t bytes[1024];
    int n = entry_of(w, m, key);

    if (flags > BPF_EXIST || (n >= 0 && flags == BPF_NOEXIST))
        return n >= 0 && flags == BPF_NOEXIST ? -EEXIST : -EINVAL;
    if (n < 0 && (is_array(m->map->type) || flags == BPF_EXIST))
        return is_array(m->map->type) ? -E2BIG : -ENOENT;
    for (uint32_t k = 0; n < 0 && k < m->entries; k++)
        n = m->used >> k & 1 ? n : (int)k;
    if (n < 0)
        return -E2BIG;
    if (m->map->inner || !world_get(w, value, bytes, m->map->value_size))
        return -EINVAL;
    m->used |= 1ull << n;
    (void)world_get(w, key, m->key[n], m->map->key_size);
    world_chains(w, m);
    (void)world_set(w, address(w, m, (uint32_t)n), bytes, m->map->value_size);
    return 0;
}

int world_delete(struct world *w, struct world_map *m, uint64_t key)
{
    int n = entry_of(w, m, key);

    if (is_array(m->map->type))
        return -EINVAL;
    if (n < 0)
        return -ENOENT;
    m->used &= ~(1ull << n);
    world_chains(w, m);
    return 0;
}

/* Every second entry is there; its key is a small number. */
static void add_keys(struct world *w, struct world_map *m)
{
    m->used = 0;
    memset(m->key, 0, sizeof(m->key));
    for (uint32_t n = 0; n < m->entries; n++) {
        m->key[n][0] = (uint8_t)n;
        m->used |= (world_mix(w->seed, n) & 1) << n;
    }
}

static void fill(const struct world *w, uint8_t *to, uint32_t len, uint64_t salt)
{
    for (uint32_t k = 0; k < len; k++) {
        uint64_t v = world_mix(w->seed + salt, k);
        to[k] = v >> 8 & 3 ? (uint8_t)v : 0;
    }
}

/* Where things are in a map that starts at m->values; how many bytes it takes. */
static uint32_t lay_out(struct world_map *m)
{
    m->first = m->values;
    m->stride = (m->map->value_size + 7) & ~7u;
    m->entries = m->map->max_entries;
    m->plane = m->buckets = 0;
    if (world_has_chains(m->map))
        return world_chains_room(m);
    if (m->map->type == BPF_MAP_TYPE_RINGBUF || m->map->type == BPF_MAP_TYPE_USER_RINGBUF)
        m->entries = 0;
    if (m->entries > WORLD_SLOTS)
        return WORLD_BYTES;
    if (m->map->type != BPF_MAP_TYPE_PERCPU_ARRAY)
        return m->stride * m->entries;
    m->plane = (m->stride * m->entries + 63) & ~63u;
    return (WORLD_CPU + 1) * m->plane;
}

static int add_map(struct world *w, unsigned n, const struct offload_map *map)
{
    struct world_map *m = &w->map[n];
    uint32_t bytes;

    m->map = map;
    m->values = (w->mem_used + 63) & ~63u;
    if (map->value_size > 1024 || map->key_size > WORLD_KEY ||
        (world_has_chains(map) && map->max_entries > WORLD_BYTES))
        return -1;
    bytes = lay_out(m);
    if (bytes > WORLD_BYTES - m->values)
        return -1;
    w->mem_used = m->values + bytes;
    fill(w, w->mem + m->first, w->mem_used - m->first, 77 + n);
    for (uint32_t k = 0; map->frozen_data && k < m->entries; k++)
        memcpy(w->mem + m->values + k * m->stride, map->frozen_data + k * map->value_size,
               map->value_size);
    add_keys(w, m);
    world_chains(w, m);
    return 0;
}

/* ---- packet ---- */

static void put_context(struct world *w)
{
    uint32_t field[FIELDS], start = WORLD_BASE + WORLD_PACKET;

    field[DATA] = field[DATA_META] = start;
    field[DATA_END] = start + PACKET_MIN + (uint32_t)(world_mix(w->seed, 1) % PACKET_SPAN);
    for (unsigned k = 3; k < FIELDS; k++)
        field[k] = (uint32_t)world_mix(w->seed, k) & 7u;
    memcpy(w->mem + WORLD_CTX, field, sizeof(field));
    fill(w, w->mem + WORLD_HEADROOM, WORLD_PACKET_END - WORLD_HEADROOM, 5);
}

int world_adjust(struct world *w, uint32_t id, int64_t by)
{
    const uint32_t low = WORLD_BASE + WORLD_HEADROOM, high = WORLD_BASE + WORLD_PACKET_END;
    unsigned which = id == BPF_FUNC_xdp_adjust_head   ? DATA
                     : id == BPF_FUNC_xdp_adjust_tail ? DATA_END
                                                      : DATA_META;
    uint32_t f[3];

    memcpy(f, w->mem + WORLD_CTX, sizeof(f));
    if (by < -1024 || by > 1024)
        return -EINVAL;
    f[which] += (uint32_t)by;
    if (which == DATA)
        f[DATA_META] = f[DATA];
    if (f[DATA_META] < low || f[DATA] < f[DATA_META] || f[DATA] + FRAME_MIN > f[DATA_END] ||
        f[DATA_END] > high)
        return -EINVAL;
    memcpy(w->mem + WORLD_CTX, f, sizeof(f));
    return 0;
}

/* ---- the whole ---- */

int world_init(struct world *w, const struct offload_prog *prog, uint64_t seed)
{
    w->prog = prog;
    w->seed = seed;
    w->sum = w->calls = w->records = 0;
    w->run = NULL;
    w->stack_top = WORLD_BASE + WORLD_STACK_TOP;
    w->mem_used = WORLD_VALUES;
    memset(w->iter, 0, sizeof(w->iter));
    memset(w->mem, 0, WORLD_MAILBOX);
    for (unsigned n = 0; n < 2 * WORLD_MAPS; n++)
        w->map[n].map = NULL;
    put_context(w);
    if (prog->map_count > WORLD_MAPS)
        return -1;
    for (unsigned n = 0; n < prog->map_count; n++) {
        if (add_map(w, n, &prog->maps[n]))
            return -1;
        if (prog->maps[n].inner && add_map(w, WORLD_MAPS + n, prog->maps[n].inner))
            return -1;
    }
    return 0;
}

void world_copy(struct world *to, const struct world *from)
{
    memcpy(to->mem, from->mem, WORLD_STACK);
    memcpy(to->mem + WORLD_VALUES, from->mem + WORLD_VALUES, from->mem_used - WORLD_VALUES);
    to->mem_used = from->mem_used;
    to->prog = from->prog;
    for (unsigned n = 0; n < 2 * WORLD_MAPS; n++) {
        if (from->map[n].map)
            to->map[n] = from->map[n];
        else
            to->map[n].map = NULL;
    }
    to->seed = from->seed;
    to->stack_top = from->stack_top;
    to->sum = from->sum;
    to->calls = from->calls;
    to->records = from->records;
    memcpy(to->iter, from->iter, sizeof(to->iter));
    to->run = NULL;
}

static bool keys_differ(const struct world_map *a, const struct world_map *b)
{
    if (!a->map || is_array(a->map->type))
        return false;
    return a->used != b->used || memcmp(a->key, b->key, sizeof(a->key)) != 0;
}

const char *world_differs(const struct world *a, const struct world *b)
{
    if (memcmp(a->mem, b->mem, WORLD_CELLS) != 0)
        return "context";
    if (memcmp(a->mem + WORLD_CELLS, b->mem + WORLD_CELLS, WORLD_MAILBOX - WORLD_CELLS) != 0)
        return "records";
    if (memcmp(a->mem + WORLD_HEADROOM, b->mem + WORLD_HEADROOM,
               WORLD_PACKET_END - WORLD_HEADROOM) != 0)
        return "packet";
    if (memcmp(a->mem + WORLD_VALUES, b->mem + WORLD_VALUES, a->mem_used - WORLD_VALUES) != 0)
        return "values";
    for (unsigned n = 0; n < 2 * WORLD_MAPS; n++)
        if (keys_differ(&a->map[n], &b->map[n]))
            return "keys";
    return a->calls != b->calls ? "number of calls" : a->sum != b->sum ? "arguments" : NULL;
}
