/* SPDX-License-Identifier: BSD-3-Clause */
/* Members of JSON objects, written alike by all commands. */
#ifndef CMD_JSONOUT_H
#define CMD_JSONOUT_H

#include <json-c/json.h>
#include <stdint.h>

#include "cmd/model.h"
#include "fw/admin.h"

void json_add_u64(json_object *o, const char *key, uint64_t v);
/* Six digits; from a million on whole numbers. */
void json_add_real(json_object *o, const char *key, double v);
void json_add_text(json_object *o, const char *key, const char *v);
/* An object at the end of a list, which has it; for its members. */
json_object *json_add_row(json_object *list);

/* Packets by verdict: "aborted", "drop", ... */
extern const char *const json_verdict_names[FW_VERDICTS];
json_object *json_verdicts(const uint64_t verdicts[FW_VERDICTS]);

/* Cycles a packet by cause, as struct model has them. */
json_object *json_causes(const double cause[NIC_CAUSES]);
/* "dram_cache": accesses to DRAM that its cache answered, and those that it did not; nothing
 * without a cache. */
void json_add_cache(json_object *o, const struct model *m);

#endif
