/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The PCIe seam: all that the driver knows of how the device is attached. Two
 * back ends are foreseen: in process (nicdrv_link_inproc), and a vfio-user
 * socket. Not thread-safe.
 */
#ifndef NICDRV_LINK_H
#define NICDRV_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "nic/device.h"
#include "nic/err.h"

struct nicdrv_link;

/* Called for a message-signalled interrupt; runs inside link_wait only. */
typedef void (*nicdrv_irq_fn)(void *ctx, unsigned vector);

struct nicdrv_link_ops {
    /* Register access, 4 or 8 bytes, naturally aligned. */
    uint64_t (*read)(struct nicdrv_link *l, unsigned bar, uint64_t off, unsigned bytes);
    void (*write)(struct nicdrv_link *l, unsigned bar, uint64_t off, unsigned bytes, uint64_t v);
    /* Bursts to and from BAR2. -EFAULT. */
    int (*copy_in)(struct nicdrv_link *l, uint64_t off, const void *src, size_t len);
    int (*copy_out)(struct nicdrv_link *l, uint64_t off, void *dst, size_t len);
    /* Makes [mem, mem+len) readable (and writable) by the device; returns its IOVA in *iova. The
     * memory is borrowed. -ENOMEM, -ENOSPC. */
    int (*dma_map)(struct nicdrv_link *l, void *mem, size_t len, uint64_t *iova);
    void (*dma_unmap)(struct nicdrv_link *l, uint64_t iova);
    void (*set_irq)(struct nicdrv_link *l, nicdrv_irq_fn fn, void *ctx);
    /*
     * Lets the device run until an interrupt arrives or `budget_ns` of device
     * time pass; delivers interrupts. 1 = some were delivered, 0 = time is up,
     * -EIO = the device stopped on a fault, -ESHUTDOWN = it went idle with
     * nothing to deliver.
     */
    int (*wait)(struct nicdrv_link *l, uint64_t budget_ns);
    /*
     * Says what stopped the device: one line "what (hart, pc, cause)", then the
     * registers; "" when nothing did. `buf` of `len` bytes is always terminated.
     * NULL in a link that cannot tell.
     */
    void (*fault_text)(struct nicdrv_link *l, char *buf, size_t len);
    /*
     * A file that shows device memory, as that of a PCI BAR does: mmap(2) of the returned
     * descriptor (borrowed until destroy) at *offset is [addr, addr+len) of DRAM, for reading and
     * writing. -EFAULT when it is not all DRAM. NULL in a link that has none.
     */
    int (*mem_file)(struct nicdrv_link *l, uint64_t addr, uint64_t len, uint64_t *offset);
    /*
     * Tells a modelled card what BPF instructions the code at `addr` comes from, which a real one
     * would not ask: an enum offload_class where one begins, 0 in the words that go on with it.
     * 1 when the model's costs depend on it (words = 0 only asks), 0 when not, -EFAULT, -ENOMEM.
     * NULL: a real card.
     */
    int (*code_classes)(struct nicdrv_link *l, uint64_t addr, const uint8_t *classes,
                        uint32_t words);
    void (*destroy)(struct nicdrv_link *l);
};

struct nicdrv_link {
    const struct nicdrv_link_ops *ops;
};

/*
 * The in-process link: creates the device (copies *cfg) and owns it until
 * destroy. -EINVAL, -ENOMEM.
 */
int nicdrv_link_inproc(const struct nic_config *cfg, struct nicdrv_link **out, struct nic_err *err);
/* The device behind an in-process link, for its wire side and statistics; NULL for another link. */
struct nic_device *nicdrv_link_device(struct nicdrv_link *l);
/*
 * Runs the device until it is idle, fails or reaches `until_cycles`, delivering
 * interrupts to the driver as they come (traffic runs). Returns what stopped it.
 */
enum nic_stop nicdrv_link_run(struct nicdrv_link *l, uint64_t until_cycles);

#endif
