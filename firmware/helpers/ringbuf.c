/* SPDX-License-Identifier: BSD-3-Clause */
/* Helpers 130 to 134 and 198 to 200: records of ring buffers. A record that its consumer waits for
 * is told to the host by an event. */
#include "maps/ringbuf.h"

#include "core/mem.h"
#include "helpers/args.h"
#include "helpers/dynptr.h"
#include "helpers/map_arg.h"

/*
 * The queue may be full of events that nobody took yet: whoever takes them looks at
 * all ring buffers afterwards (docs/protocol.md), so nothing is lost with this one.
 */
static void notify(const struct fw_map *m)
{
    struct fw_event ev = {.handle = (uint32_t)(uintptr_t)m, .type = FW_EVENT_RINGBUF};
    (void)fw_evq_send(&fw_shared.evq, &ev, (const struct fw_event_part *)0, 0);
}

uint64_t fw_helper_ringbuf_output(uint64_t map, uint64_t data, uint64_t size, uint64_t flags,
                                  uint64_t a4)
{
    struct fw_map *m = fw_arg_map_of(map, FW_MAP_RINGBUF);
    const void *from = fw_arg_bytes_or_null(data, size);
    (void)a4;
    if (flags & ~(uint64_t)(FW_RB_NO_WAKEUP | FW_RB_FORCE_WAKEUP))
        return fw_helper_error(FW_EINVAL);
    void *record = fw_ringbuf_reserve(m, size);
    if (!record)
        return fw_helper_error(FW_EAGAIN);
    if (size)
        memcpy(record, from, size);
    if (fw_ringbuf_commit(m, record, flags, 0))
        notify(m);
    return 0;
}

/* ---- records that a program holds: it may be ended with them (core/trap.c) ---- */

/* In place of `was`: one more, or one less. Nobody holds so many that there is no place. */
static void note_record(uint64_t was, uint64_t now)
{
    uint32_t *record = FW_HART->record;
    for (uint32_t i = 0; i < FW_RECORDS; i++)
        if (record[i] == (uint32_t)was) {
            record[i] = (uint32_t)now;
            return;
        }
}

static void *reserve(struct fw_map *m, uint64_t size)
{
    void *record = fw_ringbuf_reserve(m, size);
    if (record)
        note_record(0, (uintptr_t)record);
    return record;
}

/* The ring of a record that was reserved, NULL. */
static struct fw_map *ring_of(uint64_t record)
{
    uint64_t at = record - NIC_DRAM_BASE;
    struct fw_map *m = (struct fw_map *)0;
    if (at >= FW_RINGBUF_DATA && at < FW_HART->map_bytes)
        m = fw_map_of(fw_ringbuf_of((uint32_t)record), FW_MAP_RINGBUF);
    return m && fw_ringbuf_holds(m, (uint32_t)record) ? m : (struct fw_map *)0;
}

static void commit(struct fw_map *m, uint64_t record, uint64_t flags, int discard)
{
    note_record(record, 0);
    if (fw_ringbuf_commit(m, (void *)(uintptr_t)record, flags, discard))
        notify(m);
}

void fw_records_discard(void)
{
    for (uint32_t i = 0; i < FW_RECORDS; i++) {
        uint64_t record = FW_HART->record[i];
        struct fw_map *m = record ? ring_of(record) : (struct fw_map *)0;
        FW_HART->record[i] = 0;
        if (m)
            commit(m, record, 0, 1);
    }
}

uint64_t fw_helper_ringbuf_reserve(uint64_t map, uint64_t size, uint64_t flags, uint64_t a3,
                                   uint64_t a4)
{
    struct fw_map *m = fw_arg_map_of(map, FW_MAP_RINGBUF);
    (void)a3, (void)a4;
    return flags ? 0 : (uint64_t)(uintptr_t)reserve(m, size);
}

static uint64_t give_up(uint64_t record, uint64_t flags, int discard)
{
    struct fw_map *m = ring_of(record);
    if (!m)
        fw_program_abort(FW_FAULT_BAD_POINTER, record);
    commit(m, record, flags, discard);
    return 0;
}

uint64_t fw_helper_ringbuf_submit(uint64_t record, uint64_t flags, uint64_t a2, uint64_t a3,
                                  uint64_t a4)
{
    (void)a2, (void)a3, (void)a4;
    return give_up(record, flags, 0);
}

uint64_t fw_helper_ringbuf_discard(uint64_t record, uint64_t flags, uint64_t a2, uint64_t a3,
                                   uint64_t a4)
{
    (void)a2, (void)a3, (void)a4;
    return give_up(record, flags, 1);
}

uint64_t fw_helper_ringbuf_query(uint64_t map, uint64_t what, uint64_t a2, uint64_t a3, uint64_t a4)
{
    (void)a2, (void)a3, (void)a4;
    return fw_ringbuf_query(fw_arg_map_of(map, FW_MAP_RINGBUF), what);
}

/* ---- the same through a dynptr, whose size need not be known beforehand ---- */

uint64_t fw_helper_ringbuf_reserve_dynptr(uint64_t map, uint64_t size, uint64_t flags, uint64_t ptr,
                                          uint64_t a4)
{
    struct fw_map *m = fw_arg_map_of(map, FW_MAP_RINGBUF);
    struct fw_dynptr *d = fw_arg_bytes(ptr, sizeof(*d));
    uint32_t len = fw_arg_u32(size);
    (void)a4;
    *d = (struct fw_dynptr){0};
    if (flags)
        return fw_helper_error(FW_EINVAL);
    if (len > FW_DYNPTR_SIZE)
        return fw_helper_error(FW_E2BIG);
    void *record = reserve(m, len);
    if (!record)
        return fw_helper_error(FW_EINVAL);
    *d = (struct fw_dynptr){.data = (uintptr_t)record, .size = len};
    return 0;
}

/* One that could not be reserved is given up like any other. */
static uint64_t give_up_dynptr(uint64_t ptr, uint64_t flags, int discard)
{
    struct fw_dynptr *d = fw_arg_bytes(ptr, sizeof(*d));
    uint64_t record = d->data;
    *d = (struct fw_dynptr){0};
    return record ? give_up(record, flags, discard) : 0;
}

uint64_t fw_helper_ringbuf_submit_dynptr(uint64_t ptr, uint64_t flags, uint64_t a2, uint64_t a3,
                                         uint64_t a4)
{
    (void)a2, (void)a3, (void)a4;
    return give_up_dynptr(ptr, flags, 0);
}

uint64_t fw_helper_ringbuf_discard_dynptr(uint64_t ptr, uint64_t flags, uint64_t a2, uint64_t a3,
                                          uint64_t a4)
{
    (void)a2, (void)a3, (void)a4;
    return give_up_dynptr(ptr, flags, 1);
}
