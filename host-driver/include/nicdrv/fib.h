/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Forwarding tables for bpf_fib_lookup and bpf_check_mtu: collected here, compiled
 * to fw/fib.h's block and pushed to the NIC as one. Addresses are in network byte
 * order. What is added is copied; errors are negative errno.
 */
#ifndef NICDRV_FIB_H
#define NICDRV_FIB_H

#include <stdbool.h>
#include <stdint.h>

#include "fw/fib.h"
#include "nic/err.h"

struct nicdrv;
struct nicdrv_fib;

struct nicdrv_fib_addr {
    uint8_t family;    /* 4 or 6; 0: none */
    uint8_t bytes[16]; /* IPv4: the first four, the others 0 */
};

/* An interface that programs name by its number; 1 is the first port of the NIC. */
struct nicdrv_fib_port {
    uint32_t number;
    uint8_t mac[6];
    uint32_t mtu;
    bool forward4, forward6; /* packets that come in there may be forwarded */
};

struct nicdrv_fib_route {
    struct nicdrv_fib_addr dst;
    uint8_t prefix; /* bits */
    enum fw_fib_type type;
    uint32_t table; /* FW_FIB_TABLE_MAIN is usual */
    uint32_t metric;
    uint32_t port;              /* unicast */
    struct nicdrv_fib_addr via; /* family 0: the destination itself is the neighbour */
    struct nicdrv_fib_addr src; /* preferred source; family 0: an address of the port */
    uint32_t mtu;               /* instead of the port's; 0: the port's */
};

/* Port 1 is there from the start, with 65536 bytes of MTU, and forwards nothing: what a new network
 * namespace of the kernel has. */
int nicdrv_fib_create(struct nicdrv_fib **out);
void nicdrv_fib_free(struct nicdrv_fib *f); /* NULL is allowed */

/* -EINVAL for what cannot be, -ENOMEM. A port is replaced by another of its number. */
int nicdrv_fib_port(struct nicdrv_fib *f, const struct nicdrv_fib_port *p);
/* Gives a port an address, and as the kernel does the routes that come with it. */
int nicdrv_fib_addr(struct nicdrv_fib *f, uint32_t port, const struct nicdrv_fib_addr *a,
                    unsigned prefix);
int nicdrv_fib_route(struct nicdrv_fib *f, const struct nicdrv_fib_route *r);
int nicdrv_fib_neigh(struct nicdrv_fib *f, uint32_t port, const struct nicdrv_fib_addr *a,
                     const uint8_t mac[6]);

/* Adds what a text file says (docs/offload.md, "Forwarding tables"). -EINVAL with the line in err.
 */
int nicdrv_fib_parse(struct nicdrv_fib *f, const char *path, struct nic_err *err);

/* Compiles them and replaces those of the NIC in one step; f NULL: none. -EINVAL when a route names
 * a port that is not there, -E2BIG above FW_FIB_BYTES_MAX, -ENOMEM. */
int nicdrv_fib_push(struct nicdrv *drv, const struct nicdrv_fib *f, struct nic_err *err);

#endif
