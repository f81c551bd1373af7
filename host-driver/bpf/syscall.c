/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * syscall(2), exported by the executable so that shared libraries (libbpf) call
 * this one instead of the C library's: SYS_bpf goes to the bound layer, everything
 * else straight to the kernel.
 */
#include <stdarg.h>
#include <sys/syscall.h>

#include "bpf/kernel_call.h"
#include "nicdrv/bpf.h"

long syscall(long number, ...) __attribute__((visibility("default")));

/* The layer's answer where the call is for it, else the kernel's. */
static long layer_call(struct nicbpf *b, long number, const long a[6])
{
    if (number == SYS_bpf)
        return nicbpf_call(b, (int)a[0], (void *)a[1], (unsigned)a[2]);
    if (number == SYS_perf_event_open && nicbpf_perf_ours((const struct perf_event_attr *)a[0]))
        return nicbpf_perf_open(b, (const struct perf_event_attr *)a[0], (int)a[1], (int)a[2],
                                (int)a[3], (unsigned long)a[4]);
    return kernel_call(number, a);
}

long syscall(long number, ...)
{
    struct nicbpf *b = nicbpf_bound();
    long a[6];
    va_list ap;

    /* The caller passed as many as `number` takes; the others are whatever is there, and ignored.
     */
    va_start(ap, number);
    for (unsigned i = 0; i < 6; i++)
        a[i] = va_arg(ap, long);
    va_end(ap);
    return kernel_answer(b ? layer_call(b, number, a) : kernel_call(number, a));
}
