/* SPDX-License-Identifier: BSD-3-Clause */
#include "nic/similar.h"

#include <stdio.h>
#include <string.h>

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Letters replaced, added, left out, or swapped with the next one (optimal string alignment). */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    unsigned d[NIC_SIMILAR_MAX + 1][NIC_SIMILAR_MAX + 1];

    for (size_t i = 0; i <= a_len; i++)
        d[i][0] = (unsigned)i;
    for (size_t j = 0; j <= b_len; j++)
        d[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a_len; i++)
        for (size_t j = 1; j <= b_len; j++) {
            d[i][j] = least(d[i - 1][j - 1] + (a[i - 1] != b[j - 1]),
                            least(d[i - 1][j], d[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[a_len][b_len];
}

void nic_similar_start(struct nic_similar *s, const char *typed, size_t len)
{
    *s = (struct nic_similar){.typed = typed, .len = len, .distance = (unsigned)len / 3 + 1};
    if (len > NIC_SIMILAR_MAX)
        s->len = 0;
}

void nic_similar_offer(struct nic_similar *s, const char *word)
{
    size_t len = strlen(word);
    unsigned d;

    if (s->len == 0 || len > NIC_SIMILAR_MAX)
        return;
    d = distance(s->typed, s->len, word, len);
    if (d < s->distance) {
        s->distance = d;
        s->best = word;
    }
}

const char *nic_similar_hint(const struct nic_similar *s, const char *prefix, char *buf, size_t len)
{
    buf[0] = '\0';
    if (s->best != NULL)
        snprintf(buf, len, "; did you mean %s%s?", prefix, s->best);
    return buf;
}

const char *nic_similar_among(const char *typed, size_t typed_len, const char *const *words,
                              size_t count, char *buf, size_t len)
{
    struct nic_similar meant;

    nic_similar_start(&meant, typed, typed_len);
    for (size_t i = 0; i < count; i++)
        nic_similar_offer(&meant, words[i]);
    return nic_similar_hint(&meant, "", buf, len);
}
