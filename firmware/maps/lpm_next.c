/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The walk of a trie, in the kernel's order: an entry after those that it contains, and
 * of two that part the one with the 0 bit first.
 */
#include "maps/lpm_impl.h"

/*
 * The first entry of node n whose byte there starts with the `bits` bits of lo; 0: none.
 * The most specific cover met so far is the answer unless its slots have more below.
 */
static uint32_t first_in(const struct lpm_node *n, uint32_t lo, uint32_t bits)
{
    uint32_t end = lo + (1u << (8 - bits));
    uint32_t best = 0;
    for (uint32_t i = lo; i < end; i++) {
        uint64_t slot = slot_load(n, i);
        uint32_t c = slot_cover(slot);
        if (slot_below(slot) && slot_at(slot) == 0)
            return slot_below(slot);
        if (slot_below(slot)) {
            n = plat_ptr(slot_below(slot)); /* all of it */
            bits = best = 0;
            end = 256;
            i = UINT32_MAX;
        } else if (c && c != best && lpm_entry_at(c)->bits - n->at * 8u >= bits) {
            struct lpm_range r = lpm_range(i, lpm_entry_at(c)->bits - n->at * 8u);
            best = c;
            end = r.lo + r.n;
        }
    }
    return best;
}

/* After everything of node n that starts with the `bits` bits of i: within the node, or 0. */
static uint32_t after_range(struct lpm_node *n, uint32_t i, uint32_t bits)
{
    for (; bits > 0; bits--) {
        uint32_t bit = 1u << (8 - bits);
        uint32_t lo = i & ~(bit - 1);
        uint32_t found = lo & bit ? 0 : first_in(n, lo | bit, bits);
        lo &= ~bit;
        if (!found && bits > 1)
            found = lpm_cover(slot_load(n, lo), n->at * 8u + bits - 1);
        if (found)
            return found;
    }
    return 0;
}

/* After what slot i has below. */
static uint32_t after_below(struct lpm_node *n, uint32_t i)
{
    uint32_t c = lpm_cover(slot_load(n, i), n->at * 8u + 8);
    return c ? c : after_range(n, i, 8);
}

/*
 * Goes down to the node of the key's last byte, its way in t->path. The entry's node is
 * path[*depth - 1]; 0: there is no such entry.
 */
static uint32_t descend(struct lpm *t, const struct lpm_key *key, uint32_t *depth, int *leaf)
{
    struct lpm_node *n = lpm_root(t);
    uint32_t addr = 0;
    for (*depth = 0;;) {
        uint64_t slot = slot_load(n, key->data[n->at]);
        t->path[(*depth)++] = addr; /* 0: the root */
        *leaf = 0;
        if (n->at == lpm_last_byte(key->bits))
            return lpm_cover(slot, key->bits);
        addr = slot_below(slot);
        *leaf = addr && slot_at(slot) == 0;
        if (!addr)
            return 0;
        if (*leaf) {
            const struct lpm_entry *e = lpm_entry_at(addr);
            return e->bits == key->bits && lpm_matches(e, e->bits, key->data) ? addr : 0;
        }
        n = plat_ptr(addr);
        if (n->at > lpm_last_byte(key->bits) || memcmp(n->data, key->data, n->at) != 0)
            return 0;
    }
}

static uint32_t first_of_all(struct lpm *t)
{
    uint32_t first = first_in(lpm_root(t), 0, 0);
    return first ? first : t->any;
}

static uint32_t next_of(struct lpm *t, const struct lpm_key *key)
{
    uint32_t depth, found = 0;
    int leaf;
    if (!key || key->bits > t->data_bytes * 8)
        return first_of_all(t);
    if (key->bits == 0)
        return t->any ? 0 : first_of_all(t); /* it is the last */
    if (!descend(t, key, &depth, &leaf))
        return first_of_all(t);
    for (; depth > 0 && !found; depth--, leaf = 1) {
        uint32_t addr = t->path[depth - 1];
        struct lpm_node *n = addr ? plat_ptr(addr) : lpm_root(t);
        uint32_t i = key->data[n->at];
        found = leaf ? after_below(n, i) : after_range(n, i, lpm_last_bits(key->bits));
    }
    return found ? found : t->any;
}

int fw_lpm_next(struct fw_map *m, const void *key, void *next)
{
    struct lpm *t = lpm_of(m);
    fw_lock(&m->lock);
    uint32_t addr = next_of(t, key);
    if (addr) {
        struct lpm_key *out = next;
        const struct lpm_entry *e = lpm_entry_at(addr);
        memcpy(&out->bits, &e->bits, sizeof(out->bits));
        memcpy(out->data, e->data, t->data_bytes);
    }
    fw_unlock(&m->lock);
    return addr ? 0 : FW_ENOENT;
}
