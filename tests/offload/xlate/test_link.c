/* SPDX-License-Identifier: BSD-3-Clause */
/* What offload_image_link promises. */
#include "cunit_main.h"

#include <errno.h>

#include "nic/rv64.h"
#include "translated.h"

static void test_link(void)
{
    struct program t;
    const uint32_t addr[2] = {0x80000000u, 0xfffffabcu}, value[2] = {0, 0x80001804u};
    struct offload_link link = {.base = 0x20008000u,
                                .gate_base = 0x20001000u,
                                .map_addr = addr,
                                .value_addr = value,
                                .map_count = 2};
    uint32_t out[32];

    assemble(&t, "r1 = map[1]\nr2 = map[1][0]+2044\ncall #33\nexit");
    struct offload_image *img = translate(&t, NULL);
    CU_ASSERT_EQUAL_FATAL(img->code_words, 10);
    CU_ASSERT_EQUAL(offload_image_link(img, &link, out), 0);
    struct rv64_insn lui = rv64_decode(out[0]), addiw = rv64_decode(out[1]);
    CU_ASSERT_EQUAL((uint32_t)(lui.imm + addiw.imm), 0xfffffabcu);
    lui = rv64_decode(out[3]);
    addiw = rv64_decode(out[4]);
    CU_ASSERT_EQUAL((uint32_t)(lui.imm + addiw.imm), 0x80002000u);
    struct rv64_insn call = rv64_decode(out[6]), exit = rv64_decode(out[9]);
    CU_ASSERT_EQUAL(call.rd, RV64_RA);
    CU_ASSERT_EQUAL(link.base + 24 + (uint32_t)call.imm, link.gate_base + 33 * 8);
    CU_ASSERT_EQUAL(exit.rd, RV64_ZERO);
    CU_ASSERT_EQUAL(link.base + 36 + (uint32_t)exit.imm, link.gate_base);
    offload_image_free(img);
}

/* A map beyond 2 GiB: no near address reaches it; without the pass "near" any is reached. */
static void test_link_far(void)
{
    static const struct offload_map one[1] = {
        {.type = 2, .key_size = 4, .value_size = 8, .max_entries = 1, .name = "one"}};
    const uint32_t far = 0xc0001238u;
    struct offload_link link = {.base = 0x20008000u,
                                .gate_base = 0x20000000u,
                                .map_addr = &far,
                                .value_addr = &far,
                                .map_count = 1};
    struct offload_xlate_opts all = {.off = 0}, not_near = {.off = 1u << OFFLOAD_PASS_NEAR};
    struct offload_image *img;
    struct offload_refusal why;
    struct program t;
    uint32_t out[16];

    assemble(&t, "r1 = map[0][0]+0\nr0 = *(u64 *)(r1 +0)\nexit");
    t.p.maps = one;
    t.p.map_count = 1;
    CU_ASSERT_EQUAL_FATAL(offload_translate(&t.p, NULL, &all, 16, &img, &why), 0);
    CU_ASSERT_EQUAL(offload_image_link(img, &link, out), -ERANGE);
    offload_image_free(img);
    CU_ASSERT_EQUAL_FATAL(offload_translate(&t.p, NULL, &not_near, 16, &img, &why), 0);
    CU_ASSERT_EQUAL(offload_image_link(img, &link, out), 0);
    /* lui, addiw, zext.w */
    CU_ASSERT_EQUAL((out[0] & 0xfffff000u) + (uint32_t)((int32_t)out[1] >> 20), far);
    offload_image_free(img);
}

static void test_link_errors(void)
{
    struct program t;
    const uint32_t addr[2] = {0x80000000u, 0x80000100u}, value[2] = {0x80000800u, 0};
    struct offload_link link = {.base = 0x20100000u,
                                .gate_base = 0x20000000u,
                                .map_addr = addr,
                                .value_addr = value,
                                .map_count = 2};
    uint32_t out[32];

    assemble(&t, "r1 = map[1]\nr2 = map[1][0]+4\nr0 = 1\nexit");
    struct offload_image *img = translate(&t, NULL);
    CU_ASSERT_EQUAL(offload_image_link(img, &link, out), -EINVAL); /* map 1 has no values */
    link.value_addr = addr;
    CU_ASSERT_EQUAL(offload_image_link(img, &link, out), -ERANGE);
    link.base = 0x200fffe0u - 7 * 4;
    CU_ASSERT_EQUAL(offload_image_link(img, &link, out), 0);
    link.map_count = 1;
    CU_ASSERT_EQUAL(offload_image_link(img, &link, out), -EINVAL);
    link.map_count = 2;
    link.map_addr = NULL;
    CU_ASSERT_EQUAL(offload_image_link(img, &link, out), -EINVAL);
    offload_image_free(img);
}

static const struct cunit_case suite[] = {
    {"addresses and calls", test_link},
    {"maps far away", test_link_far},
    {"what cannot be", test_link_errors},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("xlate link", suite);
}
