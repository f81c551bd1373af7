/* SPDX-License-Identifier: BSD-3-Clause */
/* Every admin command: what it does, and what it refuses of a hostile host. */
#include <string.h>

#include "core/layout.h"
#include "cunit_main.h"
#include "datapath/redirect.h"
#include "dice.h"
#include "fake.h"

#define DRAM  0x1000000u
#define KEY   (FAKE_HOST_IOVA + 0x1000)
#define VALUE (FAKE_HOST_IOVA + 0x100000)
#define NOMAP 0x100000000u /* an IOVA that nobody mapped */

static uint64_t result;

static int run(struct fw_sqe sqe)
{
    result = 0;
    return fw_ctl_execute(&fake.ctl, &sqe, &result);
}

static void start(void)
{
    fake_start(DRAM);
}

/* ---- programs ---- */

static uint32_t prog_create(uint64_t bytes)
{
    CU_ASSERT_EQUAL(run((struct fw_sqe){.op = FW_ADMIN_PROG_CREATE, .arg0 = bytes}), 0);
    return (uint32_t)result;
}

static int prog_load_flags(uint32_t handle, uint32_t bytes, uint64_t entry, uint64_t flags)
{
    return run((struct fw_sqe){.op = FW_ADMIN_PROG_LOAD,
                               .handle = handle,
                               .value_iova = VALUE,
                               .value_len = bytes,
                               .arg0 = entry,
                               .arg1 = flags});
}

static int prog_load(uint32_t handle, uint32_t bytes, uint64_t entry)
{
    return prog_load_flags(handle, bytes, entry, 0);
}

static int prog_op(enum fw_admin_op op, uint32_t handle, uint64_t arg0, uint64_t arg1)
{
    return run((struct fw_sqe){.op = (uint8_t)op, .handle = handle, .arg0 = arg0, .arg1 = arg1});
}

static void test_prog_life(void)
{
    start();
    memset(fake_host(VALUE), 0x5a, 128);
    uint32_t h = prog_create(128);
    uint32_t base = (uint32_t)(result >> 32);
    CU_ASSERT_EQUAL(base, FAKE_PROG_LO);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, h, 1, 0), FW_EINVAL); /* not loaded */
    CU_ASSERT_EQUAL(prog_load(h, 128, 8), 0);
    CU_ASSERT_EQUAL(memcmp(fake.istore, fake_host(VALUE), 128), 0);
    CU_ASSERT_EQUAL(fake.code_ready, 1);
    CU_ASSERT_EQUAL(prog_load(h, 128, 8), FW_EBUSY);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, h, 1, 0), 0);
    CU_ASSERT_EQUAL((uint32_t)fake.cookie[0], base + 8);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DESTROY, h, 0, 0), FW_EBUSY);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DETACH, 0, 1, 0), 0);
    CU_ASSERT_EQUAL(fake.cookie[0], 0);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DETACH, 0, 1, 0), FW_ENOENT);
    fake.seq_next = 5;
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DESTROY, h, 0, 0), 0);
    CU_ASSERT_EQUAL(fake.seq_done, 5); /* waited for the packets in flight */
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DESTROY, h, 0, 0), FW_ENOENT);
    CU_ASSERT_EQUAL(fw_extents_free_bytes(&fake.ctl.istore), FAKE_PROG_BYTES);
    fake_stop();
}

static void test_prog_replace(void)
{
    start();
    uint32_t a = prog_create(64), b = prog_create(64);
    CU_ASSERT_EQUAL(prog_load(a, 64, 0), 0);
    CU_ASSERT_EQUAL(prog_load(b, 64, 0), 0);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, a, 2, 0), 0);
    uint64_t old = fake.cookie[1];
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, b, 2, 0), FW_EBUSY);
    CU_ASSERT_EQUAL(fake.cookie[1], old);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, b, 2, 1), 0);
    CU_ASSERT_NOT_EQUAL(fake.cookie[1], old);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DESTROY, a, 0, 0), 0);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, b, 1, 0), 0); /* two ports */
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DETACH, 0, 2, 0), 0);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DESTROY, b, 0, 0), FW_EBUSY);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, b, 1, 1), 0); /* by itself */
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DETACH, 0, 1, 0), 0);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DESTROY, b, 0, 0), 0);
    fake_stop();
}

