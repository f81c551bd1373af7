/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports and host RX queues. */
#include "admin/ctl.h"
#include "platform/platform.h"

#define RXQ_ENTRIES_MAX 0x10000u

static int bad_spec(const struct fw_rxq_spec *s)
{
    return s->entries == 0 || s->entries > RXQ_ENTRIES_MAX ||
           (s->entries & (s->entries - 1)) != 0 || s->vector >= NIC_VECTORS;
}

int fw_cmd_RXQ_CREATE(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    struct fw_rxq_spec spec;
    (void)result;
    if (sqe->handle >= ctl->rxqs)
        return FW_EINVAL;
    int err = fw_cmd_get(&spec, sqe->key_iova, sqe->key_len, sizeof(spec));
    if (err)
        return err;
    if (bad_spec(&spec))
        return FW_EINVAL;
    plat_rxq_on(sqe->handle, &spec);
    return 0;
}

int fw_cmd_RXQ_DESTROY(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    (void)result;
    if (sqe->handle >= ctl->rxqs)
        return FW_EINVAL;
    plat_rxq_off(sqe->handle);
    return 0;
}

int fw_cmd_PORT_SET(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    (void)result;
    if (sqe->arg0 == 0 || sqe->arg0 > ctl->ports || sqe->arg1 > 1)
        return FW_EINVAL;
    plat_port_enable((uint32_t)sqe->arg0, (uint32_t)sqe->arg1);
    return 0;
}

int fw_cmd_RSS_SET(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    (void)result;
    if (sqe->arg0 == 0 || sqe->arg0 > ctl->rxqs)
        return FW_EINVAL;
    plat_rss_queues((uint32_t)sqe->arg0);
    return 0;
}
