/* SPDX-License-Identifier: BSD-3-Clause */
/* Consumers of events, of a card with the real firmware or of the kernel. For one program. */
#ifndef TEST_EVENTS_H
#define TEST_EVENTS_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"
#include "insns.h"
#include "nic/regs.h"
#include "nicdrv/bpf.h"
#include "realnic.h"

#define FRAME_MAX 1514u
#define LOG_MAX   (1u << 20)

static const char *firmware, *objects;
static struct realnic nic;
static struct nicbpf *layer;

static inline int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
    return getenv("LIBBPF_DEBUG") && level <= LIBBPF_DEBUG ? vfprintf(stderr, fmt, ap) : 0;
}

static inline void setup(void)
{
    libbpf_set_print(quiet);
    CU_ASSERT_FATAL(realnic_open(&nic, firmware));
    CU_ASSERT_EQUAL_FATAL(nicbpf_create(nic.drv, &layer), 0);
    nicbpf_bind(layer);
}

static inline void teardown(void)
{
    nicbpf_destroy(layer);
    realnic_close(&nic);
}

/* All that a side's consumer was given, in order. */
struct log {
    uint8_t *bytes;
    size_t len;
    uint32_t records, lost;
};

static inline void log_bytes(struct log *l, const void *bytes, size_t len)
{
    CU_ASSERT_FATAL(l->len + len <= LOG_MAX);
    memcpy(l->bytes + l->len, bytes, len);
    l->len += len;
}

static inline int on_record(void *ctx, void *data, size_t len)
{
    struct log *l = ctx;

    log_bytes(l, &len, sizeof(len));
    log_bytes(l, data, len);
    l->records++;
    return 0;
}

/* Without what makes whole words of it, which the kernel does not clear; that counts in `len`. */
static inline void on_sample(void *ctx, int cpu, void *data, uint32_t len)
{
    uint32_t captured = ((const uint32_t *)data)[2];

    CU_ASSERT_FATAL(captured <= 128 && len >= 16 + captured && len < 16 + captured + 8);
    log_bytes(ctx, &cpu, sizeof(cpu));
    log_bytes(ctx, &len, sizeof(len));
    on_record(ctx, data, 16 + captured);
}

static inline void on_lost(void *ctx, int cpu, unsigned long long count)
{
    struct log *l = ctx;

    (void)cpu;
    l->lost += (uint32_t)count;
}

static inline struct bpf_object *load(const char *name, const char *map, uint32_t entries)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%s.bpf.o", objects, name);
    struct bpf_object *o = bpf_object__open_file(path, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(o);
    if (entries)
        bpf_map__set_max_entries(bpf_object__find_map_by_name(o, map), entries);
    int rc = bpf_object__load(o);
    if (rc)
        fprintf(stderr, "%s: %s\n", name, nicbpf_bound() ? nicbpf_last_refusal(layer) : "");
    CU_ASSERT_EQUAL_FATAL(rc, 0);
    return o;
}

/* Frame number n: IPv4 but for every fifth, of a length that changes. */
static inline uint32_t make_frame(uint32_t n, uint8_t frame[FRAME_MAX])
{
    uint32_t len = 14 + n * 37 % 1400;

    for (uint32_t i = 0; i < len; i++)
        frame[i] = (uint8_t)(n * 7 + i);
    frame[12] = 8;
    frame[13] = n % 5 == 4 ? 6 : 0;
    return len;
}

static inline void send(const struct bpf_object *o, uint32_t from, uint32_t count)
{
    static uint8_t frame[FRAME_MAX];
    int fd = bpf_program__fd(bpf_object__next_program(o, NULL));

    for (uint32_t n = from; n < from + count; n++) {
        struct bpf_test_run_opts t = {.sz = sizeof(t), .data_in = frame, .repeat = 1};

        t.data_size_in = make_frame(n, frame);
        CU_ASSERT_EQUAL_FATAL(bpf_prog_test_run_opts(fd, &t), 0);
        CU_ASSERT_EQUAL(t.retval, XDP_PASS);
    }
}

static inline uint32_t value_of(const struct bpf_object *o, const char *map, uint32_t word)
{
    uint32_t key = 0, v[64] = {0};

    CU_ASSERT_EQUAL(bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(o, map), &key, v), 0);
    return v[word];
}

#endif
