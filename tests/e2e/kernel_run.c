/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The oracle: runs an XDP object over a capture in the Linux kernel, by
 * BPF_PROG_TEST_RUN, and writes what `nicsim run --ordered` writes: one JSON
 * line per packet, and the maps afterwards. Needs root.
 *
 *   kernel_run OBJ -r CAPTURE [--prog NAME] [--maps-from FILE] [--per-packet FILE] [--maps FILE]
 *
 * A packet that the kernel cannot be asked about has {"i":N,"len":N,"skipped":"why"}.
 * Exit status: 0 done, 1 usage, 2 object refused, 3 input or output, 77 no bpf(2) here.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "kernel_maps.h"

enum { EXIT_USAGE = 1, EXIT_REFUSED = 2, EXIT_IO = 3, EXIT_SKIP = 77 };

/* Most that XDP_PACKET_HEADROOM, a page and skb_shared_info leave for a linear frame. */
#define LINEAR_MAX 3520
#define FRAME_MAX  9216 /* of a program that takes fragments: what the NIC's ports take */
#define FRAME_MIN  14   /* the kernel refuses less than an Ethernet header */
#define DATA_MAX   12288

struct options {
    const char *object, *capture, *prog, *maps_from, *per_packet, *maps;
};

static const struct option long_options[] = {
    {"read", required_argument, NULL, 'r'},      {"prog", required_argument, NULL, 'p'},
    {"maps-from", required_argument, NULL, 'f'}, {"per-packet", required_argument, NULL, 'o'},
    {"maps", required_argument, NULL, 'm'},      {NULL, 0, NULL, 0},
};

static int options_parse(int argc, char **argv, struct options *o)
{
    int c;

    while ((c = getopt_long(argc, argv, "r:", long_options, NULL)) != -1) {
        if (c == 'r')
            o->capture = optarg;
        else if (c == 'p')
            o->prog = optarg;
        else if (c == 'f')
            o->maps_from = optarg;
        else if (c == 'o')
            o->per_packet = optarg;
        else if (c == 'm')
            o->maps = optarg;
        else
            return -1;
    }
    if (optind + 1 != argc || o->capture == NULL)
        return -1;
    o->object = argv[optind];
    return 0;
}

static bool bpf_permitted(void)
{
    int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "probe", 4, 4, 1, NULL);

    if (fd < 0)
        return false;
    close(fd);
    return true;
}

/* bpf_get_smp_processor_id() is then 0, as on the NIC's first hart. */
static void pin_to_first_cpu(void)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(0, &set);
    if (sched_setaffinity(0, sizeof(set), &set) != 0)
        perror("kernel_run: sched_setaffinity");
}

static const struct bpf_program *program_find(const struct bpf_object *obj, const char *name)
{
    struct bpf_program *p;

    bpf_object__for_each_program(p, obj)
    {
        if (bpf_program__type(p) == BPF_PROG_TYPE_XDP &&
            (name == NULL || strcmp(name, bpf_program__name(p)) == 0))
            return p;
    }
    return NULL;
}

/* Sections that libbpf does not know hold XDP programs here; of other types none is loaded. */
static void programs_prepare(struct bpf_object *obj)
{
    struct bpf_program *p;

    bpf_object__for_each_program(p, obj)
    {
        if (bpf_program__type(p) == BPF_PROG_TYPE_UNSPEC)
            bpf_program__set_type(p, BPF_PROG_TYPE_XDP);
        bpf_program__set_autoload(p, bpf_program__type(p) == BPF_PROG_TYPE_XDP);
    }
}

static const char *verdict_name(uint32_t retval)
{
    static const char *const names[] = {"XDP_ABORTED", "XDP_DROP", "XDP_PASS", "XDP_TX",
                                        "XDP_REDIRECT"};

    return retval < 5 ? names[retval] : names[0];
}

static const char *skip_reason(uint32_t len, uint32_t most)
{
    if (len < FRAME_MIN)
        return "shorter than an Ethernet header";
    return len > most ? "longer than a packet buffer" : NULL;
}

/* The longest frame that this program is asked about. libbpf sets BPF_F_XDP_HAS_FRAGS by section.
 */
static uint32_t frame_max(const struct bpf_program *prog)
{
    return strncmp(bpf_program__section_name(prog), "xdp.frags", 9) == 0 ? FRAME_MAX : LINEAR_MAX;
}

