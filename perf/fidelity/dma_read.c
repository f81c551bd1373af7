/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a DMA read of host memory takes on a preset, as the thread sees it that asked for it:
 * two instructions of a bare program, which no XDP program has.
 *
 *     dma_read PRESET.ini      prints modelled nanoseconds
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nic/device.h"
#include "nic/memmap.h"
#include "nic/regs.h"
#include "nic/rv64.h"

#define CODE    NIC_DRAM_BASE
#define RESULT  (NIC_DRAM_BASE + 0x1000)
#define BYTES   64
#define CYCLE   0xc00 /* CSR */
#define PATIENT 100000000u

struct code {
    uint32_t word[32];
    unsigned n;
};

static void op(struct code *c, enum rv64_op o, unsigned rd, unsigned rs1, unsigned rs2, int32_t imm)
{
    c->word[c->n++] = rv64_encode(o, rd, rs1, rs2, imm);
}

/* a2 = cycles from asking for the transfer to knowing that it is done, stored at RESULT. */
static void write_program(struct code *c)
{
    memset(c, 0, sizeof(*c));
    op(c, RV64_OP_LUI, RV64_S0, 0, 0, NIC_MMIO_BASE);
    op(c, RV64_OP_LUI, RV64_S1, 0, 0, NIC_LOCAL_BASE);
    op(c, RV64_OP_ADDI, RV64_T0, RV64_ZERO, 0, BYTES);
    op(c, RV64_OP_ADDI, RV64_T1, RV64_ZERO, 0, NIC_DMA_READ);
    op(c, RV64_OP_AUIPC, RV64_S2, 0, 0, 0x1000);
    op(c, RV64_OP_SD, 0, RV64_S0, RV64_S1, NIC_MMIO_DMA_IOVA);
    op(c, RV64_OP_SD, 0, RV64_S0, RV64_S1, NIC_MMIO_DMA_ADDR);
    op(c, RV64_OP_SW, 0, RV64_S0, RV64_T0, NIC_MMIO_DMA_LEN);
    op(c, RV64_OP_CSRRS, RV64_A0, RV64_ZERO, 0, CYCLE);
    op(c, RV64_OP_SW, 0, RV64_S0, RV64_T1, NIC_MMIO_DMA_CMD);
    op(c, RV64_OP_LW, RV64_A3, RV64_S0, 0, NIC_MMIO_DMA_STATUS);
    op(c, RV64_OP_CSRRS, RV64_A1, RV64_ZERO, 0, CYCLE);
    op(c, RV64_OP_SUB, RV64_A2, RV64_A1, RV64_A0, 0);
    op(c, RV64_OP_SD, 0, RV64_S2, RV64_A2, -4 * 4);
    op(c, RV64_OP_JAL, RV64_ZERO, 0, 0, 0);
}

static int host_read(void *ctx, uint64_t iova, void *dst, size_t len)
{
    (void)ctx;
    (void)iova;
    memset(dst, 0, len);
    return 0;
}

static int measure(struct nic_device *dev, uint64_t *cycles)
{
    struct code c;

    write_program(&c);
    if (nic_mem_write(dev, CODE, c.word, sizeof(c.word)) != 0)
        return -1;
    nic_device_watch(dev, RESULT);
    nic_bar_write(dev, 0, NIC_BAR0_BOOT_PC, 8, CODE);
    nic_bar_write(dev, 0, NIC_BAR0_CTRL, 4, NIC_CTRL_RUN | NIC_CTRL_BARE);
    if (nic_device_run(dev, PATIENT, false) != NIC_STOP_HALT)
        return -1;
    *cycles = nic_device_watch_value(dev);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct nic_host_ops host = {.dma_read = host_read};
    struct nic_config cfg;
    struct nic_device *dev = NULL;
    struct nic_err err = {"the program did not end"};
    uint64_t cycles = 0;

    nic_config_init(&cfg);
    if (argc != 2 || nic_config_load(&cfg, argv[1], &err) != 0) {
        fprintf(stderr, "dma_read: %s\n", argc == 2 ? err.msg : "want PRESET.ini");
        return EXIT_FAILURE;
    }
    cfg.engine_count = cfg.engine_threads = 1;
    if (nic_device_create(&cfg, &host, NULL, &dev, &err) != 0 || measure(dev, &cycles) != 0) {
        fprintf(stderr, "dma_read: %s\n", err.msg);
        return EXIT_FAILURE;
    }
    nic_device_destroy(dev);
    printf("%.1f\n", (double)cycles * 1e9 / (double)cfg.engine_clock_hz);
    return EXIT_SUCCESS;
}
