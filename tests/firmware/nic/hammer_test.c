/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All engines run a program that changes maps of many types with each packet, while the host
 * changes the same maps over the queue pair, one element and many at a time. Sizes of the card,
 * lengths and number of the frames, and what the host does are a seed's. No update is lost, no
 * value torn, sums are exact, an LRU never has more than its entries. Arguments: the firmware, the
 * program, seeds, the first.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dice.h"
#include "hammer.h"
#include "objnic.h"

static unsigned long seeds = 12, first = 1;
static uint32_t rng;
static unsigned cpus;

/* What the host did; the program's share is in `tally`. */
static uint64_t wrong, pushed, popped, commands, heard, heard_sum;
static struct ring_buffer *ring;

static uint32_t dice(uint32_t n)
{
    return dice32(&rng) % n;
}

static int map(const char *name)
{
    return bpf_object__find_map_fd_by_name(object, name);
}

static struct whole make(uint32_t key, uint32_t stamp)
{
    uint64_t w = (uint64_t)key << 32 | stamp;
    return (struct whole){{w, w, w, w}};
}

static bool torn(const struct whole *v, uint64_t key)
{
    return v->word[0] >> 32 != key || v->word[1] != v->word[0] || v->word[2] != v->word[0] ||
           v->word[3] != v->word[0];
}

/* ---- what the host does, one of these at a time ---- */

static void update_wholes(void)
{
    uint64_t keys[KEYS][2];
    struct whole values[KEYS];
    uint32_t n = 1 + dice(KEYS);
    for (uint32_t i = 0; i < n; i++) {
        keys[i][0] = i;
        keys[i][1] = 7;
        values[i] = make(i, 0x80000000u + i);
    }
    wrong += bpf_map_update_batch(map("wholes"), keys, values, &n, NULL) != 0;
}

static void delete_wholes(void)
{
    uint64_t key[2] = {dice(KEYS), 7};
    int rc = bpf_map_delete_elem(map("wholes"), key);
    wrong += rc != 0 && rc != -ENOENT;
}

static void read_wholes(void)
{
    uint64_t keys[KEYS][2];
    struct whole values[KEYS];
    uint32_t cursor = 0, n = KEYS;
    int rc = dice(2) ? bpf_map_lookup_batch(map("wholes"), NULL, &cursor, keys, values, &n, NULL)
                     : bpf_map_lookup_and_delete_batch(map("wholes"), NULL, &cursor, keys, values,
                                                       &n, NULL);
    wrong += rc != 0 && rc != -ENOENT;
    wrong += n > KEYS;
    for (uint32_t i = 0; i < n && i < KEYS; i++)
        wrong += torn(&values[i], keys[i][0]) || keys[i][1] != 7;
}

static void read_one(void)
{
    uint64_t key[2] = {dice(KEYS), 7};
    struct whole v;
    int rc = bpf_map_lookup_elem(map("wholes"), key, &v);
    wrong += rc ? rc != -ENOENT : torn(&v, key[0]);
}

static void lock_pair(void)
{
    struct {
        uint32_t lock, rsvd;
        uint64_t a, b;
    } v;
    uint32_t key = dice(4);
    wrong += bpf_map_lookup_elem_flags(map("pairs"), &key, &v, BPF_F_LOCK) != 0 || v.a != v.b;
    v.a = v.b = 0; /* the count starts again, as both */
    if (dice(4) == 0)
        wrong += bpf_map_update_elem(map("pairs"), &key, &v, BPF_F_LOCK) != 0;
}

static void walk_recent(void)
{
    uint32_t keys[2 * LRU_ENTRIES], cursor, n = 2 * LRU_ENTRIES;
    struct whole values[2 * LRU_ENTRIES];
    int rc = bpf_map_lookup_batch(map("recent"), NULL, &cursor, keys, values, &n, NULL);
    wrong += rc != -ENOENT;
    for (uint32_t i = 0; i < n && i < 2 * LRU_ENTRIES; i++)
        wrong += torn(&values[i], keys[i]);
    /* entries come and go while buckets are walked; no more than all that can have been there */
    wrong += n > 2 * LRU_ENTRIES;
}

static void add_recent(void)
{
    uint32_t key = dice(4 * LRU_ENTRIES);
    struct whole v = make(key, 1);
    wrong += bpf_map_update_elem(map("recent"), &key, &v, BPF_ANY) != 0;
}

