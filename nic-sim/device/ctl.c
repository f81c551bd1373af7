/* SPDX-License-Identifier: BSD-3-Clause */
/* Events for the control core: host doorbells become bits that CTL_EVENT reads and clears. */
#include "device/dev.h"

/* Only the control core has events; elsewhere the register is not there. */
enum bus_result ctl_event(struct nic_device *dev, struct bus_req *r)
{
    if (r->hart != dev->harts)
        return BUS_FAULT;
    if (dev->events == 0) {
        dev->hart[r->hart].waits_event = true;
        wake_wait(dev, r->hart, r->now);
        return BUS_BLOCK;
    }
    r->data = dev->events | (wake_take(dev, r->hart) ? NIC_EVENT_WAKE : 0u);
    dev->events = 0;
    return BUS_OK;
}

bool ctl_wake(struct nic_device *dev, uint64_t now)
{
    struct hart *ctl = &dev->hart[dev->harts];

    if (!ctl->waits_event)
        return false;
    ctl->waits_event = false;
    device_wake(dev, dev->harts, NIC_EVENT_WAKE, now + dev->mmio_latency);
    return true;
}

/* The posted write takes the link's one-way latency to reach the core. */
void ctl_doorbell(struct nic_device *dev, uint32_t event)
{
    struct hart *ctl = &dev->hart[dev->harts];

    dev->events |= event;
    if (!ctl->waits_event)
        return;
    ctl->waits_event = false;
    device_wake(dev, dev->harts, dev->events, dev->now + dev->pcie.latency);
    dev->events = 0;
}
