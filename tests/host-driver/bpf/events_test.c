/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unmodified libbpf consumers (ring_buffer__poll, perf_buffer__poll) on the NIC and
 * on this machine's kernel: the same example programs, the same packets, the same
 * records. Arguments: the firmware, the directory of the examples' objects.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include "events.h"

static bool kernel_works;

/* ---- ring buffers ---- */

/* The ring as it lies in memory: headers, records that were taken back, page offsets. */
static void log_memory(struct log *l, int fd, uint32_t size)
{
    size_t page = 4096, len = page + 2 * size;
    void *ring = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, (off_t)page);

    CU_ASSERT_PTR_NOT_EQUAL_FATAL(ring, MAP_FAILED);
    log_bytes(l, ring, sizeof(uint64_t)); /* the producers' position, and no more of that page */
    log_bytes(l, (const uint8_t *)ring + page, 2 * size);
    munmap(ring, len);
}

static void ring_script(struct log *l)
{
    const uint32_t size = 8192; /* small: it wraps, and fills */
    struct bpf_object *o = load("sample_ringbuf", "samples", size);
    int fd = bpf_object__find_map_fd_by_name(o, "samples");
    struct ring_buffer *rb = ring_buffer__new(fd, on_record, l, NULL);

    CU_ASSERT_PTR_NOT_NULL_FATAL(rb);
    CU_ASSERT_EQUAL(ring_buffer__poll(rb, 0), 0);
    for (uint32_t n = 0; n < 600; n += 30) {
        send(o, n, 30);
        int got = n % 60 ? ring_buffer__consume(rb) : ring_buffer__poll(rb, 0);
        CU_ASSERT_EQUAL(got, 24); /* the IPv4 ones */
        CU_ASSERT_EQUAL(ring_buffer__poll(rb, 0), 0);
    }
    log_memory(l, fd, size);
    send(o, 600, 300); /* more than it takes */
    uint32_t more = value_of(o, "sample_r.bss", 1);
    CU_ASSERT(more > 100);
    log_bytes(l, &more, sizeof(more));
    ring_buffer__consume(rb);
    send(o, 900, 10);
    ring_buffer__consume(rb);
    log_memory(l, fd, size);
    ring_buffer__free(rb);
    bpf_object__close(o);
}

/* Records through dynptrs, of sizes that change; memory that nobody wrote in is the ring's. */
static void ring_dynptr_script(struct log *l)
{
    const uint32_t size = 8192;
    struct bpf_object *o = load("../tests/e2e/progs/ring_dynptr", "samples", size);
    int fd = bpf_object__find_map_fd_by_name(o, "samples");
    struct ring_buffer *rb = ring_buffer__new(fd, on_record, l, NULL);

    CU_ASSERT_PTR_NOT_NULL_FATAL(rb);
    for (uint32_t n = 0; n < 300; n += 30) {
        send(o, n, 30);
        CU_ASSERT(ring_buffer__consume(rb) >= 20);
    }
    log_memory(l, fd, size);
    send(o, 300, 300); /* more than it takes */
    ring_buffer__consume(rb);
    log_memory(l, fd, size);
    for (uint32_t key = 0; key < 64; key++) {
        int64_t v = 0;
        (void)bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(o, "results"), &key, &v);
        log_bytes(l, &v, sizeof(v));
    }
    ring_buffer__free(rb);
    bpf_object__close(o);
}

/* ---- perf events ---- */

static void log_errors(struct log *l, const struct bpf_object *o)
{
    int fd = bpf_object__find_map_fd_by_name(o, "errors");
    uint64_t n;

    for (uint32_t key = 0; key < 128; key++) {
        CU_ASSERT_EQUAL(bpf_map_lookup_elem(fd, &key, &n), 0);
        if (key != ENOSPC) /* the NIC's program does not see the host's ring */
            log_bytes(l, &n, sizeof(n));
    }
}

static void perf_script(struct log *l)
{
    struct bpf_object *o = load("sample_perf", "events", 0);
    int fd = bpf_object__find_map_fd_by_name(o, "events");

    send(o, 0, 3); /* nobody listens: ENOENT */
    struct perf_buffer *pb = perf_buffer__new(fd, 8, on_sample, on_lost, l, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pb);
    CU_ASSERT_EQUAL(perf_buffer__poll(pb, 0), 0);
    for (uint32_t n = 3; n < 600; n += 50) {
        send(o, n, 50);
        CU_ASSERT_EQUAL(n % 100 > 50 ? perf_buffer__poll(pb, 0) : perf_buffer__consume(pb),
                        n % 100 > 50 ? 1 : 0);
    }
    CU_ASSERT_EQUAL(l->lost, 0);
    log_errors(l, o);
    perf_buffer__free(pb);
    send(o, 603, 3); /* nobody any more */
    bpf_object__close(o);
}

/* More than the consumer's pages take: what is lost is told. */
static void lost_script(struct log *l)
{
    struct bpf_object *o = load("sample_perf", "events", 0);
    int fd = bpf_object__find_map_fd_by_name(o, "events");
    struct perf_buffer *pb = perf_buffer__new(fd, 1, on_sample, on_lost, l, NULL);

    CU_ASSERT_PTR_NOT_NULL_FATAL(pb);
    for (uint32_t n = 0; n < 300; n += 100) {
        send(o, n, 100);
        perf_buffer__consume(pb);
    }
    send(o, 300, 1);
    perf_buffer__consume(pb);
    log_bytes(l, &l->lost, sizeof(l->lost));
    CU_ASSERT(l->lost > 100);
    CU_ASSERT_EQUAL(l->records + l->lost, 301);
    perf_buffer__free(pb);
    bpf_object__close(o);
}

