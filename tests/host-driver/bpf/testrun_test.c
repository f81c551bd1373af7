/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PROG_TEST_RUN on the NIC and in this machine's kernel: the same verdicts, bytes, sizes
 * and errors. Argument: the firmware.
 */
#include "testrun.h"

/* ---- programs ---- */

static const struct bpf_insn odd_verdict[] = {MOV(0, 77), EXIT};

static const struct bpf_insn shrink_head[] = {MOV(2, 4), CALL(BPF_FUNC_xdp_adjust_head), EXIT};
static const struct bpf_insn grow_head[] = {MOV(2, -20), CALL(BPF_FUNC_xdp_adjust_head), EXIT};
static const struct bpf_insn grow_tail[] = {MOV(2, 100), CALL(BPF_FUNC_xdp_adjust_tail), EXIT};
static const struct bpf_insn cut_tail[] = {MOV(2, -30), CALL(BPF_FUNC_xdp_adjust_tail), EXIT};
static const struct bpf_insn add_meta[] = {MOV(2, -8), CALL(BPF_FUNC_xdp_adjust_meta), EXIT};

#define LOADED(insns) load(t->bpf, insns, sizeof(insns))

static void frames(struct transcript *t)
{
    static const uint32_t sizes[] = {0, 1, 13, 14, 15, 60, 1514, 3519, FRAME_MAX};
    int fd = LOADED(pass);

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        run(t, "pass, some size", new_run(fd, sizes[i]));
    close(fd);
    fd = LOADED(odd_verdict);
    run(t, "verdict 77", new_run(fd, 64));
    close(fd);
}

static void outputs(struct transcript *t)
{
    static const uint32_t rooms[] = {0, 1, 59, 60, 61};
    int fd = LOADED(pass);

    for (unsigned i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
        struct run *r = new_run(fd, 60);
        r->a.test.data_size_out = rooms[i];
        run(t, "room for data_out", r);
        r = new_run(fd, 60);
        r->a.test.data_size_out = rooms[i];
        r->a.test.data_out = 0;
        run(t, "no data_out", r);
    }
    struct run *r = new_run(fd, 60);
    r->a.test.data_in = 0;
    run(t, "no data_in", r);
    close(fd);
}

static void moves(struct transcript *t)
{
    static const struct {
        const char *what;
        const struct bpf_insn *insns;
        size_t bytes;
    } progs[] = {
        {"shrink_head", shrink_head, sizeof(shrink_head)},
        {"grow_head", grow_head, sizeof(grow_head)},
        {"grow_tail", grow_tail, sizeof(grow_tail)},
        {"cut_tail", cut_tail, sizeof(cut_tail)},
        {"add_meta", add_meta, sizeof(add_meta)},
    };
    static const uint32_t repeats[] = {0, 1, 2, 10, 100};

    for (unsigned i = 0; i < sizeof(progs) / sizeof(progs[0]); i++) {
        int fd = load(t->bpf, progs[i].insns, progs[i].bytes);
        for (unsigned k = 0; k < sizeof(repeats) / sizeof(repeats[0]); k++) {
            struct run *r = new_run(fd, 200);
            r->a.test.repeat = repeats[k];
            with_ctx(r, 0, 200);
            run(t, progs[i].what, r);
            r = new_run(fd, 200);
            r->a.test.repeat = repeats[k];
            with_ctx(r, 16, 200);
            run(t, progs[i].what, r);
        }
        struct run *r = new_run(fd, FRAME_MAX);
        run(t, progs[i].what, r);
        close(fd);
    }
}