static void test_prog_refusals(void)
{
    start();
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_CREATE, 0, 0, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_CREATE, 0, 6, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_CREATE, 0, FAKE_PROG_BYTES + 4, 0), FW_ENOMEM);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_CREATE, 0, UINT64_MAX - 3, 0), FW_ENOMEM);
    uint32_t h = prog_create(64);
    CU_ASSERT_EQUAL(prog_load(h, 60, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_load(h, 128, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_load(h, 64, 64), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_load(h, 64, 2), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_load(h, 64, UINT64_MAX - 3), FW_EINVAL);
    CU_ASSERT_EQUAL(
        run((struct fw_sqe){
            .op = FW_ADMIN_PROG_LOAD, .handle = h, .value_iova = NOMAP, .value_len = 64}),
        FW_EFAULT);
    CU_ASSERT_EQUAL(prog_load(0, 64, 0), FW_ENOENT);
    CU_ASSERT_EQUAL(prog_load(h + 1, 64, 0), FW_ENOENT);
    CU_ASSERT_EQUAL(prog_load(UINT32_MAX, 64, 0), FW_ENOENT);
    CU_ASSERT_EQUAL(prog_load(h, 64, 60), 0);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, h, 0, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, h, FAKE_PORTS + 1, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, h, (uint64_t)1 << 32 | 1, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, h, 1, 2), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DETACH, 0, 0, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DETACH, 0, FAKE_PORTS + 1, 0), FW_EINVAL);
    fake_stop();
}

/* A handle of a slot's former program does not name its next one. */
static void test_prog_old_handle(void)
{
    start();
    uint32_t a = prog_create(64);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DESTROY, a, 0, 0), 0);
    uint32_t b = prog_create(64);
    CU_ASSERT_NOT_EQUAL(a, b);
    CU_ASSERT_EQUAL(prog_load(a, 64, 0), FW_ENOENT);
    CU_ASSERT_EQUAL(prog_load(b, 64, 0), 0);
    for (unsigned i = 1; i < FW_PROGS_MAX; i++)
        (void)prog_create(4);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_CREATE, 0, 4, 0), FW_ENOSPC);
    fake_stop();
}

/* ---- maps ---- */

static int map_create(struct fw_map_spec spec, uint32_t *handle)
{
    memcpy(fake_host(KEY), &spec, sizeof(spec));
    int err = run((struct fw_sqe){
        .op = FW_ADMIN_MAP_CREATE, .key_iova = KEY, .key_len = sizeof(struct fw_map_spec)});
    *handle = (uint32_t)result;
    return err;
}

static struct fw_sqe map_sqe(enum fw_admin_op op, uint32_t handle, uint32_t key_len,
                             uint32_t value_len)
{
    return (struct fw_sqe){.op = (uint8_t)op,
                           .handle = handle,
                           .key_iova = KEY,
                           .key_len = key_len,
                           .value_iova = VALUE,
                           .value_len = value_len};
}

static void test_map_commands(void)
{
    uint32_t h;
    start();
    CU_ASSERT_EQUAL(map_create((struct fw_map_spec){FW_MAP_HASH, 4, 8, 10, 0, 0, 0, 0, 0}, &h), 0);
    CU_ASSERT_EQUAL(h, FAKE_HANDLES);
    CU_ASSERT_EQUAL(result >> 32, 0);
    memcpy(fake_host(KEY), "abcd", 4);
    memcpy(fake_host(VALUE), "VALUE 01", 8);
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_MAP_LOOKUP, h, 4, 8)), FW_ENOENT);
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_MAP_UPDATE, h, 4, 8)), 0);
    memset(fake_host(VALUE), 0, 8);
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_MAP_LOOKUP, h, 4, 8)), 0);
    CU_ASSERT_EQUAL(memcmp(fake_host(VALUE), "VALUE 01", 8), 0);
    struct fw_sqe first = map_sqe(FW_ADMIN_MAP_NEXT, h, 0, 4);
    first.arg0 = 1;
    CU_ASSERT_EQUAL(run(first), 0);
    CU_ASSERT_EQUAL(memcmp(fake_host(VALUE), "abcd", 4), 0);
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_MAP_NEXT, h, 4, 4)), FW_ENOENT);
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_MAP_DELETE, h, 4, 0)), 0);
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_MAP_DELETE, h, 4, 0)), FW_ENOENT);
    fake.seq_next = 9;
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_MAP_DESTROY, h, 0, 0)), 0);
    CU_ASSERT_EQUAL(fake.seq_done, 9);
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_MAP_DESTROY, h, 0, 0)), FW_ENOENT);
    CU_ASSERT_EQUAL(fw_extents_free_bytes(&fake.ctl.maps.dram), DRAM);
    fake_stop();
}

