/* SPDX-License-Identifier: BSD-3-Clause */
#include "traffic/pcapng.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "traffic/outfile.h"

/* Block types, section 4; option codes, sections 3.5, 4.1, 4.2. */
enum { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_PACKET = 6 };
enum { OPT_END = 0, OPT_COMMENT = 1, OPT_IF_NAME = 2, OPT_USERAPPL = 4, OPT_IF_TSRESOL = 9 };
#define BYTE_ORDER_MAGIC  0x1a2b3c4du
#define LINKTYPE_ETHERNET 1u
#define TSRESOL_NANO      9 /* a negative power of ten */

/* Longer comments are cut: an option's length has 16 bits. */
#define COMMENT_MAX 1024u

struct pcapng {
    struct outfile out;
};

struct option {
    uint16_t code;
    const void *value;
    uint16_t len;
};

static void put(struct pcapng *w, const void *p, size_t len)
{
    fwrite(p, 1, len, w->out.file);
}

/* Little-endian, whatever the host is. */
static void put16(struct pcapng *w, uint32_t v)
{
    uint8_t b[2] = {(uint8_t)v, (uint8_t)(v >> 8)};

    put(w, b, sizeof(b));
}

static void put32(struct pcapng *w, uint32_t v)
{
    put16(w, v & 0xffff);
    put16(w, v >> 16);
}

static uint32_t padded(uint32_t len)
{
    return (len + 3) & ~3u;
}

static void put_padded(struct pcapng *w, const void *p, uint32_t len)
{
    put(w, p, len);
    put(w, "\0\0\0", padded(len) - len);
}

/* With the end mark; a block without options has none. */
static uint32_t options_size(const struct option *o)
{
    uint32_t size = 0;

    for (; o->value != NULL; o++)
        size += 4 + padded(o->len);
    return size != 0 ? size + 4 : 0;
}

static void put_options(struct pcapng *w, const struct option *o)
{
    if (o->value == NULL)
        return;
    for (; o->value != NULL; o++) {
        put16(w, o->code);
        put16(w, o->len);
        put_padded(w, o->value, o->len);
    }
    put16(w, OPT_END);
    put16(w, 0);
}

static uint32_t begin_block(struct pcapng *w, uint32_t type, uint32_t body)
{
    uint32_t total = 12 + body;

    put32(w, type);
    put32(w, total);
    return total;
}

static void section_header(struct pcapng *w, const char *application)
{
    struct option o[] = {{OPT_USERAPPL, application, (uint16_t)strlen(application)}, {0}};
    uint32_t total = begin_block(w, BLOCK_SECTION, 16 + options_size(o));

    put32(w, BYTE_ORDER_MAGIC);
    put16(w, 1); /* version 1.0 */
    put16(w, 0);
    put32(w, 0xffffffff); /* length of the section: not told */
    put32(w, 0xffffffff);
    put_options(w, o);
    put32(w, total);
}

static void interface_block(struct pcapng *w, const char *name)
{
    uint8_t resolution = TSRESOL_NANO;
    struct option o[] = {
        {OPT_IF_NAME, name, (uint16_t)strlen(name)}, {OPT_IF_TSRESOL, &resolution, 1}, {0}};
    uint32_t total = begin_block(w, BLOCK_INTERFACE, 8 + options_size(o));

    put16(w, LINKTYPE_ETHERNET);
    put16(w, 0);
    put32(w, 0); /* no snapshot limit */
    put_options(w, o);
    put32(w, total);
}

int pcapng_create(const char *path, const char *application, const char *const *names,
                  unsigned count, struct pcapng **out, struct nic_err *err)
{
    struct pcapng *w = calloc(1, sizeof(*w));
    int rc;

    if (w == NULL)
        return nic_err_set(err, -ENOMEM, "%s: out of memory", path);
    rc = outfile_open(&w->out, path, err);
    if (rc != 0) {
        free(w);
        return rc;
    }
    section_header(w, application);
    for (unsigned i = 0; i < count; i++)
        interface_block(w, names[i]);
    *out = w;
    return 0;
}

void pcapng_write(struct pcapng *w, unsigned interface, uint64_t tstamp_ns, const void *data,
                  uint32_t len, const char *comment)
{
    size_t text = comment != NULL ? strnlen(comment, COMMENT_MAX) : 0;
    struct option o[] = {{OPT_COMMENT, comment, (uint16_t)text}, {0}};
    uint32_t total = begin_block(w, BLOCK_PACKET, 20 + padded(len) + options_size(o));

    put32(w, interface);
    put32(w, (uint32_t)(tstamp_ns >> 32));
    put32(w, (uint32_t)tstamp_ns);
    put32(w, len); /* captured */
    put32(w, len); /* original */
    put_padded(w, data, len);
    put_options(w, o);
    put32(w, total);
}

int pcapng_commit(struct pcapng *w, struct nic_err *err)
{
    int rc = outfile_commit(&w->out, err);

    free(w);
    return rc;
}

void pcapng_abort(struct pcapng *w)
{
    if (w == NULL)
        return;
    outfile_abort(&w->out);
    free(w);
}
