/* SPDX-License-Identifier: BSD-3-Clause */
/* Map commands: attribute rules, errors, permissions. What the kernel answers is in each case's
 * comment or name. */
#include <fcntl.h>

#include "layer.h"

static void test_attr_rules(void)
{
    static uint8_t big[8192];
    union bpf_attr a = map_attr(BPF_MAP_TYPE_ARRAY, 4, 8, 4);

    setup();
    memcpy(big, &a, sizeof(a));
    CU_ASSERT_EQUAL(nicbpf_call(layer, BPF_MAP_CREATE, big, 4097), -E2BIG);
    CU_ASSERT_EQUAL(nicbpf_call(layer, 999, big, sizeof(a)), -EINVAL);
    CU_ASSERT_EQUAL(nicbpf_call(layer, -1, big, sizeof(a)), -EINVAL);
    CU_ASSERT_EQUAL(nicbpf_call(layer, BPF_MAP_CREATE, NULL, sizeof(a)), -EFAULT);
    CU_ASSERT(nicbpf_call(layer, BPF_MAP_CREATE, big, 4096) >= 0); /* a longer attr, all zero */
    big[4000] = 1;
    CU_ASSERT_EQUAL(nicbpf_call(layer, BPF_MAP_CREATE, big, 4096), -E2BIG);
    CU_ASSERT(nicbpf_call(layer, BPF_MAP_CREATE, &a, 20) >=
              0);                       /* a short one, as old libraries send */
    ((uint8_t *)&a)[sizeof(a) - 1] = 1; /* behind what MAP_CREATE reads */
    CU_ASSERT_EQUAL(call(BPF_MAP_CREATE, &a), -EINVAL);
    teardown();
}

static void create_fails(union bpf_attr a, int code, const char *word)
{
    CU_ASSERT_EQUAL(call(BPF_MAP_CREATE, &a), code);
    CU_ASSERT(refusal_says(word));
    CU_ASSERT_EQUAL(nicbpf_refusal(layer)->code, code);
    CU_ASSERT_EQUAL(fake_fw_maps(fw), 0);
}

static void test_create_refused(void)
{
    union bpf_attr a;

    setup();
    create_fails(
        map_attr(BPF_MAP_TYPE_LRU_HASH, 4, 8, 4), -EINVAL,
        "map 'table': type LRU_HASH (9) is not supported by the firmware (it has ARRAY, HASH)");
    create_fails(map_attr(4711, 4, 8, 4), -EINVAL, "4711");
    create_fails(map_attr(BPF_MAP_TYPE_ARRAY, 8, 8, 4), -EINVAL, "4 bytes");
    create_fails(map_attr(BPF_MAP_TYPE_ARRAY, 4, 0, 4), -EINVAL, "must not be 0");
    create_fails(map_attr(BPF_MAP_TYPE_ARRAY, 4, 8, 0), -EINVAL, "must not be 0");
    create_fails(map_attr(BPF_MAP_TYPE_HASH, 0, 8, 4), -EINVAL, "must not be 0");
    create_fails(map_attr(BPF_MAP_TYPE_HASH, 257, 8, 4), -E2BIG, "at most 256");
    create_fails(map_attr(BPF_MAP_TYPE_HASH, UINT32_MAX, UINT32_MAX, 4), -E2BIG, "too large");
    create_fails(map_attr(BPF_MAP_TYPE_ARRAY, 4, 0x80000000u, 4), -E2BIG, "too large");
    a = map_attr(BPF_MAP_TYPE_ARRAY, 4, 8, 4);
    a.map_flags = BPF_F_NO_PREALLOC;
    create_fails(a, -EINVAL, "flag");
    a.map_flags = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;
    create_fails(a, -EINVAL, "read-only and write-only");
    a.map_flags = 1u << 31;
    create_fails(a, -EINVAL, "flag");
    a = map_attr(BPF_MAP_TYPE_ARRAY, 4, 8, 4);
    memset(a.map_name, 'a', sizeof(a.map_name)); /* no NUL */
    create_fails(a, -EINVAL, "name");
    memcpy(a.map_name, "a b", 4);
    create_fails(a, -EINVAL, "name");
    a = map_attr(BPF_MAP_TYPE_ARRAY, 4, 8, 4);
    a.btf_key_type_id = 1;
    create_fails(a, -EINVAL, "BTF");
    a.btf_value_type_id = 1;
    a.btf_fd = 9999;
    create_fails(a, -EBADF, "BTF");
    teardown();
}

