/* SPDX-License-Identifier: BSD-3-Clause */
/* The firmware's own copies of Linux numbers are Linux's. */
#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>

#include "cunit_main.h"
#include "fw/bpf.h"
#include "maps/perf_array.h"
#include "maps/ringbuf.h"

static void test_actions(void)
{
    CU_ASSERT_EQUAL((int)FW_XDP_ABORTED, (int)XDP_ABORTED);
    CU_ASSERT_EQUAL((int)FW_XDP_DROP, (int)XDP_DROP);
    CU_ASSERT_EQUAL((int)FW_XDP_PASS, (int)XDP_PASS);
    CU_ASSERT_EQUAL((int)FW_XDP_TX, (int)XDP_TX);
    CU_ASSERT_EQUAL((int)FW_XDP_REDIRECT, (int)XDP_REDIRECT);
}

static void test_xdp_md(void)
{
    CU_ASSERT_EQUAL(sizeof(struct fw_xdp_md), sizeof(struct xdp_md));
    CU_ASSERT_EQUAL(offsetof(struct fw_xdp_md, data_end), offsetof(struct xdp_md, data_end));
    CU_ASSERT_EQUAL(offsetof(struct fw_xdp_md, data_meta), offsetof(struct xdp_md, data_meta));
    CU_ASSERT_EQUAL(offsetof(struct fw_xdp_md, ingress_ifindex),
                    offsetof(struct xdp_md, ingress_ifindex));
    CU_ASSERT_EQUAL(offsetof(struct fw_xdp_md, rx_queue_index),
                    offsetof(struct xdp_md, rx_queue_index));
    CU_ASSERT_EQUAL(offsetof(struct fw_xdp_md, egress_ifindex),
                    offsetof(struct xdp_md, egress_ifindex));
}

