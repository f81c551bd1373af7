/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net/core/filter.c: bpf_ipv4_fib_lookup, bpf_ipv6_fib_lookup. Reads that depend on each other: the
 * table, a node for each byte where prefixes part, the route, the neighbour. Fields are read in
 * pairs of 32 bits: what counts is how often memory is asked.
 */
#include "helpers/fib.h"

#include <stdbool.h>
#include <stddef.h>

#include "core/mem.h"
#include "helpers/helpers.h"
#include "maps/map.h"

#define AF_INET4      2u
#define AF_INET6      10u
#define LO_PORT       1u
#define LO_MTU        65536u
#define MTU_FIELD_MAX 0xffffu

static const void *at(const struct fw_fib *fib, uint64_t offset)
{
    return (const uint8_t *)fib + offset;
}

/* Rows of the block: offset and number, two words side by side. */
struct rows {
    const void *first;
    uint32_t count;
};

/* What routes and nodes are offsets from. */
static const uint8_t *cold_base(const struct fw_fib *fib)
{
    uint64_t both = fw_get64(&fib->hot); /* hot, cold << 32 */
    uint32_t cold = (uint32_t)(both >> 32);
    return cold ? (const uint8_t *)plat_ptr(cold) - (both & UINT32_MAX) : (const uint8_t *)fib;
}

static struct rows rows_at(const struct fw_fib *fib, const uint32_t *pair)
{
    uint64_t both = fw_get64(pair);
    return (struct rows){at(fib, both & UINT32_MAX), (uint32_t)(both >> 32)};
}

_Static_assert(offsetof(struct fw_fib, port_count) == offsetof(struct fw_fib, ports) + 4 &&
                   offsetof(struct fw_fib, table_count) == offsetof(struct fw_fib, tables) + 4 &&
                   offsetof(struct fw_fib, route_count) == offsetof(struct fw_fib, routes) + 4 &&
                   offsetof(struct fw_fib, neigh_mask) == offsetof(struct fw_fib, neighs) + 4,
               "pairs");

/* NULL: there is no such port. */
static const struct fw_fib_port *port_row(const struct fw_fib *fib, uint32_t port, uint32_t *flags)
{
    struct rows r = rows_at(fib, &fib->ports);
    const struct fw_fib_port *p = r.first;
    *flags = port < r.count ? p[port].flags : 0;
    return *flags & FW_FIB_PORT_THERE ? &p[port] : NULL;
}

uint32_t fw_fib_mtu(const struct fw_fib *fib, uint32_t port)
{
    if (!fib)
        return port == LO_PORT ? LO_MTU : 0;
    uint32_t flags;
    const struct fw_fib_port *p = port_row(fib, port, &flags);
    return p ? p->mtu : 0;
}

/* ---- routes ---- */

/* The first `n` bytes of a node's key, 1 to 15; what lies behind `key` is of the parameters too. */
static bool same_bytes(const struct fw_fib_node *node, const uint8_t *key, uint32_t n)
{
    uint64_t first = fw_get64(node->key) ^ fw_get64(key);
    if (n <= 8)
        return first << (64 - 8 * n) == 0;
    return first == 0 && (fw_get64(node->key + 8) ^ fw_get64(key + 8)) << (128 - 8 * n) == 0;
}
_Static_assert(offsetof(struct fw_fib_params, dst) + 15 + 16 <= sizeof(struct fw_fib_params),
               "the words of same_bytes");

