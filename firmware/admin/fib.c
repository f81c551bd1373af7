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

static int take_sram(struct fw_ctl *ctl, uint32_t bytes, uint32_t *addr)
{
    uint64_t at;
    if (bytes > fw_extents_free_bytes(&ctl->maps.sram) / SRAM_SHARE ||
        fw_extents_alloc(&ctl->maps.sram, bytes, &at))
        return 0;
    *addr = (uint32_t)at;
    return 1;
}

static void give_back(struct fw_ctl *ctl, uint32_t addr, uint32_t bytes)
{
    if (!addr)
        return;
    if (in_dram(addr))
        fw_maps_free(&ctl->maps, addr, bytes);
    else
        fw_extents_free(&ctl->maps.sram, addr, bytes);
}

static void give_back_tables(struct fw_ctl *ctl, const struct fw_tables *t)
{
    give_back(ctl, t->addr, t->bytes);
    give_back(ctl, t->cold, t->cold_bytes);
}

/*
 * A lookup reads some twenty words, a dozen of them not routes and nodes: shared SRAM for all, or
 * for those at least, when they leave enough of it for maps.
 */
static int room(struct fw_ctl *ctl, uint32_t bytes, uint32_t hot, struct fw_tables *t)
{
    *t = (struct fw_tables){.bytes = bytes};
    if (take_sram(ctl, bytes, &t->addr))
        return 0;
    if (!hot || hot == bytes || !take_sram(ctl, hot, &t->addr))
        return fw_maps_alloc(&ctl->maps, bytes, &t->addr);
    t->bytes = hot;
    t->cold_bytes = bytes - hot;
    return fw_maps_alloc(&ctl->maps, t->cold_bytes, &t->cold);
}

static int read_tables(const struct fw_sqe *sqe, const struct fw_tables *t)
{
    struct fw_fib *head = plat_ptr(t->addr);
    int err = plat_dma_read(head, sqe->value_iova, t->bytes);
    if (!err && t->cold)
        err = plat_dma_read(plat_ptr(t->cold), sqe->value_iova + t->bytes, t->cold_bytes);
    if (!err)
        err = fw_fib_check(head, sqe->value_len);
    if (!err && t->cold && head->hot != t->bytes)
        err = FW_EINVAL; /* the host changed it meanwhile */
    if (!err)
        head->cold = t->cold;
    return err;
}

static int load(struct fw_ctl *ctl, const struct fw_sqe *sqe, struct fw_tables *t)
{
    struct fw_fib head;
    if (sqe->value_len < sizeof(head) || sqe->value_len > FW_FIB_BYTES_MAX)
        return FW_EINVAL;
    int err = plat_dma_read(&head, sqe->value_iova, sizeof(head));
    uint32_t hot = head.hot % 64 == 0 && head.hot < sqe->value_len ? head.hot : 0;
    if (!err)
        err = room(ctl, sqe->value_len, hot >= sizeof(head) ? hot : 0, t);
    if (!err)
        err = read_tables(sqe, t);
    if (err)
        give_back_tables(ctl, t);
    return err;
}

int fw_cmd_FIB_SET(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    struct fw_tables new = {0}, old = ctl->fib_tables;
    int err = sqe->value_len ? load(ctl, sqe, &new) : 0;
    (void)result;
    if (err)
        return err;
    ctl->fib_tables = new;
    __atomic_store_n(ctl->fib, new.addr, __ATOMIC_RELEASE);
    if (!old.addr)
        return 0;
    fw_ctl_grace(ctl);
    give_back_tables(ctl, &old);
    return 0;
}