static void change_routes(void)
{
    struct prefix p = {dice(2) ? 32 : 24, {10, 1, (uint8_t)dice(4), 0}};
    struct prefix key = {32, {10, 1, (uint8_t)dice(4), (uint8_t)dice(256)}};
    struct whole v = make(1, 1);
    if (dice(2))
        (void)bpf_map_update_elem(map("routes"), &p, &v, BPF_ANY); /* may be full */
    else
        (void)bpf_map_delete_elem(map("routes"), &p);
    wrong += bpf_map_lookup_elem(map("routes"), &key, &v) != 0 || torn(&v, 1);
}

static void push_or_pop(void)
{
    uint32_t stamp = dice(1000);
    struct whole v = make(5, stamp);
    if (dice(2)) {
        pushed += bpf_map_update_elem(map("queue"), NULL, &v, BPF_ANY) ? 0 : stamp;
    } else if (bpf_map_lookup_and_delete_elem(map("queue"), NULL, &v) == 0) {
        wrong += torn(&v, 5);
        popped += v.word[0] & 0xffffffff;
    }
}

static void read_sums(void)
{
    uint32_t keys[KEYS], cursor, n = KEYS;
    uint64_t values[KEYS];
    int rc = bpf_map_lookup_batch(map("sums"), NULL, &cursor, keys, values, &n, NULL);
    wrong += rc != -ENOENT || n != KEYS; /* none of them ever goes */
}

static int on_record(void *ctx, void *data, size_t len)
{
    (void)ctx;
    wrong += len != sizeof(struct whole) || torn(data, 3);
    heard++;
    heard_sum += ((const struct whole *)data)->word[0] & 0xffffffff;
    return 0;
}

static void listen(void)
{
    wrong += ring_buffer__consume(ring) < 0;
}

static void read_locked(void)
{
    struct {
        uint32_t lock, rsvd;
        uint64_t a, b;
    } v;
    uint32_t key = dice(SLOTS);
    wrong += bpf_map_lookup_elem_flags(map("slots"), &key, &v, BPF_F_LOCK) != 0 || v.lock;
}

static void drop_visit(void)
{
    uint64_t key[2] = {dice(4 * LRU_ENTRIES), 9};
    int rc = bpf_map_delete_elem(map("visits"), key);
    wrong += rc != 0 && rc != -ENOENT;
}

static void act(void)
{
    static void (*const deeds[])(void) = {update_wholes, delete_wholes, read_wholes,   read_one,
                                          lock_pair,     walk_recent,   change_routes, add_recent,
                                          push_or_pop,   read_sums,     listen,        read_locked,
                                          drop_visit};
    deeds[dice(sizeof(deeds) / sizeof(deeds[0]))]();
    commands++;
}

/* ---- a seed ---- */

static void fill(void)
{
    uint64_t zero[64] = {0};
    struct prefix all = {8, {10, 0, 0, 0}};
    struct whole v = make(1, 0);
    for (uint32_t k = 0; k < KEYS; k++) {
        CU_ASSERT_EQUAL(bpf_map_update_elem(map("sums"), &k, zero, BPF_ANY), 0);
        CU_ASSERT_EQUAL(bpf_map_update_elem(map("apart"), &k, zero, BPF_ANY), 0);
    }
    for (uint32_t k = 0; k < 4; k++)
        CU_ASSERT_EQUAL(bpf_map_update_elem(map("pairs"), &k, zero, BPF_ANY), 0);
    CU_ASSERT_EQUAL(bpf_map_update_elem(map("routes"), &all, &v, BPF_ANY), 0);
}

static uint64_t sum_of(const char *name, unsigned copies)
{
    uint64_t sum = 0, v[64] = {0};
    for (uint32_t k = 0; k < KEYS; k++) {
        CU_ASSERT_EQUAL(bpf_map_lookup_elem(map(name), &k, v), 0);
        for (unsigned c = 0; c < copies; c++)
            sum += v[c];
    }
    return sum;
}

static uint64_t locked_sum(uint64_t *count)
{
    uint64_t sum = 0, v[3];
    *count = 0;
    for (uint32_t k = 0; k < SLOTS; k++) {
        CU_ASSERT_EQUAL(bpf_map_lookup_elem(map("slots"), &k, v), 0);
        sum += v[1];
        *count += v[2];
    }
    return sum;
}

static uint32_t entries_of(const char *name)
{
    uint8_t key[16], next[16];
    uint32_t n = 0;
    int rc = bpf_map_get_next_key(map(name), NULL, next);
    for (; rc == 0 && n < 10000; n++) {
        memcpy(key, next, sizeof(key));
        rc = bpf_map_get_next_key(map(name), key, next);
    }
    return n;
}

