/* SPDX-License-Identifier: BSD-3-Clause */
#include "objnic.h"

#include <string.h>

struct realnic nic;
struct nicbpf *layer;
struct bpf_object *object;
static const char *firmware, *programs;

struct nic_config objnic_config(unsigned engines, unsigned threads)
{
    struct nic_config cfg;

    nic_config_init(&cfg);
    cfg.engine_count = engines;
    cfg.engine_threads = threads;
    cfg.dram_size = 64 << 20;
    return cfg;
}

void objnic_open(const struct nic_config *cfg)
{
    CU_ASSERT_FATAL(realnic_open_as(&nic, firmware, cfg));
    CU_ASSERT_EQUAL_FATAL(nicbpf_create(nic.drv, &layer), 0);
    nicbpf_bind(layer);
}

/* Programs look_MAP, each for one map. */
static void choose(const char *map)
{
    struct bpf_program *p;
    struct bpf_map *m;

    bpf_object__for_each_program(p, object)
    {
        const char *name = bpf_program__name(p);
        bool wanted = strcmp(name, "nothing") == 0 || strcmp(name + strlen("look_"), map) == 0;

        CU_ASSERT_EQUAL(bpf_program__set_autoload(p, wanted), 0);
    }
    bpf_object__for_each_map(m, object)
    {
        bool wanted = bpf_map__is_internal(m) || strcmp(bpf_map__name(m), map) == 0;

        CU_ASSERT_EQUAL(bpf_map__set_autocreate(m, wanted), 0);
    }
}

void objnic_load(const char *only)
{
    int rc;

    object = bpf_object__open_file(programs, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(object);
    if (only != NULL)
        choose(only);
    rc = bpf_object__load(object);
    if (rc != 0)
        fprintf(stderr, "%s\n", nicbpf_last_refusal(layer));
    CU_ASSERT_EQUAL_FATAL(rc, 0);
}

void objnic_setup(const struct nic_config *cfg)
{
    objnic_open(cfg);
    objnic_load(NULL);
}

void objnic_unload(void)
{
    bpf_object__close(object);
    object = NULL;
}

void objnic_close(void)
{
    objnic_unload();
    nicbpf_destroy(layer);
    layer = NULL;
    realnic_close(&nic);
}

int objnic_main(int argc, char **argv, const char *suite, const struct cunit_case *cases)
{
    if (argc < 3)
        return 2;
    firmware = argv[1];
    programs = argv[2];
    return cunit_run(suite, cases);
}
