/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory regions. Contents are anonymous, lazily backed mappings: what nobody
 * touched takes no room. LR reservations cover REGION_BLOCK bytes and end with any
 * store to the block, by whomever.
 */
#include "device/dev.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* `advice`: for madvise, about huge pages; a kernel without them says EINVAL. */
static void *own_memory(uint64_t size, int advice)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);

    if (p == MAP_FAILED)
        return NULL;
    (void)madvise(p, size, advice);
    return p;
}

/* `lent`: memory that is not the region's to free, or NULL. */
static int region_create(struct mem_region *m, uint64_t base, uint64_t size, uint64_t banks,
                         void *lent)
{
    /* Huge pages would make sparse tables resident. */
    m->mem = lent != NULL ? lent : own_memory(size, MADV_NOHUGEPAGE);
    m->lent = lent != NULL;
    if (m->mem == NULL)
        return -ENOMEM;
    m->base = base;
    m->size = size;
    m->banks = (uint32_t)banks;
    m->mask = (banks & (banks - 1)) == 0 ? (uint32_t)banks - 1 : 0;
    m->bank = calloc(banks, sizeof(*m->bank));
    return m->bank == NULL ? -ENOMEM : 0;
}

static void region_time(struct mem_region *m, const struct nic_config *cfg, uint64_t latency,
                        uint64_t service, enum nic_cause cause)
{
    m->cause = (uint8_t)cause;
    m->latency = cfg->run_functional ? 0 : latency;
    m->service = cfg->run_functional ? 0 : service;
}

static void region_destroy(struct mem_region *m)
{
    if (m->mem != NULL && !m->lent)
        munmap(m->mem, m->size);
    free(m->bank);
    mem_cache_destroy(m->cache);
}

static void region_reset(struct mem_region *m)
{
    memset(m->bank, 0, m->banks * sizeof(*m->bank));
    if (m->cache != NULL)
        mem_cache_reset(m->cache);
}

/* Packet memory is in use all over: in one piece, huge pages take the place of many. */
static int create_clusters(struct nic_device *dev)
{
    const struct nic_config *c = &dev->cfg;
    struct mem *mem = &dev->mem;

    mem->clusters =
        (unsigned)((c->engine_count + c->engine_per_cluster - 1) / c->engine_per_cluster);
    mem->packets = own_memory(mem->clusters * c->cluster_size, MADV_HUGEPAGE);
    if (mem->packets == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < mem->clusters; i++) {
        struct mem_region *m = &mem->cluster[i];

        if (region_create(m, NIC_CLUSTER_BASE + (uint64_t)i * NIC_CLUSTER_STRIDE, c->cluster_size,
                          c->cluster_banks, mem->packets + i * c->cluster_size) != 0)
            return -ENOMEM;
        region_time(m, c, c->cluster_latency, c->cluster_service, NIC_CAUSE_CLUSTER);
    }
    return 0;
}

static int create_cache(const struct nic_config *c, struct mem_region *dram)
{
    if (c->dram_cache_size == 0 || c->run_functional)
        return 0;
    return mem_cache_create(c, &dram->cache);
}

static int create_reservations(struct nic_device *dev)
{
    struct mem *mem = &dev->mem;
    size_t n = dev->harts + 1u;

    mem->resv_hart = calloc(n, sizeof(*mem->resv_hart));
    mem->resv_slot = malloc(n * sizeof(*mem->resv_slot));
    mem->resv_block = calloc(n, sizeof(*mem->resv_block));
    if (mem->resv_hart == NULL || mem->resv_slot == NULL || mem->resv_block == NULL)
        return -ENOMEM;
    memset(mem->resv_slot, 0xff, n * sizeof(*mem->resv_slot));
    return 0;
}

static void map_region(struct region_map *map, struct mem_region *m)
{
    for (uint64_t a = m->base; a < m->base + m->size; a += (uint64_t)1 << REGION_SHIFT)
        map->slot[a >> REGION_SHIFT] = m;
}

/* Not the instruction store: harts do not write there. */
static void map_regions(struct mem *mem)
{
    map_region(&mem->map, &mem->dram);
    map_region(&mem->map, &mem->sram);
    for (unsigned i = 0; i < mem->clusters; i++)
        map_region(&mem->map, &mem->cluster[i]);
}

