/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every admin command but those on programs: what it does, and what it refuses of a hostile host.
 */
#include <string.h>

#include "commands.h"
#include "core/layout.h"
#include "dice.h"
#include "offload/abi.h"

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

static const struct cunit_case cases[] = {
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
