/* SPDX-License-Identifier: BSD-3-Clause */
/* nicsim run --events: reads the object's ring buffers and perf event arrays, through libbpf. */
#ifndef CMD_RUNEVENTS_H
#define CMD_RUNEVENTS_H

#include <bpf/libbpf.h>
#include <json-c/json.h>

#include "nic/err.h"
#include "nicdrv/bpf.h"

struct runevents;

/*
 * Consumers for every such map of a loaded object, from now on; `path`: a file for
 * what they get, a JSON line each, or NULL. Borrows both.
 */
int runevents_open(struct bpf_object *obj, struct nicbpf *b, const char *path,
                   struct runevents **out, struct nic_err *err);
/* After the run: takes the rest, asks what was lost, ends the file. */
int runevents_finish(struct runevents *e, struct nic_err *err);
void runevents_close(struct runevents *e); /* NULL is allowed; before the object goes */

void runevents_print(const struct runevents *e);
/* [{name, type, received, bytes, lost}] */
json_object *runevents_json(const struct runevents *e);

#endif