static void test_too_large(void)
{
    setup();
    create_fails(map_attr(BPF_MAP_TYPE_HASH, 16, 1000, 2000), -E2BIG, "2000 entries");
    CU_ASSERT(refusal_says("1048576 bytes free"));
    create_fails(map_attr(BPF_MAP_TYPE_ARRAY, 4, 60000, UINT32_MAX), -E2BIG, "bytes free");
    fake_fw_fail(fw, FW_ADMIN_MAP_CREATE, ENOMEM); /* the firmware knows better than the estimate */
    create_fails(map_attr(BPF_MAP_TYPE_ARRAY, 4, 8, 4), -ENOMEM, "bytes free");
    fake_fw_fail(fw, FW_ADMIN_MAP_CREATE, EIO);
    create_fails(map_attr(BPF_MAP_TYPE_ARRAY, 4, 8, 4), -EIO, "the firmware refused it");
    fake_fw_fail(fw, FW_ADMIN_MAP_CREATE, 0);
    make_map(BPF_MAP_TYPE_ARRAY, 8, 4, 0);
    CU_ASSERT_STRING_EQUAL(nicbpf_last_refusal(layer), ""); /* success forgets it */
    CU_ASSERT_EQUAL(nicbpf_refusal(layer)->code, 0);
    teardown();
}

static void test_array(void)
{
    uint32_t key = 3;
    uint64_t v = 42, out = 0;

    setup();
    int fd = make_map(BPF_MAP_TYPE_ARRAY, 8, 4, 0);
    CU_ASSERT_EQUAL(elem(BPF_MAP_UPDATE_ELEM, fd, &key, &v, BPF_ANY), 0);
    CU_ASSERT_EQUAL(elem(BPF_MAP_LOOKUP_ELEM, fd, &key, &out, 0), 0);
    CU_ASSERT_EQUAL(out, 42);
    CU_ASSERT_EQUAL(elem(BPF_MAP_UPDATE_ELEM, fd, &key, &v, BPF_NOEXIST), -EEXIST);
    CU_ASSERT_EQUAL(elem(BPF_MAP_DELETE_ELEM, fd, &key, NULL, 0), -EINVAL);
    key = 4;
    CU_ASSERT_EQUAL(elem(BPF_MAP_UPDATE_ELEM, fd, &key, &v, BPF_ANY), -E2BIG);
    CU_ASSERT_EQUAL(elem(BPF_MAP_LOOKUP_ELEM, fd, &key, &out, 0), -ENOENT);
    teardown();
}

static void test_hash(void)
{
    uint32_t key = 7;
    uint64_t v = 1, out;

    setup();
    int fd = make_map(BPF_MAP_TYPE_HASH, 8, 2, 0);
    CU_ASSERT_EQUAL(elem(BPF_MAP_LOOKUP_ELEM, fd, &key, &out, 0), -ENOENT);
    CU_ASSERT_EQUAL(elem(BPF_MAP_UPDATE_ELEM, fd, &key, &v, BPF_EXIST), -ENOENT);
    CU_ASSERT_EQUAL(elem(BPF_MAP_UPDATE_ELEM, fd, &key, &v, BPF_NOEXIST), 0);
    CU_ASSERT_EQUAL(elem(BPF_MAP_UPDATE_ELEM, fd, &key, &v, BPF_NOEXIST), -EEXIST);
    key = 8;
    CU_ASSERT_EQUAL(elem(BPF_MAP_UPDATE_ELEM, fd, &key, &v, BPF_ANY), 0);
    key = 9;
    CU_ASSERT_EQUAL(elem(BPF_MAP_UPDATE_ELEM, fd, &key, &v, BPF_ANY), -E2BIG);
    CU_ASSERT_EQUAL(elem(BPF_MAP_DELETE_ELEM, fd, &key, NULL, 0), -ENOENT);
    key = 7;
    CU_ASSERT_EQUAL(elem(BPF_MAP_DELETE_ELEM, fd, &key, NULL, 0), 0);
    teardown();
}

