/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys and values on their way between a map and the host. */
#ifndef FW_STAGE_H
#define FW_STAGE_H

#include "admin/ctl.h"

/* In the scratch buffer, or in DRAM when it is large. */
struct fw_stage {
    uint8_t *mem;
    uint32_t addr, bytes; /* of the DRAM; 0 bytes: none */
};

/* FW_ENOMEM; FW_E2BIG for more than one DMA transfer. */
int fw_stage_open(struct fw_ctl *ctl, struct fw_stage *s, uint64_t bytes);
void fw_stage_close(struct fw_ctl *ctl, const struct fw_stage *s);

#endif
