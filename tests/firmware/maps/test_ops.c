/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The map cases (cases) on the firmware compiled for the host: bpf(2)'s calls become
 * admin commands. Arguments: the files. No DRAM may be missing at the end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"
#include "fake.h"
#include "ops.h"

#define DRAM  0x14000000u
#define KEY   FAKE_HOST_IOVA
#define VALUE (FAKE_HOST_IOVA + 0x10000)

static char **files;

static void *user(uint64_t p)
{
    return (void *)(uintptr_t)p;
}

static long run(struct fw_sqe sqe, uint64_t *result)
{
    return -fw_ctl_execute(&fake.ctl, &sqe, result);
}

static long create(const union bpf_attr *a)
{
    struct fw_map_spec spec = {
        .type = a->map_type,
        .key_size = a->key_size,
        .value_size = a->value_size,
        .max_entries = a->max_entries,
        .flags = a->map_flags,
        .extra = a->map_extra,
        .lock_at = a->btf_value_type_id,
    };
    uint64_t handle = 0;
    memcpy(fake_host(KEY), &spec, sizeof(spec));
    long rc = run((struct fw_sqe){.op = FW_ADMIN_MAP_CREATE,
                                  .key_iova = KEY,
                                  .key_len = sizeof(spec),
                                  .value_iova = VALUE},
                  &handle);
    return rc ? rc : (long)((uint32_t)handle - FAKE_HANDLES);
}

static uint8_t op_of(int cmd)
{
    switch (cmd) {
    case BPF_MAP_LOOKUP_ELEM:
        return FW_ADMIN_MAP_LOOKUP;
    case BPF_MAP_UPDATE_ELEM:
        return FW_ADMIN_MAP_UPDATE;
    case BPF_MAP_DELETE_ELEM:
        return FW_ADMIN_MAP_DELETE;
    case BPF_MAP_GET_NEXT_KEY:
        return FW_ADMIN_MAP_NEXT;
    default:
        return FW_ADMIN_MAP_LOOKUP_DELETE;
    }
}

static long element(int cmd, const union bpf_attr *a)
{
    struct fw_map *m = fw_maps_find(&fake.ctl.maps, FAKE_HANDLES + a->map_fd);
    uint32_t bytes = fw_map_host_bytes(m);
    uint64_t result = 0;
    struct fw_sqe sqe = {
        .op = op_of(cmd),
        .handle = FAKE_HANDLES + a->map_fd,
        .key_iova = KEY,
        .key_len = a->key ? m->spec.key_size : 0,
        .value_iova = VALUE,
        .value_len = bytes,
        .arg0 = a->flags,
    };
    if (a->key)
        memcpy(fake_host(KEY), user(a->key), m->spec.key_size);
    if (cmd == BPF_MAP_GET_NEXT_KEY) {
        sqe.value_len = m->spec.key_size;
        sqe.arg0 = a->key == 0;
    } else if (cmd != BPF_MAP_DELETE_ELEM) {
        memcpy(fake_host(VALUE), user(a->value), bytes);
    }
    long rc = run(sqe, &result);
    if (!rc && cmd == BPF_MAP_GET_NEXT_KEY)
        memcpy(user(a->next_key), fake_host(VALUE), m->spec.key_size);
    else if (!rc && cmd != BPF_MAP_DELETE_ELEM && cmd != BPF_MAP_UPDATE_ELEM)
        memcpy(user(a->value), fake_host(VALUE), bytes);
    return rc;
}

static long answer(int cmd, union bpf_attr *a)
{
    return cmd == BPF_MAP_CREATE ? create(a) : element(cmd, a);
}

/* The type id is no BTF's here but the spec's: 1 + the lock's offset. */
static void want_lock(union bpf_attr *a)
{
    a->btf_value_type_id = 1;
}

static void destroy(int fd)
{
    uint64_t result;
    CU_ASSERT_EQUAL(
        run((struct fw_sqe){.op = FW_ADMIN_MAP_DESTROY, .handle = FAKE_HANDLES + (uint32_t)fd},
            &result),
        0);
}

static void test_files(void)
{
    const struct ops_side side = {.name = "firmware",
                                  .bpf = answer,
                                  .close_map = destroy,
                                  .cpus = FAKE_CPUS,
                                  .want_lock = want_lock};
    fake_start(DRAM);
    for (char **f = files; *f; f++) {
        unsigned lines = 0;
        CU_ASSERT_EQUAL(ops_run(&side, *f, &lines), 0);
        CU_ASSERT(lines > 10);
        CU_ASSERT_EQUAL(fw_extents_free_bytes(&fake.ctl.maps.dram), DRAM);
    }
    fake_stop();
}

static const struct cunit_case cases[] = {
    {"cases", test_files},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    files = argv + 1;
    return cunit_run("map operations, firmware on the host", cases);
}
