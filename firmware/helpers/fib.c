/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net/core/filter.c: bpf_ipv4_fib_lookup, bpf_ipv6_fib_lookup. Reads that depend on each other: the
 * table, a node for each byte where prefixes part, the route, the neighbour.
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

static const struct fw_fib_port *port_row(const struct fw_fib *fib, uint32_t port)
{
    const struct fw_fib_port *p = at(fib, fib->ports);
    if (port >= fib->port_count || !(p[port].flags & FW_FIB_PORT_THERE))
        return NULL;
    return &p[port];
}

uint32_t fw_fib_mtu(const struct fw_fib *fib, uint32_t port)
{
    if (!fib)
        return port == LO_PORT ? LO_MTU : 0;
    const struct fw_fib_port *p = port_row(fib, port);
    return p ? p->mtu : 0;
}

/* ---- routes ---- */

/* The route of the longest prefix of `key`, `len` bytes; 0 when there is none. */
static uint32_t trie_lookup(const struct fw_fib *fib, uint32_t slot, const uint8_t *key,
                            uint32_t len)
{
    uint32_t depth = 0;
    while (slot & FW_FIB_NODE) {
        uint64_t offset = (uint64_t)(slot & 0x7ffffff) * 32;
        const struct fw_fib_node *n = at(fib, offset);
        uint32_t skip = slot >> 27 & 15;
        if (offset + sizeof(*n) > fib->bytes || depth + skip >= len)
            return 0;
        if (skip && memcmp(n->key, key + depth, skip) != 0)
            return n->best;
        depth += skip;
        slot = n->slot[key[depth++]];
    }
    return slot;
}

static const struct fw_fib_route *route_row(const struct fw_fib *fib, uint32_t n)
{
    const struct fw_fib_route *r = at(fib, fib->routes);
    return n != 0 && n < fib->route_count ? &r[n] : NULL;
}

static const struct fw_fib_table *table_row(const struct fw_fib *fib, uint32_t family, uint32_t id)
{
    const struct fw_fib_table *t = at(fib, fib->tables);
    for (uint32_t n = 0; n < fib->table_count; n++)
        if (t[n].id == id && t[n].family == family)
            return &t[n];
    return NULL;
}

/* The route in one table; with `port` not 0, the best that leaves there (IPv4 only, as the kernel).
 */
static const struct fw_fib_route *table_lookup(const struct fw_fib *fib, uint32_t family,
                                               uint32_t id, const uint8_t *dst, uint32_t port)
{
    const struct fw_fib_table *t = table_row(fib, family, id);
    if (!t)
        return NULL;
    uint32_t n = trie_lookup(fib, t->root, dst, family == 4 ? 4 : 16);
    const struct fw_fib_route *r = route_row(fib, n);
    uint32_t steps = fib->route_count; /* the chain of a broken table may be a ring */
    while (r && port && r->type <= FW_FIB_LOCAL && r->port != port && steps--)
        r = route_row(fib, r->next);
    return r;
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
    if (!r)
        return FW_FIB_RET_NOT_FWDED;
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

static bool is_neigh(const struct fw_fib_neigh *n, uint32_t family, uint32_t port, uint64_t lo,
                     uint64_t hi)
{
    return n->family == family && n->port == port && fw_get64(n->addr) == lo &&
           fw_get64(n->addr + 8) == hi;
}

static const struct fw_fib_neigh *find_neigh(const struct fw_fib *fib, uint32_t family,
                                             uint32_t port, const uint8_t *addr)
{
    const struct fw_fib_neigh *rows = at(fib, fib->neighs);
    uint64_t lo = family == 4 ? fw_get32(addr) : fw_get64(addr);
    uint64_t hi = family == 4 ? 0 : fw_get64(addr + 8);
    uint32_t from = fw_fib_hash(lo, hi, port);
    for (uint32_t i = 0; i < fib->probes; i++) {
        const struct fw_fib_neigh *n = &rows[(from + i) & fib->neigh_mask];
        if (is_neigh(n, family, port, lo, hi))
            return n;
    }
    return NULL;
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
    const struct fw_fib_port *port = port_row(fib, p->ifindex);
    if (!port)
        return -FW_ENODEV;
    uint32_t need = family == 4 ? FW_FIB_PORT_FORWARD4 : FW_FIB_PORT_FORWARD6;
    return port->flags & need ? 0 : FW_FIB_RET_FWD_DISABLED;
}

/* The next hop into *p; the family of its address. */
static uint32_t take_route(struct fw_fib_params *p, const struct fw_fib_route *r, uint32_t family)
{
    p->rt_metric = r->metric;
    p->ifindex = r->port;
    if (r->gw_family == 6) {
        p->family = AF_INET6;
        memcpy(p->dst, r->gw, 16);
        return 6;
    }
    if (r->gw_family == 4)
        memcpy(p->dst, r->gw, 4);
    return family;
}

static int64_t forward(const struct fw_fib *fib, struct fw_fib_params *p,
                       const struct fw_fib_route *r, uint32_t family, uint32_t flags)
{
    uint32_t mtu = r->mtu;
    if (p->tot_len > mtu) {
        p->tot_len = (uint16_t)mtu;
        return FW_FIB_RET_FRAG_NEEDED;
    }
    uint32_t hop = take_route(p, r, family);
    if (flags & FW_FIB_SRC && family == 6 && !r->has_src)
        return FW_FIB_RET_NO_SRC_ADDR;
    if (flags & FW_FIB_SRC)
        memcpy(p->src, r->src, family == 4 ? 4 : 16);
    if (!(flags & FW_FIB_SKIP_NEIGH)) {
        const struct fw_fib_neigh *n = find_neigh(fib, hop, r->port, p->dst);
        if (!n)
            return FW_FIB_RET_NO_NEIGH;
        memcpy(p->dmac, n->mac, 6);
        memcpy(p->smac, r->mac, 6);
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
    if (!r || r->type != FW_FIB_UNICAST)
        return not_unicast(r);
    return forward(fib, p, r, family, flags);
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
    good = good && rows_fit(bytes, f->ports, f->port_count, sizeof(struct fw_fib_port)) &&
           rows_fit(bytes, f->tables, f->table_count, sizeof(struct fw_fib_table)) &&
           rows_fit(bytes, f->routes, f->route_count, sizeof(struct fw_fib_route)) &&
           rows_fit(bytes, f->neighs, (uint64_t)f->neigh_mask + 1, sizeof(struct fw_fib_neigh));
    return good ? 0 : FW_EINVAL;
}
