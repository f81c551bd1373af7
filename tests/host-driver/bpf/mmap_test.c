/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mmap(2) of map descriptors, through this process's own mmap: the same calls to
 * the layer on the real firmware and to this machine's kernel give the same
 * answers; and what one side writes the other reads. Argument: the firmware.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cunit_main.h"
#include "nicdrv/bpf.h"
#include "realnic.h"

#define PAGE    4096u
#define ANSWERS 64

static const char *firmware;
static struct realnic nic;
static struct nicbpf *layer;
static bool kernel_works;

static void setup(void)
{
    CU_ASSERT_FATAL(realnic_open(&nic, firmware));
    CU_ASSERT_EQUAL_FATAL(nicbpf_create(nic.drv, &layer), 0);
    nicbpf_bind(layer);
}

static void teardown(void)
{
    nicbpf_destroy(layer);
    realnic_close(&nic);
}

static int array(uint32_t value, uint32_t entries, uint32_t flags)
{
    struct bpf_map_create_opts o = {.sz = sizeof(o), .map_flags = flags};

    return bpf_map_create(BPF_MAP_TYPE_ARRAY, "table", 4, value, entries, &o);
}

/* What one side answered: errno, or 0. */
struct answers {
    const char *what[ANSWERS];
    int err[ANSWERS];
    unsigned count;
};

static void note(struct answers *a, const char *what, int err)
{
    CU_ASSERT_FATAL(a->count < ANSWERS);
    a->what[a->count] = what;
    a->err[a->count++] = err;
}

static void *map(struct answers *a, const char *what, int fd, size_t len, int prot, int flags,
                 off_t offset)
{
    void *p = mmap(NULL, len, prot, flags, fd, offset);

    note(a, what, p == MAP_FAILED ? errno : 0);
    return p;
}

static void try(struct answers *a, const char *what, int fd, size_t len, int prot, int flags,
                off_t offset)
{
    void *p = map(a, what, fd, len, prot, flags, offset);

    if (p != MAP_FAILED)
        munmap(p, len);
}

static void bounds(struct answers *a)
{
    const int rw = PROT_READ | PROT_WRITE;
    int fd = array(12, 700, BPF_F_MMAPABLE); /* values of 16 bytes: three pages */
    int plain = array(12, 700, 0);

    try(a, "all of it", fd, 3 * PAGE, rw, MAP_SHARED, 0);
    try(a, "read only", fd, 3 * PAGE, PROT_READ, MAP_SHARED, 0);
    try(a, "part of a page", fd, 5, rw, MAP_SHARED, 0);
    try(a, "the last page", fd, PAGE, rw, MAP_SHARED, 2 * PAGE);
    try(a, "the last page and one byte", fd, PAGE + 1, rw, MAP_SHARED, 2 * PAGE);
    try(a, "one page too many", fd, 4 * PAGE, rw, MAP_SHARED, 0);
    try(a, "behind the end", fd, PAGE, rw, MAP_SHARED, 3 * PAGE);
    try(a, "far behind", fd, PAGE, rw, MAP_SHARED, (off_t)1 << 40);
    try(a, "half a page in", fd, PAGE, rw, MAP_SHARED, 100);
    try(a, "nothing", fd, 0, rw, MAP_SHARED, 0);
    try(a, "private", fd, PAGE, rw, MAP_PRIVATE, 0);
    try(a, "private, read only", fd, PAGE, PROT_READ, MAP_PRIVATE, 0);
    try(a, "neither shared nor private", fd, PAGE, rw, 0, 0);
    try(a, "without MMAPABLE", plain, PAGE, rw, MAP_SHARED, 0);
    close(plain);
    close(fd);
}

static void rights(struct answers *a)
{
    const int rw = PROT_READ | PROT_WRITE;
    static const uint32_t flags[] = {BPF_F_RDONLY, BPF_F_WRONLY, BPF_F_RDONLY_PROG,
                                     BPF_F_WRONLY_PROG};

    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        int fd = array(8, 4, BPF_F_MMAPABLE | flags[i]);
        try(a, "read", fd, PAGE, PROT_READ, MAP_SHARED, 0);
        try(a, "write", fd, PAGE, rw, MAP_SHARED, 0);
        try(a, "write only", fd, PAGE, PROT_WRITE, MAP_SHARED, 0);
        close(fd);
    }
    int fd = array(8, 4, BPF_F_MMAPABLE);
    void *p = map(a, "write", fd, PAGE, rw, MAP_SHARED, 0);
    note(a, "freeze what is mapped", bpf_map_freeze(fd) ? errno : 0);
    munmap(p, PAGE);
    p = map(a, "read", fd, PAGE, PROT_READ, MAP_SHARED, 0);
    note(a, "freeze", bpf_map_freeze(fd) ? errno : 0);
    note(a, "more rights", mprotect(p, PAGE, rw) ? errno : 0);
    munmap(p, PAGE);
    try(a, "write what is frozen", fd, PAGE, rw, MAP_SHARED, 0);
    try(a, "read what is frozen", fd, PAGE, PROT_READ, MAP_SHARED, 0);
    close(fd);
}

