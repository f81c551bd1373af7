/* SPDX-License-Identifier: BSD-3-Clause */
/* Helpers that copy, sum or compare bytes the program names; semantics of net/core/filter.c. */
#include "core/mem.h"
#include "helpers/args.h"
#include "helpers/csum.h"
#include "helpers/packet.h"

#define XDP_BYTES_MAX 0xffffu /* largest offset and length of bpf_xdp_pointer() */

uint64_t fw_helper_csum_diff(uint64_t from, uint64_t from_size, uint64_t to, uint64_t to_size,
                             uint64_t seed)
{
    uint32_t from_len = fw_arg_u32(from_size), to_len = fw_arg_u32(to_size);
    const void *f = fw_arg_bytes_or_null(from, from_len);
    const void *t = fw_arg_bytes_or_null(to, to_len);
    return fw_csum_diff(f, from_len, t, to_len, fw_arg_u32(seed));
}

uint64_t fw_helper_xdp_get_buff_len(uint64_t ctx, uint64_t a1, uint64_t a2, uint64_t a3,
                                    uint64_t a4)
{
    (void)ctx, (void)a1, (void)a2, (void)a3, (void)a4;
    return fw_packet_len(FW_PKT);
}

/* 0 or an errno: `len` bytes at `offset` are within the packet. */
static int packet_range(uint32_t offset, uint32_t len)
{
    if (offset > XDP_BYTES_MAX || len > XDP_BYTES_MAX)
        return FW_EFAULT;
    return offset + len > FW_PKT->data_end - FW_PKT->data && offset + len > fw_packet_len(FW_PKT)
               ? FW_EINVAL
               : 0;
}

/* The bytes, when they lie in the first buffer. */
static uint8_t *packet_at(uint32_t offset, uint32_t len)
{
    return offset + len <= FW_PKT->data_end - FW_PKT->data
               ? (uint8_t *)(uintptr_t)FW_PKT->data + offset
               : NULL;
}

uint64_t fw_helper_xdp_load_bytes(uint64_t ctx, uint64_t offset, uint64_t buf, uint64_t size,
                                  uint64_t a4)
{
    uint32_t at = fw_arg_u32(offset), len = fw_arg_u32(size);
    void *dst = fw_arg_bytes(buf, len);
    int err = packet_range(at, len);
    (void)ctx, (void)a4;
    if (err)
        return fw_helper_error(err);
    const uint8_t *src = packet_at(at, len);
    if (src)
        memcpy(dst, src, len);
    else
        fw_packet_read(FW_PKT, at, dst, len);
    return 0;
}

uint64_t fw_helper_xdp_store_bytes(uint64_t ctx, uint64_t offset, uint64_t buf, uint64_t size,
                                   uint64_t a4)
{
    uint32_t at = fw_arg_u32(offset), len = fw_arg_u32(size);
    const void *src = fw_arg_bytes(buf, len);
    int err = packet_range(at, len);
    (void)ctx, (void)a4;
    if (err)
        return fw_helper_error(err);
    uint8_t *dst = packet_at(at, len);
    if (dst)
        memmove(dst, src, len);
    else
        fw_packet_write(FW_PKT, at, src, len);
    return 0;
}

/* What the program may not read is as unmapped memory to a kernel: zeroes and an error. */
uint64_t fw_helper_probe_read_kernel(uint64_t dst, uint64_t size, uint64_t src, uint64_t a3,
                                     uint64_t a4)
{
    uint32_t len = fw_arg_u32(size);
    void *to = fw_arg_bytes_or_null(dst, len);
    (void)a3, (void)a4;
    if (len == 0)
        return 0;
    if (fw_arg_ok(src, len)) {
        memmove(to, (const void *)(uintptr_t)src, len);
        return 0;
    }
    memset(to, 0, len);
    return fw_probe_error(src);
}
