/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ring buffers and perf events: what their maps and descriptors hold, and when
 * a descriptor is readable (epoll(7)): a byte is in its pipe while its consumer
 * has not read all. Consumers move through memory, unseen, so that is looked
 * at whenever events arrive or somebody is about to wait (nicbpf_events_sync).
 */
#ifndef NICDRV_BPF_EVENTS_H
#define NICDRV_BPF_EVENTS_H

#include "bpf/bpf_impl.h"

/* Of a ring buffer map: the two pages of positions, as every consumer maps them. */
struct ring {
    uint8_t *pages; /* the NIC's memory; NULL when the link cannot show it */
};

/* A software perf event of type BPF_OUTPUT, and the ring in which a consumer reads it. */
struct perf_obj {
    struct obj obj;
    uint32_t cpu;
    uint64_t sample_type;
    bool enabled;
    int file; /* memfd of the ring; -1 before the first mmap */
    uint8_t *pages;
    size_t bytes; /* of the ring, header page included */
    uint64_t lost;
};

/* Of a perf event array: what each entry refers to. */
struct perf_map {
    struct perf_obj **event; /* max_entries, or NULL */
};

/* Opens the NIC's event queue when it is not: 0 or a negative errno. */
int events_need(struct nicbpf *b);

/* Makes the descriptors of `o` readable, or not. */
void obj_signal(struct obj *o, bool readable);

/* ---- map_ringbuf.c ---- */
extern const struct map_ops ringbuf_ops;
/* The consumer has not read all. */
bool ring_readable(const struct map_obj *m);
/* Pages of the map for mmap(2): see map_mmap.c. */
#define RING_PAGES_DATA 2u /* in front of the data: the consumer's page, the producers' */

/* ---- map_perf.c ---- */
extern const struct map_ops perf_array_ops;
void perf_map_event(struct map_obj *m, const struct fw_event *ev, const void *data);

/* ---- perf_event.c ---- */
struct perf_obj *perf_of_fd(struct nicbpf *b, int fd, int *err);
/* Appends a sample of `len` bytes. False when there is no room: counted, and told when there is. */
bool perf_sample(struct perf_obj *p, const void *data, uint32_t len, uint64_t time_ns,
                 uint64_t lost);
bool perf_readable(const struct perf_obj *p);
long perf_mmap(struct perf_obj *p, void *addr, size_t len, int prot, int flags, int64_t offset);
void perf_release(struct perf_obj *p);

#endif
