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
    long ret = number == SYS_bpf && b ? nicbpf_call(b, (int)a[0], (void *)a[1], (unsigned)a[2])
                                      : kernel_call(number, a);
    return kernel_answer(ret);
}
