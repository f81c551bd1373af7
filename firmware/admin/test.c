/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PROG_TEST: the host's packet buffer in, some runs of a program, the buffer out.
 * The buffer is in shared SRAM. No port takes part, and packets
 * of the wire go on meanwhile; only other commands wait.
 */
#include "admin/ctl.h"
#include "core/testrun.h"
#include "platform/platform.h"

_Static_assert(FW_TEST_BUF == NIC_BUF_SIZE && FW_TEST_FRAGS == NIC_FRAGS_MAX, "a packet's buffers");

static int bad_test(const struct fw_ctl *ctl, const struct fw_test *t)
{
    if (t->rsvd0 || t->rsvd[0] || t->rsvd[1] || t->frags > FW_TEST_FRAGS)
        return FW_EINVAL;
    for (uint32_t i = 0; i < t->frags; i++)
        if (t->frag_len[i] == 0 || t->frag_len[i] > FW_TEST_BUF)
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
        sqe->value_len < sizeof(t))
        return FW_EINVAL;
    uint32_t bytes = sqe->value_len - (uint32_t)sizeof(t);
    int err = plat_dma_read(&t, sqe->value_iova, sizeof(t));
    if (!err)
        err = bad_test(ctl, &t);
    if (!err && bytes != FW_TEST_BUF * (1 + t.frags))
        err = FW_EINVAL;
    if (!err)
        err = plat_dma_read(ctl->test_buf, sqe->value_iova + sizeof(t), bytes);
    if (err)
        return err;
    fw_test_program(&t, ctl->test_buf, fw_prog_cookie(p), (uint32_t)sqe->arg0);
    err = plat_dma_write(sqe->value_iova + sizeof(t), ctl->test_buf, bytes);
    return err ? err : plat_dma_write(sqe->value_iova, &t, sizeof(t));
}
