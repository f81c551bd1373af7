/* SPDX-License-Identifier: BSD-3-Clause */
/* The PCIe link to a device in this process: calls, an IOMMU table and pending MSI-X messages. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "link/iommu.h"
#include "nic/memmap.h"
#include "nic/regs.h"
#include "nicdrv/link.h"
#include "offload/image.h"

#define NS_PER_S UINT64_C(1000000000)

struct inproc {
    struct nicdrv_link link; /* first: the handle callers hold */
    struct nic_device *dev;
    struct iommu mmu;
    int dram_fd; /* memfd: the device's DRAM, as others may map it; -1 = none yet */
    uint8_t *dram;
    uint64_t dram_size;
    nicdrv_irq_fn irq;
    void *irq_ctx;
    uint64_t pending[(NIC_VECTORS + 63) / 64]; /* messages received, not yet delivered */
};

static struct inproc *self(struct nicdrv_link *l)
{
    return (struct inproc *)l;
}

/* ---- the device's side ---- */

static int host_dma_read(void *ctx, uint64_t iova, void *dst, size_t len)
{
    struct inproc *p = ctx;
    const uint8_t *mem = iommu_find(&p->mmu, iova, len);

    if (!mem)
        return -EFAULT;
    memcpy(dst, mem, len);
    return 0;
}

static int host_dma_write(void *ctx, uint64_t iova, const void *src, size_t len)
{
    struct inproc *p = ctx;
    uint8_t *mem = iommu_find(&p->mmu, iova, len);

    if (!mem)
        return -EFAULT;
    memcpy(mem, src, len);
    return 0;
}

/* The driver may not be entered from within the device: the message waits here. */
static void host_msix(void *ctx, unsigned vector, uint64_t addr, uint32_t data)
{
    struct inproc *p = ctx;

    (void)addr;
    (void)data;
    if (vector < NIC_VECTORS)
        p->pending[vector / 64] |= UINT64_C(1) << (vector % 64);
}

/* Pages that nobody touches take no room. */
static void *host_dram(void *ctx, uint64_t bytes)
{
    struct inproc *p = ctx;

    p->dram_fd = memfd_create("nic-dram", MFD_CLOEXEC);
    if (p->dram_fd < 0 || ftruncate(p->dram_fd, (off_t)bytes))
        return NULL;
    void *mem =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, p->dram_fd, 0);
    if (mem == MAP_FAILED)
        return NULL;
    p->dram = mem;
    p->dram_size = bytes;
    return mem;
}

static const struct nic_host_ops host_ops = {
    .dma_read = host_dma_read,
    .dma_write = host_dma_write,
    .msix = host_msix,
    .dram = host_dram,
};

/* Hands every pending vector to the driver, lowest first; how many there were. */
static unsigned deliver(struct inproc *p)
{
    unsigned count = 0;

    for (unsigned w = 0; w < sizeof(p->pending) / sizeof(p->pending[0]); w++) {
        uint64_t bits = p->pending[w];
        p->pending[w] = 0;
        for (; bits; bits &= bits - 1, count++) {
            if (p->irq)
                p->irq(p->irq_ctx, w * 64 + (unsigned)__builtin_ctzll(bits));
        }
    }
    return count;
}

/* ---- the driver's side ---- */

static uint64_t link_read(struct nicdrv_link *l, unsigned bar, uint64_t off, unsigned bytes)
{
    return nic_bar_read(self(l)->dev, bar, off, bytes);
}

static void link_write(struct nicdrv_link *l, unsigned bar, uint64_t off, unsigned bytes,
                       uint64_t v)
{
    nic_bar_write(self(l)->dev, bar, off, bytes, v);
}

static int link_copy_in(struct nicdrv_link *l, uint64_t off, const void *src, size_t len)
{
    return nic_bar_copy_in(self(l)->dev, off, src, len);
}

static int link_copy_out(struct nicdrv_link *l, uint64_t off, void *dst, size_t len)
{
    return nic_bar_copy_out(self(l)->dev, off, dst, len);
}

