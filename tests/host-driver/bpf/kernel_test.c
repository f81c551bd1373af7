/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The same bpf(2) calls to the layer and to this machine's kernel: the same
 * answers. Maps only need what every kernel since 5.10 has. Skipped (77), with
 * a line, where bpf(2) is not allowed.
 */
#include "sides.h"

static void creation(struct transcript *t)
{
    union bpf_attr a;
    uint8_t big[4200] = {0};

    close(map_of(t, "array", BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0));
    close(map_of(t, "hash", BPF_MAP_TYPE_HASH, 4, 8, 4, 0));
    close(map_of(t, "hash, no prealloc", BPF_MAP_TYPE_HASH, 4, 8, 4, BPF_F_NO_PREALLOC));
    close(map_of(t, "array, mmapable", BPF_MAP_TYPE_ARRAY, 4, 8, 4, BPF_F_MMAPABLE));
    close(map_of(t, "array, rdonly_prog", BPF_MAP_TYPE_ARRAY, 4, 8, 4, BPF_F_RDONLY_PROG));
    map_of(t, "type 0", 0, 4, 8, 4, 0);
    map_of(t, "type 4711", 4711, 4, 8, 4, 0);
    map_of(t, "array, key 8", BPF_MAP_TYPE_ARRAY, 8, 8, 4, 0);
    map_of(t, "array, key 0", BPF_MAP_TYPE_ARRAY, 0, 8, 4, 0);
    map_of(t, "array, value 0", BPF_MAP_TYPE_ARRAY, 4, 0, 4, 0);
    map_of(t, "array, 0 entries", BPF_MAP_TYPE_ARRAY, 4, 8, 0, 0);
    map_of(t, "array, value 2 GiB", BPF_MAP_TYPE_ARRAY, 4, 0x80000000u, 1, 0);
    map_of(t, "array, no prealloc", BPF_MAP_TYPE_ARRAY, 4, 8, 4, BPF_F_NO_PREALLOC);
    map_of(t, "array, zero seed", BPF_MAP_TYPE_ARRAY, 4, 8, 4, BPF_F_ZERO_SEED);
    map_of(t, "array, flag 31", BPF_MAP_TYPE_ARRAY, 4, 8, 4, 1u << 31);
    map_of(t, "hash, key 0", BPF_MAP_TYPE_HASH, 0, 8, 4, 0);
    map_of(t, "hash, value 0", BPF_MAP_TYPE_HASH, 4, 0, 4, 0);
    map_of(t, "hash, 0 entries", BPF_MAP_TYPE_HASH, 4, 8, 0, 0);
    map_of(t, "hash, mmapable", BPF_MAP_TYPE_HASH, 4, 8, 4, BPF_F_MMAPABLE);
    map_of(t, "hash, enormous", BPF_MAP_TYPE_HASH, 4, 0x7fffffffu, 4, 0);
    map_of(t, "both program flags", BPF_MAP_TYPE_HASH, 4, 8, 4,
           BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG);
    map_of(t, "both user flags", BPF_MAP_TYPE_HASH, 4, 8, 4, BPF_F_RDONLY | BPF_F_WRONLY);
    a = map_attr(BPF_MAP_TYPE_ARRAY, 4, 8, 4);
    memcpy(a.map_name, "a b", 4);
    map(t, "name with a space", a);
    memset(a.map_name, 'a', sizeof(a.map_name));
    map(t, "name without end", a);
    a = map_attr(BPF_MAP_TYPE_ARRAY, 4, 8, 4);
    a.map_extra = 1;
    map(t, "map_extra", a);
    a = map_attr(BPF_MAP_TYPE_ARRAY, 4, 8, 4);
    a.btf_value_type_id = 1;
    a.btf_fd = 9999;
    map(t, "bad btf_fd", a);
    a.btf_fd = (uint32_t)STDIN_FILENO;
    map(t, "btf_fd is a file", a);
    a.btf_value_type_id = 0;
    a.btf_key_type_id = 1;
    map(t, "BTF of the key only", a);
    a = map_attr(BPF_MAP_TYPE_ARRAY, 4, 8, 4);
    memcpy(big, &a, sizeof(a));
    note(t, "attr of 4097", t->bpf(BPF_MAP_CREATE, big, 4097), 0);
    close((int)note(t, "attr of 4096", t->bpf(BPF_MAP_CREATE, big, 4096), 0));
    big[4095] = 1;
    note(t, "attr with a tail", t->bpf(BPF_MAP_CREATE, big, 4096), 0);
    close((int)note(t, "attr of 20", t->bpf(BPF_MAP_CREATE, big, 20), 0));
    note(t, "command 9999", t->bpf(9999, big, 20), 0);
}

