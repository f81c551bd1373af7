/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What holds on any card, tried on cards drawn at random: nothing is lost without a count, each
 * cycle has one cause, slower memories never make the card faster, more engines never slower.
 * Arguments: the build directory [cards [seed]]; each card is a few runs.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "card.h"
#include "cunit_main.h"

/*
 * A rate comes from a run that ends: in its last moments not all threads have a packet. And order
 * matters: when one thread gets a little slower another may be first at a bank, a bucket or a
 * buffer, and the whole a little faster (Graham's anomalies of schedules). Both are small beside
 * what the properties are about: of 150 cards the worst went 0.08 % the wrong way.
 */
#define TOLERANCE 0.01

static const char *build;
static unsigned cards = 24;
static uint64_t seed = 1;

/* ---- drawing ---- */

struct dice {
    uint64_t state;
};

/* splitmix64 */
static uint64_t roll(struct dice *d, uint64_t low, uint64_t high)
{
    uint64_t z = d->state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return low + (z ^ z >> 31) % (high - low + 1);
}

static void draw_card(struct dice *d, struct nic_config *c)
{
    nic_config_init(c);
    c->engine_count = roll(d, 1, 6);
    c->engine_threads = roll(d, 1, 5);
    c->engine_per_cluster = roll(d, 1, 6);
    c->engine_clock_hz = roll(d, 100, 3000) * 1000000;
    c->engine_switch_cycles = roll(d, 0, 6);
    c->cost_mul = roll(d, 1, 8);
    c->cost_branch_taken = roll(d, 1, 6);
    c->local_latency = roll(d, 0, 4);
    c->mmio_latency = roll(d, 0, 60);
    c->cluster_size = roll(d, 16, 64) * 4096;
    c->cluster_latency = roll(d, 0, 120);
    c->cluster_service = roll(d, 0, 4);
    c->cluster_banks = roll(d, 1, 8);
    c->sram_latency = roll(d, 0, 250);
    c->sram_service = roll(d, 0, 4);
    c->sram_banks = roll(d, 1, 16);
    c->dram_size = 64 << 20;
    c->dram_latency = roll(d, 0, 500);
    c->dram_service = roll(d, 0, 8);
    c->dram_banks = roll(d, 1, 32);
    c->port_count = roll(d, 1, 3);
    c->port_bps = roll(d, 1, 200) * 1000000000;
    c->port_latency_ns = roll(d, 0, 1000);
    c->pcie_gen = roll(d, 1, 6);
    c->pcie_lanes = (uint64_t)1 << roll(d, 0, 4);
    c->run_seed = roll(d, 0, UINT32_MAX);
}

static const struct work {
    const char *object, *program; /* below the build directory */
} works[] = {
    {"examples/drop.bpf.o", NULL},
    {"examples/parse_ip_count.bpf.o", NULL},
    {"examples/tx_swap_macs.bpf.o", NULL},
    {"examples/lpm_filter.bpf.o", NULL},
    {"examples/pass.bpf.o", NULL},
    {"scenarios/scenarios.bpf.o", "redirect_parse_ip"}, /* to a port that may not be there */
};
#define WORKS (sizeof(works) / sizeof(works[0]))

static void draw_load(struct dice *d, const struct nic_config *cfg, char path[512],
                      struct card_load *l)
{
    const struct work *w = &works[roll(d, 0, WORKS - 1)];
    uint64_t how = roll(d, 0, 2);

    snprintf(path, 512, "%s/%s", build, w->object);
    *l = (struct card_load){.object = path,
                            .program = w->program,
                            .ports = (unsigned)roll(d, 1, cfg->port_count),
                            .frames = (unsigned)roll(d, 100, 400),
                            .size = roll(d, 0, 9) == 0 ? 5000 : (unsigned)roll(d, 60, 1514),
                            .seed = (unsigned)roll(d, 0, 1000)};
    l->pacing.how = how == 0 ? NIC_PACE_MAX : how == 1 ? NIC_PACE_LINE : NIC_PACE_PPS;
    l->pacing.rate = roll(d, 10000, 50000000) * 1000;
}

/* ---- what holds ---- */

static uint64_t sum(const uint64_t cause[NIC_CAUSES])
{
    uint64_t n = 0;

    for (unsigned c = 0; c < NIC_CAUSES; c++)
        n += cause[c];
    return n;
}

static void check_causes(const struct card *c)
{
    const struct nic_config *cfg = nic_device_config(c->s.dev);

    for (unsigned e = 0; e < cfg->engine_count; e++) {
        struct nic_engine_stats s;
        uint64_t insns = 0, program = 0;

        CU_ASSERT_EQUAL_FATAL(nic_device_engine_stats(c->s.dev, e, &s), 0);
        CU_ASSERT_EQUAL(sum(s.cause),
                        s.busy_cycles + s.switch_cycles + s.stall_cycles + s.idle_cycles);
        CU_ASSERT_EQUAL(s.cause[NIC_CAUSE_SWITCH], s.switch_cycles);
        CU_ASSERT_EQUAL(s.cause[NIC_CAUSE_IDLE] + s.cause[NIC_CAUSE_BLOCKED], s.idle_cycles);
        CU_ASSERT_EQUAL(s.cause[NIC_CAUSE_ENGINE], 0);
        for (unsigned t = 0; t < cfg->engine_threads; t++) {
            struct nic_thread_stats one;

            CU_ASSERT_EQUAL_FATAL(nic_device_thread_stats(c->s.dev, e, t, &one), 0);
            CU_ASSERT_EQUAL(sum(one.cause), sum(s.cause));
            insns += one.insns;
            program += one.program_insns;
        }
        CU_ASSERT_EQUAL(insns, s.insns);
        CU_ASSERT_EQUAL(program, s.program_insns);
    }
}

