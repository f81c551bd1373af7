/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DRAM whose service times are no whole cycles (dram.service_milli), or other for atomics
 * (dram.atomic_milli), perhaps made by units of their own (dram.atomic_units), and that takes only
 * so many posted accesses ahead (dram.queue). Times of banks and units are in thousandths of a
 * cycle; an answer comes at the next whole one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "device/dev.h"

#define MILLI 1000u

static void set_times(struct mem_fine *f, const struct nic_config *c)
{
    f->load = c->dram_service_milli != 0 ? c->dram_service_milli : c->dram_service * MILLI;
    f->atomic = c->dram_atomic_milli != 0 ? c->dram_atomic_milli : f->load;
    f->queue = c->dram_queue;
    f->units = (uint32_t)c->dram_atomic_units;
    f->banks = (uint32_t)c->dram_banks;
}

int memfine_create(struct nic_device *dev)
{
    const struct nic_config *c = &dev->cfg;
    struct mem_fine *f = &dev->mem.fine;

    f->on =
        !c->run_functional && (c->dram_service_milli | c->dram_atomic_milli | c->dram_queue) != 0;
    if (!f->on)
        return 0;
    set_times(f, c);
    f->free_at = calloc((size_t)f->banks + f->units, sizeof(*f->free_at));
    return f->free_at == NULL ? -ENOMEM : 0;
}

void memfine_destroy(struct nic_device *dev)
{
    free(dev->mem.fine.free_at);
}

void memfine_reset(struct nic_device *dev)
{
    struct mem_fine *f = &dev->mem.fine;

    f->busy = f->atomics = f->atomic_busy = 0;
    if (f->on)
        memset(f->free_at, 0, ((size_t)f->banks + f->units) * sizeof(*f->free_at));
}

/* The bank or unit takes it when it is free; thousandths of a cycle at which it is done. */
static uint64_t serve(uint64_t *free_at, uint64_t now, uint64_t service)
{
    uint64_t from = now * MILLI;

    *free_at = (*free_at > from ? *free_at : from) + service;
    return *free_at;
}

static uint64_t whole(uint64_t milli)
{
    return (milli + MILLI - 1) / MILLI;
}

/* A posted access that finds the queue full is waited for until it is in the queue. */
static void queue_up(const struct mem_fine *f, struct bus_req *r, uint64_t done, uint64_t service)
{
    uint64_t ahead = (f->queue + 1) * service;

    if (!r->posted || f->queue == 0 || done <= r->now * MILLI + ahead)
        return;
    r->posted = false;
    r->done = whole(done - ahead);
}

void memfine_access(struct nic_device *dev, struct mem_region *m, struct bus_req *r, bool writes)
{
    struct mem_fine *f = &dev->mem.fine;
    uint64_t offset = r->addr - m->base, line = offset / REGION_BLOCK, service = f->load, done;
    bool atomic = r->op != BUS_LOAD && r->op != BUS_STORE;

    if (atomic)
        service = f->atomic;
    if (atomic && f->units != 0) {
        f->atomics++;
        f->atomic_busy += service;
        done = serve(&f->free_at[f->banks + line % f->units], r->now, service);
    } else {
        m->accesses++;
        f->busy += service;
        done = serve(&f->free_at[line % f->banks], r->now, service);
    }
    r->done = mem_answer(m, offset, whole(done), writes);
    queue_up(f, r, done, service);
}

void memfine_stats(const struct nic_device *dev, struct nic_stats *out)
{
    const struct mem_fine *f = &dev->mem.fine;

    if (!f->on)
        return;
    out->dram.busy_cycles = f->busy / MILLI;
    out->atomic.accesses = f->atomics;
    out->atomic.busy_cycles = f->atomic_busy / MILLI;
    out->atomic.banks = f->units;
}
