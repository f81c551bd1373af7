/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host changes a map in batches while every engine looks things up in it, at line rate:
 * modelled updates a second, and no packet lost. Arguments: the firmware, the programs.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <string.h>

#include "cunit_main.h"
#include "lookups.h"
#include "nicdrv/bpf.h"
#include "realnic.h"

#define FRAMES     30000u
#define FRAME_LEN  1024u
#define PORT_BPS   100e9 /* config port.bps */
#define WIRE_BYTES 24u   /* preamble, FCS and gap of a frame */
#define BATCH      250u
#define GOAL       100000u /* updates a second */

static const char *firmware, *programs;
static struct realnic nic;
static struct nicbpf *layer;
static struct bpf_object *object;

/* Of the object only the lookup in `map`, and the program that looks nothing up. */
static void choose(const char *map)
{
    struct bpf_program *p;
    struct bpf_map *m;
    bpf_object__for_each_program(p, object)
    {
        const char *name = bpf_program__name(p);
        bool wanted = strcmp(name, "nothing") == 0 || strcmp(name + strlen("look_"), map) == 0;
        CU_ASSERT_EQUAL(bpf_program__set_autoload(p, wanted), 0);
    }
    bpf_object__for_each_map(m, object)
    {
        bool wanted = bpf_map__is_internal(m) || strcmp(bpf_map__name(m), map) == 0;
        CU_ASSERT_EQUAL(bpf_map__set_autocreate(m, wanted), 0);
    }
}

static void setup(void)
{
    struct nic_config cfg;
    nic_config_init(&cfg);
    CU_ASSERT_FATAL(realnic_open_as(&nic, firmware, &cfg));
    CU_ASSERT_EQUAL_FATAL(nicbpf_create(nic.drv, &layer), 0);
    nicbpf_bind(layer);
    object = bpf_object__open_file(programs, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(object);
    choose("hash16");
    CU_ASSERT_EQUAL_FATAL(bpf_object__load(object), 0);
}

static void teardown(void)
{
    bpf_object__close(object);
    nicbpf_destroy(layer);
    realnic_close(&nic);
}

/* All FILLED keys of `hash16` in turn, `round` in their values. */
static void update(int fd, uint32_t round)
{
    static uint32_t keys[BATCH][4], values[BATCH][4];
    uint32_t n = BATCH;
    for (uint32_t i = 0; i < BATCH; i++) {
        uint32_t key[4] = {(round * BATCH + i) % FILLED, 1, 2, 3};
        memcpy(keys[i], key, sizeof(key));
        for (unsigned w = 0; w < 4; w++)
            values[i][w] = round;
    }
    CU_ASSERT_EQUAL(bpf_map_update_batch(fd, keys, values, &n, NULL), 0);
    CU_ASSERT_EQUAL(n, BATCH);
}

static void check_traffic(const struct nic_stats *st)
{
    struct fw_counters c;
    double ns = (double)(st->last_done_cycle - st->first_rx_cycle) * 1e9 /
                (double)nic_device_config(nic.dev)->engine_clock_hz;
    double line = PORT_BPS / 8 / (FRAME_LEN + WIRE_BYTES);
    double pps = FRAMES / ns * 1e9;
    printf("  modelled: %.2f million packets a second of %u bytes, line rate is %.2f\n", pps / 1e6,
           FRAME_LEN, line / 1e6);
    CU_ASSERT(pps > 0.99 * line);
    for (unsigned why = 0; why < NIC_DROP_COUNT; why++)
        CU_ASSERT_EQUAL(st->drops[why], 0);
    CU_ASSERT_EQUAL(nicdrv_counters(nic.drv, &c), 0);
    CU_ASSERT_EQUAL(c.verdict[XDP_DROP], FRAMES); /* every one found its key */
}

static void test_rate(void)
{
    struct nic_stats st;
    uint32_t rounds = 0;
    setup();
    int fd = bpf_object__find_map_fd_by_name(object, "hash16");
    while (rounds * BATCH < FILLED)
        update(fd, rounds++);
    struct bpf_program *p = bpf_object__find_program_by_name(object, "look_hash16");
    struct bpf_link *link = bpf_program__attach_xdp(p, 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(link);
    realnic_send_as(&nic, FRAMES, FRAME_LEN, (struct nic_pacing){.how = NIC_PACE_LINE});
    uint64_t begin = nicdrv_time_ns(nic.drv);
    uint32_t before = rounds;
    while (nic.left)
        update(fd, rounds++);
    double ns = (double)(nicdrv_time_ns(nic.drv) - begin);
    double rate = (rounds - before) * (double)BATCH / ns * 1e9;
    CU_ASSERT_EQUAL(realnic_run(&nic), NIC_STOP_IDLE);
    nic_device_stats(nic.dev, &st);
    printf("\n  modelled: %.0f updates a second meanwhile, in %u batches of %u\n", rate,
           rounds - before, BATCH);
    CU_ASSERT(rounds > before);
    CU_ASSERT(rate >= GOAL);
    check_traffic(&st);
    bpf_link__destroy(link);
    teardown();
}

static const struct cunit_case cases[] = {{"updates at line rate", test_rate}, {NULL, NULL}};

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    firmware = argv[1];
    programs = argv[2];
    return cunit_run("updates while the datapath runs", cases);
}
