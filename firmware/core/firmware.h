/* SPDX-License-Identifier: BSD-3-Clause */
/* What all harts share: one object in shared SRAM, zeroed by the control core at boot. */
#ifndef FW_FIRMWARE_H
#define FW_FIRMWARE_H

#include "admin/ctl.h"
#include "datapath/counters.h"
#include "maps/map.h"

struct firmware {
    struct fw_stats stats;
    struct fw_ctl ctl;                /* the control core's own */
    struct fw_counters test_counters; /* of its test runs: kept out of the datapath's */
};

extern struct firmware fw_shared;

/* The map descriptors, not zeroed: fw_maps_init makes them empty. */
extern struct fw_map fw_map_table[FW_MAPS_MAX];

_Noreturn void fw_datapath(void);

#endif
