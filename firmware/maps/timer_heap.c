/* SPDX-License-Identifier: BSD-3-Clause */
/* A pairing heap (Fredman, Sedgewick, Sleator, Tarjan 1986): links in the records, no memory. */
#include "maps/timer_impl.h"

static int before(const struct fw_timer *a, const struct fw_timer *b)
{
    if (a->expires != b->expires)
        return a->expires < b->expires;
    return (int32_t)(a->order - b->order) < 0;
}

/* Two heaps, neither empty, whose roots have no siblings: one. */
static uint32_t meld(uint32_t a, uint32_t b)
{
    if (before(fw_timer_at(b), fw_timer_at(a))) {
        uint32_t first = b;
        b = a;
        a = first;
    }
    struct fw_timer *top = fw_timer_at(a), *low = fw_timer_at(b);
    low->next = top->child;
    low->prev = a;
    if (top->child)
        fw_timer_at(top->child)->prev = b;
    top->child = b;
    return a;
}

/* Cuts the first heap off a row of siblings. */
static uint32_t cut(uint32_t *row)
{
    uint32_t r = *row;
    struct fw_timer *t = fw_timer_at(r);
    *row = t->next;
    t->next = t->prev = 0;
    return r;
}

/* A row of siblings, 0 = none, becomes one heap: in pairs, then the pairs from the last on. */
static uint32_t merge(uint32_t row)
{
    uint32_t pairs = 0, root = 0;
    while (row) {
        uint32_t a = cut(&row);
        if (row)
            a = meld(a, cut(&row));
        fw_timer_at(a)->next = pairs;
        pairs = a;
    }
    while (pairs) {
        uint32_t a = cut(&pairs);
        root = root ? meld(root, a) : a;
    }
    return root;
}

void fw_heap_insert(uint32_t *root, uint32_t record)
{
    struct fw_timer *t = fw_timer_at(record);
    t->child = t->next = t->prev = 0;
    *root = *root ? meld(*root, record) : record;
}

static void unlink(struct fw_timer *t, uint32_t record)
{
    struct fw_timer *prev = fw_timer_at(t->prev);
    if (prev->child == record)
        prev->child = t->next;
    else
        prev->next = t->next;
    if (t->next)
        fw_timer_at(t->next)->prev = t->prev;
}

void fw_heap_remove(uint32_t *root, uint32_t record)
{
    struct fw_timer *t = fw_timer_at(record);
    uint32_t rest = merge(t->child);
    if (*root == record) {
        *root = rest;
        return;
    }
    unlink(t, record);
    if (rest)
        *root = meld(*root, rest);
}
