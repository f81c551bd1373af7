/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/hints.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *in_reason, *advice;
} hints[] = {
    {"legacy map definitions",
     "replace SEC(\"maps\") by a BTF definition: struct { __uint(type, BPF_MAP_TYPE_HASH); "
     "__type(key, __u32); __type(value, __u64); __uint(max_entries, 1024); } name SEC(\".maps\");"},
    {"invalid access to packet",
     "compare the end of what is read with ctx->data_end before reading it"},
    {"map_value_or_null", "test the pointer that bpf_map_lookup_elem returned against NULL"},
    {"invalid access to map value", "bound the offset or index by the size of the map's value"},
    {"invalid read from stack", "initialise the variable on every path before it is read"},
    {"infinite loop", "give the loop a bound that the verifier can follow"},
    {"too large", "give loops smaller bounds, or split the program"},
    {"!read_ok", "initialise the variable on every path before it is read"},
    {"unknown func", "the card's firmware does not have this helper"},
    {"unreachable insn", "compile with -O2"},
    {"BTF is required", "compile with -g"},
};

const char *hint_for(const char *reason)
{
    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
        if (strstr(reason, hints[i].in_reason) != NULL)
            return hints[i].advice;
    return NULL;
}