static void test_map_array_value_addr(void)
{
    uint32_t h;
    start();
    CU_ASSERT_EQUAL(map_create((struct fw_map_spec){FW_MAP_ARRAY, 4, 16, 4, 0, 0, 0, 0, 0}, &h), 0);
    uint32_t addr = (uint32_t)(result >> 32);
    memcpy(fake_host(KEY), &(uint32_t){1}, 4);
    memcpy(fake_host(VALUE), "sixteen bytes...", 16);
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_MAP_UPDATE, h, 4, 16)), 0);
    CU_ASSERT_EQUAL(memcmp(plat_ptr(addr + 16), "sixteen bytes...", 16), 0);
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_MAP_DELETE, h, 4, 0)), FW_EINVAL);
    fake_stop();
}

/* Where a program finds the buckets, and the seed that it hashes with. */
static void test_map_hash(void)
{
    uint32_t h;
    start();
    CU_ASSERT_EQUAL(map_create((struct fw_map_spec){FW_MAP_LRU_HASH, 8, 8, 10, 0, 0, 0, 0, 0}, &h),
                    0);
    const struct fw_map *m = fw_maps_find(&fake.ctl.maps, h);
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_MAP_HASH, h, 0, 0)), 0);
    CU_ASSERT_EQUAL((uint32_t)result, m->base);
    CU_ASSERT_EQUAL(result >> 32, m->hot >> 18 & 0x1fffff);
    CU_ASSERT_NOT_EQUAL(result >> 32, 0);
    CU_ASSERT_EQUAL(map_create((struct fw_map_spec){FW_MAP_ARRAY, 4, 16, 4, 0, 0, 0, 0, 0}, &h), 0);
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_MAP_HASH, h, 0, 0)), FW_EINVAL);
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_MAP_HASH, h + 1, 0, 0)), FW_ENOENT);
    fake_stop();
}

static void test_map_refusals(void)
{
    uint32_t h, bad[] = {0,
                         1,
                         FAKE_HANDLES + 1,
                         FAKE_HANDLES + 128,
                         FAKE_HANDLES - 128,
                         UINT32_MAX,
                         FAKE_HANDLES + FW_MAPS_MAX * 128};
    start();
    CU_ASSERT_EQUAL(map_create((struct fw_map_spec){99, 4, 8, 10, 0, 0, 0, 0, 0}, &h), FW_EINVAL);
    CU_ASSERT_EQUAL(map_create((struct fw_map_spec){FW_MAP_HASH, 4, 8, 10, 0, 6, 0, 0, 0}, &h),
                    FW_EINVAL);
    CU_ASSERT_EQUAL(run((struct fw_sqe){.op = FW_ADMIN_MAP_CREATE, .key_iova = KEY, .key_len = 23}),
                    FW_EINVAL);
    CU_ASSERT_EQUAL(run((struct fw_sqe){.op = FW_ADMIN_MAP_CREATE,
                                        .key_iova = NOMAP,
                                        .key_len = sizeof(struct fw_map_spec)}),
                    FW_EFAULT);
    CU_ASSERT_EQUAL(map_create((struct fw_map_spec){FW_MAP_HASH, 4, 8, 10, 0, 0, 0, 0, 0}, &h), 0);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        for (int op = FW_ADMIN_MAP_DESTROY; op <= FW_ADMIN_MAP_NEXT; op++)
            CU_ASSERT_EQUAL(run(map_sqe((enum fw_admin_op)op, bad[i], 4, 8)), FW_ENOENT);
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_MAP_LOOKUP, h, 5, 8)), FW_EINVAL);
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_MAP_LOOKUP, h, UINT32_MAX, 8)), FW_EINVAL);
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_MAP_UPDATE, h, 4, 9)), FW_EINVAL);
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_MAP_UPDATE, h, 4, 8)), 0);
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_MAP_LOOKUP, h, 4, 7)), FW_ENOSPC);
    struct fw_sqe s = map_sqe(FW_ADMIN_MAP_UPDATE, h, 4, 8);
    s.value_iova = NOMAP;
    CU_ASSERT_EQUAL(run(s), FW_EFAULT);
    s = map_sqe(FW_ADMIN_MAP_UPDATE, h, 4, 8);
    s.arg0 = (uint64_t)1 << 40;
    CU_ASSERT_EQUAL(run(s), FW_EINVAL);
    s = map_sqe(FW_ADMIN_MAP_NEXT, h, 4, 4);
    s.arg0 = 2;
    CU_ASSERT_EQUAL(run(s), FW_EINVAL);
    s = map_sqe(FW_ADMIN_MAP_LOOKUP, h, 4, 8);
    s.value_iova = FAKE_HOST_IOVA + FAKE_HOST_BYTES - 7;
    CU_ASSERT_EQUAL(run(s), FW_EFAULT);
    fake_stop();
}

