/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The admin queue pair's contents: commands the host driver submits and the
 * control core's firmware completes. Freestanding, little-endian.
 *
 * Rings: ADM_SIZE entries each, in host memory. The host writes fw_sqe entries,
 * then DB_ADM_SQ = free-running count submitted. The firmware fetches by DMA,
 * executes, writes a fw_cqe to the next completion slot and raises ADM_VECTOR.
 * phase starts at 1 and flips on each wrap. Completions may come in any order;
 * cid ties them to commands. The host tells what it consumed by DB_ADM_CQ; the
 * firmware never overruns completions not yet consumed.
 */
#ifndef FW_ADMIN_H
#define FW_ADMIN_H

#include <stdint.h>

#define FW_ABI_VERSION 4u

/*
 * Numbers come in blocks: 1-18 as below, 19-29 maps, 30-39 programs in maps and redirects,
 * 40-49 tables of the helpers, 50-59 events, 60-69 test runs, 70-79 ports.
 */
/* ADMIN(id, number, "name", "handle", "key", "value", "arg0", "arg1", "result, what it does") */
#define FW_ADMIN_OPS(X)                                                                            \
    X(IDENTIFY, 1, "identify", "-", "-", "out: TLVs", "-", "-",                                    \
      "result: bytes written. Capability TLVs (fw/caps.h) to value")                               \
    X(PROG_CREATE, 2, "prog-create", "-", "-", "-", "bytes of code",                               \
      "bytes of stack, 0 = the most",                                                              \
      "result: load address << 32 + handle. Reserves instruction store")                           \
    X(PROG_LOAD, 3, "prog-load", "program", "-", "in: code", "entry offset", "FW_PROG_FRAGS",      \
      "Copies the whole code, makes it runnable")                                                  \
    X(PROG_DESTROY, 4, "prog-destroy", "program", "-", "-", "-", "-",                              \
      "EBUSY while attached or in a map. Waits for packets in flight")                             \
    X(PROG_ATTACH, 5, "prog-attach", "program", "-", "-", "port", "0, or 1 = replace",             \
      "Swaps atomically. EBUSY when the port has one and arg1 is 0")                               \
    X(PROG_DETACH, 6, "prog-detach", "-", "-", "-", "port", "-", "ENOENT when there is none")      \
    X(MAP_CREATE, 7, "map-create", "-", "in: struct fw_map_spec", "-", "-", "-",                   \
      "result: address of value 0 (arrays, per-CPU arrays), of the first page (ring buffers) << "  \
      "32 "                                                                                        \
      "+ handle. The handle is the map's address")                                                 \
    X(MAP_DESTROY, 8, "map-destroy", "map", "-", "-", "-", "-",                                    \
      "EBUSY while in a map. Waits for packets in flight")                                         \
    X(MAP_LOOKUP, 9, "map-lookup", "map", "in", "out", "0, or BPF_F_LOCK", "-", "ENOENT")          \
    X(MAP_UPDATE, 10, "map-update", "map", "in", "in", "BPF_ANY, NOEXIST, EXIST", "-",             \
      "ENOENT, EEXIST, E2BIG as bpf(2)")                                                           \
    X(MAP_DELETE, 11, "map-delete", "map", "in", "-", "-", "-", "ENOENT; EINVAL for arrays")       \
    X(MAP_NEXT, 12, "map-next", "map", "in", "out: next key", "1 = no key: the first", "-",        \
      "ENOENT after the last; an unknown key starts over")                                         \
    X(COUNTERS, 13, "counters", "-", "-", "out: struct fw_counters", "-", "-",                     \
      "Sums of all engines")                                                                       \
    X(RXQ_CREATE, 14, "rxq-create", "queue", "in: struct fw_rxq_spec", "-", "-", "-",              \
      "Sets the queue's registers and enables it")                                                 \
    X(RXQ_DESTROY, 15, "rxq-destroy", "queue", "-", "-", "-", "-", "Disables it")                  \
    X(PORT_SET, 16, "port-set", "-", "-", "-", "port", "1 = receive, 0 = do not",                  \
      "Frames wait on the wire meanwhile")                                                         \
    X(RSS_SET, 17, "rss-set", "-", "-", "-", "queues", "-", "hash % queues chooses the queue")     \
    X(FAULTS, 18, "faults", "-", "-", "out: struct fw_fault_log", "-", "-",                        \
      "The last program faults, newest first")                                                     \
    X(MAP_LOOKUP_DELETE, 19, "map-lookup-delete", "map", "in", "out", "0, or BPF_F_LOCK", "-",     \
      "Reads and deletes in one step. ENOENT; ENOTSUPP (524) for types without it")                \
    X(MAP_LOOKUP_BATCH, 20, "map-lookup-batch", "map", "in: cursor; out: keys", "out: values",     \
      "entries at most", "FW_BATCH_MORE, FW_BATCH_DELETE",                                         \
      "result: next bucket << 32 + FW_BATCH_END + entries. ENOSPC when a bucket has more")         \
    X(MAP_UPDATE_BATCH, 21, "map-update-batch", "map", "in: keys", "in: values", "entries",        \
      "flags of each update", "result: entries done. The status is that of the next one")          \
    X(MAP_DELETE_BATCH, 22, "map-delete-batch", "map", "in: keys", "-", "entries", "-",            \
      "result: entries done. The status is that of the next one")                                  \
    X(MAP_HASH, 23, "map-hash", "map", "-", "-", "-", "-",                                         \
      "result: seed of a hash map << 32 + address of bucket 0 (offload/hash.h). EINVAL: no hash")  \
    X(MAP_HELD, 24, "map-held", "map", "-", "-", "0 = by programs alone, 1", "-",                  \
      "0: frees the map's timers, and until 1 its programs get EPERM for new ones")                \
    X(FIB_SET, 40, "fib-set", "-", "-", "in: struct fw_fib and what follows", "-", "-",            \
      "Replaces the forwarding tables at once; no bytes: none. EINVAL, ENOMEM: the old stay")      \
    X(TRACE_SET, 41, "trace-set", "-", "-", "-", "bytes of ring, 0 = none", "-",                   \
      "Drops what was not read. EINVAL: no power of two of 4 KiB to 16 MiB. ENOMEM")               \
    X(TRACE_READ, 42, "trace-read", "-", "-", "out: records (fw/trace.h)", "-", "-",               \
      "result: bytes written + lines lost so far << 32. ENOENT without a ring")                    \
    X(EVQ_CREATE, 50, "evq-create", "-", "in: struct fw_evq_spec", "-", "-", "-",                  \
      "Opens the event queue (fw/events.h). EBUSY when there is one")                              \
    X(EVQ_DESTROY, 51, "evq-destroy", "-", "-", "-", "-", "-",                                     \
      "Closes it. Waits for packets in flight")                                                    \
    X(EVENTS, 52, "events", "-", "-", "out: struct fw_event_counts", "-", "-",                     \
      "Events sent and lost, since the queue was opened")                                          \
    X(MAP_LOST, 53, "map-lost", "map", "-", "-", "-", "-",                                         \
      "result: records of a ring buffer, events of a perf event array that were lost")             \
    X(PROG_TEST, 60, "prog-test", "program", "-", "in and out: struct fw_test, then the buffer",   \
      "runs", "-", "Runs the program on a buffer of the host's, on the control core")              \
    X(PORT_FRAME, 70, "port-frame", "-", "-", "-", "port", "bytes, 0 = the most",                  \
      "Longest frame the port takes, if its program can")

