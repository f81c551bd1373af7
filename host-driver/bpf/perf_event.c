/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * perf_event_open(2) for what BPF programs send: software events of type
 * BPF_OUTPUT. The descriptor is an object's; its ring is a memfd in the layout
 * of the perf ABI (linux/perf_event.h), which consumers map and read unchanged.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/events.h"

#define PAGE         4096u
#define SAMPLE_TYPES (PERF_SAMPLE_RAW | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU)
#define CPUS_MAX     65536 /* how far a descriptor may ask for one; entries bound what is used */

/* ---- the descriptor ---- */

struct perf_obj *perf_of_fd(struct nicbpf *b, int fd, int *err)
{
    return (struct perf_obj *)obj_of_fd(b, fd, OBJ_PERF, err);
}

/* Only what carries BPF output is ours: counters of the machine stay the kernel's. */
bool nicbpf_perf_ours(const struct perf_event_attr *attr)
{
    return attr && attr->type == PERF_TYPE_SOFTWARE && attr->config == PERF_COUNT_SW_BPF_OUTPUT;
}

long nicbpf_perf_open(struct nicbpf *b, const struct perf_event_attr *attr, int pid, int cpu,
                      int group, unsigned long flags)
{
    if (pid != -1 || cpu < 0 || cpu >= CPUS_MAX || group != -1 ||
        flags & ~(unsigned long)PERF_FLAG_FD_CLOEXEC)
        return -EINVAL;
    if (attr->sample_type & ~(uint64_t)SAMPLE_TYPES || !(attr->sample_type & PERF_SAMPLE_RAW))
        return -EINVAL;
    obj_sweep(b);
    struct perf_obj *p = calloc(1, sizeof(*p));
    if (!p)
        return -ENOMEM;
    p->cpu = (uint32_t)cpu;
    p->sample_type = attr->sample_type;
    p->enabled = !attr->disabled;
    p->file = -1;
    int fd = obj_publish(b, &p->obj, OBJ_PERF);
    if (fd < 0)
        free(p);
    return fd;
}

void perf_release(struct perf_obj *p)
{
    if (p->pages)
        munmap(p->pages, p->bytes);
    if (p->file >= 0)
        close(p->file);
    free(p);
}

long nicbpf_ioctl(struct nicbpf *b, int fd, unsigned long request)
{
    int err;
    struct perf_obj *p = perf_of_fd(b, fd, &err);

    if (!p)
        return -EBADF;
    if (request != PERF_EVENT_IOC_ENABLE && request != PERF_EVENT_IOC_DISABLE)
        return request == PERF_EVENT_IOC_RESET ? 0 : -ENOTTY;
    p->enabled = request == PERF_EVENT_IOC_ENABLE;
    return 0;
}

/* ---- the ring ---- */

static struct perf_event_mmap_page *header(const struct perf_obj *p)
{
    return (struct perf_event_mmap_page *)(void *)p->pages;
}

static int make_ring(struct perf_obj *p, size_t len)
{
    int file = memfd_create("nic-perf", MFD_CLOEXEC);

    if (file < 0 || ftruncate(file, (off_t)len)) {
        int err = -errno;
        if (file >= 0)
            close(file);
        return err;
    }
    void *pages = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (pages == MAP_FAILED) {
        close(file);
        return -ENOMEM;
    }
    p->file = file;
    p->pages = pages;
    p->bytes = len;
    header(p)->data_offset = PAGE;
    header(p)->data_size = len - PAGE;
    return 0;
}

/* A header page and a power of two of data pages, from the start; once made, no other size. */
long perf_mmap(struct perf_obj *p, void *addr, size_t len, int prot, int flags, int64_t offset)
{
    size_t pages = len / PAGE;

    if (!(flags & MAP_SHARED) || offset || len % PAGE || pages < 2 || ((pages - 1) & (pages - 2)))
        return -EINVAL;
    if (p->pages && len != p->bytes)
        return -EINVAL;
    int rc = p->pages ? 0 : make_ring(p, len);
    if (rc)
        return rc;
    const void *at = mmap(addr, len, prot, flags, p->file, 0);
    return at == MAP_FAILED ? -errno : (long)at;
}

