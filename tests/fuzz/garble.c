/* SPDX-License-Identifier: BSD-3-Clause */
#include "garble.h"

#include <string.h>

#include "ebpf/ebpf.h"
#include "fuzz.h"

enum {
    NOISE_SLOTS = 64,
    PIECE_SLOTS = 700, /* of a program that is repeated, or changed */
    EDITS = 12,
    LONG_ONE_IN = 192,
};

static uint32_t pick(struct rng *rng, uint32_t n)
{
    return rng_below(rng, n);
}

static struct ebpf_insn noise_slot(struct rng *rng)
{
    struct ebpf_insn i;
    uint64_t bits = rng_next(rng);
    memcpy(&i, &bits, sizeof(i));
    return i;
}

/* An opcode that there is; registers, offset and immediate of any value, more often small ones. */
static struct ebpf_insn likely_slot(struct rng *rng)
{
    struct ebpf_insn i = noise_slot(rng);
    i.opcode = ebpf_row(1 + pick(rng, EBPF_ID_COUNT - 1))->opcode;
    i.dst = pick(rng, 11) & 15u;
    i.src = pick(rng, 3) ? pick(rng, 3) & 15u : i.src;
    if (pick(rng, 2))
        i.off = (int16_t)((int)pick(rng, 16) - 6);
    if (pick(rng, 3))
        i.imm = (int32_t)pick(rng, 24) - 6;
    return i;
}

static void change_byte(struct rng *rng, uint8_t *data, size_t size)
{
    uint8_t *at = &data[rng_next(rng) % size];
    switch (pick(rng, 4)) {
    case 0:
        *at ^= (uint8_t)(1u << pick(rng, 8));
        break;
    case 1:
        *at = (uint8_t)rng_next(rng);
        break;
    case 2:
        *at = pick(rng, 2) ? 0xff : 0;
        break;
    default:
        *at = (uint8_t)(*at + pick(rng, 9) - 4);
        break;
    }
}

static void change_word(struct rng *rng, uint8_t *data, size_t size)
{
    uint32_t word = (uint32_t)rng_number(rng);
    if (size >= sizeof(word))
        memcpy(data + rng_next(rng) % (size / sizeof(word)) * sizeof(word), &word, sizeof(word));
}

size_t garble_bytes(struct rng *rng, uint8_t *data, size_t size)
{
    for (uint32_t n = 1 + pick(rng, EDITS); n && size; n--) {
        uint32_t k = pick(rng, 16);
        if (k < 8)
            change_byte(rng, data, size);
        else if (k < 14)
            change_word(rng, data, size);
        else if (k == 14) /* a piece from elsewhere in it */
            memmove(data + rng_next(rng) % (size / 2 + 1), data + rng_next(rng) % (size / 2 + 1),
                    pick(rng, (uint32_t)(size / 2 + 1)));
        else if (pick(rng, 8) == 0)
            size = rng_next(rng) % size;
    }
    return size;
}

/* ---- instructions ---- */

static uint32_t noise(struct rng *rng, struct ebpf_insn *out)
{
    uint32_t count = 1 + pick(rng, NOISE_SLOTS);
    for (uint32_t n = 0; n < count; n++)
        out[n] = pick(rng, 4) ? likely_slot(rng) : noise_slot(rng);
    return count;
}

static uint32_t whole(struct rng *rng, const struct seeds *s, struct ebpf_insn *out)
{
    uint32_t k = pick(rng, 5);
    if (k < 2 && s->progs) {
        const struct seed_prog *p = &s->prog[pick(rng, s->progs)];
        uint32_t count = p->count < PIECE_SLOTS ? p->count : PIECE_SLOTS;
        memcpy(out, p->insns, count * sizeof(*out));
        return count;
    }
    if (k == 2)
        return fuzz_merging(rng, out);
    return k == 3 ? fuzz_calling(rng, out) : fuzz_program(rng, out);
}

static void change_slot(struct rng *rng, struct ebpf_insn *i)
{
    switch (pick(rng, 5)) {
    case 0:
        *i = noise_slot(rng);
        break;
    case 1:
        *i = likely_slot(rng);
        break;
    case 2:
        i->off = (int16_t)rng_number(rng);
        break;
    case 3:
        i->imm = (int32_t)rng_number(rng);
        break;
    default:
        change_byte(rng, (uint8_t *)i, sizeof(*i));
        break;
    }
}

static uint32_t changed(struct rng *rng, const struct seeds *s, struct ebpf_insn *out)
{
    uint32_t count = whole(rng, s, out);
    for (uint32_t edits = pick(rng, pick(rng, 4) ? 3 : EDITS); edits; edits--) {
        uint32_t at = pick(rng, count), k = pick(rng, 20);
        if (k < 16) {
            change_slot(rng, &out[at]);
        } else if (k == 16) {
            out[at] = out[pick(rng, count)];
        } else if (k == 17 && count > 1) { /* one less */
            memmove(&out[at], &out[at + 1], (count - at - 1) * sizeof(*out));
            count--;
        } else if (k == 18) { /* one more */
            memmove(&out[at + 1], &out[at], (count - at) * sizeof(*out));
            out[at] = likely_slot(rng);
            count++;
        }
    }
    return count;
}

/* A piece again and again: ladders of branches, chains of calls, endless moves. */
static uint32_t repeated(struct rng *rng, const struct seeds *s, struct ebpf_insn *out)
{
    static const uint32_t lengths[] = {5000, 66000, GARBLE_SLOTS - 1, GARBLE_SLOTS};
    uint32_t count = lengths[pick(rng, 4)], piece = 1 + pick(rng, 12);
    if (pick(rng, 2))
        piece = pick(rng, 2) ? changed(rng, s, out) : whole(rng, s, out);
    else
        for (uint32_t n = 0; n < piece; n++)
            out[n] = likely_slot(rng);
    for (uint32_t n = piece; n < count; n++)
        out[n] = out[n - piece];
    for (uint32_t edits = pick(rng, EDITS); edits; edits--)
        change_slot(rng, &out[pick(rng, count)]);
    if (pick(rng, 4))
        out[count - 1] = (struct ebpf_insn){.opcode = 0x95};
    return count;
}

uint32_t garble_insns(struct rng *rng, const struct seeds *s, struct ebpf_insn *out)
{
    if (pick(rng, LONG_ONE_IN) == 0)
        return repeated(rng, s, out);
    return pick(rng, 4) ? changed(rng, s, out) : noise(rng, out);
}