int mem_create(struct nic_device *dev)
{
    const struct nic_config *c = &dev->cfg;
    struct mem *mem = &dev->mem;
    void *dram = NULL;

    if (dev->host.dram != NULL && (dram = dev->host.dram(dev->host_ctx, c->dram_size)) == NULL)
        return -ENOMEM;
    if (region_create(&mem->dram, NIC_DRAM_BASE, c->dram_size, c->dram_banks, dram) != 0 ||
        region_create(&mem->sram, NIC_SRAM_BASE, c->sram_size, c->sram_banks, NULL) != 0 ||
        region_create(&mem->istore, NIC_ISTORE_BASE, c->istore_size, c->sram_banks, NULL) != 0)
        return -ENOMEM;
    region_time(&mem->dram, c, c->dram_latency, c->dram_service, NIC_CAUSE_DRAM);
    region_time(&mem->sram, c, c->sram_latency, c->sram_service, NIC_CAUSE_SRAM);
    region_time(&mem->istore, c, c->sram_latency, c->sram_service, NIC_CAUSE_SRAM);
    if (create_clusters(dev) != 0 || create_cache(c, &mem->dram) != 0)
        return -ENOMEM;
    map_regions(mem);
    if (memfine_create(dev) != 0)
        return -ENOMEM;
    return create_reservations(dev);
}

void mem_destroy(struct nic_device *dev)
{
    struct mem *mem = &dev->mem;

    region_destroy(&mem->dram);
    region_destroy(&mem->sram);
    region_destroy(&mem->istore);
    for (unsigned i = 0; i < mem->clusters; i++)
        region_destroy(&mem->cluster[i]);
    if (mem->packets != NULL)
        munmap(mem->packets, mem->clusters * dev->cfg.cluster_size);
    memfine_destroy(dev);
    free(mem->resv_hart);
    free(mem->resv_slot);
    free(mem->resv_block);
}

void mem_reset(struct nic_device *dev)
{
    struct mem *mem = &dev->mem;

    region_reset(&mem->dram);
    region_reset(&mem->sram);
    region_reset(&mem->istore);
    for (unsigned i = 0; i < mem->clusters; i++)
        region_reset(&mem->cluster[i]);
    memfine_reset(dev);
    memset(mem->resv_slot, 0xff, (dev->harts + 1u) * sizeof(*mem->resv_slot));
    mem->map.reservations = 0;
}

static bool holds(const struct mem_region *m, uint64_t addr, uint64_t len)
{
    uint64_t offset = addr - m->base;

    return offset < m->size && len <= m->size - offset;
}

struct mem_region *mem_find(struct nic_device *dev, uint64_t addr, uint64_t len)
{
    struct mem *mem = &dev->mem;
    struct mem_region *m = NULL;
    uint64_t cluster = (addr - NIC_CLUSTER_BASE) / NIC_CLUSTER_STRIDE;

    if (addr >= NIC_DRAM_BASE)
        m = &mem->dram;
    else if (addr >= NIC_SRAM_BASE)
        m = &mem->sram;
    else if (addr >= NIC_CLUSTER_BASE && cluster < mem->clusters)
        m = &mem->cluster[cluster];
    else if (addr >= NIC_ISTORE_BASE)
        m = &mem->istore;
    return m != NULL && holds(m, addr, len) ? m : NULL;
}

/* ---- reservations ---- */

static void resv_drop(struct mem *mem, uint32_t hart)
{
    uint32_t slot = mem->resv_slot[hart], last;

    if (slot == DEV_NONE)
        return;
    last = mem->resv_hart[--mem->map.reservations];
    mem->resv_hart[slot] = last;
    mem->resv_slot[last] = slot;
    mem->resv_slot[hart] = DEV_NONE;
}

static void resv_take(struct mem *mem, uint32_t hart, uint64_t addr)
{
    resv_drop(mem, hart);
    mem->resv_slot[hart] = mem->map.reservations;
    mem->resv_hart[mem->map.reservations++] = hart;
    mem->resv_block[hart] = addr / REGION_BLOCK;
}

/* Ends the reservations of every block that [addr, addr+len) touches. */
static void resv_break(struct mem *mem, uint64_t addr, uint64_t len)
{
    uint64_t first = addr / REGION_BLOCK, last = (addr + len - 1) / REGION_BLOCK;

    for (uint32_t i = mem->map.reservations; i-- > 0;) {
        uint32_t hart = mem->resv_hart[i];

        if (mem->resv_block[hart] >= first && mem->resv_block[hart] <= last)
            resv_drop(mem, hart);
    }
}

/* ---- accesses ---- */

static uint64_t get(const uint8_t *p, unsigned bytes)
{
    uint64_t v = 0;

    switch (bytes) {
    case 8:
        memcpy(&v, p, 8);
        break;
    case 4:
        memcpy(&v, p, 4);
        break;
    case 2:
        memcpy(&v, p, 2);
        break;
    default:
        v = *p;
        break;
    }
    return v;
}

