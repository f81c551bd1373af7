/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The C library's functions on paths that libbpf, bpftool and loaders use around
 * pins and processors, exported by the executable as syscall(2) is (syscall.c). Paths of
 * the bpf file system and the files of sysfile.c go to the bound layer, all others
 * straight to the kernel.
 */
#undef _FILE_OFFSET_BITS /* which would make one symbol of open and open64 */
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include "bpf/kernel_call.h"
#include "nicdrv/bpf.h"

#define EXPORTED     __attribute__((visibility("default")))
#define BPF_FS_MAGIC 0xcafe4a11 /* linux/magic.h */

_Static_assert(sizeof(struct statfs) == sizeof(struct statfs64), "one statfs for both");

/* *path becomes the layer's when it is one; false with errno set when it cannot be. */
static bool translate(const char **path, char *room, bool *ours)
{
    struct nicbpf *b = nicbpf_bound();
    int rc = b ? nicbpf_path(b, *path, room, PATH_MAX) : 0;

    *ours = rc > 0;
    if (rc > 0)
        *path = room;
    if (rc < 0)
        errno = -rc;
    return rc >= 0;
}

/* The system call with its arguments, the first path among them translated. */
static long with_path(long number, const char *path, bool at, long a1, long a2, bool *ours)
{
    char room[PATH_MAX];

    if (!translate(&path, room, ours))
        return -1;
    const long plain[6] = {(long)path, a1, a2};
    const long from_cwd[6] = {AT_FDCWD, (long)path, a1, a2};
    return kernel_answer(kernel_call(number, at ? from_cwd : plain));
}

EXPORTED int statfs(const char *path, struct statfs *buf);
EXPORTED int statfs64(const char *path, struct statfs64 *buf);
EXPORTED int mkdir(const char *path, mode_t mode);
EXPORTED int rmdir(const char *path);
EXPORTED int unlink(const char *path);
EXPORTED int access(const char *path, int mode);
EXPORTED int stat(const char *path, struct stat *buf);
EXPORTED int lstat(const char *path, struct stat *buf);
EXPORTED ssize_t readlink(const char *path, char *buf, size_t len);
EXPORTED int open(const char *path, int flags, ...);
EXPORTED int open64(const char *path, int flags, ...);

int statfs(const char *path, struct statfs *buf)
{
    bool ours;
    long rc = with_path(SYS_statfs, path, false, (long)buf, 0, &ours);

    if (!rc && ours)
        buf->f_type = (__typeof__(buf->f_type))BPF_FS_MAGIC;
    return (int)rc;
}

int statfs64(const char *path, struct statfs64 *buf)
{
    return statfs(path, (struct statfs *)(void *)buf);
}

int mkdir(const char *path, mode_t mode)
{
    bool ours;

    return (int)with_path(SYS_mkdirat, path, true, (long)mode, 0, &ours);
}

int rmdir(const char *path)
{
    bool ours;

    return (int)with_path(SYS_unlinkat, path, true, AT_REMOVEDIR, 0, &ours);
}

int unlink(const char *path)
{
    bool ours;

    return (int)with_path(SYS_unlinkat, path, true, 0, 0, &ours);
}

int access(const char *path, int mode)
{
    bool ours;

    return (int)with_path(SYS_faccessat, path, true, mode, 0, &ours);
}

int stat(const char *path, struct stat *buf)
{
    bool ours;

    return (int)with_path(SYS_newfstatat, path, true, (long)buf, 0, &ours);
}

int lstat(const char *path, struct stat *buf)
{
    bool ours;

    return (int)with_path(SYS_newfstatat, path, true, (long)buf, AT_SYMLINK_NOFOLLOW, &ours);
}

int open(const char *path, int flags, ...)
{
    struct nicbpf *b = nicbpf_bound();
    int fd = b ? nicbpf_open_file(b, path) : -ENOENT;
    bool ours;
    va_list ap;

    if (fd != -ENOENT)
        return (int)kernel_answer(fd);
    va_start(ap, flags);
    long mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(ap, int) : 0;
    va_end(ap);
    return (int)with_path(SYS_openat, path, true, flags, mode, &ours);
}

int open64(const char *path, int flags, ...)
{
    va_list ap;

    va_start(ap, flags);
    int mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(ap, int) : 0;
    va_end(ap);
    return open(path, flags, mode);
}

/* bpftool tells maps from programs by the name of the descriptor's file. */
ssize_t readlink(const char *path, char *buf, size_t len)
{
    struct nicbpf *b = nicbpf_bound();
    const char *name = NULL;
    char after;
    bool ours;
    int fd;

    if (b && path && sscanf(path, "/proc/self/fd/%d%c", &fd, &after) == 1)
        name = nicbpf_fd_name(b, fd);
    if (!name)
        return with_path(SYS_readlinkat, path, true, (long)buf, (long)len, &ours);
    if (len > strlen(name))
        len = strlen(name);
    memcpy(buf, name, len);
    return (ssize_t)len;
}
