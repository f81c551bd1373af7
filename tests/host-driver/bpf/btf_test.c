/* SPDX-License-Identifier: BSD-3-Clause */
/* BTF_LOAD: real BTF (argument 1: an object file), then the same with every byte changed. */
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "bpf/btf_check.h"
#include "layer.h"

static const char *object;
static uint8_t *raw;
static uint32_t raw_len;

static void read_btf(void)
{
    /* As libbpf loads it: opening fills in what the compiler left out (sizes of sections). */
    struct bpf_object *o = bpf_object__open_file(object, NULL);

    CU_ASSERT_PTR_NOT_NULL_FATAL(o);
    const void *data = btf__raw_data(bpf_object__btf(o), &raw_len);
    raw = malloc(raw_len);
    memcpy(raw, data, raw_len);
    bpf_object__close(o);
}

static long load(const void *data, uint32_t len)
{
    union bpf_attr a;

    memset(&a, 0, sizeof(a));
    a.btf = ptr(data);
    a.btf_size = len;
    return call(BPF_BTF_LOAD, &a);
}

static void test_real(void)
{
    struct bpf_btf_info info = {0};
    union bpf_attr a = {.info = {.info = ptr(&info), .info_len = sizeof(info)}};
    uint8_t *back;

    setup();
    read_btf();
    long fd = load(raw, raw_len);
    CU_ASSERT(fd >= 0);
    a.info.bpf_fd = (uint32_t)fd;
    CU_ASSERT_EQUAL(call(BPF_OBJ_GET_INFO_BY_FD, &a), 0);
    CU_ASSERT_EQUAL(info.btf_size, raw_len);
    back = calloc(1, raw_len);
    info.btf = ptr(back);
    CU_ASSERT_EQUAL(call(BPF_OBJ_GET_INFO_BY_FD, &a), 0);
    CU_ASSERT_EQUAL(memcmp(back, raw, raw_len), 0);
    free(back);
    free(raw);
    teardown();
}

static void test_sizes(void)
{
    setup();
    read_btf();
    CU_ASSERT_EQUAL(load(raw, 0), -EINVAL);
    CU_ASSERT_EQUAL(load(NULL, raw_len), -EINVAL);
    CU_ASSERT_EQUAL(load(raw, (16u << 20) + 1), -E2BIG);
    for (uint32_t len = 1; len < raw_len; len++) {
        uint8_t *cut = malloc(len); /* so that a checker sees an overrun */
        char why[128] = "";
        memcpy(cut, raw, len);
        CU_ASSERT_EQUAL(btf_check(cut, len, why, sizeof(why)), -EINVAL);
        CU_ASSERT_NOT_EQUAL(why[0], '\0');
        free(cut);
    }
    free(raw);
    teardown();
}

/* A changed byte may still be valid BTF: then libbpf must be able to walk it too. */
static void test_changed_bytes(void)
{
    unsigned refused = 0, taken = 0;

    setup();
    read_btf();
    for (uint32_t i = 0; i < raw_len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            raw[i] ^= (uint8_t)(1u << bit);
            long fd = load(raw, raw_len);
            if (fd >= 0)
                close((int)fd);
            refused += fd == -EINVAL;
            taken += fd >= 0;
            raw[i] ^= (uint8_t)(1u << bit);
        }
    }
    CU_ASSERT_EQUAL(refused + taken, raw_len * 8);
    CU_ASSERT(refused > 500);
    CU_ASSERT(taken > 500);
    free(raw);
    teardown();
}

struct tiny {
    struct btf_header h;
    struct btf_type types[2];
    char strs[8];
};

static struct tiny make_tiny(void)
{
    struct tiny t = {
        .h = {.magic = BTF_MAGIC,
              .version = BTF_VERSION,
              .hdr_len = sizeof(t.h),
              .type_len = sizeof(t.types),
              .str_off = sizeof(t.types),
              .str_len = sizeof(t.strs)},
        .types = {{.info = BTF_KIND_TYPEDEF << 24, .type = 2, .name_off = 1},
                  {.info = BTF_KIND_TYPEDEF << 24, .type = 0, .name_off = 1}},
        .strs = "\0name",
    };
    return t;
}

static void test_references(void)
{
    struct tiny t = make_tiny();
    char log[64] = "";
    union bpf_attr a;

    setup();
    CU_ASSERT(load(&t, sizeof(t)) >= 0);
    t.types[1].type = 1; /* a loop */
    CU_ASSERT_EQUAL(load(&t, sizeof(t)), -EINVAL);
    CU_ASSERT(refusal_says("loop"));
    t.types[1].type = 3;
    CU_ASSERT_EQUAL(load(&t, sizeof(t)), -EINVAL);
    CU_ASSERT(refusal_says("refers to type 3"));
    t = make_tiny();
    t.types[1].name_off = sizeof(t.strs);
    memset(&a, 0, sizeof(a));
    a.btf = ptr(&t);
    a.btf_size = sizeof(t);
    a.btf_log_buf = ptr(log);
    a.btf_log_size = 20;
    a.btf_log_level = 1;
    CU_ASSERT_EQUAL(call(BPF_BTF_LOAD, &a), -EINVAL);
    CU_ASSERT_EQUAL(strlen(log), 19); /* cut, terminated */
    t = make_tiny();
    t.types[1].info = BTF_KIND_FUNC << 24; /* a function whose type is no prototype */
    t.types[1].type = 1;
    CU_ASSERT_EQUAL(load(&t, sizeof(t)), -EINVAL);
    t.types[1].info = 31u << 24;
    CU_ASSERT_EQUAL(load(&t, sizeof(t)), -EINVAL);
    CU_ASSERT(refusal_says("unknown kind"));
    t = make_tiny();
    t.strs[sizeof(t.strs) - 1] = 'x';
    CU_ASSERT_EQUAL(load(&t, sizeof(t)), -EINVAL);
    teardown();
}

