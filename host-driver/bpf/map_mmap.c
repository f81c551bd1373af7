/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mmap(2) of a map's descriptor: the pages are the NIC's own DRAM, as the link
 * shows it (a PCI BAR is mapped in the same way), by the kernel's rules
 * (kernel/bpf/syscall.c: bpf_map_mmap; arraymap.c: array_map_mmap).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf/events.h"

#define PAGE 4096u /* the firmware's alignment of what is mapped */

/* What is mapped: `len` bytes at device address `addr`. */
struct window {
    uint64_t addr, len;
};

/* What holds for every map; 0 or a negative errno. */
static int check_access(const struct map_obj *m, int fd, int prot, int flags)
{
    uint32_t only = obj_fd_access(fd);

    if (only == BPF_F_WRONLY || (only == BPF_F_RDONLY && (prot & PROT_WRITE)))
        return -EACCES; /* the descriptor's mode: the kernel's mmap(2) itself */
    if (m->hw.spec.type != BPF_MAP_TYPE_ARRAY && !m->ring)
        return -BPF_ENOTSUPP;
    /* mmap(2) takes a shared mapping of what cannot be written for a private one */
    if ((flags & MAP_TYPE) == MAP_PRIVATE || only == BPF_F_RDONLY)
        return -EINVAL;
    if (!(prot & PROT_WRITE))
        return 0;
    if (m->frozen)
        return -EPERM;
    return m->flags & BPF_F_RDONLY_PROG ? -EACCES : 0;
}

static uint64_t array_bytes(const struct map_obj *m)
{
    const struct fw_map_spec *s = &m->hw.spec;
    uint64_t bytes = (uint64_t)s->max_entries * ((s->value_size + 7) & ~7u);

    return (bytes + PAGE - 1) / PAGE * PAGE;
}

static int array_window(const struct map_obj *m, size_t len, uint64_t offset, struct window *w)
{
    uint64_t bytes = array_bytes(m);

    if (!(m->flags & BPF_F_MMAPABLE))
        return -EINVAL;
    if (offset > bytes || len > bytes - offset)
        return -EINVAL;
    *w = (struct window){.addr = m->hw.value_addr + offset, .len = len};
    return 0;
}

/* A line of /proc/self/maps shows some of [from, from+len) of file `ino`, writable, and no more. */
static bool line_writes(const char *line, ino_t ino, uint64_t from, uint64_t len)
{
    unsigned long start, end, inode;
    uint64_t offset;
    char write;

    if (sscanf(line, "%lx-%lx %*c%c%*c%*c %" SCNx64 " %*s %lu", &start, &end, &write, &offset,
               &inode) != 5)
        return false;
    return inode == ino && write == 'w' && offset - from < len && end - start <= len;
}

bool map_mapped_for_write(struct nicbpf *b, const struct map_obj *m)
{
    struct nicdrv_link *l = nicdrv_link_of(b->drv);
    uint64_t offset, bytes = array_bytes(m);
    bool found = false;
    char line[512];
    struct stat st;

    if (!(m->flags & BPF_F_MMAPABLE) || !l->ops->mem_file)
        return false;
    int fd = l->ops->mem_file(l, m->hw.value_addr, bytes, &offset);
    FILE *f = fd < 0 || fstat(fd, &st) ? NULL : fopen("/proc/self/maps", "re");
    while (f && !found && fgets(line, sizeof(line), f))
        found = line_writes(line, st.st_ino, offset, bytes);
    if (f)
        fclose(f);
    return found;
}

/* A descriptor that cannot write gives a mapping that mprotect(2) cannot make writable. */
static long map_file(void *addr, size_t len, int prot, int flags, int fd, uint64_t offset)
{
    char path[32];
    int own = -1;

    if (!(prot & PROT_WRITE)) {
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        own = open(path, O_RDONLY | O_CLOEXEC);
        if (own < 0)
            return -errno;
    }
    const void *p = mmap(addr, len, prot, flags, own < 0 ? fd : own, (off_t)offset);
    long ret = p == MAP_FAILED ? -errno : (long)p;
    if (own >= 0)
        close(own);
    return ret;
}