/* In = out + drops, each with its reason. */
static void check_packets(const struct card *c)
{
    struct nic_stats s;
    uint64_t on_arrival, later;

    nic_device_stats(c->s.dev, &s);
    on_arrival = s.drops[NIC_DROP_OVERSIZE] + s.drops[NIC_DROP_NO_BUFFER];
    later = s.drops[NIC_DROP_NO_HOST_DESC] + s.drops[NIC_DROP_HOST_SHORT] +
            s.drops[NIC_DROP_DMA_FAULT] + s.drops[NIC_DROP_BAD_PORT] + s.drops[NIC_DROP_BAD_CMD];
    CU_ASSERT_EQUAL(c->dropped_on_arrival, on_arrival);
    CU_ASSERT_EQUAL(card_given(c), on_arrival + s.rx_packets);
    CU_ASSERT_EQUAL(s.rx_packets, c->done);
    CU_ASSERT_EQUAL(c->done, c->dropped + c->sent + c->to_host + later);
    CU_ASSERT_EQUAL(s.tx_packets, c->sent);
    CU_ASSERT_EQUAL(s.host_packets, c->to_host);
    CU_ASSERT_EQUAL(s.drops[NIC_DROP_NO_COPY], 0);
}

/* The rate; the properties of every run are checked on the way. */
static double run(const struct nic_config *cfg, const struct card_load *load)
{
    struct card *c = malloc(sizeof(*c));
    double rate;

    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    CU_ASSERT_FATAL(card_open(c, cfg, load));
    card_finish(c);
    CU_ASSERT_EQUAL(card_given(c), (uint64_t)load->ports * load->frames);
    check_packets(c);
    check_causes(c);
    rate = card_rate(c);
    card_close(c);
    free(c);
    return rate;
}

static void test_conservation(void)
{
    for (unsigned i = 0; i < cards; i++) {
        struct dice d = {seed * 1000003 + i};
        struct nic_config cfg;
        struct card_load load;
        unsigned failures = CU_get_number_of_failures();
        char path[512];

        draw_card(&d, &cfg);
        draw_load(&d, &cfg, path, &load);
        run(&cfg, &load);
        if (CU_get_number_of_failures() != failures)
            fprintf(stderr, "seed %" PRIu64 " card %u\n", seed, i);
    }
}

/* ---- what must not help, what must not hurt ---- */

static double worst; /* of all comparisons: by how much it went the wrong way */

static void not_faster(double before, double after, const char *what, unsigned card)
{
    double gain = before > 0 ? after / before - 1 : 0;

    if (gain > worst)
        worst = gain;
    if (gain > TOLERANCE)
        fprintf(stderr, "seed %" PRIu64 " card %u: %s: %.0f to %.0f packets a second\n", seed, card,
                what, before, after);
    CU_ASSERT(gain <= TOLERANCE);
}

/* As many frames as the card can take, so that its rate is what limits. */
static void draw_race(struct dice *d, struct nic_config *cfg, char path[512],
                      struct card_load *load)
{
    draw_card(d, cfg);
    draw_load(d, cfg, path, load);
    load->pacing = (struct nic_pacing){.how = NIC_PACE_MAX};
    load->size = 60;
    load->frames = 1500 / load->ports;
}

static void test_latency(void)
{
    static const struct slower {
        const char *what;
        size_t key;
        uint64_t most;
    } slower[] = {
        {"dram.latency", offsetof(struct nic_config, dram_latency), 400},
        {"sram.latency", offsetof(struct nic_config, sram_latency), 200},
        {"cluster.latency", offsetof(struct nic_config, cluster_latency), 200},
        {"mmio.latency", offsetof(struct nic_config, mmio_latency), 200},
        {"local.latency", offsetof(struct nic_config, local_latency), 5},
        {"dram.service", offsetof(struct nic_config, dram_service), 20},
        {"cost.alu", offsetof(struct nic_config, cost_alu), 3},
        {"engine.switch_cycles", offsetof(struct nic_config, engine_switch_cycles), 10},
    };

    for (unsigned i = 0; i < cards; i++) {
        struct dice d = {seed * 2000003 + i};
        const struct slower *s = &slower[i % (sizeof(slower) / sizeof(slower[0]))];
        struct nic_config cfg;
        struct card_load load;
        char path[512];
        double before;

        draw_race(&d, &cfg, path, &load);
        before = run(&cfg, &load);
        *(uint64_t *)(void *)((char *)&cfg + s->key) += roll(&d, 1, s->most);
        not_faster(before, run(&cfg, &load), s->what, i);
    }
}

static void test_engines(void)
{
    for (unsigned i = 0; i < cards; i++) {
        struct dice d = {seed * 3000017 + i};
        struct nic_config cfg;
        struct card_load load;
        char path[512];
        double more;

        draw_race(&d, &cfg, path, &load);
        cfg.engine_count++;
        more = run(&cfg, &load);
        cfg.engine_count--;
        not_faster(more, run(&cfg, &load), "fewer engines", i);
    }
}

static const struct cunit_case cases[] = {
    {"conservation", test_conservation},
    {"latency", test_latency},
    {"engines", test_engines},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    int status;

    if (argc < 2)
        return 1;
    build = argv[1];
    cards = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : cards;
    seed = argc > 3 ? strtoull(argv[3], NULL, 10) : seed;
    setenv("NICSIM_DATADIR", build, 1);
    status = cunit_run("properties", cases);
    printf("%u cards, seed %" PRIu64 "; the wrong way at most %.2f %%\n", cards, seed, worst * 100);
    return status;
}