static void put(uint8_t *p, unsigned bytes, uint64_t v)
{
    switch (bytes) {
    case 8:
        memcpy(p, &v, 8);
        break;
    case 4:
        memcpy(p, &v, 4);
        break;
    case 2:
        memcpy(p, &v, 2);
        break;
    default:
        *p = (uint8_t)v;
        break;
    }
}

static int64_t extend(uint64_t v, unsigned bytes)
{
    return bytes == 4 ? (int32_t)v : (int64_t)v;
}

static uint64_t amo(unsigned op, uint64_t old, uint64_t arg, unsigned bytes)
{
    int64_t so = extend(old, bytes), sa = extend(arg, bytes);
    uint64_t uo = bytes == 4 ? (uint32_t)old : old, ua = bytes == 4 ? (uint32_t)arg : arg;

    switch (op) {
    case BUS_AMO_SWAP:
        return arg;
    case BUS_AMO_ADD:
        return old + arg;
    case BUS_AMO_XOR:
        return old ^ arg;
    case BUS_AMO_AND:
        return old & arg;
    case BUS_AMO_OR:
        return old | arg;
    case BUS_AMO_MIN:
        return so < sa ? old : arg;
    case BUS_AMO_MAX:
        return so > sa ? old : arg;
    case BUS_AMO_MINU:
        return uo < ua ? old : arg;
    default:
        return uo > ua ? old : arg;
    }
}

static void store(struct nic_device *dev, struct mem_region *m, const struct bus_req *r,
                  uint64_t value)
{
    put(m->mem + (r->addr - m->base), r->bytes, value);
    if (dev->mem.map.reservations != 0)
        resv_break(&dev->mem, r->addr, r->bytes);
}

static enum bus_result plain_store(struct nic_device *dev, struct mem_region *m,
                                   const struct bus_req *r)
{
    store(dev, m, r, r->data);
    if (r->addr != dev->mem.map.watch || r->bytes < 4 || r->data == 0)
        return BUS_OK;
    dev->watch_value = r->bytes == 4 ? (uint32_t)r->data : r->data;
    dev->halted = true;
    if (r->now > dev->now)
        dev->now = r->now;
    return BUS_STOP;
}

static enum bus_result atomic(struct nic_device *dev, struct mem_region *m, struct bus_req *r)
{
    struct mem *mem = &dev->mem;
    uint64_t old = get(m->mem + (r->addr - m->base), r->bytes);
    bool ok;

    switch (r->op) {
    case BUS_LR:
        resv_take(mem, r->hart, r->addr);
        r->data = old;
        return BUS_OK;
    case BUS_SC:
        ok = mem->resv_slot[r->hart] != DEV_NONE &&
             mem->resv_block[r->hart] == r->addr / REGION_BLOCK;
        resv_drop(mem, r->hart);
        if (ok)
            store(dev, m, r, r->data);
        r->data = ok ? 0 : 1;
        return BUS_OK;
    default:
        store(dev, m, r, amo(r->op, old, r->data, r->bytes));
        r->data = old;
        return BUS_OK;
    }
}

static void access_time(struct nic_device *dev, struct mem_region *m, struct bus_req *r, bool write)
{
    if (dev->mem.fine.on && m == &dev->mem.dram)
        memfine_access(dev, m, r, write);
    else
        r->done = mem_time(m, r->addr - m->base, r->now, write);
}

enum bus_result mem_access(struct nic_device *dev, struct mem_region *m, struct bus_req *r)
{
    uint64_t offset = r->addr - m->base;

    if (offset >= m->size || r->bytes > m->size - offset)
        return BUS_FAULT;
    if (r->op == BUS_LOAD) {
        access_time(dev, m, r, false);
        r->data = get(m->mem + offset, r->bytes);
        return BUS_OK;
    }
    if (m == &dev->mem.istore)
        return BUS_FAULT;
    if (r->op == BUS_STORE) {
        access_time(dev, m, r, true);
        return plain_store(dev, m, r);
    }
    if (r->bytes < 4 || (r->addr & (r->bytes - 1u)) != 0)
        return BUS_FAULT;
    access_time(dev, m, r, r->op != BUS_LR);
    return atomic(dev, m, r);
}

void mem_touched(struct nic_device *dev, struct mem_region *m, uint64_t addr, uint64_t len)
{
    if (len == 0)
        return;
    if (dev->mem.map.reservations != 0)
        resv_break(&dev->mem, addr, len);
    if (m == &dev->mem.istore || m == &dev->mem.dram)
        code_cache_invalidate(dev->code, addr, len);
}
