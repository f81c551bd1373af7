/* SPDX-License-Identifier: BSD-3-Clause */
#include "nicdrv/bpf.h"

/* The layer this process's SYS_bpf goes to: syscall(2) has no argument to carry it. */
static struct nicbpf *bound;

void nicbpf_bind(struct nicbpf *b)
{
    bound = b;
}

struct nicbpf *nicbpf_bound(void)
{
    return bound;
}
