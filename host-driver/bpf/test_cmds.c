/* SPDX-License-Identifier: BSD-3-Clause */
/* PROG_TEST_RUN: the NIC has no such command yet. */
#include <errno.h>

#include "bpf/bpf_impl.h"

long cmd_prog_test_run(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    int rc;

    (void)user;
    return prog_of_fd(b, attr->test.prog_fd, &rc) ? -BPF_ENOTSUPP : rc;
}