/* What each type's map_alloc_check says of odd sizes and flags. */
static void types(struct transcript *t)
{
    static const struct {
        const char *name;
        uint32_t type, key, value, flags;
    } good[] = {
        {"lru", BPF_MAP_TYPE_LRU_HASH, 4, 8, 0},
        {"lpm", BPF_MAP_TYPE_LPM_TRIE, 8, 8, BPF_F_NO_PREALLOC},
        {"queue", BPF_MAP_TYPE_QUEUE, 0, 8, 0},
        {"bloom", BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 0},
        {"array", BPF_MAP_TYPE_ARRAY, 4, 8, 0},
    };
    static const uint32_t keys[] = {0, 1, 4, 5, 8, 260, 261}, values[] = {0, 1, 8};
    char what[64];

    for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        uint32_t type = good[i].type, flags = good[i].flags;
        for (unsigned k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
            snprintf(what, sizeof(what), "%s, key %u", good[i].name, keys[k]);
            if (type != BPF_MAP_TYPE_LRU_HASH || keys[k] < 257) /* the fake's limit */
                close(map_of(t, what, type, keys[k], good[i].value, 4, flags));
        }
        for (unsigned k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
            snprintf(what, sizeof(what), "%s, value %u", good[i].name, values[k]);
            close(map_of(t, what, type, good[i].key, values[k], 4, flags));
        }
        for (unsigned bit = 0; bit < 16; bit++) {
            snprintf(what, sizeof(what), "%s, flag %u", good[i].name, bit);
            close(map_of(t, what, type, good[i].key, good[i].value, 4, flags ^ 1u << bit));
        }
        snprintf(what, sizeof(what), "%s, 0 entries", good[i].name);
        map_of(t, what, type, good[i].key, good[i].value, 0, flags);
        union bpf_attr a = map_attr(type, good[i].key, good[i].value, 4);
        a.map_flags = flags;
        a.map_extra = 5;
        snprintf(what, sizeof(what), "%s, map_extra 5", good[i].name);
        close(map(t, what, a));
        a.map_extra = 16;
        snprintf(what, sizeof(what), "%s, map_extra 16", good[i].name);
        close(map(t, what, a));
    }
}

static uint32_t map_id(struct transcript *t, int fd)
{
    struct bpf_map_info info;
    union bpf_attr a;

    memset(&a, 0, sizeof(a));
    memset(&info, 0, sizeof(info));
    a.info.bpf_fd = (uint32_t)fd;
    a.info.info_len = sizeof(info);
    a.info.info = ptr(&info);
    CU_ASSERT_EQUAL(t->bpf(BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)), 0);
    return info.id;
}

