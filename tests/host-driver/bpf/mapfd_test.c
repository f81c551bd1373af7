/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Maps whose values are descriptors, on the real firmware: the same calls to the
 * layer and to this machine's kernel, the same answers. mapfd_test FIRMWARE
 */
#include <sys/socket.h>

#include "mapfd.h"

/* ---- what both answer ---- */

static void creation(struct transcript *t, uint32_t type, uint32_t value, int inner)
{
    const uint32_t flags[] = {BPF_F_NO_PREALLOC, BPF_F_NUMA_NODE,      BPF_F_RDONLY,
                              BPF_F_WRONLY,      BPF_F_RDONLY_PROG,    BPF_F_WRONLY_PROG,
                              BPF_F_MMAPABLE,    BPF_F_INNER_MAP,      BPF_F_ZERO_SEED,
                              BPF_F_CLONE,       BPF_F_PRESERVE_ELEMS, 1u << 30};
    char what[32];

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        snprintf(what, sizeof(what), "type %u, flag 0x%x", type, flags[i]);
        int fd = map(t, what, type, 4, value, 4, flags[i], inner);
        if (fd >= 0) {
            flags_of(t, fd);
            close(fd);
        }
    }
    for (uint32_t size = 0; size <= 12; size += 4) {
        snprintf(what, sizeof(what), "type %u, value %u", type, size);
        close(map(t, what, type, 4, size, 4, 0, inner));
        snprintf(what, sizeof(what), "type %u, key %u", type, size);
        close(map(t, what, type, size, value, 4, 0, inner));
    }
    snprintf(what, sizeof(what), "type %u, no entries", type);
    close(map(t, what, type, 4, value, 0, 0, inner));
}

static void all_creations(struct transcript *t)
{
    int inner = map(t, "inner", BPF_MAP_TYPE_HASH, 4, 8, 4, 0, 0);

    creation(t, BPF_MAP_TYPE_PROG_ARRAY, 4, 0);
    creation(t, BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, inner);
    creation(t, BPF_MAP_TYPE_HASH_OF_MAPS, 4, inner);
    creation(t, BPF_MAP_TYPE_DEVMAP, 4, 0);
    creation(t, BPF_MAP_TYPE_DEVMAP_HASH, 8, 0);
    creation(t, BPF_MAP_TYPE_CPUMAP, 4, 0);
    creation(t, BPF_MAP_TYPE_XSKMAP, 4, 0);
    close(map(t, "cpumap, many", BPF_MAP_TYPE_CPUMAP, 4, 4, 100000, 0, 0));
    close(inner);
}

static void prog_array(struct transcript *t)
{
    int fd = map(t, "program array", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0, 0);
    int other = map(t, "array", BPF_MAP_TYPE_ARRAY, 4, 4, 4, 0, 0);
    int xdp = program(t, BPF_PROG_TYPE_XDP, 0);
    int dev = program(t, BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP);
    int filter = program(t, BPF_PROG_TYPE_SOCKET_FILTER, 0);

    get(t, "empty", fd, 0, true);
    put(t, "a program", fd, 0, xdp, 0, BPF_ANY);
    get(t, "its id", fd, 0, true);
    put(t, "noexist", fd, 1, xdp, 0, BPF_NOEXIST);
    put(t, "exist", fd, 0, xdp, 0, BPF_EXIST);
    put(t, "past the end", fd, 4, xdp, 0, BPF_ANY);
    put(t, "no fd", fd, 0, -1, 0, BPF_ANY);
    put(t, "a map", fd, 0, other, 0, BPF_ANY);
    put(t, "another type", fd, 0, filter, 0, BPF_ANY);
    put(t, "another attach type", fd, 0, dev, 0, BPF_ANY);
    get(t, "still its id", fd, 0, true);
    get(t, "past the end", fd, 4, true);
    del(t, "delete", fd, 0);
    del(t, "delete again", fd, 0);
    del(t, "delete past the end", fd, 4);
    close(filter);
    close(dev);
    close(xdp);
    close(other);
    close(fd);
}

static void inner_fits(struct transcript *t, int outer, const char *what, uint32_t type,
                       uint32_t key, uint32_t value, uint32_t entries, uint32_t flags)
{
    int fd = map(t, what, type, key, value, entries, flags, 0);

    put(t, what, outer, 0, fd, 0, BPF_ANY);
    close(fd);
}

