/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * BPF_MAP_TYPE_LPM_TRIE: lookups and changes; lpm_impl.h has the trie.
 *
 * Readers take no lock. A change builds what is new aside and makes it visible by one
 * store to a slot; what it takes out stays whole until it is used again, and before that
 * the map's version grows: a lookup that sees the version change starts over.
 * Writers take the map's lock.
 */
#include "maps/lpm_impl.h"

#define LPM_FLAGS     (FW_ACCESS_FLAGS | FW_F_NO_PREALLOC)
#define LPM_VALUE_MAX 0x100000u

/* ---- lookup ---- */

static int contains(const struct lpm_entry *e, const struct lpm_key *key)
{
    uint32_t bits = lpm_bits(e);
    return bits <= key->bits && lpm_matches(e, bits, key->data);
}

/* The longest cover that contains the key, every node's own checked: for keys shorter than the
 * longest, and where nodes were left out. */
static uint32_t lookup_careful(struct lpm *t, const struct lpm_key *key)
{
    const struct lpm_node *n = lpm_root(t);
    uint32_t best = t->any;
    for (uint32_t at = 0; at * 8 < key->bits; at = lpm_node_at(n)) {
        uint64_t slot = slot_load(n, key->data[at]);
        uint32_t c = slot_cover(slot);
        while (c && !contains(lpm_entry_at(c), key))
            c = lpm_shorter(c);
        best = c ? c : best;
        if (!slot_below(slot) || slot_at(slot) == 0)
            break;
        n = plat_ptr(slot_below(slot));
    }
    return best;
}

/* `bytes` of data has a key: the trie's own figure would be one more read of DRAM. */
static uint32_t lookup_once(struct lpm *t, const struct lpm_key *key, uint32_t bytes)
{
    const struct lpm_node *n = lpm_root(t);
    uint32_t best = 0;
    uint32_t gap = key->bits != bytes * 8;
    uint32_t at = 0;
    while (at * 8 < key->bits) {
        uint64_t slot = slot_load(n, key->data[at]);
        uint32_t below = slot_below(slot);
        best = slot_cover(slot) ? slot_cover(slot) : best;
        if (!below)
            break;
        if (slot_at(slot) == 0) {
            const struct lpm_entry *leaf = plat_ptr(below);
            if (contains(leaf, key))
                return below;
            break;
        }
        gap |= slot_at(slot) != at + 1;
        at = slot_at(slot);
        n = plat_ptr(below);
    }
    if (best && !gap)
        return best;
    return best ? lookup_careful(t, key) : t->any;
}

static uint64_t version(const struct fw_map *m)
{
    return __atomic_load_n(&m->own[0], __ATOMIC_ACQUIRE);
}

static void *lookup(const struct fw_map *m, const void *key)
{
    const struct lpm_key *k = key;
    struct lpm *t = lpm_of(m);
    uint32_t bytes = m->spec.key_size - (uint32_t)sizeof(struct lpm_key);
    uint64_t before;
    void *value;
    if (k->bits > bytes * 8)
        return NULL;
    do {
        before = version(m);
        uint32_t addr = lookup_once(t, k, bytes);
        value = addr ? lpm_entry_at(addr)->data + fw_round8(bytes) : NULL;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    } while (version(m) != before);
    return value;
}

/* ---- where an entry is ---- */

struct place {
    struct lpm_node *node,
        *above;                /* above: the node whose slot leads to `node`; NULL for the root */
    uint32_t slot, above_slot; /* of the key's bytes */
    uint32_t entry;            /* exactly the key's prefix, 0: not there */
    int leaf;                  /* it is the slot's leaf, else a cover of the node */
};

static int exactly(const struct lpm_entry *e, const struct lpm_key *key)
{
    return e->bits == key->bits && lpm_matches(e, e->bits, key->data);
}

/* Follows a key of 1 bit or more down to the last node that shares its bytes, and not past its last
 * byte. */
