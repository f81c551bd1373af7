/* SPDX-License-Identifier: BSD-3-Clause */
/* The admin queue pair, host side. Protocol: fw/admin.h. */
#include <errno.h>
#include <string.h>

#include "driver/driver_impl.h"

/* Interrupts without any device time passing, after which a device is taken for stuck. */
#define STUCK_WAKES 100000u

#define STATUS_MAX 4095u /* largest errno Linux knows how to return */

int adminq_create(struct nicdrv *drv)
{
    struct adminq *q = &drv->adminq;

    *q = (struct adminq){0};
    q->sq = nicdrv_dma_alloc(drv, ADMINQ_ENTRIES * sizeof(*q->sq), &q->sq_iova);
    q->cq = nicdrv_dma_alloc(drv, ADMINQ_ENTRIES * sizeof(*q->cq), &q->cq_iova);
    if (!q->sq || !q->cq)
        return -ENOMEM;
    reg_write64(drv->link, NIC_BAR0_ADM_SQ_BASE, q->sq_iova);
    reg_write64(drv->link, NIC_BAR0_ADM_CQ_BASE, q->cq_iova);
    reg_write32(drv->link, NIC_BAR0_ADM_SIZE, ADMINQ_ENTRIES);
    reg_write32(drv->link, NIC_BAR0_ADM_VECTOR, ADMIN_VECTOR);
    return 0;
}

/* ---- submission ---- */

static int free_slot(const struct adminq *q)
{
    /* Start behind the last one used, so that a slot rests before its next turn. */
    for (uint32_t i = 0; i < ADMINQ_ENTRIES; i++) {
        uint32_t s = (q->sq_tail + i) % ADMINQ_ENTRIES;
        if (q->slots[s].state == SLOT_FREE)
            return (int)s;
    }
    return -EAGAIN;
}

int nicdrv_submit(struct nicdrv *drv, struct nicdrv_cmd *cmd)
{
    struct adminq *q = &drv->adminq;

    if (drv->dead)
        return drv->dead;
    int s = free_slot(q);
    if (s < 0)
        return s;
    struct adminq_slot *slot = &q->slots[s];
    slot->generation++;
    slot->state = SLOT_BUSY;
    slot->cmd = cmd;
    q->in_flight++;
    cmd->done = false;
    cmd->sqe.cid = (uint16_t)((unsigned)s + slot->generation * ADMINQ_ENTRIES);
    /*
     * The ring entry is free: commands are fetched in order and in_flight is at
     * most its size, so the one that had this entry was fetched.
     */
    q->sq[q->sq_tail % ADMINQ_ENTRIES] = cmd->sqe;
    q->sq_tail++;
    reg_write32(drv->link, NIC_BAR0_DB_ADM_SQ, q->sq_tail);
    return 0;
}

/* ---- completion ---- */

/* The slot a completion belongs to, or NULL: the device is not trusted. */
static struct adminq_slot *slot_of(struct adminq *q, uint16_t cid)
{
    struct adminq_slot *slot = &q->slots[cid % ADMINQ_ENTRIES];
    uint16_t generation = (uint16_t)(slot->generation * ADMINQ_ENTRIES) / ADMINQ_ENTRIES;

    if (slot->state == SLOT_FREE || cid / ADMINQ_ENTRIES != generation)
        return NULL;
    return slot;
}

static void complete(struct adminq *q, const struct fw_cqe *cqe)
{
    struct adminq_slot *slot = slot_of(q, cqe->cid);

    if (!slot) {
        q->bad_completions++;
        return;
    }
    if (slot->state == SLOT_BUSY) {
        slot->cmd->cqe = *cqe;
        slot->cmd->done = true;
    }
    slot->cmd = NULL;
    slot->state = SLOT_FREE;
    q->in_flight--;
}

void adminq_poll(struct nicdrv *drv)
{
    struct adminq *q = &drv->adminq;
    uint32_t taken = 0;

    /* Bounded by the ring: a device that scribbles on it cannot hold us here. */
    for (; taken < ADMINQ_ENTRIES; taken++) {
        struct fw_cqe cqe;
        uint16_t phase = (q->cq_head / ADMINQ_ENTRIES) % 2 ? 0 : 1;

        memcpy(&cqe, &q->cq[q->cq_head % ADMINQ_ENTRIES], sizeof(cqe));
        if ((cqe.phase & 1) != phase)
            break;
        q->cq_head++;
        complete(q, &cqe);
    }
    if (taken)
        reg_write32(drv->link, NIC_BAR0_DB_ADM_CQ, q->cq_head);
}

/* ---- waiting ---- */

