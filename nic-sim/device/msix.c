/* SPDX-License-Identifier: BSD-3-Clause */
/* MSI-X: a masked vector sets its pending bit and is sent when it is unmasked. */
#include "device/dev.h"

#include <string.h>

void msix_reset(struct nic_device *dev)
{
    memset(&dev->msix, 0, sizeof(dev->msix));
    for (unsigned i = 0; i < NIC_VECTORS; i++)
        dev->msix.masked[i] = true;
}

static void send(struct nic_device *dev, uint32_t vector)
{
    struct msix *m = &dev->msix;

    m->pending[vector / 64] &= ~(UINT64_C(1) << (vector % 64));
    dev->irq_sent = true;
    if (dev->host.msix != NULL)
        dev->host.msix(dev->host_ctx, vector, m->addr[vector], m->data[vector]);
}

/* A vector that the table has not goes nowhere. */
void msix_raise(struct nic_device *dev, uint32_t vector)
{
    struct msix *m = &dev->msix;

    if (vector >= NIC_VECTORS)
        return;
    if (m->masked[vector])
        m->pending[vector / 64] |= UINT64_C(1) << (vector % 64);
    else
        send(dev, vector);
}

void msix_mask(struct nic_device *dev, uint32_t vector, uint32_t ctrl)
{
    struct msix *m = &dev->msix;

    m->masked[vector] = (ctrl & 1u) != 0;
    if (!m->masked[vector] && (m->pending[vector / 64] >> (vector % 64) & 1u) != 0)
        send(dev, vector);
}
