/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The printf of bpf_trace_printk, bpf_trace_vprintk and bpf_snprintf: the subset that the kernel's
 * bpf_bprintf_prepare() takes (flags "0+- ", width, d i u x X c s with l and ll, p, px, pK, ps, pS,
 * pB, pks, pus, pI4, pi4, pI6, pi6), with its results. Pointers print as they are.
 */
#ifndef FW_HELPERS_FORMAT_H
#define FW_HELPERS_FORMAT_H

#include <stdint.h>

#define FW_FORMAT_ARGS_MAX 12u   /* MAX_BPRINTF_VARARGS */
#define FW_FORMAT_TEXT_MAX 1024u /* MAX_BPRINTF_BUF: with its terminator, of the trace */

struct fw_format {
    const char *fmt;
    uint32_t fmt_size; /* bytes, a terminator among them */
    uint32_t args;     /* how many there are; a format may use fewer */
    const void *arg;   /* 8 bytes each, of any alignment */
    /* Bytes that the program may read from `addr` on; what an argument points to lies there. */
    uint64_t (*room)(uint64_t addr);
};

/*
 * The length of the text without terminator, or a negative errno: FW_EINVAL for a format outside
 * the subset, FW_ENOSPC for arguments that the kernel's 512 bytes would not hold. `out` gets as
 * much as `size` holds, terminated; size 0 only measures.
 */
int64_t fw_format(const struct fw_format *f, char *out, uint32_t size);

#endif
