/* SPDX-License-Identifier: BSD-3-Clause */
#include "fake_nic.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct fake_nic *self(struct nicdrv_link *l)
{
    return (struct fake_nic *)l;
}

uint32_t fake_get32(const struct fake_nic *nic, uint64_t off)
{
    uint32_t v;

    memcpy(&v, nic->bar0 + off, sizeof(v));
    return v;
}

static uint64_t get64(const struct fake_nic *nic, uint64_t off)
{
    uint64_t v;

    memcpy(&v, nic->bar0 + off, sizeof(v));
    return v;
}

void fake_set32(struct fake_nic *nic, uint64_t off, uint32_t v)
{
    memcpy(nic->bar0 + off, &v, sizeof(v));
}

void fake_set64(struct fake_nic *nic, uint64_t off, uint64_t v)
{
    memcpy(nic->bar0 + off, &v, sizeof(v));
}

void *fake_dma(struct fake_nic *nic, uint64_t iova, size_t len)
{
    uint8_t *at = (uint8_t *)(uintptr_t)iova;

    for (unsigned i = 0; i < nic->range_count; i++) {
        if (at >= nic->ranges[i].mem && len <= nic->ranges[i].len &&
            (size_t)(at - nic->ranges[i].mem) <= nic->ranges[i].len - len)
            return at;
    }
    nic->dma_refused++;
    return NULL;
}

/* ---- the admin queue, device side ---- */

void fake_complete(struct fake_nic *nic, struct fw_cqe cqe)
{
    uint32_t size = fake_get32(nic, NIC_BAR0_ADM_SIZE);
    uint64_t at = get64(nic, NIC_BAR0_ADM_CQ_BASE) +
                  (uint64_t)(nic->completed % size) * sizeof(struct fw_cqe);
    struct fw_cqe *slot = fake_dma(nic, at, sizeof(*slot));

    if (!slot)
        return;
    cqe.sq_head = (uint16_t)nic->fetched;
    cqe.phase = (nic->completed / size) % 2 ? 0 : 1;
    *slot = cqe;
    nic->completed++;
    nic->irq_pending = true;
}

void fake_release(struct fake_nic *nic, unsigned i, uint16_t status, uint64_t result)
{
    struct fw_cqe cqe = {.cid = nic->held[i].cid, .status = status, .result = result};

    nic->held_count--;
    memmove(&nic->held[i], &nic->held[i + 1], (nic->held_count - i) * sizeof(nic->held[0]));
    nic->in_flight--;
    fake_complete(nic, cqe);
}

static void serve_one(struct fake_nic *nic, const struct fw_sqe *sqe)
{
    struct fw_cqe cqe = {0};
    enum fake_answer answer = nic->serve ? nic->serve(nic, sqe, &cqe) : FAKE_DONE;

    if (answer == FAKE_DONE) {
        cqe.cid = sqe->cid;
        fake_complete(nic, cqe);
    } else if (answer == FAKE_HOLD && nic->held_count < FAKE_HELD) {
        nic->held[nic->held_count++] = *sqe;
        nic->in_flight++;
        if (nic->in_flight > nic->max_in_flight)
            nic->max_in_flight = nic->in_flight;
    }
}

static void fetch(struct fake_nic *nic)
{
    uint32_t size = fake_get32(nic, NIC_BAR0_ADM_SIZE);
    uint32_t tail = fake_get32(nic, NIC_BAR0_DB_ADM_SQ);

    while (nic->fetched != tail) {
        uint64_t at = get64(nic, NIC_BAR0_ADM_SQ_BASE) +
                      (uint64_t)(nic->fetched % size) * sizeof(struct fw_sqe);
        const struct fw_sqe *slot = fake_dma(nic, at, sizeof(*slot));
        if (!slot)
            return;
        struct fw_sqe sqe = *slot;
        nic->fetched++;
        serve_one(nic, &sqe);
    }
}

/* ---- the link ---- */

static uint64_t op_read(struct nicdrv_link *l, unsigned bar, uint64_t off, unsigned bytes)
{
    const struct fake_nic *nic = self(l);

    if (bar != 0 || off + bytes > NIC_BAR0_SIZE)
        return UINT64_MAX;
    if (off == NIC_BAR0_TIME_NS)
        return nic->time_ns;
    return bytes == 4 ? fake_get32(nic, off) : get64(nic, off);
}

static void op_write(struct nicdrv_link *l, unsigned bar, uint64_t off, unsigned bytes, uint64_t v)
{
    struct fake_nic *nic = self(l);

    if (bar != 0 || off + bytes > NIC_BAR0_SIZE)
        return;
    memcpy(nic->bar0 + off, &v, bytes);
    if (off == NIC_BAR0_CTRL)
        fake_set32(nic, NIC_BAR0_STATUS,
                   !(v & NIC_CTRL_RUN) ? NIC_FW_RESET
                   : nic->boots        ? NIC_FW_READY
                                       : nic->boot_status);
}

static uint8_t *window(struct fake_nic *nic, uint64_t off, size_t len)
{
    uint64_t addr = get64(nic, NIC_BAR0_WINDOW) + off;

    if (off + len > NIC_BAR2_SIZE || addr < 0x80000000u || addr - 0x80000000u + len > FAKE_DRAM)
        return NULL;
    return nic->dram + (addr - 0x80000000u);
}