/* The route of the longest prefix of `key`, `len` bytes; 0 when there is none. */
static uint32_t trie_lookup(const struct fw_fib *fib, const uint8_t *base, uint32_t slot,
                            const uint8_t *key, uint32_t len)
{
    uint32_t depth = 0, low = base == (const uint8_t *)fib ? 0 : fib->hot;
    uint64_t bytes = fib->bytes;
    while (slot & FW_FIB_NODE) {
        uint64_t offset = (uint64_t)(slot & 0x7ffffff) * 32;
        const struct fw_fib_node *n = (const void *)(base + offset);
        uint32_t skip = slot >> 27 & 15;
        if (offset < low || offset + sizeof(*n) > bytes || depth + skip >= len)
            return 0;
        if (skip && !same_bytes(n, key + depth, skip))
            return n->best;
        depth += skip;
        slot = n->slot[key[depth++]];
    }
    return slot;
}

static const struct fw_fib_route *route_row(struct rows routes, uint32_t n)
{
    const struct fw_fib_route *r = routes.first;
    return n != 0 && n < routes.count ? &r[n] : NULL;
}

static const struct fw_fib_table *table_row(const struct fw_fib *fib, uint32_t family, uint32_t id)
{
    struct rows r = rows_at(fib, &fib->tables);
    const struct fw_fib_table *t = r.first;
    uint64_t want = (uint64_t)family << 32 | id;
    for (uint32_t n = 0; n < r.count; n++)
        if (fw_get64(&t[n].id) == want)
            return &t[n];
    return NULL;
}

/* The one that leaves by `port`, of those that may be taken in its place. */
static const struct fw_fib_route *leaving(struct rows routes, const struct fw_fib_route *r,
                                          uint32_t port)
{
    uint32_t steps = routes.count; /* the chain of a broken table may be a ring */
    while (r && r->type <= FW_FIB_LOCAL && r->port != port && steps--)
        r = route_row(routes, r->next);
    return r;
}

/* The route in one table; with `port` not 0, the best that leaves there (IPv4 only, as the kernel).
 */
static const struct fw_fib_route *table_lookup(const struct fw_fib *fib, uint32_t family,
                                               uint32_t id, const uint8_t *dst, uint32_t port)
{
    const struct fw_fib_table *t = table_row(fib, family, id);
    if (!t)
        return NULL;
    const uint8_t *base = cold_base(fib);
    uint64_t where = fw_get64(&fib->routes);
    struct rows routes = {base + (where & UINT32_MAX), (uint32_t)(where >> 32)};
    uint32_t n = trie_lookup(fib, base, t->root, dst, family == 4 ? 4 : 16);
    const struct fw_fib_route *r = route_row(routes, n);
    return port ? leaving(routes, r, port) : r;
}

/* As the kernel's fib_lookup without rules of its own: local and main, and for IPv4 default. */
static const struct fw_fib_route *find4(const struct fw_fib *fib, const uint8_t *dst, uint32_t port)
{
    const struct fw_fib_route *r = table_lookup(fib, 4, FW_FIB_TABLE_MAIN, dst, port);
    if (!r || r->type == FW_FIB_THROW)
        r = table_lookup(fib, 4, FW_FIB_TABLE_DEFAULT, dst, port);
    return r;
}

static const struct fw_fib_route *find6(const struct fw_fib *fib, const uint8_t *dst)
{
    const struct fw_fib_route *r = table_lookup(fib, 6, FW_FIB_TABLE_LOCAL, dst, 0);
    return r && r->type != FW_FIB_THROW ? r : table_lookup(fib, 6, FW_FIB_TABLE_MAIN, dst, 0);
}

static const struct fw_fib_route *find(const struct fw_fib *fib, struct fw_fib_params *p,
                                       uint32_t family, uint32_t flags)
{
    uint32_t port = family == 4 && flags & FW_FIB_OUTPUT ? p->ifindex : 0;
    uint32_t id = FW_FIB_TABLE_MAIN;
    if (!(flags & FW_FIB_DIRECT))
        return family == 4 ? find4(fib, p->dst, port) : find6(fib, p->dst);
    if (flags & FW_FIB_TBID) {
        id = p->tbid;
        p->tbid = 0;
    }
    /* The kernel keeps IPv4's local and main tables as one while nobody adds a rule. */
    if (family == 4 && id == FW_FIB_TABLE_LOCAL)
        id = FW_FIB_TABLE_MAIN;
    return table_lookup(fib, family, id, p->dst, port);
}

