/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports and host RX queues. */
#include "admin/ctl.h"
#include "datapath/redirect.h"
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

/*
 * Frames that a program does not take are refused before packets come to it, and let in after no
 * packet comes to it any more: the longest frame falls before the cookie changes, and rises then.
 */
void fw_port_update(const struct fw_ctl *ctl, uint32_t port)
{
    const struct fw_prog *p = ctl->port_prog[port - 1];
    uint32_t frame = ctl->port_frame[port - 1];
    uint64_t cookie = p ? fw_prog_cookie(p) : 0;
    int frags = !p || p->frags;
    if (!frags && frame > NIC_FRAME_LINEAR)
        frame = NIC_FRAME_LINEAR;
    if (!frags)
        plat_port_frame_max(port, frame);
    plat_port_cookie(port, cookie, frags ? FW_COOKIE_FRAGS | cookie : 0);
    if (frags)
        plat_port_frame_max(port, frame);
}

int fw_cmd_PORT_FRAME(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    (void)result;
    if (sqe->arg0 == 0 || sqe->arg0 > ctl->ports || sqe->arg1 > NIC_FRAME_MAX)
        return FW_EINVAL;
    ctl->port_frame[sqe->arg0 - 1] = sqe->arg1 ? (uint32_t)sqe->arg1 : NIC_FRAME_MAX;
    fw_port_update(ctl, (uint32_t)sqe->arg0);
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