static void maps_of_maps(struct transcript *t, uint32_t type)
{
    int hash = map(t, "hash", BPF_MAP_TYPE_HASH, 4, 8, 4, 0, 0);
    int progs = map(t, "program array", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0, 0);
    int outer = map(t, "outer", type, 4, 4, 4, 0, hash);

    map(t, "outer of outer", type, 4, 4, 4, 0, outer);
    map(t, "outer of programs", type, 4, 4, 4, 0, progs);
    map(t, "outer of nothing", type, 4, 4, 4, 0, -1);
    get(t, "empty", outer, 0, true);
    put(t, "inner", outer, 0, hash, 0, BPF_ANY);
    get(t, "its id", outer, 0, true);
    put(t, "noexist", outer, 1, hash, 0, BPF_NOEXIST);
    put(t, "exist", outer, 2, hash, 0, BPF_EXIST);
    put(t, "past the end", outer, 4, hash, 0, BPF_ANY);
    put(t, "no fd", outer, 0, -1, 0, BPF_ANY);
    put(t, "itself", outer, 0, outer, 0, BPF_ANY);
    put(t, "programs", outer, 0, progs, 0, BPF_ANY);
    inner_fits(t, outer, "longer", BPF_MAP_TYPE_HASH, 4, 8, 400, 0);
    inner_fits(t, outer, "other key", BPF_MAP_TYPE_HASH, 8, 8, 4, 0);
    inner_fits(t, outer, "other value", BPF_MAP_TYPE_HASH, 4, 16, 4, 0);
    inner_fits(t, outer, "other flags", BPF_MAP_TYPE_HASH, 4, 8, 4, BPF_F_NO_PREALLOC);
    inner_fits(t, outer, "other type", BPF_MAP_TYPE_LRU_HASH, 4, 8, 4, 0);
    del(t, "delete", outer, 0);
    del(t, "delete again", outer, 0);
    del(t, "delete past the end", outer, 4);
    close(outer);
    close(progs);
    close(hash);
}

static void inner_arrays(struct transcript *t)
{
    int any = map(t, "array", BPF_MAP_TYPE_ARRAY, 4, 8, 4, BPF_F_INNER_MAP, 0);
    int fixed = map(t, "array", BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0, 0);
    int outer = map(t, "outer", BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 4, 0, any);

    inner_fits(t, outer, "any length", BPF_MAP_TYPE_ARRAY, 4, 8, 100, BPF_F_INNER_MAP);
    inner_fits(t, outer, "without the flag", BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0);
    close(outer);
    outer = map(t, "outer", BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 4, 0, fixed);
    inner_fits(t, outer, "the length", BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0);
    inner_fits(t, outer, "another length", BPF_MAP_TYPE_ARRAY, 4, 8, 5, 0);
    close(outer);
    close(fixed);
    close(any);
}

static void devmap(struct transcript *t, uint32_t type)
{
    int fd = map(t, "devmap", type, 4, 8, 4, 0, 0);
    int xdp = program(t, BPF_PROG_TYPE_XDP, 0);
    int dev = program(t, BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP);
    int cpu = program(t, BPF_PROG_TYPE_XDP, BPF_XDP_CPUMAP);

    get(t, "empty", fd, 0, false);
    put(t, "interface 1", fd, 0, 1, -1, BPF_ANY);
    get(t, "interface 1", fd, 0, false);
    put(t, "fd 0 is none", fd, 1, 1, 0, BPF_ANY);
    get(t, "no program", fd, 1, false);
    put(t, "a program", fd, 1, 1, dev, BPF_ANY);
    get(t, "a program", fd, 1, false);
    put(t, "a program of ports", fd, 2, 1, xdp, BPF_ANY);
    put(t, "a cpumap program", fd, 2, 1, cpu, BPF_ANY);
    put(t, "a map", fd, 2, 1, fd, BPF_ANY);
    put(t, "no such fd", fd, 2, 1, 4711, BPF_ANY);
    put(t, "no such interface", fd, 2, 4711, -1, BPF_ANY);
    put(t, "interface 0", fd, 0, 0, -1, BPF_ANY);
    put(t, "interface 0 with a program", fd, 0, 0, dev, BPF_ANY);
    get(t, "after interface 0", fd, 0, false);
    put(t, "noexist, there", fd, 1, 1, -1, BPF_NOEXIST);
    put(t, "noexist", fd, 3, 1, -1, BPF_NOEXIST);
    put(t, "exist", fd, 2, 1, -1, BPF_EXIST);
    put(t, "flag 4", fd, 2, 1, -1, 8);
    put(t, "past the end", fd, 4, 1, -1, BPF_ANY);
    put(t, "far past the end", fd, 5, 1, -1, BPF_ANY);
    del(t, "delete", fd, 1);
    del(t, "delete again", fd, 1);
    del(t, "delete past the end", fd, 77);
    close(cpu);
    close(dev);
    close(xdp);
    close(fd);
}

