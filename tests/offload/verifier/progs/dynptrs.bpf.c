/* SPDX-License-Identifier: BSD-3-Clause */
/* Dynptrs of packet, ring buffer and memory: right and wrong. */
#include "prog.h"

extern int bpf_dynptr_from_xdp(struct xdp_md *x, __u64 flags, struct bpf_dynptr *p) __ksym;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *p, __u32 off, void *b, __u32 len) __ksym;
extern void *bpf_dynptr_slice_rdwr(const struct bpf_dynptr *p, __u32 off, void *b,
                                   __u32 len) __ksym;
extern int bpf_dynptr_adjust(const struct bpf_dynptr *p, __u32 start, __u32 end) __ksym;
extern bool bpf_dynptr_is_null(const struct bpf_dynptr *p) __ksym;
extern __u32 bpf_dynptr_size(const struct bpf_dynptr *p) __ksym;
extern int bpf_dynptr_clone(const struct bpf_dynptr *p, struct bpf_dynptr *clone) __ksym;

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 8);
    __type(key, int);
    __type(value, long);
} numbers SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} ring SEC(".maps");

NEIGHBOUR("not-a-pointer object-bounds") packet_slice(struct xdp_md *x)
{
    struct bpf_dynptr p;
    char buf[14];
    if (bpf_dynptr_from_xdp(x, 0, &p))
        return XDP_DROP;
    __u8 *eth = bpf_dynptr_slice(&p, 0, buf, sizeof(buf));
    return eth && eth[12] == 8 ? XDP_PASS : XDP_DROP;
}

PROG packet_slice_no_buffer(struct xdp_md *x)
{
    struct bpf_dynptr p;
    bpf_dynptr_from_xdp(x, 0, &p);
    __u8 *eth = bpf_dynptr_slice(&p, 0, NULL, 14);
    return eth && eth[12] == 8 ? XDP_PASS : XDP_DROP;
}

REFUSED("not-a-pointer") packet_slice_unchecked(struct xdp_md *x)
{
    struct bpf_dynptr p;
    char buf[14];
    bpf_dynptr_from_xdp(x, 0, &p);
    __u8 *eth = bpf_dynptr_slice(&p, 0, buf, sizeof(buf));
    return eth[12];
}

REFUSED("read-only") packet_slice_written(struct xdp_md *x)
{
    struct bpf_dynptr p;
    char buf[14];
    bpf_dynptr_from_xdp(x, 0, &p);
    __u8 *eth = bpf_dynptr_slice(&p, 0, buf, sizeof(buf));
    if (eth)
        eth[0] = 1;
    return XDP_PASS;
}

NEIGHBOUR("read-only dynptr-not-made") packet_slice_rdwr(struct xdp_md *x)
{
    struct bpf_dynptr p;
    char buf[14];
    bpf_dynptr_from_xdp(x, 0, &p);
    __u8 *eth = bpf_dynptr_slice_rdwr(&p, 0, buf, sizeof(buf));
    if (eth)
        eth[0] = 1;
    return XDP_PASS;
}

REFUSED("object-bounds") packet_slice_beyond(struct xdp_md *x)
{
    struct bpf_dynptr p;
    char buf[14];
    bpf_dynptr_from_xdp(x, 0, &p);
    __u8 *eth = bpf_dynptr_slice(&p, 0, buf, sizeof(buf));
    return eth ? eth[14] : XDP_PASS;
}

REFUSED("not-a-pointer") packet_slice_stale(struct xdp_md *x)
{
    struct bpf_dynptr p;
    char buf[14];
    bpf_dynptr_from_xdp(x, 0, &p);
    __u8 *eth = bpf_dynptr_slice(&p, 0, buf, sizeof(buf));
    if (!eth)
        return XDP_DROP;
    bpf_xdp_adjust_head(x, 4);
    return eth[0];
}

REFUSED("dynptr-not-made") dynptr_overwritten(struct xdp_md *x)
{
    struct bpf_dynptr p;
    char buf[14];
    bpf_dynptr_from_xdp(x, 0, &p);
    *(volatile long *)&p = 1;
    __u8 *eth = bpf_dynptr_slice(&p, 0, buf, sizeof(buf));
    return eth ? XDP_DROP : XDP_PASS;
}

REFUSED("stack-not-initialised") dynptr_read_directly(struct xdp_md *x)
{
    struct bpf_dynptr p;
    bpf_dynptr_from_xdp(x, 0, &p);
    return *(volatile int *)&p;
}

NEIGHBOUR("dynptr-overwrite dynptr-unacquired leak") dynptr_ring(struct xdp_md *x)
{
    struct bpf_dynptr p;
    long value = 1;
    bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &p);
    bpf_dynptr_write(&p, 0, &value, sizeof(value), 0);
    long *at = bpf_dynptr_data(&p, 8, 8);
    if (at)
        *at = 3;
    bpf_ringbuf_submit_dynptr(&p, 0);
    return XDP_PASS;
}

REFUSED("leak") dynptr_ring_leaks(struct xdp_md *x)
{
    struct bpf_dynptr p;
    bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &p);
    return XDP_PASS;
}

