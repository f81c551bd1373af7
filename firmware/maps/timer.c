/* SPDX-License-Identifier: BSD-3-Clause */
#include "maps/timer.h"

#include "core/mem.h"
#include "maps/hash_inline.h"
#include "maps/timer_impl.h"
#include "maps/value.h"

#define CLOCK_REAL 0u
#define CLOCK_MONO 1u
#define CLOCK_BOOT 7u
#define START_ABS  1u /* BPF_F_TIMER_ABS */
#define START_PIN  2u /* BPF_F_TIMER_CPU_PIN: it runs nowhere else anyway */
#define KTIME_MAX  INT64_MAX

_Static_assert(sizeof(struct fw_timer) == 64, "a record is a line of DRAM");

void fw_timers_init(struct fw_timers *ts, struct fw_timer_queue *queue, uint32_t queues,
                    uint64_t dram_bytes)
{
    memset(ts, 0, sizeof(*ts));
    ts->queue = queue;
    ts->queues = queue ? queues : 0;
    ts->dram_bytes = dram_bytes;
    for (uint32_t i = 0; i < ts->queues; i++)
        queue[i] = (struct fw_timer_queue){0};
}

/* ---- records ---- */

static int is_array(const struct fw_map *m)
{
    return m->spec.type == FW_MAP_ARRAY;
}

static uint32_t places(const struct fw_map *m)
{
    return is_array(m) ? m->spec.max_entries : m->total;
}

uint64_t fw_timer_bytes(const struct fw_map *m)
{
    return m->spec.timer_at ? (uint64_t)places(m) * sizeof(struct fw_timer) : 0;
}

static uint32_t first_record(const struct fw_map *m)
{
    return m->base + (uint32_t)(m->bytes - fw_timer_bytes(m));
}

/* The record of the timer whose field is at this address; 0: there is none. */
static uint32_t record_of(const struct fw_map *m, uint32_t field)
{
    uint32_t value = is_array(m) ? 0 : (uint32_t)sizeof(struct elem) + key_bytes(m->spec.key_size);
    uint32_t at = field - (is_array(m) ? m->base : m->elems) - value - (m->spec.timer_at - 1);
    uint32_t i = at / m->stride;
    return at % m->stride == 0 && i < places(m)
               ? first_record(m) + i * (uint32_t)sizeof(struct fw_timer)
               : 0;
}

static uint32_t *word_at(uint32_t addr)
{
    return plat_ptr(addr);
}

/* The record of an initialised timer, which knows its field: what else is there does not count. */
static uint32_t record_in(const struct fw_maps *ms, uint32_t field)
{
    uint32_t r = __atomic_load_n(word_at(field), __ATOMIC_ACQUIRE);
    if (r % sizeof(struct fw_timer) != 0 || r < NIC_DRAM_BASE ||
        r - NIC_DRAM_BASE > ms->timers.dram_bytes - sizeof(struct fw_timer))
        return 0;
    return __atomic_load_n(&fw_timer_at(r)->field, __ATOMIC_ACQUIRE) == field ? r : 0;
}

/* The same with its lock; NULL: not initialised. */
static struct fw_timer *lock_field(const struct fw_maps *ms, uint32_t field, uint32_t *record)
{
    *record = record_in(ms, field);
    if (!*record)
        return NULL;
    struct fw_timer *t = fw_timer_at(*record);
    fw_lock(&t->lock);
    if (t->field == field)
        return t;
    fw_unlock(&t->lock);
    return NULL;
}

/* Takes a locked timer out of its queue; whether it was in one. */
static int disarm(struct fw_maps *ms, struct fw_timer *t, uint32_t record)
{
    uint32_t number = __atomic_load_n(&t->queue, __ATOMIC_ACQUIRE);
    if (!number)
        return 0;
    struct fw_timer_queue *q = &ms->timers.queue[number - 1];
    fw_lock(&q->lock);
    int armed = t->queue != 0; /* its hart may have taken it meanwhile */
    if (armed) {
        fw_heap_remove(&q->root, record);
        __atomic_store_n(&t->queue, 0, __ATOMIC_RELEASE);
    }
    fw_unlock(&q->lock);
    return armed;
}

/* ---- whose map it is ---- */

static uint32_t map_number(const struct fw_map *m)
{
    return (uint32_t)(m - m->maps->map);
}

static int orphaned(const struct fw_map *m)
{
    uint32_t n = map_number(m);
    return __atomic_load_n(&m->maps->timers.orphan[n / 32], __ATOMIC_ACQUIRE) >> n % 32 & 1;
}

void fw_timer_held(struct fw_map *m, int held)
{
    uint32_t n = map_number(m);
    uint32_t *word = &m->maps->timers.orphan[n / 32];
    if (held)
        (void)__atomic_fetch_and(word, ~((uint32_t)1 << n % 32), __ATOMIC_ACQ_REL);
    else
        (void)__atomic_fetch_or(word, (uint32_t)1 << n % 32, __ATOMIC_ACQ_REL);
}

