/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * More of the C library's functions that libbpf uses on descriptors, exported by the
 * executable as syscall(2) is (syscall.c): those of the bound layer go to it,
 * all others straight to the kernel.
 */
#undef _FILE_OFFSET_BITS /* which would make one symbol of mmap and mmap64 */
#include <linux/perf_event.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include "bpf/kernel_call.h"
#include "nicdrv/bpf.h"

#define EXPORTED __attribute__((visibility("default")))

EXPORTED void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
EXPORTED void *mmap64(void *addr, size_t len, int prot, int flags, int fd, off64_t offset);
EXPORTED int ioctl(int fd, unsigned long request, ...);
EXPORTED int epoll_wait(int epfd, struct epoll_event *events, int room, int timeout);

_Static_assert(sizeof(off_t) == sizeof(off64_t), "one mmap for both");

void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
    struct nicbpf *b = nicbpf_bound();
    const long a[6] = {(long)addr, (long)len, prot, flags, fd, offset};
    long ret = -EBADF;

    if (b && fd >= 0 && !(flags & MAP_ANONYMOUS))
        ret = nicbpf_mmap(b, addr, len, prot, flags, fd, offset);
    if (ret == -EBADF)
        ret = kernel_call(SYS_mmap, a);
    return (void *)kernel_answer(ret);
}

void *mmap64(void *addr, size_t len, int prot, int flags, int fd, off64_t offset)
{
    return mmap(addr, len, prot, flags, fd, offset);
}

int ioctl(int fd, unsigned long request, ...)
{
    struct nicbpf *b = nicbpf_bound();
    long ret = -EBADF;
    va_list ap;

    va_start(ap, request);
    const long a[6] = {fd, (long)request, va_arg(ap, long)};
    va_end(ap);
    if (b && _IOC_TYPE(request) == '$') /* perf's */
        ret = nicbpf_ioctl(b, fd, request);
    if (ret == -EBADF)
        ret = kernel_call(SYS_ioctl, a);
    return (int)kernel_answer(ret);
}

int epoll_wait(int epfd, struct epoll_event *events, int room, int timeout)
{
    struct nicbpf *b = nicbpf_bound();
    const long a[6] = {epfd, (long)events, room, timeout, 0, 8}; /* no signal mask */

    if (b)
        nicbpf_events_sync(b);
    return (int)kernel_answer(kernel_call(SYS_epoll_pwait, a));
}
