/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unmodified libbpf on the whole stack: object files through this process's own
 * syscall(2), the layer, the driver, the link, the device and its firmware.
 * Arguments: the firmware, then the directory of the objects.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cunit_main.h"
#include "nicdrv/bpf.h"
#include "realnic.h"

static const char *firmware, *objects;
static struct realnic nic;
static struct nicbpf *layer;

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
    return getenv("LIBBPF_DEBUG") && level <= LIBBPF_DEBUG ? vfprintf(stderr, fmt, ap) : 0;
}

static void setup(void)
{
    libbpf_set_print(quiet);
    CU_ASSERT_FATAL(realnic_open(&nic, firmware));
    CU_ASSERT_EQUAL_FATAL(nicbpf_create(nic.drv, &layer), 0);
    nicbpf_bind(layer);
}

static void teardown(void)
{
    nicbpf_destroy(layer);
    CU_ASSERT_PTR_NULL(nicbpf_bound());
    realnic_close(&nic);
}

static struct bpf_object *open_object(const char *name)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%s.bpf.o", objects, name);
    struct bpf_object *o = bpf_object__open_file(path, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(o);
    return o;
}

static int fd_of(struct bpf_object *o, const char *map)
{
    int fd = bpf_object__find_map_fd_by_name(o, map);

    CU_ASSERT_FATAL(fd >= 0);
    return fd;
}

struct tally {
    uint64_t packets, bytes;
};

/* What counter.bpf.c leaves after 100 frames of 60 bytes and 50 of 200, with step = 3. */
static void check_counts(struct bpf_object *o)
{
    uint32_t key = 60, zero = 0, two = 2;
    struct tally t;
    uint64_t v;

    CU_ASSERT_EQUAL(bpf_map_lookup_elem(fd_of(o, "by_len"), &key, &t), 0);
    CU_ASSERT(t.packets == 100 && t.bytes == 6000);
    key = 200;
    CU_ASSERT_EQUAL(bpf_map_lookup_elem(fd_of(o, "by_len"), &key, &t), 0);
    CU_ASSERT(t.packets == 50 && t.bytes == 10000);
    key = 61;
    CU_ASSERT_EQUAL(bpf_map_lookup_elem(fd_of(o, "by_len"), &key, &t), -ENOENT);
    CU_ASSERT_EQUAL(errno, ENOENT);
    CU_ASSERT_EQUAL(bpf_map_lookup_elem(fd_of(o, "slots"), &two, &v), 0);
    CU_ASSERT_EQUAL(v, 16000);
    CU_ASSERT_EQUAL(bpf_map_lookup_elem(fd_of(o, "counter.bss"), &zero, &v), 0);
    CU_ASSERT_EQUAL(v, 150);
    CU_ASSERT_EQUAL(bpf_map_lookup_elem(fd_of(o, "counter.data"), &zero, &v), 0);
    CU_ASSERT_EQUAL(v, 1000 + 3 * 150);
}

static void test_counter(void)
{
    struct fw_counters c;

    setup();
    struct bpf_object *o = open_object("counter");
    struct bpf_map *rodata = bpf_object__find_map_by_name(o, "counter.rodata");
    const uint32_t step = 3;
    CU_ASSERT_EQUAL(bpf_map__set_initial_value(rodata, &step, sizeof(step)), 0);
    CU_ASSERT_EQUAL(bpf_object__load(o), 0);
    CU_ASSERT_STRING_EQUAL(nicbpf_last_refusal(layer), "");
    struct bpf_link *l = bpf_program__attach_xdp(bpf_object__find_program_by_name(o, "counter"), 1);
    CU_ASSERT_PTR_NOT_NULL(l);
    realnic_send(&nic, 100, 60);
    CU_ASSERT_EQUAL(realnic_run(&nic), NIC_STOP_IDLE);
    realnic_send(&nic, 50, 200);
    CU_ASSERT_EQUAL(realnic_run(&nic), NIC_STOP_IDLE);
    check_counts(o);
    CU_ASSERT_EQUAL(nicdrv_counters(nic.drv, &c), 0);
    CU_ASSERT_EQUAL(c.verdict[1], 150);
    CU_ASSERT_EQUAL(c.program_faults, 0);
    uint32_t zero = 0;
    uint64_t v = 0;
    CU_ASSERT_EQUAL(bpf_map_update_elem(fd_of(o, "counter.rodata"), &zero, &v, 0),
                    -EPERM); /* frozen */
    bpf_link__destroy(l);
    bpf_object__close(o);
    teardown();
}

