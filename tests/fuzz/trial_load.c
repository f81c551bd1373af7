/* SPDX-License-Identifier: BSD-3-Clause */
/* Through bpf(2) as the object layer takes it, on a NIC that is not there. */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_nic.h"
#include "nicdrv/bpf.h"
#include "trials.h"

enum { LOG = 1 << 16, LOADER_MAPS = 2, RECORDS = 512, RECORD_BYTES = 252, SCALE = 1 << 16 };

struct loader {
    struct fake_nic nic;
    struct fake_fw *fw;
    struct nicdrv *drv;
    struct nicbpf *layer;
    int map[LOADER_MAPS];
    uint8_t *btf; /* room for any of the seeds' */
    uint32_t btf_room;
    uint8_t func[RECORDS * RECORD_BYTES], line[RECORDS * RECORD_BYTES];
    char log[LOG];
};

static uint64_t ptr(const void *p)
{
    return (uint64_t)(uintptr_t)p;
}

static long call(struct loader *l, int cmd, union bpf_attr *attr)
{
    return nicbpf_call(l->layer, cmd, attr, sizeof(*attr));
}

static int make_map(struct loader *l, uint32_t type, uint32_t entries)
{
    union bpf_attr a;
    memset(&a, 0, sizeof(a));
    a.map_type = type;
    a.key_size = 4;
    a.value_size = 64;
    a.max_entries = entries;
    return (int)call(l, BPF_MAP_CREATE, &a);
}

struct loader *loader_new(void)
{
    uint8_t elf[FAKE_ELF_MAX];
    struct loader *l = calloc(1, sizeof(*l));
    if (!l)
        return NULL;
    fake_init(&l->nic);
    l->fw = fake_fw_create();
    l->nic.serve = fake_fw_serve;
    l->nic.fw = l->fw;
    if (nicdrv_open(&l->nic.link, elf, fake_elf(elf), "fake.elf", &l->drv, NULL) ||
        nicbpf_create(l->drv, &l->layer)) {
        loader_free(l);
        return NULL;
    }
    l->map[0] = make_map(l, BPF_MAP_TYPE_ARRAY, 1);
    l->map[1] = make_map(l, BPF_MAP_TYPE_HASH, 16);
    return l;
}

void loader_free(struct loader *l)
{
    if (!l)
        return;
    if (l->layer)
        nicbpf_destroy(l->layer);
    if (l->drv)
        nicdrv_close(l->drv);
    fake_fini(&l->nic);
    fake_fw_destroy(l->fw);
    free(l->btf);
    free(l);
}

/* ---- BTF ---- */

/* A seed's, or one of a header and types without sense; its size, 0: without memory. */
static uint32_t make_btf(struct loader *l, struct rng *rng, const struct seeds *s)
{
    const struct seed_btf *from = s->btfs ? &s->btf[rng_below(rng, s->btfs)] : NULL;
    struct btf_header h = {.magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(h)};
    uint32_t size = from ? from->size : (uint32_t)sizeof(h) + 64u;
    if (size > l->btf_room) {
        free(l->btf);
        l->btf = malloc(size);
        l->btf_room = l->btf ? size : 0;
    }
    if (!l->btf)
        return 0;
    if (from) {
        memcpy(l->btf, from->data, size);
    } else {
        h.type_len = 60;
        h.str_off = 60;
        h.str_len = 4;
        memset(l->btf, 0, size);
        memcpy(l->btf, &h, sizeof(h));
        for (uint32_t n = sizeof(h); n < sizeof(h) + 60; n++)
            l->btf[n] = (uint8_t)rng_below(rng, rng_below(rng, 2) ? 20 : 4);
    }
    if (rng_below(rng, 4)) /* else as it is, for programs to refer to */
        size = (uint32_t)garble_bytes(rng, l->btf, size);
    return size;
}

static long load_btf(struct loader *l, struct rng *rng, const struct seeds *s)
{
    union bpf_attr a;
    memset(&a, 0, sizeof(a));
    a.btf_size = make_btf(l, rng, s);
    a.btf = ptr(l->btf);
    if (rng_below(rng, 4) == 0) {
        a.btf_log_buf = ptr(l->log);
        a.btf_log_size = 1 + rng_below(rng, LOG);
        a.btf_log_level = 1;
    }
    return call(l, BPF_BTF_LOAD, &a);
}

