/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Timers of programs on the NIC: when and where callbacks run, in modelled time, and what ends
 * them. Arguments: the firmware, the programs.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "objnic.h"
#include "timers.h"

#define US   1000u
#define MS   1000000u
#define LATE 8000u /* ns from expiry to a callback that waits for one other at most */

static struct globals g;

static void setup_as(unsigned engines, unsigned threads, bool ordered)
{
    struct nic_config cfg = objnic_config(engines, threads);
    cfg.run_ordered = ordered;
    cfg.run_clock_ns = 123456789012345u;
    objnic_setup(&cfg);
    memset(&g, 0, sizeof(g));
}

static void setup(void)
{
    setup_as(1, 1, false);
}

static int map(const char *name)
{
    return bpf_object__find_map_fd_by_name(object, name);
}

static void put(void)
{
    uint32_t zero = 0;
    CU_ASSERT_EQUAL(bpf_map_update_elem(map("timers.bss"), &zero, &g, BPF_ANY), 0);
}

static void get(void)
{
    uint32_t zero = 0;
    CU_ASSERT_EQUAL(bpf_map_lookup_elem(map("timers.bss"), &zero, &g), 0);
}

/* `frames` packets through a program that `put` has told what to do. */
static void packets(const char *name, uint32_t frames)
{
    struct bpf_link *link =
        bpf_program__attach_xdp(bpf_object__find_program_by_name(object, name), 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(link);
    realnic_send(&nic, frames, 64);
    CU_ASSERT_EQUAL(realnic_run(&nic), NIC_STOP_IDLE);
    bpf_link__destroy(link);
}

/* Time goes on; nothing comes in. */
static void linger(uint64_t ns)
{
    uint64_t hz = nic_device_config(nic.dev)->engine_clock_hz;
    nic_device_linger(nic.dev, nic_device_cycles(nic.dev) + ns * hz / 1000000000u);
    CU_ASSERT_EQUAL(realnic_run(&nic), NIC_STOP_IDLE);
    nic_device_linger(nic.dev, 0);
}

static void check_times(uint32_t first, uint32_t n)
{
    for (uint32_t i = first; i < first + n && i < SHOTS; i++) {
        CU_ASSERT(g.shot[i].at >= g.shot[i].due);
        CU_ASSERT(g.shot[i].at <= g.shot[i].due + LATE);
    }
}

/* ---- expiry ---- */

static void expiry(struct globals *out)
{
    setup();
    g.count = 8;
    g.absolute = 1;
    for (uint32_t i = 0; i < 8; i++)
        g.delay[i] = 100 * US + (i * 5 % 8) * 20 * US;
    put();
    packets("arm", 1);
    get();
    CU_ASSERT_EQUAL(g.shots, 0); /* alarms alone do not keep a run going */
    linger(1 * MS);
    get();
    *out = g;
    objnic_close();
}

static void test_expiry(void)
{
    static struct globals once, twice;
    expiry(&once);
    CU_ASSERT_EQUAL(once.shots, 8);
    for (uint32_t i = 0; i < 8; i++) {
        CU_ASSERT_EQUAL(once.rc[i], 0);
        CU_ASSERT_EQUAL(once.shot[i].due, once.from + 100 * US + i * 20 * US); /* in order */
        CU_ASSERT_EQUAL(once.shot[i].key * 5 % 8, i);
    }
    g = once;
    check_times(0, 8);
    expiry(&twice);
    for (uint32_t i = 0; i < 8; i++) /* to the nanosecond */
        CU_ASSERT_EQUAL(once.shot[i].at - once.from, twice.shot[i].at - twice.from);
}

/* Equal expiries run in the order of the starts; what has passed is due at once. */
static void test_ties(void)
{
    setup();
    g.count = 40;
    g.absolute = 1;
    for (uint32_t i = 0; i < 40; i++)
        g.delay[i] = i < 20 ? 50 * US : 0;
    put();
    packets("arm", 1);
    linger(100 * US);
    get();
    CU_ASSERT_EQUAL(g.shots, 40);
    for (uint32_t i = 0; i < 40; i++)
        CU_ASSERT_EQUAL(g.shot[i].key, (i + 20) % 40);
    objnic_close();
}

static void test_relative(void)
{
    setup();
    g.count = 1;
    g.delay[0] = 300 * US;
    put();
    packets("arm", 1);
    linger(200 * US);
    get();
    CU_ASSERT_EQUAL(g.shots, 0);
    linger(400 * US);
    get();
    CU_ASSERT_EQUAL(g.shots, 1);
    CU_ASSERT(g.shot[0].at >= g.from + 300 * US && g.shot[0].at < g.from + 300 * US + LATE);
    objnic_close();
}

static void test_rearm(void)
{
    setup();
    g.action = REARM;
    g.count = 2;
    g.rounds = 99;
    g.period = 100 * US;
    g.absolute = 1;
    g.delay[0] = 100 * US;
    g.delay[1] = 150 * US;
    put();
    packets("arm", 1);
    linger(5 * MS);
    get();
    CU_ASSERT(g.shots >= 98 && g.shots <= 101); /* 5 ms of two, from soon after the packet */
    linger(50 * MS);
    get();
    CU_ASSERT_EQUAL(g.shots, 200);
    check_times(0, 200);
    for (uint32_t i = 2; i < 200; i++)
        CU_ASSERT_EQUAL(g.shot[i].due, g.shot[i - 2].due + 100 * US);
    objnic_close();
}

/* A timer that is always due leaves packets their turn, and the run its end. */
static void test_always_due(void)
{
    struct fw_counters c;
    setup_as(1, 1, true);
    g.action = REARM;
    g.count = 1;
    g.rounds = UINT32_MAX;
    put();
    packets("arm", 500);
    get();
    CU_ASSERT(g.shots > 100);
    CU_ASSERT_EQUAL(nicdrv_counters(nic.drv, &c), 0);
    CU_ASSERT_EQUAL(c.verdict[XDP_PASS], 500);
    objnic_close();
}

/* ---- the end of timers ---- */

static void test_cancel(void)
{
    setup();
    g.count = 16;
    for (uint32_t i = 0; i < 16; i++)
        g.delay[i] = 5 * MS + i;
    put();
    packets("arm", 1);
    get();
    g.count = 8;
    put();
    packets("disarm", 1);
    get();
    for (uint32_t i = 0; i < 8; i++)
        CU_ASSERT_EQUAL(g.rc[i], 1);
    linger(10 * MS);
    get();
    CU_ASSERT_EQUAL(g.shots, 8);
    for (uint32_t i = 0; i < 8; i++)
        CU_ASSERT_EQUAL(g.shot[i].key, 8 + i);
    packets("disarm", 1);
    get();
    CU_ASSERT_EQUAL(g.rc[0], 0);
    objnic_close();
}

static void test_cancel_itself(void)
{
    setup();
    g.action = CANCEL_ITSELF;
    g.count = 1;
    put();
    packets("arm", 1);
    linger(100 * US);
    get();
    CU_ASSERT_EQUAL(g.shots, 1);
    CU_ASSERT_EQUAL(g.shot[0].rc, -35); /* EDEADLK */
    objnic_close();
}

static void test_delete_itself(void)
{
    uint64_t key;
    setup();
    g.action = DELETE_ITSELF;
    g.count = 10;
    for (uint32_t i = 0; i < 10; i++)
        g.delay[i] = 20 * US;
    put();
    packets("arm_table", 1);
    CU_ASSERT_EQUAL(bpf_map_get_next_key(map("table"), NULL, &key), 0);
    linger(100 * US);
    get();
    CU_ASSERT_EQUAL(g.shots, 10);
    for (uint32_t i = 0; i < 10; i++) {
        CU_ASSERT_EQUAL(g.shot[i].key, i);
        CU_ASSERT_EQUAL(g.shot[i].rc, 0);
        CU_ASSERT_EQUAL(g.shot[i].rc2, -22);
    }
    CU_ASSERT_NOT_EQUAL(bpf_map_get_next_key(map("table"), NULL, &key), 0);
    objnic_close();
}

/* The host sees zeroes where the timer is, and its updates and deletes end timers. */
static void test_host(void)
{
    struct {
        uint64_t timer[2], due, word;
        uint32_t rounds, cpu;
    } v, zero = {{0}, 0, 0, 0, 0};
    setup();
    g.count = 6;
    for (uint32_t i = 0; i < 6; i++)
        g.delay[i] = 5 * MS;
    put();
    packets("arm", 1);
    packets("arm_table", 1);
    for (uint32_t i = 0; i < 6; i++) {
        uint64_t key = i;
        CU_ASSERT_EQUAL(bpf_map_lookup_elem(map("slots"), &i, &v), 0);
        CU_ASSERT(v.timer[0] == 0 && v.timer[1] == 0 && v.due != 0);
        CU_ASSERT_EQUAL(bpf_map_lookup_elem(map("table"), &key, &v), 0);
        CU_ASSERT(v.timer[0] == 0 && v.timer[1] == 0 && v.word == i);
    }
    for (uint64_t i = 0; i < 2; i++) {
        memset(zero.timer, 0xff, sizeof(zero.timer)); /* are not taken */
        CU_ASSERT_EQUAL(bpf_map_update_elem(map("slots"), &i, &zero, BPF_ANY), 0);
        CU_ASSERT_EQUAL(bpf_map_update_elem(map("table"), &i, &zero, BPF_EXIST), 0);
    }
    for (uint64_t key = 2; key < 4; key++)
        CU_ASSERT_EQUAL(bpf_map_delete_elem(map("table"), &key), 0);
    linger(10 * MS);
    get();
    CU_ASSERT_EQUAL(g.shots, 4 + 2);
    objnic_close();
}

/* The program goes: so do its timers. The maps are whole, and other programs may use them. */
static void test_program_gone(void)
{
    uint32_t id;
    setup();
    g.count = 20;
    g.action = REARM;
    g.rounds = 1000000;
    g.period = 100 * US;
    put();
    packets("arm", 1);
    packets("arm_table", 1);
    linger(1 * MS);
    get();
    uint32_t shots = g.shots;
    CU_ASSERT(shots > 40);
    bpf_program__unload(bpf_object__find_program_by_name(object, "arm"));
    bpf_program__unload(bpf_object__find_program_by_name(object, "arm_table"));
    CU_ASSERT_EQUAL(bpf_prog_get_next_id(0, &id), 0); /* the layer looks who still holds what */
    get();
    shots = g.shots;
    linger(1 * MS);
    packets("disarm", 1);
    get();
    CU_ASSERT_EQUAL(g.shots, shots);
    for (uint32_t i = 0; i < 20; i++)
        CU_ASSERT_EQUAL(g.rc[i], 0); /* initialised, not armed */
    objnic_close();
}

/* ---- where ---- */

static void test_hammer(void)
{
    uint64_t fired = 0;
    setup_as(2, 4, false);
    put();
    packets("hammer", 4000);
    linger(1 * MS);
    get();
    CU_ASSERT(g.starts > 1000 && g.deletes > 200 && g.cancels > 500);
    CU_ASSERT(g.cancelled > 20 && g.fired > 500);
    CU_ASSERT_EQUAL(g.elsewhere, 0);
    CU_ASSERT_EQUAL(g.refused, 0);
    for (uint32_t cpu = 0; cpu < 8; cpu++) {
        uint64_t v[5];
        CU_ASSERT_EQUAL(bpf_map_lookup_elem(map("slots"), &cpu, v), 0);
        CU_ASSERT(v[3] > 10);
        fired += v[3];
    }
    CU_ASSERT(fired <= 4000);
    struct fw_fault_log faults;
    CU_ASSERT_EQUAL(nicdrv_faults(nic.drv, &faults), 0);
    CU_ASSERT_EQUAL(faults.total, 0);
    objnic_close();
}

/* Another hart waits for a callback that is under way; what it cancels is not run again. */
static void test_wait(void)
{
    setup_as(2, 1, false);
    g.action = TAKE_LONG;
    g.count = 1;
    g.delay[0] = 1 * US;
    g.period = 40 * US;
    put();
    packets("arm", 1);
    linger(5 * US); /* the callback runs now, on the hart that the packet was on */
    packets("disarm", 1);
    get();
    CU_ASSERT_EQUAL(g.shots, 1);
    CU_ASSERT_EQUAL(g.rc[0], 0);
    linger(1 * MS);
    get();
    CU_ASSERT_EQUAL(g.shots, 1);
    objnic_close();
}

/* ---- as in the kernel ---- */

/* Nobody but programs holds the map: its timers end, and there are no new ones until somebody does.
 */
static void test_held(void)
{
    struct bpf_map_info info = {.id = 0};
    uint32_t len = sizeof(info);
    setup();
    g.count = 3;
    g.delay[0] = g.delay[1] = g.delay[2] = 5 * MS;
    put();
    packets("arm", 1);
    CU_ASSERT_EQUAL(bpf_obj_get_info_by_fd(map("slots"), &info, &len), 0);
    CU_ASSERT_EQUAL(close(map("slots")), 0);
    packets("arm", 1);
    linger(20 * MS);
    get();
    CU_ASSERT_EQUAL(g.shots, 0);
    for (uint32_t i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(g.rc[i], -1);
    int again = bpf_map_get_fd_by_id(info.id);
    CU_ASSERT(again >= 0 && dup2(again, map("slots")) == map("slots"));
    close(again);
    packets("arm", 1);
    linger(20 * MS);
    get();
    CU_ASSERT_EQUAL(g.shots, 3);
    CU_ASSERT_EQUAL(g.rc[0], 0);
    objnic_close();
}

static bool kernel_allows(void)
{
    int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, 4, 8, 1, NULL);
    if (fd < 0)
        printf("SKIP: bpf(2) of this machine: %s\n", strerror(errno));
    else
        close(fd);
    return fd >= 0;
}

/* One packet, and what is on record once `shots` callbacks ran. */
static void one_packet(const char *name, uint32_t shots)
{
    uint8_t frame[64] = {0};
    struct bpf_test_run_opts run = {
        .sz = sizeof(run), .data_in = frame, .data_size_in = sizeof(frame)};
    const struct bpf_program *p = bpf_object__find_program_by_name(object, name);
    CU_ASSERT_EQUAL(bpf_prog_test_run_opts(bpf_program__fd(p), &run), 0);
    do {
        usleep(1000);
        get();
    } while (g.shots < shots);
}

static void check_same(const char *name, const struct globals *in, uint32_t shots)
{
    static struct globals ours;
    setup();
    g = *in;
    put();
    packets(name, 1);
    linger(10 * MS);
    get();
    ours = g;
    objnic_close();
    objnic_load(NULL); /* into the kernel */
    g = *in;
    put();
    one_packet(name, shots);
    CU_ASSERT_EQUAL(g.shots, ours.shots);
    CU_ASSERT_EQUAL(memcmp(g.rc, ours.rc, sizeof(g.rc)), 0);
    for (uint32_t i = 0; i < shots; i++) {
        CU_ASSERT_EQUAL(g.shot[i].key, ours.shot[i].key);
        CU_ASSERT_EQUAL(g.shot[i].rc, ours.shot[i].rc);
        CU_ASSERT_EQUAL(g.shot[i].rc2, ours.shot[i].rc2);
        CU_ASSERT_EQUAL(g.shot[i].due - g.from, ours.shot[i].due - ours.from);
        CU_ASSERT(g.shot[i].at >= g.shot[i].due);
    }
    objnic_unload();
}

static void test_kernel(void)
{
    struct globals in = {.count = 1, .rounds = 9, .period = 50 * US, .absolute = 1};
    if (!kernel_allows())
        return;
    in.action = REARM;
    check_same("arm", &in, 10);
    in.action = CANCEL_ITSELF;
    check_same("arm", &in, 1);
    in.action = DELETE_ITSELF;
    in.count = 20;
    for (uint32_t i = 0; i < 20; i++)
        in.delay[i] = (i * 7 % 20 + 1) * MS / 4;
    check_same("arm_table", &in, 20);
    in.action = JUST_LOG;
    check_same("arm", &in, 20);
}

static const struct cunit_case cases[] = {
    {"expiry in modelled time", test_expiry},
    {"equal expiries", test_ties},
    {"relative", test_relative},
    {"started again by the callback", test_rearm},
    {"always due", test_always_due},
    {"cancel", test_cancel},
    {"a callback cancels itself", test_cancel_itself},
    {"a callback deletes its entry", test_delete_itself},
    {"updates and deletes by the host", test_host},
    {"a program goes", test_program_gone},
    {"all harts", test_hammer},
    {"cancel waits", test_wait},
    {"a map that programs alone hold", test_held},
    {"callbacks as in the kernel", test_kernel},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    return objnic_main(argc, argv, "timers", cases);
}
