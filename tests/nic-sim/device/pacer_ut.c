/* SPDX-License-Identifier: BSD-3-Clause */
/* Arrival times, computed by hand. */
#include "cunit_main.h"

#include "device/dev.h"

static struct pacer pacer(uint64_t bps, uint64_t hz, enum nic_pace how, uint64_t rate)
{
    struct nic_config c;
    struct pacer p;

    nic_config_init(&c);
    c.port_bps = bps;
    c.engine_clock_hz = hz;
    pacer_init(&p, &c, (struct nic_pacing){.how = how, .rate = rate});
    return p;
}

static void test_wire_bits(void)
{
    CU_ASSERT_EQUAL(pacer_wire_bits(1), 84 * 8);  /* padded to 64 with FCS, and 20 */
    CU_ASSERT_EQUAL(pacer_wire_bits(60), 84 * 8); /* 60 + 4 = 64 */
    CU_ASSERT_EQUAL(pacer_wire_bits(61), 85 * 8);
    CU_ASSERT_EQUAL(pacer_wire_bits(1514), 1538 * 8);
}

/* 672 bits at 100 Gbit/s are 6.72 ns. */
static void test_line(void)
{
    struct pacer p = pacer(100000000000, 1000000000, NIC_PACE_LINE, 0);
    static const uint64_t want[] = {6, 13, 20, 26, 33};
    uint64_t t = 0;

    pacer_start(&p, 1000);
    for (unsigned i = 0; i < 5; i++)
        CU_ASSERT_EQUAL(pacer_next(&p, 60, 0), 1000 + want[i]);
    for (unsigned i = 5; i < 100000; i++)
        t = pacer_next(&p, 60, 0);
    CU_ASSERT_EQUAL(t, 1000 + 672000); /* no drift */
}

/* 1538 bytes at 40 Gbit/s and 800 MHz: 12304 bits / 50 bits a cycle = 246.08 */
static void test_line_large(void)
{
    struct pacer p = pacer(40000000000, 800000000, NIC_PACE_LINE, 0);
    uint64_t t = 0;

    pacer_start(&p, 0);
    CU_ASSERT_EQUAL(pacer_next(&p, 1514, 0), 246);
    for (unsigned i = 1; i < 100; i++)
        t = pacer_next(&p, 1514, 0);
    CU_ASSERT_EQUAL(t, 24608);
}

/* 3 Mpps at 1 GHz: 333 1/3 cycles. The first is there at once. */
static void test_pps(void)
{
    struct pacer p = pacer(100000000000, 1000000000, NIC_PACE_PPS, 3000000000);
    uint64_t t = 0;

    pacer_start(&p, 50);
    CU_ASSERT_EQUAL(pacer_next(&p, 60, 0), 50);
    CU_ASSERT_EQUAL(pacer_next(&p, 60, 0), 383);
    CU_ASSERT_EQUAL(pacer_next(&p, 60, 0), 716);
    CU_ASSERT_EQUAL(pacer_next(&p, 60, 0), 1050);
    for (unsigned i = 4; i <= 3000; i++)
        t = pacer_next(&p, 60, 0);
    CU_ASSERT_EQUAL(t, 50 + 1000000);
}

/* Half a packet a second: 500 milli-packets. */
static void test_pps_slow(void)
{
    struct pacer p = pacer(100000000000, 1000000000, NIC_PACE_PPS, 500);

    pacer_start(&p, 0);
    CU_ASSERT_EQUAL(pacer_next(&p, 60, 0), 0);
    CU_ASSERT_EQUAL(pacer_next(&p, 60, 0), 2000000000);
}

/* More than the wire carries: the wire decides. */
static void test_pps_capped(void)
{
    struct pacer p = pacer(1000000000, 1000000000, NIC_PACE_PPS, 10000000000);

    pacer_start(&p, 0);
    CU_ASSERT_EQUAL(pacer_next(&p, 60, 0), 0);
    CU_ASSERT_EQUAL(pacer_next(&p, 60, 0), 672);
    CU_ASSERT_EQUAL(pacer_next(&p, 60, 0), 1344);
}

