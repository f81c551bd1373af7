/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Dynptrs (kernel/bpf/helpers.c): helpers 201 to 203 and the kernel functions.
 * A dynptr is two words of the program's stack that the verifier keeps it from
 * touching; what they say is checked all the same when it is used.
 */
#include "helpers/dynptr.h"
#include "core/mem.h"
#include "helpers/args.h"
#include "helpers/packet.h"

#define RDONLY   0x80000000u
#define TYPE_XDP 0x40000000u /* else memory at `data` */

static struct fw_dynptr *arg_dynptr(uint64_t addr)
{
    return fw_arg_bytes(addr, sizeof(struct fw_dynptr));
}

static uint32_t size_of(const struct fw_dynptr *d)
{
    return d->size & FW_DYNPTR_SIZE;
}

/* `len` bytes at `offset` lie within it. */
static int within(const struct fw_dynptr *d, uint64_t offset, uint64_t len)
{
    return len <= size_of(d) && offset <= size_of(d) - len;
}

/* Those bytes, of which the packet may have become too short. */
static int lost(const struct fw_dynptr *d, uint32_t offset, uint32_t len)
{
    return d->size & TYPE_XDP && (uint64_t)d->offset + offset + len > fw_packet_len(FW_PKT);
}

/* Those bytes where they lie; NULL when it is not in one piece. */
static uint8_t *bytes_of(const struct fw_dynptr *d, uint32_t offset, uint32_t len)
{
    uint64_t at = (uint64_t)d->offset + offset;
    if (!(d->size & TYPE_XDP))
        return fw_arg_bytes(d->data + at, len);
    return fw_packet_at(FW_PKT, (uint32_t)at, len);
}

/* ---- helpers ---- */

uint64_t fw_helper_dynptr_from_mem(uint64_t data, uint64_t size, uint64_t flags, uint64_t ptr,
                                   uint64_t a4)
{
    struct fw_dynptr *d = arg_dynptr(ptr);
    uint32_t len = fw_arg_u32(size);
    (void)a4;
    *d = (struct fw_dynptr){0};
    if (len > FW_DYNPTR_SIZE)
        return fw_helper_error(FW_E2BIG);
    if (flags)
        return fw_helper_error(FW_EINVAL);
    *d = (struct fw_dynptr){.data = data, .size = len};
    return 0;
}

uint64_t fw_helper_dynptr_read(uint64_t dst, uint64_t len, uint64_t src, uint64_t offset,
                               uint64_t flags)
{
    const struct fw_dynptr *d = arg_dynptr(src);
    uint32_t n = fw_arg_u32(len), at = fw_arg_u32(offset);
    if (!d->data || flags)
        return fw_helper_error(FW_EINVAL);
    if (!within(d, at, n))
        return fw_helper_error(FW_E2BIG);
    if (n == 0)
        return 0;
    if (lost(d, at, n))
        return fw_helper_error(FW_EINVAL);
    const uint8_t *from = bytes_of(d, at, n);
    if (from)
        memmove(fw_arg_bytes(dst, n), from, n);
    else
        fw_packet_read(FW_PKT, d->offset + at, fw_arg_bytes(dst, n), n);
    return 0;
}

uint64_t fw_helper_dynptr_write(uint64_t dst, uint64_t offset, uint64_t src, uint64_t len,
                                uint64_t flags)
{
    const struct fw_dynptr *d = arg_dynptr(dst);
    uint32_t n = fw_arg_u32(len), at = fw_arg_u32(offset);
    if (!d->data || d->size & RDONLY)
        return fw_helper_error(FW_EINVAL);
    if (!within(d, at, n))
        return fw_helper_error(FW_E2BIG);
    if (flags)
        return fw_helper_error(FW_EINVAL);
    if (n == 0)
        return 0;
    if (lost(d, at, n))
        return fw_helper_error(FW_EINVAL);
    uint8_t *to = bytes_of(d, at, n);
    if (to)
        memmove(to, fw_arg_bytes(src, n), n);
    else
        fw_packet_write(FW_PKT, d->offset + at, fw_arg_bytes(src, n), n);
    return 0;
}

