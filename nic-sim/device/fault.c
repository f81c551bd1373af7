/* SPDX-License-Identifier: BSD-3-Clause */
/* What stops the device: reports with the failing hart's registers. */
#include "device/dev.h"

#include <errno.h>
#include <string.h>

static void stop(struct nic_device *dev, const struct nic_fault *fault)
{
    if (dev->stopped)
        return;
    dev->stopped = true;
    dev->fault = *fault;
    if (dev->now > fault->cycles)
        dev->fault.cycles = dev->now;
    dev->fw_status = NIC_FW_FATAL;
}

static void dump(const struct nic_device *dev, uint32_t hart, struct nic_fault *out)
{
    uint32_t engine = device_hart_engine(dev, hart);

    memset(out, 0, sizeof(*out));
    engine_dump(dev->engine[engine], hart, out);
    out->hart = hart;
    out->engine = engine;
    out->thread = hart < dev->harts ? hart % dev->threads : 0;
    if (dev->now > out->cycles)
        out->cycles = dev->now;
    out->what = NULL;
}

void fault_hart(struct nic_device *dev, const char *what, uint32_t hart, uint64_t value)
{
    struct nic_fault f;

    dump(dev, hart, &f);
    f.what = what;
    f.value = value;
    stop(dev, &f);
}

void fault_engine(struct nic_device *dev, uint32_t engine)
{
    struct nic_fault f; /* large, and mostly there is none */

    if (!engine_fault(dev->engine[engine], &f))
        return;
    f.engine = engine;
    f.thread = f.hart < dev->harts ? f.hart % dev->threads : 0;
    stop(dev, &f);
}

bool fault_spinning(struct nic_device *dev)
{
    uint32_t n = dev->engines + (dev->bare ? 0 : 1), parked = 0;

    for (uint32_t i = 0; i < n; i++)
        parked += engine_parked(dev->engine[i]);
    if (parked != dev->harts + (dev->bare ? 0 : 1))
        return false;
    fault_hart(dev, "every hart spins", 0, parked);
    return true;
}

bool nic_device_fault(const struct nic_device *dev, struct nic_fault *out)
{
    if (!dev->stopped)
        return false;
    *out = dev->fault;
    return true;
}

int nic_device_hart(const struct nic_device *dev, uint32_t hart, struct nic_fault *out)
{
    if (hart > dev->harts)
        return -EINVAL;
    dump(dev, hart, out);
    return 0;
}
