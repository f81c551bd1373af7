/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/runevents.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#include "traffic/outfile.h"

#define PERF_PAGES 64 /* of each CPU's buffer: a burst of the event queue fits */

/* One map and its consumer. */
struct source {
    struct runevents *all;
    const char *name;
    int fd;
    struct ring_buffer *ring; /* or */
    struct perf_buffer *perf;
    uint64_t received, bytes, lost;
};

struct runevents {
    struct nicbpf *b;
    struct outfile out;
    struct source *source;
    size_t count;
};

/* ---- records ---- */

/* Names are identifiers of C, or begin with the object's name: nothing to escape. */
static void write_line(FILE *f, const struct source *s, int cpu, const uint8_t *data, size_t len)
{
    fprintf(f, "{\"map\":\"%s\",", s->name);
    if (cpu >= 0)
        fprintf(f, "\"cpu\":%d,", cpu);
    fputs("\"data\":\"", f);
    for (size_t i = 0; i < len; i++)
        fprintf(f, "%02x", data[i]);
    fputs("\"}\n", f);
}

static void take(struct source *s, int cpu, const void *data, size_t len)
{
    s->received++;
    s->bytes += len;
    if (s->all->out.file != NULL)
        write_line(s->all->out.file, s, cpu, data, len);
}

static int on_record(void *ctx, void *data, size_t len)
{
    take(ctx, -1, data, len);
    return 0;
}

static void on_sample(void *ctx, int cpu, void *data, uint32_t len)
{
    take(ctx, cpu, data, len);
}

/* ---- consumers ---- */

static void consume(void *ctx)
{
    struct runevents *e = ctx;

    for (size_t i = 0; i < e->count; i++) {
        if (e->source[i].ring != NULL)
            (void)ring_buffer__consume(e->source[i].ring);
        if (e->source[i].perf != NULL)
            (void)perf_buffer__consume(e->source[i].perf);
    }
}

static enum bpf_perf_event_ret on_event(void *ctx, int cpu, struct perf_event_header *event)
{
    const struct {
        struct perf_event_header header;
        uint32_t size;
        uint8_t data[];
    } *sample = (const void *)event;

    if (event->type == PERF_RECORD_SAMPLE)
        on_sample(ctx, cpu, (void *)(uintptr_t)sample->data, sample->size);
    return LIBBPF_PERF_EVENT_CONT;
}

/* A buffer for each of the card's processors, or as many as the map has entries. */
static struct perf_buffer *open_perf(struct source *s, const struct nicbpf *b, uint32_t entries)
{
    struct perf_event_attr attr = {
        .size = sizeof(attr),
        .type = PERF_TYPE_SOFTWARE,
        .config = PERF_COUNT_SW_BPF_OUTPUT,
        .sample_type = PERF_SAMPLE_RAW,
        .sample_period = 1,
        .wakeup_events = 1,
    };
    unsigned count = entries < nicbpf_cpus(b) ? entries : nicbpf_cpus(b);
    int *number = calloc(count, sizeof(*number));

    if (number == NULL)
        return NULL;
    for (unsigned i = 0; i < count; i++)
        number[i] = (int)i;
    const struct perf_buffer_raw_opts opts = {
        .sz = sizeof(opts),
        .cpu_cnt = (int)count,
        .cpus = number,
        .map_keys = number,
    };
    struct perf_buffer *pb = perf_buffer__new_raw(s->fd, PERF_PAGES, &attr, on_event, s, &opts);
    int saved = errno;
    free(number);
    errno = saved;
    return pb;
}

static int open_source(struct runevents *e, const struct bpf_map *map, struct nic_err *err)
{
    struct source *s = &e->source[e->count];

    *s = (struct source){.all = e, .name = bpf_map__name(map), .fd = bpf_map__fd(map)};
    if (bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF)
        s->ring = ring_buffer__new(s->fd, on_record, s, NULL);
    else
        s->perf = open_perf(s, e->b, bpf_map__max_entries(map));
    if (s->ring == NULL && s->perf == NULL)
        return nic_err_set(err, -errno, "map '%s': cannot read its events: %s", s->name,
                           strerror(errno));
    e->count++;
    return 0;
}

