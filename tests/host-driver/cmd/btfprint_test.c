/* SPDX-License-Identifier: BSD-3-Clause */
/* Values of types that libbpf's BTF writer makes. */
#include <stdlib.h>
#include <string.h>

#include "cmd/btfprint.h"
#include "cunit_main.h"

struct types {
    struct btf *btf;
    int u8, u16, u32, u64, s32, boolean, color, be32, be16, in6, mac, shorts, point, nested, bits;
    int section, pointer;
};

static void make_scalars(struct types *t)
{
    struct btf *b = t->btf;

    t->u8 = btf__add_int(b, "unsigned char", 1, 0);
    t->u16 = btf__add_int(b, "unsigned short", 2, 0);
    t->u32 = btf__add_int(b, "unsigned int", 4, 0);
    t->u64 = btf__add_int(b, "unsigned long long", 8, 0);
    t->s32 = btf__add_int(b, "int", 4, BTF_INT_SIGNED);
    t->boolean = btf__add_int(b, "_Bool", 1, BTF_INT_BOOL);
    t->color = btf__add_enum(b, "color", 4);
    btf__add_enum_value(b, "RED", 0);
    btf__add_enum_value(b, "GREEN", 1);
    t->be32 = btf__add_typedef(b, "__be32", t->u32);
    t->be16 = btf__add_typedef(b, "__be16", t->u16);
    t->pointer = btf__add_ptr(b, t->u32);
}

static void make_composites(struct types *t)
{
    struct btf *b = t->btf;
    int total, seen;

    t->mac = btf__add_array(b, t->u32, t->u8, 6);
    t->shorts = btf__add_array(b, t->u32, t->u16, 3);
    t->in6 = btf__add_struct(b, "in6_addr", 16);
    btf__add_field(b, "bytes", btf__add_array(b, t->u32, t->u8, 16), 0, 0);
    t->point = btf__add_struct(b, "point", 8);
    btf__add_field(b, "x", t->s32, 0, 0);
    btf__add_field(b, "y", t->u32, 32, 0);
    t->nested = btf__add_struct(b, "nested", 16);
    btf__add_field(b, "at", t->point, 0, 0);
    btf__add_field(b, "from", t->be32, 64, 0);
    btf__add_field(b, "c", t->color, 96, 0);
    t->bits = btf__add_struct(b, "bits", 4);
    btf__add_field(b, "low", t->u32, 0, 3);
    btf__add_field(b, "high", t->u32, 3, 13);
    total = btf__add_var(b, "total", BTF_VAR_GLOBAL_ALLOCATED, t->u64);
    seen = btf__add_var(b, "seen", BTF_VAR_GLOBAL_ALLOCATED, t->s32);
    t->section = btf__add_datasec(b, ".bss", 12);
    btf__add_datasec_var_info(b, total, 0, 8);
    btf__add_datasec_var_info(b, seen, 8, 4);
}

/* Sums of numbers by themselves; what has a meaning beside its bytes is not added. */
static void expect_sum(const struct btf *btf, int id, const void *value, size_t len, bool adds)
{
    unsigned char sum[64] = {0}, twice[64] = {0};
    CU_ASSERT_EQUAL(btf_add(btf, (uint32_t)id, sum, value, len), adds);
    for (size_t i = 0; i < len; i++) /* no digit is above 127: no carry */
        twice[i] = (unsigned char)(2 * ((const unsigned char *)value)[i]);
    if (adds) {
        CU_ASSERT_EQUAL(memcmp(sum, value, len), 0);
        CU_ASSERT(btf_add(btf, (uint32_t)id, sum, value, len));
        CU_ASSERT_EQUAL(memcmp(sum, twice, len), 0);
    }
}

static void expect(const struct btf *btf, int id, const void *data, size_t len, const char *want)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    btf_print(f, btf, (uint32_t)id, data, len);
    fclose(f);
    if (strcmp(text, want) != 0)
        fprintf(stderr, "got '%s', want '%s'\n", text, want);
    CU_ASSERT_STRING_EQUAL(text, want);
    free(text);
}

static struct types make_types(void)
{
    struct types t = {.btf = btf__new_empty()};

    CU_ASSERT_PTR_NOT_NULL_FATAL(t.btf);
    make_scalars(&t);
    make_composites(&t);
    CU_ASSERT_FATAL(t.section > 0);
    return t;
}

