/* SPDX-License-Identifier: BSD-3-Clause */
/* The in-process link, with a few instructions of RV64 as the device's firmware. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"
#include "nic/memmap.h"
#include "nic/regs.h"
#include "nic/rv64.h"
#include "nicdrv/link.h"

#define CODE_MAX 256

/* A program for hart 0. */
struct program {
    uint32_t words[CODE_MAX];
    unsigned count;
};

static void emit(struct program *p, enum rv64_op op, unsigned rd, unsigned rs1, unsigned rs2,
                 int32_t imm)
{
    CU_ASSERT_FATAL(p->count < CODE_MAX);
    p->words[p->count++] = rv64_encode(op, rd, rs1, rs2, imm);
}

/* rd = v, a 32-bit value zero-extended. */
static void load_const(struct program *p, unsigned rd, uint32_t v)
{
    uint32_t high = (v + 0x800u) & 0xfffff000u;

    emit(p, RV64_OP_LUI, rd, 0, 0, (int32_t)high);
    emit(p, RV64_OP_ADDIW, rd, rd, 0, (int32_t)(v - high));
    emit(p, RV64_OP_SLLI, rd, rd, 0, 32);
    emit(p, RV64_OP_SRLI, rd, rd, 0, 32);
}

static void store(struct program *p, enum rv64_op op, uint32_t addr, unsigned reg)
{
    load_const(p, RV64_T0, addr);
    emit(p, op, 0, RV64_T0, reg, 0);
}

/* Sleeps for ever: no packet and no doorbell comes. */
static void park(struct program *p, uint32_t reg)
{
    load_const(p, RV64_T0, NIC_MMIO_BASE + reg);
    emit(p, RV64_OP_LD, RV64_A0, RV64_T0, 0, 0);
}

static void begin(struct program *p)
{
    *p = (struct program){0};
    emit(p, RV64_OP_BEQ, 0, RV64_A0, 0, 24); /* a0: hart id; 1 is the control core */
    park(p, NIC_MMIO_CTL_EVENT);
}

/* DMA of 8 bytes between iova (in a1) and DRAM + 0x1000; its status goes to DRAM + 0x2000 + slot.
 */
static void dma(struct program *p, uint64_t iova, enum nic_dma_cmd cmd, uint32_t slot)
{
    load_const(p, RV64_A1, (uint32_t)(iova >> 32));
    emit(p, RV64_OP_SLLI, RV64_A1, RV64_A1, 0, 32);
    load_const(p, RV64_A2, (uint32_t)iova);
    emit(p, RV64_OP_OR, RV64_A1, RV64_A1, RV64_A2, 0);
    store(p, RV64_OP_SD, NIC_MMIO_BASE + NIC_MMIO_DMA_IOVA, RV64_A1);
    load_const(p, RV64_A2, NIC_DRAM_BASE + 0x1000);
    store(p, RV64_OP_SD, NIC_MMIO_BASE + NIC_MMIO_DMA_ADDR, RV64_A2);
    emit(p, RV64_OP_ADDI, RV64_A2, 0, 0, 8);
    store(p, RV64_OP_SW, NIC_MMIO_BASE + NIC_MMIO_DMA_LEN, RV64_A2);
    emit(p, RV64_OP_ADDI, RV64_A2, 0, 0, (int32_t)cmd);
    store(p, RV64_OP_SW, NIC_MMIO_BASE + NIC_MMIO_DMA_CMD, RV64_A2);
    load_const(p, RV64_T0, NIC_MMIO_BASE + NIC_MMIO_DMA_STATUS);
    emit(p, RV64_OP_LW, RV64_A2, RV64_T0, 0, 0);
    store(p, RV64_OP_SW, NIC_DRAM_BASE + 0x2000 + slot, RV64_A2);
}

static void raise_irq(struct program *p, unsigned vector)
{
    emit(p, RV64_OP_ADDI, RV64_A2, 0, 0, (int32_t)vector);
    store(p, RV64_OP_SW, NIC_MMIO_BASE + NIC_MMIO_MSIX_RAISE, RV64_A2);
}

static struct nicdrv_link *make_link(void)
{
    struct nicdrv_link *l = NULL;
    struct nic_config cfg;
    struct nic_err err;

