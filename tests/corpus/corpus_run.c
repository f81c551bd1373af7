/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One XDP program of any object: loads it into the kernel or into a simulated
 * NIC, fills its maps, runs a capture's frames through BPF_PROG_TEST_RUN and
 * writes what came of it as JSON. run_corpus.py compares the two sides.
 *
 *   corpus_run --list OBJ
 *   corpus_run --probe        exit status 0 when this user may use bpf(2)
 *   corpus_run --side kernel|nic [--alone] --prog NAME [-r CAPTURE] [--frames N] OBJ
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <getopt.h>
#include <json-c/json.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../e2e/capture.h"
#include "cmd/session.h"
#include "fill.h"
#include "nic/config.h"
#include "results.h"

enum { FRAMES_MAX = 4096, FRAME_MIN = 14, FRAME_MAX = 9216, DATA_MAX = 12288 };

struct options {
    const char *object, *prog, *capture, *side;
    bool list, alone, probe;
    unsigned frames;
};

struct frames {
    struct fill_frame at[FRAMES_MAX];
    unsigned count;
};

static const struct option long_options[] = {
    {"list", no_argument, NULL, 'l'},         {"probe", no_argument, NULL, 'P'},
    {"side", required_argument, NULL, 's'},   {"alone", no_argument, NULL, 'a'},
    {"prog", required_argument, NULL, 'p'},   {"read", required_argument, NULL, 'r'},
    {"frames", required_argument, NULL, 'n'}, {NULL, 0, NULL, 0},
};

static int options_parse(int argc, char **argv, struct options *o)
{
    int c;

    while ((c = getopt_long(argc, argv, "r:", long_options, NULL)) != -1) {
        switch (c) {
        case 'l':
            o->list = true;
            break;
        case 'P':
            o->probe = true;
            return 0;
        case 's':
            o->side = optarg;
            break;
        case 'a':
            o->alone = true;
            break;
        case 'p':
            o->prog = optarg;
            break;
        case 'r':
            o->capture = optarg;
            break;
        case 'n':
            o->frames = (unsigned)atoi(optarg);
            break;
        default:
            return -1;
        }
    }
    if (optind + 1 != argc || (!o->list && (o->prog == NULL || o->side == NULL)))
        return -1;
    o->object = argv[optind];
    return 0;
}

static int list(const char *path)
{
    struct bpf_object *obj = bpf_object__open_file(path, NULL);
    struct bpf_program *p;

    if (obj == NULL)
        return 2;
    bpf_object__for_each_program(p, obj)
    {
        if (side_is_xdp(p))
            printf("%s\n", bpf_program__name(p));
    }
    bpf_object__close(obj);
    return 0;
}

static int probe(void)
{
    return bpf_map_create(BPF_MAP_TYPE_ARRAY, "probe", 4, 4, 1, NULL) < 0 ? 1 : 0;
}

static int frames_read(struct frames *f, const char *path, unsigned limit)
{
    struct capture *cap = capture_open(path);
    const uint8_t *data;
    uint32_t len;

    if (cap == NULL)
        return -1;
    while (f->count < limit && f->count < FRAMES_MAX && capture_next(cap, &data, &len) == 1) {
        uint8_t *copy = len >= FRAME_MIN && len <= FRAME_MAX ? malloc(len) : NULL;

        if (copy == NULL)
            continue;
        memcpy(copy, data, len);
        f->at[f->count++] = (struct fill_frame){copy, len};
    }
    capture_close(cap);
    return 0;
}

static void frames_free(struct frames *f)
{
    for (unsigned i = 0; i < f->count; i++)
        free((void *)(uintptr_t)f->at[i].data);
}

static void run_frames(const struct side *s, const struct frames *f, struct json_object *top)
{
    struct json_object *packets = json_object_new_array();
    uint8_t out[DATA_MAX];

    json_object_object_add(top, "packets", packets);
    for (unsigned i = 0; i < f->count; i++) {
        struct bpf_test_run_opts run = {.sz = sizeof(run),
                                        .data_in = f->at[i].data,
                                        .data_size_in = f->at[i].len,
                                        .data_out = out,
                                        .data_size_out = sizeof(out),
                                        .repeat = 1};
        int rc = bpf_prog_test_run_opts(bpf_program__fd(s->prog), &run);

        json_object_array_add(packets, results_packet(rc, &run));
    }
}

