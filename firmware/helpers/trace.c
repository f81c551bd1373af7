/* SPDX-License-Identifier: BSD-3-Clause */
#include "helpers/trace.h"

#include <stddef.h>

#include "core/mem.h"
#include "plat_mem.h"

#define HEAD_BYTES ((uint32_t)sizeof(struct fw_trace_record))

void fw_trace_open(struct fw_trace *t, uint32_t base, uint32_t bytes)
{
    t->head = t->tail = t->lost = 0;
    t->base = base;
    if (bytes)
        memset(plat_ptr(base), 0, bytes);
    __atomic_store_n(&t->bytes, bytes, __ATOMIC_RELEASE);
}

static uint32_t record_bytes(uint32_t len)
{
    return (HEAD_BYTES + len + 1 + FW_TRACE_ALIGN - 1) & ~(FW_TRACE_ALIGN - 1);
}

static struct fw_trace_record *record_at(const struct fw_trace *t, uint32_t count, uint32_t bytes)
{
    return plat_ptr(t->base + (count & (bytes - 1)));
}

/* Fills the rest of the ring's memory up to its end with one record that says nothing. */
static void skip_to_start(struct fw_trace_record *r, uint32_t bytes)
{
    r->len = FW_TRACE_SKIP;
    __atomic_store_n(&r->bytes, bytes, __ATOMIC_RELEASE);
}

static struct fw_trace_record *lose(struct fw_trace *t)
{
    (void)__atomic_fetch_add(&t->lost, 1, __ATOMIC_RELAXED);
    return NULL;
}

struct fw_trace_record *fw_trace_reserve(struct fw_trace *t, uint32_t len)
{
    uint32_t bytes = __atomic_load_n(&t->bytes, __ATOMIC_ACQUIRE);
    uint32_t need = record_bytes(len);
    uint32_t head = __atomic_load_n(&t->head, __ATOMIC_RELAXED), skip;
    if (bytes == 0)
        return NULL;
    do {
        uint32_t tail = __atomic_load_n(&t->tail, __ATOMIC_ACQUIRE);
        uint32_t to_end = bytes - (head & (bytes - 1));
        skip = to_end < need ? to_end : 0;
        if (need > bytes || skip + need > bytes - (head - tail))
            return lose(t);
    } while (!__atomic_compare_exchange_n(&t->head, &head, head + skip + need, 0, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
    if (skip)
        skip_to_start(record_at(t, head, bytes), skip);
    return record_at(t, head + skip, bytes);
}

void fw_trace_commit(struct fw_trace_record *r, uint32_t len)
{
    r->len = (uint16_t)len;
    __atomic_store_n(&r->bytes, record_bytes(len), __ATOMIC_RELEASE);
}

uint32_t fw_trace_peek(const struct fw_trace *t, uint32_t room, const void **at)
{
    uint32_t bytes = t->bytes, n = 0;
    *at = NULL;
    if (bytes == 0)
        return 0;
    uint32_t to_end = bytes - (t->tail & (bytes - 1));
    uint32_t used = __atomic_load_n(&t->head, __ATOMIC_ACQUIRE) - t->tail;
    uint32_t most = used < to_end ? used : to_end;
    *at = record_at(t, t->tail, bytes);
    while (n < most) {
        const struct fw_trace_record *r = record_at(t, t->tail + n, bytes);
        uint32_t one = __atomic_load_n(&r->bytes, __ATOMIC_ACQUIRE);
        if (one == 0 || one > room - n || one > most - n)
            break;
        n += one;
    }
    return n;
}

void fw_trace_take(struct fw_trace *t, uint32_t bytes)
{
    memset(record_at(t, t->tail, t->bytes), 0, bytes);
    __atomic_store_n(&t->tail, t->tail + bytes, __ATOMIC_RELEASE);
}
