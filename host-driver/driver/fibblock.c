/* SPDX-License-Identifier: BSD-3-Clause */
/* Forwarding tables to the block that the firmware searches: fw/fib.h has its form. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "driver/fib_impl.h"

#define ALIGN     64u
#define SKIP_MAX  15u
#define MTU4_MAX  65535u /* IP_MAX_MTU */
#define MTU6_MAX  65575u /* IP6_MAX_MTU */
#define MTU6_MIN  1280u
#define PREFIXES6 129u

/* A route on its way into one table. */
struct item {
    const struct nicdrv_fib_route *r;
    uint32_t row;
    uint32_t order; /* as it was added */
};

struct build {
    const struct nicdrv_fib *f;
    struct nic_err *err;
    uint8_t *mem;
    size_t len, cap;
    struct item *items; /* all routes, by family, table, prefix, preference */
    int rc;
};

/* Room for `bytes` zeroes: its offset. 0 after an error, which b->rc keeps. */
static uint32_t reserve(struct build *b, size_t bytes)
{
    size_t at = (b->len + ALIGN - 1) / ALIGN * ALIGN, end = at + bytes;

    if (!b->rc && end > FW_FIB_BYTES_MAX)
        b->rc = nic_err_set(b->err, -E2BIG, "forwarding tables: more than %u bytes compiled",
                            FW_FIB_BYTES_MAX);
    if (b->rc)
        return 0;
    if (end > b->cap) {
        uint8_t *p = realloc(b->mem, end * 2);
        if (!p) {
            b->rc = nic_err_set(b->err, -ENOMEM, "forwarding tables: out of memory");
            return 0;
        }
        b->mem = p;
        b->cap = end * 2;
    }
    memset(b->mem + b->len, 0, end - b->len);
    b->len = end;
    return (uint32_t)at;
}

static struct fw_fib *head(struct build *b)
{
    return (struct fw_fib *)b->mem;
}

static void *row_at(struct build *b, uint32_t offset, size_t n, size_t size)
{
    return b->mem + offset + n * size;
}

/* ---- ports ---- */

static void put_ports(struct build *b)
{
    const struct nicdrv_fib *f = b->f;
    uint32_t count = 0;

    for (size_t i = 0; i < f->port_count; i++)
        count = f->ports[i].number >= count ? f->ports[i].number + 1 : count;
    uint32_t at = reserve(b, count * sizeof(struct fw_fib_port));
    if (b->rc)
        return;
    head(b)->ports = at;
    head(b)->port_count = count;
    for (size_t i = 0; i < f->port_count; i++) {
        const struct nicdrv_fib_port *p = &f->ports[i];
        struct fw_fib_port *row = row_at(b, at, p->number, sizeof(*row));
        memcpy(row->mac, p->mac, sizeof(row->mac));
        row->mtu = p->mtu;
        row->flags = (uint16_t)(FW_FIB_PORT_THERE | (p->forward4 ? FW_FIB_PORT_FORWARD4 : 0) |
                                (p->forward6 ? FW_FIB_PORT_FORWARD6 : 0));
    }
}

/* ---- routes ---- */

static unsigned common_bits(const uint8_t *a, const uint8_t *b)
{
    unsigned n = 0;

    while (n < 128 && !((a[n / 8] ^ b[n / 8]) & 0x80 >> n % 8))
        n++;
    return n;
}

/*
 * Source of packets of a route that names none: the address of its port that has most in common
 * with the next hop; for IPv4 else any other's.
 */
static const struct nicdrv_fib_addr *choose_src(const struct nicdrv_fib *f,
                                                const struct nicdrv_fib_route *r)
{
    const uint8_t *hop = r->via.family == r->dst.family ? r->via.bytes : r->dst.bytes;
    const struct fib_addr_row *best = NULL;
    unsigned best_bits = 0;

    for (size_t i = 0; i < f->addr_count; i++) {
        const struct fib_addr_row *a = &f->addrs[i];
        unsigned bits = common_bits(a->addr.bytes, hop) + (a->port == r->port ? 1000 : 1);
        if (a->addr.family == r->dst.family && bits > best_bits) {
            best = a;
            best_bits = bits;
        }
    }
    return best ? &best->addr : NULL;
}