static void packet_print(FILE *out, unsigned long i, const struct bpf_test_run_opts *run)
{
    const uint8_t *p = run->data_out;

    fprintf(out, "{\"i\":%lu,\"verdict\":\"%s\",\"retval\":%u,\"len\":%u,\"data\":\"", i,
            verdict_name(run->retval), run->retval, run->data_size_out);
    for (uint32_t n = 0; n < run->data_size_out; n++)
        fprintf(out, "%02x", (unsigned)p[n]);
    fprintf(out, "\"}\n");
}

static int packet_run(const struct bpf_program *prog, FILE *out, unsigned long i,
                      const uint8_t *data, uint32_t len)
{
    uint8_t result[DATA_MAX];
    struct bpf_test_run_opts run = {.sz = sizeof(run),
                                    .data_in = data,
                                    .data_size_in = len,
                                    .data_out = result,
                                    .data_size_out = sizeof(result),
                                    .repeat = 1};
    const char *skip = skip_reason(len, frame_max(prog));
    int rc;

    if (skip != NULL) {
        if (out != NULL)
            fprintf(out, "{\"i\":%lu,\"len\":%u,\"skipped\":\"%s\"}\n", i, len, skip);
        return 0;
    }
    rc = bpf_prog_test_run_opts(bpf_program__fd(prog), &run);
    if (rc == 0 && out != NULL)
        packet_print(out, i, &run);
    if (rc != 0)
        fprintf(stderr, "packet %lu, %u bytes: BPF_PROG_TEST_RUN: %s\n", i, len, strerror(-rc));
    return rc;
}

static int capture_run(const struct bpf_program *prog, const char *path, FILE *out)
{
    struct capture *cap = capture_open(path);
    const uint8_t *data;
    unsigned long i = 0;
    uint32_t len;
    int rc = 0, more = 1;

    if (cap == NULL)
        return EXIT_IO;
    while (rc == 0 && (more = capture_next(cap, &data, &len)) == 1)
        rc = packet_run(prog, out, i++, data, len);
    capture_close(cap);
    return rc != 0 || more < 0 ? EXIT_IO : 0;
}

static int maps_write(const struct bpf_object *obj, const char *path)
{
    struct json_object *top = json_object_new_object();
    struct json_object *maps = kernel_maps_dump(obj);
    int rc;

    json_object_object_add(top, "maps", maps);
    rc = maps == NULL || json_object_to_file_ext(path, top, JSON_C_TO_STRING_PLAIN) != 0;
    if (rc != 0 && maps != NULL)
        fprintf(stderr, "%s\n", json_util_get_last_err());
    json_object_put(top);
    return rc != 0 ? EXIT_IO : 0;
}

/* From a loaded object to written results. */
static int object_run(const struct bpf_object *obj, const struct options *o)
{
    const struct bpf_program *prog = program_find(obj, o->prog);
    FILE *out = NULL;
    int rc;

    if (prog == NULL) {
        fprintf(stderr, "%s: no XDP program%s%s\n", o->object, o->prog ? " " : "",
                o->prog ? o->prog : "");
        return EXIT_REFUSED;
    }
    if (o->maps_from != NULL && kernel_maps_fill(obj, o->maps_from) != 0)
        return EXIT_IO;
    if (o->per_packet != NULL && (out = fopen(o->per_packet, "w")) == NULL) {
        perror(o->per_packet);
        return EXIT_IO;
    }
    rc = capture_run(prog, o->capture, out);
    if (out != NULL && fclose(out) != 0 && rc == 0) {
        perror(o->per_packet);
        rc = EXIT_IO;
    }
    return rc == 0 && o->maps != NULL ? maps_write(obj, o->maps) : rc;
}

int main(int argc, char **argv)
{
    struct options o = {0};
    struct bpf_object *obj;
    int rc;

    if (options_parse(argc, argv, &o) != 0) {
        fprintf(stderr, "usage: kernel_run OBJ -r CAPTURE [--prog NAME] [--maps-from FILE] "
                        "[--per-packet FILE] [--maps FILE]\n");
        return EXIT_USAGE;
    }
    if (!bpf_permitted()) {
        fprintf(stderr, "kernel_run: bpf(2) is not available here: %s\n", strerror(errno));
        return EXIT_SKIP;
    }
    pin_to_first_cpu();
    obj = bpf_object__open_file(o.object, NULL);
    if (obj != NULL)
        programs_prepare(obj);
    if (obj == NULL || bpf_object__load(obj) != 0) {
        fprintf(stderr, "%s: the kernel refuses it: %s\n", o.object, strerror(errno));
        bpf_object__close(obj);
        return EXIT_REFUSED;
    }
    rc = object_run(obj, &o);
    bpf_object__close(obj);
    return rc;
}
