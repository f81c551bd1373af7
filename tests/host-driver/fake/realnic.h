/* SPDX-License-Identifier: BSD-3-Clause */
/* The real device with the real firmware (path: argument 1 of the test), and frames for it. */
#ifndef REALNIC_H
#define REALNIC_H

#include <stdbool.h>

#include "nicdrv/driver.h"

struct realnic {
    struct nicdrv_link *link;
    struct nic_device *dev;
    struct nicdrv *drv;
    /* the source of port 1: `left` frames of `len` bytes, numbered in their last 4 bytes */
    uint32_t left, number, len;
    uint8_t frame[9216];
};

/* False when it does not come up; the reason is printed. */
bool realnic_open(struct realnic *nic, const char *firmware);
/* The same with a card of another configuration. */
bool realnic_open_as(struct realnic *nic, const char *firmware, const struct nic_config *cfg);
void realnic_close(struct realnic *nic);

/* `count` UDP frames of `len` bytes from as many sources will come in at port 1. */
void realnic_send(struct realnic *nic, uint32_t count, uint32_t len);
void realnic_send_as(struct realnic *nic, uint32_t count, uint32_t len, struct nic_pacing pacing);
/* Runs until all is quiet. */
enum nic_stop realnic_run(struct realnic *nic);

#endif