static int link_dma_map(struct nicdrv_link *l, void *mem, size_t len, uint64_t *iova)
{
    return iommu_map(&self(l)->mmu, mem, len, iova);
}

static void link_dma_unmap(struct nicdrv_link *l, uint64_t iova)
{
    iommu_unmap(&self(l)->mmu, iova);
}

static void link_set_irq(struct nicdrv_link *l, nicdrv_irq_fn fn, void *ctx)
{
    self(l)->irq = fn;
    self(l)->irq_ctx = ctx;
}

/* The cycle at which `ns` more will have passed; UINT64_MAX when that is beyond counting. */
static uint64_t cycles_from_now(const struct inproc *p, uint64_t ns)
{
    uint64_t hz = nic_device_config(p->dev)->engine_clock_hz;
    uint64_t now = nic_device_cycles(p->dev);
    uint64_t seconds = ns / NS_PER_S, rest = ns % NS_PER_S;

    if (seconds >= (UINT64_MAX - now) / hz - 1)
        return UINT64_MAX;
    return now + seconds * hz + rest * hz / NS_PER_S + 1;
}

/* A traffic source that failed is the business of whoever runs traffic: the device goes on. */
static enum nic_stop run_on(struct inproc *p, uint64_t until)
{
    enum nic_stop stop = NIC_STOP_ERROR;

    for (unsigned i = 0; stop == NIC_STOP_ERROR && i <= NIC_PORTS_MAX; i++)
        stop = nic_device_run(p->dev, until, true);
    return stop;
}

static int link_wait(struct nicdrv_link *l, uint64_t budget_ns)
{
    struct inproc *p = self(l);

    if (deliver(p))
        return 1;
    enum nic_stop stop = run_on(p, cycles_from_now(p, budget_ns));
    if (deliver(p))
        return 1;
    switch (stop) {
    case NIC_STOP_FATAL:
    case NIC_STOP_ERROR:
        return -EIO;
    case NIC_STOP_IDLE:
    case NIC_STOP_HALT:
        return -ESHUTDOWN;
    default:
        return 0;
    }
}

/* snprintf at *at, which stays inside the buffer. */
__attribute__((format(printf, 4, 5))) static void add(char *buf, size_t len, size_t *at,
                                                      const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(buf + *at, len - *at, fmt, ap);
    va_end(ap);
    if (n > 0)
        *at = (size_t)n < len - *at ? *at + (size_t)n : len - 1;
}

static void link_fault_text(struct nicdrv_link *l, char *buf, size_t len)
{
    struct nic_fault f;
    size_t at = 0;

    if (!len)
        return;
    buf[0] = '\0';
    if (!nic_device_fault(self(l)->dev, &f))
        return;
    add(buf, len, &at,
        "%s (hart %" PRIu32 ", engine %" PRIu32 " thread %" PRIu32 ", pc 0x%" PRIx64
        ", cause %" PRIu64 ", tval 0x%" PRIx64 ", value 0x%" PRIx64 ", cycle %" PRIu64 ")",
        f.what ? f.what : "fault", f.hart, f.engine, f.thread, f.pc, f.cause, f.tval, f.value,
        f.cycles);
    for (unsigned i = 1; i < 32; i++)
        add(buf, len, &at, "%sx%u=0x%" PRIx64, i % 4 == 1 ? "\n  " : " ", i, f.x[i]);
}

static int link_mem_file(struct nicdrv_link *l, uint64_t addr, uint64_t len, uint64_t *offset)
{
    const struct inproc *p = self(l);

    if (addr < NIC_DRAM_BASE || addr - NIC_DRAM_BASE > p->dram_size ||
        len > p->dram_size - (addr - NIC_DRAM_BASE))
        return -EFAULT;
    *offset = addr - NIC_DRAM_BASE;
    return p->dram_fd;
}