/* Descriptors of one map that may do less than the first. */
static void descriptors(struct transcript *t)
{
    static const uint32_t flags[] = {
        0, BPF_F_RDONLY, BPF_F_WRONLY, BPF_F_RDONLY | BPF_F_WRONLY, 1u << 10, 1, BPF_F_RDONLY_PROG};
    int fd = map_of(t, "create", BPF_MAP_TYPE_HASH, 4, 8, 4, BPF_F_RDONLY);
    uint32_t id = map_id(t, fd);
    union bpf_attr a;

    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        memset(&a, 0, sizeof(a));
        a.map_id = id;
        a.open_flags = flags[i];
        int other = (int)note(t, "by id", t->bpf(BPF_MAP_GET_FD_BY_ID, &a, sizeof(a)), flags[i]);
        if (other < 0)
            continue;
        int twin = dup(other);
        on(t, "update", BPF_MAP_UPDATE_ELEM, twin, 1, 5, 0);
        on(t, "lookup", BPF_MAP_LOOKUP_ELEM, twin, 1, 5, 0);
        on(t, "next", BPF_MAP_GET_NEXT_KEY, twin, 1, 0, 0);
        on(t, "delete", BPF_MAP_DELETE_ELEM, twin, 1, 0, 0);
        close(twin);
        close(other);
    }
    on(t, "update by the first", BPF_MAP_UPDATE_ELEM, fd, 1, 5, 0);
    memset(&a, 0, sizeof(a));
    a.map_id = id + 1000000;
    note(t, "no such id", t->bpf(BPF_MAP_GET_FD_BY_ID, &a, sizeof(a)), 0);
    close(fd);
}

/* Calls with pieces missing: which error comes first. */
static void missing(struct transcript *t)
{
    int fd = map_of(t, "create", BPF_MAP_TYPE_HASH, 4, 8, 4, 0);
    uint32_t key = 1;
    uint64_t value = 2;
    union bpf_attr a;

    memset(&a, 0, sizeof(a));
    a.map_fd = (uint32_t)fd;
    note(t, "lookup, no key", t->bpf(BPF_MAP_LOOKUP_ELEM, &a, sizeof(a)), 0);
    note(t, "delete, no key", t->bpf(BPF_MAP_DELETE_ELEM, &a, sizeof(a)), 0);
    note(t, "next, empty map", t->bpf(BPF_MAP_GET_NEXT_KEY, &a, sizeof(a)), 0);
    a.key = ptr(&key);
    note(t, "lookup absent, no value", t->bpf(BPF_MAP_LOOKUP_ELEM, &a, sizeof(a)), 0);
    note(t, "update, no value", t->bpf(BPF_MAP_UPDATE_ELEM, &a, sizeof(a)), 0);
    a.value = ptr(&value);
    note(t, "update", t->bpf(BPF_MAP_UPDATE_ELEM, &a, sizeof(a)), 0);
    a.value = 0;
    note(t, "lookup, no value", t->bpf(BPF_MAP_LOOKUP_ELEM, &a, sizeof(a)), 0);
    a.key = 0;
    note(t, "next, nowhere to go", t->bpf(BPF_MAP_GET_NEXT_KEY, &a, sizeof(a)), 0);
    a.flags = BPF_F_LOCK;
    note(t, "lookup, lock, no key", t->bpf(BPF_MAP_LOOKUP_ELEM, &a, sizeof(a)), 0);
    note(t, "update, lock, no key", t->bpf(BPF_MAP_UPDATE_ELEM, &a, sizeof(a)), 0);
    close(fd);
}

