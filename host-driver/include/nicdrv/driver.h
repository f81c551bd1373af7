/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host driver: probe, firmware, admin queue pair, programs, maps, host RX
 * queues. Not thread-safe; one handle a device. Errors are negative errno; a
 * command the firmware refuses returns the negative of its status.
 */
#ifndef NICDRV_DRIVER_H
#define NICDRV_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fw/admin.h"
#include "fw/caps.h"
#include "fw/events.h"
#include "nic/err.h"
#include "nicdrv/link.h"
#include "offload/image.h"

struct nicdrv;

/* What IDENTIFY and the geometry registers said. */
struct nicdrv_caps {
    uint32_t abi;
    char firmware[64];
    uint64_t helpers[4];
    uint64_t kfuncs;
    struct fw_cap_map map_types[64];
    uint32_t map_type_count;
    struct fw_cap_prog prog;
    struct fw_cap_limits limits;
    uint32_t engines, threads, ports, rxqs_max;
    uint64_t clock_hz, dram_size;
};

/*
 * Probes the device behind `link` (borrowed), loads the firmware ELF (`elf`,
 * `elf_len`; borrowed for the call; `elf_name` for messages), starts it, sets up
 * the admin queue pair and reads capabilities. -ENODEV (wrong magic or version),
 * -ENOEXEC (bad ELF), -ETIMEDOUT, -EPROTO (ABI mismatch), -EIO (trap).
 */
int nicdrv_open(struct nicdrv_link *link, const void *elf, size_t elf_len, const char *elf_name,
                struct nicdrv **out, struct nic_err *err);
void nicdrv_close(struct nicdrv *drv); /* NULL is allowed; resets the device */

const struct nicdrv_caps *nicdrv_caps(const struct nicdrv *drv);
/* Reads the free figures of caps again. */
int nicdrv_caps_refresh(struct nicdrv *drv);
struct nicdrv_link *nicdrv_link_of(struct nicdrv *drv);
uint64_t nicdrv_time_ns(struct nicdrv *drv); /* the device's clock */

/* ---- admin queue: asynchronous form, several in flight ---- */

struct nicdrv_cmd {
    struct fw_sqe sqe; /* cid is filled by submit; IOVAs by the caller (nicdrv_dma_*) or 0 */
    struct fw_cqe cqe; /* valid once done */
    bool done;
};
/* -EAGAIN when the ring is full. The cmd is borrowed until done (or the driver closes). */
int nicdrv_submit(struct nicdrv *drv, struct nicdrv_cmd *cmd);
/* Waits for it: 0 or minus the status; -ETIMEDOUT after 1 s of device time, -EIO. */
int nicdrv_wait(struct nicdrv *drv, struct nicdrv_cmd *cmd);
/* Host memory the device can reach; zeroed, owned by the driver until freed. */
void *nicdrv_dma_alloc(struct nicdrv *drv, size_t len, uint64_t *iova);
void nicdrv_dma_free(struct nicdrv *drv, void *mem);

/* ---- maps ---- */

/* Creating, destroying and walking may take longer than 1 s of device time: by what the map's size
 * explains. */

struct nicdrv_map {
    uint32_t handle;     /* device address of the map */
    uint32_t value_addr; /* device address of value 0 (arrays; per-CPU: of CPU 0), else 0 */
    struct fw_map_spec spec;
};
int nicdrv_map_create(struct nicdrv *drv, const struct fw_map_spec *spec, struct nicdrv_map *out);
int nicdrv_map_destroy(struct nicdrv *drv, const struct nicdrv_map *map);
/* Whether anybody but programs holds a map with timers: false frees them, as the kernel does when
 * the last descriptor and pin are gone, and true lets programs have new ones again. */
int nicdrv_map_held(struct nicdrv *drv, const struct nicdrv_map *map, bool held);
/* Queues, stacks and Bloom filters have no key: NULL. Update pushes, lookup peeks; of a Bloom
 * filter lookup asks whether `value` was pushed. */
/* Bytes of a value in the calls below: of a per-CPU map all copies, in CPU order, each rounded up
 * to 8 bytes. */
uint32_t nicdrv_map_value_bytes(const struct nicdrv *drv, const struct nicdrv_map *map);
int nicdrv_map_lookup(struct nicdrv *drv, const struct nicdrv_map *map, const void *key,
                      void *value);
/* The same with flags: BPF_F_LOCK. */
int nicdrv_map_lookup_flags(struct nicdrv *drv, const struct nicdrv_map *map, const void *key,
                            void *value, uint64_t flags);
/* Reads and deletes in one step; takes (pops) a value of a queue or stack, which has no key.
 * -ENOTSUPP (524) for types that cannot. */
int nicdrv_map_lookup_delete(struct nicdrv *drv, const struct nicdrv_map *map, const void *key,
                             void *value, uint64_t flags);
int nicdrv_map_update(struct nicdrv *drv, const struct nicdrv_map *map, const void *key,
                      const void *value, uint64_t flags);
int nicdrv_map_delete(struct nicdrv *drv, const struct nicdrv_map *map, const void *key);
/* key NULL: the first. -ENOENT after the last. */
int nicdrv_map_next(struct nicdrv *drv, const struct nicdrv_map *map, const void *key, void *next);

