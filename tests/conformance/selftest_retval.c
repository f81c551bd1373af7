/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * selftest_retval kernel|nic OBJECT PROGRAM...: each of these programs, forced to the XDP type,
 * run once over 64 zero bytes in the kernel or on a simulated NIC, as the kernel's own test loader
 * does. A line of JSON a program: "retval", or "load" or "run" with the error.
 */
#include <bpf/bpf.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cmd/session.h"
#include "forced.h"
#include "nic/config.h"

enum { PACKET_BYTES = 64, OUT_BYTES = 4096 };

static int run(const struct bpf_program *prog, struct json_object *line)
{
    static const uint8_t packet[PACKET_BYTES];
    uint8_t out[OUT_BYTES];
    struct bpf_test_run_opts opts = {.sz = sizeof(opts),
                                     .data_in = packet,
                                     .data_size_in = sizeof(packet),
                                     .data_out = out,
                                     .data_size_out = sizeof(out),
                                     .repeat = 1};
    int err = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);
    if (err)
        json_object_object_add(line, "run", json_object_new_int(err));
    else
        json_object_object_add(line, "retval", json_object_new_int64(opts.retval));
    return err;
}

/*
 * Maps of types that the NIC has not are left out, for objects have maps that the program may not
 * need; libbpf spoils what refers to them, and the program is refused then.
 */
static void leave_out_maps(struct bpf_object *obj)
{
    struct bpf_map *m;
    bpf_object__for_each_map(m, obj)
    {
        enum bpf_map_type type = bpf_map__type(m);
        if (type == BPF_MAP_TYPE_USER_RINGBUF || type == BPF_MAP_TYPE_SK_STORAGE ||
            type == BPF_MAP_TYPE_SOCKMAP || type == BPF_MAP_TYPE_SOCKHASH ||
            type == BPF_MAP_TYPE_REUSEPORT_SOCKARRAY)
            bpf_map__set_autocreate(m, false);
    }
}

static void load_and_run(const char *path, const char *name, bool nic)
{
    struct json_object *line = json_object_new_object();
    struct forced f;
    int err = forced_open(&f, path, name);
    json_object_object_add(line, "program", json_object_new_string(name));
    if (!err) {
        if (nic)
            leave_out_maps(f.obj);
        err = bpf_object__load(f.obj);
        if (!err)
            run(f.prog, line);
        forced_close(&f);
    }
    if (err)
        json_object_object_add(line, "load", json_object_new_int(err));
    printf("%s\n", json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN));
    fflush(stdout);
    json_object_put(line);
}

static int load_sections(const char *path)
{
    struct bpf_object *obj = bpf_object__open_file(path, NULL);
    int err = obj ? forced_sections(obj) : -1;
    bpf_object__close(obj);
    return err;
}

static int quiet(enum libbpf_print_level level, const char *format, va_list ap)
{
    return level == LIBBPF_WARN ? vfprintf(stderr, format, ap) : 0;
}

int main(int argc, char **argv)
{
    struct session nic = {0};
    struct nic_config cfg;
    struct nic_err err = {""};
    if (argc < 3) {
        fprintf(stderr, "usage: selftest_retval kernel|nic OBJECT PROGRAM...\n");
        return 1;
    }
    libbpf_set_print(quiet);
    if (load_sections(argv[2]))
        return 2;
    nic_config_init(&cfg);
    cfg.engine_count = 1;
    if (!strcmp(argv[1], "nic") && session_open(&nic, &cfg, &err)) {
        fprintf(stderr, "%s\n", err.msg);
        return 3;
    }
    for (int n = 3; n < argc; n++)
        load_and_run(argv[2], argv[n], nic.bpf != NULL);
    session_close(&nic);
    return 0;
}
