/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/perpacket.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "traffic/outfile.h"

#define WINDOW_START 1024u /* packets; grows by doubling */

struct line {
    bool ready;
    uint8_t verdict;
    const char *drop; /* NULL: a program saw it */
    uint32_t retval, len, room;
    uint64_t cycles;
    uint8_t *data; /* owned, `room` bytes */
};

struct perpacket {
    struct outfile out;
    const struct traffic *traffic;
    struct line *window; /* line of seq s at s % size */
    size_t size;
    uint64_t next;  /* seq of the next line */
    uint64_t index; /* its position in the input, empty records included */
    size_t empty;   /* of those already written */
    bool no_memory;
};

const char *verdict_name(unsigned verdict)
{
    static const char *const names[] = {"XDP_ABORTED", "XDP_DROP", "XDP_PASS", "XDP_TX",
                                        "XDP_REDIRECT"};

    return verdict < sizeof(names) / sizeof(names[0]) ? names[verdict] : "?";
}

int perpacket_create(const char *path, const struct traffic *t, struct perpacket **out,
                     struct nic_err *err)
{
    struct perpacket *w = calloc(1, sizeof(*w));
    int rc;

    if (w == NULL)
        return nic_err_set(err, -ENOMEM, "%s: out of memory", path);
    w->traffic = t;
    w->size = WINDOW_START;
    w->window = calloc(w->size, sizeof(*w->window));
    rc = w->window != NULL ? outfile_open(&w->out, path, err)
                           : nic_err_set(err, -ENOMEM, "%s: out of memory", path);
    if (rc != 0) {
        perpacket_abort(w);
        return rc;
    }
    *out = w;
    return 0;
}

static void write_hex(FILE *f, const uint8_t *data, uint32_t len)
{
    static const char digit[] = "0123456789abcdef";
    char buf[512];

    while (len != 0) {
        uint32_t n = len < sizeof(buf) / 2 ? len : (uint32_t)sizeof(buf) / 2;

        for (uint32_t i = 0; i < n; i++) {
            buf[2 * i] = digit[data[i] >> 4];
            buf[2 * i + 1] = digit[data[i] & 15];
        }
        fwrite(buf, 1, 2 * (size_t)n, f);
        data += n;
        len -= n;
    }
}

static void write_drop(struct perpacket *w, const char *why)
{
    fprintf(w->out.file,
            "{\"i\":%" PRIu64 ",\"verdict\":null,\"retval\":null,\"len\":null,\"data\":null,"
            "\"cycles\":null,\"drop\":\"%s\"}\n",
            w->index++, why);
}

/* Input records without a byte have no seq: they go out before the frame behind them. */
static void write_empty(struct perpacket *w)
{
    size_t count;
    const uint64_t *at = traffic_empty_at(w->traffic, &count);

    for (; w->empty < count && at[w->empty] == w->index; w->empty++)
        write_drop(w, "empty");
}

static void write_line(struct perpacket *w, const struct line *l)
{
    write_empty(w);
    if (l->drop != NULL) {
        write_drop(w, l->drop);
        return;
    }
    fprintf(w->out.file,
            "{\"i\":%" PRIu64 ",\"verdict\":\"%s\",\"retval\":%" PRIu32 ",\"len\":%" PRIu32
            ",\"data\":\"",
            w->index++, verdict_name(l->verdict), l->retval, l->len);
    write_hex(w->out.file, l->data, l->len);
    fprintf(w->out.file, "\",\"cycles\":%" PRIu64 "}\n", l->cycles);
}

static struct line *line_of(struct perpacket *w, uint64_t seq)
{
    return &w->window[seq & (w->size - 1)];
}

static bool grow(struct perpacket *w)
{
    size_t size = w->size * 2;
    struct line *window = calloc(size, sizeof(*window));

    if (window == NULL)
        return false;
    for (size_t i = 0; i < w->size; i++)
        window[(w->next + i) & (size - 1)] = *line_of(w, w->next + i);
    free(w->window);
    w->window = window;
    w->size = size;
    return true;
}

/* Keeps a line that is not next; the data is copied. */
static void keep(struct perpacket *w, uint64_t seq, const struct line *l)
{
    struct line *slot;

    while (seq - w->next >= w->size)
        if (!grow(w)) {
            w->no_memory = true;
            return;
        }
    slot = line_of(w, seq);
    if (slot->room < l->len) {
        uint8_t *data = realloc(slot->data, l->len);

        if (data == NULL) {
            w->no_memory = true;
            return;
        }
        slot->data = data;
        slot->room = l->len;
    }
    if (l->len != 0)
        memcpy(slot->data, l->data, l->len);
    *slot = (struct line){.ready = true,
                          .verdict = l->verdict,
                          .drop = l->drop,
                          .retval = l->retval,
                          .len = l->len,
                          .room = slot->room,
                          .cycles = l->cycles,
                          .data = slot->data};
}

static void add(struct perpacket *w, uint64_t seq, const struct line *l)
{
    if (seq < w->next || w->no_memory)
        return;
    if (seq != w->next) {
        keep(w, seq, l);
        return;
    }
    write_line(w, l);
    w->next++;
    while (line_of(w, w->next)->ready) {
        write_line(w, line_of(w, w->next));
        line_of(w, w->next)->ready = false;
        w->next++;
    }
}

void perpacket_done(struct perpacket *w, const struct nic_pkt *pkt, const uint8_t *data,
                    uint32_t len, uint64_t cycles)
{
    struct line l = {.verdict = pkt->verdict,
                     .retval = pkt->retval,
                     .len = len,
                     .cycles = cycles,
                     .data = (uint8_t *)(uintptr_t)data};

    add(w, pkt->seq, &l);
}

void perpacket_dropped(struct perpacket *w, uint64_t seq, const char *why)
{
    struct line l = {.drop = why};

    add(w, seq, &l);
}

static void release(struct perpacket *w)
{
    for (size_t i = 0; w->window != NULL && i < w->size; i++)
        free(w->window[i].data);
    free(w->window);
    free(w);
}

int perpacket_commit(struct perpacket *w, struct nic_err *err)
{
    int rc;

    write_empty(w);
    if (w->no_memory)
        rc = nic_err_set(err, -ENOMEM, "%s: out of memory", w->out.path);
    else if (w->next != traffic_stats(w->traffic)->frames)
        rc = nic_err_set(err, -EIO, "%s: the NIC never gave packet %" PRIu64 " back", w->out.path,
                         w->index);
    else
        rc = outfile_commit(&w->out, err);
    if (rc != 0)
        outfile_abort(&w->out);
    release(w);
    return rc;
}

void perpacket_abort(struct perpacket *w)
{
    if (w == NULL)
        return;
    outfile_abort(&w->out);
    release(w);
}