/* ---- the helpers ---- */

static int bad_clock(uint64_t flags)
{
    return flags != CLOCK_REAL && flags != CLOCK_MONO && flags != CLOCK_BOOT;
}

int fw_timer_init(struct fw_map *m, uint32_t field, uint64_t flags)
{
    uint32_t r = m->spec.timer_at && m->maps->timers.queues ? record_of(m, field) : 0;
    int err = 0;
    if (bad_clock(flags))
        return FW_EINVAL;
    if (!r)
        return FW_ENOMEM;
    struct fw_timer *t = fw_timer_at(r);
    fw_lock(&t->lock);
    if (t->field) {
        err = FW_EBUSY;
    } else if (orphaned(m)) {
        err = FW_EPERM;
    } else {
        t->callback = 0;
        t->map = m->maps->handle_base + (map_number(m) << FW_MAP_SHIFT);
        __atomic_store_n(&t->field, field, __ATOMIC_RELEASE);
        __atomic_store_n(word_at(field), r, __ATOMIC_RELEASE);
    }
    fw_unlock(&t->lock);
    return err;
}

int fw_timer_set_callback(const struct fw_maps *ms, uint32_t field, uint32_t entry)
{
    uint32_t r;
    struct fw_timer *t = lock_field(ms, field, &r);
    if (!t)
        return FW_EINVAL;
    const struct fw_map *m = fw_maps_find(ms, t->map);
    int err = !m || orphaned(m) ? FW_EPERM : 0;
    if (!err)
        t->callback = entry;
    fw_unlock(&t->lock);
    return err;
}

/* As ktime_add_safe(). */
static uint64_t expiry(uint64_t ns, uint64_t flags, uint64_t now)
{
    int64_t at = (int64_t)(ns + now);
    if (flags & START_ABS)
        return (int64_t)ns < 0 ? 0 : ns;
    return at < 0 || at < (int64_t)ns || at < (int64_t)now ? KTIME_MAX : (uint64_t)at;
}

/* Puts a locked timer into a queue; whether it is the first there. */
static int arm(struct fw_maps *ms, struct fw_timer *t, uint32_t record, uint32_t number)
{
    struct fw_timer_queue *q = &ms->timers.queue[number];
    fw_lock(&q->lock);
    t->order = q->order++;
    fw_heap_insert(&q->root, record);
    __atomic_store_n(&t->queue, number + 1, __ATOMIC_RELEASE);
    int first = q->root == record;
    fw_unlock(&q->lock);
    return first;
}

int fw_timer_start(struct fw_maps *ms, uint32_t field, uint64_t ns, uint64_t flags, uint64_t now,
                   uint32_t self, uint64_t *wake)
{
    uint32_t r, number = self;
    *wake = FW_TIMER_NEVER;
    if (flags & ~(uint64_t)(START_ABS | START_PIN))
        return FW_EINVAL;
    struct fw_timer *t = lock_field(ms, field, &r);
    if (!t)
        return FW_EINVAL;
    if (!t->callback) {
        fw_unlock(&t->lock);
        return FW_EINVAL;
    }
    (void)disarm(ms, t, r);
    t->expires = expiry(ns, flags, now);
    if (t->running)
        number = t->running - 1; /* that hart looks at its queue again when the callback is over */
    if (arm(ms, t, r, number) && number == self)
        *wake = t->expires;
    fw_unlock(&t->lock);
    return 0;
}

/* Two callbacks must not wait for each other; `own`: the one this hart is in, 0 = none. */
static int begin_cancel(struct fw_timer *t, uint32_t record, uint32_t own)
{
    if (own == record)
        return FW_EDEADLK;
    if (own) {
        (void)__atomic_fetch_add(&t->cancelling, 1, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&fw_timer_at(own)->cancelling, __ATOMIC_SEQ_CST))
            return FW_EDEADLK;
    }
    t->callback = 0;
    return 0;
}

int fw_timer_cancel(struct fw_maps *ms, uint32_t field, uint32_t self)
{
    uint32_t r;
    uint32_t own = ms->timers.queues ? ms->timers.queue[self].running : 0;
    struct fw_timer *t = lock_field(ms, field, &r);
    if (!t)
        return FW_EINVAL;
    int err = begin_cancel(t, r, own);
    while (!err && t->running) {
        fw_unlock(&t->lock);
        while (__atomic_load_n(&t->running, __ATOMIC_ACQUIRE)) /* its hart needs the lock */
            plat_relax();
        fw_lock(&t->lock);
    }
    if (!err)
        err = disarm(ms, t, r) ? -1 : 0;
    if (own && own != r)
        (void)__atomic_fetch_sub(&t->cancelling, 1, __ATOMIC_SEQ_CST);
    fw_unlock(&t->lock);
    return err;
}

/* ---- the hart that runs them ---- */

uint32_t fw_timer_round(const struct fw_maps *ms, uint32_t self)
{
    return ms->timers.queues ? ms->timers.queue[self].order : 0;
}

