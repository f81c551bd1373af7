/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The same run does the same at the same cycles: again, in slices of any length, and beside
 * another card in the process. Argument: the build directory.
 */
#include <stdlib.h>
#include <string.h>

#include "card.h"
#include "cunit_main.h"

#define PAIR 2u

static char objects[PAIR][512];

/* Two cards that have little in common. */
static void describe(unsigned which, struct nic_config *cfg, struct card_load *load)
{
    nic_config_init(cfg);
    cfg->dram_size = 64 << 20;
    cfg->engine_count = which == 0 ? 3 : 2;
    cfg->engine_threads = which == 0 ? 2 : 5;
    cfg->dram_latency = which == 0 ? 150 : 333;
    cfg->engine_clock_hz = which == 0 ? 1000000000 : 800000000;
    *load = (struct card_load){.object = objects[which],
                               .ports = 2,
                               .frames = 400,
                               .size = which == 0 ? 60 : 200,
                               .seed = 7 * which,
                               .pacing = {.how = which == 0 ? NIC_PACE_LINE : NIC_PACE_MAX}};
}

static void open_one(unsigned which, struct card *c)
{
    struct nic_config cfg;
    struct card_load load;

    describe(which, &cfg, &load);
    CU_ASSERT_FATAL(card_open(c, &cfg, &load));
}

/* Alone, in slices of `slice` cycles; 0: in one go. */
static uint64_t alone(unsigned which, uint64_t slice)
{
    struct card *c = malloc(sizeof(*c));
    uint64_t digest;

    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    open_one(which, c);
    while (slice != 0 && card_step(c, nic_device_cycles(c->s.dev) + slice))
        ;
    card_finish(c);
    CU_ASSERT_EQUAL(card_given(c), 2 * 400);
    CU_ASSERT_EQUAL(c->done + c->dropped_on_arrival, 2 * 400);
    digest = card_digest(c);
    card_close(c);
    free(c);
    return digest;
}

static void test_again(void)
{
    for (unsigned which = 0; which < PAIR; which++)
        CU_ASSERT_EQUAL(alone(which, 0), alone(which, 0));
    CU_ASSERT_NOT_EQUAL(alone(0, 0), alone(1, 0));
}

static void test_slices(void)
{
    static const uint64_t slices[] = {1, 77, 4096};

    for (unsigned which = 0; which < PAIR; which++) {
        uint64_t want = alone(which, 0);

        for (unsigned i = 0; i < sizeof(slices) / sizeof(slices[0]); i++)
            CU_ASSERT_EQUAL(alone(which, slices[i]), want);
    }
}

/* Both run, a few cycles each in turn, until both are quiet. */
static void test_two_devices(void)
{
    struct card *pair = calloc(PAIR, sizeof(*pair));
    bool busy[PAIR] = {true, true};

    CU_ASSERT_PTR_NOT_NULL_FATAL(pair);
    for (unsigned i = 0; i < PAIR; i++)
        open_one(i, &pair[i]);
    while (busy[0] || busy[1])
        for (unsigned i = 0; i < PAIR; i++)
            busy[i] =
                busy[i] && card_step(&pair[i], nic_device_cycles(pair[i].s.dev) + 61 + 40 * i);
    for (unsigned i = 0; i < PAIR; i++)
        CU_ASSERT_EQUAL(card_digest(&pair[i]), alone(i, 0));
    for (unsigned i = 0; i < PAIR; i++)
        card_close(&pair[i]);
    free(pair);
}

static const struct cunit_case cases[] = {
    {"again", test_again},
    {"slices", test_slices},
    {"two devices", test_two_devices},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    if (argc < 2)
        return 1;
    snprintf(objects[0], sizeof(objects[0]), "%s/examples/parse_ip_count.bpf.o", argv[1]);
    snprintf(objects[1], sizeof(objects[1]), "%s/examples/tx_swap_macs.bpf.o", argv[1]);
    setenv("NICSIM_DATADIR", argv[1], 1);
    return cunit_run("determinism", cases);
}
