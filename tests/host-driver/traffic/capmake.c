/* SPDX-License-Identifier: BSD-3-Clause */
#include "capmake.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PCAPNG(be, res, ticks, text)                                                               \
    {.what = (text), .pcapng = true, .big_endian = (be), .tsresol = (res), .ticks_per_s = (ticks)}

const struct capmake capmake_forms[] = {
    {.what = "pcap little-endian us", .ticks_per_s = 1000000},
    {.what = "pcap big-endian us", .big_endian = true, .ticks_per_s = 1000000},
    {.what = "pcap little-endian ns", .nano = true, .ticks_per_s = 1000000000},
    {.what = "pcap big-endian ns", .nano = true, .big_endian = true, .ticks_per_s = 1000000000},
    PCAPNG(false, -1, 1000000, "pcapng little-endian default"),
    PCAPNG(true, -1, 1000000, "pcapng big-endian default"),
    PCAPNG(false, 3, 1000, "pcapng little-endian ms"),
    PCAPNG(true, 9, 1000000000, "pcapng big-endian ns"),
    PCAPNG(false, 9, 1000000000, "pcapng little-endian ns"),
    PCAPNG(true, 0x80 | 10, 1024, "pcapng big-endian 2^-10"),
    {.what = NULL},
};

struct buf {
    uint8_t *p;
    size_t len, room;
    bool be;
};

static void put(struct buf *b, const void *p, size_t n)
{
    assert(b->len + n <= b->room);
    memcpy(b->p + b->len, p, n);
    b->len += n;
}

static void put_int(struct buf *b, uint32_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        unsigned shift = 8 * (b->be ? bytes - 1 - i : i);
        uint8_t byte = (uint8_t)(v >> shift);

        put(b, &byte, 1);
    }
}

uint8_t capmake_byte(unsigned i, uint32_t k)
{
    return (uint8_t)(i * 31 + k * 7 + 1);
}

static void put_data(struct buf *b, unsigned i, uint32_t len)
{
    for (uint32_t k = 0; k < len; k++) {
        uint8_t byte = capmake_byte(i, k);

        put(b, &byte, 1);
    }
}

static void pcap_header(struct buf *b, const struct capmake *f, uint16_t linktype)
{
    put_int(b, f->nano ? 0xa1b23c4d : 0xa1b2c3d4, 4);
    put_int(b, 2, 2);
    put_int(b, 4, 2);
    put_int(b, 0, 4);
    put_int(b, 0, 4);
    put_int(b, 262144, 4);
    put_int(b, linktype, 4);
}

static void pcap_record(struct buf *b, const struct capmake *f, unsigned i, const struct caprec *r)
{
    put_int(b, r->sec, 4);
    put_int(b, r->nsec / (1000000000 / f->ticks_per_s), 4);
    put_int(b, r->caplen, 4);
    put_int(b, r->wirelen, 4);
    put_data(b, i, r->caplen);
}

static void pcapng_header(struct buf *b, const struct capmake *f, uint16_t linktype)
{
    uint32_t idb = f->tsresol >= 0 ? 32 : 20;

    put_int(b, 0x0a0d0d0a, 4);
    put_int(b, 28, 4);
    put_int(b, 0x1a2b3c4d, 4);
    put_int(b, 1, 2);
    put_int(b, 0, 2);
    put_int(b, 0xffffffff, 4);
    put_int(b, 0xffffffff, 4);
    put_int(b, 28, 4);
    put_int(b, 1, 4);
    put_int(b, idb, 4);
    put_int(b, linktype, 2);
    put_int(b, 0, 2);
    put_int(b, 0, 4);
    if (f->tsresol >= 0) {
        uint8_t value[4] = {(uint8_t)f->tsresol, 0, 0, 0};

        put_int(b, 9, 2);
        put_int(b, 1, 2);
        put(b, value, 4);
        put_int(b, 0, 4);
    }
    put_int(b, idb, 4);
}

static void pcapng_record(struct buf *b, const struct capmake *f, unsigned i,
                          const struct caprec *r)
{
    uint32_t pad = (4 - r->caplen % 4) % 4, total = 32 + r->caplen + pad;
    uint64_t ticks =
        (uint64_t)r->sec * f->ticks_per_s + (uint64_t)r->nsec * f->ticks_per_s / 1000000000u;

    put_int(b, 6, 4);
    put_int(b, total, 4);
    put_int(b, 0, 4);
    put_int(b, (uint32_t)(ticks >> 32), 4);
    put_int(b, (uint32_t)ticks, 4);
    put_int(b, r->caplen, 4);
    put_int(b, r->wirelen, 4);
    put_data(b, i, r->caplen);
    put(b, "\0\0\0", pad);
    put_int(b, total, 4);
}

size_t capmake(const struct capmake *form, uint16_t linktype, const struct caprec *recs,
               unsigned count, uint8_t *out, size_t room)
{
    struct buf b = {.p = out, .room = room, .be = form->big_endian};

    if (form->pcapng)
        pcapng_header(&b, form, linktype);
    else
        pcap_header(&b, form, linktype);
    for (unsigned i = 0; i < count; i++)
        if (form->pcapng)
            pcapng_record(&b, form, i, &recs[i]);
        else
            pcap_record(&b, form, i, &recs[i]);
    return b.len;
}

const char *capmake_file(const void *bytes, size_t len)
{
    static char name[64];
    int fd;
    FILE *f;

    strcpy(name, "/tmp/nicsim-test-XXXXXX");
    fd = mkstemp(name);
    assert(fd >= 0);
    f = fdopen(fd, "wb");
    assert(f != NULL);
    assert(fwrite(bytes, 1, len, f) == len);
    fclose(f);
    return name;
}
