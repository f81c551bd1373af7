/* SPDX-License-Identifier: BSD-3-Clause */
/* Of the words that would have been right, the one that was meant. */
#ifndef CMD_SIMILAR_H
#define CMD_SIMILAR_H

#include <stddef.h>

#define SIMILAR_MAX 31 /* longer words are like no other */

struct similar {
    const char *typed;
    size_t len;
    const char *best; /* borrowed from who offered it */
    unsigned distance;
};

/* `typed` has `len` characters and is borrowed until the end. */
void similar_start(struct similar *s, const char *typed, size_t len);

/* A word that would have been right; borrowed. */
void similar_offer(struct similar *s, const char *word);

/*
 * "; did you mean PREFIXword?", or "" when nothing offered is close: a third of
 * the letters wrong, left out, too many or swapped is the most. Returns buf.
 */
const char *similar_hint(const struct similar *s, const char *prefix, char *buf, size_t len);

#endif
