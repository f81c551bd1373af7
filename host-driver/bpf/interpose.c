/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * More of the C library's functions that libbpf uses on descriptors, exported by the
 * executable as syscall(2) is (syscall.c): those of the bound layer go to it,
 * all others straight to the kernel.
 */
#undef _FILE_OFFSET_BITS /* which would make one symbol of mmap and mmap64 */
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include "bpf/kernel_call.h"
#include "nicdrv/bpf.h"

#define EXPORTED __attribute__((visibility("default")))

EXPORTED void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
EXPORTED void *mmap64(void *addr, size_t len, int prot, int flags, int fd, off64_t offset);

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
