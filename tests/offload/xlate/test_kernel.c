/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cases of the .data files in the Linux kernel: each as a subprogram of an XDP
 * program whose packet is the case's memory, by BPF_PROG_TEST_RUN. What the kernel's
 * verifier refuses is counted. Exit status 77 without bpf(2).
 */
#include "cunit_main.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cases.h"

#define RESULT   8u /* bytes of packet before the case's memory: r0 */
#define PROLOGUE 16u
#define SKIP     77

static struct case_list list;

static int bpf(int cmd, union bpf_attr *attr)
{
    return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int load(const struct ebpf_insn *insns, uint32_t count)
{
    union bpf_attr attr;

    memset(&attr, 0, sizeof(attr));
    attr.prog_type = BPF_PROG_TYPE_XDP;
    attr.insns = (uintptr_t)insns;
    attr.insn_cnt = count;
    attr.license = (uintptr_t)"GPL";
    return bpf(BPF_PROG_LOAD, &attr);
}

static int test_run(int fd, const uint8_t *in, uint8_t *out, uint32_t len)
{
    union bpf_attr attr;

    memset(&attr, 0, sizeof(attr));
    attr.test.prog_fd = (uint32_t)fd;
    attr.test.data_in = (uintptr_t)in;
    attr.test.data_size_in = len;
    attr.test.data_out = (uintptr_t)out;
    attr.test.data_size_out = len;
    attr.test.repeat = 1;
    return bpf(BPF_PROG_TEST_RUN, &attr);
}

static struct ebpf_insn insn(enum ebpf_id id, unsigned dst, unsigned src, int off, int32_t imm)
{
    return (struct ebpf_insn){.opcode = ebpf_row(id)->opcode,
                              .dst = (uint8_t)(dst & 15u),
                              .src = (uint8_t)(src & 15u),
                              .off = (int16_t)off,
                              .imm = imm};
}

/* r1 = the packet behind the result; r0 of the case goes into the result. */
static uint32_t wrap(const struct data_case *c, struct ebpf_insn *out)
{
    uint32_t n = 0;

    out[n++] = insn(EBPF_LDX32, 6, 1, 0, 0);
    out[n++] = insn(EBPF_LDX32, 2, 1, 4, 0);
    out[n++] = insn(EBPF_MOV64_X, 3, 6, 0, 0);
    out[n++] = insn(EBPF_ADD64_K, 3, 0, 0, (int32_t)(EXEC_MEM + RESULT));
    out[n++] = insn(EBPF_MOV64_K, 0, 0, 0, 1);
    out[n++] = insn(EBPF_JLE64_X, 3, 2, 1, 0);
    out[n++] = insn(EBPF_EXIT, 0, 0, 0, 0);
    out[n++] = insn(EBPF_MOV64_X, 1, 6, 0, 0);
    out[n++] = insn(EBPF_ADD64_K, 1, 0, 0, (int32_t)RESULT);
    out[n++] = insn(EBPF_CALL_LOCAL, 0, 1, 0, 3);
    out[n++] = insn(EBPF_STX64, 6, 0, 0, 0);
    out[n++] = insn(EBPF_MOV64_K, 0, 0, 0, 2);
    out[n++] = insn(EBPF_EXIT, 0, 0, 0, 0);
    memcpy(out + n, c->insns, c->insn_count * sizeof(*out));
    return n + c->insn_count;
}

static bool right(const struct data_case *c, const uint8_t *packet)
{
    uint64_t r0;

    memcpy(&r0, packet, sizeof(r0));
    for (unsigned e = 0; e < c->expect_count; e++)
        if (memcmp(packet + RESULT + c->expect[e].off, c->expect[e].bytes, c->expect[e].len) != 0)
            return false;
    return r0 == c->r0;
}

/* 1 it did what the case says, 0 it did not, -1 the verifier refused it. */
static int run_case(const struct data_case *c)
{
    struct ebpf_insn *insns = calloc(PROLOGUE + c->insn_count, sizeof(*insns));
    uint8_t in[EXEC_MEM + RESULT] = {0}, out[EXEC_MEM + RESULT] = {0};
    int fd = load(insns, wrap(c, insns)), err;

    free(insns);
    if (fd < 0)
        return -1;
    memcpy(in + RESULT, c->mem, EXEC_MEM);
    err = test_run(fd, in, out, sizeof(in));
    close(fd);
    return err == 0 && right(c, out);
}

static void test_kernel(void)
{
    unsigned ran = 0, wrong = 0;

    for (unsigned k = 0; k < list.count; k++) {
        int r = list.cases[k].addresses ? -1 : run_case(&list.cases[k]);
        ran += r >= 0;
        wrong += r == 0;
        if (r == 0)
            fprintf(stderr, "the kernel differs: %s\n", list.cases[k].name);
    }
    printf("%u of %u cases run in the kernel ", ran, list.count);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(ran * 4 >= list.count * 3);
}

static const struct cunit_case suite[] = {
    {"the kernel", test_kernel},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    const struct ebpf_insn pass[] = {insn(EBPF_MOV64_K, 0, 0, 0, 2), insn(EBPF_EXIT, 0, 0, 0, 0)};
    int fd = load(pass, 2);

    if (fd < 0) {
        printf("SKIPPED: bpf(2): %s\n", strerror(errno));
        return SKIP;
    }
    close(fd);
    if (argc != 2 || cases_load_dir(&list, argv[1]))
        return 1;
    int status = cunit_run("xlate cases in the kernel", suite);
    cases_free(&list);
    return status;
}
