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

static int load(const struct ebpf_insn *insns, uint32_t count, bool gpl, char *log, size_t size)
{
    union bpf_attr attr;
    memset(&attr, 0, sizeof(attr));
    attr.prog_type = BPF_PROG_TYPE_XDP;
    attr.insns = (uintptr_t)insns;
    attr.insn_cnt = count;
    attr.license = (uintptr_t)(gpl ? "GPL" : "none");
    attr.log_level = log ? 1 : 0;
    attr.log_buf = (uintptr_t)log;
    attr.log_size = (uint32_t)size;
    return bpf(BPF_PROG_LOAD, &attr);
}

const char *kernel_missing(void)
{
    static const struct ebpf_insn pass[] = {{.opcode = 0xb7, .imm = 2}, {.opcode = 0x95}};
    int fd = load(pass, 2, true, NULL, 0);
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

static int make_map(const struct offload_map *m)
{
    union bpf_attr attr;
    memset(&attr, 0, sizeof(attr));
    attr.map_type = m->type;
    attr.key_size = m->key_size;
    attr.value_size = m->value_size;
    attr.max_entries = m->max_entries;
    attr.map_flags = m->flags;
    int fd = bpf(BPF_MAP_CREATE, &attr);
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

int kernel_verdict(const struct offload_prog *prog, char *log, size_t log_size)
{
    int fds[MAPS_MAX], result = -1;
    uint32_t made = 0;
    struct ebpf_insn *insns = malloc(prog->insn_count * sizeof(*insns) + 1);
    for (; made < prog->map_count && made < MAPS_MAX; made++) {
        fds[made] = make_map(&prog->maps[made]);
        if (fds[made] < 0)
            break;
    }
    if (insns && made == prog->map_count) {
        memcpy(insns, prog->insns, prog->insn_count * sizeof(*insns));
        relocate(insns, prog->insn_count, fds, made);
        int fd = load(insns, prog->insn_count, prog->gpl, log, log_size);
        result = fd >= 0;
        if (fd >= 0)
            close(fd);
    }
    while (made)
        close(fds[--made]);
    free(insns);
    return result;
}