static int op_copy_in(struct nicdrv_link *l, uint64_t off, const void *src, size_t len)
{
    uint8_t *at = window(self(l), off, len);

    if (!at)
        return -EFAULT;
    memcpy(at, src, len);
    return 0;
}

static int op_copy_out(struct nicdrv_link *l, uint64_t off, void *dst, size_t len)
{
    const uint8_t *at = window(self(l), off, len);

    if (!at)
        return -EFAULT;
    memcpy(dst, at, len);
    return 0;
}

static int op_dma_map(struct nicdrv_link *l, void *mem, size_t len, uint64_t *iova)
{
    struct fake_nic *nic = self(l);

    if (nic->range_count == FAKE_RANGES)
        return -ENOSPC;
    nic->ranges[nic->range_count].mem = mem;
    nic->ranges[nic->range_count++].len = len;
    *iova = (uint64_t)(uintptr_t)mem;
    return 0;
}

static void op_dma_unmap(struct nicdrv_link *l, uint64_t iova)
{
    struct fake_nic *nic = self(l);

    for (unsigned i = 0; i < nic->range_count; i++) {
        if ((uint64_t)(uintptr_t)nic->ranges[i].mem == iova) {
            nic->ranges[i] = nic->ranges[--nic->range_count];
            return;
        }
    }
}

static void op_set_irq(struct nicdrv_link *l, nicdrv_irq_fn fn, void *ctx)
{
    self(l)->irq = fn;
    self(l)->irq_ctx = ctx;
}

static int op_wait(struct nicdrv_link *l, uint64_t budget_ns)
{
    struct fake_nic *nic = self(l);

    nic->waits++;
    if (fake_get32(nic, NIC_BAR0_STATUS) == NIC_FW_READY)
        fetch(nic);
    if (nic->irq_pending) {
        nic->irq_pending = false;
        nic->time_ns += 100;
        if (nic->irq)
            nic->irq(nic->irq_ctx, fake_get32(nic, NIC_BAR0_ADM_VECTOR));
        return 1;
    }
    if (!nic->wait_result)
        nic->time_ns += budget_ns;
    return nic->wait_result;
}

static void op_destroy(struct nicdrv_link *l)
{
    fake_fini(self(l));
}

static const struct nicdrv_link_ops ops = {
    .read = op_read,
    .write = op_write,
    .copy_in = op_copy_in,
    .copy_out = op_copy_out,
    .dma_map = op_dma_map,
    .dma_unmap = op_dma_unmap,
    .set_irq = op_set_irq,
    .wait = op_wait,
    .destroy = op_destroy,
};

void fake_init(struct fake_nic *nic)
{
    *nic = (struct fake_nic){.link.ops = &ops, .boots = true, .dram = calloc(1, FAKE_DRAM)};
    fake_set32(nic, NIC_BAR0_ID, NIC_ID_MAGIC);
    fake_set32(nic, NIC_BAR0_VERSION, NIC_REGS_VERSION);
    fake_set32(nic, NIC_BAR0_ENGINES, 2);
    fake_set32(nic, NIC_BAR0_THREADS, 4);
    fake_set32(nic, NIC_BAR0_CLUSTERS, 1);
    fake_set32(nic, NIC_BAR0_PORTS, 2);
    fake_set32(nic, NIC_BAR0_RXQS_MAX, 4);
    fake_set32(nic, NIC_BAR0_LOCAL_SIZE, 16384);
    fake_set32(nic, NIC_BAR0_ISTORE_SIZE, 65536);
    fake_set32(nic, NIC_BAR0_SRAM_SIZE, 65536);
    fake_set64(nic, NIC_BAR0_DRAM_SIZE, FAKE_DRAM);
    fake_set64(nic, NIC_BAR0_CLOCK_HZ, 1000000000);
}

void fake_fini(struct fake_nic *nic)
{
    free(nic->dram);
    nic->dram = NULL;
}

size_t fake_elf(uint8_t out[FAKE_ELF_MAX])
{
    Elf64_Ehdr eh = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_EXEC,
        .e_machine = EM_RISCV,
        .e_version = EV_CURRENT,
        .e_entry = 0x80000000u,
        .e_phoff = sizeof(eh),
        .e_ehsize = sizeof(eh),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = 1,
    };
    Elf64_Phdr ph = {
        .p_type = PT_LOAD,
        .p_flags = PF_R | PF_X,
        .p_offset = sizeof(eh) + sizeof(ph),
        .p_vaddr = 0x80000000u,
        .p_paddr = 0x80000000u,
        .p_filesz = 16,
        .p_memsz = 64,
        .p_align = 8,
    };

    memset(out, 0, FAKE_ELF_MAX);
    memcpy(out, &eh, sizeof(eh));
    memcpy(out + sizeof(eh), &ph, sizeof(ph));
    memcpy(out + ph.p_offset, "\x6f\x00\x00\x00\x6f\x00\x00\x00\x6f\x00\x00\x00\x6f\x00\x00\x00",
           16);
    return ph.p_offset + ph.p_filesz;
}