static void helpers_used(const struct side *s, struct json_object *top)
{
    const struct bpf_insn *insns = bpf_program__insns(s->prog);
    struct json_object *ids = json_object_new_array();
    uint64_t seen[4] = {0};

    for (size_t i = 0; i < bpf_program__insn_cnt(s->prog); i++) {
        int32_t id = insns[i].imm;

        if (insns[i].code != (BPF_JMP | BPF_CALL) || insns[i].src_reg != 0 || id < 0 || id > 255 ||
            seen[id / 64] >> (id % 64) & 1)
            continue;
        seen[id / 64] |= UINT64_C(1) << (id % 64);
        json_object_array_add(ids, json_object_new_int(id));
    }
    json_object_object_add(top, "helpers", ids);
}

/* One side from the open object to the results; the reason of a refusal is part of them. */
static void run_side(struct side *s, const struct options *o, struct frames *f,
                     struct json_object *top, const struct nicbpf *nic)
{
    int rc = side_load(s, o->object, o->prog, o->alone);

    json_object_object_add(top, "load", json_object_new_int(rc));
    if (s->prog != NULL)
        helpers_used(s, top);
    json_object_object_add(top, "log", json_object_new_string(s->log));
    if (nic != NULL)
        json_object_object_add(top, "refusal",
                               json_object_new_string(rc ? nicbpf_last_refusal(nic) : ""));
    if (rc == 0 && o->capture != NULL) {
        fill_maps(s, f->at, f->count);
        run_frames(s, f, top);
        json_object_object_add(top, "maps", results_maps(s));
    }
    side_close(s);
}

static int on_nic(struct side *s, const struct options *o, struct frames *f,
                  struct json_object *top)
{
    struct session nic;
    struct nic_config cfg;
    struct nic_err err = {""};

    nic_config_init(&cfg);
    cfg.engine_count = 2; /* few copies of per-CPU values: the maps stay small */
    if (session_open(&nic, &cfg, &err) != 0) {
        fprintf(stderr, "%s\n", err.msg);
        return 3;
    }
    s->cpus = (unsigned)(cfg.engine_count * cfg.engine_threads);
    run_side(s, o, f, top, nic.bpf);
    session_close(&nic);
    return 0;
}

static int on_kernel(struct side *s, const struct options *o, struct frames *f,
                     struct json_object *top)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(0, &set);
    sched_setaffinity(0, sizeof(set), &set);
    s->cpus = (unsigned)libbpf_num_possible_cpus();
    run_side(s, o, f, top, NULL);
    return 0;
}

int main(int argc, char **argv)
{
    struct options o = {.frames = 200};
    struct side *s = calloc(1, sizeof(*s));
    struct frames *f = calloc(1, sizeof(*f));
    struct json_object *top = json_object_new_object();
    int rc;

    if (options_parse(argc, argv, &o) != 0) {
        fprintf(stderr,
                "usage: corpus_run --list OBJ\n       corpus_run --side kernel|nic [--alone] "
                "--prog NAME [-r CAPTURE] [--frames N] OBJ\n");
        rc = 1;
    } else if (o.probe) {
        rc = probe();
    } else if (o.list) {
        rc = list(o.object);
    } else if (o.capture != NULL && frames_read(f, o.capture, o.frames) != 0) {
        rc = 3;
    } else {
        rc = strcmp(o.side, "nic") == 0 ? on_nic(s, &o, f, top) : on_kernel(s, &o, f, top);
        printf("%s\n", json_object_to_json_string_ext(top, JSON_C_TO_STRING_PLAIN));
    }
    json_object_put(top);
    frames_free(f);
    free(f);
    free(s);
    return rc;
}