/* A value larger than the scratch buffer passes through DRAM, which is given back. */
static void test_map_large_value(void)
{
    uint32_t h, size = 100000;
    start();
    CU_ASSERT_EQUAL(map_create((struct fw_map_spec){FW_MAP_HASH, 4, size, 2, 0, 0, 0, 0, 0}, &h),
                    0);
    uint64_t before = fw_extents_free_bytes(&fake.ctl.maps.dram);
    for (uint32_t i = 0; i < size; i++)
        ((uint8_t *)fake_host(VALUE))[i] = (uint8_t)(i * 7);
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_MAP_UPDATE, h, 4, size)), 0);
    uint32_t key;
    memcpy(&key, fake_host(KEY), 4);
    CU_ASSERT_EQUAL(memcmp(fw_map_lookup(&fake.map[0], &key), fake_host(VALUE), size), 0);
    struct fw_sqe s = map_sqe(FW_ADMIN_MAP_UPDATE, h, 4, size);
    s.value_iova = NOMAP;
    CU_ASSERT_EQUAL(run(s), FW_EFAULT);
    CU_ASSERT_EQUAL(fw_extents_free_bytes(&fake.ctl.maps.dram), before);
    fake_stop();
}

/* ---- information ---- */

/* The value of the TLV of this type; NULL. */
static const void *tlv_find(uint16_t type, uint64_t len)
{
    const uint8_t *p = fake_host(VALUE), *end = p + len;
    struct fw_tlv t;
    for (; p + sizeof(t) <= end; p += sizeof(t) + ((t.len + 7u) & ~7u)) {
        memcpy(&t, p, sizeof(t));
        if (t.type == type)
            return p + sizeof(t);
        if (t.type == FW_CAP_END)
            break;
    }
    return NULL;
}

static void test_identify(void)
{
    struct fw_cap_prog prog;
    uint64_t helpers[4];
    start();
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_IDENTIFY, 0, 0, 4096)), 0);
    uint64_t len = result;
    CU_ASSERT_PTR_NOT_NULL(tlv_find(FW_CAP_END, len));
    CU_ASSERT_EQUAL(*(const uint32_t *)tlv_find(FW_CAP_ABI, len), FW_ABI_VERSION);
    CU_ASSERT_PTR_NOT_NULL(tlv_find(FW_CAP_MAP_TYPE, len));
    memcpy(helpers, tlv_find(FW_CAP_HELPERS, len), sizeof(helpers));
    uint64_t want[4] = {(uint64_t)1 << OFFLOAD_GATE_TAIL};
#define FW_HELPER(id, name, function) want[(id) / 64] |= (uint64_t)1 << (id) % 64;
#include "helpers/fw_helpers.def"
#undef FW_HELPER
    CU_ASSERT_EQUAL(memcmp(helpers, want, sizeof(want)), 0);
    static const uint8_t some[] = {1, 2, 3, 5, 7, 8, 28, 44, 54, 65, 125, 190, 208};
    static const uint8_t no_xdp[] = {0, 4, 9, 10, 14, 60, 112, 192, 212, 255};
    for (size_t i = 0; i < sizeof(some); i++)
        CU_ASSERT_TRUE(helpers[some[i] / 64] >> some[i] % 64 & 1);
    for (size_t i = 0; i < sizeof(no_xdp); i++)
        CU_ASSERT_FALSE(helpers[no_xdp[i] / 64] >> no_xdp[i] % 64 & 1);
    memcpy(&prog, tlv_find(FW_CAP_PROG, len), sizeof(prog));
    CU_ASSERT_EQUAL(prog.gate_base, FW_GATE_LO);
    CU_ASSERT_EQUAL(prog.istore_free, FAKE_PROG_BYTES);
    CU_ASSERT_EQUAL(((const struct fw_cap_limits *)tlv_find(FW_CAP_LIMITS, len))->map_bytes_free,
                    DRAM);
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_IDENTIFY, 0, 0, (uint32_t)len - 1)), FW_ENOSPC);
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_IDENTIFY, 0, 0, 0)), FW_ENOSPC);
    fake_stop();
}

