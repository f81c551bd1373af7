/* SPDX-License-Identifier: BSD-3-Clause */
/* Forwarding tables: a new block takes the place of the old one between two packets of a hart. */
#include "helpers/fib.h"

#include "admin/ctl.h"
#include "platform/platform.h"

#define SRAM_SHARE 8u /* of the shared SRAM that is free */

static int in_dram(uint32_t addr)
{
    return addr >= NIC_DRAM_BASE;
}

/* A lookup reads some forty words: shared SRAM when the tables leave enough of it for maps. */
static int room(struct fw_ctl *ctl, uint32_t bytes, uint32_t *addr)
{
    uint64_t at;
    if (bytes <= fw_extents_free_bytes(&ctl->maps.sram) / SRAM_SHARE &&
        fw_extents_alloc(&ctl->maps.sram, bytes, &at) == 0) {
        *addr = (uint32_t)at;
        return 0;
    }
    return fw_maps_alloc(&ctl->maps, bytes, addr);
}

static void give_back(struct fw_ctl *ctl, uint32_t addr, uint32_t bytes)
{
    if (in_dram(addr))
        fw_maps_free(&ctl->maps, addr, bytes);
    else
        fw_extents_free(&ctl->maps.sram, addr, bytes);
}

static int load(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint32_t *addr)
{
    if (sqe->value_len < sizeof(struct fw_fib) || sqe->value_len > FW_FIB_BYTES_MAX)
        return FW_EINVAL;
    int err = room(ctl, sqe->value_len, addr);
    if (err)
        return err;
    void *block = plat_ptr(*addr);
    err = plat_dma_read(block, sqe->value_iova, sqe->value_len);
    if (!err)
        err = fw_fib_check(block, sqe->value_len);
    if (err)
        give_back(ctl, *addr, sqe->value_len);
    return err;
}

int fw_cmd_FIB_SET(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    uint32_t addr = 0, old = *ctl->fib, old_bytes = ctl->fib_bytes;
    int err = sqe->value_len ? load(ctl, sqe, &addr) : 0;
    (void)result;
    if (err)
        return err;
    ctl->fib_bytes = sqe->value_len;
    __atomic_store_n(ctl->fib, addr, __ATOMIC_RELEASE);
    if (!old)
        return 0;
    fw_ctl_grace(ctl);
    give_back(ctl, old, old_bytes);
    return 0;
}
