/* SPDX-License-Identifier: BSD-3-Clause */
/* Helpers that make text, or read it. */
#include "core/firmware.h"
#include "helpers/args.h"
#include "helpers/format.h"
#include "helpers/text.h"
#include "helpers/trace.h"
#include "platform/platform.h"

#define TRACE_ARGS 3u /* of bpf_trace_printk, in registers */

static inline char *at(uint64_t addr)
{
    return (char *)(uintptr_t)addr;
}

/* A pointer without a size: the bytes that may be there. */
static uint32_t text_room(uint64_t addr)
{
    uint64_t room = fw_arg_room(addr);
    if (room == 0)
        fw_program_abort(FW_FAULT_BAD_POINTER, addr);
    return room > UINT32_MAX ? UINT32_MAX : (uint32_t)room;
}

/* The arguments of a format that has them in memory. */
static int take_args(struct fw_format *f, uint64_t data, uint64_t size)
{
    uint32_t len = fw_arg_u32(size);
    f->arg = fw_arg_bytes_or_null(data, len);
    f->args = len / 8;
    return len % 8 || f->args > FW_FORMAT_ARGS_MAX ? FW_EINVAL : 0;
}

/* Measures the line, so that the record has the right size, then prints it into the ring. */
static uint64_t print(const struct fw_format *f)
{
    int64_t len = fw_format(f, 0, 0);
    if (len < 0)
        return (uint64_t)len;
    uint32_t kept = len < FW_FORMAT_TEXT_MAX ? (uint32_t)len : FW_FORMAT_TEXT_MAX - 1;
    struct fw_trace_record *r = fw_trace_reserve(&fw_shared.trace, kept);
    if (r) {
        r->hart = (uint16_t)FW_HART->id;
        r->time_ns = plat_time_ns();
        (void)fw_format(f, r->text, kept + 1);
        fw_trace_commit(r, kept);
    }
    return (uint64_t)len;
}

uint64_t fw_helper_trace_printk(uint64_t fmt, uint64_t size, uint64_t a2, uint64_t a3, uint64_t a4)
{
    uint64_t arg[TRACE_ARGS] = {a2, a3, a4};
    uint32_t len = fw_arg_u32(size);
    struct fw_format f = {
        .fmt = fw_arg_bytes(fmt, len),
        .fmt_size = len,
        .args = TRACE_ARGS,
        .arg = arg,
        .room = fw_arg_room,
    };
    return print(&f);
}

uint64_t fw_helper_trace_vprintk(uint64_t fmt, uint64_t size, uint64_t data, uint64_t data_len,
                                 uint64_t a4)
{
    uint32_t len = fw_arg_u32(size);
    struct fw_format f = {.fmt = fw_arg_bytes(fmt, len), .fmt_size = len, .room = fw_arg_room};
    int err = take_args(&f, data, data_len);
    (void)a4;
    return err ? fw_helper_error(err) : print(&f);
}

uint64_t fw_helper_snprintf(uint64_t str, uint64_t size, uint64_t fmt, uint64_t data,
                            uint64_t data_len)
{
    uint32_t room = fw_arg_u32(size);
    char *out = fw_arg_bytes_or_null(str, room);
    struct fw_format f = {.fmt = at(fmt), .fmt_size = text_room(fmt), .room = fw_arg_room};
    int err = take_args(&f, data, data_len);
    if (err)
        return fw_helper_error(err);
    int64_t len = fw_format(&f, 0, 0); /* nothing is written when the format is refused */
    if (len < 0)
        return (uint64_t)len;
    if (room)
        len = fw_format(&f, out, room);
    return (uint64_t)(len + 1);
}

uint64_t fw_helper_strncmp(uint64_t s1, uint64_t size, uint64_t s2, uint64_t a3, uint64_t a4)
{
    uint32_t len = fw_arg_u32(size);
    (void)a3, (void)a4;
    return (uint64_t)(int64_t)fw_strncmp(fw_arg_bytes(s1, len), len, at(s2), text_room(s2));
}

uint64_t fw_helper_strtol(uint64_t buf, uint64_t size, uint64_t flags, uint64_t res, uint64_t a4)
{
    uint32_t len = fw_arg_u32(size);
    (void)a4;
    return (uint64_t)fw_strtol(fw_arg_bytes(buf, len), len, flags, fw_arg_bytes(res, 8));
}

uint64_t fw_helper_strtoul(uint64_t buf, uint64_t size, uint64_t flags, uint64_t res, uint64_t a4)
{
    uint32_t len = fw_arg_u32(size);
    (void)a4;
    return (uint64_t)fw_strtoul(fw_arg_bytes(buf, len), len, flags, fw_arg_bytes(res, 8));
}

/* As probe_read_kernel, up to and with a terminator: its length, or an error and "". */
uint64_t fw_helper_probe_read_kernel_str(uint64_t dst, uint64_t size, uint64_t src, uint64_t a3,
                                         uint64_t a4)
{
    uint32_t len = fw_arg_u32(size), n = 0;
    char *to = fw_arg_bytes_or_null(dst, len);
    uint64_t room = fw_arg_room(src);
    (void)a3, (void)a4;
    if (len == 0)
        return 0;
    for (; n < len && n < room; n++)
        if ((to[n] = at(src)[n]) == 0)
            return n + 1;
    to[n < len ? 0 : len - 1] = 0;
    return n < len ? fw_probe_error(src) : len;
}