static uint32_t route_mtu(const struct nicdrv_fib_route *r, const struct nicdrv_fib_port *p)
{
    if (r->mtu)
        return r->mtu;
    if (r->dst.family == 4)
        return p->mtu < MTU4_MAX ? p->mtu : MTU4_MAX;
    uint32_t mtu = p->mtu > MTU6_MIN ? p->mtu : MTU6_MIN;
    return mtu < MTU6_MAX ? mtu : MTU6_MAX;
}

static void put_route(struct build *b, const struct nicdrv_fib_route *r, struct fw_fib_route *row)
{
    const struct nicdrv_fib_port *p = fib_find_port(b->f, r->port);

    *row = (struct fw_fib_route){.type = (uint8_t)r->type, .port = r->port, .metric = r->metric};
    if (r->type != FW_FIB_UNICAST)
        return;
    if (!p) {
        b->rc = nic_err_set(b->err, -EINVAL,
                            "forwarding tables: a route leaves by port %u, "
                            "which is not there",
                            r->port);
        return;
    }
    const struct nicdrv_fib_addr *src = r->src.family ? &r->src : choose_src(b->f, r);
    row->gw_family = r->via.family;
    memcpy(row->gw, r->via.bytes, sizeof(row->gw));
    row->has_src = src != NULL;
    if (src)
        memcpy(row->src, src->bytes, sizeof(row->src));
    row->mtu = route_mtu(r, p);
    memcpy(row->mac, p->mac, sizeof(row->mac));
}

/* The table it is kept in: IPv4's local and main are one, as in the kernel. */
static uint32_t table_of(const struct nicdrv_fib_route *r)
{
    return r->dst.family == 4 && r->table == FW_FIB_TABLE_LOCAL ? FW_FIB_TABLE_MAIN : r->table;
}