    nic_config_init(&cfg);
    cfg.engine_count = 1;
    cfg.engine_threads = 1;
    cfg.dram_size = 1 << 20;
    cfg.sram_size = 1 << 16;
    CU_ASSERT_EQUAL_FATAL(nicdrv_link_inproc(&cfg, &l, &err), 0);
    return l;
}

static void start(struct nicdrv_link *l, const struct program *p)
{
    l->ops->write(l, 0, NIC_BAR0_WINDOW, 8, NIC_DRAM_BASE);
    CU_ASSERT_EQUAL(l->ops->copy_in(l, 0, p->words, sizeof(p->words)), 0);
    l->ops->write(l, 0, NIC_BAR0_BOOT_PC, 8, NIC_DRAM_BASE);
    for (unsigned v = 0; v < 4; v++)
        l->ops->write(l, 0, NIC_BAR0_MSIX_CTRL + v * NIC_BAR0_MSIX_CTRL_STRIDE, 4, 0);
    l->ops->write(l, 0, NIC_BAR0_CTRL, 4, NIC_CTRL_RUN);
}

static uint32_t status_at(struct nicdrv_link *l, uint32_t slot)
{
    uint32_t v = 0xffffffff;

    CU_ASSERT_EQUAL(l->ops->copy_out(l, 0x2000 + slot, &v, sizeof(v)), 0);
    return v;
}

static void run_to_idle(struct nicdrv_link *l)
{
    int rc;

    while ((rc = l->ops->wait(l, 1000000)) > 0)
        ;
    CU_ASSERT_EQUAL(rc, -ESHUTDOWN);
}

static void test_dma(void)
{
    struct nicdrv_link *l = make_link();
    uint64_t in = 0x1122334455667788, out[3] = {1, 2, 3}, iova_in, iova_out;
    struct program p;

    CU_ASSERT_EQUAL(l->ops->dma_map(l, &in, sizeof(in), &iova_in), 0);
    CU_ASSERT_EQUAL(l->ops->dma_map(l, &out[1], sizeof(out[1]), &iova_out), 0);
    begin(&p);
    dma(&p, iova_in, NIC_DMA_READ, 0);
    dma(&p, iova_out, NIC_DMA_WRITE, 4);
    park(&p, NIC_MMIO_WQ_GET);
    start(l, &p);
    run_to_idle(l);
    CU_ASSERT_EQUAL(status_at(l, 0), 0);
    CU_ASSERT_EQUAL(status_at(l, 4), 0);
    CU_ASSERT_EQUAL(out[1], 0x1122334455667788);
    CU_ASSERT_EQUAL(out[0], 1);
    CU_ASSERT_EQUAL(out[2], 3);
    CU_ASSERT_EQUAL(l->ops->read(l, 0, NIC_BAR0_DMA_FAULTS, 8), 0);
    l->ops->destroy(l);
}

static void test_dma_refused(void)
{
    struct nicdrv_link *l = make_link();
    uint64_t out[2] = {1, 2}, iova, gone;
    struct program p;

    CU_ASSERT_EQUAL(l->ops->dma_map(l, out, sizeof(out[0]), &iova), 0);
    CU_ASSERT_EQUAL(l->ops->dma_map(l, &out[1], sizeof(out[1]), &gone), 0);
    l->ops->dma_unmap(l, gone);
    begin(&p);
    dma(&p, iova + 1, NIC_DMA_WRITE, 0); /* seven bytes in, one out: nothing may move */
    dma(&p, gone, NIC_DMA_WRITE, 4);
    dma(&p, 0x1000, NIC_DMA_READ, 8);
    park(&p, NIC_MMIO_WQ_GET);
    start(l, &p);
    run_to_idle(l);
    CU_ASSERT_EQUAL(status_at(l, 0), EFAULT);
    CU_ASSERT_EQUAL(status_at(l, 4), EFAULT);
    CU_ASSERT_EQUAL(status_at(l, 8), EFAULT);
    CU_ASSERT_EQUAL(out[0], 1);
    CU_ASSERT_EQUAL(out[1], 2);
    CU_ASSERT_EQUAL(l->ops->read(l, 0, NIC_BAR0_DMA_FAULTS, 8), 3);
    l->ops->destroy(l);
}

