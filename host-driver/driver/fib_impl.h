/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the forwarding tables share. */
#ifndef NICDRV_FIB_IMPL_H
#define NICDRV_FIB_IMPL_H

#include <stddef.h>

#include "nicdrv/fib.h"

struct fib_addr_row {
    uint32_t port;
    uint8_t prefix;
    struct nicdrv_fib_addr addr;
};

struct fib_neigh_row {
    uint32_t port;
    uint8_t mac[6];
    struct nicdrv_fib_addr addr;
};

struct nicdrv_fib {
    struct nicdrv_fib_port *ports;
    struct fib_addr_row *addrs;
    struct nicdrv_fib_route *routes;
    struct fib_neigh_row *neighs;
    size_t port_count, addr_count, route_count, neigh_count;
};

/* Bits of an address of the family, and its bytes. */
static inline unsigned fib_bits(unsigned family)
{
    return family == 4 ? 32 : 128;
}

/* The address's first `bits`, the rest 0. */
void fib_mask(uint8_t *bytes, unsigned bits);
const struct nicdrv_fib_port *fib_find_port(const struct nicdrv_fib *f, uint32_t number);

/* fibblock.c: the block of fw/fib.h, malloc'd. */
int fib_compile(const struct nicdrv_fib *f, void **block, uint32_t *bytes, struct nic_err *err);

#endif
