/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Programs: slots of instruction store, and which port runs which. A packet
 * carries its port's cookie from the moment it arrives, so a swap is one register
 * write and packets in flight finish on the program they started with.
 *
 * Cookie: entry address, and the slot's generation in the upper half so that a
 * platform with private fetch buffers can tell a new program at an old address.
 */
#include "admin/ctl.h"
#include "maps/timer.h"
#include "offload/abi.h"
#include "platform/platform.h"

uint32_t fw_prog_handle(const struct fw_ctl *ctl, const struct fw_prog *p)
{
    return (uint32_t)p->uses << 16 | (uint32_t)(p - ctl->prog + 1);
}

struct fw_prog *fw_prog_find(struct fw_ctl *ctl, uint32_t handle)
{
    uint32_t i = (handle & 0xffff) - 1;
    if (i >= FW_PROGS_MAX || ctl->prog[i].state == FW_PROG_FREE ||
        ctl->prog[i].uses != handle >> 16)
        return NULL;
    return &ctl->prog[i];
}

int fw_prog_hold(struct fw_ctl *ctl, uint32_t handle, struct fw_prog **p)
{
    *p = fw_prog_find(ctl, handle);
    if (!*p)
        return FW_ENOENT;
    if ((*p)->state != FW_PROG_LOADED)
        return FW_EINVAL;
    (void)__atomic_fetch_add(&(*p)->held, 1, __ATOMIC_RELAXED);
    return 0;
}

void fw_prog_release(struct fw_prog *p)
{
    (void)__atomic_fetch_sub(&p->held, 1, __ATOMIC_RELAXED);
}

static struct fw_prog *prog_slot(struct fw_ctl *ctl)
{
    for (uint32_t i = 0; i < FW_PROGS_MAX; i++)
        if (ctl->prog[i].state == FW_PROG_FREE)
            return &ctl->prog[i];
    return NULL;
}

int fw_cmd_PROG_CREATE(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    struct fw_prog *p = prog_slot(ctl);
    uint64_t base;
    if (sqe->arg0 == 0 || sqe->arg0 % 4 != 0 || sqe->arg1 > OFFLOAD_STACK_BYTES)
        return FW_EINVAL;
    if (!p)
        return FW_ENOSPC;
    int err = fw_extents_alloc(&ctl->istore, sqe->arg0, &base);
    if (err)
        return err;
    p->base = (uint32_t)base;
    p->bytes = (uint32_t)sqe->arg0;
    p->state = FW_PROG_CREATED;
    p->stack = sqe->arg1 ? (uint32_t)sqe->arg1 : OFFLOAD_STACK_BYTES;
    p->uses++;
    *result = base << 32 | fw_prog_handle(ctl, p);
    return 0;
}

int fw_cmd_PROG_LOAD(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    struct fw_prog *p = fw_prog_find(ctl, sqe->handle);
    (void)result;
    if (!p)
        return FW_ENOENT;
    if (p->state != FW_PROG_CREATED)
        return FW_EBUSY;
    if (sqe->arg0 >= p->bytes || sqe->arg0 % 4 != 0 || (sqe->arg1 & ~(uint64_t)FW_PROG_FRAGS))
        return FW_EINVAL;
    int err = fw_cmd_get(plat_ptr(p->base), sqe->value_iova, sqe->value_len, p->bytes);
    if (err)
        return err;
    plat_code_ready();
    p->entry = p->base + (uint32_t)sqe->arg0;
    p->frags = (uint8_t)sqe->arg1;
    p->state = FW_PROG_LOADED;
    return 0;
}

/* A callback that was under way may have made another one its timer's. */
static void forget_timers(struct fw_ctl *ctl, const struct fw_prog *p)
{
    for (int i = 0; i < 2; i++) {
        fw_timer_forget(&ctl->maps, p->base, p->base + p->bytes);
        fw_timer_grace(&ctl->maps);
    }
}

int fw_cmd_PROG_DESTROY(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    struct fw_prog *p = fw_prog_find(ctl, sqe->handle);
    (void)result;
    if (!p)
        return FW_ENOENT;
    if (p->attached || p->held)
        return FW_EBUSY;
    fw_ctl_grace(ctl);
    forget_timers(ctl, p);
    fw_extents_free(&ctl->istore, p->base, p->bytes);
    p->state = FW_PROG_FREE;
    return 0;
}

static int bad_port(const struct fw_ctl *ctl, uint64_t port)
{
    return port == 0 || port > ctl->ports;
}

/* Packets that arrive from now on run `p`; NULL = none. */
static void port_swap(struct fw_ctl *ctl, uint32_t port, struct fw_prog *p)
{
    struct fw_prog **at = &ctl->port_prog[port - 1];
    if (*at)
        (*at)->attached--;
    if (p)
        p->attached++;
    *at = p;
    fw_port_update(ctl, port);
}

int fw_cmd_PROG_ATTACH(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    struct fw_prog *p = fw_prog_find(ctl, sqe->handle);
    (void)result;
    if (!p)
        return FW_ENOENT;
    if (p->state != FW_PROG_LOADED || bad_port(ctl, sqe->arg0) || sqe->arg1 > 1)
        return FW_EINVAL;
    if (ctl->port_prog[sqe->arg0 - 1] && sqe->arg1 == 0)
        return FW_EBUSY;
    port_swap(ctl, (uint32_t)sqe->arg0, p);
    return 0;
}

int fw_cmd_PROG_DETACH(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    (void)result;
    if (bad_port(ctl, sqe->arg0))
        return FW_EINVAL;
    if (!ctl->port_prog[sqe->arg0 - 1])
        return FW_ENOENT;
    port_swap(ctl, (uint32_t)sqe->arg0, NULL);
    return 0;
}