static enum fw_fib_result not_unicast(const struct fw_fib_route *r)
{
    switch (r->type) {
    case FW_FIB_BLACKHOLE:
        return FW_FIB_RET_BLACKHOLE;
    case FW_FIB_UNREACHABLE:
        return FW_FIB_RET_UNREACHABLE;
    case FW_FIB_PROHIBIT:
        return FW_FIB_RET_PROHIBIT;
    default:
        return FW_FIB_RET_NOT_FWDED;
    }
}

/* ---- neighbours ---- */

_Static_assert(offsetof(struct fw_fib_neigh, family) == offsetof(struct fw_fib_neigh, port) + 4,
               "one word");

static bool is_neigh(const struct fw_fib_neigh *n, uint64_t who, uint64_t lo, uint64_t hi)
{
    return (fw_get64(&n->port) & 0xffffffffff) == who && fw_get64(n->addr) == lo &&
           fw_get64(n->addr + 8) == hi;
}

/* Its address to `mac`; false: not known. */
static bool find_neigh(const struct fw_fib *fib, uint32_t family, uint32_t port,
                       const uint8_t *addr, uint8_t *mac)
{
    struct rows r = rows_at(fib, &fib->neighs);
    const struct fw_fib_neigh *rows = r.first;
    uint64_t lo = family == 4 ? fw_get32(addr) : fw_get64(addr);
    uint64_t hi = family == 4 ? 0 : fw_get64(addr + 8);
    uint32_t from = fw_fib_hash(lo, hi, port), probes = fib->probes;
    for (uint32_t i = 0; i < probes; i++) {
        const struct fw_fib_neigh *n = &rows[(from + i) & r.count];
        if (!is_neigh(n, port | (uint64_t)family << 32, lo, hi))
            continue;
        __builtin_memcpy(mac, n->mac, 6);
        return true;
    }
    return false;
}

/* ---- the lookup ---- */

/* Link-local, multicast and loopback addresses are never forwarded. */
static bool is_strict(const uint8_t *a)
{
    static const uint8_t zeroes[15];
    return a[0] == 0xff || (a[0] == 0xfe && (a[1] & 0xc0) == 0x80) ||
           (a[15] == 1 && memcmp(a, zeroes, 15) == 0);
}

/* Everything that may forbid it before tables are looked at. */
static int64_t may_forward(const struct fw_fib *fib, const struct fw_fib_params *p, uint32_t family)
{
    if (family == 6 && (is_strict(p->dst) || is_strict(p->src)))
        return FW_FIB_RET_NOT_FWDED;
    if (!fib)
        return p->ifindex == LO_PORT ? FW_FIB_RET_FWD_DISABLED : -FW_ENODEV;
    uint32_t flags, need = family == 4 ? FW_FIB_PORT_FORWARD4 : FW_FIB_PORT_FORWARD6;
    if (!port_row(fib, p->ifindex, &flags))
        return -FW_ENODEV;
    return flags & need ? 0 : FW_FIB_RET_FWD_DISABLED;
}

/* All of a route that IPv4 needs, in words; where it lies, it may be far. */
struct hop {
    struct fw_fib_route r; /* the first half of it */
    const struct fw_fib_route *row;
};
_Static_assert(offsetof(struct fw_fib_route, gw) + 4 == 32, "the next hop ends the first half");

static struct hop hop_of(const struct fw_fib_route *row)
{
    struct hop h = {.row = row};
    __builtin_memcpy(&h.r, row, 32);
    return h;
}

