/* SPDX-License-Identifier: BSD-3-Clause */
/* The main loop: whatever is first in modelled time happens next. */
#include "device/dev.h"

static void dispatch(struct nic_device *dev, const struct event *ev)
{
    switch ((enum event_kind)ev->kind) {
    case EVENT_PORT:
        mac_step(dev, ev->arg, ev->time);
        break;
    case EVENT_RX:
        wq_ready(dev, ev->arg, ev->time);
        break;
    case EVENT_TX:
        mac_sent(dev, ev->arg, ev->time);
        break;
    case EVENT_HOST:
        hostq_done(dev, ev->arg, ev->time);
        break;
    case EVENT_DMA:
        dma_done(dev, ev->arg, ev->time);
        break;
    case EVENT_WATCHDOG:
        watchdog_due(dev, ev->time);
        break;
    case EVENT_WAKE:
        wake_due(dev, ev->arg, ev->time);
        break;
    }
}

/*
 * The watchdog period bounds every turn, so that a hart that never leaves its local memory cannot
 * keep the device from looking at the clock, and an event that a hand-out arms always lies behind
 * the horizon.
 */
static void run_engines(struct nic_device *dev, uint64_t until)
{
    struct turns *t = &dev->turns;

    t->most =
        dev->cfg.run_watchdog < ENGINE_TURN_MOST ? dev->cfg.run_watchdog - 1 : ENGINE_TURN_MOST;
    t->end = until < dev->clock.first ? until + 1 : dev->clock.first;
    if (engine_run_turns(t) == ENGINE_STOPPED)
        fault_engine(dev, t->seat);
    t->horizon = 0;
}

static bool stops(const struct nic_device *dev, enum nic_stop *why)
{
    if (dev->stopped)
        *why = NIC_STOP_FATAL;
    else if (dev->halted)
        *why = NIC_STOP_HALT;
    else if (dev->source_failed)
        *why = NIC_STOP_ERROR;
    else if (dev->irq_sent && dev->stop_on_irq)
        *why = NIC_STOP_IRQ;
    else
        return false;
    return true;
}

/* A watchdog that nobody needs must not move the clock of a device that is idle. */
static void forget_watchdog(struct nic_device *dev)
{
    if (!clock_first_is(dev, EVENT_WATCHDOG))
        return;
    (void)clock_pop(dev);
    dev->wq.watchdog_armed = false;
}

/* No hart runs, and all there is to come are alarms that nobody asked to wait for. */
static bool only_wakes(const struct nic_device *dev)
{
    const struct clock *c = &dev->clock;
    uint32_t idle = c->wakes + (dev->wq.watchdog_armed && dev->wq.held == 0);

    return c->wakes != 0 && clock_pending(c) == idle && turns_first_at(&dev->turns) == DEV_NEVER &&
           c->first > dev->linger;
}

/* One event or one engine's turn; false when the run ends, with the reason. */
static bool step(struct nic_device *dev, uint64_t until, enum nic_stop *why)
{
    uint64_t event, engine, first;

    if (dev->wq.held == 0 && dev->wq.watchdog_armed)
        forget_watchdog(dev);
    event = clock_next_event(dev);
    engine = turns_first_at(&dev->turns);
    first = event < engine ? event : engine;
    if (first == DEV_NEVER || only_wakes(dev)) {
        *why = fault_spinning(dev) ? NIC_STOP_FATAL : NIC_STOP_IDLE;
        return false;
    }
    if (first > until) {
        dev->now = until > dev->now ? until : dev->now;
        *why = NIC_STOP_LIMIT;
        return false;
    }
    dev->now = first > dev->now ? first : dev->now;
    if (event <= engine) {
        struct event ev = clock_pop(dev);

        dispatch(dev, &ev);
    } else {
        run_engines(dev, until);
    }
    return !stops(dev, why);
}

enum nic_stop nic_device_run(struct nic_device *dev, uint64_t until, bool stop_on_irq)
{
    enum nic_stop why = NIC_STOP_FATAL;

    dev->stop_on_irq = stop_on_irq;
    dev->irq_sent = false;
    dev->halted = false;
    dev->source_failed = false;
    if (dev->stopped)
        return NIC_STOP_FATAL;
    while (step(dev, until, &why))
        ;
    return why;
}

void nic_device_linger(struct nic_device *dev, uint64_t until)
{
    dev->linger = until;
}

uint64_t nic_device_cycles(const struct nic_device *dev)
{
    return dev->now;
}

uint64_t nic_device_time_ns(const struct nic_device *dev)
{
    return clock_ns(dev, dev->now);
}

int nic_device_source_error(const struct nic_device *dev)
{
    return dev->source_error;
}

void nic_device_watch(struct nic_device *dev, uint64_t addr)
{
    dev->mem.map.watch = addr;
}

uint64_t nic_device_watch_value(const struct nic_device *dev)
{
    return dev->watch_value;
}