static struct place place_of(struct lpm *t, const struct lpm_key *key)
{
    struct place p = {.node = lpm_root(t)};
    uint32_t last = lpm_last_byte(key->bits);
    for (;;) {
        p.slot = key->data[p.node->at];
        uint64_t slot = slot_load(p.node, p.slot);
        uint32_t below = slot_below(slot);
        if (p.node->at == last) {
            p.entry = lpm_cover(slot, key->bits);
            return p;
        }
        if (!below)
            return p;
        if (slot_at(slot) == 0) {
            p.leaf = exactly(lpm_entry_at(below), key);
            p.entry = p.leaf ? below : 0;
            return p;
        }
        struct lpm_node *next = plat_ptr(below);
        if (next->at > last || memcmp(next->data, key->data, next->at) != 0)
            return p;
        p.above = p.node;
        p.above_slot = p.slot;
        p.node = next;
    }
}

/* ---- covers of a node ---- */

/* Puts `put` behind covers of more than `bits` bits in the slot: in place of the cover `of`, or in
 * front of what follows when `of` is 0. */
static void chain_set(struct lpm_node *n, uint32_t i, uint32_t bits, uint32_t put)
{
    uint64_t slot = slot_load(n, i);
    uint32_t c = slot_cover(slot);
    if (!c || lpm_entry_at(c)->bits <= bits) {
        slot_store(n, i, slot_make(put, slot_below(slot), slot_at(slot)));
        return;
    }
    while (lpm_shorter(c) && lpm_entry_at(lpm_shorter(c))->bits > bits)
        c = lpm_shorter(c);
    __atomic_store_n(&lpm_entry_at(c)->shorter, put, __ATOMIC_RELEASE);
}

/* The first cover of fewer than `bits` bits, or 0. */
static uint32_t chain_below(uint64_t slot, uint32_t bits)
{
    uint32_t c = slot_cover(slot);
    while (c && lpm_entry_at(c)->bits >= bits)
        c = lpm_shorter(c);
    return c;
}

/* In all slots of the prefix: `put` stands where covers of its length stand. */
static void cover_set(struct lpm_node *n, const uint8_t *data, uint32_t bits, uint32_t put)
{
    struct lpm_range r = lpm_range(data[n->at], lpm_last_bits(bits));
    for (uint32_t i = r.lo; i < r.lo + r.n; i++)
        chain_set(n, i, bits, put);
}

static void cover_add(struct lpm_node *n, uint32_t addr)
{
    struct lpm_entry *e = lpm_entry_at(addr);
    struct lpm_range r = lpm_range(e->data[n->at], lpm_last_bits(e->bits));
    __atomic_store_n(&e->shorter, chain_below(slot_load(n, r.lo), e->bits), __ATOMIC_RELAXED);
    cover_set(n, e->data, e->bits, addr);
    n->items++;
}

static void below_set(struct lpm_node *n, uint32_t i, uint32_t below, uint32_t at)
{
    slot_store(n, i, slot_make(slot_cover(slot_load(n, i)), below, at));
}

/* ---- memory ---- */

/* Objects used again: lookups that may still see them as what they were start over. */
static uint32_t take(struct fw_map *m, struct fw_pool *pool)
{
    int again;
    uint32_t addr = fw_pool_take(m->maps, pool, &again);
    if (again) {
        (void)__atomic_fetch_add(&m->own[0], 1, __ATOMIC_RELAXED);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
    }
    return addr;
}

static uint32_t entry_new(struct fw_map *m, const struct lpm_key *key, const void *value)
{
    struct lpm *t = lpm_of(m);
    uint32_t addr = take(m, &t->entries);
    if (!addr)
        return 0;
    struct lpm_entry *e = lpm_entry_at(addr);
    __atomic_store_n(&e->shorter, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&e->bits, key->bits, __ATOMIC_RELAXED);
    for (uint32_t at = 0; at < t->data_bytes; at += 8)
        __atomic_store_n((uint64_t *)(void *)(e->data + at), key_word(key->data, at, t->data_bytes),
                         __ATOMIC_RELAXED);
    fw_value_store_new(m, lpm_value(t, e), value);
    return addr;
}

/* An empty node for byte `at` of keys like this; 0: no DRAM. */
static uint32_t node_new(struct fw_map *m, const uint8_t *data, uint32_t at)
{
    uint32_t addr = take(m, &lpm_of(m)->nodes);
    if (!addr)
        return 0;
    struct lpm_node *n = plat_ptr(addr);
    __atomic_store_n(&n->at, (uint16_t)at, __ATOMIC_RELAXED);
    n->items = 0;
    for (uint32_t i = 0; i < 256; i++)
        __atomic_store_n(&n->slot[i], 0, __ATOMIC_RELAXED);
    memcpy(n->data, data, at);
    return addr;
}

