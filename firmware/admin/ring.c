/* SPDX-License-Identifier: BSD-3-Clause */
/* The admin queue pair: commands in by DMA, several at a time, completions out. */
#include "admin/ctl.h"

#include "platform/platform.h"

#define BATCH       8u /* commands fetched by one DMA; 512 bytes of stack */
#define ENTRIES_MIN 2u
#define ENTRIES_MAX 4096u

static int ring_usable(const struct plat_admin *a)
{
    return a->entries >= ENTRIES_MIN && a->entries <= ENTRIES_MAX &&
           (a->entries & (a->entries - 1)) == 0;
}

/* Commands waiting that one DMA can fetch: not past the end of the ring. 0 for a doorbell that
 * lies. */
static uint32_t batch_size(const struct fw_ctl *ctl, const struct plat_admin *a)
{
    uint32_t waiting = plat_sq_tail() - ctl->sq_head;
    uint32_t to_end = a->entries - (ctl->sq_head & (a->entries - 1));
    if (waiting > a->entries)
        return 0;
    if (waiting > BATCH)
        waiting = BATCH;
    return waiting < to_end ? waiting : to_end;
}

/* A completion the host has not consumed is never overwritten: wait for DB_ADM_CQ. */
static void wait_for_room(struct fw_ctl *ctl, const struct plat_admin *a)
{
    while (ctl->cq_tail - plat_cq_head() >= a->entries)
        ctl->missed |= plat_event_wait(); /* serve() itself looks at the tail again */
}

static void complete(struct fw_ctl *ctl, const struct plat_admin *a, const struct fw_sqe *sqe,
                     int status, uint64_t result)
{
    uint32_t slot = ctl->cq_tail & (a->entries - 1);
    struct fw_cqe cqe = {
        .result = result,
        .cid = sqe->cid,
        .sq_head = (uint16_t)ctl->sq_head,
        .status = (uint16_t)status,
        .phase = (ctl->cq_tail & a->entries) ? 0 : 1,
    };
    /* a completion ring that is not mapped is the host's loss; the device counts the fault */
    (void)plat_dma_write(a->cq_iova + (uint64_t)slot * sizeof(cqe), &cqe, sizeof(cqe));
    ctl->cq_tail++;
}

/* Executes one batch; the number of commands it took, 0 when there are none. */
static uint32_t serve_batch(struct fw_ctl *ctl, const struct plat_admin *a)
{
    struct fw_sqe sqe[BATCH];
    uint32_t n = batch_size(ctl, a);
    if (n == 0)
        return 0;
    uint64_t from = a->sq_iova + (uint64_t)(ctl->sq_head & (a->entries - 1)) * sizeof(sqe[0]);
    int err = plat_dma_read(sqe, from, n * (uint32_t)sizeof(sqe[0]));
    ctl->sq_head += n;
    if (err)
        return n; /* commands that cannot be read have no cid to complete */
    for (uint32_t i = 0; i < n; i++) {
        uint64_t result = 0;
        wait_for_room(ctl, a);
        int status = fw_ctl_execute(ctl, &sqe[i], &result);
        complete(ctl, a, &sqe[i], status, result);
    }
    plat_msix(a->vector);
    return n;
}

void fw_ctl_serve(struct fw_ctl *ctl, uint32_t events)
{
    struct plat_admin a = plat_admin();
    if (!(events & NIC_EVENT_ADMIN) || !ring_usable(&a))
        return;
    while (serve_batch(ctl, &a))
        ;
}