/* A map that refers to the types: key and value of any. */
static void map_with_btf(struct loader *l, struct rng *rng, int btf)
{
    union bpf_attr a;
    memset(&a, 0, sizeof(a));
    a.map_type = BPF_MAP_TYPE_ARRAY;
    a.key_size = 4;
    a.value_size = 1 + rng_below(rng, 64);
    a.max_entries = 1;
    a.btf_fd = (uint32_t)btf;
    a.btf_key_type_id = rng_below(rng, 60);
    a.btf_value_type_id = rng_below(rng, 60);
    long fd = call(l, BPF_MAP_CREATE, &a);
    if (fd >= 0)
        close((int)fd);
}

/* ---- programs ---- */

/* Maps that exist where the program names some; descriptors by index are the caller's memory. */
static void use_maps(struct loader *l, struct rng *rng, struct ebpf_insn *insns, uint32_t count)
{
    for (uint32_t n = 0; n < count; n++) {
        struct ebpf_insn *i = &insns[n];
        if (i->opcode != (BPF_LD | BPF_IMM | BPF_DW))
            continue;
        if (i->src == BPF_PSEUDO_MAP_FD || i->src == BPF_PSEUDO_MAP_VALUE || i->src == 0)
            i->imm = l->map[rng_below(rng, LOADER_MAPS)];
        if (i->src == 0 && rng_below(rng, 2))
            i->src = BPF_PSEUDO_MAP_FD;
    }
}

/* Records of two or four words: where, and what of the BTF; sometimes the bytes are any. */
static uint32_t make_records(struct rng *rng, uint8_t *to, uint32_t words, uint32_t rec,
                             uint32_t insns)
{
    uint32_t count = 1 + rng_below(rng, rng_below(rng, 8) ? 6 : RECORDS), at = 0;
    memset(to, 0, (size_t)count * rec);
    for (uint32_t n = 0; n < count; n++) {
        uint32_t record[4] = {at, 1 + rng_below(rng, 80), rng_below(rng, SCALE),
                              (uint32_t)rng_number(rng)};
        memcpy(to + (size_t)n * rec, record, words * sizeof(record[0]));
        at += 1 + rng_below(rng, 1 + insns / count);
    }
    if (rng_below(rng, 4) == 0)
        garble_bytes(rng, to, (size_t)count * rec);
    return count;
}

static uint32_t record_size(struct rng *rng, uint32_t least)
{
    return rng_below(rng, 4) ? least : least + 4 * rng_below(rng, (RECORD_BYTES - least) / 4 + 1);
}

static void add_debug(struct loader *l, struct rng *rng, union bpf_attr *a)
{
    a->func_info_rec_size = record_size(rng, sizeof(struct bpf_func_info));
    a->line_info_rec_size = record_size(rng, sizeof(struct bpf_line_info));
    if (rng_below(rng, 2))
        a->func_info_cnt = make_records(rng, l->func, 2, a->func_info_rec_size, a->insn_cnt);
    if (rng_below(rng, 2))
        a->line_info_cnt = make_records(rng, l->line, 4, a->line_info_rec_size, a->insn_cnt);
    a->func_info = ptr(l->func);
    a->line_info = ptr(l->line);
    if (rng_below(rng, 64) == 0) /* counts and sizes that the records are not of */
        a->func_info_rec_size = (uint32_t)rng_number(rng) | RECORD_BYTES;
}

static long load_prog(struct loader *l, struct rng *rng, const struct seeds *s, int btf,
                      struct ebpf_insn *insns)
{
    union bpf_attr a;
    memset(&a, 0, sizeof(a));
    a.prog_type = BPF_PROG_TYPE_XDP;
    a.insns = ptr(insns);
    a.insn_cnt = garble_insns(rng, s, insns);
    a.license = ptr("GPL");
    a.prog_btf_fd = (uint32_t)btf;
    use_maps(l, rng, insns, a.insn_cnt);
    add_debug(l, rng, &a);
    if (rng_below(rng, 2)) {
        a.log_level = 1u << rng_below(rng, 3);
        a.log_buf = ptr(l->log);
        a.log_size = 128 + rng_below(rng, LOG - 128);
    }
    return call(l, BPF_PROG_LOAD, &a);
}

int trial_load(struct loader *l, struct rng *rng, const struct seeds *s, struct ebpf_insn *insns)
{
    long btf = load_btf(l, rng, s);
    if (btf < 0 && rng_below(rng, 2))
        return (int)btf;
    if (btf >= 0)
        map_with_btf(l, rng, (int)btf);
    long fd = load_prog(l, rng, s, btf < 0 ? -1 : (int)btf, insns);
    if (fd >= 0)
        close((int)fd);
    if (btf >= 0)
        close((int)btf);
    return fd < 0 ? (int)fd : 0;
}
