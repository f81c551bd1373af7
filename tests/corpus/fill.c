/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hash keys are windows of the frames' headers: a program that looks up an
 * address or a port finds some of them. Values are words that depend on the key,
 * most of them small, so that flags, indexes and limits occur.
 */
#include "fill.h"

#include <bpf/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    KEYS_MAX = 256,   /* a map */
    ARRAY_MAX = 1024, /* elements of an array */
    INNER_MAX = 8,    /* maps of a map */
    VALUE_MAX = 1 << 20,
};

static const unsigned windows[] = {0, 6, 12, 14, 16, 18, 22, 23, 26, 30, 34, 36, 38, 42, 46, 54};

static uint64_t mix(uint64_t x)
{
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdu;
    x ^= x >> 29;
    return x * 0xc4ceb9fe1a85ec53u;
}

static uint64_t hash(const uint8_t *p, uint32_t len)
{
    uint64_t h = len;

    for (uint32_t i = 0; i < len; i++)
        h = mix(h ^ p[i]);
    return h;
}

static void make_value(uint8_t *value, uint32_t len, uint64_t seed)
{
    for (uint32_t i = 0; i < len; i += 4) {
        uint64_t h = mix(seed + i);
        uint32_t word = (h & 3) == 3 ? (uint32_t)(h >> 32) : (uint32_t)(h >> 32) & (h & 1 ? 15 : 1);

        memcpy(value + i, &word, len - i < 4 ? len - i : 4);
    }
}

