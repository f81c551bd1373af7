/* SPDX-License-Identifier: BSD-3-Clause */
/* Maps of an object that the kernel holds: initial contents and dump. */
#ifndef E2E_KERNEL_MAPS_H
#define E2E_KERNEL_MAPS_H

#include <bpf/libbpf.h>
#include <json-c/json.h>

/*
 * Applies `map NAME KEYHEX VALUEHEX` lines of the file at `path`; blank lines
 * and those that start with `#` are skipped. 0, or -1 with a sentence on stderr.
 */
int kernel_maps_fill(const struct bpf_object *obj, const char *path);

/*
 * The array `maps` of `nicsim run --json --maps`, for all maps of `obj`:
 * [{name, type, entries: [{key, value}]}]. Returns it owned, or NULL with a
 * sentence on stderr.
 */
struct json_object *kernel_maps_dump(const struct bpf_object *obj);

#endif
