/* SPDX-License-Identifier: BSD-3-Clause */
/* A helper's map argument, of one type of kind OTHER. */
#ifndef FW_HELPERS_MAP_ARG_H
#define FW_HELPERS_MAP_ARG_H

#include "core/firmware.h"
#include "core/protect.h"

/* NULL where there is none. */
static inline struct fw_map *fw_map_of(uint64_t addr, uint32_t type)
{
    struct fw_map *m = fw_map_at(addr);
    return m && fw_map_is(m->hot, type) ? m : NULL;
}

/* Aborts the packet where there is none. */
static inline struct fw_map *fw_arg_map_of(uint64_t addr, uint32_t type)
{
    struct fw_map *m = fw_map_of(addr, type);
    if (!m)
        fw_program_abort(FW_FAULT_BAD_MAP, addr);
    return m;
}

#endif