static void other_types(struct answers *a)
{
    int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "hash", 4, 8, 4, NULL);

    try(a, "hash", fd, PAGE, PROT_READ, MAP_SHARED, 0);
    try(a, "hash, private", fd, PAGE, PROT_READ, MAP_PRIVATE, 0);
    close(fd);
    try(a, "closed", fd, PAGE, PROT_READ, MAP_SHARED, 0);
    try(a, "standard input", -1, PAGE, PROT_READ, MAP_SHARED, 0);
    try(a, "anonymous", -1, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, 0);
}

static void compare(void (*script)(struct answers *))
{
    struct answers ours = {.count = 0}, kernels = {.count = 0};

    setup();
    script(&ours);
    nicbpf_bind(NULL);
    script(&kernels);
    nicbpf_bind(layer);
    CU_ASSERT_EQUAL(ours.count, kernels.count);
    for (unsigned i = 0; i < ours.count; i++) {
        if (ours.err[i] != kernels.err[i])
            fprintf(stderr, "%s (%u): here %s, the kernel %s\n", ours.what[i], i,
                    strerror(ours.err[i]), strerror(kernels.err[i]));
        CU_ASSERT_EQUAL(ours.err[i], kernels.err[i]);
    }
    teardown();
}

static void test_bounds(void)
{
    if (kernel_works)
        compare(bounds);
}

static void test_rights(void)
{
    if (kernel_works)
        compare(rights);
}

static void test_other_types(void)
{
    if (kernel_works)
        compare(other_types);
}

/* The mapping is the map: what one writes the other reads, in both directions. */
static void test_contents(void)
{
    uint32_t key = 1;
    uint64_t v = 0x1122334455667788;

    setup();
    int other = array(8, 3, 0); /* the NIC's memory does not begin on a page */
    int fd = array(8, 512 + 3, BPF_F_MMAPABLE);
    int after = array(8, 3, 0);
    uint64_t *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CU_ASSERT_PTR_NOT_EQUAL_FATAL(p, MAP_FAILED);
    for (unsigned i = 0; i < 1024; i++)
        CU_ASSERT_EQUAL(p[i], 0);
    CU_ASSERT_EQUAL(bpf_map_update_elem(fd, &key, &v, 0), 0);
    CU_ASSERT_EQUAL(p[1], v);
    memset(p, 0x5a, 2 * PAGE);
    key = 514;
    CU_ASSERT_EQUAL(bpf_map_lookup_elem(fd, &key, &v), 0);
    CU_ASSERT_EQUAL(v, 0x5a5a5a5a5a5a5a5a);
    for (key = 0; key < 3; key++) { /* the pages are nobody else's */
        CU_ASSERT_EQUAL(bpf_map_lookup_elem(other, &key, &v), 0);
        CU_ASSERT_EQUAL(v, 0);
        CU_ASSERT_EQUAL(bpf_map_lookup_elem(after, &key, &v), 0);
        CU_ASSERT_EQUAL(v, 0);
    }
    const uint64_t *second = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
    CU_ASSERT_PTR_NOT_EQUAL_FATAL(second, MAP_FAILED);
    p[514] = 7;
    CU_ASSERT_EQUAL(second[2], 7);
    munmap(p, 2 * PAGE);
    CU_ASSERT_EQUAL(second[2], 7);
    munmap((void *)(uintptr_t)second, PAGE);
    close(fd);
    close(other);
    close(after);
    teardown();
}

static const struct cunit_case cases[] = {
    {"sizes and offsets, as the kernel", test_bounds},
    {"who may do what, as the kernel", test_rights},
    {"other maps and files, as the kernel", test_other_types},
    {"the mapping is the map", test_contents},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    firmware = argc > 1 ? argv[1] : NULL;
    int fd = array(8, 4, BPF_F_MMAPABLE);
    kernel_works = fd >= 0;
    if (kernel_works)
        close(fd);
    int rc = cunit_run("mmap of maps", cases);
    if (!kernel_works && rc == 0) {
        printf("SKIP: bpf(2) of this machine: %s\n", strerror(errno));
        return 77;
    }
    return rc;
}