/* 5 Gbit/s on a 100 Gbit/s wire: 672 bits every 134.4 ns. */
static void test_bps(void)
{
    struct pacer p = pacer(100000000000, 1000000000, NIC_PACE_BPS, 5000000000);

    pacer_start(&p, 0);
    CU_ASSERT_EQUAL(pacer_next(&p, 60, 0), 134);
    CU_ASSERT_EQUAL(pacer_next(&p, 60, 0), 268);
    CU_ASSERT_EQUAL(pacer_next(&p, 60, 0), 403);
}

static void test_trace(void)
{
    struct pacer p = pacer(100000000000, 2000000000, NIC_PACE_TRACE, 0);

    pacer_start(&p, 10);
    CU_ASSERT_EQUAL(pacer_next(&p, 60, 1700000000000000000), 10);
    CU_ASSERT_EQUAL(pacer_next(&p, 60, 1700000000000000500), 1010);
    /* the same stamp again: as soon as the wire can, 6.72 ns = 13.44 cycles */
    CU_ASSERT_EQUAL(pacer_next(&p, 60, 1700000000000000500), 1023);
    /* a stamp that goes back */
    CU_ASSERT_EQUAL(pacer_next(&p, 60, 1600000000000000000), 1036);
    CU_ASSERT_EQUAL(pacer_next(&p, 60, 1700000001000000000), 10 + 2000000000u);
}

static void test_trace_absurd(void)
{
    struct pacer p = pacer(100000000000, 10000000000, NIC_PACE_TRACE, 0);
    uint64_t far;

    pacer_start(&p, 0);
    CU_ASSERT_EQUAL(pacer_next(&p, 60, 0), 0);
    far = pacer_next(&p, 60, UINT64_MAX);
    CU_ASSERT_TRUE(far >= 1000000000000000000u);
    CU_ASSERT_TRUE(pacer_next(&p, 60, UINT64_MAX) > far);
}

static void test_max(void)
{
    struct pacer p = pacer(100000000000, 1000000000, NIC_PACE_MAX, 0);

    pacer_start(&p, 7);
    for (unsigned i = 0; i < 10; i++)
        CU_ASSERT_EQUAL(pacer_next(&p, 1514, 0), 7);
}

static uint64_t random_word(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> (*state >> 59) ^ *state << 17;
}

/* What is carried over, with that of 128-bit arithmetic: few numbers, so that many come again. */
static void test_divide(void)
{
    uint64_t num[4], den[4], state = 1, bad = 0;

    for (unsigned round = 0; round < 2000; round++) {
        struct division last = {0};

        for (unsigned i = 0; i < 4; i++) {
            num[i] = random_word(&state);
            den[i] = random_word(&state) >> (round % 64) | 1;
        }
        den[3] = UINT64_MAX;
        for (unsigned d = 0; d < 4; d++) {
            uint64_t rest = 0, want = 0;

            for (unsigned i = 0; i < 50; i++) {
                uint64_t n = num[random_word(&state) % 8 / 2];
                dev_u128 sum = (dev_u128)n + want;

                bad += pacer_divide(&last, n, den[d], &rest) != (uint64_t)(sum / den[d]);
                want = (uint64_t)(sum % den[d]);
                bad += rest != want;
            }
        }
    }
    CU_ASSERT_EQUAL(bad, 0);
}

static const struct cunit_case cases[] = {
    {"bits on the wire", test_wire_bits},
    {"division with a rest", test_divide},
    {"line rate, no drift", test_line},
    {"line rate, another clock", test_line_large},
    {"packets a second", test_pps},
    {"milli-packets a second", test_pps_slow},
    {"packets a second above line rate", test_pps_capped},
    {"bits a second", test_bps},
    {"trace", test_trace},
    {"trace with absurd stamps", test_trace_absurd},
    {"max", test_max},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("pacer", cases);
}
