/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PROG_TEST_RUN of XDP programs, by the kernel's rules (net/bpf/test_run.c): a frame and
 * optionally a context in, both as the program left them out. The program runs on the NIC;
 * the duration is modelled time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/bpf_impl.h"
#include "nic/pkt.h"

#define PAGE        4096u /* the kernel's limit of a context with a tail of zeros */
#define ETH_HLEN    14u
#define XDP_FRAME   40u  /* sizeof(struct xdp_frame): headroom that is not the program's */
#define METALEN_MAX 255u /* xdp_metalen_invalid() */

#define LINEAR_END (FW_TEST_BUF - NIC_PKT_TAILROOM) /* of the frame in its first buffer */

struct test_run {
    const union bpf_attr *attr;
    union bpf_attr *user;
    bool has_ctx;
    struct xdp_md ctx;
    struct nicdrv_test nic;
};

/* ---- what goes in ---- */

static int take_ctx(struct test_run *r)
{
    const union bpf_attr *a = r->attr;
    const uint8_t *from = user_ptr(a->test.ctx_in);
    uint32_t len = a->test.ctx_size_in;

    r->has_ctx = a->test.ctx_in || a->test.ctx_out;
    if (!from)
        return 0;
    if (len > PAGE)
        return -E2BIG;
    for (uint32_t i = sizeof(r->ctx); i < len; i++) {
        if (from[i])
            return -E2BIG;
    }
    memcpy(&r->ctx, from, len < sizeof(r->ctx) ? len : sizeof(r->ctx));
    return 0;
}

/* Metadata is what the context says lies before `data`: at the head of data_in. */
static int check_ctx(const struct test_run *r)
{
    const struct xdp_md *c = &r->ctx;

    if (!r->has_ctx)
        return 0;
    if (c->data_meta || c->data_end > r->attr->test.data_size_in || c->data > c->data_end)
        return -EINVAL;
    return c->data % 4 || c->data > METALEN_MAX || c->data > NIC_PKT_HEADROOM - XDP_FRAME ? -EINVAL
                                                                                          : 0;
}

/* What the first buffer takes, or the context wants there: then pages, as the kernel does. */
static int take_frags(struct test_run *r, uint32_t at)
{
    const union bpf_attr *a = r->attr;
    const uint8_t *from = user_ptr(a->test.data_in);

    for (; at < a->test.data_size_in; r->nic.frags++) {
        uint32_t left = a->test.data_size_in - at, len = left < FW_TEST_BUF ? left : FW_TEST_BUF;

        if (r->nic.frags == FW_TEST_FRAGS)
            return -ENOMEM;
        memcpy(r->nic.frag[r->nic.frags], from + at, len);
        r->nic.frag_len[r->nic.frags] = len;
        at += len;
    }
    return 0;
}

static int take_frame(struct test_run *r)
{
    const union bpf_attr *a = r->attr;
    uint32_t meta = r->ctx.data, at = NIC_PKT_HEADROOM - meta;
    uint32_t linear = r->has_ctx ? r->ctx.data_end : a->test.data_size_in;

    linear = linear < LINEAR_END - at ? linear : LINEAR_END - at;
    if (a->test.data_size_in - meta < ETH_HLEN)
        return -EINVAL;
    if (!a->test.data_in)
        return -EFAULT;
    memcpy(r->nic.buf + at, user_ptr(a->test.data_in), linear);
    r->nic.data_meta = at;
    r->nic.data = NIC_PKT_HEADROOM;
    r->nic.data_end = at + linear;
    return take_frags(r, linear);
}

/* Port 1, queue 0, unless the context says otherwise. */
static int take_ingress(struct nicbpf *b, struct test_run *r)
{
    const struct nicdrv_caps *caps = nicdrv_caps(b->drv);
    const struct xdp_md *c = &r->ctx;

    r->nic.port = 1;
    if (c->egress_ifindex || (!c->ingress_ifindex && c->rx_queue_index))
        return -EINVAL;
    if (!c->ingress_ifindex)
        return 0;
    if (c->ingress_ifindex > caps->ports)
        return -ENODEV;
    if (c->rx_queue_index >= caps->rxqs_max)
        return -EINVAL;
    r->nic.port = (uint16_t)c->ingress_ifindex;
    r->nic.queue = (uint16_t)c->rx_queue_index;
    return 0;
}

/* ---- what comes out ---- */

