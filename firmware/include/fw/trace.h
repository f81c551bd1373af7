/* SPDX-License-Identifier: BSD-3-Clause */
/* Records of the trace pipe, as TRACE_READ hands them to the host. Freestanding, little-endian. */
#ifndef FW_TRACE_H
#define FW_TRACE_H

#include <stdint.h>

#define FW_TRACE_BYTES_MIN 0x1000u
#define FW_TRACE_BYTES_MAX 0x1000000u /* 16 MiB */
#define FW_TRACE_ALIGN     8u         /* of records */
#define FW_TRACE_SKIP      0xffffu    /* as len: no line; go on behind it */

struct fw_trace_record {
    uint32_t bytes; /* of the whole record */
    uint16_t len;   /* characters of text, its terminator not counted */
    uint16_t hart;
    uint64_t time_ns; /* not there in a record to skip */
    char text[];
};
_Static_assert(sizeof(struct fw_trace_record) == 16, "fw_trace_record layout");

#endif
