/* SPDX-License-Identifier: BSD-3-Clause */
#include "ops.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 24

/* A case file on its way through one side. */
struct run {
    const struct ops_side *side;
    const char *path;
    unsigned line;
    int fd; /* of the map in use, -1 */
    uint32_t type, key_size, value_size, entries;
    size_t value_bytes; /* as the side has it */
    bool lock;          /* values start with a spin lock, which the map keeps to itself */
    uint8_t *key, *next, *value, *want;
    int failed;
};

static const struct {
    const char *name;
    uint32_t value;
} numbers[] = {
    {"hash", BPF_MAP_TYPE_HASH},
    {"array", BPF_MAP_TYPE_ARRAY},
    {"percpu_hash", BPF_MAP_TYPE_PERCPU_HASH},
    {"percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY},
    {"lru_hash", BPF_MAP_TYPE_LRU_HASH},
    {"lru_percpu_hash", BPF_MAP_TYPE_LRU_PERCPU_HASH},
    {"lpm_trie", BPF_MAP_TYPE_LPM_TRIE},
    {"queue", BPF_MAP_TYPE_QUEUE},
    {"stack", BPF_MAP_TYPE_STACK},
    {"bloom_filter", BPF_MAP_TYPE_BLOOM_FILTER},
    {"NO_PREALLOC", BPF_F_NO_PREALLOC},
    {"NO_COMMON_LRU", BPF_F_NO_COMMON_LRU},
    {"NUMA_NODE", BPF_F_NUMA_NODE},
    {"RDONLY", BPF_F_RDONLY},
    {"WRONLY", BPF_F_WRONLY},
    {"RDONLY_PROG", BPF_F_RDONLY_PROG},
    {"WRONLY_PROG", BPF_F_WRONLY_PROG},
    {"ZERO_SEED", BPF_F_ZERO_SEED},
    {"MMAPABLE", BPF_F_MMAPABLE},
    {"any", BPF_ANY},
    {"noexist", BPF_NOEXIST},
    {"exist", BPF_EXIST},
    {"lock", BPF_F_LOCK},
};

static const struct {
    const char *name;
    int value;
} errors[] = {
    {"ok", 0},          {"EPERM", EPERM},   {"ENOENT", ENOENT},         {"E2BIG", E2BIG},
    {"EEXIST", EEXIST}, {"EINVAL", EINVAL}, {"ENOSPC", ENOSPC},         {"ENOMEM", ENOMEM},
    {"ENOTSUPP", 524},  {"EFAULT", EFAULT}, {"EOPNOTSUPP", EOPNOTSUPP},
};

static uint64_t number(const char *word)
{
    uint64_t sum = 0;
    char copy[64];
    snprintf(copy, sizeof(copy), "%s", word);
    for (char *at = NULL, *part = strtok_r(copy, "+", &at); part; part = strtok_r(NULL, "+", &at)) {
        bool found = false;
        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && !found; i++) {
            found = strcmp(numbers[i].name, part) == 0;
            sum += found ? numbers[i].value : 0;
        }
        sum += found ? 0 : strtoull(part, NULL, 0);
    }
    return sum;
}

static const char *error_name(long rc)
{
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (errors[i].value == -rc)
            return errors[i].name;
    return "?";
}

static void complain(struct run *r, const char *what, const char *got, const char *want)
{
    fprintf(stderr, "%s:%u: %s: %s gives %s, wanted %s\n", r->path, r->line, r->side->name, what,
            got, want);
    r->failed++;
}

/* ---- keys and values ---- */