static void contexts(struct transcript *t)
{
    static const struct {
        uint32_t size, data, data_end, data_meta;
    } cases[] = {
        {60, 0, 60, 0},      {60, 4, 60, 0},           {60, 8, 60, 0},     {60, 3, 60, 0},
        {60, 0, 61, 0},      {60, 60, 60, 0},          {60, 64, 60, 0},    {60, 0, 60, 4},
        {300, 32, 300, 0},   {300, 36, 300, 0},        {400, 216, 400, 0}, {400, 220, 400, 0},
        {400, 252, 400, 0},  {400, 256, 400, 0},       {60, 44, 60, 0},    {60, 48, 60, 0},
        {3536, 16, 3536, 0}, {60, 0xfffffff0u, 60, 0},
    };
    int fd = LOADED(context);

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct run *r = new_run(fd, cases[i].size);
        char what[64];
        with_ctx(r, cases[i].data, cases[i].data_end);
        r->ctx.data_meta = cases[i].data_meta;
        snprintf(what, sizeof(what), "size %u, ctx %u %u %u", cases[i].size, cases[i].data,
                 cases[i].data_end, cases[i].data_meta);
        run(t, what, r);
    }
    struct run *r = new_run(fd, 60);
    with_ctx(r, 0, 60);
    r->a.test.ctx_size_in = 0;
    run(t, "ctx_in without size", r);
    r = new_run(fd, 60);
    with_ctx(r, 0, 60);
    r->a.test.ctx_in = 0;
    run(t, "ctx_size_in without ctx", r);
    r = new_run(fd, 60);
    with_ctx(r, 0, 60);
    r->a.test.ctx_out = 0;
    run(t, "ctx_size_out without ctx", r);
    for (uint32_t room = 4; room <= 24; room += 4) {
        r = new_run(fd, 60);
        with_ctx(r, 8, 60);
        r->a.test.ctx_size_out = room;
        run(t, "room for ctx_out", r);
        r = new_run(fd, 60);
        with_ctx(r, 8, 60);
        r->a.test.ctx_size_in = room;
        run(t, "short ctx_in", r);
    }
    r = new_run(fd, 60);
    memset(r->in, 0, sizeof(r->in));
    r->in[4] = 60;
    r->a.test.ctx_in = ptr(r->in);
    r->a.test.ctx_size_in = 4096;
    run(t, "ctx_in of a page", r);
    r->in[2000] = 1;
    run(t, "ctx_in with a tail", r);
    r->in[2000] = 0;
    r->a.test.ctx_size_in = 4097;
    run(t, "ctx_in of more than a page", r);
    r = new_run(fd, 60);
    with_ctx(r, 0, 60);
    r->ctx.egress_ifindex = 1;
    run(t, "egress_ifindex", r);
    r = new_run(fd, 60);
    with_ctx(r, 0, 60);
    r->ctx.ingress_ifindex = 1;
    run(t, "ingress_ifindex", r);
    r = new_run(fd, 60);
    with_ctx(r, 0, 60);
    r->ctx.ingress_ifindex = 100000;
    run(t, "ingress_ifindex that is none", r);
    r = new_run(fd, 60);
    with_ctx(r, 0, 60);
    r->ctx.rx_queue_index = 1;
    run(t, "queue without interface", r);
    r = new_run(fd, 60);
    with_ctx(r, 0, 60);
    r->ctx.ingress_ifindex = 1;
    r->ctx.rx_queue_index = 5000;
    run(t, "queue that is none", r);
    close(fd);
}

/* ---- packets in fragments: what is longer than the first buffer ---- */

static const struct bpf_insn buff_len[] = {CALL(BPF_FUNC_xdp_get_buff_len), EXIT};
static const struct bpf_insn cut_much[] = {MOV(2, -1700), CALL(BPF_FUNC_xdp_adjust_tail), EXIT};
static const struct bpf_insn cut_all[] = {MOV(2, -9000 + 14), CALL(BPF_FUNC_xdp_adjust_tail), EXIT};

static void frags(struct transcript *t)
{
    static const uint32_t sizes[] = {FRAME_MAX + 1, 4096, 7616, 7617, 9000, 9216, 11712};
    static const uint32_t rooms[] = {0, 1, 5695, 5696, 5697, 9000, 9215, 9216, 9217};
    int fd = LOADED(buff_len);

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        run(t, "length, some size", new_run(fd, sizes[i]));
    for (unsigned i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
        struct run *r = new_run(fd, 9216);
        r->a.test.data_size_out = rooms[i];
        run(t, "room for data_out", r);
        r = new_run(fd, 9216);
        r->a.test.data_size_out = rooms[i];
        r->a.test.data_out = 0;
        run(t, "no data_out", r);
    }
    close(fd);
}

static void frag_moves(struct transcript *t)
{
    static const struct {
        const char *what;
        const struct bpf_insn *insns;
        size_t bytes;
    } progs[] = {
        {"shrink_head", shrink_head, sizeof(shrink_head)},
        {"grow_head", grow_head, sizeof(grow_head)},
        {"grow_tail", grow_tail, sizeof(grow_tail)},
        {"cut_tail", cut_tail, sizeof(cut_tail)},
        {"cut_much", cut_much, sizeof(cut_much)},
        {"cut_all", cut_all, sizeof(cut_all)},
        {"add_meta", add_meta, sizeof(add_meta)},
        {"context", context, sizeof(context)},
    };
    static const uint32_t repeats[] = {1, 2, 5, 10, 400};

    for (unsigned i = 0; i < sizeof(progs) / sizeof(progs[0]); i++) {
        int fd = load(t->bpf, progs[i].insns, progs[i].bytes);
        for (unsigned k = 0; k < sizeof(repeats) / sizeof(repeats[0]); k++) {
            struct run *r = new_run(fd, 9000);
            r->a.test.repeat = repeats[k];
            run(t, progs[i].what, r);
        }
        close(fd);
    }
}

