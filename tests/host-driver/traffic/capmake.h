/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes capture files of every form by hand, so that no library checks itself. */
#ifndef TESTS_CAPMAKE_H
#define TESTS_CAPMAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct capmake {
    const char *what;
    bool pcapng, big_endian;
    bool nano;            /* pcap: the magic of nanoseconds */
    int tsresol;          /* pcapng: if_tsresol value; -1 = option absent */
    uint32_t ticks_per_s; /* what that makes of a second */
};

struct caprec {
    uint32_t sec;
    uint32_t nsec;
    uint32_t caplen, wirelen;
};

/* Every combination worth having; ends with what == NULL. */
extern const struct capmake capmake_forms[];

/* Byte k of record i. */
uint8_t capmake_byte(unsigned i, uint32_t k);

/* The file's bytes; returns the length. `room` must be enough (asserted). */
size_t capmake(const struct capmake *form, uint16_t linktype, const struct caprec *recs,
               unsigned count, uint8_t *out, size_t room);

/* Writes bytes to a new file in the current directory; returns its name (static). */
const char *capmake_file(const void *bytes, size_t len);

#endif