static void test_arguments(void)
{
    uint32_t key = 0;
    uint64_t v = 0;

    setup();
    int fd = make_map(BPF_MAP_TYPE_ARRAY, 8, 4, 0);
    CU_ASSERT_EQUAL(elem(BPF_MAP_LOOKUP_ELEM, fd, NULL, &v, 0), -EFAULT);
    CU_ASSERT_EQUAL(elem(BPF_MAP_LOOKUP_ELEM, fd, &key, NULL, 0), -EFAULT);
    CU_ASSERT_EQUAL(elem(BPF_MAP_UPDATE_ELEM, fd, &key, NULL, 0), -EFAULT);
    CU_ASSERT_EQUAL(elem(BPF_MAP_DELETE_ELEM, fd, NULL, NULL, 0), -EFAULT);
    CU_ASSERT_EQUAL(elem(BPF_MAP_LOOKUP_ELEM, fd, &key, &v, 1), -EINVAL);
    CU_ASSERT_EQUAL(elem(BPF_MAP_UPDATE_ELEM, fd, &key, &v, BPF_F_LOCK), -EINVAL);
    CU_ASSERT_EQUAL(elem(BPF_MAP_UPDATE_ELEM, fd, &key, &v, 3), -EINVAL);
    CU_ASSERT_EQUAL(elem(BPF_MAP_UPDATE_ELEM, fd, &key, &v, UINT64_MAX), -EINVAL);
    CU_ASSERT_EQUAL(elem(BPF_MAP_DELETE_ELEM, fd, &key, &v, 0), -EINVAL); /* value must be zero */
    CU_ASSERT_EQUAL(elem(BPF_MAP_LOOKUP_ELEM, 9999, &key, &v, 0), -EBADF);
    CU_ASSERT_EQUAL(elem(BPF_MAP_LOOKUP_ELEM, -1, &key, &v, 0), -EBADF);
    CU_ASSERT_EQUAL(elem(BPF_MAP_LOOKUP_ELEM, STDIN_FILENO, &key, &v, 0),
                    -EINVAL); /* some other file */
    union bpf_attr a;
    memset(&a, 0, sizeof(a));
    a.batch.map_fd = (uint32_t)fd;
    a.batch.count = 1;
    a.batch.keys = ptr(&key);
    a.batch.values = ptr(&v);
    CU_ASSERT_EQUAL(call(BPF_MAP_LOOKUP_BATCH, &a), -EFAULT); /* nowhere for out_batch */
    teardown();
}