/* What the configuration says of each class: 0 where the engine's instructions are what counts. */
static bool class_costs(const struct nic_config *c, uint32_t cost[OFFLOAD_CLASSES])
{
    const uint64_t keys[OFFLOAD_CLASSES] = {
        [OFFLOAD_CLASS_ALU] = c->bpf_alu,     [OFFLOAD_CLASS_ALU32] = c->bpf_alu32,
        [OFFLOAD_CLASS_MUL] = c->bpf_mul,     [OFFLOAD_CLASS_DIV] = c->bpf_div,
        [OFFLOAD_CLASS_IMM64] = c->bpf_imm64, [OFFLOAD_CLASS_LOAD] = c->bpf_load,
        [OFFLOAD_CLASS_STORE] = c->bpf_store, [OFFLOAD_CLASS_ATOMIC] = c->bpf_atomic,
        [OFFLOAD_CLASS_JCC] = c->bpf_jcc,     [OFFLOAD_CLASS_JCC32] = c->bpf_jcc32,
        [OFFLOAD_CLASS_JUMP] = c->bpf_jump,   [OFFLOAD_CLASS_CALL] = c->bpf_call,
        [OFFLOAD_CLASS_EXIT] = c->bpf_exit,
    };
    bool any = false;

    for (unsigned k = 0; k < OFFLOAD_CLASSES; k++) {
        cost[k] = (uint32_t)keys[k];
        any = any || cost[k] != 0;
    }
    return any && !c->run_functional;
}

static int link_code_classes(struct nicdrv_link *l, uint64_t addr, const uint8_t *classes,
                             uint32_t words)
{
    uint32_t cost[OFFLOAD_CLASSES], *cycles;
    int rc;

    if (!class_costs(nic_device_config(self(l)->dev), cost))
        return 0;
    if (words == 0)
        return 1;
    cycles = calloc(words, sizeof(*cycles));
    if (!cycles)
        return -ENOMEM;
    for (uint32_t i = 0; i < words; i++)
        if (classes[i] != OFFLOAD_CLASS_NONE && classes[i] < OFFLOAD_CLASSES)
            cycles[i] = cost[classes[i]] != 0 ? cost[classes[i]] : 1; /* at least where it begins */
    rc = nic_device_code_costs(self(l)->dev, addr, cycles, words);
    free(cycles);
    return rc < 0 ? rc : 1;
}

static void link_destroy(struct nicdrv_link *l)
{
    struct inproc *p = self(l);

    if (!l)
        return;
    nic_device_destroy(p->dev);
    iommu_fini(&p->mmu);
    if (p->dram)
        munmap(p->dram, p->dram_size);
    if (p->dram_fd >= 0)
        close(p->dram_fd);
    free(l);
}

static const struct nicdrv_link_ops inproc_ops = {
    .read = link_read,
    .write = link_write,
    .copy_in = link_copy_in,
    .copy_out = link_copy_out,
    .dma_map = link_dma_map,
    .dma_unmap = link_dma_unmap,
    .set_irq = link_set_irq,
    .wait = link_wait,
    .fault_text = link_fault_text,
    .mem_file = link_mem_file,
    .code_classes = link_code_classes,
    .destroy = link_destroy,
};

int nicdrv_link_inproc(const struct nic_config *cfg, struct nicdrv_link **out, struct nic_err *err)
{
    struct inproc *p = calloc(1, sizeof(*p));

    if (!p)
        return nic_err_set(err, -ENOMEM, "PCIe link: out of memory");
    p->link.ops = &inproc_ops;
    p->dram_fd = -1;
    iommu_init(&p->mmu);
    int rc = nic_device_create(cfg, &host_ops, p, &p->dev, err);
    if (rc) {
        p->dev = NULL;
        link_destroy(&p->link);
        return rc;
    }
    *out = &p->link;
    return 0;
}

struct nic_device *nicdrv_link_device(struct nicdrv_link *l)
{
    return l->ops == &inproc_ops ? self(l)->dev : NULL;
}

enum nic_stop nicdrv_link_run(struct nicdrv_link *l, uint64_t until_cycles)
{
    struct inproc *p = self(l);
    enum nic_stop stop;

    deliver(p);
    do {
        stop = nic_device_run(p->dev, until_cycles, true);
        /* A driver that answers an interrupt (doorbells) may give an idle device work. */
    } while (deliver(p) && (stop == NIC_STOP_IRQ || stop == NIC_STOP_IDLE));
    return stop;
}
