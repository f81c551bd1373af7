/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports and what the firmware counted. */
#include "driver/driver_impl.h"

int nicdrv_port_enable(struct nicdrv *drv, unsigned port, bool on)
{
    struct fw_sqe sqe = {.op = FW_ADMIN_PORT_SET, .arg0 = port, .arg1 = on};
    struct admin_io io = {0};

    return admin_exec(drv, &sqe, &io, NULL);
}

int nicdrv_port_frame_max(struct nicdrv *drv, unsigned port, uint32_t bytes)
{
    struct fw_sqe sqe = {.op = FW_ADMIN_PORT_FRAME, .arg0 = port, .arg1 = bytes};
    struct admin_io io = {0};

    return admin_exec(drv, &sqe, &io, NULL);
}

int nicdrv_counters(struct nicdrv *drv, struct fw_counters *out)
{
    struct fw_sqe sqe = {.op = FW_ADMIN_COUNTERS};
    struct admin_io io = {.out = out, .value_len = sizeof(*out)};

    return admin_exec(drv, &sqe, &io, NULL);
}

int nicdrv_faults(struct nicdrv *drv, struct fw_fault_log *out)
{
    struct fw_sqe sqe = {.op = FW_ADMIN_FAULTS};
    struct admin_io io = {.out = out, .value_len = sizeof(*out)};

    return admin_exec(drv, &sqe, &io, NULL);
}
