/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cases of the .data files in the Linux kernel: each as a subprogram of an XDP
 * program; the case's memory is the value of a map, by BPF_PROG_TEST_RUN. What the kernel's
 * verifier refuses is named, with the reason. Exit status 77 without bpf(2).
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

#define RESULT   8u /* bytes of the value before the case's memory: r0 */
#define PROLOGUE 16u
#define SKIP     77

static struct case_list list;
static int memory;       /* fd of the map */
static char reason[256]; /* of the last refusal */

static int bpf(int cmd, union bpf_attr *attr)
{
    return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static char verifier_log[1 << 24];

static int load(const struct ebpf_insn *insns, uint32_t count)
{
    union bpf_attr attr;

    memset(&attr, 0, sizeof(attr));
    attr.prog_type = BPF_PROG_TYPE_XDP;
    attr.insns = (uintptr_t)insns;
    attr.insn_cnt = count;
    attr.license = (uintptr_t)"GPL";
    attr.log_buf = (uintptr_t)verifier_log;
    attr.log_size = sizeof(verifier_log);
    attr.log_level = 1;
    verifier_log[0] = '\0';
    return bpf(BPF_PROG_LOAD, &attr);
}

/* The map whose one value is the memory of the cases. */
static int memory_map(void)
{
    union bpf_attr attr;

    memset(&attr, 0, sizeof(attr));
    attr.map_type = BPF_MAP_TYPE_ARRAY;
    attr.key_size = 4;
    attr.value_size = RESULT + EXEC_MEM;
    attr.max_entries = 1;
    return bpf(BPF_MAP_CREATE, &attr);
}

static int value(int cmd, uint8_t *bytes)
{
    const uint32_t key = 0;
    union bpf_attr attr;

    memset(&attr, 0, sizeof(attr));
    attr.map_fd = (uint32_t)memory;
    attr.key = (uintptr_t)&key;
    attr.value = (uintptr_t)bytes;
    return bpf(cmd, &attr);
}

static int test_run(int fd)
{
    const uint8_t packet[64] = {0};
    union bpf_attr attr;

    memset(&attr, 0, sizeof(attr));
    attr.test.prog_fd = (uint32_t)fd;
    attr.test.data_in = (uintptr_t)packet;
    attr.test.data_size_in = sizeof(packet);
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

/* r1 = the value behind the result; r0 of the case goes into the result. */
static uint32_t wrap(const struct data_case *c, struct ebpf_insn *out)
{
    uint32_t n = 0;

    out[n++] = insn(EBPF_LD_MAP_VALUE, 1, 2, 0, memory);
    out[n++] = (struct ebpf_insn){.imm = (int32_t)RESULT};
    out[n++] = insn(EBPF_CALL_LOCAL, 0, 1, 0, 5);
    out[n++] = insn(EBPF_LD_MAP_VALUE, 1, 2, 0, memory);
    out[n++] = (struct ebpf_insn){.imm = 0};
    out[n++] = insn(EBPF_STX64, 1, 0, 0, 0);
    out[n++] = insn(EBPF_MOV64_K, 0, 0, 0, 2);
    out[n++] = insn(EBPF_EXIT, 0, 0, 0, 0);
    memcpy(out + n, c->insns, c->insn_count * sizeof(*out));
    return n + c->insn_count;
}

static bool right(const struct data_case *c, const uint8_t *bytes)
{
    uint64_t r0;

    memcpy(&r0, bytes, sizeof(r0));
    for (unsigned e = 0; e < c->expect_count; e++)
        if (memcmp(bytes + RESULT + c->expect[e].off, c->expect[e].bytes, c->expect[e].len) != 0)
            return false;
    return r0 == c->r0;
}

/* The last line of the kernel's log, without what counts instructions. */
static void take_reason(void)
{
    char *end = strstr(verifier_log, "\nprocessed "), *line;

    if (end)
        *end = '\0';
    line = end ? strrchr(verifier_log, '\n') : NULL;
    snprintf(reason, sizeof(reason), "%s", line ? line + 1 : end ? verifier_log : strerror(errno));
}

/* What the kernel does not let a program do, and a case does: part of its sentence, and why a
 * case does it. */
static struct {
    const char *says, *why;
    unsigned count;
} refusals[] = {
    {"div by zero", "a constant 0 as divisor", 0},
    {"invalid shift", "a constant count that is too large", 0},
    {"tail_call is not allowed in subprogs", "here the case is a subprogram", 0},
    {"missing btf func_info", "callbacks need BTF", 0},
    {"program of this type cannot use helper", "the test's helpers are others", 0},
    {"invalid func unknown#249", "the test's helpers are others", 0},
    {"type=scalar expected=map_ptr", "the test's helpers are others", 0},
    {"is not a function", "the test's kernel functions are others", 0},
    {"is not pointing to valid bpf_map", "the test's maps are others", 0},
    {"R0 !read_ok", "r0 comes from the caller", 0},
    {"misaligned access off", "the value is an address", 0},
    {"unreachable insn", "jumps over what nothing leads to", 0},
    {"infinite loop detected", "loops until memory says so", 0},
    {"call stack of 9 frames is too deep", "one frame more, here", 0},
    {"combined stack size", "one frame more, here", 0},
    {NULL, NULL, 0},
};

static bool expected(const struct data_case *c)
{
    for (unsigned k = 0; refusals[k].says; k++)
        if (strstr(verifier_log, refusals[k].says)) {
            refusals[k].count++;
            return true;
        }
    fprintf(stderr, "the kernel refuses %s: %s\n", c->name, reason);
    return false;
}

/* The case's program; cases that share it have the fd of the one before. */
static int program(const struct data_case *c, int before)
{
    struct ebpf_insn *insns;
    int fd;

    if (c->shared)
        return before;
    if (before >= 0)
        close(before);
    insns = calloc(PROLOGUE + c->insn_count, sizeof(*insns));
    fd = load(insns, wrap(c, insns));
    free(insns);
    if (fd < 0)
        take_reason();
    return fd;
}

static bool run_case(const struct data_case *c, int fd)
{
    uint8_t bytes[RESULT + EXEC_MEM] = {0};

    memcpy(bytes + RESULT, c->mem, EXEC_MEM);
    return value(BPF_MAP_UPDATE_ELEM, bytes) == 0 && test_run(fd) == 0 &&
           value(BPF_MAP_LOOKUP_ELEM, bytes) == 0 && right(c, bytes);
}

static void test_kernel(void)
{
    unsigned ran = 0, wrong = 0, addresses = 0, surprises = 0;
    int fd = -1;

    for (unsigned k = 0; k < list.count; k++) {
        const struct data_case *c = &list.cases[k];
        if (c->addresses) {
            addresses++;
            continue;
        }
        fd = program(c, fd);
        if (fd < 0) {
            surprises += !expected(c);
            continue;
        }
        ran++;
        if (!run_case(c, fd)) {
            fprintf(stderr, "the kernel differs: %s\n", c->name);
            wrong++;
        }
    }
    if (fd >= 0)
        close(fd);
    printf("%u of %u cases run in the kernel\n", ran, list.count);
    printf("  %4u have addresses of the test in their result\n", addresses);
    for (unsigned k = 0; refusals[k].says; k++)
        printf("  %4u \"%s\": %s\n", refusals[k].count, refusals[k].says, refusals[k].why);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(surprises, 0);
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
    if (argc != 3 || cases_load_dir(&list, argv[1]) || cases_load(&list, argv[2]))
        return 1;
    memory = memory_map();
    if (memory < 0)
        return 1;
    int status = cunit_run("xlate cases in the kernel", suite);
    close(memory);
    cases_free(&list);
    return status;
}
