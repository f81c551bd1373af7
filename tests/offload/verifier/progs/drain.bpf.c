/* SPDX-License-Identifier: BSD-3-Clause */
/* bpf_user_ringbuf_drain(), and what global functions may ask of their arguments: right and wrong.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define PROG      SEC("xdp") int
#define TAG(what) __attribute__((btf_decl_tag("arg:" what)))
#define EXTERN_FN __attribute__((noinline))

struct {
    __uint(type, BPF_MAP_TYPE_USER_RINGBUF);
    __uint(max_entries, 4096);
} input SEC(".maps");

struct pair {
    int a, b;
};

static long read_sample(struct bpf_dynptr *sample, void *ctx)
{
    struct pair p = {0};
    int *sum = ctx;
    if (bpf_dynptr_read(&p, sizeof(p), sample, 0, 0))
        return 1;
    *sum += p.a + p.b;
    return 0;
}

static long see_sample(struct bpf_dynptr *sample, void *ctx)
{
    const struct pair *p = bpf_dynptr_data(sample, 0, sizeof(*p));
    int *sum = ctx;
    if (p)
        *sum += p->a;
    return 0;
}

static long past_sample(struct bpf_dynptr *sample, void *ctx)
{
    const struct pair *p = bpf_dynptr_data(sample, 0, sizeof(*p));
    int *sum = ctx;
    if (p)
        *sum += p[1].a;
    return 0;
}

static long wrong_result(struct bpf_dynptr *sample, void *ctx)
{
    (void)sample;
    (void)ctx;
    return 2;
}

PROG drain_reads(struct xdp_md *ctx)
{
    int sum = 0;
    (void)ctx;
    bpf_user_ringbuf_drain(&input, read_sample, &sum, 0);
    return sum & 1;
}

PROG drain_sees(struct xdp_md *ctx)
{
    int sum = 0;
    (void)ctx;
    bpf_user_ringbuf_drain(&input, see_sample, &sum, 0);
    return sum & 1;
}

PROG drain_past(struct xdp_md *ctx)
{
    int sum = 0;
    (void)ctx;
    bpf_user_ringbuf_drain(&input, past_sample, &sum, 0);
    return sum & 1;
}

PROG drain_result(struct xdp_md *ctx)
{
    (void)ctx;
    return (int)bpf_user_ringbuf_drain(&input, wrong_result, NULL, 0) & 1;
}

/* ---- tags of arguments ---- */

EXTERN_FN int sum_maybe(struct pair *p)
{
    return p ? p->a + p->b : 0;
}

EXTERN_FN int sum_nonnull(struct pair *p TAG("nonnull"))
{
    return p->a + p->b;
}

EXTERN_FN int sum_untested(struct pair *p)
{
    return p->a;
}

/* only of kernel objects that are to be trusted */
EXTERN_FN int sum_nullable(struct pair *p TAG("nullable"))
{
    return p != NULL;
}

EXTERN_FN int sum_unknown(struct pair *p TAG("whatever"))
{
    return p != NULL;
}

EXTERN_FN int number_tagged(int n TAG("nonnull"))
{
    return n;
}

EXTERN_FN int take_ctx(void *ctx TAG("ctx"))
{
    return ((struct xdp_md *)ctx)->ingress_ifindex != 0;
}

PROG tag_none(struct xdp_md *ctx)
{
    struct pair p = {1, 2};
    (void)ctx;
    return sum_maybe(&p) & 1;
}

PROG tag_nullable(struct xdp_md *ctx)
{
    struct pair p = {1, 2};
    (void)ctx;
    return sum_nullable(&p) & 1;
}

PROG tag_unknown(struct xdp_md *ctx)
{
    struct pair p = {1, 2};
    (void)ctx;
    return sum_unknown(&p) & 1;
}

PROG tag_number(struct xdp_md *ctx)
{
    return number_tagged((int)ctx->ingress_ifindex) & 1;
}

PROG tag_nonnull(struct xdp_md *ctx)
{
    struct pair p = {1, 2};
    (void)ctx;
    return sum_nonnull(&p) & 1;
}

PROG tag_untested(struct xdp_md *ctx)
{
    struct pair p = {1, 2};
    (void)ctx;
    return sum_untested(&p) & 1;
}

PROG tag_ctx(struct xdp_md *ctx)
{
    return take_ctx(ctx) & 1;
}

char _license[] SEC("license") = "GPL";
