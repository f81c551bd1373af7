/* SPDX-License-Identifier: BSD-3-Clause */
/* System calls without the C library, for the functions of it that the executable replaces. */
#ifndef NICDRV_BPF_KERNEL_CALL_H
#define NICDRV_BPF_KERNEL_CALL_H

#include <errno.h>

/* Six arguments in, the kernel's answer out: a result or a negative errno. */
#if defined(__x86_64__)
static inline long kernel_call(long number, const long a[6])
{
    register long r10 __asm__("r10") = a[3];
    register long r8 __asm__("r8") = a[4];
    register long r9 __asm__("r9") = a[5];
    long ret;

    __asm__ volatile("syscall"
                     : "=a"(ret)
                     : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return ret;
}
#elif defined(__aarch64__)
static inline long kernel_call(long number, const long a[6])
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a[0];
    register long x1 __asm__("x1") = a[1];
    register long x2 __asm__("x2") = a[2];
    register long x3 __asm__("x3") = a[3];
    register long x4 __asm__("x4") = a[4];
    register long x5 __asm__("x5") = a[5];

    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
}
#else
#error "kernel_call.h: no raw system call for this machine yet"
#endif

/* As the C library returns it: the result, or -1 and errno. */
static inline long kernel_answer(long ret)
{
    if (ret < 0 && ret > -4096) {
        errno = (int)-ret;
        return -1;
    }
    return ret;
}

#endif
