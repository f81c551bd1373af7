/* SPDX-License-Identifier: BSD-3-Clause */
#include "forced.h"

#include <bpf/btf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#define TAG "comment:"

/* Newer than some headers. */
#define TEST_REG_INVARIANTS (1u << 7)

static const struct {
    const char *name;
    uint32_t flag;
} flag_names[] = {
    {"BPF_F_STRICT_ALIGNMENT", BPF_F_STRICT_ALIGNMENT},
    {"BPF_F_ANY_ALIGNMENT", BPF_F_ANY_ALIGNMENT},
    {"BPF_F_TEST_RND_HI32", BPF_F_TEST_RND_HI32},
    {"BPF_F_TEST_STATE_FREQ", BPF_F_TEST_STATE_FREQ},
    {"BPF_F_SLEEPABLE", BPF_F_SLEEPABLE},
    {"BPF_F_XDP_HAS_FRAGS", BPF_F_XDP_HAS_FRAGS},
    {"BPF_F_TEST_REG_INVARIANTS", TEST_REG_INVARIANTS},
};

void forced_tags(const struct bpf_object *obj, const char *function, forced_tag_fn fn, void *arg)
{
    const struct btf *btf = bpf_object__btf(obj);
    int id = btf ? btf__find_by_name_kind(btf, function, BTF_KIND_FUNC) : -1;
    for (uint32_t n = 1; id > 0 && n < btf__type_cnt(btf); n++) {
        const struct btf_type *t = btf__type_by_id(btf, n);
        if (!btf_is_decl_tag(t) || (int)t->type != id || btf_decl_tag(t)->component_idx != -1)
            continue;
        const char *tag = btf__name_by_offset(btf, t->name_off);
        if (!strncmp(tag, TAG, strlen(TAG)))
            fn(arg, tag + strlen(TAG));
    }
}

int forced_sections(const struct bpf_object *obj)
{
    struct bpf_program *p;
    bpf_object__for_each_program(p, obj)
    {
        const char *section = bpf_program__section_name(p);
        if (bpf_program__type(p) == BPF_PROG_TYPE_STRUCT_OPS)
            continue; /* its map insists */
        int id = libbpf_register_prog_handler(section, BPF_PROG_TYPE_XDP, BPF_XDP, NULL);
        if (id < 0)
            return id;
    }
    return 0;
}

static void read_flag(const char *text, uint32_t *flags)
{
    bool clear = *text == '!';
    uint32_t flag = (uint32_t)strtoul(text + clear, NULL, 0);
    for (unsigned n = 0; n < sizeof(flag_names) / sizeof(flag_names[0]); n++)
        if (!strcmp(text + clear, flag_names[n].name))
            flag = flag_names[n].flag;
    *flags = clear ? *flags & ~flag : *flags | flag;
}

static void read_tag(void *arg, const char *tag)
{
    static const char level[] = "test_log_level=", flags[] = "test_prog_flags=";
    struct forced *f = arg;
    if (!strncmp(tag, level, strlen(level)))
        f->log_level = (uint32_t)strtoul(tag + strlen(level), NULL, 0);
    if (!strncmp(tag, flags, strlen(flags)))
        read_flag(tag + strlen(flags), &f->flags);
}

static void find_auxiliary(void *arg, const char *tag)
{
    if (!strcmp(tag, "test_auxiliary"))
        *(bool *)arg = true;
}

static void force(struct forced *f, struct bpf_program *p, const char *name)
{
    bool load = !strcmp(bpf_program__name(p), name);
    if (load)
        f->prog = p;
    else
        forced_tags(f->obj, bpf_program__name(p), find_auxiliary, &load);
    bpf_program__set_autoload(p, load);
    bpf_program__set_type(p, BPF_PROG_TYPE_XDP);
    bpf_program__set_expected_attach_type(p, BPF_XDP);
}

int forced_open(struct forced *f, const char *path, const char *name)
{
    struct bpf_program *p;
    *f = (struct forced){.obj = bpf_object__open_file(path, NULL)};
    if (!f->obj)
        return -errno;
    bpf_object__for_each_program(p, f->obj) force(f, p, name);
    if (!f->prog) {
        forced_close(f);
        return -ENOENT;
    }
    forced_tags(f->obj, name, read_tag, f);
    bpf_program__set_flags(f->prog, f->flags);
    bpf_program__set_log_level(f->prog, f->log_level);
    return 0;
}

void forced_close(struct forced *f)
{
    bpf_object__close(f->obj);
    *f = (struct forced){0};
}
