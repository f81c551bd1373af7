/* SPDX-License-Identifier: BSD-3-Clause */
/* What the driver's files share; not for users of nicdrv/driver.h. */
#ifndef NICDRV_DRIVER_IMPL_H
#define NICDRV_DRIVER_IMPL_H

#include "nic/memmap.h"
#include "nic/pkt.h"
#include "nic/regs.h"
#include "nicdrv/driver.h"

#define ADMINQ_ENTRIES   64u /* a power of two; also the number of command slots */
#define ADMIN_VECTOR     64u /* vectors 0..63 belong to the RX queues */
#define EVENT_VECTOR     65u
#define ADMIN_TIMEOUT_NS UINT64_C(1000000000)
#define BOOT_TIMEOUT_NS  UINT64_C(1000000000)
#define IDENTIFY_ROOM    4096u

_Static_assert((ADMINQ_ENTRIES & (ADMINQ_ENTRIES - 1)) == 0, "ring sizes are powers of two");

/* The geometry registers. */
struct geometry {
    uint32_t engines, threads, clusters, ports, rxqs_max;
    uint32_t local_size, istore_size, sram_size;
    uint64_t dram_size, clock_hz;
};

/* One allocation the device can reach. */
struct dma_block {
    struct dma_block *next;
    void *mem;
    size_t room; /* bytes at mem */
    uint64_t iova;
};

enum slot_state {
    SLOT_FREE,
    SLOT_BUSY,   /* cmd waits for its completion */
    SLOT_ZOMBIE, /* nobody waits any more, the device may still answer */
};

struct adminq_slot {
    struct nicdrv_cmd *cmd; /* SLOT_BUSY only; borrowed */
    uint16_t generation;    /* tells a late answer from the next command's */
    uint8_t state;
};

struct adminq {
    struct fw_sqe *sq;
    struct fw_cqe *cq;
    uint64_t sq_iova, cq_iova;
    uint32_t sq_tail, cq_head; /* free-running counts */
    uint32_t in_flight;        /* slots that are not free */
    uint64_t bad_completions;  /* answers to no command: ignored and counted */
    struct adminq_slot slots[ADMINQ_ENTRIES];
};

struct rxq {
    struct nic_rx_desc *ring;
    struct nic_rx_cqe *cq;
    uint8_t *buffers; /* entries of NIC_BUF_SIZE bytes */
    uint64_t ring_iova, cq_iova, buffers_iova;
    uint32_t posted, head; /* free-running: descriptors posted, completions consumed */
};

struct rx {
    struct rxq queues[NIC_RXQS_LIMIT];
    unsigned count, entries;
    nicdrv_rx_fn fn;
    void *ctx;
    uint64_t bad_completions;
};

struct evq {
    struct fw_event *ring; /* NULL: no queue */
    uint8_t *data;
    uint32_t entries, slot_bytes;
    uint32_t head; /* free-running: events consumed */
    nicdrv_event_fn fn;
    void *ctx;
    uint64_t bad_events;
};

/* Reused host memory for the keys and values of commands that wait. */
struct scratch {
    uint8_t *mem;
    uint64_t iova;
    size_t len;
};

struct nicdrv {
    struct nicdrv_link *link;
    struct geometry geo;
    struct nicdrv_caps caps;
    struct dma_block *dma;
    struct adminq adminq;
    struct rx rx;
    struct evq evq;
    struct scratch scratch;
    int dead; /* 0, or why no command is taken any more */
};

/* ---- registers: BAR0 ---- */
uint32_t reg_read32(struct nicdrv_link *l, uint64_t off);
uint64_t reg_read64(struct nicdrv_link *l, uint64_t off);
void reg_write32(struct nicdrv_link *l, uint64_t off, uint32_t v);
void reg_write64(struct nicdrv_link *l, uint64_t off, uint64_t v);

/* ---- probe.c ---- */
int probe_device(struct nicdrv_link *l, struct geometry *geo, struct nic_err *err);

/* ---- firmware.c ---- */
#define FIRMWARE_SEGMENTS 32u
struct firmware_segment {
    uint64_t addr;   /* device address */
    size_t offset;   /* in the file */
    size_t file_len; /* bytes to copy; the rest up to mem_len is zero */
    size_t mem_len;
};
struct firmware {
    uint64_t entry;
    struct firmware_segment segments[FIRMWARE_SEGMENTS];
    unsigned count;
};
/* Checks an ELF against the device's memories. -ENOEXEC with the reason in err. */
int firmware_parse(const void *elf, size_t len, const char *name, const struct geometry *geo,
                   struct firmware *out, struct nic_err *err);
/* Copies its segments through BAR2. -EFAULT. */
int firmware_copy(struct nicdrv_link *l, const struct firmware *fw, const void *elf,
                  const char *name, struct nic_err *err);
/* Releases the harts and waits for READY. -ETIMEDOUT, -EIO. */
int firmware_start(struct nicdrv_link *l, uint64_t entry, const char *name, struct nic_err *err);

/* ---- adminq.c ---- */
int adminq_create(struct nicdrv *drv);
/* Takes completions; what the admin vector does. */
void adminq_poll(struct nicdrv *drv);

/* Bytes that go with a command. `in` and `out` may be NULL. */
struct admin_io {
    const void *key;
    uint32_t key_in; /* bytes at `key` when they are fewer than key_len; else 0 */
    uint32_t key_len;
    const void *in; /* copied to the value buffer */
    void *out;      /* filled from it when the command succeeds */
    void *key_out;  /* the same for the key buffer */
    uint32_t value_len;
    uint64_t patience_ns; /* device time the command may take beyond ADMIN_TIMEOUT_NS */
};
/* Submits one command and waits; the completion's value in *result (may be NULL), also of one that
 * failed. */
int admin_exec(struct nicdrv *drv, const struct fw_sqe *sqe, const struct admin_io *io,
               uint64_t *result);

/* ---- caps.c ---- */
/* Parses `len` bytes of TLVs into *caps (geometry fields untouched). -EPROTO. */
int caps_parse(const void *tlvs, size_t len, struct nicdrv_caps *caps, struct nic_err *err);
int caps_identify(struct nicdrv *drv, struct nicdrv_caps *caps, struct nic_err *err);

/* ---- map.c ---- */
/* Device time that a command which may visit every entry can take. */
uint64_t map_patience_ns(const struct nicdrv *drv, const struct fw_map_spec *spec);
/* Where the buckets of a hash map are, and its seed (offload/hash.h). -EINVAL: it is none. */
int map_hash(struct nicdrv *drv, const struct nicdrv_map *map, uint32_t *bucket, uint32_t *seed);

/* ---- rx.c ---- */
void rx_poll(struct nicdrv *drv, unsigned queue);

/* ---- events.c ---- */
/* Takes events; what the event vector does. */
void evq_poll(struct nicdrv *drv);

#endif