struct irqs {
    unsigned vector[8], count;
};

static void on_irq(void *ctx, unsigned vector)
{
    struct irqs *irqs = ctx;

    if (irqs->count < 8)
        irqs->vector[irqs->count] = vector;
    irqs->count++;
}

static void test_interrupts(void)
{
    struct nicdrv_link *l = make_link();
    struct irqs irqs = {0};
    struct program p;

    l->ops->set_irq(l, on_irq, &irqs);
    begin(&p);
    raise_irq(&p, 3);
    raise_irq(&p, 1);
    raise_irq(&p, 7); /* masked: stays in the device */
    park(&p, NIC_MMIO_WQ_GET);
    start(l, &p);
    CU_ASSERT_EQUAL(irqs.count, 0); /* never outside wait */
    CU_ASSERT_EQUAL(l->ops->wait(l, 1000000), 1);
    run_to_idle(l);
    CU_ASSERT_EQUAL(irqs.count, 2);
    CU_ASSERT_EQUAL(irqs.vector[0] + irqs.vector[1], 4);
    l->ops->write(l, 0, NIC_BAR0_MSIX_CTRL + 7 * NIC_BAR0_MSIX_CTRL_STRIDE, 4, 0);
    CU_ASSERT_EQUAL(irqs.count, 2); /* sent by a register write: delivered by the next wait */
    CU_ASSERT_EQUAL(l->ops->wait(l, 0), 1);
    CU_ASSERT_EQUAL(irqs.count, 3);
    CU_ASSERT_EQUAL(irqs.vector[2], 7);
    l->ops->destroy(l);
}

static void test_budget(void)
{
    struct nicdrv_link *l = make_link();
    struct program p;

    begin(&p);
    emit(&p, RV64_OP_ADDI, RV64_A1, RV64_A1, 0, 1);
    emit(&p, RV64_OP_JAL, 0, 0, 0, -4);
    start(l, &p);
    uint64_t before = l->ops->read(l, 0, NIC_BAR0_TIME_NS, 8);
    CU_ASSERT_EQUAL(l->ops->wait(l, 5000), 0);
    uint64_t spent = l->ops->read(l, 0, NIC_BAR0_TIME_NS, 8) - before;
    CU_ASSERT(spent >= 5000 && spent < 6000);
    CU_ASSERT_EQUAL(nicdrv_link_run(l, nic_device_cycles(nicdrv_link_device(l)) + 100),
                    NIC_STOP_LIMIT);
    l->ops->destroy(l);
}

static void test_fault(void)
{
    struct nicdrv_link *l = make_link();
    struct program p;
    char text[512] = "x";

    l->ops->fault_text(l, text, sizeof(text));
    CU_ASSERT_STRING_EQUAL(text, "");
    begin(&p);
    p.words[p.count++] = 0xffffffff; /* illegal, and mtvec is 0 */
    start(l, &p);
    CU_ASSERT_EQUAL(l->ops->wait(l, 1000000), -EIO);
    l->ops->fault_text(l, text, sizeof(text));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "hart 0"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "x31="));
    l->ops->fault_text(l, text, 10); /* cut, not overrun */
    CU_ASSERT_EQUAL(strlen(text), 9);
    CU_ASSERT_EQUAL(nicdrv_link_run(l, UINT64_MAX), NIC_STOP_FATAL);
    l->ops->destroy(l);
}

static void test_bad_config(void)
{
    struct nicdrv_link *l = NULL;
    struct nic_config cfg;
    struct nic_err err = {""};

    nic_config_init(&cfg);
    cfg.engine_count = 0;
    CU_ASSERT_EQUAL(nicdrv_link_inproc(&cfg, &l, &err), -EINVAL);
    CU_ASSERT_PTR_NULL(l);
    CU_ASSERT_NOT_EQUAL(err.msg[0], '\0');
}

static const struct cunit_case cases[] = {
    {"DMA reaches what is mapped", test_dma},
    {"DMA elsewhere is refused whole", test_dma_refused},
    {"interrupts come from wait only", test_interrupts},
    {"wait keeps to its budget", test_budget},
    {"a trap ends the wait and is told", test_fault},
    {"zero engines", test_bad_config},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("inproc link", cases);
}
