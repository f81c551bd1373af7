/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The watchdog over packets that harts hold: it interrupts the program of one that holds its packet
 * for too long, and stops the device when that does not help.
 */
#include "device/dev.h"

/* The program was ended by the watchdog, unless the interrupt found none any more. */
void watchdog_over(struct nic_device *dev, uint32_t id, uint64_t cmd)
{
    dev->hart[id].warned = false;
    if (!engine_interrupt_clear(dev->engine[device_hart_engine(dev, id)], id) &&
        cmd == NIC_PKT_DROP)
        device_drop(dev, NIC_DROP_WATCHDOG);
}

/* In code without accesses the interrupt comes late; then its handler has to run. */
enum { WATCHDOG_SLACK = 2 * ENGINE_RUN_AHEAD };

/*
 * The interrupt has not come yet, but programs of others were ended: the hart may wait, in machine
 * mode, for a lock that one after the other of them holds.
 */
static bool may_wait(const struct nic_device *dev, const struct hart *h, bool pending)
{
    return !h->warned || (pending && dev->stats.drops[NIC_DROP_WATCHDOG] != h->ended);
}

/*
 * The time in which other threads had its engine does not count, but for one that has no packet,
 * and so no watchdog: it would never be missed.
 */
static void count_own_time(const struct nic_device *dev, const struct engine *e, uint32_t id,
                           uint64_t now)
{
    uint32_t hog = engine_hog(e, id, now - dev->cfg.run_watchdog / 2);
    uint64_t waited = engine_hart_waited(e, id);
    struct hart *h = &dev->hart[id];

    if (hog != UINT32_MAX && dev->hart[hog].buf == DEV_NONE)
        return;
    h->watched += waited - h->waited;
    h->watched = h->watched < now ? h->watched : now;
    h->waited = waited;
}

/*
 * A program that takes too long is interrupted, and its hart has another period to give the packet
 * back. Firmware that takes too long by itself, or then still does, stops the device.
 */
static void judge(struct nic_device *dev, uint32_t id, uint64_t now)
{
    struct engine *e = dev->engine[device_hart_engine(dev, id)];
    struct hart *h = &dev->hart[id];

    count_own_time(dev, e, id, now);
    if (now < h->watched + dev->cfg.run_watchdog)
        return;
    if (may_wait(dev, h, engine_interrupt_clear(e, id)) && engine_interrupt(e, id, h->insns, now)) {
        h->warned = true;
        h->ended = dev->stats.drops[NIC_DROP_WATCHDOG];
        h->watched = now + WATCHDOG_SLACK;
        h->waited = engine_hart_waited(e, id);
    } else {
        fault_hart(dev, "packet held longer than run.watchdog", id, now - h->since);
    }
}

/*
 * The engine first goes as far as it can before `now`, so that where the interrupt comes depends
 * on `now` only, and not on how far ahead the engine has been let run.
 */
static void watchdog_bite(struct nic_device *dev, uint32_t id, uint64_t now)
{
    uint32_t n = device_hart_engine(dev, id);

    if (engine_run(dev->engine[n], now - 1) == ENGINE_STOPPED)
        fault_engine(dev, n);
    else
        judge(dev, id, now);
    device_engine(dev, n);
}

/* Looks at all harts once a watchdog period, and comes back when the next one is due. */
void watchdog_due(struct nic_device *dev, uint64_t now)
{
    uint64_t oldest = DEV_NEVER;

    dev->wq.watchdog_armed = false;
    for (uint32_t i = 0; i < dev->harts && !dev->stopped; i++) {
        const struct hart *h = &dev->hart[i];

        if (h->buf == DEV_NONE)
            continue;
        if (now >= h->watched + dev->cfg.run_watchdog)
            watchdog_bite(dev, i, now);
        oldest = h->watched < oldest ? h->watched : oldest;
    }
    if (oldest != DEV_NEVER && !dev->stopped) /* who gets a packet now may be due before that */
        watchdog_arm(dev, oldest < now ? oldest : now);
}