/* Fills *due with what the timer is now, under its lock. */
static void describe(const struct fw_maps *ms, uint32_t record, struct fw_timer_due *due)
{
    struct fw_timer *t = fw_timer_at(record);
    fw_lock(&t->lock);
    const struct fw_map *m = fw_maps_find(ms, t->map);
    *due = (struct fw_timer_due){.record = record, .map = t->map};
    if (t->field && m && m->spec.timer_at) {
        due->callback = t->callback;
        due->value = t->field - (m->spec.timer_at - 1);
    }
    fw_unlock(&t->lock);
}

int fw_timer_take(struct fw_maps *ms, uint32_t self, uint64_t now, uint32_t round,
                  struct fw_timer_due *due, uint64_t *next)
{
    struct fw_timer_queue *q = &ms->timers.queue[self];
    *next = FW_TIMER_NEVER;
    if (!ms->timers.queues)
        return 0;
    fw_lock(&q->lock);
    uint32_t r = q->root;
    struct fw_timer *t = r ? fw_timer_at(r) : NULL;
    if (t)
        *next = t->expires;
    if (!t || *next > now || (int32_t)(t->order - round) >= 0) {
        fw_unlock(&q->lock);
        return 0;
    }
    fw_heap_remove(&q->root, r);
    q->running = r;
    t->running = self + 1;
    __atomic_store_n(&t->queue, 0, __ATOMIC_RELEASE);
    fw_unlock(&q->lock);
    describe(ms, r, due);
    return 1;
}

void fw_timer_done(struct fw_maps *ms, uint32_t self, const struct fw_timer_due *due)
{
    struct fw_timer_queue *q = &ms->timers.queue[self];
    struct fw_timer *t = fw_timer_at(due->record);
    fw_lock(&t->lock);
    fw_lock(&q->lock);
    __atomic_store_n(&t->running, 0, __ATOMIC_RELEASE);
    fw_unlock(&q->lock);
    fw_unlock(&t->lock);
    __atomic_store_n(&q->running, 0, __ATOMIC_RELEASE);
    (void)__atomic_fetch_add(&q->ended, 1, __ATOMIC_RELEASE); /* nothing of the map is used now */
}

/* ---- the end of timers ---- */

/* A locked timer goes back to what a fresh one is. */
static void clear(struct fw_maps *ms, struct fw_timer *t, uint32_t record)
{
    t->callback = 0;
    (void)disarm(ms, t, record);
    if (t->field)
        __atomic_store_n(word_at(t->field), 0, __ATOMIC_RELEASE);
    __atomic_store_n(&t->field, 0, __ATOMIC_RELEASE);
}

void fw_timer_free(struct fw_map *m, uint32_t value)
{
    uint32_t field = value + m->spec.timer_at - 1;
    if (!__atomic_load_n(word_at(field), __ATOMIC_ACQUIRE))
        return;
    uint32_t r = record_of(m, field);
    struct fw_timer *t = fw_timer_at(r);
    fw_lock(&t->lock);
    clear(m->maps, t, r);
    fw_unlock(&t->lock);
}

static void each_record(struct fw_map *m, uint32_t lo, uint32_t hi)
{
    uint32_t n = places(m);
    uint32_t used = __atomic_load_n(&m->fresh, __ATOMIC_ACQUIRE);
    uint32_t r = first_record(m);
    if (!is_array(m) && used < n)
        n = used; /* no element behind was ever taken */
    for (uint32_t i = 0; i < n; i++, r += (uint32_t)sizeof(struct fw_timer)) {
        struct fw_timer *t = fw_timer_at(r);
        if (!__atomic_load_n(&t->field, __ATOMIC_ACQUIRE))
            continue;
        fw_lock(&t->lock);
        if (hi == 0) {
            clear(m->maps, t, r);
        } else if (t->callback >= lo && t->callback < hi) {
            t->callback = 0;
            (void)disarm(m->maps, t, r);
        }
        fw_unlock(&t->lock);
    }
}

void fw_timer_free_all(struct fw_map *m)
{
    if (m->spec.timer_at)
        each_record(m, 0, 0);
}

void fw_timer_forget(struct fw_maps *ms, uint32_t lo, uint32_t hi)
{
    for (uint32_t i = 0; i < ms->fresh; i++)
        if (fw_map_kind(ms->map[i].hot) != FW_KIND_NONE && ms->map[i].spec.timer_at)
            each_record(&ms->map[i], lo, hi);
}

void fw_timer_grace(struct fw_maps *ms)
{
    for (uint32_t i = 0; i < ms->timers.queues; i++) {
        struct fw_timer_queue *q = &ms->timers.queue[i];
        uint32_t ended = __atomic_load_n(&q->ended, __ATOMIC_ACQUIRE);
        if (!__atomic_load_n(&q->running, __ATOMIC_ACQUIRE))
            continue;
        while (__atomic_load_n(&q->ended, __ATOMIC_ACQUIRE) == ended)
            plat_relax();
    }
}
