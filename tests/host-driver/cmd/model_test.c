/* SPDX-License-Identifier: BSD-3-Clause */
/* Figures and the name of the bottleneck, from readings made up here. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/model.h"
#include "cunit_main.h"

#define ENGINES 2u
#define CYCLES  100000u
#define BANKS   4u /* of DRAM; there are no others */

struct setup {
    struct nic_config cfg;
    struct reading a, b;
    struct nic_pacing pacing;
    struct model m;
};

/* A quiet run: 1000 packets in 100,000 cycles, engines half busy. */
static void prepare(struct setup *s)
{
    memset(s, 0, sizeof(*s));
    nic_config_init(&s->cfg);
    s->cfg.engine_count = ENGINES;
    s->cfg.engine_clock_hz = 500000000;
    s->cfg.dram_size = 1 << 20;
    s->a.engine = calloc(ENGINES, sizeof(*s->a.engine));
    s->b.engine = calloc(ENGINES, sizeof(*s->b.engine));
    s->a.nic.dram.banks = s->b.nic.dram.banks = BANKS;
    s->a.bank = calloc(BANKS, sizeof(*s->a.bank));
    s->b.bank = calloc(BANKS, sizeof(*s->b.bank));
    s->b.nic.first_rx_cycle = 5000;
    s->b.nic.last_done_cycle = 5000 + CYCLES;
    for (unsigned e = 0; e < ENGINES; e++) {
        s->a.engine[e].busy_cycles = 777;
        s->b.engine[e].packets = 500;
        s->b.engine[e].busy_cycles = 777 + 49000;
        s->b.engine[e].switch_cycles = 1000;
        s->b.engine[e].stall_cycles = 10000;
    }
}

static const char *bottleneck(struct setup *s)
{
    struct nic_device *dev = NULL;

    CU_ASSERT_EQUAL_FATAL(nic_device_create(&s->cfg, NULL, NULL, &dev, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(model_make(dev, &s->a, &s->b, s->pacing, 3000, &s->m), 0);
    nic_device_destroy(dev);
    reading_free(&s->a);
    reading_free(&s->b);
    model_free(&s->m);
    return s->m.bottleneck;
}

static int near(double a, double b)
{
    return fabs(a - b) < 1e-9 * fabs(b) + 1e-12;
}

static void test_figures(void)
{
    struct setup s;

    prepare(&s);
    bottleneck(&s);
    CU_ASSERT(s.m.cycles == CYCLES && s.m.time_ns == 200000 && s.m.packets == 1000);
    CU_ASSERT(near(s.m.pps, 5e6) && near(s.m.pps_per_engine, 2.5e6));
    CU_ASSERT(near(s.m.cycles_per_packet, 120));
    CU_ASSERT(near(s.m.program_insns_per_packet, 3));
    CU_ASSERT(near(s.m.use[MODEL_ENGINES], 0.5) && near(s.m.use[MODEL_STALL], 0.1));
}

static void test_engines(void)
{
    struct setup s;

    prepare(&s);
    s.b.engine[0].busy_cycles += 49000;
    s.b.engine[1].busy_cycles += 49000;
    CU_ASSERT_STRING_EQUAL(bottleneck(&s), "engines");
}

static void test_memory(void)
{
    struct setup s;

    prepare(&s);
    s.b.engine[0].stall_cycles = s.b.engine[1].stall_cycles = 49000;
    s.b.engine[0].switch_cycles = s.b.engine[1].switch_cycles = 0;
    s.b.engine[0].busy_cycles = s.b.engine[1].busy_cycles = 777 + 42000;
    CU_ASSERT_STRING_EQUAL(bottleneck(&s), "memory latency");
    prepare(&s); /* more threads would help a little */
    s.b.engine[0].stall_cycles = s.b.engine[1].stall_cycles = 15000;
    s.b.engine[0].busy_cycles = s.b.engine[1].busy_cycles = 777 + 81000;
    CU_ASSERT_STRING_EQUAL(bottleneck(&s), "memory latency");
}

static void dram(struct setup *s, uint64_t first, uint64_t others)
{
    prepare(s);
    s->a.bank[0] = 5 * CYCLES; /* what was before does not count */
    s->a.nic.dram.busy_cycles = 5 * CYCLES;
    s->b.nic.dram.busy_cycles = s->a.nic.dram.busy_cycles + first + (BANKS - 1) * others;
    for (unsigned i = 0; i < BANKS; i++)
        s->b.bank[i] = s->a.bank[i] + (i == 0 ? first : others);
}

static void test_banks(void)
{
    struct setup s;

    dram(&s, CYCLES * 95 / 100, CYCLES * 95 / 100);
    CU_ASSERT_STRING_EQUAL(bottleneck(&s), "dram");
    CU_ASSERT(near(s.m.use[MODEL_DRAM], 0.95) && near(s.m.mean[MODEL_DRAM], 0.95));
    dram(&s, CYCLES * 96 / 100, CYCLES / 100); /* all want the same one */
    CU_ASSERT_STRING_EQUAL(bottleneck(&s), "dram");
    CU_ASSERT(near(s.m.use[MODEL_DRAM], 0.96) && near(s.m.mean[MODEL_DRAM], 0.2475));
    CU_ASSERT(near(s.m.use[MODEL_SRAM], 0)); /* without banks */
}

static void test_links(void)
{
    struct setup s;

    prepare(&s);
    s.b.nic.pcie_busy_cycles = CYCLES * 97 / 100;
    CU_ASSERT_STRING_EQUAL(bottleneck(&s), "pcie");
    prepare(&s);
    s.pacing.how = NIC_PACE_LINE;
    s.b.nic.mac_busy_cycles = CYCLES;
    CU_ASSERT_STRING_EQUAL(bottleneck(&s), "mac");
    prepare(&s); /* at the rate max frames do not wait for the wire */
    s.b.nic.mac_busy_cycles = 2 * CYCLES;
    CU_ASSERT_STRING_EQUAL(bottleneck(&s), "engines");
    CU_ASSERT(near(s.m.use[MODEL_MAC], 2));
}

static void test_not_the_card(void)
{
    struct setup s;

    prepare(&s);
    s.pacing = (struct nic_pacing){.how = NIC_PACE_PPS, .rate = 5000000000u};
    CU_ASSERT_STRING_EQUAL(bottleneck(&s), "input rate");
    prepare(&s);
    s.cfg.run_ordered = 1;
    CU_ASSERT_STRING_EQUAL(bottleneck(&s), "one packet at a time");
    prepare(&s);
    s.cfg.run_functional = 1;
    CU_ASSERT_STRING_EQUAL(bottleneck(&s), "not modelled");
}

/* No division by a time or a number of packets that is zero. */
static void test_nothing(void)
{
    struct setup s;

    prepare(&s);
    memset(s.b.engine, 0, ENGINES * sizeof(*s.b.engine));
    memset(s.a.engine, 0, ENGINES * sizeof(*s.a.engine));
    s.b.nic.last_done_cycle = 0;
    CU_ASSERT_STRING_EQUAL(bottleneck(&s), "no packets");
    CU_ASSERT(s.m.cycles == 0 && s.m.time_ns == 0);
    CU_ASSERT(near(s.m.pps, 0) && near(s.m.cycles_per_packet, 0));
}

static const struct cunit_case cases[] = {
    {"figures", test_figures}, {"engines", test_engines},
    {"memory", test_memory},   {"banks", test_banks},
    {"links", test_links},     {"not the card", test_not_the_card},
    {"nothing", test_nothing}, {NULL, NULL},
};

int main(void)
{
    return cunit_run("cmd/model", cases);
}
