/* SPDX-License-Identifier: BSD-3-Clause */
/* BPF_PROG_TEST_RUN on a card with the real firmware or in the kernel. For one program. */
#ifndef TEST_TESTRUN_H
#define TEST_TESTRUN_H

#include <stdlib.h>

#include "insns.h"
#include "nicdrv/bpf.h"
#include "realnic.h"
#include "transcript.h"

#define FRAME_MAX 3520u

static const char *firmware;
static struct realnic nic;
static struct nicbpf *layer;

static inline long ask_layer(int cmd, void *attr, unsigned size)
{
    return nicbpf_call(layer, cmd, attr, size);
}

static inline void setup(void)
{
    CU_ASSERT_FATAL(realnic_open(&nic, firmware));
    CU_ASSERT_EQUAL_FATAL(nicbpf_create(nic.drv, &layer), 0);
}

static inline void teardown(void)
{
    nicbpf_destroy(layer);
    realnic_close(&nic);
}

static inline uint64_t ptr(const void *p)
{
    return (uint64_t)(uintptr_t)p;
}

static inline int load_as(bpf_fn bpf, uint32_t type, uint32_t attach, const struct bpf_insn *insns,
                          size_t bytes)
{
    union bpf_attr a;

    memset(&a, 0, sizeof(a));
    a.prog_type = type;
    a.expected_attach_type = attach;
    a.insns = ptr(insns);
    a.insn_cnt = (uint32_t)(bytes / sizeof(*insns));
    a.license = ptr("GPL");
    long fd = bpf(BPF_PROG_LOAD, &a, sizeof(a));
    if (fd < 0)
        fprintf(stderr, "cannot load: %ld\n", fd);
    CU_ASSERT_FATAL(fd >= 0);
    return (int)fd;
}

static inline int load(bpf_fn bpf, const struct bpf_insn *insns, size_t bytes)
{
    return load_as(bpf, BPF_PROG_TYPE_XDP, 0, insns, bytes);
}

/* One call with all its buffers; edit `a` and `ctx` before the run. */
struct run {
    union bpf_attr a;
    struct xdp_md ctx, ctx_out;
    uint8_t in[16384], out[16384];
};

static inline struct run *new_run(int prog, uint32_t size)
{
    static struct run r;

    memset(&r, 0, sizeof(r));
    for (unsigned i = 0; i < sizeof(r.in); i++)
        r.in[i] = (uint8_t)(i * 7);
    memset(r.out, 0xee, sizeof(r.out));
    r.a.test.prog_fd = (uint32_t)prog;
    r.a.test.data_in = ptr(r.in);
    r.a.test.data_size_in = size;
    r.a.test.data_out = ptr(r.out);
    r.a.test.data_size_out = sizeof(r.out);
    return &r;
}

static inline void with_ctx(struct run *r, uint32_t data, uint32_t data_end)
{
    r->ctx.data = data;
    r->ctx.data_end = data_end;
    r->a.test.ctx_in = ptr(&r->ctx);
    r->a.test.ctx_size_in = sizeof(r->ctx);
    r->a.test.ctx_out = ptr(&r->ctx_out);
    r->a.test.ctx_size_out = sizeof(r->ctx_out);
}

/* Everything but the duration and the context's ingress is compared. */
static inline long run(struct transcript *t, const char *what, struct run *r)
{
    long rc = t->bpf(BPF_PROG_TEST_RUN, &r->a, sizeof(r->a));

    note(t, what, rc, 0);
    note(t, "retval", 0, r->a.test.retval);
    note(t, "data_size_out", 0, r->a.test.data_size_out);
    note(t, "data_out", 0, digest(r->out, sizeof(r->out)));
    note(t, "ctx_size_out", 0, r->a.test.ctx_size_out);
    note(t, "ctx_out", 0, digest(&r->ctx_out, 12));
    return rc;
}

/* ---- programs ---- */

static const struct bpf_insn pass[] = {MOV(0, 2), EXIT};

/* Writes the ctx fields over the frame's first 8 bytes; returns the bytes of metadata. */
static const struct bpf_insn context[] = {
    LOAD(BPF_W, 2, 1, 0),
    LOAD(BPF_W, 3, 1, 4),
    MOVR(4, 2),
    ADD(4, 14),
    JUMP(BPF_JGT, 4, 3, 7),
    LOAD(BPF_W, 5, 1, 16),
    STORE(BPF_W, 2, 4, 5),
    STOREI(BPF_W, 2, 0, 7),
    LOAD(BPF_W, 6, 1, 8),
    MOVR(0, 2),
    SUBR(0, 6),
    EXIT,
    MOV(0, 0),
    EXIT,
};

#endif
