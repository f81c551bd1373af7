/* SPDX-License-Identifier: BSD-3-Clause */
/* Text, formats, the number of the processor: right and wrong. */
#include "prog.h"

static const char word[] = "GET";

NEIGHBOUR("string-writable string-address string-end arg-kind") text(struct xdp_md *x)
{
    char buf[8] = {};
    bpf_xdp_load_bytes(x, 0, buf, 4);
    return bpf_strncmp(buf, sizeof(buf), word) ? XDP_PASS : XDP_DROP;
}

REFUSED("arg-kind") text_on_stack(struct xdp_md *x)
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

static char changing[] = "GET";
static const char open_end[4] SEC(".rodata.open") = {'G', 'E', 'T', 'S'};

REFUSED("string-writable") text_changes(struct xdp_md *x)
{
    char buf[8] = {};
    bpf_xdp_load_bytes(x, 0, buf, 4);
    changing[0] = buf[3];
    return bpf_strncmp(buf, sizeof(buf), changing) ? XDP_PASS : XDP_DROP;
}

REFUSED("string-address") text_somewhere(struct xdp_md *x)
{
    char buf[8] = {};
    bpf_xdp_load_bytes(x, 0, buf, 4);
    return bpf_strncmp(buf, sizeof(buf), word + (buf[3] & 1)) ? XDP_PASS : XDP_DROP;
}

REFUSED("string-end") text_without_end(struct xdp_md *x)
{
    char buf[8] = {};
    bpf_xdp_load_bytes(x, 0, buf, 4);
    return bpf_strncmp(buf, sizeof(buf), open_end) ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