static void test_next_key(void)
{
    uint32_t keys[3] = {10, 20, 30}, next = 0, seen = 0;
    uint64_t v = 0;

    setup();
    int fd = make_map(BPF_MAP_TYPE_HASH, 8, 8, 0);
    CU_ASSERT_EQUAL(elem(BPF_MAP_GET_NEXT_KEY, fd, NULL, &next, 0), -ENOENT); /* empty */
    for (unsigned i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(elem(BPF_MAP_UPDATE_ELEM, fd, &keys[i], &v, 0), 0);
    for (long rc = elem(BPF_MAP_GET_NEXT_KEY, fd, NULL, &next, 0); !rc && seen < 10; seen++) {
        uint32_t at = next;
        rc = elem(BPF_MAP_GET_NEXT_KEY, fd, &at, &next, 0);
        CU_ASSERT(rc == 0 || rc == -ENOENT);
    }
    CU_ASSERT_EQUAL(seen, 3);
    next = 99; /* not in the map: starts over */
    CU_ASSERT_EQUAL(elem(BPF_MAP_GET_NEXT_KEY, fd, &next, &keys[0], 0), 0);
    CU_ASSERT_EQUAL(elem(BPF_MAP_GET_NEXT_KEY, fd, &next, NULL, 0), -EFAULT);
    teardown();
}

static void test_permissions(void)
{
    union bpf_attr a;
    uint32_t key = 0;
    uint64_t v = 5;

    setup();
    int ro = make_map(BPF_MAP_TYPE_ARRAY, 8, 1, BPF_F_RDONLY);
    CU_ASSERT_EQUAL(elem(BPF_MAP_UPDATE_ELEM, ro, &key, &v, 0), -EPERM);
    CU_ASSERT_EQUAL(elem(BPF_MAP_DELETE_ELEM, ro, &key, NULL, 0), -EPERM);
    CU_ASSERT_EQUAL(elem(BPF_MAP_LOOKUP_ELEM, ro, &key, &v, 0), 0);
    int wo = make_map(BPF_MAP_TYPE_ARRAY, 8, 1, BPF_F_WRONLY);
    CU_ASSERT_EQUAL(elem(BPF_MAP_LOOKUP_ELEM, wo, &key, &v, 0), -EPERM);
    CU_ASSERT_EQUAL(elem(BPF_MAP_GET_NEXT_KEY, wo, NULL, &v, 0), -EPERM);
    CU_ASSERT_EQUAL(elem(BPF_MAP_UPDATE_ELEM, wo, &key, &v, 0), 0);
    int frozen = make_map(BPF_MAP_TYPE_ARRAY, 8, 1, BPF_F_RDONLY_PROG | BPF_F_MMAPABLE);
    memset(&a, 0, sizeof(a));
    a.map_fd = (uint32_t)frozen;
    CU_ASSERT_EQUAL(elem(BPF_MAP_UPDATE_ELEM, frozen, &key, &v, 0), 0);
    CU_ASSERT_EQUAL(call(BPF_MAP_FREEZE, &a), 0);
    CU_ASSERT_EQUAL(call(BPF_MAP_FREEZE, &a), -EPERM);
    CU_ASSERT_EQUAL(elem(BPF_MAP_UPDATE_ELEM, frozen, &key, &v, 0), -EPERM);
    CU_ASSERT_EQUAL(elem(BPF_MAP_LOOKUP_ELEM, frozen, &key, &v, 0), 0);
    teardown();
}

static void test_info(void)
{
    struct bpf_map_info info = {0};
    union bpf_attr a = {.info = {.info = ptr(&info), .info_len = sizeof(info)}};
    uint8_t newer[sizeof(info) + 8];

    setup();
    a.info.bpf_fd = (uint32_t)make_map(BPF_MAP_TYPE_HASH, 24, 100, BPF_F_NO_PREALLOC);
    CU_ASSERT_EQUAL(call(BPF_OBJ_GET_INFO_BY_FD, &a), 0);
    CU_ASSERT_EQUAL(info.type, BPF_MAP_TYPE_HASH);
    CU_ASSERT_EQUAL(info.key_size, 4);
    CU_ASSERT_EQUAL(info.value_size, 24);
    CU_ASSERT_EQUAL(info.max_entries, 100);
    CU_ASSERT_EQUAL(info.map_flags, BPF_F_NO_PREALLOC);
    CU_ASSERT_STRING_EQUAL(info.name, "table");
    CU_ASSERT_NOT_EQUAL(info.id, 0);
    CU_ASSERT_EQUAL(a.info.info_len, sizeof(info));
    a.info.info_len = 8; /* an old caller gets what it knows */
    memset(&info, 0, sizeof(info));
    CU_ASSERT_EQUAL(call(BPF_OBJ_GET_INFO_BY_FD, &a), 0);
    CU_ASSERT_EQUAL(a.info.info_len, 8);
    CU_ASSERT_EQUAL(info.type, BPF_MAP_TYPE_HASH);
    CU_ASSERT_EQUAL(info.key_size, 0);
    memset(newer, 0, sizeof(newer));
    newer[sizeof(info)] = 1; /* a newer one that uses its new fields is told so */
    a.info.info = ptr(newer);
    a.info.info_len = sizeof(newer);
    CU_ASSERT_EQUAL(call(BPF_OBJ_GET_INFO_BY_FD, &a), -E2BIG);
    a.info.bpf_fd = 9999;
    CU_ASSERT_EQUAL(call(BPF_OBJ_GET_INFO_BY_FD, &a), -EBADF);
    teardown();
}

static const struct cunit_case cases[] = {
    {"size and padding of the attribute", test_attr_rules},
    {"create: refused, and why", test_create_refused},
    {"create: too large", test_too_large},
    {"array", test_array},
    {"hash", test_hash},
    {"bad arguments", test_arguments},
    {"walk by key", test_next_key},
    {"read-only, write-only, frozen", test_permissions},
    {"info", test_info},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("bpf maps", cases);
}
