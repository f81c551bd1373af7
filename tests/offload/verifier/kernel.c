/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernel.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAPS_MAX = 16 };

static int bpf(int cmd, union bpf_attr *attr)
{
    return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int load(const struct ebpf_insn *insns, uint32_t count, const struct offload_prog *like,
                char *log, size_t size)
{
    static const uint32_t attach[] = {[OFFLOAD_HOOK_XDP] = BPF_XDP,
                                      [OFFLOAD_HOOK_DEVMAP] = BPF_XDP_DEVMAP,
                                      [OFFLOAD_HOOK_CPUMAP] = BPF_XDP_CPUMAP};
    union bpf_attr attr;
    memset(&attr, 0, sizeof(attr));
    attr.prog_type = BPF_PROG_TYPE_XDP;
    attr.insns = (uintptr_t)insns;
    attr.insn_cnt = count;
    attr.license = (uintptr_t)(like->gpl ? "GPL" : "none");
    attr.expected_attach_type = attach[like->hook];
    attr.prog_flags = like->strict ? BPF_F_STRICT_ALIGNMENT : 0;
    attr.log_level = log ? 1 : 0;
    attr.log_buf = (uintptr_t)log;
    attr.log_size = (uint32_t)size;
    return bpf(BPF_PROG_LOAD, &attr);
}

const char *kernel_missing(void)
{
    static const struct ebpf_insn pass[] = {{.opcode = 0xb7, .imm = 2}, {.opcode = 0x95}};
    int fd = load(pass, 2, &(struct offload_prog){.gpl = true}, NULL, 0);
    if (fd < 0)
        return strerror(errno);
    close(fd);
    return NULL;
}

static int freeze(int fd, const struct offload_map *m)
{
    union bpf_attr attr;
    uint32_t key = 0;
    memset(&attr, 0, sizeof(attr));
    attr.map_fd = (uint32_t)fd;
    attr.key = (uintptr_t)&key;
    attr.value = (uintptr_t)m->frozen_data;
    if (bpf(BPF_MAP_UPDATE_ELEM, &attr))
        return -1;
    memset(&attr, 0, sizeof(attr));
    attr.map_fd = (uint32_t)fd;
    return bpf(BPF_MAP_FREEZE, &attr);
}

static int make_plain_map(const struct offload_map *m, int inner_fd)
{
    union bpf_attr attr;
    memset(&attr, 0, sizeof(attr));
    attr.map_type = m->type;
    attr.key_size = m->key_size;
    attr.value_size = m->value_size;
    attr.max_entries = m->max_entries;
    attr.map_flags = m->flags;
    if (inner_fd >= 0)
        attr.inner_map_fd = (uint32_t)inner_fd;
    return bpf(BPF_MAP_CREATE, &attr);
}

static int make_map(const struct offload_map *m)
{
    int inner = m->inner ? make_plain_map(m->inner, -1) : -1;
    int fd = m->inner && inner < 0 ? -1 : make_plain_map(m, inner);
    if (inner >= 0)
        close(inner);
    if (fd >= 0 && m->frozen_data && freeze(fd, m)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Map indices become file descriptors. */
static void relocate(struct ebpf_insn *insns, uint32_t count, const int *fds, uint32_t maps)
{
    for (uint32_t n = 0; n + 1 < count; n++) {
        if (insns[n].opcode != 0x18)
            continue;
        if ((insns[n].src == 1 || insns[n].src == 2) && (uint32_t)insns[n].imm < maps)
            insns[n].imm = fds[insns[n].imm];
        n++;
    }
}

int kernel_maps(const struct offload_map *maps, uint32_t count, int fds[KERNEL_MAPS])
{
    if (count > KERNEL_MAPS)
        return -1;
    for (uint32_t n = 0; n < count; n++) {
        fds[n] = make_map(&maps[n]);
        if (fds[n] < 0) {
            kernel_maps_close(n, fds);
            return -1;
        }
    }
    return 0;
}

void kernel_maps_close(uint32_t count, const int *fds)
{
    while (count)
        close(fds[--count]);
}

int kernel_load(const struct offload_prog *prog, const int *fds, char *log, size_t log_size)
{
    struct ebpf_insn *insns = malloc(prog->insn_count * sizeof(*insns) + 1);
    if (!insns)
        return -1;
    memcpy(insns, prog->insns, prog->insn_count * sizeof(*insns));
    relocate(insns, prog->insn_count, fds, prog->map_count);
    int fd = load(insns, prog->insn_count, prog, log, log_size);
    if (fd >= 0)
        close(fd);
    free(insns);
    return fd >= 0;
}

int kernel_verdict(const struct offload_prog *prog, char *log, size_t log_size)
{
    int fds[KERNEL_MAPS];
    if (kernel_maps(prog->maps, prog->map_count, fds))
        return -1;
    int result = kernel_load(prog, fds, log, log_size);
    kernel_maps_close(prog->map_count, fds);
    return result;
}
