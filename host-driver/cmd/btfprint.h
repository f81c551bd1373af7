/* SPDX-License-Identifier: BSD-3-Clause */
/* Values by their BTF types, on one line. */
#ifndef CMD_BTFPRINT_H
#define CMD_BTFPRINT_H

#include <bpf/btf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Prints `len` bytes as a value of type `id`: numbers in decimal, enumerators by
 * name, struct members as "name value", __be16 and __be32 in host order (__be32 as an
 * IPv4 address, struct in6_addr as an IPv6 one, six __u8 as a MAC address).
 * Without BTF, or where the type does not fit the bytes, hexadecimal.
 */
void btf_print(FILE *out, const struct btf *btf, uint32_t id, const void *data, size_t len);

/* ---- btfsum.c ---- */
/*
 * Adds to *sum a value of type `id`: numbers, and structs and arrays of nothing else, each by
 * itself. False where the type has something that cannot be added; *sum is then of no use.
 */
bool btf_add(const struct btf *btf, uint32_t id, void *sum, const void *value, size_t len);

/* Bytes as hexadecimal digits, cut after some. */
void hex_print(FILE *out, const void *data, size_t len);

#endif
