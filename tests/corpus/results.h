/* SPDX-License-Identifier: BSD-3-Clause */
/* What a side gave, as JSON that does not depend on the side. */
#ifndef CORPUS_RESULTS_H
#define CORPUS_RESULTS_H

#include <bpf/bpf.h>
#include <json-c/json.h>

#include "side.h"

/* [retval, "bytes"] of a packet, or [errno] where the run failed. */
struct json_object *results_packet(int rc, const struct bpf_test_run_opts *run);
/* {name: {type, entries: {key: value}}} of the maps that hold data; of a per-CPU value the copy
 * that a program changed. */
struct json_object *results_maps(const struct side *s);

#endif
