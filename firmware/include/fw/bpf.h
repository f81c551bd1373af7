/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The few numbers of linux/bpf.h and errno.h that the firmware works with. A
 * freestanding build has neither header; tests/firmware/test_uapi.c holds each
 * one against the real thing.
 */
#ifndef FW_BPF_H
#define FW_BPF_H

#include <stdint.h>

struct fw_xdp_md {
    uint32_t data, data_end, data_meta;
    uint32_t ingress_ifindex, rx_queue_index, egress_ifindex;
};
_Static_assert(sizeof(struct fw_xdp_md) == 24, "xdp_md layout");

enum fw_xdp_action {
    FW_XDP_ABORTED = 0,
    FW_XDP_DROP = 1,
    FW_XDP_PASS = 2,
    FW_XDP_TX = 3,
    FW_XDP_REDIRECT = 4,
};

enum fw_map_type {
    FW_MAP_HASH = 1,
    FW_MAP_ARRAY = 2,
    FW_MAP_PROG_ARRAY = 3,
    FW_MAP_PERF_EVENT_ARRAY = 4,
    FW_MAP_PERCPU_HASH = 5,
    FW_MAP_PERCPU_ARRAY = 6,
    FW_MAP_LRU_HASH = 9,
    FW_MAP_LRU_PERCPU_HASH = 10,
    FW_MAP_LPM_TRIE = 11,
    FW_MAP_ARRAY_OF_MAPS = 12,
    FW_MAP_HASH_OF_MAPS = 13,
    FW_MAP_DEVMAP = 14,
    FW_MAP_CPUMAP = 16,
    FW_MAP_XSKMAP = 17,
    FW_MAP_QUEUE = 22,
    FW_MAP_STACK = 23,
    FW_MAP_DEVMAP_HASH = 25,
    FW_MAP_RINGBUF = 27,
    FW_MAP_BLOOM_FILTER = 30,
};

enum fw_map_flag {
    FW_F_NO_PREALLOC = 1u << 0,
    FW_F_NO_COMMON_LRU = 1u << 1,
    FW_F_NUMA_NODE =
        1u << 2, /* a placement hint; the device has one memory, so it changes nothing */
    FW_F_RDONLY = 1u << 3,
    FW_F_WRONLY = 1u << 4,
    FW_F_ZERO_SEED = 1u << 6,
    FW_F_RDONLY_PROG = 1u << 7,
    FW_F_WRONLY_PROG = 1u << 8,
    FW_F_MMAPABLE = 1u << 10,
    FW_F_PRESERVE_ELEMS = 1u << 11,
};

enum fw_update_flag {
    FW_ANY = 0,
    FW_NOEXIST = 1,
    FW_EXIST = 2,
    FW_LOCK = 4,
};

/* Flags of redirect_map, beside an action of two bits. */
enum fw_redirect_flag {
    FW_REDIRECT_BROADCAST = 8,
    FW_REDIRECT_EXCLUDE_INGRESS = 16,
};

#define FW_KEY_MAX  512u /* MAX_BPF_STACK: the kernel's bound on a hash key */
#define FW_ETH_HLEN 14u
#define FW_XDP_FRAME_BYTES                                                                         \
    40u                  /* sizeof(struct xdp_frame): headroom the kernel keeps for itself         \
                          */
#define FW_META_MAX 255u /* bytes of metadata xdp_adjust_meta allows (32 before Linux 6.8) */

enum fw_errno {
    FW_EPERM = 1,
    FW_ENOENT = 2,
    FW_E2BIG = 7,
    FW_EAGAIN = 11,
    FW_ENOMEM = 12,
    FW_EACCES = 13,
    FW_EFAULT = 14,
    FW_EBUSY = 16,
    FW_EEXIST = 17,
    FW_ENODEV = 19,
    FW_EINVAL = 22,
    FW_ENOSPC = 28,
    FW_ERANGE = 34,
    FW_EDEADLK = 35,
    FW_ENODATA = 61,
    FW_EOVERFLOW = 75,
    FW_EOPNOTSUPP = 95,
    FW_EAFNOSUPPORT = 97,
    FW_ENOTSUPP = 524, /* the kernel's own, in no errno.h */
};

#endif
