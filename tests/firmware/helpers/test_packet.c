/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bytes of packets with fragments against one flat array: reads, writes, where bytes lie, and
 * tails that move by the kernel's rules. Pieces lie in the fake NIC's DRAM, apart from each other.
 */
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"
#include "fake.h"
#include "fw/bpf.h"
#include "helpers/packet.h"

#define FIRST   (NIC_DRAM_BASE + 0x10000u)
#define FRAG1   (NIC_DRAM_BASE + 0x20000u)
#define FRAG2   (NIC_DRAM_BASE + 0x08000u) /* not in the order of addresses */
#define SLACK   64u                        /* bytes around each buffer that nobody may touch */
#define LONGEST NIC_CHAIN_BYTES

static struct nic_pkt pkt;
static uint8_t flat[LONGEST]; /* what the packet should hold */
static uint32_t flat_len;

static uint8_t *at(uint32_t addr)
{
    return fake.dram + (addr - NIC_DRAM_BASE);
}

/* A packet of these pieces, of random bytes; buffers and their surroundings are 0xee. */
static void make(uint32_t first, uint32_t frags, uint32_t len1, uint32_t len2)
{
    const uint32_t bases[] = {FIRST, FRAG1, FRAG2};
    const uint32_t lens[] = {first, len1, len2};

    pkt = (struct nic_pkt){.buf = FIRST,
                           .buf_end = FIRST + NIC_BUF_SIZE,
                           .data = FIRST + NIC_PKT_HEADROOM,
                           .data_end = FIRST + NIC_PKT_HEADROOM + first,
                           .frags = (uint8_t)frags,
                           .frag = {{FRAG1, len1}, {FRAG2, len2}}};
    flat_len = 0;
    for (uint32_t i = 0; i < 3; i++) {
        memset(at(bases[i] - SLACK), 0xee, NIC_BUF_SIZE + 2 * SLACK);
        if (i > frags)
            continue;
        for (uint32_t n = 0; n < lens[i]; n++)
            flat[flat_len + n] = (uint8_t)rand();
        memcpy(at(i == 0 ? pkt.data : bases[i]), flat + flat_len, lens[i]);
        flat_len += lens[i];
    }
}

/* Every byte is as it should be, and what is not the packet's is as it was. */
static void check(void)
{
    static uint8_t out[LONGEST];

    CU_ASSERT_EQUAL_FATAL(fw_packet_len(&pkt), flat_len);
    memset(out, 0, sizeof(out));
    fw_packet_read(&pkt, 0, out, flat_len);
    CU_ASSERT_EQUAL(memcmp(out, flat, flat_len), 0);
    for (uint32_t i = 0; i < SLACK; i++) {
        CU_ASSERT_EQUAL(*at(FIRST - 1 - i), 0xee);
        CU_ASSERT_EQUAL(*at(FIRST + NIC_BUF_SIZE + i), 0xee);
        CU_ASSERT_EQUAL(*at(FRAG1 - 1 - i), 0xee);
        CU_ASSERT_EQUAL(*at(FRAG1 + NIC_BUF_SIZE + i), 0xee);
        CU_ASSERT_EQUAL(*at(FRAG2 - 1 - i), 0xee);
        CU_ASSERT_EQUAL(*at(FRAG2 + NIC_BUF_SIZE + i), 0xee);
    }
}

static const struct {
    uint32_t first, frags, len1, len2;
} shapes[] = {
    {3520, 0, 0, 0},       {14, 0, 0, 0},        {3520, 1, 1, 0},       {3520, 1, 4096, 0},
    {3520, 2, 4096, 1},    {3520, 2, 4096, 600}, {3520, 2, 4096, 4096}, {14, 2, 1, 1},
    {100, 1, 50, 0},       {3736, 2, 4096, 900}, {1, 1, 100, 0},        {0, 2, 3, 200},
    {3520, 2, 1000, 2000},
};
#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static void make_shape(size_t i)
{
    make(shapes[i].first, shapes[i].frags, shapes[i].len1, shapes[i].len2);
}

/* ---- reading and writing ---- */

/* Where the bytes start to be the next piece's. */
static uint32_t piece_end(uint32_t offset)
{
    uint32_t end = pkt.data_end - pkt.data;

    for (uint32_t i = 0; i < pkt.frags && offset >= end; i++)
        end += pkt.frag[i].len;
    return end;
}

static void try_range(uint32_t offset, uint32_t len)
{
    static uint8_t buf[LONGEST];
    const uint8_t *in_place = fw_packet_at(&pkt, offset, len);

    fw_packet_read(&pkt, offset, buf, len);
    CU_ASSERT_EQUAL(memcmp(buf, flat + offset, len), 0);
    CU_ASSERT_EQUAL(in_place != NULL, offset + len <= piece_end(offset));
    if (in_place)
        CU_ASSERT_EQUAL(memcmp(in_place, flat + offset, len), 0);
    for (uint32_t i = 0; i < len; i++)
        buf[i] = (uint8_t)rand();
    fw_packet_write(&pkt, offset, buf, len);
    memcpy(flat + offset, buf, len);
}

static void test_ranges(void)
{
    fake_start(1 << 20);
    srand(1);
    for (size_t s = 0; s < SHAPES; s++) {
        make_shape(s);
        for (unsigned n = 0; n < 300; n++) {
            uint32_t offset = (uint32_t)rand() % flat_len;
            uint32_t room = flat_len - offset;

            try_range(offset, 1 + (uint32_t)rand() % (n % 3 == 0 || room < 64 ? room : 64));
        }
        try_range(0, flat_len);
        check();
    }
    fake_stop();
}