static void test_counters(void)
{
    struct fw_counters c;
    start();
    fake.stats.line[0].c.verdict[1] = 3;
    fake.stats.line[63].c.verdict[1] = 4;
    fake.stats.line[7].c.bytes[4] = 5;
    fake.stats.line[9].c.program_faults = 6;
    fake.stats.line[10].c.no_program = 8;
    fake.stats.line[11].c.queue_full = 9;
    fake.stats.line[12].c.watchdog = 10;
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_COUNTERS, 0, 0, sizeof(c))), 0);
    memcpy(&c, fake_host(VALUE), sizeof(c));
    CU_ASSERT_EQUAL(c.verdict[1], 7);
    CU_ASSERT_EQUAL(c.bytes[4], 5);
    CU_ASSERT_EQUAL(c.program_faults, 6);
    CU_ASSERT_EQUAL(c.no_program, 8);
    CU_ASSERT_EQUAL(c.queue_full, 9);
    CU_ASSERT_EQUAL(c.watchdog, 10);
    CU_ASSERT_EQUAL(c.verdict[0], 0);
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_COUNTERS, 0, 0, sizeof(c) - 1)), FW_ENOSPC);
    fake_stop();
}

static void test_faults(void)
{
    struct fw_fault_log log;
    start();
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_FAULTS, 0, 0, sizeof(log))), 0);
    memcpy(&log, fake_host(VALUE), sizeof(log));
    CU_ASSERT_EQUAL(log.total, 0);
    for (uint64_t i = 0; i < 20; i++)
        fw_stats_fault(&fake.stats, &(struct fw_fault){.seq = i});
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_FAULTS, 0, 0, sizeof(log))), 0);
    memcpy(&log, fake_host(VALUE), sizeof(log));
    CU_ASSERT_EQUAL(log.total, 20);
    CU_ASSERT_EQUAL(log.last[0].seq, 19);
    CU_ASSERT_EQUAL(log.last[15].seq, 4);
    fake_stop();
}

/* ---- ports and queues ---- */

static int rxq_create(uint32_t queue, struct fw_rxq_spec spec)
{
    memcpy(fake_host(KEY), &spec, sizeof(spec));
    return run(map_sqe(FW_ADMIN_RXQ_CREATE, queue, sizeof(spec), 0));
}

static void test_ports(void)
{
    start();
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PORT_SET, 0, 2, 1), 0);
    CU_ASSERT_EQUAL(fake.enabled[1], 1);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PORT_SET, 0, 2, 0), 0);
    CU_ASSERT_EQUAL(fake.enabled[1], 0);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PORT_SET, 0, 0, 1), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PORT_SET, 0, FAKE_PORTS + 1, 1), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PORT_SET, 0, 1, 2), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_RSS_SET, 0, 0, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_RSS_SET, 0, FAKE_RXQS + 1, 0), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_RSS_SET, 0, FAKE_RXQS, 0), 0);
    CU_ASSERT_EQUAL(fake.rss, FAKE_RXQS);
    fake_stop();
}

static void test_queues(void)
{
    struct fw_rxq_spec good = {VALUE, VALUE + 0x1000, 64, 3}, s = good;
    start();
    CU_ASSERT_EQUAL(rxq_create(2, good), 0);
    CU_ASSERT_EQUAL(fake.rxq_on[2], 1);
    CU_ASSERT_EQUAL(memcmp(&fake.rxq[2], &good, sizeof(good)), 0);
    CU_ASSERT_EQUAL(rxq_create(FAKE_RXQS, good), FW_EINVAL);
    CU_ASSERT_EQUAL(rxq_create(UINT32_MAX, good), FW_EINVAL);
    s.entries = 0;
    CU_ASSERT_EQUAL(rxq_create(0, s), FW_EINVAL);
    s.entries = 48;
    CU_ASSERT_EQUAL(rxq_create(0, s), FW_EINVAL);
    s = good;
    s.vector = NIC_VECTORS;
    CU_ASSERT_EQUAL(rxq_create(0, s), FW_EINVAL);
    CU_ASSERT_EQUAL(fake.rxq_on[0], 0);
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_RXQ_CREATE, 0, 23, 0)), FW_EINVAL);
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_RXQ_DESTROY, 2, 0, 0)), 0);
    CU_ASSERT_EQUAL(fake.rxq_on[2], 0);
    CU_ASSERT_EQUAL(run(map_sqe(FW_ADMIN_RXQ_DESTROY, FAKE_RXQS, 0, 0)), FW_EINVAL);
    fake_stop();
}