static void cpumap(struct transcript *t)
{
    int fd = map(t, "cpumap", BPF_MAP_TYPE_CPUMAP, 4, 8, 64, 0, 0);
    int dev = program(t, BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP);
    int cpu = program(t, BPF_PROG_TYPE_XDP, BPF_XDP_CPUMAP);

    get(t, "empty", fd, 0, false);
    put(t, "queue", fd, 0, 64, -1, BPF_ANY);
    get(t, "queue", fd, 0, false);
    put(t, "with a program", fd, 0, 128, cpu, BPF_ANY);
    get(t, "with a program", fd, 0, false);
    put(t, "a devmap program", fd, 0, 64, dev, BPF_ANY);
    put(t, "no such fd", fd, 0, 64, 4711, BPF_ANY);
    put(t, "too long", fd, 0, 16385, -1, BPF_ANY);
    if (sysconf(_SC_NPROCESSORS_CONF) < 60)
        put(t, "no such processor", fd, 60, 64, -1, BPF_ANY);
    put(t, "past the end", fd, 64, 64, -1, BPF_ANY);
    put(t, "noexist", fd, 1, 64, -1, BPF_NOEXIST);
    put(t, "exist", fd, 0, 64, -1, BPF_EXIST);
    put(t, "length 0", fd, 0, 0, -1, BPF_ANY);
    get(t, "after length 0", fd, 0, false);
    del(t, "delete", fd, 0);
    del(t, "delete past the end", fd, 64);
    close(cpu);
    close(dev);
    close(fd);
}

/* What is the same: no look-ups, and what no descriptor of ours could make right. */
static void xskmap(struct transcript *t)
{
    int fd = map(t, "xskmap", BPF_MAP_TYPE_XSKMAP, 4, 4, 4, 0, 0);
    int sock = socket(AF_UNIX, SOCK_STREAM, 0);

    get(t, "look-up", fd, 0, false);
    put(t, "no fd", fd, 0, 4711, 0, BPF_ANY);
    put(t, "a socket of another kind", fd, 0, sock, 0, BPF_ANY);
    put(t, "past the end", fd, 4, 0, 0, BPF_ANY);
    put(t, "flags", fd, 0, 0, 0, 8);
    del(t, "delete", fd, 0);
    del(t, "delete past the end", fd, 4);
    close(sock);
    close(fd);
}

static void against_kernel(const char *name, void (*play)(struct transcript *))
{
    struct transcript *ours = calloc(1, sizeof(*ours)), *kernels = calloc(1, sizeof(*kernels));

    CU_ASSERT_FATAL(ours && kernels);
    open_card();
    ours->bpf = ask_card;
    kernels->bpf = ask_kernel;
    play(ours);
    play(kernels);
    compare_transcripts(name, ours, kernels);
    close_card();
    free(ours);
    free(kernels);
}

static void array_of_maps(struct transcript *t)
{
    maps_of_maps(t, BPF_MAP_TYPE_ARRAY_OF_MAPS);
}

static void hash_of_maps(struct transcript *t)
{
    maps_of_maps(t, BPF_MAP_TYPE_HASH_OF_MAPS);
}

static void plain_devmap(struct transcript *t)
{
    devmap(t, BPF_MAP_TYPE_DEVMAP);
}

static void devmap_hash(struct transcript *t)
{
    devmap(t, BPF_MAP_TYPE_DEVMAP_HASH);
}