/* `room` 0 = as much as there is. -ENOSPC when it was cut; *size tells how much there is. */
static int give(uint64_t to, uint32_t room, const void *from, uint32_t len, uint32_t *size)
{
    bool cut = room && room < len;

    if (to)
        memcpy(user_ptr(to), from, cut ? room : len);
    *size = len;
    return cut ? -ENOSPC : 0;
}

static uint32_t frags_len(const struct nicdrv_test *t)
{
    uint32_t len = 0;

    for (uint32_t i = 0; i < t->frags; i++)
        len += t->frag_len[i];
    return len;
}

/*
 * Metadata, frame and fragments one behind the other. As the kernel: what there is no room for is
 * missing at the end of the first buffer, and where that does not help nothing is told at all.
 */
static int give_frame(struct test_run *r, bool *told)
{
    const struct nicdrv_test *t = &r->nic;
    uint32_t first = t->data_end - t->data_meta, size = first + frags_len(t);
    uint32_t room = r->attr->test.data_size_out, cut = room && room < size ? size - room : 0;
    uint8_t *to = user_ptr(r->attr->test.data_out);

    *told = !to || cut <= first;
    if (!*told)
        return -ENOSPC;
    r->user->test.data_size_out = size;
    if (to) {
        memcpy(to, t->buf + t->data_meta, first - cut);
        to += first - cut;
    }
    for (uint32_t i = 0; to && i < t->frags; to += t->frag_len[i++])
        memcpy(to, t->frag[i], t->frag_len[i]);
    return cut ? -ENOSPC : 0;
}

static int finish(struct test_run *r)
{
    const struct nicdrv_test *t = &r->nic;
    const union bpf_attr *a = r->attr;
    uint64_t ns = t->ns / (t->runs ? t->runs : 1);
    bool told;
    int rc = give_frame(r, &told);

    if (!told)
        return rc;
    r->user->test.retval = t->retval;
    r->user->test.duration = ns > UINT32_MAX ? UINT32_MAX : (uint32_t)ns;
    if (rc || !a->test.ctx_out)
        return rc;
    r->ctx.data = t->data - t->data_meta;
    r->ctx.data_end = t->data_end - t->data_meta;
    return give(a->test.ctx_out, a->test.ctx_size_out, &r->ctx, sizeof(r->ctx),
                &r->user->test.ctx_size_out);
}

/* ---- the command ---- */

static int check_sizes(const union bpf_attr *a)
{
    return !a->test.ctx_in != !a->test.ctx_size_in || !a->test.ctx_out != !a->test.ctx_size_out
               ? -EINVAL
               : 0;
}

static int check_program(struct nicbpf *b, const union bpf_attr *a, const struct prog_obj *p)
{
    if (p->type != BPF_PROG_TYPE_XDP)
        return -BPF_ENOTSUPP;
    if (p->attach_type == BPF_XDP_DEVMAP || p->attach_type == BPF_XDP_CPUMAP || p->prog.dev_bound)
        return -EINVAL;
    if (a->test.flags & ~(uint32_t)BPF_F_TEST_XDP_LIVE_FRAMES)
        return -EINVAL;
    if (a->test.flags)
        return refuse(b, -EOPNOTSUPP,
                      "program '%s': BPF_F_TEST_XDP_LIVE_FRAMES would put frames on the wire; "
                      "the NIC runs tests without a port",
                      p->full_name);
    return a->test.batch_size ? -EINVAL : 0;
}

static int test_run(struct nicbpf *b, const struct prog_obj *p, struct test_run *r)
{
    int rc = take_ctx(r);

    if (!rc)
        rc = check_ctx(r);
    if (!rc)
        rc = take_frame(r);
    if (!rc)
        rc = take_ingress(b, r);
    r->nic.runs = r->attr->test.repeat;
    if (!rc)
        rc = nicdrv_prog_test(b->drv, &p->hw, &r->nic);
    return rc ? rc : finish(r);
}

long cmd_prog_test_run(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    int rc = check_sizes(attr);

    if (rc)
        return rc;
    const struct prog_obj *p = prog_of_fd(b, attr->test.prog_fd, &rc);
    if (!p)
        return rc;
    rc = check_program(b, attr, p);
    if (rc)
        return rc;
    struct test_run *r = calloc(1, sizeof(*r));
    if (!r)
        return -ENOMEM;
    r->attr = attr;
    r->user = user;
    rc = test_run(b, p, r);
    free(r);
    return rc;
}
