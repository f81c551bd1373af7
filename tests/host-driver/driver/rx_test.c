/* SPDX-License-Identifier: BSD-3-Clause */
/* Host RX queues and maps, on the real device and firmware. Without a program every frame is
 * passed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"
#include "driver/driver_impl.h"
#include "realnic.h"

#define FRAMES 1000u

static const char *firmware;

struct received {
    uint8_t seen[FRAMES];
    unsigned count, wrong, queue[8];
    uint32_t len;
};

static void on_packet(void *ctx, unsigned queue, const struct nic_rx_cqe *cqe, const void *data)
{
    struct received *r = ctx;
    uint32_t number = UINT32_MAX;

    r->count++;
    r->queue[queue % 8]++;
    if (cqe->len == r->len)
        memcpy(&number, (const uint8_t *)data + r->len - 4, 4);
    if (number >= FRAMES || r->seen[number]++ || cqe->port != 1)
        r->wrong++;
}

static void receive(struct realnic *nic, unsigned queues, unsigned entries, uint32_t len)
{
    static struct received r;

    r = (struct received){.len = len};
    CU_ASSERT_EQUAL(nicdrv_rx_open(nic->drv, queues, entries, on_packet, &r), 0);
    CU_ASSERT_EQUAL(nicdrv_rx_open(nic->drv, queues, entries, on_packet, &r), -EBUSY);
    nic->number = 0;
    realnic_send(nic, FRAMES, len);
    CU_ASSERT_EQUAL(nicdrv_port_enable(nic->drv, 1, true), 0);
    CU_ASSERT_EQUAL(realnic_run(nic), NIC_STOP_IDLE);
    CU_ASSERT_EQUAL(r.count, FRAMES);
    CU_ASSERT_EQUAL(r.wrong, 0);
    for (unsigned q = 0; q < queues; q++)
        CU_ASSERT(r.queue[q] > FRAMES / queues / 4);
    nicdrv_rx_close(nic->drv);
}

static void test_delivery(void)
{
    struct realnic nic;
    struct fw_counters c;

    CU_ASSERT_FATAL(realnic_open(&nic, firmware));
    receive(&nic, 1, 512, 60);
    receive(&nic, 4, 256, 1514); /* closed and opened again, with others */
    CU_ASSERT_EQUAL(nicdrv_counters(nic.drv, &c), 0);
    CU_ASSERT_EQUAL(c.no_program, 2 * FRAMES);
    struct nic_stats s;
    nic_device_stats(nic.dev, &s);
    CU_ASSERT_EQUAL(s.host_packets, 2 * FRAMES);
    CU_ASSERT_EQUAL(s.dma_faults, 0);
    realnic_close(&nic);
}

/* In fragments; the host may refuse them. */
static void test_long_frames(void)
{
    struct realnic nic;
    struct fw_counters c;
    struct nic_stats s;

    CU_ASSERT_FATAL(realnic_open(&nic, firmware));
    receive(&nic, 1, 512, NIC_FRAME_MAX);
    CU_ASSERT_EQUAL(nicdrv_counters(nic.drv, &c), 0);
    CU_ASSERT_EQUAL(c.no_program, FRAMES);
    CU_ASSERT_EQUAL(c.verdict[2], FRAMES);
    CU_ASSERT_EQUAL(c.bytes[2], (uint64_t)FRAMES * NIC_FRAME_MAX);
    CU_ASSERT_EQUAL(nicdrv_port_frame_max(nic.drv, 1, NIC_FRAME_MAX + 1), -EINVAL);
    CU_ASSERT_EQUAL(nicdrv_port_frame_max(nic.drv, 99, 1518), -EINVAL);
    CU_ASSERT_EQUAL(nicdrv_port_frame_max(nic.drv, 1, NIC_FRAME_MAX - 1), 0);
    realnic_send(&nic, FRAMES, NIC_FRAME_MAX);
    CU_ASSERT_EQUAL(realnic_run(&nic), NIC_STOP_IDLE);
    nic_device_stats(nic.dev, &s);
    CU_ASSERT_EQUAL(s.drops[NIC_DROP_OVERSIZE], FRAMES);
    CU_ASSERT_EQUAL(s.host_packets, FRAMES);
    realnic_close(&nic);
}

/* After close the queues' memory is not the device's: frames are dropped and counted, nothing is
 * written. */
static void test_closed(void)
{
    struct realnic nic;
    struct received r = {.len = 60};
    struct nic_stats s;

    CU_ASSERT_FATAL(realnic_open(&nic, firmware));
    CU_ASSERT_EQUAL(nicdrv_rx_open(nic.drv, 2, 64, on_packet, &r), 0);
    nicdrv_rx_close(nic.drv);
    realnic_send(&nic, FRAMES, 60);
    CU_ASSERT_EQUAL(nicdrv_port_enable(nic.drv, 1, true), 0);
    CU_ASSERT_EQUAL(realnic_run(&nic), NIC_STOP_IDLE);
    CU_ASSERT_EQUAL(r.count, 0);
    nic_device_stats(nic.dev, &s);
    CU_ASSERT_EQUAL(s.drops[NIC_DROP_NO_HOST_DESC], FRAMES);
    realnic_close(&nic);
}