static bool per_cpu(enum bpf_map_type t)
{
    return t == BPF_MAP_TYPE_PERCPU_ARRAY || t == BPF_MAP_TYPE_PERCPU_HASH ||
           t == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

/* One entry, its value made from the key; every copy of a per-CPU value alike. */
static void put_data(const struct side *s, const struct bpf_map *m, int fd, const uint8_t *key)
{
    uint32_t size = bpf_map__value_size(m), step = (size + 7) & ~7u;
    unsigned copies = per_cpu(bpf_map__type(m)) ? s->cpus : 1;
    uint8_t *value = calloc(copies, step);

    if (value == NULL)
        return;
    for (unsigned c = 0; c < copies; c++)
        make_value(value + (size_t)c * step, size, hash(key, bpf_map__key_size(m)));
    bpf_map_update_elem(fd, key, value, BPF_ANY);
    free(value);
}

typedef void (*put_fn)(const struct side *s, const struct bpf_map *m, int fd, const uint8_t *key);

static void each_index(const struct side *s, const struct bpf_map *m, int fd, put_fn put,
                       uint32_t limit)
{
    for (uint32_t i = 0; i < bpf_map__max_entries(m) && i < limit; i++)
        put(s, m, fd, (const uint8_t *)&i);
}

/* An LPM key is a prefix length and data; the length is that of all the data. */
static bool make_key(const struct bpf_map *m, const struct fill_frame *f, unsigned at, uint8_t *key)
{
    uint32_t size = bpf_map__key_size(m), head = 0;

    if (bpf_map__type(m) == BPF_MAP_TYPE_LPM_TRIE) {
        uint32_t bits = (size - 4) * 8;

        if (at % 4 == 2)
            bits -= 8;
        memcpy(key, &bits, sizeof(bits));
        head = 4;
    }
    if (at + size - head > f->len)
        return false;
    memcpy(key + head, f->data + at, size - head);
    return true;
}

static void each_window(const struct side *s, const struct bpf_map *m, int fd, put_fn put,
                        const struct fill_frame *frames, unsigned count)
{
    uint32_t limit = bpf_map__max_entries(m) / 2 + 1;
    uint8_t *key = calloc(1, bpf_map__key_size(m) + 8);
    unsigned done = 0;

    for (unsigned i = 0; key != NULL && i < count; i++) {
        for (unsigned w = 0; w < sizeof(windows) / sizeof(windows[0]); w++) {
            if (done >= limit || done >= KEYS_MAX)
                break;
            if (make_key(m, &frames[i], windows[w], key)) {
                put(s, m, fd, key);
                done++;
            }
        }
    }
    free(key);
}

/* XDP programs of the object in turn. */
static void put_program(const struct side *s, const struct bpf_map *m, int fd, const uint8_t *key)
{
    uint32_t at, n = 0;
    struct bpf_program *p;

    (void)m;
    memcpy(&at, key, sizeof(at));
    bpf_object__for_each_program(p, s->obj)
    {
        int prog = bpf_program__fd(p);

        if (prog >= 0 && p != s->prog && n++ == at)
            bpf_map_update_elem(fd, key, &prog, BPF_ANY);
    }
}

static int inner_create(const struct bpf_map *inner)
{
    struct bpf_map_create_opts opts = {.sz = sizeof(opts), .map_flags = bpf_map__map_flags(inner)};

    return bpf_map_create(bpf_map__type(inner), "inner", bpf_map__key_size(inner),
                          bpf_map__value_size(inner), bpf_map__max_entries(inner), &opts);
}

static void put_map(const struct side *s, const struct bpf_map *m, int fd, const uint8_t *key)
{
    const struct bpf_map *inner = bpf_map__inner_map((struct bpf_map *)(uintptr_t)m);
    int made = inner == NULL ? -1 : inner_create(inner);

    if (made < 0)
        return;
    if (bpf_map__type(inner) == BPF_MAP_TYPE_ARRAY)
        each_index(s, inner, made, put_data, INNER_MAX);
    bpf_map_update_elem(fd, key, &made, BPF_ANY);
    close(made);
}

/* The first device: `lo` in the kernel, port 1 of the NIC; and the first CPU. */
static void put_target(const struct side *s, const struct bpf_map *m, int fd, const uint8_t *key)
{
    uint32_t value[2] = {bpf_map__type(m) == BPF_MAP_TYPE_CPUMAP ? 192 : 1, 0};

    (void)s;
    if (bpf_map__value_size(m) <= sizeof(value))
        bpf_map_update_elem(fd, key, value, BPF_ANY);
}

static void fill_map(const struct side *s, const struct bpf_map *m, const struct fill_frame *frames,
                     unsigned count)
{
    int fd = bpf_map__fd(m);

    if (fd < 0 || bpf_map__is_internal(m) || bpf_map__value_size(m) > VALUE_MAX)
        return;
    switch (bpf_map__type(m)) {
    case BPF_MAP_TYPE_ARRAY:
    case BPF_MAP_TYPE_PERCPU_ARRAY:
        each_index(s, m, fd, put_data, ARRAY_MAX);
        break;
    case BPF_MAP_TYPE_HASH:
    case BPF_MAP_TYPE_LRU_HASH:
    case BPF_MAP_TYPE_PERCPU_HASH:
    case BPF_MAP_TYPE_LRU_PERCPU_HASH:
    case BPF_MAP_TYPE_LPM_TRIE:
        each_window(s, m, fd, put_data, frames, count);
        break;
    case BPF_MAP_TYPE_PROG_ARRAY:
        each_index(s, m, fd, put_program, ARRAY_MAX);
        break;
    case BPF_MAP_TYPE_ARRAY_OF_MAPS:
        each_index(s, m, fd, put_map, INNER_MAX);
        break;
    case BPF_MAP_TYPE_HASH_OF_MAPS:
        each_window(s, m, fd, put_map, frames, count < INNER_MAX ? count : INNER_MAX);
        break;
    case BPF_MAP_TYPE_DEVMAP:
    case BPF_MAP_TYPE_DEVMAP_HASH:
        each_index(s, m, fd, put_target, INNER_MAX);
        break;
    case BPF_MAP_TYPE_CPUMAP:
        each_index(s, m, fd, put_target, 1);
        break;
    default:
        break;
    }
}

void fill_maps(const struct side *s, const struct fill_frame *frames, unsigned count)
{
    const struct bpf_map *m;

    bpf_object__for_each_map(m, s->obj) fill_map(s, m, frames, count);
}
