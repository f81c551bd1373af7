/* SPDX-License-Identifier: BSD-3-Clause */
#include "fake_engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FAKE_THREADS 64

struct code_cache {
    struct fake_invalidate last;
};

struct engine {
    uint32_t first_hart;
    unsigned threads, parked;
    size_t local_size;
    uint8_t *local;
    struct fake_wake wake[FAKE_THREADS];
    struct fake_interrupt interrupt[FAKE_THREADS];
    uint64_t insns[FAKE_THREADS];
    uint64_t waited[FAKE_THREADS];
    uint64_t pc, reset_at;
    uint32_t hog; /* 1 + hart that has the engine for itself; 0: none */
    uint64_t hog_from;
    uint64_t next; /* what engine_next says */
};

int code_cache_create(const struct nic_config *cfg, const struct engine_bus *bus,
                      struct code_cache **out)
{
    (void)cfg;
    (void)bus;
    *out = calloc(1, sizeof(**out));
    return *out == NULL ? -ENOMEM : 0;
}

void code_cache_destroy(struct code_cache *cc)
{
    free(cc);
}

void code_cache_invalidate(struct code_cache *cc, uint64_t addr, uint64_t len)
{
    cc->last.count++;
    cc->last.addr = addr;
    cc->last.len = len;
}

struct fake_invalidate fake_invalidated(const struct code_cache *cc)
{
    return cc->last;
}

int engine_create(const struct nic_config *cfg, unsigned threads, uint32_t first_hart,
                  const struct engine_bus *bus, struct code_cache *cc, struct engine **out)
{
    struct engine *e = calloc(1, sizeof(*e));

    (void)bus;
    (void)cc;
    if (e == NULL)
        return -ENOMEM;
    e->first_hart = first_hart;
    e->threads = threads;
    e->local_size = cfg->local_size;
    e->local = calloc(threads, cfg->local_size);
    e->next = UINT64_MAX;
    *out = e;
    return e->local == NULL ? -ENOMEM : 0;
}

void engine_destroy(struct engine *e)
{
    free(e->local);
    free(e);
}

void engine_reset(struct engine *e, uint64_t pc, uint64_t now)
{
    e->pc = pc;
    e->reset_at = now;
    memset(e->wake, 0, sizeof(e->wake));
}

enum engine_stop engine_run(struct engine *e, uint64_t horizon)
{
    (void)e;
    (void)horizon;
    return ENGINE_ASLEEP;
}

enum engine_stop engine_run_turns(struct turns *turns)
{
    (void)turns;
    return ENGINE_HORIZON;
}

uint64_t engine_next(const struct engine *e)
{
    return e->next;
}

void fake_set_next(struct engine *e, uint64_t next)
{
    e->next = next;
}

void engine_wake(struct engine *e, uint32_t hart, uint64_t data, uint64_t when)
{
    struct fake_wake *w = &e->wake[hart - e->first_hart];

    w->count++;
    w->data = data;
    w->when = when;
}

const struct fake_wake *fake_wake(const struct engine *e, uint32_t hart)
{
    return &e->wake[hart - e->first_hart];
}

bool engine_interrupt(struct engine *e, uint32_t hart, uint64_t insns, uint64_t now)
{
    struct fake_interrupt *i = &e->interrupt[hart - e->first_hart];

    i->count++;
    i->insns = insns;
    i->now = now;
    i->pending = i->taken;
    return i->taken;
}

bool engine_interrupt_clear(struct engine *e, uint32_t hart)
{
    struct fake_interrupt *i = &e->interrupt[hart - e->first_hart];
    bool pending = i->pending;

    i->pending = false;
    return pending;
}

uint64_t engine_hart_waited(const struct engine *e, uint32_t hart)
{
    return e->waited[hart - e->first_hart];
}

void fake_set_waited(struct engine *e, uint32_t hart, uint64_t cycles)
{
    e->waited[hart - e->first_hart] = cycles;
}

uint32_t engine_hog(const struct engine *e, uint32_t hart, uint64_t cycle)
{
    return e->hog != 0 && cycle >= e->hog_from && hart != e->hog - 1 ? e->hog - 1 : UINT32_MAX;
}

void fake_set_hog(struct engine *e, uint32_t hart, uint64_t from)
{
    e->hog = hart + 1;
    e->hog_from = from;
}

struct fake_interrupt *fake_interrupt(struct engine *e, uint32_t hart)
{
    return &e->interrupt[hart - e->first_hart];
}

uint8_t *engine_local(struct engine *e, uint32_t hart)
{
    return e->local + (hart - e->first_hart) * e->local_size;
}

uint64_t engine_hart_program_insns(const struct engine *e, uint32_t hart)
{
    return e->insns[hart - e->first_hart];
}

void fake_set_insns(struct engine *e, uint32_t hart, uint64_t insns)
{
    e->insns[hart - e->first_hart] = insns;
}

void engine_stats(const struct engine *e, struct nic_engine_stats *out)
{
    (void)e;
    out->insns = 7;
}

void engine_thread_stats(const struct engine *e, unsigned thread, struct nic_thread_stats *out)
{
    (void)e;
    out->insns = thread;
}

void engine_dump(const struct engine *e, uint32_t hart, struct nic_fault *out)
{
    out->pc = e->pc;
    out->x[10] = hart;
}

bool engine_fault(const struct engine *e, struct nic_fault *out)
{
    (void)e;
    (void)out;
    return false;
}

unsigned engine_parked(const struct engine *e)
{
    return e->parked;
}

void fake_set_parked(struct engine *e, unsigned parked)
{
    e->parked = parked;
}