static void test_unknown_and_reserved(void)
{
    start();
    CU_ASSERT_EQUAL(run((struct fw_sqe){.op = 0}), FW_EOPNOTSUPP);
    CU_ASSERT_EQUAL(run((struct fw_sqe){.op = 255}), FW_EOPNOTSUPP);
    CU_ASSERT_EQUAL(run((struct fw_sqe){.op = FW_ADMIN_RSS_SET, .arg0 = 1, .rsvd0 = 1}), FW_EINVAL);
    CU_ASSERT_EQUAL(run((struct fw_sqe){.op = FW_ADMIN_RSS_SET, .arg0 = 1, .rsvd = {0, 1}}),
                    FW_EINVAL);
    fake_stop();
}

/* Random commands: the sanitizers, and fake.c's abort on a wild address, are the judges. */
static void test_noise(void)
{
    uint64_t x = 88172645463325252u;
    start();
    for (unsigned i = 0; i < 200000; i++) {
        struct fw_sqe s;
        uint64_t w[sizeof(s) / 8];
        for (unsigned j = 0; j < sizeof(w) / 8; j++)
            w[j] = dice64(&x);
        memcpy(&s, w, sizeof(s));
        s.op = (uint8_t)(x % 20);
        s.rsvd0 = 0;
        memset(s.rsvd, 0, sizeof(s.rsvd));
        s.key_iova = x >> 8 & 1 ? KEY : s.key_iova;
        s.value_iova = x >> 9 & 1 ? VALUE : s.value_iova;
        s.key_len = x >> 10 & 1 ? 4 : sizeof(struct fw_map_spec);
        s.value_len %= 300;
        s.arg0 %= 5;
        s.arg1 %= 3;
        s.handle =
            x >> 11 & 1 ? FAKE_HANDLES + (uint32_t)(x >> 20 & 7) * 128 : s.handle % 8 | 65536;
        struct fw_map_spec spec = {.type = 1 + (uint32_t)(x >> 30 & 1),
                                   .key_size = 4,
                                   .value_size = 1 + (uint32_t)(x >> 32 & 127),
                                   .max_entries = 1 + (uint32_t)(x >> 40 & 7)};
        memcpy(fake_host(KEY), &spec, sizeof(spec));
        (void)run(s);
    }
    CU_PASS("survived");
    fake_stop();
}

/* ---- test runs ---- */

static int prog_test(uint32_t handle, const struct fw_test *t, uint64_t runs, uint64_t iova)
{
    uint32_t bufs = 1 + (t->frags <= FW_TEST_FRAGS ? t->frags : 0);
    memcpy(fake_host(VALUE), t, sizeof(*t));
    return run((struct fw_sqe){.op = FW_ADMIN_PROG_TEST,
                               .handle = handle,
                               .value_iova = iova,
                               .value_len = (uint32_t)sizeof(*t) + FW_TEST_BUF * bufs,
                               .arg0 = runs});
}

static const struct fw_test some_test = {.data_meta = 248, .data = 256, .data_end = 316, .port = 1};

static void test_prog_test(void)
{
    struct fw_test t;

    start();
    uint32_t h = prog_create(128);
    CU_ASSERT_EQUAL(prog_test(h, &some_test, 1, VALUE), FW_EINVAL); /* no code yet */
    CU_ASSERT_EQUAL(prog_load(h, 128, 8), 0);
    uint8_t *buf = (uint8_t *)fake_host(VALUE) + sizeof(t);
    for (unsigned i = 0; i < FW_TEST_BUF; i++)
        buf[i] = (uint8_t)i;
    CU_ASSERT_EQUAL(prog_test(h, &some_test, 3, VALUE), 0);
    memcpy(&t, fake_host(VALUE), sizeof(t));
    CU_ASSERT_EQUAL(fake.test_cookie & 0xffffffff, FAKE_PROG_LO + 8);
    CU_ASSERT_EQUAL(t.retval, 3);
    CU_ASSERT_EQUAL(t.ns, 30);
    CU_ASSERT_EQUAL(t.data, 268);
    CU_ASSERT_EQUAL(t.data_meta, 268);
    CU_ASSERT_EQUAL(t.data_end, 316);
    CU_ASSERT_EQUAL(buf[255], 255); /* before the frame */
    CU_ASSERT_EQUAL(buf[256], 1);
    CU_ASSERT_EQUAL(buf[264], 11);
    CU_ASSERT_EQUAL(buf[315], 62);
    CU_ASSERT_EQUAL(buf[316], 60); /* behind it */
    fake_stop();
}

