/* SPDX-License-Identifier: BSD-3-Clause */
/* Of the words that would have been right, the one that was meant: a typing aid for messages. */
#ifndef NIC_SIMILAR_H
#define NIC_SIMILAR_H

#include <stddef.h>

#define NIC_SIMILAR_MAX 31 /* longer words are like no other */

struct nic_similar {
    const char *typed;
    size_t len;
    const char *best; /* borrowed from who offered it */
    unsigned distance;
};

/* `typed` has `len` characters and is borrowed until the end. */
void nic_similar_start(struct nic_similar *s, const char *typed, size_t len);

/* A word that would have been right; borrowed. */
void nic_similar_offer(struct nic_similar *s, const char *word);

/*
 * "; did you mean PREFIXword?", or "" when nothing offered is close: a third of
 * the letters wrong, left out, too many or swapped is the most. Returns buf.
 */
const char *nic_similar_hint(const struct nic_similar *s, const char *prefix, char *buf,
                             size_t len);

/* The same in one call: nic_similar_hint without prefix of `typed` among `count` words. */
const char *nic_similar_among(const char *typed, size_t typed_len, const char *const *words,
                              size_t count, char *buf, size_t len);

#endif