static void check(uint32_t frames, uint64_t numbers)
{
    uint32_t zero = 0, entry;
    uint64_t count;
    struct tally t;
    struct whole v;
    CU_ASSERT_EQUAL(bpf_map_lookup_elem(map("hammer.bss"), &zero, &t), 0);
    while (bpf_map_lookup_and_delete_elem(map("queue"), NULL, &v) == 0)
        popped += v.word[0] & 0xffffffff;
    CU_ASSERT_EQUAL(t.packets, frames);
    CU_ASSERT_EQUAL(t.wrong, 0);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(t.pushed + pushed, t.popped + popped);
    CU_ASSERT_EQUAL(sum_of("sums", 1), numbers);
    CU_ASSERT_EQUAL(sum_of("apart", cpus), numbers);
    CU_ASSERT_EQUAL(sum_of("shares", cpus), numbers);
    CU_ASSERT_EQUAL(locked_sum(&count), numbers);
    CU_ASSERT_EQUAL(count, frames);
    listen();
    CU_ASSERT_EQUAL(heard, t.records);
    CU_ASSERT_EQUAL(heard_sum, t.said);
    CU_ASSERT(t.records + t.dropped <= frames);
    CU_ASSERT(entries_of("visits") <= LRU_ENTRIES);
    CU_ASSERT(entries_of("recent") <= LRU_ENTRIES);
    CU_ASSERT(entries_of("wholes") <= KEYS);
    for (entry = 0; entry < 4; entry++) {
        uint64_t pair[3];
        CU_ASSERT_EQUAL(bpf_map_lookup_elem(map("pairs"), &entry, pair), 0);
        CU_ASSERT_EQUAL(pair[1], pair[2]);
    }
}

static void load(void)
{
    objnic_load(NULL);
    wrong = pushed = popped = heard = heard_sum = 0;
    ring = ring_buffer__new(map("records"), on_record, NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ring);
    fill();
}

static void run_seed(uint64_t room)
{
    uint32_t frames = 200 + dice(600), from = nic.number;
    load();
    struct bpf_link *link = bpf_program__attach_xdp(bpf_object__next_program(object, NULL), 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(link);
    realnic_send(&nic, frames, 60);
    while (nic.left > frames / 10)
        act();
    CU_ASSERT_EQUAL(realnic_run(&nic), NIC_STOP_IDLE);
    uint64_t numbers = (uint64_t)frames * from + (uint64_t)frames * (frames - 1) / 2;
    check(frames, numbers);
    bpf_link__destroy(link);
    ring_buffer__free(ring);
    objnic_unload();
    uint32_t id = 0;
    (void)bpf_map_get_next_id(id, &id); /* closed maps go with the next command */
    CU_ASSERT_EQUAL(nicdrv_caps_refresh(nic.drv), 0);
    CU_ASSERT_EQUAL(nicdrv_caps(nic.drv)->limits.map_bytes_free, room);
}

/* A card of another size for every eighth seed. */
static void test_seeds(void)
{
    static const struct {
        unsigned engines, threads;
    } sizes[] = {{2, 4}, {4, 2}, {8, 4}, {1, 8}};
    uint64_t room = 0;
    commands = 0;
    for (unsigned long s = first; s < first + seeds; s++) {
        unsigned failed = CU_get_number_of_failures();
        if (s == first || s % 8 == 0) {
            struct nic_config cfg =
                objnic_config(sizes[s / 8 % 4].engines, sizes[s / 8 % 4].threads);
            if (s != first)
                objnic_close();
            objnic_open(&cfg);
            cpus = nicdrv_caps(nic.drv)->limits.cpus;
            room = nicdrv_caps(nic.drv)->limits.map_bytes_free;
        }
        rng = (uint32_t)s * 2654435761u | 1;
        run_seed(room);
        if (CU_get_number_of_failures() != failed) {
            fprintf(stderr, "seed %lu\n", s);
            break;
        }
    }
    printf("  %lu seeds, %llu commands of the host beside packets\n", seeds,
           (unsigned long long)commands);
    CU_ASSERT(commands > seeds * 10);
    objnic_close();
}

static const struct cunit_case cases[] = {{"seeds", test_seeds}, {NULL, NULL}};

int main(int argc, char **argv)
{
    if (argc > 3)
        seeds = strtoul(argv[3], NULL, 0);
    if (argc > 4)
        first = strtoul(argv[4], NULL, 0);
    return objnic_main(argc, argv, "all engines and the host on the same maps", cases);
}
