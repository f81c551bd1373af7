/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Forwarding tables as the host compiles them and FIB_SET hands them over: one
 * block, offsets from its start, never changed once it is there. Freestanding,
 * little-endian.
 *
 * A trie of 256-way nodes that skip the bytes all their prefixes share serves
 * IPv4 and IPv6. A slot is 0 (no route), a route's number, or FW_FIB_NODE with
 *   bits 27-30  bytes to compare with the node's key before it branches
 *   bits 0-26   offset of the node / 32
 * Routes number from 1. `next` of a route is the one to try when it is not to be
 * taken: same prefix and higher metric, then shorter prefixes.
 *
 * Neighbours are a hash table of 2^n rows, at most `probes` rows from their place.
 */
#ifndef FW_FIB_H
#define FW_FIB_H

#include <stdint.h>

#define FW_FIB_MAGIC      0x42494631u
#define FW_FIB_BYTES_MAX  0x1000000u /* 16 MiB: one DMA transfer */
#define FW_FIB_PORTS_MAX  4096u
#define FW_FIB_TABLES_MAX 64u
#define FW_FIB_NODE       0x80000000u

#define FW_FIB_TABLE_DEFAULT 253u
#define FW_FIB_TABLE_MAIN    254u
#define FW_FIB_TABLE_LOCAL   255u

/* Offsets are multiples of 64. */
struct fw_fib {
    uint32_t magic, bytes; /* of the whole block */
    uint32_t ports, port_count;
    uint32_t tables, table_count;
    uint32_t routes, route_count; /* row 0 is not used */
    uint32_t neighs, neigh_mask, probes;
    uint32_t rsvd0;
    /*
     * Rows before this offset are all but the routes, which lie behind it with the nodes: the
     * NIC may keep the two parts apart. 0: in any order.
     */
    uint32_t hot;
    uint32_t cold; /* 0; the NIC's: device address of the other part, 0 = they are together */
    uint32_t rsvd[2];
};
_Static_assert(__builtin_offsetof(struct fw_fib, hot) % 8 == 0, "hot and cold are one word");
_Static_assert(sizeof(struct fw_fib) == 64, "fw_fib layout");

enum fw_fib_port_flag {
    FW_FIB_PORT_THERE = 1u << 0,
    FW_FIB_PORT_FORWARD4 = 1u << 1,
    FW_FIB_PORT_FORWARD6 = 1u << 2,
};
struct fw_fib_port { /* row n: interface n */
    uint8_t mac[6];
    uint16_t flags; /* enum fw_fib_port_flag */
    uint32_t mtu;
    uint32_t rsvd;
};
_Static_assert(sizeof(struct fw_fib_port) == 16, "fw_fib_port layout");

struct fw_fib_table {
    uint32_t id;
    uint32_t family; /* 4 or 6 */
    uint32_t root;   /* a slot */
    uint32_t rsvd;
};
_Static_assert(sizeof(struct fw_fib_table) == 16, "fw_fib_table layout");

enum fw_fib_type {
    FW_FIB_UNICAST = 1,
    FW_FIB_LOCAL, /* local, broadcast: not forwarded */
    FW_FIB_BLACKHOLE,
    FW_FIB_UNREACHABLE,
    FW_FIB_PROHIBIT,
    FW_FIB_THROW, /* as if there were none, but no shorter prefix either */
};
struct fw_fib_route {
    uint8_t type;      /* enum fw_fib_type */
    uint8_t gw_family; /* 0, 4 or 6 */
    uint8_t has_src;
    uint8_t rsvd0;
    uint32_t next; /* route */
    uint32_t port;
    uint32_t metric;
    uint32_t mtu;   /* of a packet on this route */
    uint8_t mac[6]; /* of the port */
    uint16_t rsvd1;
    uint8_t gw[16], src[16]; /* network byte order; IPv4 in the first four bytes */
    uint8_t rsvd2[4];
};
_Static_assert(sizeof(struct fw_fib_route) == 64, "fw_fib_route layout");

struct fw_fib_node {
    uint32_t best; /* route of what leaves the trie before it gets here */
    uint8_t key[16];
    uint8_t rsvd[12];
    uint32_t slot[256];
};
_Static_assert(sizeof(struct fw_fib_node) == 1056, "fw_fib_node layout");

struct fw_fib_neigh {
    uint8_t addr[16]; /* network byte order; IPv4 in the first four bytes, then zeroes */
    uint32_t port;
    uint8_t family; /* 4 or 6; 0: the row is free */
    uint8_t rsvd;
    uint8_t mac[6];
    uint32_t rsvd1;
};
_Static_assert(sizeof(struct fw_fib_neigh) == 32, "fw_fib_neigh layout");

/* Where the search for a neighbour starts; `addr` as two words of its bytes. */
static inline uint32_t fw_fib_hash(uint64_t addr_lo, uint64_t addr_hi, uint32_t port)
{
    uint64_t x = (addr_lo ^ port) * 0x9e3779b97f4a7c15u;
    x ^= x >> 29;
    x = (x + addr_hi) * 0xbf58476d1ce4e5b9u;
    return (uint32_t)(x >> 32);
}

#endif
