/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sources that send most, found in constant memory: a count-min sketch
 * (Cormode and Muthukrishnan, 2005) of ROWS rows with a hash function each. A
 * packet adds one to a counter in every row; the least of them is never below
 * what its source sent, and above it by more than e / COLUMNS of all packets only
 * with probability exp(-ROWS).
 *
 * A source whose estimate reaches the threshold is reported to the host in a
 * ring buffer, once, and then each time it has doubled. Counters belong to a
 * window of time: one that is of an older window starts again from zero, so
 * nobody needs to clear the sketch.
 *
 * Maps, by name: `config` (entry 0), `sketch`, `reported` (LRU: next report of
 * a source), `talkers` (the ring buffer), `totals`. Contents for a run:
 * heavy_hitters.maps.
 */
#include "hash.h"
#include "ip.h"

#define ROWS     4
#define COLUMNS  2048 /* a power of two */
#define REPORTED 1024

#define DEFAULT_THRESHOLD 1000

enum totals_key { PACKETS, REPORTS, REPORTS_LOST, TOTALS };

struct config {
    __u64 window_ns; /* 0: one window without end */
    __u32 threshold; /* packets in a window; 0: the default */
    __u32 reserved;
};

/* Taken as one word, of which the window is the high half, so that one atomic changes both. */
struct counter {
    __u32 packets, window;
} __attribute__((aligned(8)));

struct talker { /* a record of the ring buffer */
    struct in6_addr source;
    __u64 time_ns;
    __u32 estimate; /* packets of this window */
    __u32 window;   /* its number */
};

struct report {
    __u32 window;
    __u32 next; /* estimate to report at */
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct config);
} config SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, ROWS *COLUMNS);
    __type(key, __u32);
    __type(value, struct counter);
} sketch SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, REPORTED);
    __type(key, struct in6_addr);
    __type(value, struct report);
} reported SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 64 * 1024);
} talkers SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, TOTALS);
    __type(key, __u32);
    __type(value, __u64);
} totals SEC(".maps");

static __noinline void count(enum totals_key key)
{
    __u32 index = key;
    __u64 *n = bpf_map_lookup_elem(&totals, &index);

    if (n)
        __sync_fetch_and_add(n, 1);
}

/* One more in a counter: what it then holds. Of the engines that find it old, one starts it anew.
 */
static __always_inline __u32 counter_add(struct counter *counter, __u32 window)
{
    __u64 *word = (void *)counter;
    __u64 seen = *(volatile __u64 *)word, fresh = (__u64)window << 32 | 1;

    if (seen >> 32 != window && __sync_val_compare_and_swap(word, seen, fresh) == seen)
        return 1;
    return (__u32)__sync_fetch_and_add(word, 1) + 1;
}

/* Adds a packet of this source to the sketch: packets that it sent, at most. */
static __always_inline __u32 sketch_add(const struct in6_addr *source, __u32 window)
{
    __u32 least = 0xffffffff;

    for (__u32 row = 0; row < ROWS; row++) {
        __u32 hash = hash_of(source, sizeof(*source), 0x9e3779b9 * (row + 1));
        __u32 index = row * COLUMNS + hash % COLUMNS;
        struct counter *counter = bpf_map_lookup_elem(&sketch, &index);
        __u32 n = counter ? counter_add(counter, window) : 0;

        if (n < least)
            least = n;
    }
    return least;
}

static __always_inline int report_send(const struct in6_addr *source, __u32 estimate, __u32 window,
                                       __u64 now)
{
    struct talker *t = bpf_ringbuf_reserve(&talkers, sizeof(*t), 0);

    if (!t)
        return -1;
    *t = (struct talker){*source, now, estimate, window};
    bpf_ringbuf_submit(t, 0);
    return 0;
}

/* Reports the source if it is due. A report that found no room is due again. */
static __always_inline void report(const struct in6_addr *source, __u32 estimate, __u32 window,
                                   __u64 now)
{
    const struct report *last = bpf_map_lookup_elem(&reported, source);
    struct report next = {window, estimate * 2};

    if (last && last->window == window && estimate < last->next)
        return;
    if (report_send(source, estimate, window, now)) {
        count(REPORTS_LOST);
        return;
    }
    bpf_map_update_elem(&reported, source, &next, BPF_ANY);
    count(REPORTS);
}

SEC("xdp")
int heavy_hitters(struct xdp_md *ctx)
{
    struct cursor c = cursor_of(ctx);
    struct ip_packet ip = {};
    const struct config *cfg;
    __u32 zero = 0, window, estimate;
    __u64 now;

    if (take_ip(&c, take_ethernet(&c), &ip))
        return XDP_PASS;
    cfg = bpf_map_lookup_elem(&config, &zero);
    if (!cfg)
        return XDP_ABORTED;
    now = bpf_ktime_get_ns();
    window = cfg->window_ns ? (__u32)(now / cfg->window_ns) + 1 : 1;
    count(PACKETS);
    estimate = sketch_add(&ip.src, window);
    if (estimate >= (cfg->threshold ? cfg->threshold : DEFAULT_THRESHOLD))
        report(&ip.src, estimate, window, now);
    return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
