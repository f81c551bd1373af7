/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/hints.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *in_text, *advice;
} hints[] = {
    {"legacy map definitions",
     "replace SEC(\"maps\") by a BTF definition: struct { __uint(type, BPF_MAP_TYPE_HASH); "
     "__type(key, __u32); __type(value, __u64); __uint(max_entries, 1024); } name SEC(\".maps\");"},
    {"unknown#195896080",
     "CO-RE found no such field or type in what it relocates against; test it with "
     "bpf_core_field_exists() first, or give other types with --btf"},
    {"max_entries, key_size and value_size must not be 0",
     "its own loader sets the size before it loads the object: give the definition one"},
    {"unsupported function id",
     "this card's firmware does not have the helper: do without, or leave that part to the host"},
    {"unsupported call of a kernel function", "this card has no kernel functions"},
    {"divisor is not constant", "divide by a constant, or by a power of two with a shift"},
    {"instruction 0x9", "for a power of two use a mask: x & (n - 1)"},
    {"atomic op not implemented",
     "only __sync_fetch_and_add() without its result is atomic on this card"},
    {"atomic add not to a map value", "keep the counter in a map's value"},
    {"map flags are not supported",
     "define the map without map_flags (.rodata is such a map: use #define or enum)"},
    {"map type not supported", "use an ARRAY or a HASH"},
    {"map with too many elements", "lower max_entries of the program's maps"},
    {"map elements too large", "make key and value smaller, or split the map in two"},
    {"map key size", "make the key smaller: hash it, or leave fields out"},
    {"map value size", "split the value between two maps"},
    {"stack too large", "move large variables into a one-entry ARRAY map"},
    {"program too long", "leave out cases, or move them to the host"},
    {"Kconfig", "this host has neither /boot/config-RELEASE nor /proc/config.gz to take .kconfig "
                "externs from; "
                "declare them __weak"},
    {"map_value_or_null", "test the pointer that bpf_map_lookup_elem returned against NULL"},
    {"BTF is required", "compile with -g"},
};

const char *hint_for(const char *text, enum offload_reason reason)
{
    const struct offload_reason_row *row = offload_reason_row(reason);

    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
        if (strstr(text, hints[i].in_text) != NULL)
            return hints[i].advice;
    return row != NULL ? row->hint : NULL;
}

const char *hint_name(enum offload_reason reason, char buf[40])
{
    const struct offload_reason_row *row = offload_reason_row(reason);

    buf[0] = '\0';
    if (row != NULL)
        snprintf(buf, 40, " [%s]", row->name);
    return buf;
}
