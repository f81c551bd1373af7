/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The trace pipe: what bpf_trace_printk says, on its way to the host. A ring of records in DRAM
 * (struct fw_trace_record), there only while the host wants it. Any hart appends; the control core
 * takes. A line for which there is no room is lost and counted.
 */
#ifndef FW_HELPERS_TRACE_H
#define FW_HELPERS_TRACE_H

#include <stdint.h>

#include "fw/trace.h"

struct fw_trace {
    uint32_t base;  /* device address */
    uint32_t bytes; /* a power of two; 0: nobody listens */
    /* free-running byte counts */
    _Alignas(64) uint32_t head; /* reserved by harts */
    uint32_t tail;              /* taken by the control core */
    uint32_t lost;
};

/* A ring of zeroes in memory lent at device address `base`; 0 bytes closes it. */
void fw_trace_open(struct fw_trace *t, uint32_t base, uint32_t bytes);

/* Room for `len` characters and a terminator, or NULL: the line is lost. Commit it, with
 * the same length. */
struct fw_trace_record *fw_trace_reserve(struct fw_trace *t, uint32_t len);
void fw_trace_commit(struct fw_trace_record *r, uint32_t len);

/* The finished records from the tail on that lie in one piece: at most `room` bytes of them, where.
 */
uint32_t fw_trace_peek(const struct fw_trace *t, uint32_t room, const void **at);
/* Gives back as many. */
void fw_trace_take(struct fw_trace *t, uint32_t bytes);

#endif
