/* SPDX-License-Identifier: BSD-3-Clause */
/* Timers in an array and a hash: tests/firmware/nic/timer_test.c. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "timers.h"

#define MONOTONIC 1
#define ABSOLUTE  1

struct entry {
    struct bpf_timer timer;
    __u64 due, word;
    __u32 rounds, cpu;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, SLOTS);
    __type(key, __u32);
    __type(value, struct entry);
} slots SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, TABLE);
    __type(key, __u64);
    __type(value, struct entry);
} table SEC(".maps");

struct globals globals;

static __always_inline struct shot *log_shot(struct entry *e, __u64 key)
{
    __u32 n = __sync_fetch_and_add(&globals.shots, 1);
    struct shot *s;

    if (n >= SHOTS)
        return 0;
    s = &globals.shot[n];
    s->due = e->due;
    s->at = bpf_ktime_get_ns();
    s->key = key;
    s->cpu = bpf_get_smp_processor_id();
    return s;
}

static __always_inline long again(struct entry *e)
{
    if (!e->rounds)
        return 0;
    e->rounds--;
    e->due += globals.period;
    return bpf_timer_start(&e->timer, e->due, ABSOLUTE);
}

static int spin(__u32 i, void *until)
{
    return bpf_ktime_get_ns() >= *(__u64 *)until;
}

static int slot_fired(void *map, __u32 *key, struct entry *e)
{
    struct shot *s = log_shot(e, *key);
    __u64 until = e->due + globals.period;
    long rc = 0;

    if (globals.action == REARM)
        rc = again(e);
    if (globals.action == CANCEL_ITSELF)
        rc = bpf_timer_cancel(&e->timer);
    if (globals.action == TAKE_LONG) {
        bpf_loop(1 << 20, spin, &until, 0);
        e->word++;
    }
    if (s)
        s->rc = rc;
    return 0;
}

static int table_fired(void *map, __u64 *key, struct entry *e)
{
    struct shot *s = log_shot(e, *key);

    if (globals.action == DELETE_ITSELF && s) {
        s->rc = bpf_map_delete_elem(&table, key);
        s->rc2 = bpf_timer_start(&e->timer, 1000, 0);
    }
    return 0;
}

static __always_inline long start(struct entry *e, __u32 i)
{
    __u64 delay = globals.delay[i & (SLOTS - 1)];

    e->due = globals.from + delay;
    e->rounds = globals.rounds;
    return globals.absolute ? bpf_timer_start(&e->timer, e->due, ABSOLUTE)
                            : bpf_timer_start(&e->timer, delay, 0);
}

static int arm_slot(__u32 i, void *none)
{
    struct entry *e = bpf_map_lookup_elem(&slots, &i);
    long rc;

    if (!e)
        return 1;
    rc = bpf_timer_init(&e->timer, &slots, MONOTONIC);
    if (rc == 0 || rc == -16)
        rc = bpf_timer_set_callback(&e->timer, slot_fired);
    if (!rc)
        rc = start(e, i);
    globals.rc[i & (SLOTS - 1)] = rc;
    return 0;
}

SEC("xdp")
int arm(struct xdp_md *ctx)
{
    globals.from = bpf_ktime_get_ns();
    globals.armed_cpu = bpf_get_smp_processor_id();
    bpf_loop(globals.count, arm_slot, 0, 0);
    return XDP_PASS;
}

static int disarm_slot(__u32 i, void *none)
{
    struct entry *e = bpf_map_lookup_elem(&slots, &i);

    if (!e)
        return 1;
    globals.rc[i & (SLOTS - 1)] = bpf_timer_cancel(&e->timer);
    return 0;
}

SEC("xdp")
int disarm(struct xdp_md *ctx)
{
    bpf_loop(globals.count, disarm_slot, 0, 0);
    return XDP_PASS;
}

static int arm_entry(__u32 i, void *none)
{
    struct entry new = {.word = i}, *e;
    __u64 key = i;
    long rc;

    bpf_map_update_elem(&table, &key, &new, BPF_ANY);
    e = bpf_map_lookup_elem(&table, &key);
    if (!e)
        return 1;
    rc = bpf_timer_init(&e->timer, &table, MONOTONIC);
    if (!rc)
        rc = bpf_timer_set_callback(&e->timer, table_fired);
    if (!rc)
        rc = start(e, i);
    globals.rc[i & (SLOTS - 1)] = rc;
    return 0;
}

SEC("xdp")
int arm_table(struct xdp_md *ctx)
{
    globals.from = bpf_ktime_get_ns();
    bpf_loop(globals.count, arm_entry, 0, 0);
    return XDP_PASS;
}

/* ---- all harts on the same timers, at random ---- */

static int hammered(void *map, __u64 *key, struct entry *e)
{
    __u64 now = bpf_ktime_get_ns();

    __sync_fetch_and_add(&globals.fired, 1);
    if ((now & 3) == 0)
        bpf_map_delete_elem(&table, key);
    else if ((now & 3) == 1)
        bpf_timer_start(&e->timer, now & 1023, 0);
    return 0;
}

static int pinned(void *map, __u32 *key, struct entry *e)
{
    if (bpf_get_smp_processor_id() != e->cpu)
        __sync_fetch_and_add(&globals.elsewhere, 1);
    __sync_fetch_and_add(&e->word, 1);
    return 0;
}

static __always_inline void mine(__u32 cpu)
{
    __u32 key = cpu & (SLOTS - 1);
    struct entry *e = bpf_map_lookup_elem(&slots, &key);

    if (!e)
        return;
    e->cpu = cpu;
    bpf_timer_init(&e->timer, &slots, MONOTONIC);
    bpf_timer_set_callback(&e->timer, pinned);
    bpf_timer_start(&e->timer, 500, 2);
}

SEC("xdp")
int hammer(struct xdp_md *ctx)
{
    __u32 dice = bpf_get_prandom_u32();
    __u64 key = dice >> 8 & 15;
    struct entry new = {}, *e;
    long rc;

    mine(bpf_get_smp_processor_id());
    e = bpf_map_lookup_elem(&table, &key);
    if (!e) {
        bpf_map_update_elem(&table, &key, &new, BPF_NOEXIST);
        e = bpf_map_lookup_elem(&table, &key);
        if (!e)
            return XDP_DROP;
    }
    if ((dice & 7) < 5) {
        rc = bpf_timer_init(&e->timer, &table, MONOTONIC);
        if (rc && rc != -16)
            __sync_fetch_and_add(&globals.refused, 1);
        bpf_timer_set_callback(&e->timer, hammered);
        if (!bpf_timer_start(&e->timer, dice >> 16 & 4095, 0))
            __sync_fetch_and_add(&globals.starts, 1);
    } else if ((dice & 7) == 5) {
        bpf_map_delete_elem(&table, &key);
        __sync_fetch_and_add(&globals.deletes, 1);
    } else {
        rc = bpf_timer_cancel(&e->timer);
        __sync_fetch_and_add(&globals.cancels, 1);
        if (rc == 1)
            __sync_fetch_and_add(&globals.cancelled, 1);
    }
    return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
