/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tag of a program: the first 8 bytes of the SHA-256 (FIPS 180-4) of its instructions, with
 * what names a map left out, as Linux computes it since 6.18 (SHA-1 before).
 */
#include <stdlib.h>
#include <string.h>

#include "bpf/prog_impl.h"

#define BLOCK 64u

static const uint32_t round_keys[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t ror(uint32_t v, unsigned by)
{
    return v >> by | v << (32 - by);
}

static void schedule(uint32_t w[64], const uint8_t *block)
{
    for (unsigned i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
               (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (unsigned i = 16; i < 64; i++) {
        uint32_t a = ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t b = ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + a + w[i - 7] + b;
    }
}

static void add_block(uint32_t hash[8], const uint8_t *block)
{
    uint32_t w[64], s[8];

    schedule(w, block);
    memcpy(s, hash, sizeof(s));
    for (unsigned i = 0; i < 64; i++) {
        uint32_t e = ror(s[4], 6) ^ ror(s[4], 11) ^ ror(s[4], 25);
        uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
        uint32_t a = ror(s[0], 2) ^ ror(s[0], 13) ^ ror(s[0], 22);
        uint32_t most = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        uint32_t t = s[7] + e + choice + round_keys[i] + w[i];
        memmove(s + 1, s, 7 * sizeof(*s));
        s[4] += t;
        s[0] = t + a + most;
    }
    for (unsigned i = 0; i < 8; i++)
        hash[i] += s[i];
}

/* `room` holds len bytes and is padded in place: len + 72 bytes. */
static void sha256_head(uint8_t *room, size_t len, uint8_t out[BPF_TAG_SIZE])
{
    uint32_t hash[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    size_t end = (len + 9 + BLOCK - 1) / BLOCK * BLOCK;

    memset(room + len, 0, end - len);
    room[len] = 0x80;
    for (unsigned i = 0; i < 8; i++)
        room[end - 1 - i] = (uint8_t)((uint64_t)len * 8 >> 8 * i);
    for (size_t at = 0; at < end; at += BLOCK)
        add_block(hash, room + at);
    for (unsigned i = 0; i < BPF_TAG_SIZE; i++)
        out[i] = (uint8_t)(hash[i / 4] >> (24 - 8 * (i % 4)));
}

int prog_tag(const struct ebpf_insn *insns, uint32_t count, uint8_t out[BPF_TAG_SIZE])
{
    size_t len = count * sizeof(*insns);
    struct ebpf_insn *copy = malloc(len + BLOCK + 8);

    if (!copy)
        return -1;
    memcpy(copy, insns, len);
    for (uint32_t i = 0; i + 1 < count; i++) {
        bool map = copy[i].src == BPF_PSEUDO_MAP_FD || copy[i].src == BPF_PSEUDO_MAP_VALUE;
        if (copy[i].opcode != (BPF_LD | BPF_IMM | BPF_DW))
            continue;
        if (map)
            copy[i].imm = copy[i + 1].imm = 0;
        i++;
    }
    sha256_head((uint8_t *)copy, len, out);
    free(copy);
    return 0;
}