static void elements(struct transcript *t, uint32_t type)
{
    int fd = map_of(t, "create", type, 4, 8, 2, 0);

    on(t, "lookup 0", BPF_MAP_LOOKUP_ELEM, fd, 0, 77, 0);
    on(t, "update 0", BPF_MAP_UPDATE_ELEM, fd, 0, 5, BPF_ANY);
    on(t, "lookup 0", BPF_MAP_LOOKUP_ELEM, fd, 0, 77, 0);
    on(t, "update 0 noexist", BPF_MAP_UPDATE_ELEM, fd, 0, 6, BPF_NOEXIST);
    on(t, "update 0 exist", BPF_MAP_UPDATE_ELEM, fd, 0, 7, BPF_EXIST);
    on(t, "update 1 exist", BPF_MAP_UPDATE_ELEM, fd, 1, 7, BPF_EXIST);
    on(t, "update 1", BPF_MAP_UPDATE_ELEM, fd, 1, 8, BPF_ANY);
    on(t, "update 2", BPF_MAP_UPDATE_ELEM, fd, 2, 9, BPF_ANY);
    on(t, "update 2 noexist", BPF_MAP_UPDATE_ELEM, fd, 2, 9, BPF_NOEXIST);
    on(t, "update 2 exist", BPF_MAP_UPDATE_ELEM, fd, 2, 9, BPF_EXIST);
    on(t, "update flags 3", BPF_MAP_UPDATE_ELEM, fd, 0, 9, 3);
    on(t, "update flags lock", BPF_MAP_UPDATE_ELEM, fd, 0, 9, BPF_F_LOCK);
    on(t, "update flags 8", BPF_MAP_UPDATE_ELEM, fd, 0, 9, 8);
    on(t, "lookup flags 1", BPF_MAP_LOOKUP_ELEM, fd, 0, 77, 1);
    on(t, "lookup 2", BPF_MAP_LOOKUP_ELEM, fd, 2, 77, 0);
    on(t, "delete flags", BPF_MAP_DELETE_ELEM, fd, 0, 0, 1);
    on(t, "delete 0", BPF_MAP_DELETE_ELEM, fd, 0, 0, 0);
    on(t, "delete 0 again", BPF_MAP_DELETE_ELEM, fd, 0, 0, 0);
    on(t, "delete 2", BPF_MAP_DELETE_ELEM, fd, 2, 0, 0);
    on(t, "next of 0", BPF_MAP_GET_NEXT_KEY, fd, 0, 0, 0);
    on(t, "next of 1", BPF_MAP_GET_NEXT_KEY, fd, 1, 0, 0);
    on(t, "next of 9", BPF_MAP_GET_NEXT_KEY, fd, 9, 0, 0);
    on(t, "next with flags", BPF_MAP_GET_NEXT_KEY, fd, 0, 0, 1);
    on(t, "lookup on -1", BPF_MAP_LOOKUP_ELEM, -1, 0, 77, 0);
    on(t, "lookup on stdin", BPF_MAP_LOOKUP_ELEM, STDIN_FILENO, 0, 77, 0);
    close(fd);
}

static void array_elements(struct transcript *t)
{
    elements(t, BPF_MAP_TYPE_ARRAY);
}

static void hash_elements(struct transcript *t)
{
    elements(t, BPF_MAP_TYPE_HASH);
}

static void permissions(struct transcript *t)
{
    static const uint32_t flags[] = {BPF_F_RDONLY, BPF_F_WRONLY, BPF_F_RDONLY_PROG,
                                     BPF_F_WRONLY_PROG};
    union bpf_attr a;

    for (unsigned i = 0; i < 4; i++) {
        int fd = map_of(t, "create", BPF_MAP_TYPE_HASH, 4, 8, 4, flags[i]);
        on(t, "update", BPF_MAP_UPDATE_ELEM, fd, 0, 5, 0);
        on(t, "lookup", BPF_MAP_LOOKUP_ELEM, fd, 0, 5, 0);
        on(t, "next", BPF_MAP_GET_NEXT_KEY, fd, 1, 0, 0);
        on(t, "delete", BPF_MAP_DELETE_ELEM, fd, 0, 0, 0);
        memset(&a, 0, sizeof(a));
        a.map_fd = (uint32_t)fd;
        note(t, "freeze", t->bpf(BPF_MAP_FREEZE, &a, sizeof(a)), 0);
        note(t, "freeze again", t->bpf(BPF_MAP_FREEZE, &a, sizeof(a)), 0);
        on(t, "update frozen", BPF_MAP_UPDATE_ELEM, fd, 0, 5, 0);
        on(t, "delete frozen", BPF_MAP_DELETE_ELEM, fd, 0, 0, 0);
        close(fd);
    }
    a.map_fd = 9999;
    note(t, "freeze a bad fd", t->bpf(BPF_MAP_FREEZE, &a, sizeof(a)), 0);
}

