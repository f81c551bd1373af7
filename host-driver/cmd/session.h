/* SPDX-License-Identifier: BSD-3-Clause */
/* A simulated card with its driver and bpf(2) layer, up and running, in this process. */
#ifndef CMD_SESSION_H
#define CMD_SESSION_H

#include "nicdrv/bpf.h"
#include "nicdrv/driver.h"
#include "nicdrv/link.h"

struct session {
    struct nicdrv_link *link;
    struct nic_device *dev;
    struct nicdrv *drv;
    struct nicbpf *bpf;
};

/* Creates the card, boots the firmware that comes with nicsim, binds bpf(2) to it. */
int session_open(struct session *s, const struct nic_config *cfg, struct nic_err *err);
void session_close(struct session *s); /* a zeroed one is allowed */

#endif