static long map_window(struct nicbpf *b, const struct window *w, void *addr, int prot, int flags)
{
    struct nicdrv_link *l = nicdrv_link_of(b->drv);
    uint64_t offset;

    if (!l->ops->mem_file || sysconf(_SC_PAGESIZE) != PAGE)
        return -ENODEV;
    int fd = l->ops->mem_file(l, w->addr, w->len, &offset);
    return fd < 0 ? fd : map_file(addr, w->len, prot, flags, fd, offset);
}

/* ---- ring buffers: the data appear twice, so that each record is in one piece ---- */

/* kernel/bpf/ringbuf.c: ringbuf_map_mmap_kern; only the consumer's page may be written. */
static int ring_check(const struct map_obj *m, size_t len, int prot, uint64_t offset)
{
    uint64_t bytes = RING_PAGES_DATA * PAGE + 2 * (uint64_t)m->hw.spec.max_entries;

    if ((prot & PROT_WRITE) && (offset != 0 || len != PAGE))
        return -EPERM;
    return offset > bytes || len > bytes - offset ? -EINVAL : 0;
}

/* Both pieces of a mapping that goes past the first copy of the data. */
static long map_folded(struct nicbpf *b, const struct window w[2], void *addr, int prot, int flags)
{
    int fixed = MAP_FIXED | (flags & ~MAP_FIXED_NOREPLACE);
    uint8_t *at = mmap(addr, w[0].len + w[1].len, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
                           (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)),
                       -1, 0);

    if (at == MAP_FAILED)
        return -errno;
    long rc = map_window(b, &w[0], at, prot, fixed);
    if (rc >= 0 || rc < -4095)
        rc = map_window(b, &w[1], at + w[0].len, prot, fixed);
    if (rc < 0 && rc >= -4095) {
        munmap(at, w[0].len + w[1].len);
        return rc;
    }
    return (long)at;
}

static long map_ring(struct nicbpf *b, const struct map_obj *m, void *addr, size_t len, int prot,
                     int flags, uint64_t offset)
{
    uint64_t fold = RING_PAGES_DATA * PAGE + (uint64_t)m->hw.spec.max_entries;
    uint64_t again = m->hw.value_addr - (uint64_t)m->hw.spec.max_entries;
    int rc = ring_check(m, len, prot, offset);

    if (rc)
        return rc;
    if (offset + len <= fold)
        return map_window(b, &(struct window){m->hw.value_addr + offset, len}, addr, prot, flags);
    if (offset >= fold)
        return map_window(b, &(struct window){again + offset, len}, addr, prot, flags);
    const struct window w[2] = {
        {.addr = m->hw.value_addr + offset, .len = fold - offset},
        {.addr = again + fold, .len = offset + len - fold},
    };
    return map_folded(b, w, addr, prot, flags);
}

static long map_map(struct nicbpf *b, const struct map_obj *m, void *addr, size_t len, int prot,
                    int flags, uint64_t offset)
{
    struct window w = {0};

    if (m->ring)
        return map_ring(b, m, addr, len, prot, flags, offset);
    int rc = array_window(m, len, offset, &w);
    return rc ? rc : map_window(b, &w, addr, prot, flags);
}

long nicbpf_mmap(struct nicbpf *b, void *addr, size_t len, int prot, int flags, int fd,
                 int64_t offset)
{
    size_t pages = (len + PAGE - 1) / PAGE * PAGE;
    int err, other;
    const struct map_obj *m = map_of_fd(b, (uint32_t)fd, &err);
    struct perf_obj *p = m ? NULL : perf_of_fd(b, fd, &other);

    if (!m && !p)
        return obj_any_fd(b, fd) ? -ENODEV : -EBADF;
    if (len == 0 || offset < 0 || offset % PAGE != 0)
        return -EINVAL;
    if (pages < len)
        return -ENOMEM;
    if (p)
        return perf_mmap(p, addr, pages, prot, flags, offset);
    err = check_access(m, fd, prot, flags);
    return err ? err : map_map(b, m, addr, pages, prot, flags, (uint64_t)offset);
}
