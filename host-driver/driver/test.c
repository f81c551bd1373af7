/* SPDX-License-Identifier: BSD-3-Clause */
/* PROG_TEST: a packet buffer to the NIC, some runs of a program, the buffer back. */
#include <errno.h>
#include <string.h>

#include "driver/driver_impl.h"

/* Device time a command should take: what others have to wait for the control core. */
#define COMMAND_NS UINT64_C(2000000)

struct test_value {
    struct fw_test head;
    uint8_t buf[FW_TEST_BUF], frag[FW_TEST_FRAGS][FW_TEST_BUF];
};

/* What the device says of its own buffers is checked like anything from outside. */
static bool sound(const struct fw_test *head, uint32_t frags_in)
{
    if (head->data_meta > head->data || head->data > head->data_end ||
        head->data_end > FW_TEST_BUF || head->frags > frags_in)
        return false;
    for (uint32_t i = 0; i < head->frags; i++)
        if (head->frag_len[i] > FW_TEST_BUF)
            return false;
    return true;
}

/* `runs` of them in one command. */
static int run_some(struct nicdrv *drv, const struct nicdrv_prog *prog, struct nicdrv_test *t,
                    uint32_t runs, uint64_t *ns)
{
    struct test_value v = {
        .head = {.data_meta = t->data_meta,
                 .data = t->data,
                 .data_end = t->data_end,
                 .port = t->port,
                 .queue = t->queue,
                 .frags = t->frags},
    };
    uint32_t bytes = FW_TEST_BUF * (1 + t->frags);
    struct fw_sqe sqe = {.op = FW_ADMIN_PROG_TEST, .handle = prog->handle, .arg0 = runs};
    struct admin_io io = {.in = &v, .out = &v, .value_len = (uint32_t)sizeof(v.head) + bytes};

    memcpy(v.head.frag_len, t->frag_len, sizeof(t->frag_len));
    memcpy(v.buf, t->buf, sizeof(v.buf));
    memcpy(v.frag, t->frag, sizeof(v.frag));
    int rc = admin_exec(drv, &sqe, &io, NULL);
    if (rc)
        return rc;
    if (!sound(&v.head, t->frags))
        return -EPROTO;
    t->data_meta = v.head.data_meta;
    t->data = v.head.data;
    t->data_end = v.head.data_end;
    t->retval = v.head.retval;
    t->faults += v.head.faults;
    t->frags = v.head.frags;
    memcpy(t->frag_len, v.head.frag_len, sizeof(t->frag_len));
    memcpy(t->buf, v.buf, sizeof(t->buf));
    memcpy(t->frag, v.frag, sizeof(t->frag));
    *ns = v.head.ns;
    return 0;
}

/* How many runs fill COMMAND_NS, by what the last ones took. */
static uint32_t next_runs(uint64_t left, uint64_t last_ns, uint32_t last_runs)
{
    uint64_t fit = last_ns ? COMMAND_NS * last_runs / last_ns : FW_TEST_RUNS_MAX;

    fit = fit > FW_TEST_RUNS_MAX ? FW_TEST_RUNS_MAX : fit;
    fit = fit > left ? left : fit;
    return fit ? (uint32_t)fit : 1;
}

int nicdrv_prog_test(struct nicdrv *drv, const struct nicdrv_prog *prog, struct nicdrv_test *t)
{
    uint64_t left = t->runs ? t->runs : 1, ns = 0;
    uint32_t some = 1;

    t->ns = 0;
    t->faults = 0;
    while (left) {
        int rc = run_some(drv, prog, t, some, &ns);
        if (rc)
            return rc;
        t->ns += ns;
        left -= some;
        some = next_runs(left, ns, some);
    }
    return 0;
}