/* The last fragment is given up, another one byte shorter; all the buffers come and go. */
static void test_prog_test_frags(void)
{
    struct fw_test t = some_test;

    start();
    uint32_t h = prog_create(128);
    CU_ASSERT_EQUAL(prog_load(h, 128, 8), 0);
    t.frags = 2;
    t.frag_len[0] = FW_TEST_BUF;
    t.frag_len[1] = 7;
    uint8_t *frag = (uint8_t *)fake_host(VALUE) + sizeof(t) + FW_TEST_BUF;
    memset(frag, 0x40, (size_t)2 * FW_TEST_BUF);
    CU_ASSERT_EQUAL(prog_test(h, &t, 2, VALUE), 0);
    memcpy(&t, fake_host(VALUE), sizeof(t));
    CU_ASSERT_EQUAL(t.frags, 1);
    CU_ASSERT_EQUAL(t.frag_len[0], FW_TEST_BUF - 1);
    CU_ASSERT_EQUAL(frag[0], 0x42);
    CU_ASSERT_EQUAL(frag[FW_TEST_BUF], 0x42);
    CU_ASSERT_EQUAL(frag[FW_TEST_BUF + 1], 0x40);
    fake_stop();
}

/* A port takes frames in fragments while its program does, or while it has none. */
static void test_prog_frags(void)
{
    start();
    uint32_t plain = prog_create(128), frags = prog_create(128);
    CU_ASSERT_EQUAL(fake.cookie_frags[0], FW_COOKIE_FRAGS);
    CU_ASSERT_EQUAL(fake.cookie_frags[1], FW_COOKIE_FRAGS);
    CU_ASSERT_EQUAL(prog_load_flags(plain, 128, 8, 2), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_load_flags(plain, 128, 8, UINT64_C(1) << 32), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_load_flags(plain, 128, 8, 0), 0);
    CU_ASSERT_EQUAL(prog_load_flags(frags, 128, 8, FW_PROG_FRAGS), 0);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, plain, 1, 0), 0);
    CU_ASSERT_EQUAL(fake.cookie_frags[0], 0);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, frags, 1, 1), 0);
    CU_ASSERT_EQUAL(fake.cookie_frags[0], FW_COOKIE_FRAGS | fake.cookie[0]);
    CU_ASSERT_EQUAL(fake.cookie_frags[1], FW_COOKIE_FRAGS);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, plain, 1, 1), 0);
    CU_ASSERT_EQUAL(fake.cookie_frags[0], 0);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_DETACH, 0, 1, 0), 0);
    CU_ASSERT_EQUAL(fake.cookie_frags[0], FW_COOKIE_FRAGS);
    fake_stop();
}

/* What the host says and what the program takes: the less. */
static void test_port_frame(void)
{
    start();
    uint32_t plain = prog_create(128), frags = prog_create(128);
    CU_ASSERT_EQUAL(prog_load_flags(plain, 128, 8, 0), 0);
    CU_ASSERT_EQUAL(prog_load_flags(frags, 128, 8, FW_PROG_FRAGS), 0);
    CU_ASSERT_EQUAL(fake.frame_max[0], NIC_FRAME_MAX);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PORT_FRAME, 0, 1, 9018), 0);
    CU_ASSERT_EQUAL(fake.frame_max[0], 9018);
    CU_ASSERT_EQUAL(fake.frame_max[1], NIC_FRAME_MAX);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, plain, 1, 0), 0);
    CU_ASSERT_EQUAL(fake.frame_max[0], NIC_FRAME_LINEAR);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PORT_FRAME, 0, 1, 1518), 0);
    CU_ASSERT_EQUAL(fake.frame_max[0], 1518);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PROG_ATTACH, frags, 1, 1), 0);
    CU_ASSERT_EQUAL(fake.frame_max[0], 1518);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PORT_FRAME, 0, 1, 0), 0);
    CU_ASSERT_EQUAL(fake.frame_max[0], NIC_FRAME_MAX);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PORT_FRAME, 0, 1, NIC_FRAME_MAX + 1), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PORT_FRAME, 0, 1, UINT64_C(1) << 32), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PORT_FRAME, 0, 0, 1518), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_op(FW_ADMIN_PORT_FRAME, 0, FAKE_PORTS + 1, 1518), FW_EINVAL);
    CU_ASSERT_EQUAL(fake.frame_max[0], NIC_FRAME_MAX);
    fake_stop();
}