static void test_maps(void)
{
    CU_ASSERT_EQUAL((int)FW_MAP_HASH, (int)BPF_MAP_TYPE_HASH);
    CU_ASSERT_EQUAL((int)FW_MAP_ARRAY, (int)BPF_MAP_TYPE_ARRAY);
    CU_ASSERT_EQUAL((int)FW_MAP_PROG_ARRAY, (int)BPF_MAP_TYPE_PROG_ARRAY);
    CU_ASSERT_EQUAL((int)FW_MAP_ARRAY_OF_MAPS, (int)BPF_MAP_TYPE_ARRAY_OF_MAPS);
    CU_ASSERT_EQUAL((int)FW_MAP_HASH_OF_MAPS, (int)BPF_MAP_TYPE_HASH_OF_MAPS);
    CU_ASSERT_EQUAL((int)FW_MAP_DEVMAP, (int)BPF_MAP_TYPE_DEVMAP);
    CU_ASSERT_EQUAL((int)FW_MAP_DEVMAP_HASH, (int)BPF_MAP_TYPE_DEVMAP_HASH);
    CU_ASSERT_EQUAL((int)FW_MAP_CPUMAP, (int)BPF_MAP_TYPE_CPUMAP);
    CU_ASSERT_EQUAL((int)FW_MAP_XSKMAP, (int)BPF_MAP_TYPE_XSKMAP);
    CU_ASSERT_EQUAL((int)FW_REDIRECT_BROADCAST, (int)BPF_F_BROADCAST);
    CU_ASSERT_EQUAL((int)FW_REDIRECT_EXCLUDE_INGRESS, (int)BPF_F_EXCLUDE_INGRESS);
    CU_ASSERT_EQUAL(FW_EOVERFLOW, EOVERFLOW);
    CU_ASSERT_EQUAL(FW_F_NO_PREALLOC, BPF_F_NO_PREALLOC);
    CU_ASSERT_EQUAL(FW_F_NUMA_NODE, BPF_F_NUMA_NODE);
    CU_ASSERT_EQUAL(FW_F_RDONLY, BPF_F_RDONLY);
    CU_ASSERT_EQUAL(FW_F_WRONLY, BPF_F_WRONLY);
    CU_ASSERT_EQUAL(FW_F_ZERO_SEED, BPF_F_ZERO_SEED);
    CU_ASSERT_EQUAL(FW_F_RDONLY_PROG, BPF_F_RDONLY_PROG);
    CU_ASSERT_EQUAL(FW_F_WRONLY_PROG, BPF_F_WRONLY_PROG);
    CU_ASSERT_EQUAL(FW_F_MMAPABLE, BPF_F_MMAPABLE);
    CU_ASSERT_EQUAL((int)FW_MAP_PERF_EVENT_ARRAY, (int)BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    CU_ASSERT_EQUAL((int)FW_MAP_RINGBUF, (int)BPF_MAP_TYPE_RINGBUF);
    CU_ASSERT_EQUAL(FW_F_PRESERVE_ELEMS, BPF_F_PRESERVE_ELEMS);
    CU_ASSERT_EQUAL(FW_ANY, BPF_ANY);
    CU_ASSERT_EQUAL(FW_NOEXIST, BPF_NOEXIST);
    CU_ASSERT_EQUAL(FW_EXIST, BPF_EXIST);
    CU_ASSERT_EQUAL(FW_LOCK, BPF_F_LOCK);
}

/* Ring buffers and perf events, as their consumers know them. */
static void test_events(void)
{
    CU_ASSERT_EQUAL(FW_RINGBUF_BUSY, (uint32_t)BPF_RINGBUF_BUSY_BIT);
    CU_ASSERT_EQUAL(FW_RINGBUF_DISCARD, (uint32_t)BPF_RINGBUF_DISCARD_BIT);
    CU_ASSERT_EQUAL(sizeof(struct fw_ringbuf_hdr), (size_t)BPF_RINGBUF_HDR_SZ);
    CU_ASSERT_EQUAL((int)FW_RB_NO_WAKEUP, (int)BPF_RB_NO_WAKEUP);
    CU_ASSERT_EQUAL((int)FW_RB_FORCE_WAKEUP, (int)BPF_RB_FORCE_WAKEUP);
    CU_ASSERT_EQUAL((int)FW_RB_AVAIL_DATA, (int)BPF_RB_AVAIL_DATA);
    CU_ASSERT_EQUAL((int)FW_RB_RING_SIZE, (int)BPF_RB_RING_SIZE);
    CU_ASSERT_EQUAL((int)FW_RB_CONS_POS, (int)BPF_RB_CONS_POS);
    CU_ASSERT_EQUAL((int)FW_RB_PROD_POS, (int)BPF_RB_PROD_POS);
    CU_ASSERT_EQUAL(FW_F_INDEX_MASK, BPF_F_INDEX_MASK);
    CU_ASSERT_EQUAL(FW_F_CURRENT_CPU, BPF_F_CURRENT_CPU);
    CU_ASSERT_EQUAL(FW_F_CTXLEN_MASK, BPF_F_CTXLEN_MASK);
}

static void test_errno(void)
{
    CU_ASSERT_EQUAL(FW_EPERM, EPERM);
    CU_ASSERT_EQUAL(FW_ENOENT, ENOENT);
    CU_ASSERT_EQUAL(FW_E2BIG, E2BIG);
    CU_ASSERT_EQUAL(FW_ENOMEM, ENOMEM);
    CU_ASSERT_EQUAL(FW_EAGAIN, EAGAIN);
    CU_ASSERT_EQUAL(FW_EACCES, EACCES);
    CU_ASSERT_EQUAL(FW_EFAULT, EFAULT);
    CU_ASSERT_EQUAL(FW_EBUSY, EBUSY);
    CU_ASSERT_EQUAL(FW_EEXIST, EEXIST);
    CU_ASSERT_EQUAL(FW_EINVAL, EINVAL);
    CU_ASSERT_EQUAL(FW_ENOSPC, ENOSPC);
    CU_ASSERT_EQUAL(FW_ERANGE, ERANGE);
    CU_ASSERT_EQUAL(FW_ENODEV, ENODEV);
    CU_ASSERT_EQUAL(FW_ENODATA, ENODATA);
    CU_ASSERT_EQUAL(FW_EAFNOSUPPORT, EAFNOSUPPORT);
    CU_ASSERT_EQUAL(FW_EOPNOTSUPP, EOPNOTSUPP);
}

/* Helper ids: the row's name must be the kernel's name of that number. */
#define FW_HELPER(id, name, function) _Static_assert(BPF_FUNC_##name == (id), #name);
#include "helpers/fw_helpers.def"
#undef FW_HELPER

static const struct cunit_case cases[] = {
    {"actions", test_actions}, {"xdp_md", test_xdp_md}, {"maps", test_maps},
    {"events", test_events},   {"errno", test_errno},   {NULL, NULL},
};

int main(void)
{
    return cunit_run("firmware's Linux numbers", cases);
}
