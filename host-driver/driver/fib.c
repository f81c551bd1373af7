/* SPDX-License-Identifier: BSD-3-Clause */
/* Forwarding tables: collecting them, and the command that pushes them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "driver/driver_impl.h"
#include "driver/fib_impl.h"

#define METRIC6_ADDR 256u /* of the routes that come with an IPv6 address */

int nicdrv_fib_create(struct nicdrv_fib **out)
{
    static const struct nicdrv_fib_port loopback = {.number = 1, .mtu = 65536};

    *out = calloc(1, sizeof(**out));
    int rc = *out ? nicdrv_fib_port(*out, &loopback) : -ENOMEM;
    if (rc) {
        nicdrv_fib_free(*out);
        *out = NULL;
    }
    return rc;
}

void nicdrv_fib_free(struct nicdrv_fib *f)
{
    if (!f)
        return;
    free(f->ports);
    free(f->addrs);
    free(f->routes);
    free(f->neighs);
    free(f);
}

/* Appends a copy of one row. */
static int append(void **rows, size_t *count, const void *row, size_t size)
{
    void *p = realloc(*rows, (*count + 1) * size);

    if (!p)
        return -ENOMEM;
    *rows = p;
    memcpy((uint8_t *)p + *count * size, row, size);
    ++*count;
    return 0;
}

void fib_mask(uint8_t *bytes, unsigned bits)
{
    for (unsigned i = 0; i < 16; i++) {
        unsigned keep = bits > 8 * i ? bits - 8 * i : 0;
        if (keep < 8)
            bytes[i] &= (uint8_t)(0xff00u >> keep);
    }
}

static bool good_addr(const struct nicdrv_fib_addr *a)
{
    return a->family == 4 || a->family == 6;
}

const struct nicdrv_fib_port *fib_find_port(const struct nicdrv_fib *f, uint32_t number)
{
    for (size_t i = 0; i < f->port_count; i++) {
        if (f->ports[i].number == number)
            return &f->ports[i];
    }
    return NULL;
}

int nicdrv_fib_port(struct nicdrv_fib *f, const struct nicdrv_fib_port *p)
{
    void *rows = f->ports;

    if (p->number == 0 || p->number >= FW_FIB_PORTS_MAX || p->mtu == 0)
        return -EINVAL;
    for (size_t i = 0; i < f->port_count; i++) {
        if (f->ports[i].number == p->number) {
            f->ports[i] = *p;
            return 0;
        }
    }
    int rc = append(&rows, &f->port_count, p, sizeof(*p));
    f->ports = rows;
    return rc;
}

int nicdrv_fib_route(struct nicdrv_fib *f, const struct nicdrv_fib_route *r)
{
    struct nicdrv_fib_route copy = *r;
    void *rows = f->routes;

    if (!good_addr(&r->dst) || r->prefix > fib_bits(r->dst.family) || r->table == 0 ||
        r->type < FW_FIB_UNICAST || r->type > FW_FIB_THROW)
        return -EINVAL;
    if ((r->via.family && !good_addr(&r->via)) || (r->dst.family == 6 && r->via.family == 4) ||
        (r->src.family && r->src.family != r->dst.family))
        return -EINVAL;
    fib_mask(copy.dst.bytes, r->prefix);
    int rc = append(&rows, &f->route_count, &copy, sizeof(copy));
    f->routes = rows;
    return rc;
}

int nicdrv_fib_neigh(struct nicdrv_fib *f, uint32_t port, const struct nicdrv_fib_addr *a,
                     const uint8_t mac[6])
{
    struct fib_neigh_row row = {.port = port, .addr = *a};
    void *rows = f->neighs;

    if (!good_addr(a) || port == 0)
        return -EINVAL;
    memcpy(row.mac, mac, sizeof(row.mac));
    int rc = append(&rows, &f->neigh_count, &row, sizeof(row));
    f->neighs = rows;
    return rc;
}

/* ---- addresses ---- */

/* A route to an address of this host, or to one that all take for theirs. */
static int local_route(struct nicdrv_fib *f, uint32_t port, const struct nicdrv_fib_addr *a)
{
    struct nicdrv_fib_route r = {
        .dst = *a,
        .prefix = (uint8_t)fib_bits(a->family),
        .type = FW_FIB_LOCAL,
        .table = FW_FIB_TABLE_LOCAL,
        .port = port,
    };
    return nicdrv_fib_route(f, &r);
}

/* The broadcast address, and for IPv6 the one of all routers, which has zeroes behind the prefix.
 */
static int shared_route(struct nicdrv_fib *f, uint32_t port, const struct nicdrv_fib_addr *a,
                        unsigned prefix)
{
    struct nicdrv_fib_addr all = *a;

    if (prefix + 1 >= fib_bits(a->family))
        return 0;
    fib_mask(all.bytes, prefix);
    for (unsigned i = prefix; a->family == 4 && i < 32; i++)
        all.bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
    const struct nicdrv_fib_port *p = fib_find_port(f, port);
    if (a->family == 6 && !(p && p->forward6))
        return 0;
    return local_route(f, port, &all);
}

int nicdrv_fib_addr(struct nicdrv_fib *f, uint32_t port, const struct nicdrv_fib_addr *a,
                    unsigned prefix)
{
    void *rows = f->addrs;
    struct fib_addr_row row = {.port = port, .prefix = (uint8_t)prefix, .addr = *a};
    struct nicdrv_fib_route net = {
        .dst = *a,
        .prefix = (uint8_t)prefix,
        .type = FW_FIB_UNICAST,
        .table = FW_FIB_TABLE_MAIN,
        .metric = a->family == 6 ? METRIC6_ADDR : 0,
        .port = port,
    };

    if (!good_addr(a) || prefix > fib_bits(a->family) || port == 0)
        return -EINVAL;
    if (a->family == 4)
        net.src = *a;
    int rc = append(&rows, &f->addr_count, &row, sizeof(row));
    f->addrs = rows;
    rc = rc ? rc : local_route(f, port, a);
    rc = rc ? rc : shared_route(f, port, a, prefix);
    return rc || prefix == fib_bits(a->family) ? rc : nicdrv_fib_route(f, &net);
}

/* ---- the NIC ---- */

static int send_block(struct nicdrv *drv, const void *block, uint32_t bytes)
{
    struct fw_sqe sqe = {.op = FW_ADMIN_FIB_SET};
    struct admin_io io = {.in = block, .value_len = bytes, .patience_ns = bytes};

    return admin_exec(drv, &sqe, &io, NULL);
}

int nicdrv_fib_push(struct nicdrv *drv, const struct nicdrv_fib *f, struct nic_err *err)
{
    uint32_t bytes = 0;
    void *block = NULL;
    int rc = f ? fib_compile(f, &block, &bytes, err) : 0;

    if (rc)
        return rc;
    rc = send_block(drv, block, bytes);
    free(block);
    return rc ? nic_err_set(err, rc, "forwarding tables of %u bytes: %s", bytes, strerror(-rc)) : 0;
}