static void test_scalars(void)
{
    struct types t = make_types();

    expect(t.btf, t.u8, "\xff", 1, "255");
    expect(t.btf, t.u64, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, "18446744073709551615");
    expect(t.btf, t.s32, "\xfe\xff\xff\xff", 4, "-2");
    expect(t.btf, t.boolean, "\1", 1, "true");
    expect(t.btf, t.color, "\1\0\0\0", 4, "GREEN");
    expect(t.btf, t.color, "\7\0\0\0", 4, "7");
    expect(t.btf, t.be32, "\xc0\0\2\1", 4, "192.0.2.1");
    expect(t.btf, t.be16, "\x01\xbb", 2, "443");
    btf__free(t.btf);
}

static void test_composites(void)
{
    struct types t = make_types();
    static const unsigned char in6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};

    expect(t.btf, t.in6, in6, 16, "2001:db8::1");
    expect(t.btf, t.mac, "\2\0\0\0\0\xfe", 6, "02:00:00:00:00:fe");
    expect(t.btf, t.shorts, "\1\0\2\0\3\0", 6, "[1 2 3]");
    expect(t.btf, t.point, "\xff\xff\xff\xff\5\0\0\0", 8, "x -1, y 5");
    expect(t.btf, t.nested, "\1\0\0\0\2\0\0\0\x0a\0\0\1\0\0\0\0", 16,
           "at {x 1, y 2}, from 10.0.0.1, c RED");
    expect(t.btf, t.bits, "\x0d\1\0\0", 4, "low 5, high 33");
    expect(t.btf, t.section, "\x10\0\0\0\0\0\0\0\xff\xff\xff\xff", 12, "total 16, seen -1");
    btf__free(t.btf);
}

static void test_sums(void)
{
    struct types t = make_types();

    expect_sum(t.btf, t.u64, "\1\2\3\4\5\6\7\x10", 8, true);
    expect_sum(t.btf, t.s32, "\1\0\0\0", 4, true);
    expect_sum(t.btf, t.shorts, "\1\0\2\0\3\0", 6, true);
    expect_sum(t.btf, t.point, "\7\0\0\0\5\0\0\0", 8, true);
    expect_sum(t.btf, t.boolean, "\1", 1, false);
    expect_sum(t.btf, t.color, "\1\0\0\0", 4, false);
    expect_sum(t.btf, t.be32, "\1\0\0\0", 4, false);
    expect_sum(t.btf, t.mac, "\1\2\3\4\5\6", 6, false);
    expect_sum(t.btf, t.bits, "\1\0\0\0", 4, false);
    expect_sum(t.btf, t.nested, "\1\0\0\0\2\0\0\0\x0a\0\0\1\0\0\0\0", 16, false);
    expect_sum(t.btf, t.u64, "\1\0\0\0", 4, false); /* too short */
    expect_sum(t.btf, t.point, "\1\0\0\0\2", 5, false);
    expect_sum(t.btf, 0, "\1\0\0\0", 4, false);
    expect_sum(NULL, t.u64, "\1\0\0\0", 4, false);
    btf__free(t.btf);
}

/* A type that does not fit the bytes, or none: hexadecimal, and never a read beyond them. */
static void test_hex(void)
{
    struct types t = make_types();
    unsigned char many[40] = {0xab};

    expect(t.btf, t.u64, "\1\2\3\4", 4, "01020304");
    expect(t.btf, t.nested, "\1\2\3", 3, "010203");
    expect(t.btf, 9999, "\1\2", 2, "0102");
    expect(t.btf, 0, "\1\2", 2, "0102");
    expect(NULL, 1, "\1\2", 2, "0102");
    expect(t.btf, t.pointer, "\1\2\3\4\5\6\7\x08", 8, "0102030405060708");
    expect(NULL, 0, many, sizeof(many),
           "ab00000000000000000000000000000000000000000000000000000000000000... (40 bytes)");
    btf__free(t.btf);
}

static const struct cunit_case cases[] = {
    {"scalars", test_scalars},
    {"composites", test_composites},
    {"hexadecimal where the type does not fit", test_hex},
    {"sums", test_sums},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("cmd/btfprint", cases);
}