/* ---- update ---- */

/* An entry comes in below a new node, which belongs to it. */
static void add_entry(struct lpm_node *n, uint32_t addr)
{
    const struct lpm_entry *e = lpm_entry_at(addr);
    if (lpm_last_byte(e->bits) == n->at) {
        cover_add(n, addr);
        return;
    }
    below_set(n, e->data[n->at], addr, 0);
    n->items++;
}

static uint32_t first_difference(const uint8_t *a, const uint8_t *b, uint32_t from, uint32_t to)
{
    while (from < to && a[from] == b[from])
        from++;
    return from;
}

/* Something is below the slot already: a node for both takes its place. */
static int split(struct fw_map *m, struct lpm_node *n, uint32_t i, uint32_t addr)
{
    const struct lpm_entry *e = lpm_entry_at(addr);
    uint64_t slot = slot_load(n, i);
    uint32_t below = slot_below(slot);
    uint32_t at = slot_at(slot);
    const struct lpm_node *node = plat_ptr(below);
    const struct lpm_entry *leaf = plat_ptr(below);
    const uint8_t *other = at ? node->data : leaf->data;
    uint32_t limit = at ? at : lpm_last_byte(leaf->bits);
    limit = limit < lpm_last_byte(e->bits) ? limit : lpm_last_byte(e->bits);
    limit = first_difference(e->data, other, n->at + 1u, limit);
    uint32_t split_addr = node_new(m, e->data, limit);
    if (!split_addr)
        return FW_ENOMEM;
    struct lpm_node *s = plat_ptr(split_addr);
    if (at) {
        below_set(s, other[limit], below, at);
        s->items++;
    } else {
        add_entry(s, below);
    }
    add_entry(s, addr);
    below_set(n, i, split_addr, limit);
    return 0;
}

static int insert(struct fw_map *m, const struct place *p, uint32_t addr)
{
    const struct lpm_entry *e = lpm_entry_at(addr);
    if (lpm_last_byte(e->bits) == p->node->at) {
        cover_add(p->node, addr);
    } else if (!slot_below(slot_load(p->node, p->slot))) {
        below_set(p->node, p->slot, addr, 0);
        p->node->items++;
    } else {
        return split(m, p->node, p->slot, addr);
    }
    return 0;
}

static void replace(const struct place *p, uint32_t addr)
{
    struct lpm_entry *e = lpm_entry_at(addr);
    if (p->leaf) {
        below_set(p->node, p->slot, addr, 0);
        return;
    }
    e->shorter = lpm_shorter(p->entry);
    cover_set(p->node, e->data, e->bits, addr);
}

/* Finds the place of a key; 0 bits have theirs beside the trie. */
static uint32_t locate(struct lpm *t, const struct lpm_key *key, struct place *p)
{
    *p = (struct place){.entry = t->any};
    if (key->bits)
        *p = place_of(t, key);
    return p->entry;
}

static int put(struct fw_map *m, const struct lpm_key *key, const void *value, uint64_t flags)
{
    struct lpm *t = lpm_of(m);
    struct place p;
    uint32_t old = locate(t, key, &p);
    if (old ? flags == FW_NOEXIST : flags == FW_EXIST)
        return old ? FW_EEXIST : FW_ENOENT;
    if (!old && m->count >= m->spec.max_entries)
        return FW_ENOSPC;
    uint32_t addr = entry_new(m, key, value);
    int err = addr ? 0 : FW_ENOMEM;
    if (err)
        return err;
    if (key->bits == 0)
        __atomic_store_n(&t->any, addr, __ATOMIC_RELEASE);
    else if (old)
        replace(&p, addr);
    else
        err = insert(m, &p, addr);
    if (old || err)
        fw_pool_give(&t->entries, err ? addr : old);
    m->count += !old && !err;
    return err;
}

