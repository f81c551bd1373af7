/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How hash maps lie in DRAM, for the code of programs that looks keys up without a helper.
 * firmware/maps/hash.c has the rules that keep readers right. Freestanding.
 *
 * A map has a power of two of buckets, at least one an entry. A bucket is a link of 8 bytes:
 *   bits 0-31   device address of the first element, without its flags: OFFLOAD_LINK_END: there is
 *               no element; OFFLOAD_LINK_LOCK: a writer works on the chain
 *   bits 32-63  the element's hash; at the end of a chain the bucket's number
 * Keys of OFFLOAD_HASH_WIDE_MIN to _MAX bytes have wide links. There the number of buckets is 2^b,
 * b = 1 + log2 of max_entries + OFFLOAD_HASH_SPARES + 1, rounded up:
 *   bit 0       OFFLOAD_LINK_LOCK
 *   bits 1-b-1  the element's number from 1 on, 0: there is no element
 *   bits b-63   the element's hash from its bit b on; at the end of a chain the bucket's number
 * Element n is n times the size of an element behind the end of the buckets.
 * An element starts with such a link, the next one of the chain. From OFFLOAD_ELEM_KEY on the key
 * follows, with zeroes up to a multiple of 8 bytes, then the value; per-CPU types have a value
 * of each CPU there, a multiple of 8 bytes each.
 *
 * The bucket is the hash modulo their number. fold(h, w) of 64 bits: h = (h ^ w) * MIX64,
 * h ^= h >> 32. mix of 32 bits: x ^= x >> 16, x *= MIX1, x ^= x >> 15, x *= MIX2, x ^= x >> 16.
 * The seed has 21 bits. With w0, w1, .. the 8 bytes each of the zero-padded key, the hash is
 *   1 to 4 bytes   mix(w0 ^ seed ^ seed << 11)
 *   9 to 12        mix(lower half of fold(seed, w0) ^ w1)
 *   13 to 16       fold(fold(fold(seed, w0), w1), 0), 64 bits
 *   others         mix(lower half of fold(..fold(fold(seed, w0), w1)..))
 * so that hash and w0 together say all of a key of 1 to 4 and 9 to 16 bytes: with a bucket's own
 * link w0 alone is left to be compared, with 1 to 4 bytes nothing.
 *
 * A program that finds an entry of an LRU map sets OFFLOAD_ELEM_USED in the 32-bit word at
 * OFFLOAD_ELEM_STATE by an atomic OR.
 */
#ifndef OFFLOAD_HASH_H
#define OFFLOAD_HASH_H

#define OFFLOAD_LINK_LOCK  1
#define OFFLOAD_LINK_END   2
#define OFFLOAD_LINK_FLAGS 3

#define OFFLOAD_HASH_WIDE_MIN 13
#define OFFLOAD_HASH_WIDE_MAX 16
#define OFFLOAD_HASH_SPARES   64 /* elements beyond max_entries, at most */

#define OFFLOAD_ELEM_STATE 12
#define OFFLOAD_ELEM_USED  2
#define OFFLOAD_ELEM_KEY   16

#define OFFLOAD_HASH_MIX1  0x7feb352du
#define OFFLOAD_HASH_MIX2  0x846ca68bu
#define OFFLOAD_HASH_MIX64 0x9fb21c651e98df25u

#endif