/* A place in the ring, as records are written. */
struct cursor {
    uint8_t *data;
    uint64_t size, at;
};

static void put(struct cursor *c, const void *from, size_t len)
{
    uint64_t offset = c->at & (c->size - 1);
    size_t first = len < c->size - offset ? len : (size_t)(c->size - offset);

    if (len) {
        memcpy(c->data + offset, from, first);
        memcpy(c->data, (const uint8_t *)from + first, len - first);
    }
    c->at += len;
}

static void put_u64(struct cursor *c, uint64_t v)
{
    put(c, &v, sizeof(v));
}

static void put_header(struct cursor *c, uint32_t type, uint16_t misc, uint64_t size)
{
    const struct perf_event_header h = {.type = type, .misc = misc, .size = (uint16_t)size};

    put(c, &h, sizeof(h));
}

#define LOST_BYTES (sizeof(struct perf_event_header) + 16)

static void put_lost(struct cursor *c, const struct perf_obj *p)
{
    put_header(c, PERF_RECORD_LOST, 0, LOST_BYTES);
    put_u64(c, p->obj.id);
    put_u64(c, p->lost);
}

/* The fields in the order of perf_event_open(2); raw bytes are padded so that the record is of
 * whole words, and the padding counts as theirs. */
static void put_sample(struct cursor *c, const struct perf_obj *p, const void *data, uint32_t len,
                       uint32_t raw, uint64_t time_ns)
{
    static const uint8_t zeroes[8];
    const uint32_t cpu[2] = {p->cpu, 0};

    if (p->sample_type & PERF_SAMPLE_TIME)
        put_u64(c, time_ns);
    if (p->sample_type & PERF_SAMPLE_CPU)
        put(c, cpu, sizeof(cpu));
    put(c, &raw, sizeof(raw));
    put(c, data, len);
    put(c, zeroes, raw - len);
}

static uint64_t sample_bytes(const struct perf_obj *p, uint32_t raw)
{
    uint64_t bytes = sizeof(struct perf_event_header) + sizeof(raw) + raw;

    bytes += p->sample_type & PERF_SAMPLE_TIME ? 8 : 0;
    return bytes + (p->sample_type & PERF_SAMPLE_CPU ? 8 : 0);
}

bool perf_sample(struct perf_obj *p, const void *data, uint32_t len, uint64_t time_ns,
                 uint64_t lost)
{
    if (!p->enabled || !p->pages)
        return false;
    uint32_t raw = (len + 4 + 7) / 8 * 8 - 4;
    uint64_t size = sample_bytes(p, raw);
    struct cursor c = {p->pages + PAGE, p->bytes - PAGE, header(p)->data_head};
    uint64_t used = c.at - __atomic_load_n(&header(p)->data_tail, __ATOMIC_ACQUIRE);

    p->lost += lost;
    /* one byte stays free, as in the kernel; a tail that cannot be has no room either */
    if (size > UINT16_MAX || used >= c.size ||
        size + (p->lost ? LOST_BYTES : 0) > c.size - used - 1) {
        p->lost++;
        return false;
    }
    if (p->lost)
        put_lost(&c, p);
    p->lost = 0;
    put_header(&c, PERF_RECORD_SAMPLE, PERF_RECORD_MISC_KERNEL, size);
    put_sample(&c, p, data, len, raw, time_ns);
    __atomic_store_n(&header(p)->data_head, c.at, __ATOMIC_RELEASE);
    return true;
}

bool perf_readable(const struct perf_obj *p)
{
    return p->pages &&
           header(p)->data_head != __atomic_load_n(&header(p)->data_tail, __ATOMIC_ACQUIRE);
}
