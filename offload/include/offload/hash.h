/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How hash maps lie in DRAM, for the code of programs that looks keys up without a helper.
 * firmware/maps/hash.c has the rules that keep readers right. Freestanding.
 *
 * A map has a power of two of buckets, at least one an entry. A bucket is a link of 8 bytes:
 *   bits 0-31   device address of the first element, without its flags: OFFLOAD_LINK_END: there is
 *               no element; OFFLOAD_LINK_LOCK: a writer works on the chain
 *   bits 32-63  the element's hash; at the end of a chain the bucket's number
 * An element starts with such a link, the next one of the chain. From OFFLOAD_ELEM_KEY on the key
 * follows, with zeroes up to a multiple of 8 bytes, then the value; per-CPU types have a value
 * of each CPU there, a multiple of 8 bytes each.
 *
 * The bucket is the hash modulo their number. The hash of 1 to 4 bytes is mix(key ^ seed ^ seed <<
 * 11), that of more is mix(lower half of h) with h from the seed on, for each 8 bytes w of the
 * zero-padded key: h = (h ^ w) * MIX64, h ^= h >> 32. The seed has 21 bits. mix of 32 bits:
 * x ^= x >> 16, x *= MIX1, x ^= x >> 15, x *= MIX2, x ^= x >> 16.
 *
 * A program that finds an entry of an LRU map sets OFFLOAD_ELEM_USED in the 32-bit word at
 * OFFLOAD_ELEM_STATE by an atomic OR.
 */
#ifndef OFFLOAD_HASH_H
#define OFFLOAD_HASH_H

#define OFFLOAD_LINK_END   1
#define OFFLOAD_LINK_LOCK  2
#define OFFLOAD_LINK_FLAGS 3

#define OFFLOAD_ELEM_STATE 12
#define OFFLOAD_ELEM_USED  2
#define OFFLOAD_ELEM_KEY   16

#define OFFLOAD_HASH_MIX1  0x7feb352du
#define OFFLOAD_HASH_MIX2  0x846ca68bu
#define OFFLOAD_HASH_MIX64 0x9fb21c651e98df25u

#endif
