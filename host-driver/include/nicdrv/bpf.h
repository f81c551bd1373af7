/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bpf(2) object layer: the kernel's commands over a NIC, so that libbpf
 * works unchanged. libbpf calls the C library's syscall(2) wrapper; an
 * executable that links nicdrv_bpf exports its own `syscall`, which hands
 * SYS_bpf to the bound layer and everything else to the kernel; and the other
 * functions that libbpf uses on descriptors (mmap, ioctl, epoll_wait), which do
 * likewise, and perf_event_open(2). With no layer bound, all goes to the kernel.
 */
#ifndef NICDRV_BPF_H
#define NICDRV_BPF_H

#include "nicdrv/driver.h"
#include "offload/image.h"
#include "offload/verifier.h"

struct nicbpf;

/* Borrows drv until destroy. */
int nicbpf_create(struct nicdrv *drv, struct nicbpf **out);
/* Frees every object (programs detached, maps freed); unbinds. NULL is allowed. */
void nicbpf_destroy(struct nicbpf *b);

/*
 * One command, as bpf(2): fd or 0, or a negative errno. File descriptors are real
 * ones (close-on-exec), so close(2), dup(2) and fcntl(2) work on them. An object
 * whose last descriptor is closed and which nothing refers to (a program its
 * maps, a link its program) is freed by the next command that creates an object.
 */
long nicbpf_call(struct nicbpf *b, int cmd, void *attr, unsigned size);

/*
 * mmap(2) of one of the layer's descriptors: maps with BPF_F_MMAPABLE show the NIC's memory. The
 * address, or a negative errno: -EBADF when the descriptor is none of the layer's.
 */
long nicbpf_mmap(struct nicbpf *b, void *addr, size_t len, int prot, int flags, int fd,
                 int64_t offset);

/*
 * perf_event_open(2) and ioctl(2) of the events that BPF programs send to, which
 * are descriptors of the layer: nicbpf_perf_ours says whether an attribute asks
 * for one. nicbpf_ioctl: -EBADF when the descriptor is none of them.
 */
struct perf_event_attr;
bool nicbpf_perf_ours(const struct perf_event_attr *attr);
long nicbpf_perf_open(struct nicbpf *b, const struct perf_event_attr *attr, int pid, int cpu,
                      int group, unsigned long flags);
long nicbpf_ioctl(struct nicbpf *b, int fd, unsigned long request);

/* Called, from within the device's interrupts, whenever events have arrived: time to consume them.
 * May not call the layer or the driver. NULL: nobody. */
void nicbpf_on_events(struct nicbpf *b, void (*fn)(void *ctx), void *ctx);
/* Records or events of a ring buffer or perf event array that were lost, on the NIC and here. */
int nicbpf_map_lost(struct nicbpf *b, int fd, uint64_t *lost);

/* Before a wait (epoll): descriptors of ring buffers and perf events become readable, or not. */
void nicbpf_events_sync(struct nicbpf *b);

/*
 * The layer's own bpf file system: where a path in /sys/fs/bpf really is. 1 and the path in `out`;
 * 0 when it is not below /sys/fs/bpf; -ENOENT, -ENAMETOOLONG, or why the folder cannot be made.
 */
int nicbpf_path(struct nicbpf *b, const char *path, char *out, size_t len);

/* What readlink(2) of the kernel says of such a descriptor in /proc ("anon_inode:bpf-map"); NULL
 * when fd is none of the layer's. */
const char *nicbpf_fd_name(struct nicbpf *b, int fd);

/* A descriptor that reads like `path` would on a machine whose processors are the NIC's hardware
 * threads; -ENOENT when the file does not say such a thing. */
int nicbpf_open_file(struct nicbpf *b, const char *path);

/* Makes SYS_bpf of this process go to `b`; NULL gives it back to the kernel. The one piece of
 * process-wide state, because syscall(2) has no context argument. */
void nicbpf_bind(struct nicbpf *b);
struct nicbpf *nicbpf_bound(void); /* the bound layer, or NULL */

/* How programs loaded from now on are translated; all passes until it is called. */
void nicbpf_xlate_opts(struct nicbpf *b, const struct offload_xlate_opts *opts);

/*
 * Why the last MAP_CREATE, PROG_LOAD, BTF_LOAD or LINK_CREATE was refused: what
 * an errno cannot say. Each of these commands forgets the one before.
 */
struct nicbpf_refusal {
    int code;                /* negative errno; 0 = the last such command succeeded */
    char text[768];          /* one sentence that names the object: the whole story */
    bool has_insn;           /* the verifier or translator refused at `insn` */
    uint32_t insn;           /* slot */
    char reason[256];        /* its reason alone */
    enum offload_reason why; /* the verifier's row of that reason, or NONE */
    char program[128];
    char file[256]; /* source file, "" when unknown */
    uint32_t line, column;
    char source[256]; /* that line of C, "" when unknown */
};
/* Both borrowed from b until its next command; the text is "" when code is 0. */
const struct nicbpf_refusal *nicbpf_refusal(const struct nicbpf *b);
const char *nicbpf_last_refusal(const struct nicbpf *b);

/* What a loaded program became; borrowed until its last fd reference goes. */
struct nicbpf_prog_view {
    const char *name;
    uint32_t id;
    const struct offload_prog *prog;
    const struct offload_facts *facts;
    const struct offload_image *image;
    const struct nicdrv_prog *hw;
};
int nicbpf_prog(struct nicbpf *b, int fd, struct nicbpf_prog_view *out);

struct nicbpf_map_view {
    const char *name;
    uint32_t id;
    const struct nicdrv_map *hw;
};
int nicbpf_map(struct nicbpf *b, int fd, struct nicbpf_map_view *out);
/* Map number i (from 0) in order of creation; -ENOENT past the last. */
int nicbpf_map_at(struct nicbpf *b, unsigned i, struct nicbpf_map_view *out);

/* Processors of the card as its programs see them: values an entry of a per-CPU map has. */
unsigned nicbpf_cpus(const struct nicbpf *b);

#endif
