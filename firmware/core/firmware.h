/* SPDX-License-Identifier: BSD-3-Clause */
/* What all harts share: one object in shared SRAM, zeroed by the control core at boot. */
#ifndef FW_FIRMWARE_H
#define FW_FIRMWARE_H

#include "admin/ctl.h"
#include "datapath/counters.h"
#include "maps/map.h"

struct firmware {
    struct fw_stats stats;
    struct fw_map map[FW_MAPS_MAX];
    struct fw_ctl ctl;                /* the control core's own */
    struct fw_counters test_counters; /* of its test runs: kept out of the datapath's */
};

extern struct firmware fw_shared;

_Noreturn void fw_datapath(void);

#endif
