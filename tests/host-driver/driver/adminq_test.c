/* SPDX-License-Identifier: BSD-3-Clause */
/* The admin queue against a device that delays, reorders, loses and forges completions. */
#include <errno.h>
#include <string.h>

#include "cunit_main.h"
#include "driver/driver_impl.h"
#include "fake_nic.h"

#define RING ADMINQ_ENTRIES

static struct fake_nic nic;
static struct nicdrv *drv;
static struct fake_fw *fw;

static void setup(void)
{
    uint8_t elf[FAKE_ELF_MAX];
    struct nic_err err = {""};

    fake_init(&nic);
    fw = fake_fw_create();
    nic.serve = fake_fw_serve;
    nic.fw = fw;
    int rc = nicdrv_open(&nic.link, elf, fake_elf(elf), "fake.elf", &drv, &err);
    if (rc)
        fprintf(stderr, "%s\n", err.msg);
    CU_ASSERT_EQUAL_FATAL(rc, 0);
}

static void teardown(void)
{
    nicdrv_close(drv);
    CU_ASSERT_EQUAL(nic.range_count, 0); /* every DMA range was given back */
    fake_fini(&nic);
    fake_fw_destroy(fw);
}

static enum fake_answer hold(struct fake_nic *n, const struct fw_sqe *sqe, struct fw_cqe *cqe)
{
    (void)n;
    (void)sqe;
    (void)cqe;
    return FAKE_HOLD;
}

static enum fake_answer lose(struct fake_nic *n, const struct fw_sqe *sqe, struct fw_cqe *cqe)
{
    (void)n;
    (void)sqe;
    (void)cqe;
    return FAKE_LOSE;
}

/* Answers with arg0 in the result and arg1 as status. */
static enum fake_answer echo(struct fake_nic *n, const struct fw_sqe *sqe, struct fw_cqe *cqe)
{
    (void)n;
    cqe->result = sqe->arg0;
    cqe->status = (uint16_t)sqe->arg1;
    return FAKE_DONE;
}

static void test_open(void)
{
    setup();
    const struct nicdrv_caps *caps = nicdrv_caps(drv);
    CU_ASSERT_STRING_EQUAL(caps->firmware, "fake 1");
    CU_ASSERT_EQUAL(caps->map_type_count, 2);
    CU_ASSERT_EQUAL(caps->engines, 2);
    CU_ASSERT_EQUAL(caps->ports, 2);
    CU_ASSERT_EQUAL(caps->prog.gate_count, 256);
    CU_ASSERT_EQUAL(memcmp(nic.dram, "\x6f\x00\x00\x00", 4), 0); /* the image arrived */
    fake_fw_map_room(fw, 4711);
    CU_ASSERT_EQUAL(nicdrv_caps_refresh(drv), 0);
    CU_ASSERT_EQUAL(caps->limits.map_bytes_free, 4711);
    teardown();
}

static void test_in_flight_any_order(void)
{
    static const unsigned order[] = {5, 0, 3, 3, 0, 2, 1, 0}; /* positions in what is left */
    struct nicdrv_cmd cmds[8] = {0};

    setup();
    nic.serve = hold;
    for (unsigned i = 0; i < 8; i++) {
        cmds[i].sqe.op = FW_ADMIN_COUNTERS;
        cmds[i].sqe.arg0 = i;
        CU_ASSERT_EQUAL(nicdrv_submit(drv, &cmds[i]), 0);
    }
    nic.wait_result = 1;
    nic.link.ops->wait(&nic.link, 1);
    CU_ASSERT_EQUAL(nic.held_count, 8);
    nic.wait_result = 0;
    for (unsigned i = 0; i < 8; i++) {
        unsigned which = (unsigned)nic.held[order[i]].arg0;
        fake_release(&nic, order[i], 0, 100 + which);
        CU_ASSERT_EQUAL(nicdrv_wait(drv, &cmds[which]), 0);
        CU_ASSERT_EQUAL(cmds[which].cqe.result, 100 + which);
    }
    CU_ASSERT_EQUAL(nic.max_in_flight, 8);
    teardown();
}