/* Loads a program that redirects by the map, or calls its programs. */
static int user_of(struct transcript *t, uint32_t type, int fd, uint32_t flags)
{
    const int call = type == BPF_MAP_TYPE_PROG_ARRAY ? BPF_FUNC_tail_call : BPF_FUNC_redirect_map;
    struct bpf_insn by_map[] = {MAP_FD(1, fd), MOV(2, 0), MOV(3, 0), CALL(call), EXIT};
    struct bpf_insn tail[] = {MAP_FD(2, fd), MOV(3, 0), CALL(call), MOV(0, 2), EXIT};
    union bpf_attr a = type == BPF_MAP_TYPE_PROG_ARRAY
                           ? prog_attr(BPF_PROG_TYPE_XDP, tail, sizeof(tail))
                           : prog_attr(BPF_PROG_TYPE_XDP, by_map, sizeof(by_map));

    a.prog_flags = flags;
    return (int)note(t, "user", t->bpf(BPF_PROG_LOAD, &a, sizeof(a)), 0);
}

static int held_by(struct transcript *t, uint32_t attach, uint32_t flags)
{
    union bpf_attr a = prog_attr(BPF_PROG_TYPE_XDP, pass_insns, sizeof(pass_insns));

    a.expected_attach_type = attach;
    a.prog_flags = flags;
    return (int)note(t, "held", t->bpf(BPF_PROG_LOAD, &a, sizeof(a)), 0);
}

/* Who comes first: 1 a user without fragments, 2 with them, 0 nobody. */
static void mix(struct transcript *t, uint32_t type, uint32_t attach, uint32_t first)
{
    uint32_t value = type == BPF_MAP_TYPE_PROG_ARRAY ? 4 : 8;
    int fd = map(t, "map", type, 4, value, 4, 0, 0);
    int plain = held_by(t, attach, 0), frags = held_by(t, attach, BPF_F_XDP_HAS_FRAGS);
    int user = first ? user_of(t, type, fd, first == 2 ? BPF_F_XDP_HAS_FRAGS : 0) : -1;

    for (uint32_t i = 0; i < 2; i++) {
        int prog = (first == 2) == (i == 0) ? plain : frags; /* the other kind first */
        if (type == BPF_MAP_TYPE_PROG_ARRAY)
            put(t, "program", fd, 0, prog, 0, BPF_ANY);
        else
            put(t, "entry", fd, 0, 1, prog, BPF_ANY);
    }
    close(user_of(t, type, fd, 0));
    close(user_of(t, type, fd, BPF_F_XDP_HAS_FRAGS));
    close(user);
    close(frags);
    close(plain);
    close(fd);
}

/* Programs with fragments and without do not meet in a map. */
static void kinds(struct transcript *t)
{
    for (uint32_t first = 0; first < 3; first++) {
        mix(t, BPF_MAP_TYPE_PROG_ARRAY, 0, first);
        mix(t, BPF_MAP_TYPE_DEVMAP, BPF_XDP_DEVMAP, first);
        mix(t, BPF_MAP_TYPE_DEVMAP_HASH, BPF_XDP_DEVMAP, first);
        mix(t, BPF_MAP_TYPE_CPUMAP, BPF_XDP_CPUMAP, first);
    }
}

#define AGAINST_KERNEL(play)                                                                       \
    static void test_##play(void)                                                                  \
    {                                                                                              \
        against_kernel(#play, play);                                                               \
    }
AGAINST_KERNEL(all_creations)
AGAINST_KERNEL(prog_array)
AGAINST_KERNEL(array_of_maps)
AGAINST_KERNEL(hash_of_maps)
AGAINST_KERNEL(inner_arrays)
AGAINST_KERNEL(plain_devmap)
AGAINST_KERNEL(devmap_hash)
AGAINST_KERNEL(cpumap)
AGAINST_KERNEL(xskmap)
AGAINST_KERNEL(kinds)

static const struct cunit_case cases[] = {
    {"creation", test_all_creations},
    {"program array", test_prog_array},
    {"array of maps", test_array_of_maps},
    {"hash of maps", test_hash_of_maps},
    {"inner arrays", test_inner_arrays},
    {"devmap", test_plain_devmap},
    {"devmap_hash", test_devmap_hash},
    {"cpumap", test_cpumap},
    {"xskmap", test_xskmap},
    {"programs of two kinds", test_kinds},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    firmware = argc > 1 ? argv[1] : NULL;
    return kernel_has_bpf() ? cunit_run("maps of descriptors against the kernel", cases) : 77;
}
