/* SPDX-License-Identifier: BSD-3-Clause */
/* bpf_loop and bpf_for_each_map_elem with their callbacks, nested, stopped early; bpf_strncmp. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 16);
    __type(key, __u32);
    __type(value, __u64);
} slots SEC(".maps");

__u64 sum, rounds, walked, same;

struct bpf_map;

struct state {
    __u64 sum;
    __u32 stop;
};

static int inner(__u32 i, void *arg)
{
    struct state *s = arg;

    s->sum += i;
    return 0;
}

static int outer(__u32 i, void *arg)
{
    struct state *s = arg;

    rounds++;
    bpf_loop(i & 7, inner, s, 0);
    return i == s->stop;
}

static long each(struct bpf_map *map, const void *key, void *value, void *arg)
{
    struct state *s = arg;

    walked++;
    *(__u64 *)value += *(const __u32 *)key + s->sum;
    return *(const __u32 *)key == s->stop;
}

SEC("xdp")
int callbacks(struct xdp_md *ctx)
{
    struct state s = {.stop = (ctx->data_end - ctx->data) & 31};
    char word[8] = "packet";

    if (s.stop & 1)
        word[2] = 'C';
    bpf_loop(20, outer, &s, 0);
    bpf_for_each_map_elem(&slots, each, &s, 0);
    sum += s.sum;
    same += bpf_strncmp(word, sizeof(word), "packet") == 0;
    return s.stop > 16 ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