enum nicdrv_batch_op {
    NICDRV_BATCH_LOOKUP,
    NICDRV_BATCH_LOOKUP_DELETE,
    NICDRV_BATCH_UPDATE,
    NICDRV_BATCH_DELETE,
};
struct nicdrv_batch {
    const void *in; /* lookups: where the last call stopped (its `out`); NULL: from the start */
    void *out;      /* lookups: nicdrv_map_cursor_bytes, may be `in`; written when count > 0 */
    void *keys;     /* `count` keys side by side */
    void *values;   /* and values (nicdrv_map_value_bytes each); not for DELETE */
    uint32_t count; /* entries at most; after the call: entries done */
    uint64_t flags; /* BPF_F_LOCK */
};
/* Of a batch's cursor: 4 for hash types, a key for others. */
uint32_t nicdrv_map_cursor_bytes(const struct nicdrv_map *map);
/*
 * As BPF_MAP_*_BATCH. Lookups: -ENOENT when these entries (count may be 0) were the last; -ENOSPC
 * when the next bucket alone has more than `count` entries. Changes: the error of the entry behind
 * the `count` that were done. -ENOTSUPP (524) for types that cannot.
 */
int nicdrv_map_batch(struct nicdrv *drv, const struct nicdrv_map *map, enum nicdrv_batch_op op,
                     struct nicdrv_batch *batch);
/* ---- events: perf event arrays and ring buffers (fw/events.h) ---- */

/*
 * An event, with ev->len bytes of data, both lent for the call; may not call the driver. After a
 * batch once more with NULL: time to look at the ring buffers, of which not every
 * record has an event.
 */
typedef void (*nicdrv_event_fn)(void *ctx, const struct fw_event *ev, const void *data);
/*
 * Opens the event queue with `entries` (a power of two) for events of at most
 * `slot_bytes` (a multiple of 64, up to 64 KiB) each. -EBUSY when it is open, -EINVAL, -ENOMEM.
 */
int nicdrv_events_open(struct nicdrv *drv, unsigned entries, unsigned slot_bytes,
                       nicdrv_event_fn fn, void *ctx);
void nicdrv_events_close(struct nicdrv *drv); /* what has arrived is delivered first */
int nicdrv_event_counts(struct nicdrv *drv, struct fw_event_counts *out);
/* Records of a ring buffer, events of a perf event array for which there was no room. */
int nicdrv_map_lost(struct nicdrv *drv, const struct nicdrv_map *map, uint64_t *lost);

/* ---- programs ---- */

/* The card is a model that costs code by the BPF instruction it comes from (nic_config.bpf_*). */
bool nicdrv_costs_by_class(const struct nicdrv *drv);

struct nicdrv_prog {
    uint32_t handle;
    uint32_t base; /* device address of word 0 */
    uint32_t bytes;
};
/* Reserves, links (maps[i] for the program's map i) and loads. Nothing stays behind on failure. */
int nicdrv_prog_create(struct nicdrv *drv, const struct offload_image *img,
                       const struct nicdrv_map *const *maps, uint32_t map_count,
                       struct nicdrv_prog *out, struct nic_err *err);
int nicdrv_prog_destroy(struct nicdrv *drv, const struct nicdrv_prog *prog);
int nicdrv_prog_attach(struct nicdrv *drv, const struct nicdrv_prog *prog, unsigned port,
                       bool replace);
int nicdrv_prog_detach(struct nicdrv *drv, unsigned port);

/* A packet to try a program on; docs of the fields: struct fw_test. */
struct nicdrv_test {
    uint32_t data_meta, data, data_end;      /* in and out: offsets in buf */
    uint32_t frags, frag_len[FW_TEST_FRAGS]; /* in and out: at frag */
    uint16_t port, queue;
    uint32_t retval;
    uint64_t runs, ns, faults; /* runs: in; ns: of all runs, modelled */
    uint8_t buf[FW_TEST_BUF], frag[FW_TEST_FRAGS][FW_TEST_BUF];
};
/* Runs the program t->runs times (0 = 1) on the NIC, without a port. Many runs are many commands,
 * so that others get their turn. */
int nicdrv_prog_test(struct nicdrv *drv, const struct nicdrv_prog *prog, struct nicdrv_test *t);

/* ---- ports, counters, host RX ---- */

int nicdrv_port_enable(struct nicdrv *drv, unsigned port, bool on);
/*
 * The longest frame the port takes, up to NIC_FRAME_MAX; 0 = the most. Less where the program has
 * not BPF_F_XDP_HAS_FRAGS, or the device is configured so. -EINVAL.
 */
int nicdrv_port_frame_max(struct nicdrv *drv, unsigned port, uint32_t bytes);
int nicdrv_counters(struct nicdrv *drv, struct fw_counters *out);
int nicdrv_faults(struct nicdrv *drv, struct fw_fault_log *out);

/* ---- what programs print: bpf_trace_printk ---- */

struct nicdrv_trace_line {
    const char *text; /* any bytes, not terminated; lent for the call */
    size_t len;
    unsigned hart;
    uint64_t time_ns; /* the device's clock */
};
typedef void (*nicdrv_trace_fn)(void *ctx, const struct nicdrv_trace_line *line);
/* A ring of `bytes` (a power of two, 4 KiB to 16 MiB) on the NIC, empty; 0 takes it away, and
 * lines are lost uncounted. -EINVAL, -ENOMEM. */
int nicdrv_trace_set(struct nicdrv *drv, uint32_t bytes);
/* Hands on all that is there, oldest first; *lost counts the lines for which the ring had no room
 * since it was set. -ENOENT without a ring. */
int nicdrv_trace_read(struct nicdrv *drv, nicdrv_trace_fn fn, void *ctx, uint64_t *lost);

/* A packet the NIC passed to the host; data is lent for the call. */
typedef void (*nicdrv_rx_fn)(void *ctx, unsigned queue, const struct nic_rx_cqe *cqe,
                             const void *data);
/* Opens `queues` RX queues of `entries` (power of two) buffers each and points RSS at them. */
int nicdrv_rx_open(struct nicdrv *drv, unsigned queues, unsigned entries, nicdrv_rx_fn fn,
                   void *ctx);
void nicdrv_rx_close(struct nicdrv *drv);

#endif
