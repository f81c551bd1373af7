/* SPDX-License-Identifier: BSD-3-Clause */
#include "helpers/args.h"

int fw_arg_ok_far(uint64_t addr, uint64_t len)
{
    return fw_inside(addr, len, NIC_DRAM_BASE, FW_HART->map_bytes) ||
           fw_inside(addr, len, FW_PKT->data_meta, FW_PKT->data_end - FW_PKT->data_meta);
}