static bool has_events(const struct bpf_map *map)
{
    enum bpf_map_type type = bpf_map__type(map);

    return bpf_map__fd(map) >= 0 &&
           (type == BPF_MAP_TYPE_RINGBUF || type == BPF_MAP_TYPE_PERF_EVENT_ARRAY);
}

static int open_sources(struct runevents *e, struct bpf_object *obj, struct nic_err *err)
{
    struct bpf_map *map;
    size_t count = 0;
    int rc = 0;

    bpf_object__for_each_map(map, obj) count++;
    e->source = calloc(count + 1, sizeof(*e->source));
    if (e->source == NULL)
        return nic_err_set(err, -ENOMEM, "out of memory");
    bpf_object__for_each_map(map, obj)
    {
        if (rc == 0 && has_events(map))
            rc = open_source(e, map, err);
    }
    return rc;
}

int runevents_open(struct bpf_object *obj, struct nicbpf *b, const char *path,
                   struct runevents **out, struct nic_err *err)
{
    struct runevents *e = calloc(1, sizeof(*e));
    int rc = 0;

    if (e == NULL)
        return nic_err_set(err, -ENOMEM, "out of memory");
    e->b = b;
    if (path != NULL)
        rc = outfile_open(&e->out, path, err);
    if (rc == 0)
        rc = open_sources(e, obj, err);
    if (rc != 0) {
        runevents_close(e);
        return rc;
    }
    nicbpf_on_events(b, consume, e);
    *out = e;
    return 0;
}

int runevents_finish(struct runevents *e, struct nic_err *err)
{
    consume(e);
    for (size_t i = 0; i < e->count; i++) {
        int rc = nicbpf_map_lost(e->b, e->source[i].fd, &e->source[i].lost);
        if (rc != 0)
            return nic_err_set(err, rc, "map '%s': the NIC does not answer", e->source[i].name);
    }
    return e->out.file != NULL ? outfile_commit(&e->out, err) : 0;
}

void runevents_close(struct runevents *e)
{
    if (e == NULL)
        return;
    nicbpf_on_events(e->b, NULL, NULL);
    for (size_t i = 0; i < e->count; i++) {
        ring_buffer__free(e->source[i].ring);
        perf_buffer__free(e->source[i].perf);
    }
    outfile_abort(&e->out);
    free(e->source);
    free(e);
}

/* ---- results ---- */

static const char *type_name(const struct source *s)
{
    return s->ring != NULL ? "ringbuf" : "perf_event_array";
}

void runevents_print(const struct runevents *e)
{
    if (e->count == 0)
        puts("  the object has no ring buffer and no perf event array");
    for (size_t i = 0; i < e->count; i++) {
        const struct source *s = &e->source[i];
        printf("  %s (%s): %" PRIu64 " received, %" PRIu64 " bytes, %" PRIu64 " lost\n", s->name,
               type_name(s), s->received, s->bytes, s->lost);
    }
}

json_object *runevents_json(const struct runevents *e)
{
    json_object *all = json_object_new_array();

    for (size_t i = 0; i < e->count; i++) {
        const struct source *s = &e->source[i];
        json_object *o = json_object_new_object();

        json_object_object_add(o, "name", json_object_new_string(s->name));
        json_object_object_add(o, "type", json_object_new_string(type_name(s)));
        json_object_object_add(o, "received", json_object_new_uint64(s->received));
        json_object_object_add(o, "bytes", json_object_new_uint64(s->bytes));
        json_object_object_add(o, "lost", json_object_new_uint64(s->lost));
        json_object_array_add(all, o);
    }
    return all;
}
