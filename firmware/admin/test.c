/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PROG_TEST: the host's packet buffer in, some runs of a program, the buffer out.
 * The buffer is the scratch buffer in shared SRAM. No port takes part, and packets
 * of the wire go on meanwhile; only other commands wait.
 */
#include "admin/ctl.h"
#include "core/testrun.h"
#include "platform/platform.h"

_Static_assert(FW_TEST_BUF == NIC_BUF_SIZE && FW_TEST_BUF <= FW_SCRATCH, "a packet buffer");

static int bad_test(const struct fw_ctl *ctl, const struct fw_test *t)
{
    for (unsigned i = 0; i < 4; i++)
        if (t->rsvd[i])
            return FW_EINVAL;
    if (t->data_meta > t->data || t->data > t->data_end ||
        t->data_end > FW_TEST_BUF - NIC_PKT_TAILROOM)
        return FW_EINVAL;
    return t->port == 0 || t->port > ctl->ports || t->queue >= ctl->rxqs ? FW_EINVAL : 0;
}

int fw_cmd_PROG_TEST(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    const struct fw_prog *p = fw_prog_find(ctl, sqe->handle);
    struct fw_test t;
    (void)result;
    if (!p)
        return FW_ENOENT;
    if (p->state != FW_PROG_LOADED || sqe->arg0 == 0 || sqe->arg0 > FW_TEST_RUNS_MAX ||
        sqe->value_len != sizeof(t) + FW_TEST_BUF)
        return FW_EINVAL;
    int err = plat_dma_read(&t, sqe->value_iova, sizeof(t));
    if (!err)
        err = bad_test(ctl, &t);
    if (!err)
        err = plat_dma_read(ctl->scratch, sqe->value_iova + sizeof(t), FW_TEST_BUF);
    if (err)
        return err;
    fw_test_program(&t, ctl->scratch, fw_prog_cookie(p), (uint32_t)sqe->arg0);
    err = plat_dma_write(sqe->value_iova + sizeof(t), ctl->scratch, FW_TEST_BUF);
    return err ? err : plat_dma_write(sqe->value_iova, &t, sizeof(t));
}
