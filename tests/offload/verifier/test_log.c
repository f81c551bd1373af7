/* SPDX-License-Identifier: BSD-3-Clause */
/* What the verifier tells: its log, the place of a refusal, the facts for the translator. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "asm.h"
#include "cunit_main.h"
#include "offload/verifier.h"

static const struct offload_map hash = {
    .type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8, .max_entries = 1, .name = "hits"};

static const struct offload_verify_opts all = {.helpers = {~0ull, ~0ull, ~0ull, ~0ull}};

struct run {
    struct asm_out code;
    struct offload_prog prog;
    struct offload_refusal why;
    struct offload_facts *facts;
    struct offload_log log;
    char text[16384];
    int err;
};

/* Lines of assembly, separated by newlines. */
static struct run *start(const char *code)
{
    struct run *r = calloc(1, sizeof(*r));
    char copy[2048], *save, *line;
    strncpy(copy, code, sizeof(copy) - 1);
    copy[sizeof(copy) - 1] = 0;
    for (line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        CU_ASSERT_EQUAL_FATAL(asm_line(&r->code, line, 0), 0);
    CU_ASSERT_EQUAL_FATAL(asm_end(&r->code), 0);
    r->prog = (struct offload_prog){.name = "t",
                                    .insns = r->code.insn,
                                    .insn_count = r->code.count,
                                    .maps = &hash,
                                    .map_count = 1,
                                    .gpl = true};
    r->log = (struct offload_log){.buf = r->text, .size = sizeof(r->text), .level = 2};
    return r;
}

static void go(struct run *r)
{
    r->err = offload_verify(&r->prog, &all, &r->log, &r->facts, &r->why);
}

static void end(struct run *r)
{
    offload_facts_free(r->facts);
    free(r);
}

static bool has(const struct run *r, const char *part)
{
    return strstr(r->text, part) != NULL;
}

#define CHECKED                                                                                    \
    "r2 = *(u32 *)(r1 +0)\nr3 = *(u32 *)(r1 +4)\nr4 = r2\nr4 += 14\nif r4 > r3 goto out\n"         \
    "r0 = *(u8 *)(r2 +12)\nexit\nout:\nr0 = 1\nexit"

static void test_trace(void)
{
    struct run *r = start(CHECKED);
    go(r);
    CU_ASSERT_EQUAL(r->err, 0);
    CU_ASSERT_TRUE(has(r, "func#0 @0\n0: R1=ctx() R10=fp0\n"
                          "0: (61) r2 = *(u32 *)(r1 +0)          ; R1=ctx() R2=pkt(r=0)\n"));
    CU_ASSERT_TRUE(
        has(r, "4: (2d) if r4 > r3 goto pc+2          ; R3=pkt_end() R4=pkt(off=14,r=14)\n"));
    CU_ASSERT_TRUE(has(r, "; R0=scalar(smin=smin32=0,smax=umax=smax32=umax32=255,"
                          "var_off=(0x0; 0xff)) R2=pkt(r=14)\n6: (95) exit\n\nfrom 4 to 7: "));
    CU_ASSERT_TRUE(has(r, "R4=pkt(off=14,r=0xfffffffffffffffe)"));
    CU_ASSERT_TRUE(has(r, "processed 9 insns (limit 1000000) max_states_per_insn "));
    CU_ASSERT_EQUAL(r->log.len, strlen(r->text));
    CU_ASSERT_FALSE(r->log.full);
    end(r);
}

static void test_levels(void)
{
    struct run *r = start(CHECKED);
    r->log.level = 1; /* paths that were found safe leave nothing */
    go(r);
    CU_ASSERT_EQUAL(strncmp(r->text, "processed 9 insns", 17), 0);
    end(r);
    r = start(CHECKED);
    r->log.level = 0;
    go(r);
    CU_ASSERT_EQUAL(r->text[0], 0);
    end(r);
    r = start("r0 = r5\nexit");
    r->log.level = 0;
    go(r);
    CU_ASSERT_STRING_EQUAL(r->text, "R5 !read_ok\n");
    end(r);
    r = start("r0 = r5\nexit");
    r->log.level = 1;
    go(r);
    CU_ASSERT_STRING_EQUAL(r->text, "0: R1=ctx() R10=fp0\n0: (bf) r0 = r5\nR5 !read_ok\n"
                                    "processed 1 insns (limit 1000000) max_states_per_insn 0 "
                                    "total_states 0 peak_states 0 mark_read 0\n");
    end(r);
}

static void test_source_lines(void)
{
    static const struct offload_line_info lines[] = {
        {0, 10, 1, "/home/somebody/prog.c", "void *data = (void *)(long)ctx->data;"},
        {2, 12, 1, "prog.c", "return data[0];"},
    };
    struct run *r = start("r2 = *(u32 *)(r1 +0)\nr6 = r2\nr0 = *(u8 *)(r6 +0)\nexit");
    r->prog.lines = lines;
    r->prog.line_count = 2;
    go(r);
    CU_ASSERT_EQUAL(r->err, -EACCES);
    CU_ASSERT_EQUAL(r->why.insn, 2);
    CU_ASSERT_TRUE(has(r, "; void *data = (void *)(long)ctx->data; @ prog.c:10\n0: (61)"));
    CU_ASSERT_TRUE(has(r, "; return data[0]; @ prog.c:12\n2: (71)"));
    CU_ASSERT_STRING_EQUAL(r->why.reason,
                           "invalid access to packet, off=0 size=1, R6(id=0,off=0,r=0)");
    CU_ASSERT_TRUE(has(r, "r=0)\nR6 offset is outside of the packet\nprocessed 3 insns"));
    end(r);
}

static void test_stack_and_calls(void)
{
    struct run *r = start("*(u64 *)(r10 -8) = r1\n*(u32 *)(r10 -16) = 7\n*(u8 *)(r10 -17) = 0\n"
                          "r1 = 5\ncall twice\nexit\ntwice:\nr0 = r1\nr0 += r1\nexit");
    go(r);
    CU_ASSERT_EQUAL(r->err, 0);
    CU_ASSERT_TRUE(has(r, " fp-8=ctx()\n"));
    CU_ASSERT_TRUE(has(r, " fp-16=????7\n"));
    CU_ASSERT_TRUE(has(r, " fp-24=0???????\n"));
    CU_ASSERT_TRUE(has(r, "caller:\n R10=fp0 fp-8=ctx() fp-16=????7 fp-24=0???????\n"
                          "callee:\n frame1: R1=5 R10=fp0\n"));
    CU_ASSERT_TRUE(has(r, "returning from callee:\n frame1: R0=10 R1=5 R10=fp0\n"
                          "to caller at 5:\n R0=10 R10=fp0"));
    end(r);
}

static void test_map_value(void)
{
    struct run *r = start("*(u32 *)(r10 -4) = 0\nr2 = r10\nr2 += -4\nr1 = map[0]\ncall 1\n"
                          "if r0 == 0 goto out\nr0 = *(u64 *)(r0 +0)\nout:\nr0 = 2\nexit");
    go(r);
    CU_ASSERT_EQUAL(r->err, 0);
    CU_ASSERT_TRUE(has(r, "(18) r1 = map[hits] "));
    CU_ASSERT_TRUE(has(r, "; R1=map_ptr(map=hits,ks=4,vs=8)\n"));
    CU_ASSERT_TRUE(has(r, "R0=map_value_or_null(id=1,map=hits,ks=4,vs=8)"));
    CU_ASSERT_TRUE(has(r, "; R0=map_value(map=hits,ks=4,vs=8)\n"));
    end(r);
}

/* The end, where the reason is, is kept; the text is always terminated. */
static void test_small_log(void)
{
    for (size_t size = 0; size < 180; size++) {
        struct run *r = start("r0 = 0\nr2 = 1\nr3 = 2\nr4 = 3\nr0 = r9\nexit");
        memset(r->text, 'x', sizeof(r->text));
        r->log.size = size;
        go(r);
        CU_ASSERT_EQUAL(r->err, -EACCES);
        CU_ASSERT_TRUE(r->log.full);
        CU_ASSERT_EQUAL(r->text[size], 'x');
        CU_ASSERT_TRUE(size == 0 || memchr(r->text, 0, size) != NULL);
        CU_ASSERT_TRUE(size == 0 || r->log.len == strlen(r->text));
        if (size > 140)
            CU_ASSERT_TRUE(has(r, "R9 !read_ok\nprocessed 5 insns"));
        end(r);
    }
    struct run *r = start("r0 = r9\nexit");
    r->log.buf = NULL;
    go(r);
    CU_ASSERT_EQUAL(r->err, -EACCES);
    end(r);
}

static void test_edges(void)
{
    struct run *r = start("r2 = *(u32 *)(r1 +12)\nr2 &= 7\nif r2 > 7 goto never\n"
                          "if r2 > 3 goto out\nout:\nr0 = 2\nexit\nnever:\nr0 = 1\nexit");
    go(r);
    CU_ASSERT_EQUAL(r->err, 0);
    unsigned edges = OFFLOAD_FACT_TAKEN | OFFLOAD_FACT_FALLS;
    CU_ASSERT_EQUAL(r->facts->insn_count, r->prog.insn_count);
    CU_ASSERT_EQUAL(r->facts->flags[2] & edges, OFFLOAD_FACT_FALLS);
    CU_ASSERT_EQUAL(r->facts->flags[3] & edges, edges);
    CU_ASSERT_TRUE(r->facts->flags[4] & OFFLOAD_FACT_REACHED);
    CU_ASSERT_FALSE(r->facts->flags[6] & OFFLOAD_FACT_REACHED);
    end(r);
}

/* An edge that only a later iteration takes is a fact too. */
static void test_edges_of_loop(void)
{
    struct run *r = start("r0 = 0\ntop:\nr0 += 1\nif r0 < 200 goto top\nexit");
    go(r);
    CU_ASSERT_EQUAL(r->err, 0);
    CU_ASSERT_EQUAL(r->facts->flags[2] & (OFFLOAD_FACT_TAKEN | OFFLOAD_FACT_FALLS),
                    OFFLOAD_FACT_TAKEN | OFFLOAD_FACT_FALLS);
    CU_ASSERT_EQUAL(r->facts->processed, 402);
    end(r);
}

static void test_zero_extension(void)
{
    struct run *r =
        start("r2 = *(u32 *)(r1 +12)\nw3 = w2\nw3 += 1\nw4 = w3\n*(u64 *)(r10 -8) = r4\n"
              "w5 = 7\n*(u32 *)(r10 -16) = r5\nw0 = w3\nexit");
    go(r);
    CU_ASSERT_EQUAL(r->err, 0);
    CU_ASSERT_TRUE(r->facts->flags[1] & OFFLOAD_FACT_ZEXT_DEAD); /* w3: read as w3 only */
    CU_ASSERT_TRUE(r->facts->flags[2] & OFFLOAD_FACT_ZEXT_DEAD);
    CU_ASSERT_FALSE(r->facts->flags[3] & OFFLOAD_FACT_ZEXT_DEAD); /* r4 is stored whole */
    CU_ASSERT_TRUE(r->facts->flags[5] & OFFLOAD_FACT_ZEXT_DEAD);  /* the low half of r5 only */
    CU_ASSERT_TRUE(r->facts->flags[7] & OFFLOAD_FACT_ZEXT_DEAD);  /* a verdict has 32 bits */
    end(r);
    r = start("w6 = 1\ncall f\nr0 += r6\nr2 = 1\nif r0 > r2 goto out\nr0 = 0\nout:\nexit\n"
              "f:\nw0 = 3\nexit");
    go(r);
    CU_ASSERT_EQUAL(r->err, 0);
    CU_ASSERT_FALSE(r->facts->flags[0] & OFFLOAD_FACT_ZEXT_DEAD); /* r6 lives across the call */
    CU_ASSERT_FALSE(r->facts->flags[7] & OFFLOAD_FACT_ZEXT_DEAD); /* a subprogram returns 64 */
    end(r);
}

static void test_stack_use(void)
{
    struct run *r = start("*(u64 *)(r10 -24) = 1\ncall f\nexit\nf:\n*(u8 *)(r10 -33) = 1\n"
                          "r0 = 0\nexit");
    go(r);
    CU_ASSERT_EQUAL(r->err, 0);
    CU_ASSERT_EQUAL(r->facts->subprog_count, 2);
    CU_ASSERT_EQUAL(r->facts->subprog_start[1], 3);
    CU_ASSERT_EQUAL(r->facts->subprog_stack[0], 24);
    CU_ASSERT_EQUAL(r->facts->subprog_stack[1], 40);
    CU_ASSERT_EQUAL(r->facts->max_stack, 32 + 48);
    end(r);
}

static void test_no_context(void)
{
    struct offload_verify_opts opts = {.no_ctx = true};
    struct run *r = start("r0 = 0\nexit");
    CU_ASSERT_EQUAL(offload_verify(&r->prog, &opts, NULL, NULL, NULL), 0);
    end(r);
    r = start("r0 = *(u32 *)(r1 +0)\nexit");
    CU_ASSERT_EQUAL(offload_verify(&r->prog, &opts, NULL, &r->facts, &r->why), -EACCES);
    CU_ASSERT_STRING_EQUAL(r->why.reason, "invalid bpf_context access off=0 size=4");
    end(r);
}

int main(void)
{
    static const struct cunit_case cases[] = {
        {"instructions and states", test_trace},
        {"levels", test_levels},
        {"source lines", test_source_lines},
        {"stack and calls", test_stack_and_calls},
        {"map values", test_map_value},
        {"a log too small", test_small_log},
        {"facts: edges", test_edges},
        {"facts: edges of a loop", test_edges_of_loop},
        {"facts: zero extension", test_zero_extension},
        {"facts: stack", test_stack_use},
        {"without context", test_no_context},
        {NULL, NULL},
    };
    return cunit_run("verifier log and facts", cases);
}