REFUSED("not-a-pointer") dynptr_ring_slice_after(struct xdp_md *x)
{
    struct bpf_dynptr p;
    bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &p);
    long *at = bpf_dynptr_data(&p, 8, 8);
    bpf_ringbuf_submit_dynptr(&p, 0);
    return at ? (int)*at : XDP_PASS;
}

REFUSED("dynptr-overwrite") dynptr_ring_overwritten(struct xdp_md *x)
{
    struct bpf_dynptr p;
    bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &p);
    *(volatile long *)&p = 1;
    bpf_ringbuf_submit_dynptr(&p, 0);
    return XDP_PASS;
}

REFUSED("dynptr-unacquired") dynptr_ring_twice(struct xdp_md *x)
{
    struct bpf_dynptr p;
    bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &p);
    bpf_ringbuf_submit_dynptr(&p, 0);
    bpf_ringbuf_submit_dynptr(&p, 0);
    return XDP_PASS;
}

REFUSED("dynptr-unacquired") dynptr_submit_local(struct xdp_md *x)
{
    struct bpf_dynptr p;
    int key = 0;
    long *v = bpf_map_lookup_elem(&numbers, &key);
    if (!v)
        return XDP_DROP;
    bpf_dynptr_from_mem(v, 8, 0, &p);
    bpf_ringbuf_submit_dynptr(&p, 0);
    return XDP_PASS;
}

NEIGHBOUR("dynptr-data") dynptr_memory(struct xdp_md *x)
{
    struct bpf_dynptr p, q;
    int key = 0, r = 0;
    long *v = bpf_map_lookup_elem(&numbers, &key);
    if (!v)
        return XDP_DROP;
    bpf_dynptr_from_mem(v, 8, 0, &p);
    bpf_dynptr_read(&r, sizeof(r), &p, 0, 0);
    bpf_dynptr_adjust(&p, 1, 7);
    bpf_dynptr_clone(&p, &q);
    return bpf_dynptr_is_null(&q) ? r : (int)bpf_dynptr_size(&p);
}

REFUSED("dynptr-data") dynptr_of_stack(struct xdp_md *x)
{
    struct bpf_dynptr p;
    char buf[16] = {};
    bpf_dynptr_from_mem(buf, 16, 0, &p);
    return XDP_PASS;
}

REFUSED("dynptr-not-made") dynptr_not_there(struct xdp_md *x)
{
    struct bpf_dynptr p;
    int r = 0;
    bpf_dynptr_read(&r, sizeof(r), &p, 0, 0);
    return r;
}

REFUSED("dynptr-not-made") dynptr_clone_released(struct xdp_md *x)
{
    struct bpf_dynptr p, q;
    long value = 1;
    bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &p);
    bpf_dynptr_clone(&p, &q);
    bpf_ringbuf_submit_dynptr(&p, 0);
    bpf_dynptr_write(&q, 0, &value, sizeof(value), 0);
    return XDP_PASS;
}

REFUSED("arg-kind") packet_slice_is_key(struct xdp_md *x)
{
    struct bpf_dynptr p;
    char buf[4];
    bpf_dynptr_from_xdp(x, 0, &p);
    void *key = bpf_dynptr_slice(&p, 0, buf, sizeof(buf));
    return key && bpf_map_lookup_elem(&numbers, key) ? XDP_PASS : XDP_DROP;
}

REFUSED("arg-kind") packet_slice_rdwr_is_key(struct xdp_md *x)
{
    struct bpf_dynptr p;
    char buf[4];
    bpf_dynptr_from_xdp(x, 0, &p);
    void *key = bpf_dynptr_slice_rdwr(&p, 0, buf, sizeof(buf));
    return key && bpf_map_lookup_elem(&numbers, key) ? XDP_PASS : XDP_DROP;
}

REFUSED("arg-kind") packet_slice_is_value(struct xdp_md *x)
{
    struct bpf_dynptr p;
    char buf[8];
    int key = 1;
    bpf_dynptr_from_xdp(x, 0, &p);
    void *value = bpf_dynptr_slice(&p, 0, buf, sizeof(buf));
    if (value)
        bpf_map_update_elem(&numbers, &key, value, 0);
    return XDP_PASS;
}

NEIGHBOUR("arg-kind") memory_is_key(struct xdp_md *x)
{
    struct bpf_dynptr p;
    int zero = 0;
    long *own = bpf_map_lookup_elem(&numbers, &zero);
    if (!own)
        return XDP_DROP;
    bpf_dynptr_from_mem(own, sizeof(*own), 0, &p);
    void *key = bpf_dynptr_data(&p, 0, 4);
    return key && bpf_map_lookup_elem(&numbers, key) ? XDP_PASS : XDP_DROP;
}

PROG record_is_key(struct xdp_md *x)
{
    int *key = bpf_ringbuf_reserve(&ring, sizeof(*key), 0);
    if (!key)
        return XDP_DROP;
    *key = 3;
    long *value = bpf_map_lookup_elem(&numbers, key);
    bpf_ringbuf_discard(key, 0);
    return value ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