/* The context says how much is in the first buffer; -EINVAL before the kernel took that. */
static void frag_contexts(struct transcript *t)
{
    static const struct {
        uint32_t size, data, data_end;
    } cases[] = {
        {60, 0, 59},   {60, 0, 13},      {60, 0, 1},       {60, 0, 0},      {60, 4, 3},
        {60, 4, 4},    {60, 4, 20},      {17, 4, 4},       {18, 4, 4},      {9000, 8, 4000},
        {8000, 8, 15}, {9000, 32, 9000}, {8192, 0, 0},     {8191, 12, 100}, {4097, 0, 1},
        {60, 0, 61},   {9000, 36, 9001}, {9000, 252, 100},
    };
    int fd = LOADED(buff_len);
    int head = LOADED(shrink_head);

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct run *r = new_run(fd, cases[i].size);
        with_ctx(r, cases[i].data, cases[i].data_end);
        run(t, "length, first buffer", r);
        r = new_run(head, cases[i].size);
        with_ctx(r, cases[i].data, cases[i].data_end);
        run(t, "head, first buffer", r);
    }
    close(fd);
    close(head);
}

static void arguments(struct transcript *t)
{
    int fd = LOADED(pass);
    struct run *r = new_run(fd, 60);

    r->a.test.flags = 1;
    run(t, "flag 1", r);
    r->a.test.flags = 1u << 31;
    run(t, "flag 31", r);
    r = new_run(fd, 60);
    r->a.test.batch_size = 4;
    run(t, "batch_size", r);
    r = new_run(fd, 60);
    r->a.test.cpu = 1;
    run(t, "cpu", r);
    r = new_run(-1, 60);
    run(t, "fd -1", r);
    r = new_run(STDIN_FILENO, 60);
    run(t, "fd of a file", r);
    r = new_run(fd, 60);
    note(t, "attr too short for it", t->bpf(BPF_PROG_TEST_RUN, &r->a, 4), 0);
    close(fd);
    fd = load_as(t->bpf, BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP, pass, sizeof(pass));
    run(t, "devmap program", new_run(fd, 60));
    close(fd);
    fd = load_as(t->bpf, BPF_PROG_TYPE_XDP, BPF_XDP_CPUMAP, pass, sizeof(pass));
    run(t, "cpumap program", new_run(fd, 60));
    close(fd);
}

static void compare(const char *name, void (*script)(struct transcript *))
{
    static struct transcript ours, kernels;

    setup();
    ours = (struct transcript){.bpf = ask_layer};
    kernels = (struct transcript){.bpf = ask_kernel};
    script(&ours);
    script(&kernels);
    compare_transcripts(name, &ours, &kernels);
    teardown();
}

#define AGAINST_KERNEL(name)                                                                       \
    static void test_##name(void)                                                                  \
    {                                                                                              \
        compare(#name, name);                                                                      \
    }
AGAINST_KERNEL(frames)
AGAINST_KERNEL(outputs)
AGAINST_KERNEL(moves)
AGAINST_KERNEL(contexts)
AGAINST_KERNEL(frags)
AGAINST_KERNEL(frag_moves)
AGAINST_KERNEL(arguments)

/* Where the kernel does not take that yet there is nothing to compare with. */
static void test_frag_contexts(void)
{
    int fd = load(ask_kernel, pass, sizeof(pass));
    struct run *r = new_run(fd, 60);

    with_ctx(r, 0, 59);
    long rc = ask_kernel(BPF_PROG_TEST_RUN, &r->a, sizeof(r->a));
    close(fd);
    if (rc == 0)
        compare("frag_contexts", frag_contexts);
}

static const struct cunit_case cases[] = {
    {"frames", test_frames},
    {"outputs", test_outputs},
    {"moves", test_moves},
    {"contexts", test_contexts},
    {"fragments", test_frags},
    {"fragments: moves", test_frag_moves},
    {"fragments: contexts", test_frag_contexts},
    {"arguments", test_arguments},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    firmware = argc > 1 ? argv[1] : NULL;
    return kernel_has_bpf() ? cunit_run("test runs against the kernel", cases) : 77;
}
