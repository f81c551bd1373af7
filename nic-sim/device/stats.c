/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters, gathered when somebody asks. */
#include "device/dev.h"

#include <errno.h>
#include <string.h>

void device_drop(struct nic_device *dev, enum nic_drop_reason why)
{
    dev->stats.drops[why]++;
}

static void add_region(struct nic_mem_stats *s, const struct mem_region *m)
{
    uint64_t accesses = 0;

    for (uint32_t i = 0; i < m->banks; i++)
        accesses += m->bank[i].accesses;
    s->accesses += accesses;
    s->busy_cycles += accesses * m->service;
    s->banks += m->banks;
}

static void add_cache(const struct nic_device *dev, struct nic_cache_stats *out)
{
    const struct mem_cache_stats *s;

    if (dev->mem.dram.cache == NULL)
        return;
    s = mem_cache_stats(dev->mem.dram.cache);
    out->hits = s->hits;
    out->misses = s->misses;
    out->written_back = s->written_back;
    out->channel.accesses = s->moved;
    out->channel.busy_cycles = s->moved * dev->cfg.dram_fill;
    out->channel.banks = (uint32_t)dev->cfg.dram_channels;
}

static void add_port(struct nic_stats *s, const struct port *p)
{
    s->rx_packets += p->rx_packets;
    s->rx_bytes += p->rx_bytes;
    s->tx_packets += p->tx_packets;
    s->tx_bytes += p->tx_bytes;
    if (p->rx_busy > s->mac_busy_cycles)
        s->mac_busy_cycles = p->rx_busy;
}

void nic_device_stats(const struct nic_device *dev, struct nic_stats *out)
{
    const uint64_t *busy = dev->pcie.busy;

    *out = dev->stats;
    out->cycles = dev->now;
    for (unsigned i = 0; i < dev->cfg.port_count; i++)
        add_port(out, &dev->port[i]);
    for (unsigned i = 0; i < dev->mem.clusters; i++)
        add_region(&out->cluster, &dev->mem.cluster[i]);
    add_region(&out->sram, &dev->mem.sram);
    add_region(&out->dram, &dev->mem.dram);
    memfine_stats(dev, out);
    add_cache(dev, &out->dram_cache);
    out->pcie_busy_cycles =
        busy[LINK_TO_HOST] > busy[LINK_TO_DEVICE] ? busy[LINK_TO_HOST] : busy[LINK_TO_DEVICE];
}

static uint64_t region_busy(const struct mem_region *m, uint32_t bank)
{
    return bank < m->banks ? m->bank[bank].accesses * m->service : 0;
}

static uint64_t cluster_busy(const struct mem *mem, uint32_t bank)
{
    uint32_t each = mem->cluster[0].banks;

    return bank / each < mem->clusters ? region_busy(&mem->cluster[bank / each], bank % each) : 0;
}

uint64_t nic_device_bank_busy(const struct nic_device *dev, enum nic_memory memory, uint32_t bank)
{
    const struct mem *mem = &dev->mem;

    switch (memory) {
    case NIC_MEMORY_CLUSTER:
        return cluster_busy(mem, bank);
    case NIC_MEMORY_SRAM:
        return region_busy(&mem->sram, bank);
    case NIC_MEMORY_DRAM:
        if (mem->fine.on && bank < mem->fine.banks)
            return memfine_bank_busy(dev, false, bank);
        return region_busy(&mem->dram, bank);
    case NIC_MEMORY_ATOMIC:
        return mem->fine.on && bank < mem->fine.units ? memfine_bank_busy(dev, true, bank) : 0;
    case NIC_MEMORIES:
        break;
    }
    return 0;
}

int nic_device_engine_stats(const struct nic_device *dev, unsigned e, struct nic_engine_stats *out)
{
    if (e > dev->engines)
        return -EINVAL;
    memset(out, 0, sizeof(*out));
    engine_stats(dev->engine[e], out);
    out->packets = dev->engine_packets[e];
    return 0;
}

int nic_device_thread_stats(const struct nic_device *dev, unsigned e, unsigned t,
                            struct nic_thread_stats *out)
{
    if (e > dev->engines || t >= (e == dev->engines ? 1 : dev->threads))
        return -EINVAL;
    engine_thread_stats(dev->engine[e], t, out);
    return 0;
}

struct cause_text {
    const char *name, *what;
};

static const struct cause_text cause_texts[] = {
#define NIC_CAUSE(id, name, what) {name, what},
#include "nic/causes.def"
};

const char *nic_cause_name(unsigned cause)
{
    return cause < NIC_CAUSES ? cause_texts[cause].name : NULL;
}

const char *nic_cause_what(unsigned cause)
{
    return cause < NIC_CAUSES ? cause_texts[cause].what : NULL;
}

void nic_device_set_tap(struct nic_device *dev, const struct nic_tap *tap)
{
    if (tap != NULL)
        dev->tap = *tap;
    else
        memset(&dev->tap, 0, sizeof(dev->tap));
}
