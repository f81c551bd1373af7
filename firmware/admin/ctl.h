/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The admin service: everything the control core owns, and one function that
 * executes a command. Commands run one at a time, in order; the host may queue
 * as many as the ring holds. Nothing the host writes is trusted.
 */
#ifndef FW_CTL_H
#define FW_CTL_H

#include <stdint.h>

#include "core/extents.h"
#include "datapath/counters.h"
#include "events/queue.h"
#include "fw/admin.h"
#include "fw/caps.h"
#include "helpers/trace.h"
#include "maps/map.h"
#include "nic/regs.h"

#define FW_PROGS_MAX 64u
#define FW_DRAM_ROWS 8192u /* blocks of maps that may live at once, and one more */
#define FW_SCRATCH   4096u /* bytes of values that need no DRAM on their way in; largest IDENTIFY */

enum fw_prog_state {
    FW_PROG_FREE,
    FW_PROG_CREATED, /* has instruction store */
    FW_PROG_LOADED,  /* has code */
};

struct fw_prog {
    uint32_t base, bytes; /* in the instruction store */
    uint32_t entry;       /* device address */
    uint16_t uses;        /* generation: tells an old handle from a new one */
    uint8_t state;        /* enum fw_prog_state */
    uint8_t attached;     /* ports */
    uint8_t frags;        /* takes packets in fragments */
    uint32_t stack;       /* bytes it needs */
    uint32_t held;        /* entries of maps */
};

/* Memory of the forwarding tables: in one piece, or routes and nodes apart (fw/fib.h, hot). */
struct fw_tables {
    uint32_t addr, bytes;
    uint32_t cold, cold_bytes;
};

struct fw_ctl {
    struct fw_stats *stats;
    struct fw_trace *trace;
    struct fw_evq *evq;
    uint32_t *fib; /* where harts find the forwarding tables */
    struct fw_tables fib_tables;
    struct fw_maps maps;
    struct fw_extents istore;
    struct fw_prog prog[FW_PROGS_MAX];
    struct fw_prog *port_prog[NIC_PORTS_MAX]; /* what is attached; port 1 is [0] */
    uint32_t port_frame[NIC_PORTS_MAX];       /* longest frame, as the host said */
    uint32_t ports, rxqs;
    uint32_t sq_head; /* free-running: commands fetched */
    uint32_t cq_tail; /* free-running: completions written */
    uint32_t missed;  /* enum nic_ctl_event bits that came while a command waited */
    struct fw_extent dram_rows[FW_DRAM_ROWS];
    struct fw_extent sram_rows[FW_SRAM_MAPS_MAX + 3]; /* and of two forwarding tables */
    uint32_t map_held[FW_MAPS_MAX];
    struct fw_extent istore_rows[FW_PROGS_MAX + 1];
    uint8_t *test_buf; /* NIC_CHAIN_BYTES, each buffer aligned as a packet's */
    _Alignas(64) uint8_t scratch[FW_SCRATCH];
};

struct fw_ctl_config {
    struct fw_stats *stats;
    struct fw_trace *trace;
    struct fw_evq *evq;
    uint32_t *fib;
    uint8_t *test_buf;
    struct fw_map *map;        /* FW_MAPS_MAX descriptors */
    uint32_t map_handle_base;  /* device address of them */
    uint64_t prog_lo, prog_hi; /* instruction store for programs */
    uint64_t sram_lo, sram_hi; /* shared SRAM for maps that programs must not reach */
    uint32_t timer_queues;     /* harts that run timers; their queues are taken from there */
    uint64_t dram_bytes;
    uint32_t cpus; /* harts that run programs */
    uint32_t ports, rxqs;
    uint64_t seed;
};

void fw_ctl_init(struct fw_ctl *ctl, const struct fw_ctl_config *config);

/* Handles enum nic_ctl_event bits; returns when every command submitted so far is completed. */
void fw_ctl_serve(struct fw_ctl *ctl, uint32_t events);

/* Executes one command: 0 or a positive errno, *result for the completion. */
int fw_ctl_execute(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result);

/* ---- the commands: one function per row of FW_ADMIN_OPS ---- */

typedef int fw_command(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result);
fw_command fw_cmd_IDENTIFY, fw_cmd_PROG_CREATE, fw_cmd_PROG_LOAD, fw_cmd_PROG_DESTROY,
    fw_cmd_PROG_ATTACH, fw_cmd_PROG_DETACH, fw_cmd_MAP_CREATE, fw_cmd_MAP_DESTROY,
    fw_cmd_MAP_LOOKUP, fw_cmd_MAP_UPDATE, fw_cmd_MAP_DELETE, fw_cmd_MAP_NEXT, fw_cmd_COUNTERS,
    fw_cmd_RXQ_CREATE, fw_cmd_RXQ_DESTROY, fw_cmd_PORT_SET, fw_cmd_RSS_SET, fw_cmd_FAULTS,
    fw_cmd_PROG_TEST, fw_cmd_TRACE_SET, fw_cmd_TRACE_READ, fw_cmd_MAP_LOOKUP_DELETE,
    fw_cmd_MAP_LOOKUP_BATCH, fw_cmd_MAP_UPDATE_BATCH, fw_cmd_MAP_DELETE_BATCH, fw_cmd_EVQ_CREATE,
    fw_cmd_EVQ_DESTROY, fw_cmd_EVENTS, fw_cmd_MAP_LOST, fw_cmd_FIB_SET, fw_cmd_MAP_HASH,
    fw_cmd_MAP_HELD, fw_cmd_PORT_FRAME;

/* What is attached to the port and how long its frames may be goes to the hardware. */
void fw_port_update(const struct fw_ctl *ctl, uint32_t port);

/* The program a handle names, or NULL. */
struct fw_prog *fw_prog_find(struct fw_ctl *ctl, uint32_t handle);

/* What plat_port_cookie() gets for it. */
static inline uint64_t fw_prog_cookie(const struct fw_prog *p)
{
    return (uint64_t)p->uses << 32 | p->entry;
}

/* A program that an entry of a map is to hold: FW_ENOENT, or FW_EINVAL before it is loaded. */
int fw_prog_hold(struct fw_ctl *ctl, uint32_t handle, struct fw_prog **p);
void fw_prog_release(struct fw_prog *p);
uint32_t fw_prog_handle(const struct fw_ctl *ctl, const struct fw_prog *p);

/* Copies between host memory and `len` bytes of an operand: FW_EINVAL when the command says another
 * length. */
int fw_cmd_get(void *dst, uint64_t iova, uint32_t said, uint32_t len);
/* To the host; FW_ENOSPC when its room is short. */
int fw_cmd_put(const void *src, uint64_t iova, uint32_t room, uint32_t len);

/* Waits until every packet that has arrived so far was given back, and for callbacks of timers. */
void fw_ctl_grace(struct fw_ctl *ctl);

#endif