static void test_maps_through_libbpf(void)
{
    uint32_t key, next, count = 0;
    struct tally t = {1, 2};

    setup();
    struct bpf_object *o = open_object("counter");
    CU_ASSERT_EQUAL(bpf_object__load(o), 0);
    int fd = fd_of(o, "by_len");
    for (key = 0; key < 64; key++)
        CU_ASSERT_EQUAL(bpf_map_update_elem(fd, &key, &t, BPF_NOEXIST), 0);
    CU_ASSERT_EQUAL(bpf_map_update_elem(fd, &key, &t, BPF_ANY), -E2BIG);
    key = 5;
    CU_ASSERT_EQUAL(bpf_map_update_elem(fd, &key, &t, BPF_NOEXIST), -EEXIST);
    CU_ASSERT_EQUAL(bpf_map_delete_elem(fd, &key), 0);
    CU_ASSERT_EQUAL(bpf_map_delete_elem(fd, &key), -ENOENT);
    for (int rc = bpf_map_get_next_key(fd, NULL, &next); !rc && count < 100; count++) {
        key = next;
        rc = bpf_map_get_next_key(fd, &key, &next);
    }
    CU_ASSERT_EQUAL(count, 63);
    bpf_object__close(o);
    teardown();
}

static void test_info(void)
{
    struct bpf_prog_info info = {0};
    struct bpf_map_info map = {0};
    uint32_t len = sizeof(info), map_len = sizeof(map);
    uint32_t ids[8] = {0};

    setup();
    struct bpf_object *o = open_object("counter");
    CU_ASSERT_EQUAL(bpf_object__load(o), 0);
    struct bpf_program *p = bpf_object__find_program_by_name(o, "counter");
    info.map_ids = (uint64_t)(uintptr_t)ids;
    info.nr_map_ids = 8;
    CU_ASSERT_EQUAL(bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &len), 0);
    CU_ASSERT_STRING_EQUAL(info.name, "counter");
    CU_ASSERT_EQUAL(info.nr_map_ids, 5);
    CU_ASSERT_NOT_EQUAL(info.btf_id, 0);
    CU_ASSERT_EQUAL(info.nr_func_info, 2);
    CU_ASSERT(info.nr_line_info > 10);
    CU_ASSERT_EQUAL(bpf_obj_get_info_by_fd(fd_of(o, "by_len"), &map, &map_len), 0);
    CU_ASSERT_NOT_EQUAL(map.btf_value_type_id, 0);
    struct btf *btf = btf__load_from_kernel_by_id(map.btf_id); /* as bpftool does to print values */
    CU_ASSERT_PTR_NOT_NULL_FATAL(btf);
    const struct btf_type *t = btf__type_by_id(btf, map.btf_value_type_id);
    CU_ASSERT_STRING_EQUAL(btf__name_by_offset(btf, t->name_off), "tally");
    btf__free(btf);
    bpf_object__close(o);
    teardown();
}

