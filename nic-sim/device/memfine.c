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
    f->bank = calloc((size_t)f->banks + f->units, sizeof(*f->bank));
    return f->bank == NULL ? -ENOMEM : 0;
}

void memfine_destroy(struct nic_device *dev)
{
    free(dev->mem.fine.bank);
}

void memfine_reset(struct nic_device *dev)
{
    struct mem_fine *f = &dev->mem.fine;

    if (f->on)
        memset(f->bank, 0, ((size_t)f->banks + f->units) * sizeof(*f->bank));
}

/* The bank or unit takes it when it is free; thousandths of a cycle at which it is done. */
static uint64_t serve(struct fine_bank *bank, uint64_t now, uint64_t service)
{
    uint64_t from = now * MILLI;

    bank->accesses++;
    bank->busy += service;
    bank->free = (bank->free > from ? bank->free : from) + service;
    return bank->free;
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
    struct fine_bank *bank = &f->bank[line % f->banks];

    if (atomic)
        service = f->atomic;
    if (atomic && f->units != 0)
        bank = &f->bank[f->banks + line % f->units];
    done = serve(bank, r->now, service);
    r->done = mem_answer(m, offset, whole(done), writes);
    queue_up(f, r, done, service);
}

/* The sum of `count` banks from `bank` on. */
static void add_banks(const struct fine_bank *bank, uint32_t count, struct nic_mem_stats *out)
{
    uint64_t busy = 0;

    *out = (struct nic_mem_stats){.banks = count};
    for (const struct fine_bank *end = bank + count; bank < end; bank++) {
        out->accesses += bank->accesses;
        busy += bank->busy;
    }
    out->busy_cycles = busy / MILLI;
}

void memfine_stats(const struct nic_device *dev, struct nic_stats *out)
{
    const struct mem_fine *f = &dev->mem.fine;

    if (!f->on)
        return;
    add_banks(f->bank, f->banks, &out->dram);
    add_banks(f->bank + f->banks, f->units, &out->atomic);
}

uint64_t memfine_bank_busy(const struct nic_device *dev, bool unit, uint32_t bank)
{
    const struct mem_fine *f = &dev->mem.fine;

    return f->bank[unit ? f->banks + bank : bank].busy / MILLI;
}
