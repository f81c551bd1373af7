/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The host changes a map in batches while every engine looks things up in it, at line rate:
 * modelled updates a second, and no packet lost. Arguments: the firmware, the programs.
 */
#include <string.h>

#include "lookups.h"
#include "objnic.h"

#define FRAMES     30000u
#define FRAME_LEN  1024u
#define PORT_BPS   100e9 /* config port.bps */
#define WIRE_BYTES 24u   /* preamble, FCS and gap of a frame */
#define BATCH      250u
#define GOAL       100000u /* updates a second */

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
    struct nic_config cfg;
    uint32_t rounds = 0;
    nic_config_init(&cfg);
    objnic_open(&cfg);
    objnic_load("hash16");
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
    objnic_close();
}

static const struct cunit_case cases[] = {{"updates at line rate", test_rate}, {NULL, NULL}};

int main(int argc, char **argv)
{
    return objnic_main(argc, argv, "updates while the datapath runs", cases);
}
