/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The event queue: what programs tell the host beside verdicts. Freestanding,
 * little-endian.
 *
 * Two rings in host memory, of the same power of two of entries: events of 32
 * bytes, and a slot of data for each. A hart takes the next entry, writes the
 * data, then the event, then raises the vector; harts finish in any order, so the
 * host consumes in order of entries up to the first whose phase is not this
 * lap's (1 at first, flips on each wrap). The host writes the free-running count
 * consumed to DB_EVQ; an event for which there is no free entry is lost, and counted.
 */
#ifndef FW_EVENTS_H
#define FW_EVENTS_H

#include <stdint.h>

enum fw_event_type {
    FW_EVENT_NONE = 0,    /* an entry whose data could not be written: skip it */
    FW_EVENT_PERF = 1,    /* a sample for entry `index` of a perf event array */
    FW_EVENT_RINGBUF = 2, /* a ring buffer has a record that its consumer waits for */
};

struct fw_event {
    uint32_t handle; /* the map */
    uint16_t type;   /* enum fw_event_type */
    uint16_t phase;  /* bit 0 */
    uint32_t index;  /* PERF: entry of the array; else 0 */
    uint32_t len;    /* bytes of data in the slot */
    uint64_t lost;   /* PERF: events of this array entry lost just before this one */
    uint64_t time_ns;
};
_Static_assert(sizeof(struct fw_event) == 32, "fw_event layout");

struct fw_evq_spec {
    uint64_t ring_iova;  /* entries * sizeof(struct fw_event), zeroed */
    uint64_t data_iova;  /* entries * slot_bytes */
    uint32_t entries;    /* a power of two, 2..65536 */
    uint32_t slot_bytes; /* a multiple of 64, up to 65536: the longest event */
    uint32_t vector;
    uint32_t rsvd;
};
_Static_assert(sizeof(struct fw_evq_spec) == 32, "fw_evq_spec layout");

struct fw_event_counts {
    uint64_t sent;
    uint64_t lost; /* no entry free, or longer than a slot */
};
_Static_assert(sizeof(struct fw_event_counts) == 16, "fw_event_counts layout");

/*
 * A ring buffer map, as the kernel shows it to mmap(2) and libbpf reads it: the
 * first page holds the consumer's position, the second the producers', then the
 * data. Positions are free-running bytes; a record is 8 bytes of header, then
 * its bytes, rounded up to 8.
 */
#define FW_RINGBUF_CONSUMER 0u
#define FW_RINGBUF_PRODUCER 4096u
#define FW_RINGBUF_DATA     8192u
#define FW_RINGBUF_BUSY     0x80000000u /* in fw_ringbuf_hdr.len */
#define FW_RINGBUF_DISCARD  0x40000000u

struct fw_ringbuf_hdr {
    uint32_t len; /* bytes, and the two bits above */
    uint32_t pg_off;
};
_Static_assert(sizeof(struct fw_ringbuf_hdr) == 8, "BPF_RINGBUF_HDR_SZ");

#endif