/* Byte by byte around every border. */
static void test_borders(void)
{
    fake_start(1 << 20);
    make(3520, 2, 4096, 600);
    for (uint32_t border = 3520; border <= 3520 + 4096; border += 4096)
        for (uint32_t offset = border - 5; offset <= border + 5; offset++)
            for (uint32_t len = 1; len <= 12; len++)
                try_range(offset, len);
    check();
    fake_stop();
}

/* An address is a fragment's only where its bytes are. */
static void test_hold(void)
{
    fake_start(1 << 20);
    make(3520, 2, 4000, 600);
    CU_ASSERT_TRUE(fw_frags_hold(&pkt, FRAG1, 4000));
    CU_ASSERT_TRUE(fw_frags_hold(&pkt, FRAG1 + 3999, 1));
    CU_ASSERT_TRUE(fw_frags_hold(&pkt, FRAG2, 600));
    CU_ASSERT_FALSE(fw_frags_hold(&pkt, FRAG1, 4001));
    CU_ASSERT_FALSE(fw_frags_hold(&pkt, FRAG1 + 4000, 1));
    CU_ASSERT_FALSE(fw_frags_hold(&pkt, FRAG1 - 1, 1));
    CU_ASSERT_FALSE(fw_frags_hold(&pkt, FRAG2, UINT64_MAX));
    CU_ASSERT_FALSE(fw_frags_hold(&pkt, FRAG2 | UINT64_C(1) << 32, 1));
    CU_ASSERT_FALSE(fw_frags_hold(&pkt, FIRST + NIC_PKT_HEADROOM, 1));
    pkt.frags = 1;
    CU_ASSERT_FALSE(fw_frags_hold(&pkt, FRAG2, 1));
    pkt.frags = 0;
    CU_ASSERT_FALSE(fw_frags_hold(&pkt, FRAG1, 1));
    fake_stop();
}

/* ---- tails ---- */

/* Zeroes, up to the end of the last fragment's buffer. */
static void test_grow(void)
{
    fake_start(1 << 20);
    srand(2);
    for (size_t s = 0; s < SHAPES; s++) {
        make_shape(s);
        if (!pkt.frags)
            continue;
        uint32_t room = NIC_BUF_SIZE - pkt.frag[pkt.frags - 1].len;
        CU_ASSERT_EQUAL(fw_frags_grow(&pkt, room + 1), FW_EINVAL);
        CU_ASSERT_EQUAL(fw_frags_grow(&pkt, INT32_MAX), FW_EINVAL);
        check();
        for (uint32_t by = 0; room; by = 1 + (uint32_t)rand() % room) {
            CU_ASSERT_EQUAL(fw_frags_grow(&pkt, by), 0);
            memset(flat + flat_len, 0, by);
            flat_len += by;
            room -= by;
            if (room == 0)
                break;
        }
        CU_ASSERT_EQUAL(fw_frags_grow(&pkt, 1), FW_EINVAL);
        CU_ASSERT_EQUAL(fw_frags_grow(&pkt, 0), 0);
        check();
    }
    fake_stop();
}

/* By every amount from a few shapes; an Ethernet header must stay. */
static void shrink_by(size_t s, uint32_t by)
{
    make_shape(s);
    uint32_t frags = 0;
    int want = (int64_t)by > (int64_t)flat_len - FW_ETH_HLEN ? FW_EINVAL : 0;

    CU_ASSERT_EQUAL(fw_frags_shrink(&pkt, by), want);
    flat_len -= want ? 0 : by;
    for (uint32_t used = pkt.data_end - pkt.data; used < flat_len; frags++)
        used += pkt.frag[frags].len;
    CU_ASSERT_EQUAL(pkt.frags, frags);
    CU_ASSERT_EQUAL(fw_packet_len(&pkt), flat_len);
    if (by % 97 == 0)
        check();
}

static void test_shrink(void)
{
    fake_start(1 << 20);
    srand(3);
    for (size_t s = 0; s < SHAPES; s++) {
        make_shape(s);
        uint32_t len = flat_len, first = shapes[s].first;
        const uint32_t steps[] = {0,
                                  1,
                                  shapes[s].len2,
                                  shapes[s].len2 + 1,
                                  shapes[s].len1 + shapes[s].len2,
                                  len - first,
                                  len - first + 1,
                                  len - 14,
                                  len - 13,
                                  len,
                                  len + 1,
                                  0x7fffffff};
        if (!shapes[s].frags)
            continue;
        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
            shrink_by(s, steps[i]);
        for (unsigned n = 0; n < 40; n++)
            shrink_by(s, (uint32_t)rand() % (len + 20));
    }
    fake_stop();
}

/* The smallest int, negated, is negative: nothing happens, and the kernel calls it success. */
static void test_smallest(void)
{
    fake_start(1 << 20);
    make(3520, 2, 4096, 600);
    CU_ASSERT_EQUAL(fw_frags_shrink(&pkt, INT32_MIN), 0);
    CU_ASSERT_EQUAL(pkt.frags, 2);
    check();
    fake_stop();
}

static const struct cunit_case cases[] = {
    {"ranges", test_ranges},
    {"borders", test_borders},
    {"addresses", test_hold},
    {"a tail that grows", test_grow},
    {"a tail that shrinks", test_shrink},
    {"the smallest offset", test_smallest},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("packets with fragments", cases);
}
