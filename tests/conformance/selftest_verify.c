/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * selftest_verify OBJECT [PROGRAM]: each program of the object, forced to the XDP type, in the
 * kernel's verifier and in ours. A line of JSON a program, with its tags and both logs;
 * kernel_selftests.py judges them. Exit status 77 without bpf(2).
 */
#include <bpf/libbpf.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forced.h"
#include "kernel.h"
#include "objects.h"
#include "offload/verifier.h"

enum { LOG_BYTES = 1 << 22 };

struct job {
    struct forced f;
    struct json_object *line;
    bool seen;
};

/* libbpf's print callback has no context argument. */
static char said[4096];

static int listen(enum libbpf_print_level level, const char *format, va_list ap)
{
    size_t used = strlen(said);
    return level == LIBBPF_DEBUG ? 0 : vsnprintf(said + used, sizeof(said) - used, format, ap);
}

static void add_text(struct json_object *o, const char *key, const char *text)
{
    json_object_object_add(o, key, json_object_new_string(text));
}

static void add_tag(void *arg, const char *tag)
{
    json_object_array_add(arg, json_object_new_string(tag));
}

static void compare(void *arg, const struct object_prog *p)
{
    struct job *job = arg;
    struct offload_verify_opts opts = {.helpers = {~0ull, ~0ull, ~0ull, ~0ull},
                                       .kfuncs = ~0ull,
                                       .allow_uninit_stack = true,
                                       .cpus = (uint32_t)libbpf_num_possible_cpus()};
    struct offload_refusal why = {0};
    struct offload_log log = {.buf = malloc(LOG_BYTES), .size = LOG_BYTES};
    if (p->given != bpf_program__insns(job->f.prog) || !log.buf) {
        free(log.buf); /* an auxiliary program */
        return;
    }
    log.level = job->f.log_level > 1 ? job->f.log_level : 1;
    job->seen = true;
    json_object_object_add(job->line, "kernel", json_object_new_int(p->kernel));
    add_text(job->line, "kernel_log", p->kernel_log);
    int err = offload_verify(&p->prog, &opts, &log, NULL, &why);
    json_object_object_add(job->line, "ours", json_object_new_int(err));
    add_text(job->line, "our_log", log.buf);
    add_text(job->line, "reason", why.reason);
    free(log.buf);
}

static void run(const char *path, const char *name, const char *section, int type)
{
    struct json_object *tags = json_object_new_array();
    struct job job = {.line = json_object_new_object()};
    said[0] = 0;
    add_text(job.line, "program", name);
    add_text(job.line, "section", section);
    json_object_object_add(job.line, "xdp", json_object_new_boolean(type == BPF_PROG_TYPE_XDP));
    json_object_object_add(job.line, "tags", tags);
    int err = forced_open(&job.f, path, name);
    if (!err) {
        forced_tags(job.f.obj, name, add_tag, tags);
        objects_watch(compare, &job);
        bpf_object__load(job.f.obj); /* refused or not: the watcher has seen it */
        objects_watch(NULL, NULL);
        forced_close(&job.f);
    }
    if (!job.seen)
        add_text(job.line, "libbpf", said);
    printf("%s\n", json_object_to_json_string_ext(job.line, JSON_C_TO_STRING_PLAIN));
    fflush(stdout);
    json_object_put(job.line);
}

int main(int argc, char **argv)
{
    struct bpf_object *obj;
    struct bpf_program *p;
    if (argc < 2) {
        fprintf(stderr, "usage: selftest_verify OBJECT [PROGRAM]\n");
        return 1;
    }
    if (kernel_missing()) {
        fprintf(stderr, "bpf(2) is not available here: %s\n", kernel_missing());
        return 77;
    }
    libbpf_set_print(listen);
    obj = bpf_object__open_file(argv[1], NULL);
    if (!obj) {
        fprintf(stderr, "libbpf does not open %s: %s\n", argv[1], said);
        return 2;
    }
    if (forced_sections(obj)) {
        fprintf(stderr, "libbpf does not take the sections of %s\n", argv[1]);
        return 2;
    }
    bpf_object__for_each_program(p, obj)
    {
        const char *name = bpf_program__name(p);
        if (argc < 3 || !strcmp(argv[2], name))
            run(argv[1], name, bpf_program__section_name(p), (int)bpf_program__type(p));
    }
    bpf_object__close(obj);
    return 0;
}
