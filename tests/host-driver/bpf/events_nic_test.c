/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unmodified libbpf consumers on the NIC alone: events of all engines at once, queues that are
 * full, and attributes that the layer has not. Arguments: the firmware, the directory of the
 * examples' objects.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <unistd.h>

#include "events.h"

static void mask_events(bool masked)
{
    nic.link->ops->write(nic.link, 0, NIC_BAR0_MSIX_CTRL + 65 * NIC_BAR0_MSIX_CTRL_STRIDE, 4,
                         masked);
}

static struct bpf_link *traffic(const struct bpf_object *o, uint32_t frames)
{
    struct bpf_link *link = bpf_program__attach_xdp(bpf_object__next_program(o, NULL), 1);

    CU_ASSERT_PTR_NOT_NULL_FATAL(link);
    realnic_send(&nic, frames, 60);
    CU_ASSERT_EQUAL(realnic_run(&nic), NIC_STOP_IDLE);
    return link;
}

/* From all engines at once: each record once, whole, and in the order of its producer's frames. */
static void test_traffic(void)
{
    struct log l = {.bytes = calloc(1, LOG_MAX)};
    uint8_t seen[2000] = {0};

    setup();
    struct bpf_object *o = load("sample_ringbuf", "samples", 512 * 1024);
    struct ring_buffer *rb =
        ring_buffer__new(bpf_object__find_map_fd_by_name(o, "samples"), on_record, &l, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(rb);
    struct bpf_link *link = traffic(o, 2000);
    CU_ASSERT_EQUAL(ring_buffer__poll(rb, 0), 2000);
    const uint8_t *at = l.bytes;
    for (uint32_t i = 0; i < l.records; i++, at += sizeof(size_t) + 72) {
        uint32_t number;
        memcpy(&number, at + sizeof(size_t), 4);
        CU_ASSERT_FATAL(number < 2000);
        CU_ASSERT_EQUAL(seen[number]++, 0);
        CU_ASSERT_EQUAL(at[sizeof(size_t) + 4], 60);
        CU_ASSERT_EQUAL(at[sizeof(size_t) + 8 + 12], 8); /* the frame's EtherType */
    }
    CU_ASSERT_EQUAL(l.records, 2000);
    bpf_link__destroy(link);
    ring_buffer__free(rb);
    bpf_object__close(o);
    free(l.bytes);
    teardown();
}

/* Perf events from all engines at once, with a consumer for each of the host's CPUs. */
static void test_perf_traffic(void)
{
    struct log l = {.bytes = calloc(1, LOG_MAX)};

    setup();
    struct bpf_object *o = load("sample_perf", "events", 0);
    struct perf_buffer *pb = perf_buffer__new(bpf_object__find_map_fd_by_name(o, "events"), 64,
                                              on_sample, on_lost, &l, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pb);
    struct bpf_link *link = traffic(o, 1000);
    CU_ASSERT(perf_buffer__poll(pb, 0) > 0);
    perf_buffer__consume(pb);
    CU_ASSERT_EQUAL(l.records, 1000);
    CU_ASSERT_EQUAL(l.lost, 0);
    bpf_link__destroy(link);
    perf_buffer__free(pb);
    bpf_object__close(o);
    free(l.bytes);
    teardown();
}

/* The host does not take events: the NIC loses perf events, counts them and says so later. */
static void test_full_queue(void)
{
    struct log l = {.bytes = calloc(1, LOG_MAX)};
    uint64_t lost = 0;

    setup();
    struct bpf_object *o = load("sample_perf", "events", 0);
    int fd = bpf_object__find_map_fd_by_name(o, "events");
    struct perf_buffer *pb = perf_buffer__new(fd, 64, on_sample, on_lost, &l, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pb);
    mask_events(true);
    struct bpf_link *link = traffic(o, 1000);
    CU_ASSERT_EQUAL(perf_buffer__poll(pb, 0), 0);
    mask_events(false);
    realnic_send(&nic, 200, 60); /* the vector was pending: the queue is emptied first */
    CU_ASSERT_EQUAL(realnic_run(&nic), NIC_STOP_IDLE);
    perf_buffer__consume(pb);
    CU_ASSERT_EQUAL(nicbpf_map_lost(layer, fd, &lost), 0);
    CU_ASSERT(lost > 500 && lost < 1000);
    CU_ASSERT_EQUAL(l.records + lost, 1200);
    CU_ASSERT_EQUAL(l.lost, lost); /* as many as were told to the consumer */
    bpf_link__destroy(link);
    perf_buffer__free(pb);
    bpf_object__close(o);
    free(l.bytes);
    teardown();
}

/* Records of a ring buffer are not lost with their events. */
static void test_full_queue_ring(void)
{
    struct log l = {.bytes = calloc(1, LOG_MAX)};

    setup();
    struct bpf_object *events = load("sample_perf", "events", 0);
    struct perf_buffer *pb = perf_buffer__new(bpf_object__find_map_fd_by_name(events, "events"), 64,
                                              on_sample, on_lost, &l, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pb);
    struct bpf_object *o = load("sample_ringbuf", "samples", 512 * 1024);
    struct ring_buffer *rb =
        ring_buffer__new(bpf_object__find_map_fd_by_name(o, "samples"), on_record, &l, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(rb);
    mask_events(true);
    bpf_link__destroy(traffic(events, 1000)); /* the queue is full */
    struct bpf_link *link = traffic(o, 1000);
    mask_events(false);
    CU_ASSERT_EQUAL(l.records, 0);
    CU_ASSERT_EQUAL(ring_buffer__poll(rb, 0), 1000);
    CU_ASSERT_EQUAL(l.records, 1000);
    bpf_link__destroy(link);
    ring_buffer__free(rb);
    bpf_object__close(o);
    perf_buffer__free(pb);
    bpf_object__close(events);
    free(l.bytes);
    teardown();
}

/* A consumer's own attributes, and those that the layer has not. */
static void test_raw_perf(void)
{
    struct perf_event_attr attr = {
        .type = PERF_TYPE_SOFTWARE,
        .config = PERF_COUNT_SW_BPF_OUTPUT,
        .sample_type = PERF_SAMPLE_RAW,
        .sample_period = 1,
        .wakeup_events = 1,
        .size = sizeof(attr),
    };
    int cpus[1] = {0}, keys[1] = {0};

    setup();
    struct bpf_object *o = load("sample_perf", "events", 4);
    struct perf_buffer_raw_opts opts = {
        .sz = sizeof(opts),
        .cpu_cnt = 1,
        .cpus = cpus,
        .map_keys = keys,
    };
    int fd = bpf_object__find_map_fd_by_name(o, "events");
    attr.sample_type = PERF_SAMPLE_RAW | PERF_SAMPLE_CALLCHAIN;
    CU_ASSERT_PTR_NULL(perf_buffer__new_raw(fd, 8, &attr, NULL, NULL, &opts));
    CU_ASSERT_EQUAL(errno, EINVAL);
    uint32_t key = 0, value = (uint32_t)STDIN_FILENO;
    CU_ASSERT_EQUAL(bpf_map_update_elem(fd, &key, &value, 0), -EINVAL);
    CU_ASSERT_EQUAL(bpf_map_delete_elem(fd, &key), -ENOENT);
    CU_ASSERT_EQUAL(bpf_map_lookup_elem(fd, &key, &value), -524);
    bpf_object__close(o);
    teardown();
}

static const struct cunit_case cases[] = {
    {"ring buffer under traffic", test_traffic},
    {"perf events under traffic", test_perf_traffic},
    {"a full queue, perf events", test_full_queue},
    {"a full queue, ring buffers", test_full_queue_ring},
    {"events with attributes of their own", test_raw_perf},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    firmware = argc > 1 ? argv[1] : NULL;
    objects = argc > 2 ? argv[2] : ".";
    return cunit_run("events", cases);
}
