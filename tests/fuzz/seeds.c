/* SPDX-License-Identifier: BSD-3-Clause */
#include "seeds.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>

static void *copy(const void *from, size_t size)
{
    void *to = malloc(size ? size : 1);
    if (to)
        memcpy(to, from, size);
    return to;
}

static void add_prog(struct seeds *s, const struct bpf_program *p)
{
    struct seed_prog *to = &s->prog[s->progs];
    size_t count = bpf_program__insn_cnt(p);
    if (s->progs == SEEDS_PROGS || count == 0)
        return;
    to->insns = copy(bpf_program__insns(p), count * sizeof(*to->insns));
    to->count = (uint32_t)count;
    s->progs += to->insns != NULL;
}

static void add_btf(struct seeds *s, const struct btf *btf)
{
    struct seed_btf *to = &s->btf[s->btfs];
    const void *data = btf && s->btfs < SEEDS_BTF ? btf__raw_data(btf, &to->size) : NULL;
    if (!data)
        return;
    to->data = copy(data, to->size);
    s->btfs += to->data != NULL;
}

void seeds_read(struct seeds *s, const char *path)
{
    struct bpf_object *obj = bpf_object__open_file(path, NULL);
    const struct bpf_program *p = NULL;
    if (libbpf_get_error(obj))
        return;
    while ((p = bpf_object__next_program(obj, (struct bpf_program *)(uintptr_t)p)))
        add_prog(s, p);
    add_btf(s, bpf_object__btf(obj));
    bpf_object__close(obj);
}

void seeds_free(struct seeds *s)
{
    while (s->progs)
        free(s->prog[--s->progs].insns);
    while (s->btfs)
        free(s->btf[--s->btfs].data);
}