/* ---- as much as asked for of a packet in fragments ---- */

/* The sample is the number of packet bytes behind it. */
static void on_packet(void *ctx, int cpu, void *data, uint32_t len)
{
    uint64_t bytes;

    (void)cpu;
    memcpy(&bytes, data, sizeof(bytes));
    CU_ASSERT_FATAL(bytes <= 9000 && len >= 8 + bytes && len < 8 + bytes + 8);
    log_bytes(ctx, &len, sizeof(len));
    on_record(ctx, data, 8 + bytes);
}

static void send_packet(struct log *l, int map, uint32_t bytes)
{
    const uint64_t flags = BPF_F_CURRENT_CPU | (uint64_t)bytes << 32;
    struct bpf_insn insns[] = {
        STOREI(BPF_DW, 10, -8, (int)bytes),
        MAP_FD(2, map),
        INSN(BPF_LD | BPF_IMM | BPF_DW, 3, 0, 0, (int)flags),
        INSN(0, 0, 0, 0, (int)(flags >> 32)),
        MOVR(4, 10),
        ADD(4, -8),
        MOV(5, 8),
        CALL(BPF_FUNC_perf_event_output),
        EXIT,
    };
    struct bpf_prog_load_opts opts = {.sz = sizeof(opts), .prog_flags = BPF_F_XDP_HAS_FRAGS};
    static uint8_t frame[9000];
    struct bpf_test_run_opts t = {.sz = sizeof(t), .data_in = frame, .repeat = 1};
    int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "perf", "GPL", insns,
                           sizeof(insns) / sizeof(insns[0]), &opts);

    CU_ASSERT_FATAL(fd >= 0);
    for (uint32_t i = 0; i < sizeof(frame); i++)
        frame[i] = (uint8_t)(i * 7 + i / 251);
    t.data_size_in = sizeof(frame);
    CU_ASSERT_EQUAL_FATAL(bpf_prog_test_run_opts(fd, &t), 0);
    log_bytes(l, &t.retval, sizeof(t.retval));
    close(fd);
}

static void packet_script(struct log *l)
{
    static const uint32_t sizes[] = {0,    14,   3519, 3520, 3521, 7615,
                                     7616, 7617, 8999, 9000, 9001, 0xfffff};
    int map = bpf_map_create(BPF_MAP_TYPE_PERF_EVENT_ARRAY, "events", 4, 4, 64, NULL);
    struct perf_buffer *pb = perf_buffer__new(map, 64, on_packet, on_lost, l, NULL);

    CU_ASSERT_PTR_NOT_NULL_FATAL(pb);
    for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        send_packet(l, map, sizes[i]);
    perf_buffer__consume(pb);
    CU_ASSERT_EQUAL(l->records, 10);
    CU_ASSERT_EQUAL(l->lost, 0);
    perf_buffer__free(pb);
    close(map);
}

/* ---- both sides ---- */

static void one_side(struct log *l, void (*script)(struct log *))
{
    *l = (struct log){.bytes = calloc(1, LOG_MAX)};
    CU_ASSERT_PTR_NOT_NULL_FATAL(l->bytes);
    script(l);
    CU_ASSERT(l->records > 0);
}

static void compare(void (*script)(struct log *))
{
    struct log ours, kernels;
    size_t at = 0;

    setup();
    one_side(&ours, script);
    if (kernel_works) {
        nicbpf_bind(NULL);
        one_side(&kernels, script);
        nicbpf_bind(layer);
        CU_ASSERT_EQUAL(ours.records, kernels.records);
        CU_ASSERT_EQUAL(ours.len, kernels.len);
        while (at < ours.len && at < kernels.len && ours.bytes[at] == kernels.bytes[at])
            at++;
        if (at < ours.len)
            fprintf(stderr, "differs at byte %zu of %zu: %02x, the kernel %02x\n", at, ours.len,
                    ours.bytes[at], kernels.bytes[at]);
        CU_ASSERT_EQUAL(at, ours.len);
        free(kernels.bytes);
    }
    free(ours.bytes);
    teardown();
}

static void test_ring(void)
{
    compare(ring_script);
}

static void test_ring_dynptr(void)
{
    compare(ring_dynptr_script);
}

static void test_perf(void)
{
    compare(perf_script);
}

static void test_lost(void)
{
    compare(lost_script);
}

static void test_packet(void)
{
    compare(packet_script);
}

static const struct cunit_case cases[] = {
    {"ring buffer", test_ring},
    {"ring buffer by dynptrs", test_ring_dynptr},
    {"perf events", test_perf},
    {"lost perf events", test_lost},
    {"packets in fragments", test_packet},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    cpu_set_t one;

    firmware = argc > 1 ? argv[1] : NULL;
    objects = argc > 2 ? argv[2] : ".";
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    sched_setaffinity(0, sizeof(one), &one); /* whose perf events the kernel's test runs reach */
    int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "probe", 0, 0, 4096, NULL);
    kernel_works = fd >= 0;
    if (kernel_works)
        close(fd);
    int rc = cunit_run("events, as the kernel", cases);
    if (!kernel_works && rc == 0) {
        printf("SKIP: not compared with a kernel: %s\n", strerror(errno));
        return 77;
    }
    return rc;
}