enum fw_admin_op {
#define X(id, number, ...) FW_ADMIN_##id = (number),
    FW_ADMIN_OPS(X)
#undef X
};

/* PROG_LOAD, arg1: the program takes packets in fragments (BPF_F_XDP_HAS_FRAGS). */
#define FW_PROG_FRAGS 1u

/*
 * MAP_LOOKUP_BATCH, arg1. The cursor, at the start of the key buffer with MORE: for hash types a
 * u32, the bucket to go on with as the last command gave it; for others the last key given.
 */
#define FW_BATCH_MORE   1u /* not from the start */
#define FW_BATCH_DELETE 2u /* the entries leave the map */
/* In its result: there is nothing after these entries. */
#define FW_BATCH_END (UINT32_C(1) << 31)

struct fw_sqe {
    uint8_t op; /* enum fw_admin_op */
    uint8_t rsvd0;
    uint16_t cid;
    uint32_t handle;
    uint64_t key_iova;
    uint64_t value_iova;
    uint32_t key_len;   /* bytes at key_iova, must equal what the op wants */
    uint32_t value_len; /* bytes at value_iova; for outputs the room there */
    uint64_t arg0;
    uint64_t arg1;
    uint64_t rsvd[2];
};
_Static_assert(sizeof(struct fw_sqe) == 64, "admin submission entry is 64 bytes");
_Static_assert(__builtin_offsetof(struct fw_sqe, arg0) == 32, "fw_sqe layout");

