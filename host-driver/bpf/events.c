/* SPDX-License-Identifier: BSD-3-Clause */
/* From the NIC's event queue to the maps, and from the maps to whoever waits for them. */
#include "bpf/events.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* Room for a burst while the host is elsewhere; a slot takes a frame and as much metadata. */
#define QUEUE_ENTRIES 256u
#define SLOT_BYTES    16384u

static struct map_obj *map_of_handle(const struct nicbpf *b, uint32_t handle)
{
    for (struct obj *o = b->objects; o; o = o->next) {
        struct map_obj *m = (struct map_obj *)o;
        if (o->kind == OBJ_MAP && m->hw.handle == handle)
            return m;
    }
    return NULL;
}

static void on_event(void *ctx, const struct fw_event *ev, const void *data)
{
    struct nicbpf *b = ctx;

    if (!ev) {
        nicbpf_events_sync(b);
        if (b->events_fn)
            b->events_fn(b->events_ctx);
        return;
    }
    struct map_obj *m = ev->type == FW_EVENT_PERF ? map_of_handle(b, ev->handle) : NULL;
    if (m && m->ops == &perf_array_ops)
        perf_map_event(m, ev, data);
}

int events_need(struct nicbpf *b)
{
    int rc = b->events ? 0 : nicdrv_events_open(b->drv, QUEUE_ENTRIES, SLOT_BYTES, on_event, b);

    b->events |= !rc;
    return rc;
}

/* The byte is taken through an end of the pipe of our own, which does not stay open. */
static void drain(const struct obj *o)
{
    char path[32], bytes[16];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", o->held);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return;
    while (read(fd, bytes, sizeof(bytes)) > 0)
        ;
    close(fd);
}

void obj_signal(struct obj *o, bool readable)
{
    if (o->signalled == readable)
        return;
    if (!readable)
        drain(o);
    else if (write(o->held, "", 1) != 1)
        return; /* nobody has the other end open any more */
    o->signalled = readable;
}

void nicbpf_events_sync(struct nicbpf *b)
{
    for (struct obj *o = b->objects; o; o = o->next) {
        if (o->kind == OBJ_PERF)
            obj_signal(o, perf_readable((struct perf_obj *)o));
        else if (o->kind == OBJ_MAP && ((struct map_obj *)o)->ring)
            obj_signal(o, ring_readable((struct map_obj *)o));
    }
}

void nicbpf_on_events(struct nicbpf *b, void (*fn)(void *ctx), void *ctx)
{
    b->events_fn = fn;
    b->events_ctx = ctx;
}

int nicbpf_map_lost(struct nicbpf *b, int fd, uint64_t *lost)
{
    int err;
    const struct map_obj *m = map_of_fd(b, (uint32_t)fd, &err);

    if (!m)
        return err;
    if (!m->ring && !m->perf)
        return -EINVAL;
    err = nicdrv_map_lost(b->drv, &m->hw, lost);
    *lost += m->lost;
    return err;
}
