/* SPDX-License-Identifier: BSD-3-Clause */
/* Is it our device, and how large is it? */
#include <errno.h>
#include <inttypes.h>

#include "driver/driver_impl.h"

uint32_t reg_read32(struct nicdrv_link *l, uint64_t off)
{
    return (uint32_t)l->ops->read(l, 0, off, 4);
}

uint64_t reg_read64(struct nicdrv_link *l, uint64_t off)
{
    return l->ops->read(l, 0, off, 8);
}

void reg_write32(struct nicdrv_link *l, uint64_t off, uint32_t v)
{
    l->ops->write(l, 0, off, 4, v);
}

void reg_write64(struct nicdrv_link *l, uint64_t off, uint64_t v)
{
    l->ops->write(l, 0, off, 8, v);
}

/* A figure the driver sizes tables or windows by. */
static int check(struct nic_err *err, const char *what, uint64_t value, uint64_t min, uint64_t max)
{
    if (value >= min && value <= max)
        return 0;
    return nic_err_set(err, -ENODEV,
                       "NIC: register %s reads %" PRIu64 ", expected %" PRIu64 "..%" PRIu64, what,
                       value, min, max);
}

static int check_geometry(const struct geometry *geo, struct nic_err *err)
{
    int rc = check(err, "ENGINES", geo->engines, 1, 65536);

    if (!rc)
        rc = check(err, "THREADS", geo->threads, 1, 65536);
    if (!rc)
        rc = check(err, "PORTS", geo->ports, 1, NIC_PORTS_MAX);
    if (!rc)
        rc = check(err, "RXQS_MAX", geo->rxqs_max, 1, NIC_RXQS_LIMIT);
    if (!rc)
        rc = check(err, "ISTORE_SIZE", geo->istore_size, 1, NIC_ISTORE_MAX);
    if (!rc)
        rc = check(err, "SRAM_SIZE", geo->sram_size, 0, NIC_SRAM_MAX);
    if (!rc)
        rc = check(err, "DRAM_SIZE", geo->dram_size, 1, NIC_DRAM_MAX);
    if (!rc)
        rc = check(err, "CLOCK_HZ", geo->clock_hz, 1, UINT64_MAX);
    return rc;
}

int probe_device(struct nicdrv_link *l, struct geometry *geo, struct nic_err *err)
{
    uint32_t id = reg_read32(l, NIC_BAR0_ID);
    uint32_t version = reg_read32(l, NIC_BAR0_VERSION);

    if (id != NIC_ID_MAGIC)
        return nic_err_set(err, -ENODEV, "no NIC behind the link: ID reads 0x%08" PRIx32, id);
    if (version != NIC_REGS_VERSION)
        return nic_err_set(err, -ENODEV,
                           "NIC has register interface version %" PRIu32 ", this driver speaks %u",
                           version, NIC_REGS_VERSION);
    *geo = (struct geometry){
        .engines = reg_read32(l, NIC_BAR0_ENGINES),
        .threads = reg_read32(l, NIC_BAR0_THREADS),
        .clusters = reg_read32(l, NIC_BAR0_CLUSTERS),
        .ports = reg_read32(l, NIC_BAR0_PORTS),
        .rxqs_max = reg_read32(l, NIC_BAR0_RXQS_MAX),
        .local_size = reg_read32(l, NIC_BAR0_LOCAL_SIZE),
        .istore_size = reg_read32(l, NIC_BAR0_ISTORE_SIZE),
        .sram_size = reg_read32(l, NIC_BAR0_SRAM_SIZE),
        .dram_size = reg_read64(l, NIC_BAR0_DRAM_SIZE),
        .clock_hz = reg_read64(l, NIC_BAR0_CLOCK_HZ),
    };
    return check_geometry(geo, err);
}