static void programs(struct transcript *t)
{
    static char log[4096];
    struct bpf_insn insns[] = {
        {.code = BPF_LD | BPF_DW | BPF_IMM,
         .dst_reg = 1,
         .src_reg = BPF_PSEUDO_MAP_FD,
         .imm = 9999},
        {0},
        pass_insns[0],
        pass_insns[1],
    };
    union bpf_attr a, good = prog_attr(BPF_PROG_TYPE_XDP, pass_insns, sizeof(pass_insns));

    load(t, "pass", good);
    load(t, "pass as socket filter",
         prog_attr(BPF_PROG_TYPE_SOCKET_FILTER, pass_insns, sizeof(pass_insns)));
    a = good;
    a.insn_cnt = 0;
    load(t, "no instructions", a);
    a.insn_cnt = 1000001;
    load(t, "too many instructions", a);
    a.insn_cnt = 1;
    load(t, "no exit", a);
    a = good;
    a.prog_name[0] = '/';
    load(t, "bad name", a);
    a = good;
    a.prog_type = 4711;
    load(t, "bad type", a);
    a = good;
    a.prog_flags = 1u << 31;
    load(t, "bad flags", a);
    a = good;
    a.log_level = 1;
    a.log_buf = ptr(log);
    a.log_size = sizeof(log);
    load(t, "with a log", a);
    a.log_level = 32;
    load(t, "bad log level", a);
    a.log_level = 0;
    load(t, "log without level", a);
    a = prog_attr(BPF_PROG_TYPE_XDP, insns, sizeof(insns));
    load(t, "bad map fd", a);
    insns[0].imm = STDIN_FILENO;
    load(t, "map fd is a file", a);
    insns[0].imm = map_of(t, "hash", BPF_MAP_TYPE_HASH, 4, 8, 4, 0);
    load(t, "map fd", a);
    insns[0].src_reg = BPF_PSEUDO_MAP_VALUE;
    load(t, "value of a hash", a);
    close(insns[0].imm);
    insns[0].imm = map_of(t, "array", BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
    load(t, "value of an array", a);
    insns[1].imm = 8;
    load(t, "value beyond its end", a);
    close(insns[0].imm);
    insns[1].imm = 0;
    insns[0].imm = map_of(t, "array of 4", BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0);
    load(t, "value of an array of 4", a);
    close(insns[0].imm);
}

static void test_creation(void)
{
    compare("creation", creation);
}

static void test_types(void)
{
    compare("types", types);
}

static void test_descriptors(void)
{
    compare("descriptors", descriptors);
}

struct batch {
    uint32_t count, keys[8], in, out;
    uint64_t values[8], flags;
    bool no_keys, no_values, no_out, go_on;
};

static void in_batch(struct transcript *t, const char *what, int cmd, int fd, struct batch *s)
{
    union bpf_attr a;

    memset(&a, 0, sizeof(a));
    a.batch.map_fd = (uint32_t)fd;
    a.batch.count = s->count;
    a.batch.elem_flags = s->flags;
    a.batch.keys = s->no_keys ? 0 : ptr(s->keys);
    a.batch.values = s->no_values ? 0 : ptr(s->values);
    a.batch.in_batch = s->go_on ? ptr(&s->in) : 0;
    a.batch.out_batch = s->no_out ? 0 : ptr(&s->out);
    long rc = t->bpf(cmd, &a, sizeof(a));
    note(t, what, rc, a.batch.count);
    note(t, "keys", 0, digest(s->keys, sizeof(s->keys)));
    note(t, "values", 0, digest(s->values, sizeof(s->values)));
}

static void batches_of(struct transcript *t, uint32_t type)
{
    const struct batch fresh = {.count = 4, .keys = {0, 1, 2, 3}, .values = {5, 6, 7, 8}};
    int fd = map_of(t, "create", type, 4, 8, 4, 0);
    struct batch s = fresh;

    in_batch(t, "update", BPF_MAP_UPDATE_BATCH, fd, &s);
    s.count = 0;
    in_batch(t, "update none", BPF_MAP_UPDATE_BATCH, fd, &s);
    s = fresh;
    s.keys[2] = 17;
    in_batch(t, "update, one too many", BPF_MAP_UPDATE_BATCH, fd, &s);
    s = fresh;
    s.flags = BPF_NOEXIST;
    in_batch(t, "update, flags", BPF_MAP_UPDATE_BATCH, fd, &s);
    s.flags = BPF_F_LOCK;
    in_batch(t, "update, lock", BPF_MAP_UPDATE_BATCH, fd, &s);
    s = fresh;
    s.no_keys = true;
    in_batch(t, "update, no keys", BPF_MAP_UPDATE_BATCH, fd, &s);
    in_batch(t, "delete, no keys", BPF_MAP_DELETE_BATCH, fd, &s);
    s = fresh;
    s.no_values = true;
    in_batch(t, "update, no values", BPF_MAP_UPDATE_BATCH, fd, &s);
    s = fresh;
    s.keys[1] = 9;
    in_batch(t, "delete, one is absent", BPF_MAP_DELETE_BATCH, fd, &s);
    in_batch(t, "on fd -1", BPF_MAP_UPDATE_BATCH, -1, &s);
    close(fd);
    fd = map_of(t, "read-only", type, 4, 8, 4, BPF_F_RDONLY);
    in_batch(t, "update, read-only", BPF_MAP_UPDATE_BATCH, fd, &s);
    close(fd);
}

static void batches(struct transcript *t)
{
    struct batch s = {.count = 3};

    batches_of(t, BPF_MAP_TYPE_ARRAY);
    batches_of(t, BPF_MAP_TYPE_HASH);
    int fd = map_of(t, "create", BPF_MAP_TYPE_ARRAY, 4, 8, 7, 0);
    for (uint32_t i = 0; i < 7; i++)
        on(t, "fill", BPF_MAP_UPDATE_ELEM, fd, i, i * 100, 0);
    in_batch(t, "lookup 3", BPF_MAP_LOOKUP_BATCH, fd, &s);
    s.go_on = true;
    s.in = s.out;
    in_batch(t, "lookup 3 more", BPF_MAP_LOOKUP_BATCH, fd, &s);
    s.in = s.out;
    s.count = 3;
    in_batch(t, "lookup the last", BPF_MAP_LOOKUP_BATCH, fd, &s);
    s.in = 6;
    in_batch(t, "lookup behind it", BPF_MAP_LOOKUP_BATCH, fd, &s);
    s.in = 100;
    in_batch(t, "lookup from nowhere", BPF_MAP_LOOKUP_BATCH, fd, &s);
    s.no_out = true;
    in_batch(t, "lookup, no out_batch", BPF_MAP_LOOKUP_BATCH, fd, &s);
    s.no_out = false;
    s.no_values = true;
    in_batch(t, "lookup, no values", BPF_MAP_LOOKUP_BATCH, fd, &s);
    s.count = 0;
    in_batch(t, "lookup none", BPF_MAP_LOOKUP_BATCH, fd, &s);
    close(fd);
}

static void test_batches(void)
{
    compare("batches", batches);
}

static void test_missing(void)
{
    compare("missing", missing);
}

static void test_array(void)
{
    compare("array", array_elements);
}

static void test_hash(void)
{
    compare("hash", hash_elements);
}

static void test_permissions(void)
{
    compare("permissions", permissions);
}

static void test_programs(void)
{
    compare("programs", programs);
}

static const struct cunit_case cases[] = {
    {"map creation", test_creation},    {"array elements", test_array},
    {"hash elements", test_hash},       {"permissions", test_permissions},
    {"program loading", test_programs}, {"map types", test_types},
    {"descriptors", test_descriptors},  {"missing pieces", test_missing},
    {"batches", test_batches},          {NULL, NULL},
};

int main(void)
{
    if (!kernel_has_bpf())
        return 77;
    return cunit_run("the layer against the kernel", cases);
}