/* The next hop into *p; the family of its address. */
static uint32_t take_route(struct fw_fib_params *p, const struct hop *h, uint32_t family)
{
    p->rt_metric = h->r.metric;
    p->ifindex = h->r.port;
    if (h->r.gw_family == 6) {
        p->family = AF_INET6;
        __builtin_memcpy(p->dst, h->row->gw, 16);
        return 6;
    }
    if (h->r.gw_family == 4)
        __builtin_memcpy(p->dst, h->r.gw, 4);
    return family;
}

static void take_src(struct fw_fib_params *p, const struct fw_fib_route *row, uint32_t family)
{
    if (family == 4)
        __builtin_memcpy(p->src, row->src, 4);
    else
        __builtin_memcpy(p->src, row->src, 16);
}

static int64_t forward(const struct fw_fib *fib, struct fw_fib_params *p, const struct hop *h,
                       uint32_t family, uint32_t flags)
{
    uint32_t mtu = h->r.mtu;
    if (p->tot_len > mtu) {
        p->tot_len = (uint16_t)mtu;
        return FW_FIB_RET_FRAG_NEEDED;
    }
    uint32_t to = take_route(p, h, family);
    if (flags & FW_FIB_SRC && family == 6 && !h->r.has_src)
        return FW_FIB_RET_NO_SRC_ADDR;
    if (flags & FW_FIB_SRC)
        take_src(p, h->row, family);
    if (!(flags & FW_FIB_SKIP_NEIGH)) {
        if (!find_neigh(fib, to, h->r.port, p->dst, p->dmac))
            return FW_FIB_RET_NO_NEIGH;
        __builtin_memcpy(p->smac, h->r.mac, 6);
    }
    p->tbid = 0;
    if (mtu)
        p->tot_len = (uint16_t)mtu;
    return FW_FIB_RET_SUCCESS;
}

int64_t fw_fib_lookup(const struct fw_fib *fib, struct fw_fib_params *p, uint32_t flags)
{
    if (flags & ~(uint32_t)FW_FIB_FLAGS)
        return -FW_EINVAL;
    if (p->family != AF_INET4 && p->family != AF_INET6)
        return -FW_EAFNOSUPPORT;
    uint32_t family = p->family == AF_INET4 ? 4 : 6;
    int64_t no = may_forward(fib, p, family);
    if (no)
        return no;
    const struct fw_fib_route *r = find(fib, p, family, flags);
    if (!r)
        return FW_FIB_RET_NOT_FWDED;
    struct hop h = hop_of(r);
    return h.r.type == FW_FIB_UNICAST ? forward(fib, p, &h, family, flags) : not_unicast(&h.r);
}

/* ---- what the host sent ---- */

static bool rows_fit(uint32_t bytes, uint32_t offset, uint64_t count, uint64_t size)
{
    return offset % 64 == 0 && offset <= bytes && count * size <= bytes - offset;
}

int fw_fib_check(const struct fw_fib *f, uint32_t bytes)
{
    bool good = bytes >= sizeof(*f) && f->magic == FW_FIB_MAGIC && f->bytes == bytes &&
                f->port_count <= FW_FIB_PORTS_MAX && f->table_count <= FW_FIB_TABLES_MAX &&
                (f->neigh_mask & (f->neigh_mask + 1)) == 0 && f->probes <= f->neigh_mask + 1;
    uint32_t hot = f->hot ? f->hot : bytes, low = f->hot;
    good = good && f->cold == 0 && low % 64 == 0 && hot <= bytes && (!low || low >= sizeof(*f));
    good = good && rows_fit(hot, f->ports, f->port_count, sizeof(struct fw_fib_port)) &&
           rows_fit(hot, f->tables, f->table_count, sizeof(struct fw_fib_table)) &&
           f->routes >= low &&
           rows_fit(bytes, f->routes, f->route_count, sizeof(struct fw_fib_route)) &&
           rows_fit(hot, f->neighs, (uint64_t)f->neigh_mask + 1, sizeof(struct fw_fib_neigh));
    return good ? 0 : FW_EINVAL;
}
