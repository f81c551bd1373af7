/* SPDX-License-Identifier: BSD-3-Clause */
/* What only the NIC's test runs have: modelled time, and traffic beside them. Argument: the
 * firmware. */
#include "testrun.h"

/* Runs are modelled time: the same call takes the same time, more runs the same time a run. */
static void test_duration(void)
{
    uint32_t took[3];

    for (unsigned i = 0; i < 3; i++) {
        setup();
        int fd = load(ask_layer, context, sizeof(context));
        struct run *r = new_run(fd, 60);
        r->a.test.repeat = i == 2 ? 100000 : 1000;
        CU_ASSERT_EQUAL(ask_layer(BPF_PROG_TEST_RUN, &r->a, sizeof(r->a)), 0);
        took[i] = r->a.test.duration;
        close(fd);
        teardown();
    }
    CU_ASSERT(took[0] > 0);
    CU_ASSERT_EQUAL(took[0], took[1]);
    CU_ASSERT(took[2] <= took[0] + 1 && took[0] <= took[2] + 1);
}

/* Frames of the wire keep coming, and none is lost or counted for the test run. */
static void test_beside_traffic(void)
{
    struct fw_counters c;

    setup();
    int fd = load(ask_layer, pass, sizeof(pass));
    union bpf_attr a;
    memset(&a, 0, sizeof(a));
    a.link_create.prog_fd = (uint32_t)fd;
    a.link_create.target_ifindex = 1;
    a.link_create.attach_type = BPF_XDP;
    CU_ASSERT_FATAL(ask_layer(BPF_LINK_CREATE, &a, sizeof(a)) >= 0);
    realnic_send(&nic, 20000, 64);
    for (unsigned i = 0; i < 10; i++) {
        struct run *r = new_run(fd, 60);
        r->a.test.repeat = 20;
        CU_ASSERT_EQUAL(ask_layer(BPF_PROG_TEST_RUN, &r->a, sizeof(r->a)), 0);
        CU_ASSERT_EQUAL(r->a.test.retval, 2);
    }
    CU_ASSERT(nic.left > 0); /* or nothing was tested */
    CU_ASSERT(nic.number > 0);
    realnic_run(&nic);
    CU_ASSERT_EQUAL(nicdrv_counters(nic.drv, &c), 0);
    CU_ASSERT_EQUAL(c.verdict[2], 20000);
    CU_ASSERT_EQUAL(c.verdict[0] + c.verdict[1] + c.verdict[3] + c.verdict[4], 0);
    teardown();
}

/* More fragments than the NIC has, and frames on the wire. */
static void test_only_in_the_kernel(void)
{
    setup();
    int fd = load(ask_layer, pass, sizeof(pass));
    struct run *r = new_run(fd, 60);
    r->a.test.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
    CU_ASSERT_EQUAL(ask_layer(BPF_PROG_TEST_RUN, &r->a, sizeof(r->a)), -EOPNOTSUPP);
    CU_ASSERT_PTR_NOT_NULL(strstr(nicbpf_last_refusal(layer), "LIVE_FRAMES"));
    r = new_run(fd, FRAME_MAX + 2 * 4096 + 1);
    CU_ASSERT_EQUAL(ask_layer(BPF_PROG_TEST_RUN, &r->a, sizeof(r->a)), -ENOMEM);
    r = new_run(fd, 8193);
    with_ctx(r, 0, 0);
    CU_ASSERT_EQUAL(ask_layer(BPF_PROG_TEST_RUN, &r->a, sizeof(r->a)), -ENOMEM);
    teardown();
}

static const struct cunit_case cases[] = {
    {"duration", test_duration},
    {"beside traffic", test_beside_traffic},
    {"many fragments and live frames", test_only_in_the_kernel},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    firmware = argc > 1 ? argv[1] : NULL;
    return cunit_run("test runs on the NIC", cases);
}