static void test_bad_arguments(void)
{
    struct realnic nic;

    CU_ASSERT_FATAL(realnic_open(&nic, firmware));
    CU_ASSERT_EQUAL(nicdrv_rx_open(nic.drv, 0, 64, on_packet, NULL), -EINVAL);
    CU_ASSERT_EQUAL(nicdrv_rx_open(nic.drv, 17, 64, on_packet, NULL), -EINVAL);
    CU_ASSERT_EQUAL(nicdrv_rx_open(nic.drv, 1, 63, on_packet, NULL), -EINVAL);
    CU_ASSERT_EQUAL(nicdrv_rx_open(nic.drv, 1, 65536, on_packet, NULL), -EINVAL);
    CU_ASSERT_EQUAL(nicdrv_port_enable(nic.drv, 0, true), -EINVAL);
    CU_ASSERT_EQUAL(nicdrv_port_enable(nic.drv, 17, true), -EINVAL);
    CU_ASSERT_EQUAL(nicdrv_prog_detach(nic.drv, 1), -ENOENT);
    realnic_close(&nic);
}

/* Forged completions: another slot than the next, or longer than a buffer. */
static void test_hostile_completions(void)
{
    struct realnic nic;
    struct received r = {.len = 60};

    CU_ASSERT_FATAL(realnic_open(&nic, firmware));
    CU_ASSERT_EQUAL(nicdrv_rx_open(nic.drv, 1, 4, on_packet, &r), 0);
    struct rxq *q = &nic.drv->rx.queues[0];
    q->cq[0] = (struct nic_rx_cqe){.index = 3, .len = 60, .phase = 1};
    q->cq[1] = (struct nic_rx_cqe){.index = 1, .len = NIC_CHAIN_BYTES + 1, .phase = 1};
    q->cq[2] = (struct nic_rx_cqe){.index = 0xffff, .len = UINT32_MAX, .phase = 1};
    rx_poll(nic.drv, 0);
    rx_poll(nic.drv, 1); /* a queue that is not there */
    rx_poll(nic.drv, 65);
    CU_ASSERT_EQUAL(r.count, 0);
    CU_ASSERT_EQUAL(nic.drv->rx.bad_completions, 3);
    realnic_close(&nic);
}

static void test_maps(void)
{
    struct fw_map_spec spec = {.type = 1, .key_size = 4, .value_size = 12, .max_entries = 100};
    struct nicdrv_map map;
    struct realnic nic;
    uint8_t in[12], out[12];
    uint32_t key, count = 0;

    CU_ASSERT_FATAL(realnic_open(&nic, firmware));
    uint64_t room = nicdrv_caps(nic.drv)->limits.map_bytes_free;
    CU_ASSERT_EQUAL(nicdrv_map_create(nic.drv, &spec, &map), 0);
    for (key = 0; key < 100; key++) {
        memset(in, (int)key, sizeof(in));
        CU_ASSERT_EQUAL(nicdrv_map_update(nic.drv, &map, &key, in, 0), 0);
    }
    CU_ASSERT_EQUAL(nicdrv_map_update(nic.drv, &map, &key, in, 0), -E2BIG);
    for (key = 0; key < 100; key++) {
        memset(in, (int)key, sizeof(in));
        CU_ASSERT_EQUAL(nicdrv_map_lookup(nic.drv, &map, &key, out), 0);
        CU_ASSERT_EQUAL(memcmp(in, out, sizeof(in)), 0);
    }
    for (int rc = nicdrv_map_next(nic.drv, &map, NULL, &key); !rc; count++)
        rc = nicdrv_map_next(nic.drv, &map, &key, &key);
    CU_ASSERT_EQUAL(count, 100);
    CU_ASSERT_EQUAL(nicdrv_map_destroy(nic.drv, &map), 0);
    CU_ASSERT_EQUAL(nicdrv_caps_refresh(nic.drv), 0);
    CU_ASSERT_EQUAL(nicdrv_caps(nic.drv)->limits.map_bytes_free, room);
    spec.type = 4711;
    CU_ASSERT_EQUAL(nicdrv_map_create(nic.drv, &spec, &map), -EINVAL);
    realnic_close(&nic);
}

static const struct cunit_case cases[] = {
    {"frames arrive whole, once, spread over queues", test_delivery},
    {"long frames", test_long_frames},
    {"a closed queue drops", test_closed},
    {"bad arguments", test_bad_arguments},
    {"forged completions", test_hostile_completions},
    {"maps", test_maps},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    firmware = argc > 1 ? argv[1] : NULL;
    return cunit_run("host RX", cases);
}