static int three_way(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* Shorter prefixes before longer ones that begin like them; then what is preferred. */
static int compare_items(const void *pa, const void *pb)
{
    const struct item *a = pa, *b = pb;
    int c = three_way(a->r->dst.family, b->r->dst.family);

    c = c ? c : three_way(table_of(a->r), table_of(b->r));
    c = c ? c : memcmp(a->r->dst.bytes, b->r->dst.bytes, 16);
    c = c ? c : three_way(a->r->prefix, b->r->prefix);
    c = c ? c : three_way(b->r->table == FW_FIB_TABLE_LOCAL, a->r->table == FW_FIB_TABLE_LOCAL);
    c = c ? c : three_way(a->r->metric, b->r->metric);
    return c ? c : three_way(a->order, b->order);
}

static bool same_table(const struct item *a, const struct item *b)
{
    return a->r->dst.family == b->r->dst.family && table_of(a->r) == table_of(b->r);
}

static bool same_prefix(const struct item *a, const struct item *b)
{
    return a->r->prefix == b->r->prefix && !memcmp(a->r->dst.bytes, b->r->dst.bytes, 16);
}

static bool covers(const struct item *a, const struct item *b)
{
    return a->r->prefix < b->r->prefix &&
           common_bits(a->r->dst.bytes, b->r->dst.bytes) >= a->r->prefix;
}

/* Fills the rows' `next` for items [lo, hi), one table. */
static void put_chains(struct build *b, size_t lo, size_t hi)
{
    const struct item *above[PREFIXES6]; /* the prefixes around this one, each once */
    size_t depth = 0;

    for (size_t i = lo; i < hi; i++) {
        const struct item *it = &b->items[i];
        bool more = i + 1 < hi && same_prefix(it, it + 1);
        while (depth && !covers(above[depth - 1], it))
            depth--;
        struct fw_fib_route *row = row_at(b, head(b)->routes, it->row, sizeof(*row));
        row->next = more ? it[1].row : depth ? above[depth - 1]->row : 0;
        if (more)
            continue;
        while (it > &b->items[lo] && same_prefix(it, it - 1))
            it--; /* the first of its prefix is where longer prefixes go on */
        above[depth++] = it;
    }
}

/* ---- the trie ---- */

/* The byte where [lo, hi) parts: they share those before, and none ends before it. */
static unsigned branch_byte(const struct build *b, size_t lo, size_t hi, unsigned depth)
{
    const uint8_t *first = b->items[lo].r->dst.bytes, *last = b->items[hi - 1].r->dst.bytes;
    unsigned shortest = 128, at = depth;

    for (size_t i = lo; i < hi; i++)
        shortest = b->items[i].r->prefix < shortest ? b->items[i].r->prefix : shortest;
    while (at - depth < SKIP_MAX && shortest > 8 * (at + 1) && first[at] == last[at])
        at++;
    return at;
}

/* Routes that end within the branch byte: every slot they cover. Longer ones come later. */
static void fill_slots(const struct build *b, size_t lo, size_t hi, unsigned at, uint32_t *slot)
{
    for (size_t i = lo; i < hi; i++) {
        const struct item *it = &b->items[i];
        if (it->r->prefix > 8 * (at + 1) || (i > lo && same_prefix(it, it - 1)))
            continue;
        unsigned span = 1u << (8 * (at + 1) - it->r->prefix);
        for (unsigned v = 0; v < span; v++)
            slot[it->r->dst.bytes[at] + v] = it->row;
    }
}

/* A slot for items [lo, hi), which share `depth` bytes and go on; `best` covers them all. */
static uint32_t put_trie(struct build *b, size_t lo, size_t hi, unsigned depth, uint32_t best)
{
    uint32_t slot[256];

    if (lo == hi || b->rc)
        return best;
    unsigned at = branch_byte(b, lo, hi, depth);
    uint32_t offset = reserve(b, sizeof(struct fw_fib_node));
    for (unsigned v = 0; v < 256; v++)
        slot[v] = best;
    fill_slots(b, lo, hi, at, slot);
    for (size_t i = lo, end; i < hi; i = end) {
        unsigned v = b->items[i].r->dst.bytes[at];
        size_t from = i;
        for (end = i; end < hi && b->items[end].r->dst.bytes[at] == v; end++)
            from += b->items[end].r->prefix <= 8 * (at + 1);
        slot[v] = put_trie(b, from, end, at + 1, slot[v]);
    }
    if (b->rc)
        return best;
    struct fw_fib_node *n = row_at(b, offset, 0, 0);
    n->best = best;
    memcpy(n->key, b->items[lo].r->dst.bytes + depth, at - depth);
    memcpy(n->slot, slot, sizeof(slot));
    return FW_FIB_NODE | (uint32_t)(at - depth) << 27 | offset / 32;
}

/* One table's routes; those of prefix 0 are what the trie falls back to. */
static uint32_t put_root(struct build *b, size_t lo, size_t hi)
{
    uint32_t best = 0;
    size_t from = lo;

    while (from < hi && b->items[from].r->prefix == 0)
        from++;
    if (from > lo)
        best = b->items[lo].row;
    return put_trie(b, from, hi, 0, best);
}

/* Room for the rows of the tables that the sorted items are in. */
static uint32_t reserve_tables(struct build *b, size_t count)
{
    size_t tables = 0;

    for (size_t i = 0; i < count && !b->rc; i++)
        tables += i == 0 || !same_table(&b->items[i], &b->items[i - 1]);
    if (tables > FW_FIB_TABLES_MAX)
        b->rc = nic_err_set(b->err, -E2BIG, "forwarding tables: more than %u", FW_FIB_TABLES_MAX);
    uint32_t at = reserve(b, tables * sizeof(struct fw_fib_table));
    if (!b->rc) {
        head(b)->tables = at;
        head(b)->table_count = (uint32_t)tables;
    }
    return at;
}

static void put_tables(struct build *b, uint32_t at, size_t count)
{
    size_t n = 0;

    for (size_t lo = 0, hi; lo < count && !b->rc; lo = hi, n++) {
        for (hi = lo; hi < count && same_table(&b->items[lo], &b->items[hi]); hi++)
            ;
        put_chains(b, lo, hi);
        uint32_t root = put_root(b, lo, hi);
        struct fw_fib_table *t = row_at(b, at, n, sizeof(*t));
        t->id = table_of(b->items[lo].r);
        t->family = b->items[lo].r->dst.family;
        t->root = root;
    }
}

static void put_routes(struct build *b)
{
    const struct nicdrv_fib *f = b->f;
    uint32_t tables = reserve_tables(b, f->route_count);
    uint32_t at = reserve(b, (f->route_count + 1) * sizeof(struct fw_fib_route));

    if (b->rc)
        return;
    head(b)->hot = at;
    head(b)->routes = at;
    head(b)->route_count = (uint32_t)f->route_count + 1;
    for (size_t i = 0; i < f->route_count; i++)
        put_route(b, &f->routes[i], row_at(b, at, i + 1, sizeof(struct fw_fib_route)));
    put_tables(b, tables, f->route_count);
}

static void sort_items(struct build *b)
{
    const struct nicdrv_fib *f = b->f;

    b->items = calloc(f->route_count + 1, sizeof(*b->items));
    if (!b->items && !b->rc)
        b->rc = nic_err_set(b->err, -ENOMEM, "forwarding tables: out of memory");
    for (size_t i = 0; i < f->route_count && !b->rc; i++)
        b->items[i] = (struct item){&f->routes[i], (uint32_t)i + 1, (uint32_t)i};
    if (!b->rc)
        qsort(b->items, f->route_count, sizeof(*b->items), compare_items);
}

/* ---- neighbours ---- */

/* Puts one into its row; how far from its place that is. The last of equal ones stays. */
static uint32_t put_neigh(struct fw_fib_neigh *rows, uint32_t mask, const struct fib_neigh_row *n)
{
    uint64_t lo, hi;
    uint32_t i = 0;
    struct fw_fib_neigh row = {.port = n->port, .family = n->addr.family};

    memcpy(row.addr, n->addr.bytes, sizeof(row.addr));
    memcpy(row.mac, n->mac, sizeof(row.mac));
    memcpy(&lo, row.addr, 8);
    memcpy(&hi, row.addr + 8, 8);
    uint32_t from = fw_fib_hash(lo, hi, row.port);
    for (;; i++) {
        struct fw_fib_neigh *at = &rows[(from + i) & mask];
        bool same = at->family == row.family && at->port == row.port &&
                    !memcmp(at->addr, row.addr, sizeof(row.addr));
        if (at->family == 0 || same) {
            *at = row;
            return i + 1;
        }
    }
}

static void put_neighs(struct build *b)
{
    uint32_t rows = 1, probes = 0;

    while (rows < 2 * b->f->neigh_count)
        rows *= 2;
    uint32_t at = reserve(b, rows * sizeof(struct fw_fib_neigh));
    if (b->rc)
        return;
    for (size_t i = 0; i < b->f->neigh_count; i++) {
        uint32_t n = put_neigh(row_at(b, at, 0, 0), rows - 1, &b->f->neighs[i]);
        probes = n > probes ? n : probes;
    }
    head(b)->neighs = at;
    head(b)->neigh_mask = rows - 1;
    head(b)->probes = probes;
}

int fib_compile(const struct nicdrv_fib *f, void **block, uint32_t *bytes, struct nic_err *err)
{
    struct build b = {.f = f, .err = err};

    (void)reserve(&b, sizeof(struct fw_fib));
    put_ports(&b);
    put_neighs(&b);
    sort_items(&b);
    put_routes(&b);
    free(b.items);
    if (b.rc) {
        free(b.mem);
        return b.rc;
    }
    head(&b)->magic = FW_FIB_MAGIC;
    head(&b)->bytes = *bytes = (uint32_t)b.len;
    *block = b.mem;
    return 0;
}
