/* SPDX-License-Identifier: BSD-3-Clause */
/* Life cycle of a device: creation, reset, start. */
#include "device/dev.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int create_engine(struct nic_device *dev, uint32_t i, unsigned threads)
{
    return engine_create(&dev->cfg, threads, i * dev->threads, &dev->bus, dev->code,
                         &dev->engine[i]);
}

static int create_engines(struct nic_device *dev)
{
    int rc;

    dev->engine = calloc(dev->engines + 1u, sizeof(struct engine *));
    dev->engine_packets = calloc(dev->engines + 1u, sizeof(*dev->engine_packets));
    dev->hart = aligned_alloc(HOST_LINE, (dev->harts + 1u) * sizeof(*dev->hart));
    if (dev->engine == NULL || dev->engine_packets == NULL || dev->hart == NULL)
        return -ENOMEM;
    rc = code_cache_create(&dev->cfg, &dev->bus, &dev->code);
    for (uint32_t i = 0; i < dev->engines && rc == 0; i++)
        rc = create_engine(dev, i, dev->threads);
    /* the control core: one more engine, of one thread */
    return rc == 0 ? create_engine(dev, dev->engines, 1) : rc;
}

static int create_parts(struct nic_device *dev)
{
    int rc = mem_create(dev);

    if (rc == 0)
        rc = bufpool_create(dev);
    if (rc == 0)
        rc = wq_create(dev);
    if (rc == 0)
        rc = dma_create(dev);
    if (rc == 0)
        rc = clock_create(dev);
    if (rc == 0)
        rc = create_engines(dev);
    if (rc == 0)
        rc = turns_create(&dev->turns, dev->engine, dev->engines + 1, &dev->now);
    return rc;
}

/* The engine makes plain accesses itself where mem_time says all there is to say. */
static bool plain_memory(const struct nic_config *c)
{
    return c->run_functional || (c->cluster_spacing | c->sram_spacing | c->dram_spacing |
                                 c->dram_service_milli | c->dram_atomic_milli | c->dram_queue) == 0;
}

static void init(struct nic_device *dev)
{
    const struct nic_config *c = &dev->cfg;

    dev->engines = (uint32_t)c->engine_count;
    dev->threads = (uint32_t)c->engine_threads;
    dev->harts = dev->engines * dev->threads;
    dev->mem.map.watch = DEV_NEVER;
    dev->mmio_latency = c->run_functional ? 0 : c->mmio_latency;
    dev->overhead = c->run_functional ? 0 : c->datapath_overhead;
    dev->port_latency = c->run_functional ? 0 : clock_ns_to_cycles(dev, c->port_latency_ns);
    dev->bus = (struct engine_bus){
        .ctx = dev,
        .access = bus_access,
        .starved = bufpool_starved,
        .paused = bus_paused,
        .code_page = bus_code_page,
        .time_ns = bus_time_ns,
        .regions = plain_memory(c) ? &dev->mem.map : NULL,
    };
    regmap_build(&dev->regs);
    rss_init(&dev->rss);
    pcie_init(dev);
}

int nic_device_create(const struct nic_config *cfg, const struct nic_host_ops *host, void *host_ctx,
                      struct nic_device **out, struct nic_err *err)
{
    struct nic_device *dev;
    int rc = nic_config_check(cfg, err);

    *out = NULL;
    if (rc != 0)
        return rc;
    dev = calloc(1, sizeof(*dev));
    if (dev == NULL)
        return nic_err_set(err, -ENOMEM, "device: out of memory");
    dev->cfg = *cfg;
    dev->host_ctx = host_ctx;
    if (host != NULL)
        dev->host = *host;
    init(dev);
    rc = create_parts(dev);
    if (rc != 0) {
        nic_device_destroy(dev);
        return nic_err_set(err, rc, "device: out of memory for %u engines of %u threads",
                           (unsigned)cfg->engine_count, (unsigned)cfg->engine_threads);
    }
    device_reset(dev);
    *out = dev;
    return 0;
}

void nic_device_destroy(struct nic_device *dev)
{
    if (dev == NULL)
        return;
    for (uint32_t i = 0; dev->engine != NULL && i <= dev->engines; i++)
        if (dev->engine[i] != NULL)
            engine_destroy(dev->engine[i]);
    if (dev->code != NULL)
        code_cache_destroy(dev->code);
    clock_destroy(dev);
    turns_destroy(&dev->turns);
    dma_destroy(dev);
    wq_destroy(dev);
    bufpool_destroy(dev);
    mem_destroy(dev);
    free(dev->engine);
    free(dev->engine_packets);
    free(dev->hart);
    free(dev);
}

static void reset_harts(struct nic_device *dev)
{
    for (uint32_t i = 0; i <= dev->harts; i++) {
        memset(&dev->hart[i], 0, sizeof(dev->hart[i]));
        dev->hart[i].buf = dev->hart[i].first = dev->hart[i].last = DEV_NONE;
        dev->hart[i].engine = i / dev->threads; /* number `engines`: the control core */
        dev->hart[i].cluster = dev->hart[i].engine / (uint32_t)dev->cfg.engine_per_cluster;
    }
    memset(dev->engine_packets, 0, (dev->engines + 1u) * sizeof(*dev->engine_packets));
}

static void reset_registers(struct nic_device *dev)
{
    dev->running = false;
    dev->bare = false;
    dev->stopped = false;
    dev->boot_pc = 0;
    dev->window = 0;
    dev->adm_sq_base = dev->adm_cq_base = 0;
    dev->adm_size = dev->adm_vector = 0;
    dev->adm_sq_tail = dev->adm_cq_head = dev->evq_head = 0;
    dev->fw_status = NIC_FW_RESET;
    dev->events = 0;
    dev->rss_queues = 1;
}

void device_reset(struct nic_device *dev)
{
    reset_registers(dev);
    reset_harts(dev);
    memset(&dev->stats, 0, sizeof(dev->stats));
    clock_reset(dev);
    turns_reset(&dev->turns);
    mem_reset(dev);
    bufpool_reset(dev);
    wq_reset(dev);
    mac_reset(dev);
    tx_reset(dev);
    sequencer_reset(dev);
    dma_reset(dev);
    pcie_reset(dev);
    hostq_reset(dev);
    msix_reset(dev);
}

void device_start(struct nic_device *dev, bool bare)
{
    uint32_t n = bare ? dev->engines : dev->engines + 1;

    dev->running = true;
    dev->bare = bare;
    for (uint32_t i = 0; i < n; i++) {
        engine_reset(dev->engine[i], dev->boot_pc, dev->now);
        device_engine(dev, i);
    }
}

int nic_device_code_costs(struct nic_device *dev, uint64_t addr, const uint32_t *cycles,
                          uint32_t words)
{
    return code_cache_costs(dev->code, addr, cycles, words);
}

const struct nic_config *nic_device_config(const struct nic_device *dev)
{
    return &dev->cfg;
}

void device_engine(struct nic_device *dev, uint32_t engine)
{
    (void)turns_set(&dev->turns, engine, engine_next(dev->engine[engine]));
}

void device_wake(struct nic_device *dev, uint32_t hart, uint64_t data, uint64_t when)
{
    uint32_t engine = device_hart_engine(dev, hart);

    engine_wake(dev->engine[engine], hart, data, when);
    device_engine(dev, engine);
}
