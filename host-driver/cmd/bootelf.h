/* SPDX-License-Identifier: BSD-3-Clause */
/* A bare RV64 ELF file, put into device memory. */
#ifndef CMD_BOOTELF_H
#define CMD_BOOTELF_H

#include <stdint.h>

#include "nic/device.h"

struct bootelf {
    uint64_t entry;
    uint64_t tohost;             /* 0x80001000 when the file has no such symbol */
    uint64_t sig_begin, sig_end; /* both 0 when it has none */
};

/* -ENOEXEC: not an RV64 executable; -EFAULT: a segment where the device has no memory. */
int bootelf_load(const char *path, struct nic_device *dev, struct bootelf *out,
                 struct nic_err *err);

#endif
