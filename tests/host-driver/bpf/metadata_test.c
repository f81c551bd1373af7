/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kernel functions that tell what the card knows of a packet, from a program bound to port 1.
 * Arguments: the firmware, the directory of metadata.bpf.o.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

#include "cunit_main.h"
#include "nicdrv/bpf.h"
#include "realnic.h"

#define DEV_BOUND (1u << 6) /* BPF_F_XDP_DEV_BOUND_ONLY, newer than some headers */

static const char *firmware, *objects;
static struct realnic nic;
static struct nicbpf *layer;
static struct bpf_object *object;
static struct bpf_link *link_;
static uint8_t frame[64];
static uint32_t frame_len;

static int next_frame(void *ctx, struct nic_frame *f)
{
    (void)ctx;
    if (!frame_len)
        return 0;
    *f = (struct nic_frame){.data = frame, .len = frame_len};
    frame_len = 0;
    return 1;
}

static int setup(void)
{
    char path[512];

    CU_ASSERT_FATAL(realnic_open(&nic, firmware));
    CU_ASSERT_EQUAL_FATAL(nicbpf_create(nic.drv, &layer), 0);
    nicbpf_bind(layer);
    snprintf(path, sizeof(path), "%s/metadata.bpf.o", objects);
    object = bpf_object__open_file(path, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(object);
    struct bpf_program *p = bpf_object__next_program(object, NULL);
    bpf_program__set_ifindex(p, 1);
    bpf_program__set_flags(p, DEV_BOUND);
    int rc = bpf_object__load(object);
    if (rc)
        fprintf(stderr, "%s\n", nicbpf_last_refusal(layer));
    CU_ASSERT_EQUAL_FATAL(rc, 0);
    link_ = bpf_program__attach_xdp(p, 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(link_);
    return 0;
}

static void teardown(void)
{
    bpf_link__destroy(link_);
    bpf_object__close(object);
    nicbpf_destroy(layer);
    realnic_close(&nic);
}

/* One frame: Ethernet with these bytes from the type on; what the program noted. */
static void ask(const uint8_t *type, uint32_t bytes, uint32_t len, uint64_t seen[8])
{
    static const struct nic_port_ops source = {.next = next_frame};
    uint32_t key = 0;

    memset(frame, 0, sizeof(frame));
    memcpy(frame + 12, type, bytes);
    frame_len = len;
    nic_port_connect(nic.dev, 1, &source, NULL, (struct nic_pacing){.how = NIC_PACE_MAX});
    CU_ASSERT_EQUAL(realnic_run(&nic), NIC_STOP_IDLE);
    CU_ASSERT_EQUAL(
        bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(object, "seen"), &key, seen), 0);
}

static void test_vlan(void)
{
    static const struct {
        uint8_t type[8];
        uint32_t len;
        int64_t answer;
        uint32_t tag; /* protocol in network order, TCI in the machine's */
    } cases[] = {
        {{0x81, 0x00, 0x6f, 0xff, 0x08, 0x00}, 60, 0, 0x00816fff},
        {{0x88, 0xa8, 0x00, 0x01, 0x81, 0x00, 0x00, 0x02}, 60, 0, 0xa8880001}, /* the outer one */
        {{0x81, 0x00, 0x20, 0x07}, 18, 0, 0x00812007},
        {{0x81, 0x00, 0x20, 0x07}, 17, -ENODATA, 0xeeeeeeee}, /* cut off */
        {{0x08, 0x00, 0x45}, 60, -ENODATA, 0xeeeeeeee},
        {{0x91, 0x00, 0x00, 0x01}, 60, -ENODATA, 0xeeeeeeee},
    };

    setup();
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t seen[8];
        ask(cases[i].type, sizeof(cases[i].type), cases[i].len, seen);
        CU_ASSERT_EQUAL((int64_t)seen[5], cases[i].answer);
        CU_ASSERT_EQUAL(seen[6], cases[i].tag);
    }
    teardown();
}

/* Arrival is before the program and after the packet before; only IP has a hash. */
static void test_time_and_hash(void)
{
    static const uint8_t ip4[] = {0x08, 0x00, 0x45, 0, 0, 46, 0, 0, 0,
                                  0,    64,   17,   0, 0, 10, 0, 0, 1};
    static const uint8_t arp[] = {0x08, 0x06};
    uint64_t first[8], second[8];

    setup();
    ask(ip4, sizeof(ip4), 60, first);
    CU_ASSERT_EQUAL(first[0], 0);
    CU_ASSERT(first[1] > 0 && first[1] <= first[7] && first[7] - first[1] < 100000);
    CU_ASSERT_EQUAL(first[2], 0);
    CU_ASSERT(first[3] != 0);
    CU_ASSERT_EQUAL(first[4], 1);
    ask(arp, sizeof(arp), 60, second);
    CU_ASSERT(second[1] > first[7]);
    CU_ASSERT_EQUAL((int64_t)second[2], -ENODATA);
    teardown();
}

static const struct cunit_case cases[] = {
    {"VLAN tag", test_vlan}, {"time and hash", test_time_and_hash}, {NULL, NULL}};

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    if (access("/sys/kernel/btf/vmlinux", R_OK) != 0) {
        fprintf(stderr, "no BTF of a kernel: its functions have no ids\n");
        return 77;
    }
    firmware = argv[1];
    objects = argv[2];
    return cunit_run("packet metadata", cases);
}