struct fw_cqe {
    uint64_t result;
    uint16_t cid;
    uint16_t sq_head; /* low 16 bits of the count of commands fetched */
    uint16_t status;  /* 0 or a positive errno (Linux numbers) */
    uint16_t phase;   /* bit 0 */
};
_Static_assert(sizeof(struct fw_cqe) == 16, "admin completion entry is 16 bytes");

struct fw_map_spec {
    uint32_t type; /* BPF_MAP_TYPE_* */
    uint32_t key_size, value_size, max_entries;
    uint32_t flags;    /* BPF_F_* of the map; those the firmware does not know are EINVAL */
    uint32_t lock_at;  /* struct bpf_spin_lock in the value: 1 + its offset, 0 = none */
    uint32_t timer_at; /* struct bpf_timer in the value, likewise */
    uint32_t inner;    /* maps of maps: handle of the map that the inner ones are like */
    uint64_t extra;    /* map_extra */
};
_Static_assert(sizeof(struct fw_map_spec) == 40, "fw_map_spec layout");

struct fw_rxq_spec {
    uint64_t ring_iova, cq_iova;
    uint32_t entries;
    uint32_t vector;
};
_Static_assert(sizeof(struct fw_rxq_spec) == 24, "fw_rxq_spec layout");

#define FW_VERDICTS 5 /* XDP_ABORTED .. XDP_REDIRECT */
struct fw_counters {
    uint64_t verdict[FW_VERDICTS]; /* packets, by enum xdp_action as counted */
    uint64_t bytes[FW_VERDICTS];
    uint64_t program_faults; /* traps; each is also an ABORTED, here or in `second` */
    uint64_t no_program;     /* packets passed because the port had none */
    /* by verdict of devmap and cpumap programs, which run after the XDP_REDIRECT counted above */
    uint64_t second[FW_VERDICTS];
    uint64_t queue_full; /* packets dropped because a cpumap entry's queue was full */
    uint64_t watchdog;   /* of program_faults: ended because they took too long */
};
_Static_assert(sizeof(struct fw_counters) == 152, "fw_counters layout");

/*
 * PROG_TEST: the packet buffer (FW_TEST_BUF bytes, as the value holds them behind this struct) and
 * where the frame lies in it, as offsets; behind it as many more buffers as there are fragments,
 * each at its buffer's start. Every run goes on with what the one before left.
 */
#define FW_TEST_BUF      4096u
#define FW_TEST_FRAGS    2u
#define FW_TEST_RUNS_MAX 65536u
struct fw_test {
    uint32_t data_meta, data, data_end; /* in and out */
    uint16_t port, queue;               /* in: what the program sees as ingress */
    uint32_t retval;                    /* out: of the last run */
    uint32_t faults;                    /* out: runs that ended in a fault */
    uint64_t ns;                        /* out: modelled time of all runs */
    uint32_t frags;                     /* in and out: at most FW_TEST_FRAGS */
    uint32_t frag_len[2];               /* in and out: bytes of each, 1 .. FW_TEST_BUF */
    uint32_t rsvd0;                     /* 0 */
    uint64_t rsvd[2];                   /* 0 */
};
_Static_assert(sizeof(struct fw_test) == 64, "fw_test layout");

struct fw_fault {
    uint64_t pc, cause, tval, seq;
    uint32_t hart, rsvd;
};
_Static_assert(sizeof(struct fw_fault) == 40, "fw_fault layout");
#define FW_FAULT_LOG 16
struct fw_fault_log {
    uint64_t total;
    struct fw_fault last[FW_FAULT_LOG];
};
_Static_assert(sizeof(struct fw_fault_log) == 8 + 16 * 40, "fw_fault_log layout");

#endif