static void test_view(void)
{
    struct nicbpf_prog_view v;
    bool named = false, texts = false;

    setup();
    struct bpf_object *o = open_object("counter");
    CU_ASSERT_EQUAL(bpf_object__load(o), 0);
    int fd = bpf_program__fd(bpf_object__find_program_by_name(o, "counter"));
    CU_ASSERT_EQUAL(nicbpf_prog(layer, fd, &v), 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(v.hw);
    CU_ASSERT_EQUAL(v.hw->bytes, v.image->code_words * 4);
    CU_ASSERT_EQUAL(v.prog->subprog_count, 2);
    for (uint32_t i = 0; i < v.prog->subprog_count; i++)
        named |= !strcmp(v.prog->subprogs[i].name, "tally_up") && !v.prog->subprogs[i].global;
    CU_ASSERT(named);
    for (uint32_t i = 0; i < v.prog->line_count; i++)
        texts |=
            strstr(v.prog->lines[i].text, "&seen, 1") && strstr(v.prog->lines[i].file, "counter");
    CU_ASSERT(texts);
    for (uint32_t i = 0; i < v.prog->map_count; i++) {
        if (!strcmp(v.prog->maps[i].name, "counter.rodata"))
            CU_ASSERT_PTR_NOT_NULL(v.prog->maps[i].frozen_data);
    }
    bpf_object__close(o);
    teardown();
}

static void test_refused_at_line(void)
{
    setup();
    struct bpf_object *o = open_object("unchecked");
    CU_ASSERT_EQUAL(bpf_object__load(o), -EACCES);
    const struct nicbpf_refusal *r = nicbpf_refusal(layer);
    CU_ASSERT_EQUAL(r->code, -EACCES);
    CU_ASSERT(r->has_insn);
    CU_ASSERT_PTR_NOT_NULL(strstr(r->source, "data[12] == 8"));
    CU_ASSERT_PTR_NOT_NULL(strstr(r->file, "unchecked.bpf.c"));
    CU_ASSERT_EQUAL(r->line, 12);
    CU_ASSERT_PTR_NOT_NULL(strstr(r->text, "invalid access to packet"));
    CU_ASSERT_PTR_NOT_NULL(strstr(r->text, "program 'unchecked'"));
    bpf_object__close(o);
    teardown();
}

static void refused_map(const char *name, int code, const char *word)
{
    setup();
    struct bpf_object *o = open_object(name);
    CU_ASSERT_EQUAL(bpf_object__load(o), code);
    if (!strstr(nicbpf_last_refusal(layer), word))
        fprintf(stderr, "expected '%s' in: %s\n", word, nicbpf_last_refusal(layer));
    CU_ASSERT_PTR_NOT_NULL(strstr(nicbpf_last_refusal(layer), word));
    bpf_object__close(o);
    teardown();
}

static void test_refused_maps(void)
{
    refused_map("badmap", -EINVAL, "map 'traces': type STACK_TRACE");
    refused_map("hugemap", -E2BIG, "map 'giant': 1073741824 entries");
}

/* A second object after a first that failed, and everything given back in between. */
static void test_room_comes_back(void)
{
    setup();
    nicdrv_caps_refresh(nic.drv);
    uint64_t room = nicdrv_caps(nic.drv)->limits.map_bytes_free;
    uint32_t code = nicdrv_caps(nic.drv)->prog.istore_free;
    for (unsigned i = 0; i < 20; i++) {
        struct bpf_object *o = open_object(i % 2 ? "counter" : "unchecked");
        int rc = bpf_object__load(o);
        CU_ASSERT_EQUAL(rc, i % 2 ? 0 : -EACCES);
        bpf_object__close(o);
    }
    struct nicbpf_map_view v;
    CU_ASSERT_EQUAL(nicbpf_map_at(layer, 0, &v), -ENOENT); /* not even the probes' maps */
    nicdrv_caps_refresh(nic.drv);
    CU_ASSERT_EQUAL(nicdrv_caps(nic.drv)->limits.map_bytes_free, room);
    CU_ASSERT_EQUAL(nicdrv_caps(nic.drv)->prog.istore_free, code);
    teardown();
}

static void test_probes_are_true(void)
{
    setup();
    CU_ASSERT_EQUAL(libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_XDP, NULL), 1);
    CU_ASSERT_EQUAL(libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_KPROBE, NULL), 0);
    CU_ASSERT_EQUAL(libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_SCHED_CLS, NULL), 0);
    CU_ASSERT_EQUAL(libbpf_probe_bpf_map_type(BPF_MAP_TYPE_HASH, NULL), 1);
    CU_ASSERT_EQUAL(libbpf_probe_bpf_map_type(BPF_MAP_TYPE_ARRAY, NULL), 1);
    CU_ASSERT_EQUAL(libbpf_probe_bpf_map_type(BPF_MAP_TYPE_STACK_TRACE, NULL), 0);
    CU_ASSERT_EQUAL(libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_map_lookup_elem, NULL), 1);
    CU_ASSERT_EQUAL(libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, (enum bpf_func_id)9999, NULL), 0);
    teardown();
}

/* Everything but SYS_bpf goes to the kernel; SYS_bpf too when no layer is bound. */
static void test_syscall(void)
{
    setup();
    CU_ASSERT_EQUAL(syscall(SYS_getpid), getpid());
    errno = 0;
    CU_ASSERT_EQUAL(syscall(SYS_close, -1), -1);
    CU_ASSERT_EQUAL(errno, EBADF);
    CU_ASSERT_EQUAL(syscall(SYS_bpf, 999, NULL, 0), -1);
    CU_ASSERT_EQUAL(errno, EINVAL);
    teardown();
    errno = 0;
    CU_ASSERT_EQUAL(syscall(SYS_bpf, BPF_MAP_CREATE, NULL, 0), -1);
    CU_ASSERT_NOT_EQUAL(errno, 0);
}

static const struct cunit_case cases[] = {
    {"an object with everything runs", test_counter},
    {"maps through libbpf", test_maps_through_libbpf},
    {"info and BTF", test_info},
    {"what a program became", test_view},
    {"refused at a line of C", test_refused_at_line},
    {"refused maps", test_refused_maps},
    {"room comes back", test_room_comes_back},
    {"probes are answered truthfully", test_probes_are_true},
    {"syscall", test_syscall},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    firmware = argc > 1 ? argv[1] : NULL;
    objects = argc > 2 ? argv[2] : ".";
    return cunit_run("libbpf", cases);
}