/* LPM: a.b.c.d/n, or n:hexbytes; others a number, little-endian, and bytes that depend on it. */
static void make_key(const struct run *r, const char *word, uint8_t *key)
{
    unsigned ip[4], bits, at = 4;
    uint64_t n = strtoull(word, NULL, 0);
    memset(key, 0, r->key_size);
    if (r->type != BPF_MAP_TYPE_LPM_TRIE) {
        for (uint32_t i = 0; i < r->key_size; i++)
            key[i] = (uint8_t)(i < 4 ? n >> 8 * i : n * 7 + i);
        return;
    }
    if (sscanf(word, "%u.%u.%u.%u/%u", &ip[0], &ip[1], &ip[2], &ip[3], &bits) == 5) {
        for (unsigned i = 0; i < 4 && at < r->key_size; i++)
            key[at++] = (uint8_t)ip[i];
    } else {
        const char *hex = strchr(word, ':');
        bits = (unsigned)strtoul(word, NULL, 10);
        for (hex = hex ? hex + 1 : ""; hex[0] && hex[1] && at < r->key_size; hex += 2)
            (void)sscanf(hex, "%2hhx", &key[at++]);
    }
    memcpy(key, &bits, sizeof(bits));
}

static bool is_per_cpu(uint32_t type)
{
    return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
           type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

/* Value n: bytes that depend on n, place and copy; 0 is all zero. */
static void make_value(const struct run *r, uint64_t n, uint8_t *value)
{
    unsigned copies = is_per_cpu(r->type) ? r->side->cpus : 1;
    size_t step = copies > 1 ? (r->value_size + 7u) / 8 * 8 : r->value_size;
    memset(value, 0, r->value_bytes);
    for (unsigned c = 0; c < copies && n; c++)
        for (uint32_t i = 0; i < r->value_size; i++)
            value[c * step + i] = (uint8_t)(n >> 8 * (i % 4)) ^ (uint8_t)(i / 4 * 31 + c * 17);
}

/* What fills a copy up to 8 bytes has no meaning. A lock reads as zero. */
static bool same_value(const struct run *r, const uint8_t *a, const uint8_t *b)
{
    static const uint8_t zero[4];
    if (r->lock)
        return memcmp(a, zero, 4) == 0 && memcmp(a + 4, b + 4, r->value_size - 4) == 0;
    unsigned copies = is_per_cpu(r->type) ? r->side->cpus : 1;
    size_t step = (r->value_size + 7u) / 8 * 8;
    for (unsigned c = 0; c < copies; c++)
        if (memcmp(a + c * step, b + c * step, r->value_size) != 0)
            return false;
    return true;
}

/* ---- calls ---- */

static uint64_t ptr(const void *p)
{
    return (uint64_t)(uintptr_t)p;
}

static long call(struct run *r, int cmd, const void *key, void *value, uint64_t flags)
{
    union bpf_attr a;
    memset(&a, 0, sizeof(a));
    a.map_fd = (uint32_t)r->fd;
    a.key = r->key_size ? ptr(key) : 0;
    a.value = ptr(value);
    a.flags = flags;
    return r->side->bpf(cmd, &a);
}

static void expect(struct run *r, const char *what, long rc, const char *want)
{
    const char *got = error_name(rc > 0 ? 0 : rc);
    if (strcmp(got, want) != 0)
        complain(r, what, got, want);
}

/* The answer is an error's name, or a value's number. */
static void expect_value(struct run *r, const char *what, long rc, const char *want)
{
    if (rc || want[0] < '0' || want[0] > '9') {
        expect(r, what, rc, want);
        return;
    }
    make_value(r, number(want), r->want);
    if (!same_value(r, r->value, r->want))
        complain(r, what, "another value", want);
}

static void close_map(struct run *r)
{
    if (r->fd >= 0)
        r->side->close_map(r->fd);
    r->fd = -1;
    free(r->key), free(r->next), free(r->value), free(r->want);
    r->key = r->next = r->value = r->want = NULL;
}

#define ENTRY_BYTES 64u /* what an entry takes beside key and value, in any side */

/* Is the map that `a` asks for too large for this side? */
static bool too_large(const struct run *r, const union bpf_attr *a)
{
    uint64_t entry = a->key_size + r->value_bytes;
    if (a->map_type != BPF_MAP_TYPE_ARRAY && a->map_type != BPF_MAP_TYPE_PERCPU_ARRAY)
        entry = a->map_flags & BPF_F_NO_PREALLOC ? 16 : entry + ENTRY_BYTES;
    if (!r->side->most || entry * a->max_entries <= r->side->most)
        return false;
    printf("  %s:%u: left out on the %s side: a map of about %llu MiB, the limit is %llu\n",
           r->path, r->line, r->side->name, (unsigned long long)(entry * a->max_entries >> 20),
           (unsigned long long)(r->side->most >> 20));
    return true;
}

/* map TYPE KEY VALUE ENTRIES FLAGS EXTRA ANSWER; lockmap: values start with a spin lock */
static void do_map(struct run *r, char **w)
{
    union bpf_attr a;
    close_map(r);
    memset(&a, 0, sizeof(a));
    r->type = a.map_type = (uint32_t)number(w[1]);
    r->key_size = a.key_size = (uint32_t)number(w[2]);
    r->value_size = a.value_size = (uint32_t)number(w[3]);
    r->entries = a.max_entries = (uint32_t)number(w[4]);
    a.map_flags = (uint32_t)number(w[5]);
    a.map_extra = number(w[6]);
    r->lock = w[0][0] == 'l';
    if (r->lock)
        r->side->want_lock(&a);
    r->value_bytes =
        is_per_cpu(r->type) ? (r->value_size + 7ull) / 8 * 8 * r->side->cpus : r->value_size;
    if (strcmp(w[7], "ok") == 0 && too_large(r, &a))
        return;
    long fd = r->side->bpf(BPF_MAP_CREATE, &a);
    expect(r, "map", fd, w[7]);
    if (fd < 0)
        return;
    r->fd = (int)fd;
    r->key = calloc(1, r->key_size + 4);
    r->next = calloc(1, r->key_size + 4);
    r->value = calloc(1, r->value_bytes + 8);
    r->want = calloc(1, r->value_bytes + 8);
}

/* up KEY VALUE FLAGS ANSWER */
static void do_up(struct run *r, char **w)
{
    make_key(r, w[1], r->key);
    make_value(r, number(w[2]), r->value);
    expect(r, "up", call(r, BPF_MAP_UPDATE_ELEM, r->key, r->value, number(w[3])), w[4]);
}

/* get KEY ANSWER; of a Bloom filter: has VALUE ANSWER */
static void do_get(struct run *r, char **w)
{
    make_key(r, w[1], r->key);
    memset(r->value, 0xee, r->value_bytes);
    expect_value(r, "get", call(r, BPF_MAP_LOOKUP_ELEM, r->key, r->value, 0), w[2]);
}

/* getl: with BPF_F_LOCK */
static void do_getl(struct run *r, char **w)
{
    make_key(r, w[1], r->key);
    memset(r->value, 0xee, r->value_bytes);
    expect_value(r, "getl", call(r, BPF_MAP_LOOKUP_ELEM, r->key, r->value, BPF_F_LOCK), w[2]);
}

static void do_has(struct run *r, char **w)
{
    make_value(r, number(w[1]), r->value);
    expect(r, "has", call(r, BPF_MAP_LOOKUP_ELEM, NULL, r->value, 0), w[2]);
}

static void do_take(struct run *r, char **w)
{
    make_key(r, w[1], r->key);
    expect_value(r, "take", call(r, BPF_MAP_LOOKUP_AND_DELETE_ELEM, r->key, r->value, 0), w[2]);
}

static void do_del(struct run *r, char **w)
{
    make_key(r, w[1], r->key);
    expect(r, "del", call(r, BPF_MAP_DELETE_ELEM, r->key, NULL, 0), w[2]);
}

/* next KEY|- ANSWER */
static void do_next(struct run *r, char **w)
{
    bool first = strcmp(w[1], "-") == 0;
    if (!first)
        make_key(r, w[1], r->key);
    union bpf_attr a;
    memset(&a, 0, sizeof(a));
    a.map_fd = (uint32_t)r->fd;
    a.key = first ? 0 : ptr(r->key);
    a.next_key = ptr(r->next);
    long rc = r->side->bpf(BPF_MAP_GET_NEXT_KEY, &a);
    if (rc) {
        expect(r, "next", rc, w[2]);
        return;
    }
    make_key(r, w[2], r->key);
    if (memcmp(r->key, r->next, r->key_size) != 0)
        complain(r, "next", "another key", w[2]);
}

/* ---- many at once ---- */

/* fill FROM TO STEP: update keys FROM, FROM + STEP.. below TO, value = key + 1 */
static void do_fill(struct run *r, char **w)
{
    uint64_t step = number(w[3]);
    for (uint64_t k = number(w[1]); k < number(w[2]); k += step) {
        char key[24];
        snprintf(key, sizeof(key), "%llu", (unsigned long long)k);
        make_key(r, key, r->key);
        make_value(r, k + 1, r->value);
        long rc = call(r, BPF_MAP_UPDATE_ELEM, r->key, r->value, BPF_ANY);
        if (rc) {
            complain(r, "fill", error_name(rc), key);
            return;
        }
    }
}

/* check FROM TO STEP: what fill put there */
static void do_check(struct run *r, char **w)
{
    uint64_t step = number(w[3]);
    for (uint64_t k = number(w[1]); k < number(w[2]); k += step) {
        char key[24];
        snprintf(key, sizeof(key), "%llu", (unsigned long long)k);
        make_key(r, key, r->key);
        make_value(r, k + 1, r->want);
        long rc = call(r, BPF_MAP_LOOKUP_ELEM, r->key, r->value, 0);
        if (rc || !same_value(r, r->value, r->want)) {
            complain(r, "check", error_name(rc), key);
            return;
        }
    }
}

/* walk N: as many keys, each once and each with a value; order is the map's */
static void do_walk(struct run *r, char **w)
{
    uint64_t n = 0, want = number(w[1]);
    uint8_t *seen = calloc(want + 1, r->key_size);
    union bpf_attr a;
    long rc;
    memset(&a, 0, sizeof(a));
    a.map_fd = (uint32_t)r->fd;
    a.next_key = ptr(r->next);
    for (; (rc = r->side->bpf(BPF_MAP_GET_NEXT_KEY, &a)) == 0 && n < want; n++) {
        bool again = false;
        for (uint64_t i = 0; i < n && want <= 2048; i++)
            again |= memcmp(seen + i * r->key_size, r->next, r->key_size) == 0;
        memcpy(seen + n * r->key_size, r->next, r->key_size);
        memcpy(r->key, r->next, r->key_size);
        a.key = ptr(r->key);
        if (again || call(r, BPF_MAP_LOOKUP_ELEM, r->key, r->value, 0))
            complain(r, "walk", again ? "a key twice" : "a key without a value", w[1]);
    }
    if (n != want || rc != -ENOENT)
        complain(r, "walk", n < want ? "too few" : "too many", w[1]);
    free(seen);
}

/* count AT_MOST AT_LEAST FROM TO: how many keys of the range are there */
static void do_count(struct run *r, char **w)
{
    uint64_t n = 0;
    for (uint64_t k = number(w[3]); k < number(w[4]); k++) {
        char key[24];
        snprintf(key, sizeof(key), "%llu", (unsigned long long)k);
        make_key(r, key, r->key);
        n += call(r, BPF_MAP_LOOKUP_ELEM, r->key, r->value, 0) == 0;
    }
    if (n > number(w[1]) || n < number(w[2]))
        complain(r, "count", "a number out of the range", w[1]);
}

/* ---- batches ---- */

static union bpf_attr batch_attr(const struct run *r, void *keys, void *values, uint32_t count)
{
    union bpf_attr a;
    memset(&a, 0, sizeof(a));
    a.batch.map_fd = (uint32_t)r->fd;
    a.batch.keys = ptr(keys);
    a.batch.values = ptr(values);
    a.batch.count = count;
    return a;
}

/* bget ROOM N ANSWER: lookup batches of ROOM until something ends them; N entries in all.
 * btake the same, the entries leave. */
static void do_bget(struct run *r, char **w)
{
    uint32_t room = (uint32_t)number(w[1]);
    int cmd = w[0][1] == 't' ? BPF_MAP_LOOKUP_AND_DELETE_BATCH : BPF_MAP_LOOKUP_BATCH;
    uint8_t *keys = calloc(room + 1, r->key_size), *values = calloc(room + 1, r->value_bytes);
    uint8_t cursor[600] = {0};
    uint64_t n = 0;
    long rc = 0;
    for (unsigned i = 0; !rc && i < 100000; i++) {
        union bpf_attr a = batch_attr(r, keys, values, room);
        a.batch.in_batch = i ? ptr(cursor) : 0;
        a.batch.out_batch = ptr(cursor);
        rc = r->side->bpf(cmd, &a);
        uint32_t got = rc == 0 || rc == -ENOENT ? a.batch.count : 0;
        for (uint32_t k = 0; k < got && cmd == BPF_MAP_LOOKUP_BATCH; k++) {
            long one = call(r, BPF_MAP_LOOKUP_ELEM, keys + (size_t)k * r->key_size, r->value, 0);
            if (one || !same_value(r, r->value, values + (size_t)k * r->value_bytes))
                complain(r, "bget", "what a lookup does not", w[1]);
        }
        n += got;
    }
    expect(r, w[0], rc, w[3]);
    if (n != number(w[2]))
        complain(r, w[0], "another number of entries", w[2]);
    free(keys), free(values);
}

/* bup FROM TO DONE ANSWER: update batch of keys FROM..TO-1, value = key + 1; bdel: delete */
static void do_bup(struct run *r, char **w)
{
    uint32_t from = (uint32_t)number(w[1]), count = (uint32_t)number(w[2]) - from;
    uint8_t *keys = calloc(count, r->key_size), *values = calloc(count, r->value_bytes);
    for (uint32_t i = 0; i < count; i++) {
        char key[24];
        snprintf(key, sizeof(key), "%u", from + i);
        make_key(r, key, keys + (size_t)i * r->key_size);
        make_value(r, from + i + 1ull, values + (size_t)i * r->value_bytes);
    }
    union bpf_attr a = batch_attr(r, keys, values, count);
    long rc = r->side->bpf(w[0][1] == 'd' ? BPF_MAP_DELETE_BATCH : BPF_MAP_UPDATE_BATCH, &a);
    expect(r, w[0], rc, w[4]);
    if (a.batch.count != number(w[3]))
        complain(r, w[0], "another count", w[3]);
    free(keys), free(values);
}

/* ---- the language ---- */

static const struct {
    const char *name;
    unsigned words; /* itself included */
    void (*run)(struct run *r, char **words);
} verbs[] = {
    {"lockmap", 8, do_map}, {"getl", 3, do_getl}, {"map", 8, do_map},    {"up", 5, do_up},
    {"get", 3, do_get},     {"has", 3, do_has},   {"take", 3, do_take},  {"del", 3, do_del},
    {"next", 3, do_next},   {"fill", 4, do_fill}, {"walk", 2, do_walk},  {"check", 4, do_check},
    {"count", 5, do_count}, {"bget", 4, do_bget}, {"btake", 4, do_bget}, {"bup", 5, do_bup},
    {"bdel", 5, do_bup},
};

/* A line; "!SIDE" in front: not for that side. */
static void run_line(struct run *r, char *line, unsigned *lines)
{
    char *word[WORDS] = {NULL}, *at = NULL;
    unsigned n = 0;
    line[strcspn(line, "#\n")] = '\0';
    for (char *w = strtok_r(line, " \t", &at); w && n < WORDS; w = strtok_r(NULL, " \t", &at))
        word[n++] = w;
    if (n == 0)
        return;
    bool skip = word[0][0] == '!' && strcmp(word[0] + 1, r->side->name) == 0;
    char **words = word[0][0] == '!' ? word + 1 : word;
    n -= words != word;
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (n == verbs[i].words && strcmp(verbs[i].name, words[0]) == 0) {
            if (!skip && (r->fd >= 0 || verbs[i].run == do_map))
                verbs[i].run(r, words);
            *lines += !skip;
            return;
        }
    }
    complain(r, words[0] ? words[0] : "", "no sense", "a verb and its words");
}

int ops_run(const struct ops_side *side, const char *path, unsigned *lines)
{
    struct run r = {.side = side, .path = path, .fd = -1};
    char line[512];
    FILE *f = fopen(path, "r");
    if (!f)
        return -1;
    while (fgets(line, sizeof(line), f)) {
        r.line++;
        run_line(&r, line, lines);
    }
    close_map(&r);
    fclose(f);
    return r.failed;
}
