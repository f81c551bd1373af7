/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A card with the firmware, its bpf(2) layer and an object's programs on it: what the tests here
 * start from. The firmware and the object are the test's first two arguments.
 */
#ifndef OBJNIC_H
#define OBJNIC_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "cunit_main.h"
#include "nicdrv/bpf.h"
#include "realnic.h"

extern struct realnic nic;
extern struct nicbpf *layer;
extern struct bpf_object *object;

/* A small card: so many engines and threads, 64 MiB of DRAM. */
struct nic_config objnic_config(unsigned engines, unsigned threads);

/* The card and the layer, to which bpf(2) calls go from then on. */
void objnic_open(const struct nic_config *cfg);
/* Opens the object and loads it: all of it, or only the lookup in map `only` and `nothing`. */
void objnic_load(const char *only);
/* Both in one. */
void objnic_setup(const struct nic_config *cfg);

void objnic_unload(void);
/* Also what was loaded; bpf(2) calls go to the kernel again. */
void objnic_close(void);

/* Exit status of main: 2 without the two arguments. */
int objnic_main(int argc, char **argv, const char *suite, const struct cunit_case *cases);

#endif
