/* SPDX-License-Identifier: BSD-3-Clause */
/* The trace pipe's host side: a ring when the host asks for one, and its records. */
#include "helpers/trace.h"

#include "admin/ctl.h"
#include "platform/platform.h"

static int bad_size(uint64_t bytes)
{
    return bytes != 0 &&
           (bytes < FW_TRACE_BYTES_MIN || bytes > FW_TRACE_BYTES_MAX || (bytes & (bytes - 1)) != 0);
}

/* Closes it: no hart that saw it open still writes when the memory goes. */
static void close_ring(struct fw_ctl *ctl)
{
    struct fw_trace *t = ctl->trace;
    uint32_t bytes = t->bytes;
    if (bytes == 0)
        return;
    __atomic_store_n(&t->bytes, 0, __ATOMIC_RELEASE);
    fw_ctl_grace(ctl);
    fw_maps_free(&ctl->maps, t->base, bytes);
}

int fw_cmd_TRACE_SET(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    uint32_t addr = 0;
    (void)result;
    if (bad_size(sqe->arg0))
        return FW_EINVAL;
    close_ring(ctl);
    if (sqe->arg0 == 0)
        return 0;
    int err = fw_maps_alloc(&ctl->maps, sqe->arg0, &addr);
    if (!err)
        fw_trace_open(ctl->trace, addr, (uint32_t)sqe->arg0);
    return err;
}

int fw_cmd_TRACE_READ(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    struct fw_trace *t = ctl->trace;
    const void *at;
    if (t->bytes == 0)
        return FW_ENOENT;
    uint32_t n = fw_trace_peek(t, sqe->value_len, &at);
    int err = n ? plat_dma_write(sqe->value_iova, at, n) : 0;
    if (err)
        return err;
    if (n)
        fw_trace_take(t, n);
    *result = (uint64_t)__atomic_load_n(&t->lost, __ATOMIC_RELAXED) << 32 | n;
    return 0;
}
