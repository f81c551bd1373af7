/* SPDX-License-Identifier: BSD-3-Clause */
/* nicsim run --tables */
#include <errno.h>
#include <string.h>

#include "cmd/run.h"
#include "nicdrv/fib.h"

int run_tables(struct run *r)
{
    struct nicdrv_fib *fib = NULL;
    struct nic_err err = {""};

    if (r->v->tables == NULL)
        return CMD_DONE;
    int rc = nicdrv_fib_create(&fib);
    if (rc != 0)
        (void)nic_err_set(&err, rc, "%s: %s", r->v->tables, strerror(-rc));
    if (rc == 0)
        rc = nicdrv_fib_parse(fib, r->v->tables, &err);
    if (rc == 0)
        rc = nicdrv_fib_push(r->s.drv, fib, &err);
    nicdrv_fib_free(fib);
    return rc == 0 ? CMD_DONE : cmd_fail(CMD_FAILED, "%s", err.msg);
}
