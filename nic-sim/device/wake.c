/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * WAKE_NS: a hart that waits for work is also woken at a time of its own. An alarm alone keeps
 * no device going: step() in run.c ends a run when nothing else is left.
 */
#include "device/dev.h"

#include <string.h>

#define NS_PER_S 1000000000u

/* The cycle at which the clock shows `ns` or more; DEV_NEVER when that is beyond counting. */
static uint64_t wake_cycle(const struct nic_device *dev, uint64_t ns)
{
    uint64_t start = dev->cfg.run_clock_ns;

    if (ns == NIC_WAKE_NEVER)
        return DEV_NEVER;
    if (ns <= start)
        return 0;
    return (ns - start) / NS_PER_S < DEV_NEVER / dev->cfg.engine_clock_hz - 1
               ? clock_ns_to_cycles(dev, ns - start)
               : DEV_NEVER;
}

/* Events lie in the future of the hart that asks. */
static void arm(struct nic_device *dev, uint32_t hart, uint64_t when, uint64_t now)
{
    clock_push(dev, when > now ? when : now + 1, EVENT_WAKE, hart);
    dev->hart[hart].wake_armed = true;
    dev->clock.wakes++;
}

void wake_set(struct nic_device *dev, uint32_t hart, uint64_t ns, uint64_t now)
{
    struct hart *h = &dev->hart[hart];
    uint64_t when = wake_cycle(dev, ns);

    if (h->wake_armed) {
        clock_remove(dev, EVENT_WAKE, hart);
        dev->clock.wakes--;
    }
    h->wake_armed = h->wake_due = false;
    if (when != DEV_NEVER)
        arm(dev, hart, when, now);
}

bool wake_take(struct nic_device *dev, uint32_t hart)
{
    struct hart *h = &dev->hart[hart];

    if (!h->wake_due || h->woke) {
        h->woke = false;
        return false;
    }
    h->wake_due = false;
    h->woke = true;
    return true;
}

/* A hart without other work is answered by the event, so that the end of all work is one. */
void wake_wait(struct nic_device *dev, uint32_t hart, uint64_t now)
{
    if (!dev->hart[hart].wake_due)
        return;
    dev->hart[hart].wake_due = false;
    arm(dev, hart, now, now);
}

void wake_descriptor(struct nic_device *dev, uint32_t hart)
{
    struct nic_pkt none = {.seq = NIC_WAKE, .cookie = NIC_WAKE};

    memcpy(device_local(dev, hart), &none, sizeof(none));
}

void wake_due(struct nic_device *dev, uint32_t hart, uint64_t now)
{
    struct hart *h = &dev->hart[hart];

    h->wake_armed = false;
    dev->clock.wakes--;
    if (hart == dev->harts ? ctl_wake(dev, now) : wq_wake(dev, hart, now))
        h->woke = true;
    else
        h->wake_due = true;
}
