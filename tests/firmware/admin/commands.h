/* SPDX-License-Identifier: BSD-3-Clause */
/* Admin commands to the firmware's portable sources over the fake NIC. For one program. */
#ifndef TESTS_FIRMWARE_COMMANDS_H
#define TESTS_FIRMWARE_COMMANDS_H

#include "cunit_main.h"
#include "fake.h"

#define DRAM  0x1000000u
#define KEY   (FAKE_HOST_IOVA + 0x1000)
#define VALUE (FAKE_HOST_IOVA + 0x100000)
#define NOMAP 0x100000000u /* an IOVA that nobody mapped */

static uint64_t result; /* of the last command */

static inline int run(struct fw_sqe sqe)
{
    result = 0;
    return fw_ctl_execute(&fake.ctl, &sqe, &result);
}

static inline int prog_op(enum fw_admin_op op, uint32_t handle, uint64_t arg0, uint64_t arg1)
{
    return run((struct fw_sqe){.op = (uint8_t)op, .handle = handle, .arg0 = arg0, .arg1 = arg1});
}

static inline void start(void)
{
    fake_start(DRAM);
}

#endif
