/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What bpf_timer_init, _set_callback, _start and _cancel answer: right and wrong arguments, and
 * what updates and deletes of the element do to a timer. None expires while packets run.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define HOUR 3600000000000ull

struct entry {
    __u64 before;
    struct bpf_timer timer;
    __u64 after;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, struct entry);
} array SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 8);
    __type(key, __u64);
    __type(value, struct entry);
} hash SEC(".maps");

struct locked {
    struct bpf_spin_lock lock;
    __u32 word;
    struct bpf_timer timer;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 8);
    __type(key, __u64);
    __type(value, struct locked);
} locked SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 64);
    __type(key, __u64);
    __type(value, struct entry);
} lru SEC(".maps");

#define CODES  96
#define ROUNDS 8 /* the kernel frees timers later, and has little memory for new ones meanwhile */
long code[CODES];
__u32 codes, rounds;

static __always_inline void note(long rc)
{
    if (codes < CODES)
        code[codes++] = rc;
}

static int fired(void *map, void *key, struct entry *e)
{
    e->after++;
    return 0;
}

static int fired_locked(void *map, void *key, struct locked *e)
{
    e->word++;
    return 0;
}

/* All that can be asked of one timer; `clock` a good one. */
static __always_inline void life(struct entry *e, void *map, __u64 clock)
{
    note(bpf_timer_set_callback(&e->timer, fired)); /* not initialised */
    note(bpf_timer_start(&e->timer, HOUR, 0));
    note(bpf_timer_cancel(&e->timer));
    note(bpf_timer_init(&e->timer, map, 2)); /* clocks that it does not know */
    note(bpf_timer_init(&e->timer, map, 16 + clock));
    note(bpf_timer_init(&e->timer, map, clock));
    note(bpf_timer_init(&e->timer, map, clock));
    note(bpf_timer_start(&e->timer, HOUR, 0)); /* no callback */
    note(bpf_timer_cancel(&e->timer));
    note(bpf_timer_set_callback(&e->timer, fired));
    note(bpf_timer_start(&e->timer, HOUR, 8)); /* flags that there are not */
    note(bpf_timer_start(&e->timer, HOUR, 0));
    note(bpf_timer_start(&e->timer, 2 * HOUR, 0));
    note(bpf_timer_start(&e->timer, HOUR, 2));
    note(bpf_timer_cancel(&e->timer));
    note(bpf_timer_cancel(&e->timer));
    note(bpf_timer_start(&e->timer, HOUR, 0)); /* the cancel took the callback too */
    note(bpf_timer_set_callback(&e->timer, fired));
    note(bpf_timer_start(&e->timer, ~0ull >> 1, 1));
    note(bpf_timer_cancel(&e->timer));
    note(bpf_timer_set_callback(&e->timer, fired));
    note(bpf_timer_start(&e->timer, -5, 0)); /* never, by ktime_add_safe() */
    note(bpf_timer_cancel(&e->timer));
    note(bpf_timer_set_callback(&e->timer, fired));
    note(bpf_timer_start(&e->timer, HOUR, 0));
}

static __always_inline void arrays(void)
{
    __u32 key = 2;
    struct entry new = {.before = 1, .after = 2};
    struct entry *e = bpf_map_lookup_elem(&array, &key);

    if (!e)
        return;
    life(e, &array, 1);
    note(bpf_map_update_elem(&array, &key, &new, BPF_ANY)); /* frees the timer */
    note(bpf_timer_cancel(&e->timer));
}

static __always_inline void hashes(void)
{
    __u64 key = 0x1234567;
    struct entry new = {.before = 1, .after = 2};
    struct entry *e;

    bpf_map_update_elem(&hash, &key, &new, BPF_ANY);
    e = bpf_map_lookup_elem(&hash, &key);
    if (!e)
        return;
    life(e, &hash, 7);
    note(bpf_map_update_elem(&hash, &key, &new, BPF_EXIST)); /* another element */
    e = bpf_map_lookup_elem(&hash, &key);
    if (!e)
        return;
    note(bpf_timer_cancel(&e->timer));
    note(bpf_timer_init(&e->timer, &hash, 0));
    note(bpf_timer_set_callback(&e->timer, fired));
    note(bpf_timer_start(&e->timer, HOUR, 0));
    note(bpf_map_delete_elem(&hash, &key));
    bpf_map_update_elem(&hash, &key, &new, BPF_ANY);
    e = bpf_map_lookup_elem(&hash, &key);
    if (e)
        note(bpf_timer_cancel(&e->timer));
}

static __always_inline void locks(void)
{
    __u64 key = 99;
    struct locked new = {.word = 7};
    struct locked *e;

    bpf_map_delete_elem(&locked, &key);
    bpf_map_update_elem(&locked, &key, &new, BPF_ANY);
    e = bpf_map_lookup_elem(&locked, &key);
    if (!e)
        return;
    note(bpf_timer_init(&e->timer, &locked, 1));
    note(bpf_timer_set_callback(&e->timer, fired_locked));
    note(bpf_timer_start(&e->timer, HOUR, 0));
    note(bpf_map_update_elem(&locked, &key, &new, BPF_F_LOCK)); /* in place */
    note(bpf_timer_cancel(&e->timer));
}

static __always_inline void lrus(void)
{
    __u64 key = 5;
    struct entry new = {.before = 1, .after = 2};
    struct entry *e;

    bpf_map_delete_elem(&lru, &key);
    bpf_map_update_elem(&lru, &key, &new, BPF_ANY);
    e = bpf_map_lookup_elem(&lru, &key);
    if (!e)
        return;
    note(bpf_timer_init(&e->timer, &lru, 1));
    note(bpf_timer_set_callback(&e->timer, fired));
    note(bpf_timer_start(&e->timer, HOUR, 0));
    note(bpf_timer_cancel(&e->timer));
}

SEC("xdp")
int timers(struct xdp_md *ctx)
{
    if (rounds == ROUNDS)
        return XDP_PASS;
    rounds++;
    codes = 0;
    arrays();
    hashes();
    locks();
    lrus();
    return codes & 1 ? XDP_TX : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
