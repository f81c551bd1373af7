/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the firmware can do, as type-length-value records (IDENTIFY). Each is a
 * struct fw_tlv followed by `len` bytes, padded to 8. Unknown types are skipped
 * by the driver; END closes the list. Freestanding, little-endian.
 */
#ifndef FW_CAPS_H
#define FW_CAPS_H

#include <stdint.h>

struct fw_tlv {
    uint16_t type;
    uint16_t len; /* of the value, without padding */
    uint32_t rsvd;
};
_Static_assert(sizeof(struct fw_tlv) == 8, "fw_tlv layout");

enum fw_cap {
    FW_CAP_END = 0,
    FW_CAP_ABI = 1,      /* u32 FW_ABI_VERSION */
    FW_CAP_NAME = 2,     /* text: firmware name and version */
    FW_CAP_HELPERS = 3,  /* u64[4]: bit n of the 256 = BPF helper id n is there */
    FW_CAP_MAP_TYPE = 4, /* struct fw_cap_map, one TLV per map type */
    FW_CAP_PROG = 5,     /* struct fw_cap_prog */
    FW_CAP_LIMITS = 6,   /* struct fw_cap_limits */
    FW_CAP_KFUNCS = 7,   /* u64: bit n = row n of offload/kfuncs.def is there */
};

struct fw_cap_map {
    uint32_t type;               /* BPF_MAP_TYPE_* */
    uint32_t key_max, value_max; /* bytes */
    uint32_t flags;              /* map_flags it accepts */
};
struct fw_cap_prog {
    uint32_t gate_base; /* device address of gate 0 (program exit); gate n = helper id n */
    uint32_t gate_count;
    uint32_t istore_free; /* bytes left for programs */
    uint32_t stack_bytes; /* program stack a packet has */
    uint32_t programs_max;
    uint32_t rsvd;
};
struct fw_cap_limits {
    uint32_t maps_max;
    uint32_t cpus;           /* what programs see as processors: copies of a per-CPU value */
    uint64_t map_bytes_free; /* DRAM left for maps */
};
_Static_assert(sizeof(struct fw_cap_map) == 16, "fw_cap_map layout");
_Static_assert(sizeof(struct fw_cap_prog) == 24, "fw_cap_prog layout");
_Static_assert(sizeof(struct fw_cap_limits) == 16, "fw_cap_limits layout");

#endif
