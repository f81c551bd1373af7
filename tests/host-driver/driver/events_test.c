/* SPDX-License-Identifier: BSD-3-Clause */
/* The event queue's host side: opening and closing, and a device that writes what it should not. */
#include <errno.h>
#include <string.h>

#include "cunit_main.h"
#include "driver/driver_impl.h"
#include "realnic.h"

static const char *firmware;

struct seen {
    unsigned events, batches;
    uint32_t index[16];
};

static void on_event(void *ctx, const struct fw_event *ev, const void *data)
{
    struct seen *s = ctx;

    s->batches += !ev;
    if (!ev)
        return;
    CU_ASSERT_PTR_NOT_NULL(data);
    s->index[s->events++ % 16] = ev->index;
}

static void test_open(void)
{
    static const struct {
        unsigned entries, slot;
    } bad[] = {{0, 64}, {1, 64}, {3, 64}, {131072, 64}, {4, 0}, {4, 63}, {4, 65600}};
    struct fw_event_counts c = {1, 1};
    struct realnic nic;
    struct seen s = {0};

    CU_ASSERT_FATAL(realnic_open(&nic, firmware));
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CU_ASSERT_EQUAL(nicdrv_events_open(nic.drv, bad[i].entries, bad[i].slot, on_event, &s),
                        -EINVAL);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(nicdrv_events_open(nic.drv, 4, 128, on_event, &s), 0);
        CU_ASSERT_EQUAL(nicdrv_events_open(nic.drv, 4, 128, on_event, &s), -EBUSY);
        CU_ASSERT_EQUAL(nicdrv_event_counts(nic.drv, &c), 0);
        CU_ASSERT(c.sent == 0 && c.lost == 0);
        nicdrv_events_close(nic.drv);
        nicdrv_events_close(nic.drv);
    }
    CU_ASSERT_EQUAL(s.events + s.batches, 0);
    realnic_close(&nic);
}

/* Types, lengths and phases that the device should not write; entries far ahead. */
static void test_hostile(void)
{
    struct realnic nic;
    struct seen s = {0};

    CU_ASSERT_FATAL(realnic_open(&nic, firmware));
    CU_ASSERT_EQUAL(nicdrv_events_open(nic.drv, 4, 128, on_event, &s), 0);
    struct fw_event *ring = nic.drv->evq.ring;
    evq_poll(nic.drv);
    CU_ASSERT_EQUAL(s.batches, 0); /* nothing new */
    ring[0] = (struct fw_event){.type = FW_EVENT_PERF, .phase = 1, .len = 129, .index = 10};
    ring[1] = (struct fw_event){.type = FW_EVENT_NONE, .phase = 1, .index = 11};
    ring[2] = (struct fw_event){.type = 999, .phase = 0xffff, .len = 128, .index = 12};
    evq_poll(nic.drv);
    CU_ASSERT_EQUAL(s.events, 1); /* unknown types are the user's to ignore */
    CU_ASSERT_EQUAL(s.index[0], 12);
    CU_ASSERT_EQUAL(s.batches, 1);
    CU_ASSERT_EQUAL(nic.drv->evq.bad_events, 1);
    ring[0] = (struct fw_event){.type = FW_EVENT_PERF, .phase = 1, .index = 13}; /* too early */
    evq_poll(nic.drv);
    CU_ASSERT_EQUAL(s.events, 1);
    for (unsigned i = 0; i < 4;
         i++) /* the whole ring forged: one lap at most, then the phase ends it */
        ring[i] = (struct fw_event){.type = FW_EVENT_PERF, .phase = i == 3, .index = 20 + i};
    evq_poll(nic.drv);
    CU_ASSERT_EQUAL(s.events, 5);
    CU_ASSERT_EQUAL(s.index[4], 22);
    nicdrv_events_close(nic.drv);
    realnic_close(&nic);
}

static const struct cunit_case cases[] = {
    {"open and close", test_open},
    {"a device that writes what it should not", test_hostile},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    firmware = argc > 1 ? argv[1] : NULL;
    return cunit_run("driver: events", cases);
}
