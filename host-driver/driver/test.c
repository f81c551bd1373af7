/* SPDX-License-Identifier: BSD-3-Clause */
/* PROG_TEST: a packet buffer to the NIC, some runs of a program, the buffer back. */
#include <errno.h>
#include <string.h>

#include "driver/driver_impl.h"

/* Device time a command should take: what others have to wait for the control core. */
#define COMMAND_NS UINT64_C(2000000)

struct test_value {
    struct fw_test head;
    uint8_t buf[FW_TEST_BUF];
};

/* `runs` of them in one command. */
static int run_some(struct nicdrv *drv, const struct nicdrv_prog *prog, struct nicdrv_test *t,
                    uint32_t runs, uint64_t *ns)
{
    struct test_value v = {
        .head = {t->data_meta, t->data, t->data_end, t->port, t->queue, 0, 0, 0, {0}},
    };
    struct fw_sqe sqe = {.op = FW_ADMIN_PROG_TEST, .handle = prog->handle, .arg0 = runs};
    struct admin_io io = {.in = &v, .out = &v, .value_len = sizeof(v)};

    memcpy(v.buf, t->buf, sizeof(v.buf));
    int rc = admin_exec(drv, &sqe, &io, NULL);
    if (rc)
        return rc;
    /* What the device says of its own buffer is checked like anything from outside. */
    if (v.head.data_meta > v.head.data || v.head.data > v.head.data_end ||
        v.head.data_end > sizeof(v.buf))
        return -EPROTO;
    t->data_meta = v.head.data_meta;
    t->data = v.head.data;
    t->data_end = v.head.data_end;
    t->retval = v.head.retval;
    t->faults += v.head.faults;
    memcpy(t->buf, v.buf, sizeof(t->buf));
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