static void test_full_ring(void)
{
    static struct nicdrv_cmd cmds[RING + 1];

    setup();
    nic.serve = hold;
    memset(cmds, 0, sizeof(cmds));
    for (unsigned i = 0; i < RING; i++)
        CU_ASSERT_EQUAL(nicdrv_submit(drv, &cmds[i]), 0);
    CU_ASSERT_EQUAL(nicdrv_submit(drv, &cmds[RING]), -EAGAIN);
    nic.wait_result = 1;
    nic.link.ops->wait(&nic.link, 1);
    nic.wait_result = 0;
    fake_release(&nic, 10, 0, 0);
    CU_ASSERT_EQUAL(nicdrv_wait(drv, &cmds[10]), 0);
    CU_ASSERT_EQUAL(nicdrv_submit(drv, &cmds[RING]), 0);
    CU_ASSERT_EQUAL(nicdrv_submit(drv, &cmds[10]), -EAGAIN);
    while (nic.held_count)
        fake_release(&nic, 0, 0, 0);
    nic.serve = echo;
    for (unsigned i = 0; i <= RING; i++) {
        if (i != 10)
            CU_ASSERT_EQUAL(nicdrv_wait(drv, &cmds[i]), 0);
    }
    teardown();
}

/* The rings wrap many times; results and statuses stay with their commands. */
static void test_wrap(void)
{
    setup();
    nic.serve = echo;
    for (unsigned i = 0; i < 20 * RING + 7; i++) {
        struct nicdrv_cmd cmd = {.sqe = {.op = FW_ADMIN_COUNTERS, .arg0 = i, .arg1 = i % 3}};
        CU_ASSERT_EQUAL(nicdrv_submit(drv, &cmd), 0);
        CU_ASSERT_EQUAL(nicdrv_wait(drv, &cmd), -(int)(i % 3));
        CU_ASSERT_EQUAL(cmd.cqe.result, i);
    }
    CU_ASSERT_EQUAL(fake_get32(&nic, NIC_BAR0_DB_ADM_CQ), fake_get32(&nic, NIC_BAR0_DB_ADM_SQ));
    teardown();
}

static void test_timeout(void)
{
    struct nicdrv_cmd cmd = {.sqe = {.op = FW_ADMIN_COUNTERS}};

    setup();
    nic.serve = lose;
    uint64_t before = nic.time_ns;
    CU_ASSERT_EQUAL(nicdrv_submit(drv, &cmd), 0);
    CU_ASSERT_EQUAL(nicdrv_wait(drv, &cmd), -ETIMEDOUT);
    CU_ASSERT(nic.time_ns - before >= 1000000000 && nic.time_ns - before < 1100000000);
    nic.serve = echo; /* one lost command does not end the queue */
    CU_ASSERT_EQUAL(nicdrv_submit(drv, &cmd), 0);
    CU_ASSERT_EQUAL(nicdrv_wait(drv, &cmd), 0);
    teardown();
}

/* The answer comes after the caller has gone: nothing of the caller's is written. */
static void test_late_completion(void)
{
    struct nicdrv_cmd late = {.sqe = {.op = FW_ADMIN_COUNTERS}};
    struct nicdrv_cmd next = {.sqe = {.op = FW_ADMIN_COUNTERS, .arg0 = 5}};
    struct nicdrv_cmd gone;

    setup();
    nic.serve = hold;
    CU_ASSERT_EQUAL(nicdrv_submit(drv, &late), 0);
    CU_ASSERT_EQUAL(nicdrv_wait(drv, &late), -ETIMEDOUT);
    memset(&late, 0x5a, sizeof(late));
    gone = late;
    fake_release(&nic, 0, 7, 7);
    nic.serve = echo;
    CU_ASSERT_EQUAL(nicdrv_submit(drv, &next), 0);
    CU_ASSERT_EQUAL(nicdrv_wait(drv, &next), 0);
    CU_ASSERT_EQUAL(next.cqe.result, 5);
    CU_ASSERT_EQUAL(memcmp(&gone, &late, sizeof(late)), 0);
    CU_ASSERT_EQUAL(drv->adminq.in_flight, 0);
    teardown();
}

/* Memory the device was given for a command that timed out is taken from it. */
static void test_timeout_revokes_memory(void)
{
    struct nicdrv_map map = {.handle = 1, .spec = {.key_size = 4, .value_size = 8}};
    uint32_t key = 0;
    uint64_t value = 1;

    setup();
    nic.serve = hold;
    CU_ASSERT_EQUAL(nicdrv_map_lookup(drv, &map, &key, &value), -ETIMEDOUT);
    CU_ASSERT_PTR_NULL(fake_dma(&nic, nic.held[0].value_iova, 8));
    CU_ASSERT_EQUAL(value, 1);
    teardown();
}

