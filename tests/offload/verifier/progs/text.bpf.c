/* SPDX-License-Identifier: BSD-3-Clause */
/* Text, formats, the number of the processor: right and wrong. */
#include "prog.h"

static const char word[] = "GET";

PROG text(struct xdp_md *x)
{
    char buf[8] = {};
    bpf_xdp_load_bytes(x, 0, buf, 4);
    return bpf_strncmp(buf, sizeof(buf), word) ? XDP_PASS : XDP_DROP;
}

PROG text_on_stack(struct xdp_md *x)
{
    char buf[8] = {}, other[4] = "GE";
    bpf_xdp_load_bytes(x, 0, buf, 4);
    return bpf_strncmp(buf, sizeof(buf), other) ? XDP_PASS : XDP_DROP;
}

PROG print(struct xdp_md *x)
{
    char buf[32];
    BPF_SNPRINTF(buf, sizeof(buf), "%d %d", x->rx_queue_index, 3);
    bpf_printk("%s", buf);
    bpf_printk("%d %d %d %d", 1, 2, 3, x->rx_queue_index);
    return XDP_PASS;
}

PROG processor(struct xdp_md *x)
{
    long a[512 / 8 - 8] = {};
    __u32 cpu = bpf_get_smp_processor_id();
    return (int)a[cpu];
}

char _license[] SEC("license") = "GPL";
