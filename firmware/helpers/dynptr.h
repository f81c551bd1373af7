/* SPDX-License-Identifier: BSD-3-Clause */
/* struct bpf_dynptr as the firmware fills it, on the program's stack. */
#ifndef FW_HELPERS_DYNPTR_H
#define FW_HELPERS_DYNPTR_H

#include <stdint.h>

#define FW_DYNPTR_SIZE 0xffffffu /* bits of `size`: DYNPTR_MAX_SIZE */

struct fw_dynptr {
    uint64_t data; /* device address; 0: null. XDP: not 0, the packet is where it is now */
    uint32_t size; /* and flags above it */
    uint32_t offset;
};
_Static_assert(sizeof(struct fw_dynptr) == 16, "struct bpf_dynptr is 16 bytes");

#endif
