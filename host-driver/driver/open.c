/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of a driver handle: probe, boot, admin queue, capabilities, and the way back. */
#include <errno.h>
#include <stdlib.h>

#include "driver/driver_impl.h"

/* Where an x86 host's message-signalled interrupts go (Intel SDM volume 3, "Message Address
 * Register Format"). */
#define MSI_ADDRESS 0xfee00000u

static void on_irq(void *ctx, unsigned vector)
{
    struct nicdrv *drv = ctx;

    if (vector == ADMIN_VECTOR)
        adminq_poll(drv);
    else if (vector == EVENT_VECTOR)
        evq_poll(drv);
    else
        rx_poll(drv, vector);
}

static void unmask_vectors(struct nicdrv_link *l)
{
    for (uint32_t v = 0; v <= EVENT_VECTOR; v++) {
        reg_write64(l, NIC_BAR0_MSIX_ADDR + v * NIC_BAR0_MSIX_ADDR_STRIDE, MSI_ADDRESS);
        reg_write32(l, NIC_BAR0_MSIX_DATA + v * NIC_BAR0_MSIX_DATA_STRIDE, v);
        reg_write32(l, NIC_BAR0_MSIX_CTRL + v * NIC_BAR0_MSIX_CTRL_STRIDE, 0);
    }
}

static int bring_up(struct nicdrv *drv, const void *elf, size_t elf_len, const char *name,
                    struct nic_err *err)
{
    struct nicdrv_link *l = drv->link;
    struct firmware fw;
    int rc = probe_device(l, &drv->geo, err);

    if (rc)
        return rc;
    rc = firmware_parse(elf, elf_len, name, &drv->geo, &fw, err);
    if (rc)
        return rc;
    reg_write32(l, NIC_BAR0_CTRL, 0);
    rc = firmware_copy(l, &fw, elf, name, err);
    if (rc)
        return rc;
    rc = adminq_create(drv);
    if (rc)
        return nic_err_set(err, rc, "admin queue: no memory the device can reach");
    l->ops->set_irq(l, on_irq, drv);
    unmask_vectors(l);
    rc = firmware_start(l, fw.entry, name, err);
    return rc ? rc : caps_identify(drv, &drv->caps, err);
}

int nicdrv_open(struct nicdrv_link *link, const void *elf, size_t elf_len, const char *elf_name,
                struct nicdrv **out, struct nic_err *err)
{
    struct nicdrv *drv = calloc(1, sizeof(*drv));

    if (!drv)
        return nic_err_set(err, -ENOMEM, "driver: out of memory");
    drv->link = link;
    int rc = bring_up(drv, elf, elf_len, elf_name, err);
    if (rc) {
        nicdrv_close(drv);
        return rc;
    }
    *out = drv;
    return 0;
}

void nicdrv_close(struct nicdrv *drv)
{
    if (!drv)
        return;
    /* Reset first: after it the device owns no buffer of ours. */
    reg_write32(drv->link, NIC_BAR0_CTRL, 0);
    drv->link->ops->set_irq(drv->link, NULL, NULL);
    while (drv->dma)
        nicdrv_dma_free(drv, drv->dma->mem);
    free(drv);
}

struct nicdrv_link *nicdrv_link_of(struct nicdrv *drv)
{
    return drv->link;
}

uint64_t nicdrv_time_ns(struct nicdrv *drv)
{
    return reg_read64(drv->link, NIC_BAR0_TIME_NS);
}