uint64_t fw_helper_dynptr_data(uint64_t ptr, uint64_t offset, uint64_t len, uint64_t a3,
                               uint64_t a4)
{
    const struct fw_dynptr *d = arg_dynptr(ptr);
    uint32_t n = fw_arg_u32(len), at = fw_arg_u32(offset);
    (void)a3, (void)a4;
    if (!d->data || !within(d, at, n) || d->size & (RDONLY | TYPE_XDP))
        return 0;
    return d->data + d->offset + at;
}

/* ---- kernel functions ---- */

uint64_t fw_kfunc_dynptr_from_xdp(uint64_t ctx, uint64_t flags, uint64_t ptr, uint64_t a3,
                                  uint64_t a4)
{
    struct fw_dynptr *d = arg_dynptr(ptr);
    (void)ctx, (void)a3, (void)a4;
    *d = (struct fw_dynptr){0};
    if (flags)
        return fw_helper_error(FW_EINVAL);
    *d = (struct fw_dynptr){.data = 1, .size = fw_packet_len(FW_PKT) | TYPE_XDP};
    return 0;
}

/* The buffer is for what is not in one piece. */
uint64_t fw_kfunc_dynptr_slice(uint64_t ptr, uint64_t offset, uint64_t buffer, uint64_t size,
                               uint64_t a4)
{
    const struct fw_dynptr *d = arg_dynptr(ptr);
    uint32_t n = fw_arg_u32(size), at = fw_arg_u32(offset);
    (void)a4;
    if (!d->data || !within(d, at, n))
        return 0;
    uint8_t *bytes = lost(d, at, n) ? NULL : bytes_of(d, at, n);
    if (bytes || !(d->size & TYPE_XDP) || !buffer)
        return (uint64_t)(uintptr_t)bytes;
    fw_packet_read(FW_PKT, d->offset + at, fw_arg_bytes(buffer, n), n);
    return buffer;
}

uint64_t fw_kfunc_dynptr_adjust(uint64_t ptr, uint64_t start, uint64_t end, uint64_t a3,
                                uint64_t a4)
{
    struct fw_dynptr *d = arg_dynptr(ptr);
    uint32_t from = fw_arg_u32(start), to = fw_arg_u32(end);
    (void)a3, (void)a4;
    if (!d->data || from > to)
        return fw_helper_error(FW_EINVAL);
    if (from > size_of(d) || to > size_of(d))
        return fw_helper_error(FW_ERANGE);
    d->offset += from;
    d->size = (d->size & ~FW_DYNPTR_SIZE) | (to - from);
    return 0;
}

uint64_t fw_kfunc_dynptr_is_null(uint64_t ptr, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    (void)a1, (void)a2, (void)a3, (void)a4;
    return arg_dynptr(ptr)->data == 0;
}

uint64_t fw_kfunc_dynptr_is_rdonly(uint64_t ptr, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    const struct fw_dynptr *d = arg_dynptr(ptr);
    (void)a1, (void)a2, (void)a3, (void)a4;
    return d->data && d->size & RDONLY;
}

uint64_t fw_kfunc_dynptr_size(uint64_t ptr, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    const struct fw_dynptr *d = arg_dynptr(ptr);
    (void)a1, (void)a2, (void)a3, (void)a4;
    return d->data ? size_of(d) : fw_helper_error(FW_EINVAL);
}

uint64_t fw_kfunc_dynptr_clone(uint64_t ptr, uint64_t clone, uint64_t a2, uint64_t a3, uint64_t a4)
{
    const struct fw_dynptr *d = arg_dynptr(ptr);
    struct fw_dynptr *to = arg_dynptr(clone);
    (void)a2, (void)a3, (void)a4;
    *to = *d;
    if (d->data)
        return 0;
    *to = (struct fw_dynptr){0};
    return fw_helper_error(FW_EINVAL);
}
