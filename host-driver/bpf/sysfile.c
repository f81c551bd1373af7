/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files of the kernel's whose text is about the machine that runs BPF programs: here that
 * is the NIC. libbpf_num_possible_cpus() reads one to size per-CPU values,
 * perf_buffer__new() another.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/bpf_impl.h"

static const char *const cpu_files[] = {
    "/sys/devices/system/cpu/possible",
    "/sys/devices/system/cpu/online",
};

static bool is_cpu_file(const char *path)
{
    for (unsigned i = 0; i < sizeof(cpu_files) / sizeof(cpu_files[0]); i++) {
        if (!strcmp(path, cpu_files[i]))
            return true;
    }
    return false;
}

int nicbpf_open_file(struct nicbpf *b, const char *path)
{
    unsigned cpus = nicbpf_cpus(b);
    char text[32];

    if (!path || !is_cpu_file(path))
        return -ENOENT;
    int n = cpus > 1 ? snprintf(text, sizeof(text), "0-%u\n", cpus - 1)
                     : snprintf(text, sizeof(text), "0\n");
    int fd = memfd_create("cpus", MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (write(fd, text, (size_t)n) != n || lseek(fd, 0, SEEK_SET)) {
        close(fd);
        return -EIO;
    }
    return fd;
}

const char *nicbpf_fd_name(struct nicbpf *b, int fd)
{
    static const char *const names[OBJ_KINDS] = {
        [OBJ_MAP] = "anon_inode:bpf-map",
        [OBJ_PROG] = "anon_inode:bpf-prog",
        [OBJ_BTF] = "anon_inode:btf",
        [OBJ_LINK] = "anon_inode:bpf_link",
    };
    int err;

    for (int kind = 0; kind < OBJ_KINDS; kind++) {
        if (obj_of_fd(b, fd, (enum obj_kind)kind, &err))
            return names[kind];
    }
    return NULL;
}
