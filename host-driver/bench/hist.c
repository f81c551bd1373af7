/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/hist.h"

#include <string.h>

#define STEPS (1u << HIST_STEP_BITS)

void hist_clear(struct hist *h)
{
    memset(h, 0, sizeof(*h));
}

/* Slots of one width: the first two rows have width 1, each one after it is twice as wide. */
static unsigned slot_of(uint64_t v)
{
    unsigned top, row;

    if (v < 2 * STEPS)
        return (unsigned)v;
    top = 63u - (unsigned)__builtin_clzll(v);
    row = top - HIST_STEP_BITS;
    return (row << HIST_STEP_BITS) + (unsigned)(v >> row);
}

uint64_t hist_floor(unsigned i)
{
    unsigned row;

    if (i < 2 * STEPS)
        return i;
    row = (i >> HIST_STEP_BITS) - 1;
    return (uint64_t)((i & (STEPS - 1)) + STEPS) << row;
}

void hist_add(struct hist *h, uint64_t v)
{
    if (h->count == 0 || v < h->least)
        h->least = v;
    if (v > h->most)
        h->most = v;
    h->count++;
    h->sum += v;
    h->slot[slot_of(v)]++;
}

void hist_merge(struct hist *to, const struct hist *from)
{
    if (from->count == 0)
        return;
    if (to->count == 0 || from->least < to->least)
        to->least = from->least;
    if (from->most > to->most)
        to->most = from->most;
    to->count += from->count;
    to->sum += from->sum;
    for (unsigned i = 0; i < HIST_SLOTS; i++)
        to->slot[i] += from->slot[i];
}

uint64_t hist_quantile(const struct hist *h, uint32_t ppm)
{
    uint64_t wanted, seen = 0;

    if (h->count == 0)
        return 0;
    /* count x ppm / 1000000, rounded up, without overflow */
    wanted = h->count / 1000000u * ppm + (h->count % 1000000u * ppm + 999999u) / 1000000u;
    for (unsigned i = 0; i + 1 < HIST_SLOTS && wanted < h->count; i++) {
        seen += h->slot[i];
        if (seen >= wanted && seen != 0) {
            uint64_t end = hist_floor(i + 1) - 1;

            return end < h->most ? end : h->most;
        }
    }
    return h->most;
}
