/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/feed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traffic/gen.h"
#include "traffic/traffic.h"

#define WIRE_MIN      64u /* with FCS */
#define WIRE_OVERHEAD 20u
#define ENDLESS       1000000000000u
#define CAPTURE_MAX   (1ull << 30) /* bytes of a capture that are kept */

static const struct {
    uint32_t size, weight;
} imix[] = {{64, 28}, {570, 16}, {1518, 4}};
#define KINDS (sizeof(imix) / sizeof(imix[0]))

struct kept {
    size_t at;
    uint32_t len;
};

struct feed {
    struct traffic *gen[KINDS];
    int owed[KINDS]; /* of the mix: how far each is behind its share */
    unsigned gens;
    uint8_t *bytes; /* of the capture */
    size_t used, room;
    struct kept *frame;
    size_t frames, frame_room, next;
    uint64_t given;
    double wire_bytes;
};

static double on_wire(uint32_t len)
{
    uint32_t bytes = len + FEED_FCS;

    return (bytes < WIRE_MIN ? WIRE_MIN : bytes) + WIRE_OVERHEAD;
}

/* ---- generated ---- */

static int open_gen(struct feed *f, const struct feed_spec *s, uint32_t size, struct nic_err *err)
{
    char text[128];

    if (size <= FEED_FCS)
        return nic_err_set(err, -EINVAL, "size %u: a frame has at least 64 bytes", size);
    snprintf(text, sizeof(text), "%s,size=%u,count=%llu,flows=%llu,seed=%llu", s->kind,
             size - FEED_FCS, (unsigned long long)ENDLESS, (unsigned long long)s->flows,
             (unsigned long long)(s->seed + s->part));
    return traffic_open_gen(text, &f->gen[f->gens++], err);
}

static int open_generators(struct feed *f, const struct feed_spec *s, struct nic_err *err)
{
    unsigned total = 0;
    int rc = 0;

    if (s->size != FEED_IMIX) {
        f->wire_bytes = on_wire(s->size - FEED_FCS);
        return open_gen(f, s, s->size, err);
    }
    for (unsigned i = 0; i < KINDS; i++)
        total += imix[i].weight;
    for (unsigned i = 0; rc == 0 && i < KINDS; i++) {
        rc = open_gen(f, s, imix[i].size, err);
        f->wire_bytes += on_wire(imix[i].size - FEED_FCS) * imix[i].weight / total;
    }
    return rc;
}

/* The size that is furthest behind its share comes next. */
static unsigned mix_next(struct feed *f)
{
    unsigned best = 0;
    int total = 0;

    if (f->gens == 1)
        return 0;
    for (unsigned i = 0; i < KINDS; i++) {
        f->owed[i] += (int)imix[i].weight;
        total += (int)imix[i].weight;
        if (f->owed[i] > f->owed[best])
            best = i;
    }
    f->owed[best] -= total;
    return best;
}

/* ---- a capture ---- */

static void *grow(void *p, size_t *room, size_t wanted, size_t unit)
{
    size_t more = *room != 0 ? *room : 256;

    if (wanted <= *room)
        return p;
    while (more < wanted)
        more *= 2;
    p = realloc(p, more * unit);
    if (p != NULL)
        *room = more;
    return p;
}

static int keep(struct feed *f, const struct nic_frame *frame)
{
    void *bytes = grow(f->bytes, &f->room, f->used + frame->len, 1);
    void *frames;

    if (bytes == NULL)
        return -ENOMEM;
    f->bytes = bytes;
    frames = grow(f->frame, &f->frame_room, f->frames + 1, sizeof(*f->frame));
    if (frames == NULL)
        return -ENOMEM;
    f->frame = frames;
    memcpy(f->bytes + f->used, frame->data, frame->len);
    f->frame[f->frames++] = (struct kept){.at = f->used, .len = frame->len};
    f->used += frame->len;
    f->wire_bytes += on_wire(frame->len);
    return f->used <= CAPTURE_MAX ? 0 : -EFBIG;
}

static int open_capture(struct feed *f, const char *path, struct nic_err *err)
{
    struct traffic *t = NULL;
    struct nic_frame frame;
    int rc = traffic_open_capture(path, &t, err);

    if (rc != 0)
        return rc;
    while ((rc = traffic_port_ops.next(t, &frame)) == 1) {
        rc = keep(f, &frame);
        if (rc != 0)
            break;
    }
    if (rc == 0 && f->frames == 0)
        rc = nic_err_set(err, -EINVAL, "%s: has no frame", path);
    else if (rc < 0)
        rc = nic_err_set(err, rc, "%s: %s", path,
                         traffic_error(t)[0] != '\0' ? traffic_error(t) : strerror(-rc));
    traffic_close(t);
    if (rc == 0)
        f->wire_bytes /= (double)f->frames;
    return rc;
}

/* ---- both ---- */

int feed_open(const struct feed_spec *spec, struct feed **out, struct nic_err *err)
{
    struct feed *f = calloc(1, sizeof(*f));
    int rc;

    if (f == NULL)
        return nic_err_set(err, -ENOMEM, "out of memory");
    rc =
        spec->capture != NULL ? open_capture(f, spec->capture, err) : open_generators(f, spec, err);
    if (rc != 0) {
        feed_close(f);
        return rc;
    }
    if (spec->parts != 0)
        f->next = f->frames * spec->part / spec->parts;
    *out = f;
    return 0;
}

void feed_close(struct feed *f)
{
    if (f == NULL)
        return;
    for (unsigned i = 0; i < f->gens; i++)
        traffic_close(f->gen[i]);
    free(f->bytes);
    free(f->frame);
    free(f);
}

static int feed_next(void *ctx, struct nic_frame *frame)
{
    struct feed *f = ctx;

    f->given++;
    if (f->frames == 0)
        return traffic_port_ops.next(f->gen[mix_next(f)], frame);
    *frame =
        (struct nic_frame){.data = f->bytes + f->frame[f->next].at, .len = f->frame[f->next].len};
    f->next = f->next + 1 < f->frames ? f->next + 1 : 0;
    return 1;
}

const struct nic_port_ops feed_port_ops = {.next = feed_next};

uint64_t feed_given(const struct feed *f)
{
    return f->given;
}

double feed_wire_bytes(const struct feed *f)
{
    return f->wire_bytes;
}