static void test_hostile_completions(void)
{
    struct nicdrv_cmd cmd = {.sqe = {.op = FW_ADMIN_COUNTERS, .arg0 = 9}};

    setup();
    nic.serve = hold;
    CU_ASSERT_EQUAL(nicdrv_submit(drv, &cmd), 0);
    nic.wait_result = 1;
    nic.link.ops->wait(&nic.link, 1);
    nic.wait_result = 0;
    uint16_t cid = nic.held[0].cid;
    for (unsigned i = 1; i < 30; i++) /* answers to commands that were never given */
        fake_complete(&nic, (struct fw_cqe){.cid = (uint16_t)(cid + i), .result = 1});
    fake_complete(&nic, (struct fw_cqe){.cid = (uint16_t)(cid + RING),
                                        .result = 1}); /* a past or future one */
    fake_release(&nic, 0, 0, 9);
    fake_complete(&nic, (struct fw_cqe){.cid = cid, .result = 1}); /* a second answer */
    CU_ASSERT_EQUAL(nicdrv_wait(drv, &cmd), 0);
    CU_ASSERT_EQUAL(cmd.cqe.result, 9);
    CU_ASSERT_EQUAL(drv->adminq.bad_completions, 31);
    CU_ASSERT_EQUAL(drv->adminq.in_flight, 0);
    teardown();
}

static void test_hostile_status(void)
{
    struct nicdrv_cmd cmd = {.sqe = {.op = FW_ADMIN_COUNTERS, .arg1 = 0xffff}};

    setup();
    nic.serve = echo;
    CU_ASSERT_EQUAL(nicdrv_submit(drv, &cmd), 0);
    CU_ASSERT_EQUAL(nicdrv_wait(drv, &cmd), -EPROTO);
    teardown();
}

/* Interrupts without end and without time: the driver gives up. */
static void test_interrupt_storm(void)
{
    struct nicdrv_cmd cmd = {.sqe = {.op = FW_ADMIN_COUNTERS}};

    setup();
    nic.serve = lose;
    nic.wait_result = 1;
    CU_ASSERT_EQUAL(nicdrv_submit(drv, &cmd), 0);
    CU_ASSERT_EQUAL(nicdrv_wait(drv, &cmd), -ETIMEDOUT);
    teardown();
}

static void test_idle_device(void)
{
    struct nicdrv_cmd cmd = {.sqe = {.op = FW_ADMIN_COUNTERS}};

    setup();
    nic.serve = lose;
    nic.wait_result = -ESHUTDOWN;
    CU_ASSERT_EQUAL(nicdrv_submit(drv, &cmd), 0);
    CU_ASSERT_EQUAL(nicdrv_wait(drv, &cmd), -ETIMEDOUT);
    teardown();
}

static void test_dead_device(void)
{
    struct nicdrv_cmd cmd = {.sqe = {.op = FW_ADMIN_COUNTERS}};

    setup();
    nic.serve = lose;
    nic.wait_result = -EIO;
    CU_ASSERT_EQUAL(nicdrv_submit(drv, &cmd), 0);
    CU_ASSERT_EQUAL(nicdrv_wait(drv, &cmd), -EIO);
    nic.wait_result = 0;
    CU_ASSERT_EQUAL(nicdrv_submit(drv, &cmd), -EIO); /* and stays dead */
    teardown();
}

static void test_firmware_fatal(void)
{
    struct nicdrv_cmd cmd = {.sqe = {.op = FW_ADMIN_COUNTERS}};

    setup();
    nic.serve = lose;
    nic.wait_result = 1;
    CU_ASSERT_EQUAL(nicdrv_submit(drv, &cmd), 0);
    fake_set32(&nic, NIC_BAR0_STATUS, NIC_FW_FATAL);
    CU_ASSERT_EQUAL(nicdrv_wait(drv, &cmd), -EIO);
    teardown();
}

static const struct cunit_case cases[] = {
    {"open: image, ring, capabilities", test_open},
    {"several in flight, answered in any order", test_in_flight_any_order},
    {"a full ring", test_full_ring},
    {"rings wrap", test_wrap},
    {"timeout", test_timeout},
    {"late completion", test_late_completion},
    {"a timeout revokes memory", test_timeout_revokes_memory},
    {"completions nobody asked for", test_hostile_completions},
    {"status that is no errno", test_hostile_status},
    {"interrupt storm", test_interrupt_storm},
    {"device asleep for ever", test_idle_device},
    {"device dead", test_dead_device},
    {"firmware fatal", test_firmware_fatal},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("admin queue", cases);
}