/* func_info and line_info of a program, against BTF with one function. */
struct with_func {
    struct btf_header h;
    struct btf_type types[2];
    char strs[16];
};

static void test_debug_info(void)
{
    struct with_func t = {
        .h = {.magic = BTF_MAGIC,
              .version = BTF_VERSION,
              .hdr_len = sizeof(t.h),
              .type_len = sizeof(t.types),
              .str_off = sizeof(t.types),
              .str_len = sizeof(t.strs)},
        .types = {{.info = BTF_KIND_FUNC_PROTO << 24},
                  {.info = BTF_KIND_FUNC << 24, .type = 1, .name_off = 1}},
        .strs = "\0prog\0a.c\0  x;",
    };
    struct bpf_func_info f[2] = {{.insn_off = 0, .type_id = 2}, {.insn_off = 1, .type_id = 2}};
    struct bpf_line_info l[2] = {{.file_name_off = 6, .line_off = 10, .line_col = 7 << 10 | 3},
                                 {.insn_off = 1, .file_name_off = 6, .line_off = 10}};
    union bpf_attr a = prog_attr(BPF_PROG_TYPE_XDP, pass_insns, sizeof(pass_insns));
    struct nicbpf_prog_view v;

    setup();
    a.prog_btf_fd = (uint32_t)load(&t, sizeof(t));
    a.func_info = ptr(f);
    a.func_info_cnt = 1;
    a.func_info_rec_size = sizeof(f[0]);
    a.line_info = ptr(l);
    a.line_info_cnt = 2;
    a.line_info_rec_size = sizeof(l[0]);
    long fd = call(BPF_PROG_LOAD, &a);
    CU_ASSERT(fd >= 0);
    CU_ASSERT_EQUAL_FATAL(nicbpf_prog(layer, (int)fd, &v), 0);
    CU_ASSERT_STRING_EQUAL(v.prog->lines[0].file, "a.c");
    CU_ASSERT_STRING_EQUAL(v.prog->lines[0].text, "x;");
    CU_ASSERT_EQUAL(v.prog->lines[0].line, 7);
    CU_ASSERT_EQUAL(v.prog->lines[0].column, 3);
    CU_ASSERT_STRING_EQUAL(v.prog->subprogs[0].name, "prog");
    a.func_info_cnt = 2; /* instruction 1 starts no function */
    CU_ASSERT_EQUAL(call(BPF_PROG_LOAD, &a), -EINVAL);
    a.func_info_cnt = 1;
    f[0].type_id = 1;
    CU_ASSERT_EQUAL(call(BPF_PROG_LOAD, &a), -EINVAL);
    f[0].type_id = 99;
    CU_ASSERT_EQUAL(call(BPF_PROG_LOAD, &a), -EINVAL);
    f[0] = (struct bpf_func_info){.insn_off = 1, .type_id = 2};
    CU_ASSERT_EQUAL(call(BPF_PROG_LOAD, &a), -EINVAL);
    f[0].insn_off = 0;
    l[1].insn_off = 2;
    CU_ASSERT_EQUAL(call(BPF_PROG_LOAD, &a), -EINVAL);
    l[1].insn_off = 0;
    CU_ASSERT_EQUAL(call(BPF_PROG_LOAD, &a), -EINVAL);
    l[1].insn_off = 1;
    l[1].line_off = 16;
    CU_ASSERT_EQUAL(call(BPF_PROG_LOAD, &a), -EINVAL);
    l[1].line_off = 10;
    a.line_info_rec_size = 12;
    CU_ASSERT_EQUAL(call(BPF_PROG_LOAD, &a), -EINVAL);
    a.line_info_rec_size = sizeof(l[0]);
    a.line_info_cnt = UINT32_MAX;
    CU_ASSERT_EQUAL(call(BPF_PROG_LOAD, &a), -EINVAL);
    a.line_info_cnt = 1;
    a.line_info_rec_size = 2 * sizeof(l[0]); /* a newer record, with something in it */
    CU_ASSERT_EQUAL(call(BPF_PROG_LOAD, &a), -E2BIG);
    teardown();
}

static const struct cunit_case cases[] = {
    {"real BTF, and back", test_real},
    {"sizes, and cut at every byte", test_sizes},
    {"every bit changed", test_changed_bytes},
    {"references", test_references},
    {"func_info and line_info", test_debug_info},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    object = argc > 1 ? argv[1] : NULL;
    return cunit_run("BTF", cases);
}