/* One wait for something to happen before `deadline` (TIME_NS). 0 = look again. */
static int wait_step(struct nicdrv *drv, uint64_t deadline, uint64_t *last, unsigned *stuck)
{
    uint64_t now = reg_read64(drv->link, NIC_BAR0_TIME_NS);

    if (now >= deadline)
        return -ETIMEDOUT;
    *stuck = now > *last ? 0 : *stuck + 1;
    *last = now;
    if (*stuck > STUCK_WAKES)
        return -ETIMEDOUT;
    int rc = drv->link->ops->wait(drv->link, deadline - now);
    if (rc == -EIO || reg_read32(drv->link, NIC_BAR0_STATUS) == NIC_FW_FATAL)
        drv->dead = -EIO;
    adminq_poll(drv);
    if (drv->dead)
        return drv->dead;
    return rc > 0 ? 0 : -ETIMEDOUT; /* else time is up, or the device sleeps for ever */
}

/* Nobody waits for cmd any more; a late completion finds nothing to write to. */
static void abandon(struct adminq *q, const struct nicdrv_cmd *cmd)
{
    for (uint32_t s = 0; s < ADMINQ_ENTRIES; s++) {
        if (q->slots[s].state == SLOT_BUSY && q->slots[s].cmd == cmd) {
            q->slots[s].state = SLOT_ZOMBIE;
            q->slots[s].cmd = NULL;
        }
    }
}

static int status_of(const struct nicdrv_cmd *cmd)
{
    unsigned status = cmd->cqe.status;

    return status > STATUS_MAX ? -EPROTO : -(int)status;
}

static int wait_for(struct nicdrv *drv, struct nicdrv_cmd *cmd, uint64_t timeout_ns)
{
    uint64_t last = reg_read64(drv->link, NIC_BAR0_TIME_NS);
    uint64_t deadline = last + timeout_ns;
    unsigned stuck = 0;
    int rc = 0;

    adminq_poll(drv);
    while (!cmd->done && !rc)
        rc = wait_step(drv, deadline, &last, &stuck);
    if (cmd->done)
        return status_of(cmd);
    abandon(&drv->adminq, cmd);
    return drv->dead ? drv->dead : rc;
}

int nicdrv_wait(struct nicdrv *drv, struct nicdrv_cmd *cmd)
{
    return wait_for(drv, cmd, ADMIN_TIMEOUT_NS);
}

/* Submits; when every slot is taken, waits for one to come back. */
static int submit_patiently(struct nicdrv *drv, struct nicdrv_cmd *cmd)
{
    uint64_t last = reg_read64(drv->link, NIC_BAR0_TIME_NS);
    uint64_t deadline = last + ADMIN_TIMEOUT_NS;
    unsigned stuck = 0;
    int rc = nicdrv_submit(drv, cmd);

    while (rc == -EAGAIN) {
        int waited = wait_step(drv, deadline, &last, &stuck);
        rc = nicdrv_submit(drv, cmd);
        if (waited && rc == -EAGAIN)
            return waited;
    }
    return rc;
}

/* ---- one command with its bytes ---- */

static int scratch_room(struct nicdrv *drv, size_t len)
{
    struct scratch *s = &drv->scratch;

    if (s->len >= len && s->mem)
        return 0;
    nicdrv_dma_free(drv, s->mem);
    s->len = len < 4096 ? 4096 : len;
    s->mem = nicdrv_dma_alloc(drv, s->len, &s->iova);
    return s->mem ? 0 : -ENOMEM;
}

int admin_exec(struct nicdrv *drv, const struct fw_sqe *sqe, const struct admin_io *io,
               uint64_t *result)
{
    struct nicdrv_cmd cmd = {.sqe = *sqe};
    struct scratch *s = &drv->scratch;
    size_t value_at = ((size_t)io->key_len + 63) / 64 * 64;
    int rc = scratch_room(drv, value_at + io->value_len);

    if (rc)
        return rc;
    if (io->key)
        memcpy(s->mem, io->key, io->key_in ? io->key_in : io->key_len);
    if (io->in)
        memcpy(s->mem + value_at, io->in, io->value_len);
    cmd.sqe.key_iova = io->key_len ? s->iova : 0;
    cmd.sqe.key_len = io->key_len;
    cmd.sqe.value_iova = io->value_len ? s->iova + value_at : 0;
    cmd.sqe.value_len = io->value_len;
    rc = submit_patiently(drv, &cmd);
    if (!rc)
        rc = wait_for(drv, &cmd, ADMIN_TIMEOUT_NS + io->patience_ns);
    if (!rc && io->out)
        memcpy(io->out, s->mem + value_at, io->value_len);
    if (!rc && io->key_out)
        memcpy(io->key_out, s->mem, io->key_len);
    if (cmd.done && result)
        *result = cmd.cqe.result;
    if (rc == -ETIMEDOUT) { /* the device may still write there: it loses the right to */
        nicdrv_dma_free(drv, s->mem);
        *s = (struct scratch){0};
    }
    return rc;
}