/* A key may lie where other harts write: what was checked is what goes into the trie. */
static int update(struct fw_map *m, const void *key, const void *value, uint64_t flags)
{
    union {
        struct lpm_key key;
        uint8_t bytes[sizeof(struct lpm_key) + LPM_DATA_MAX];
    } own;
    memcpy(own.bytes, key, m->spec.key_size);
    if (flags > FW_EXIST || own.key.bits > lpm_of(m)->data_bytes * 8)
        return FW_EINVAL;
    fw_lock(&m->lock);
    int err = put(m, &own.key, value, flags);
    fw_unlock(&m->lock);
    return err;
}

/* ---- delete ---- */

/* What is left in a node of one item, as the slot above is to have it. */
static uint64_t last_item(const struct lpm_node *n)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint64_t slot = slot_load(n, i);
        if (slot_below(slot))
            return slot;
        if (slot_cover(slot))
            return slot_make(0, slot_cover(slot), 0);
    }
    return 0;
}

static void take_out(struct lpm *t, const struct place *p)
{
    const struct lpm_entry *e = lpm_entry_at(p->entry);
    if (p->leaf)
        below_set(p->node, p->slot, 0, 0);
    else
        cover_set(p->node, e->data, e->bits, lpm_shorter(p->entry));
    if (--p->node->items != 1 || !p->above)
        return;
    uint64_t left = last_item(p->node);
    uint64_t slot = slot_load(p->above, p->above_slot);
    below_set(p->above, p->above_slot, slot_below(left), slot_at(left));
    fw_pool_give(&t->nodes, slot_below(slot));
}

static int remove_locked(struct fw_map *m, const struct lpm_key *key)
{
    struct lpm *t = lpm_of(m);
    struct place p;
    uint32_t old = locate(t, key, &p);
    if (!old)
        return FW_ENOENT;
    if (key->bits == 0)
        __atomic_store_n(&t->any, 0, __ATOMIC_RELEASE);
    else
        take_out(t, &p);
    fw_pool_give(&t->entries, old);
    m->count--;
    return 0;
}

static int remove_key(struct fw_map *m, const void *key)
{
    const struct lpm_key *k = key;
    if (k->bits > lpm_of(m)->data_bytes * 8)
        return FW_EINVAL;
    fw_lock(&m->lock);
    int err = remove_locked(m, k);
    fw_unlock(&m->lock);
    return err;
}

/* The value whole: no entry is used again while the lock is held. */
static int read_host(struct fw_map *m, const void *key, void *value, uint64_t flags)
{
    fw_lock(&m->lock);
    const void *from = lookup(m, key);
    if (from)
        fw_value_load(m, value, from, flags);
    fw_unlock(&m->lock);
    return from ? 0 : FW_ENOENT;
}

/* ---- creation ---- */

static int plan(const struct fw_maps *ms, struct fw_map *m)
{
    (void)ms;
    if (m->spec.key_size < 5 || !(m->spec.flags & FW_F_NO_PREALLOC))
        return FW_EINVAL;
    m->bytes = sizeof(struct lpm) + sizeof(struct lpm_node);
    return 0;
}

static void format(struct fw_maps *ms, struct fw_map *m)
{
    struct lpm *t = lpm_of(m);
    uint32_t data = m->spec.key_size - (uint32_t)sizeof(struct lpm_key);
    (void)ms;
    memset(t, 0, m->bytes);
    t->data_bytes = data;
    fw_pool_init(&t->nodes, fw_round8((uint32_t)sizeof(struct lpm_node) + data));
    fw_pool_init(&t->entries, (uint32_t)sizeof(struct lpm_entry) + fw_round8(data) +
                                  fw_round8(m->spec.value_size));
    __atomic_store_n(&m->hot, fw_hot_base(m->base) | FW_KIND_OTHER | FW_MAP_LPM_TRIE << 3,
                     __ATOMIC_RELEASE);
}

static void release(struct fw_maps *ms, struct fw_map *m)
{
    fw_pool_release(ms, &lpm_of(m)->nodes);
    fw_pool_release(ms, &lpm_of(m)->entries);
}

const struct fw_map_type_ops fw_lpm_type = {
    .type = FW_MAP_LPM_TRIE,
    .key_max = sizeof(struct lpm_key) + LPM_DATA_MAX,
    .value_max = LPM_VALUE_MAX,
    .flags = LPM_FLAGS,
    .plan = plan,
    .format = format,
    .release = release,
    .lookup = lookup,
    .update = update,
    .remove = remove_key,
    .next = fw_lpm_next,
    .read = read_host,
};