static void test_prog_test_refusals(void)
{
    struct fw_test bad[14];

    start();
    uint32_t h = prog_create(128);
    CU_ASSERT_EQUAL(prog_load(h, 128, 8), 0);
    for (unsigned i = 0; i < 14; i++)
        bad[i] = some_test;
    bad[0].data_meta = 257;
    bad[1].data = 317;
    bad[2].data_end = FW_TEST_BUF;
    bad[3].data_end = 0xffffffff;
    bad[4].port = 0;
    bad[5].port = FAKE_PORTS + 1;
    bad[6].queue = FAKE_RXQS;
    bad[7].rsvd[0] = 1;
    bad[8].rsvd[1] = 1;
    bad[9].rsvd0 = 1;
    bad[10].frags = FW_TEST_FRAGS + 1;
    bad[11].frags = UINT32_MAX;
    bad[12].frags = 1; /* of no bytes */
    bad[13] =
        (struct fw_test){.frags = 1, .frag_len = {FW_TEST_BUF + 1}, .data_end = 14, .port = 1};
    for (unsigned i = 0; i < 14; i++)
        CU_ASSERT_EQUAL(prog_test(h, &bad[i], 1, VALUE), FW_EINVAL);
    struct fw_test t = some_test; /* good, in a value of another size */
    t.frags = 1;
    t.frag_len[0] = 5;
    memcpy(fake_host(VALUE), &t, sizeof(t));
    for (uint32_t bufs = 0; bufs < 5; bufs++)
        if (bufs != 2)
            CU_ASSERT_EQUAL(run((struct fw_sqe){.op = FW_ADMIN_PROG_TEST,
                                                .handle = h,
                                                .value_iova = VALUE,
                                                .value_len = sizeof(t) + bufs * FW_TEST_BUF,
                                                .arg0 = 1}),
                            FW_EINVAL);
    CU_ASSERT_EQUAL(prog_test(h, &some_test, 0, VALUE), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_test(h, &some_test, FW_TEST_RUNS_MAX + 1, VALUE), FW_EINVAL);
    CU_ASSERT_EQUAL(prog_test(h + 1, &some_test, 1, VALUE), FW_ENOENT);
    CU_ASSERT_EQUAL(prog_test(h, &some_test, 1, NOMAP), FW_EFAULT);
    CU_ASSERT_EQUAL(run((struct fw_sqe){.op = FW_ADMIN_PROG_TEST,
                                        .handle = h,
                                        .value_iova = VALUE,
                                        .value_len = FW_TEST_BUF,
                                        .arg0 = 1}),
                    FW_EINVAL);
    CU_ASSERT_EQUAL(fake.test_cookie, 0); /* nothing ever ran */
    fake_stop();
}

static const struct cunit_case cases[] = {
    {"a program's life", test_prog_life},
    {"programs: replace", test_prog_replace},
    {"programs: refusals", test_prog_refusals},
    {"programs: old handles", test_prog_old_handle},
    {"test runs", test_prog_test},
    {"test runs: fragments", test_prog_test_frags},
    {"test runs: refusals", test_prog_test_refusals},
    {"programs: fragments", test_prog_frags},
    {"ports: the longest frame", test_port_frame},
    {"map commands", test_map_commands},
    {"array: address of values", test_map_array_value_addr},
    {"hash: buckets and seed", test_map_hash},
    {"maps: refusals", test_map_refusals},
    {"maps: a large value", test_map_large_value},
    {"identify", test_identify},
    {"counters", test_counters},
    {"faults", test_faults},
    {"ports", test_ports},
    {"host queues", test_queues},
    {"unknown ops, reserved fields", test_unknown_and_reserved},
    {"noise", test_noise},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("firmware admin commands", cases);
}
