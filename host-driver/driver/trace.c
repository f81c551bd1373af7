/* SPDX-License-Identifier: BSD-3-Clause */
/* The trace pipe: what programs print, from the NIC's ring. Records are checked like any input. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "driver/driver_impl.h"
#include "fw/trace.h"

#define READ_BYTES 0x10000u /* a command */

int nicdrv_trace_set(struct nicdrv *drv, uint32_t bytes)
{
    struct fw_sqe sqe = {.op = FW_ADMIN_TRACE_SET, .arg0 = bytes};
    struct admin_io io = {0};

    return admin_exec(drv, &sqe, &io, NULL);
}

/* Hands on the record at `at`; its length, or 0 when it makes no sense. */
static uint32_t one_record(const uint8_t *at, uint32_t room, nicdrv_trace_fn fn, void *ctx)
{
    struct fw_trace_record r = {0};

    if (room < FW_TRACE_ALIGN)
        return 0;
    memcpy(&r, at, room < sizeof(r) ? room : sizeof(r));
    if (r.bytes == 0 || r.bytes > room || r.bytes % FW_TRACE_ALIGN)
        return 0;
    if (r.len == FW_TRACE_SKIP)
        return r.bytes;
    if (r.bytes < sizeof(r) || r.len > r.bytes - sizeof(r))
        return 0;
    struct nicdrv_trace_line line = {
        .text = (const char *)at + sizeof(r),
        .len = r.len,
        .hart = r.hart,
        .time_ns = r.time_ns,
    };
    fn(ctx, &line);
    return r.bytes;
}

static int hand_on(const uint8_t *buf, uint32_t len, nicdrv_trace_fn fn, void *ctx)
{
    for (uint32_t at = 0, n; at < len; at += n) {
        n = one_record(buf + at, len - at, fn, ctx);
        if (n == 0)
            return -EPROTO;
    }
    return 0;
}

int nicdrv_trace_read(struct nicdrv *drv, nicdrv_trace_fn fn, void *ctx, uint64_t *lost)
{
    struct fw_sqe sqe = {.op = FW_ADMIN_TRACE_READ};
    uint8_t *buf = calloc(1, READ_BYTES);
    struct admin_io io = {.out = buf, .value_len = READ_BYTES};
    uint64_t result = 0;
    int rc;

    if (!buf)
        return -ENOMEM;
    do {
        rc = admin_exec(drv, &sqe, &io, &result);
        if (rc == 0 && (uint32_t)result > READ_BYTES)
            rc = -EPROTO;
        if (rc == 0)
            rc = hand_on(buf, (uint32_t)result, fn, ctx);
    } while (rc == 0 && (uint32_t)result != 0);
    *lost = result >> 32;
    free(buf);
    return rc;
}
