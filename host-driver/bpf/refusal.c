/* SPDX-License-Identifier: BSD-3-Clause */
/* The text that an errno cannot carry. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "bpf/bpf_impl.h"

static const char *const map_types[] = {
    [BPF_MAP_TYPE_HASH] = "HASH",
    [BPF_MAP_TYPE_ARRAY] = "ARRAY",
    [BPF_MAP_TYPE_PROG_ARRAY] = "PROG_ARRAY",
    [BPF_MAP_TYPE_PERF_EVENT_ARRAY] = "PERF_EVENT_ARRAY",
    [BPF_MAP_TYPE_PERCPU_HASH] = "PERCPU_HASH",
    [BPF_MAP_TYPE_PERCPU_ARRAY] = "PERCPU_ARRAY",
    [BPF_MAP_TYPE_STACK_TRACE] = "STACK_TRACE",
    [BPF_MAP_TYPE_CGROUP_ARRAY] = "CGROUP_ARRAY",
    [BPF_MAP_TYPE_LRU_HASH] = "LRU_HASH",
    [BPF_MAP_TYPE_LRU_PERCPU_HASH] = "LRU_PERCPU_HASH",
    [BPF_MAP_TYPE_LPM_TRIE] = "LPM_TRIE",
    [BPF_MAP_TYPE_ARRAY_OF_MAPS] = "ARRAY_OF_MAPS",
    [BPF_MAP_TYPE_HASH_OF_MAPS] = "HASH_OF_MAPS",
    [BPF_MAP_TYPE_DEVMAP] = "DEVMAP",
    [BPF_MAP_TYPE_SOCKMAP] = "SOCKMAP",
    [BPF_MAP_TYPE_CPUMAP] = "CPUMAP",
    [BPF_MAP_TYPE_XSKMAP] = "XSKMAP",
    [BPF_MAP_TYPE_SOCKHASH] = "SOCKHASH",
    [BPF_MAP_TYPE_CGROUP_STORAGE] = "CGROUP_STORAGE",
    [BPF_MAP_TYPE_REUSEPORT_SOCKARRAY] = "REUSEPORT_SOCKARRAY",
    [BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE] = "PERCPU_CGROUP_STORAGE",
    [BPF_MAP_TYPE_QUEUE] = "QUEUE",
    [BPF_MAP_TYPE_STACK] = "STACK",
    [BPF_MAP_TYPE_SK_STORAGE] = "SK_STORAGE",
    [BPF_MAP_TYPE_DEVMAP_HASH] = "DEVMAP_HASH",
    [BPF_MAP_TYPE_STRUCT_OPS] = "STRUCT_OPS",
    [BPF_MAP_TYPE_RINGBUF] = "RINGBUF",
    [BPF_MAP_TYPE_INODE_STORAGE] = "INODE_STORAGE",
    [BPF_MAP_TYPE_TASK_STORAGE] = "TASK_STORAGE",
    [BPF_MAP_TYPE_BLOOM_FILTER] = "BLOOM_FILTER",
};

const char *map_type_name(uint32_t type)
{
    bool known = type < sizeof(map_types) / sizeof(map_types[0]) && map_types[type];

    return known ? map_types[type] : "number unknown";
}

const char *prog_type_name(uint32_t type)
{
    const char *name = libbpf_bpf_prog_type_str((enum bpf_prog_type)type);

    return name ? name : "number unknown";
}

int refuse(struct nicbpf *b, int code, const char *fmt, ...)
{
    va_list ap;

    b->refusal = (struct nicbpf_refusal){.code = code};
    va_start(ap, fmt);
    vsnprintf(b->refusal.text, sizeof(b->refusal.text), fmt, ap);
    va_end(ap);
    return code;
}

static void add_line(struct nicbpf_refusal *r, const struct offload_line_info *line)
{
    r->line = line->line;
    r->column = line->column;
    snprintf(r->file, sizeof(r->file), "%s", line->file);
    snprintf(r->source, sizeof(r->source), "%s", line->text);
}

int refuse_at(struct nicbpf *b, int code, const struct offload_prog *prog,
              const struct offload_refusal *why)
{
    const struct offload_line_info *line = offload_prog_line(prog, why->insn);
    struct nicbpf_refusal r = {.code = code, .has_insn = true, .insn = why->insn, .why = why->code};

    snprintf(r.program, sizeof(r.program), "%s", prog->name);
    snprintf(r.reason, sizeof(r.reason), "%s", why->reason[0] ? why->reason : strerror(-code));
    if (line)
        add_line(&r, line);
    int n = snprintf(r.text, sizeof(r.text), "program '%s': %s (instruction %u", prog->name,
                     r.reason, why->insn);
    size_t at = n > 0 && (size_t)n < sizeof(r.text) ? (size_t)n : sizeof(r.text) - 1;
    if (line && r.source[0])
        snprintf(r.text + at, sizeof(r.text) - at, ", %s:%u: %s)", r.file, r.line, r.source);
    else if (line)
        snprintf(r.text + at, sizeof(r.text) - at, ", %s:%u)", r.file, r.line);
    else
        snprintf(r.text + at, sizeof(r.text) - at, ")");
    b->refusal = r;
    return code;
}

const struct nicbpf_refusal *nicbpf_refusal(const struct nicbpf *b)
{
    return &b->refusal;
}

const char *nicbpf_last_refusal(const struct nicbpf *b)
{
    return b->refusal.text;
}

int copy_name(char out[BPF_OBJ_NAME_LEN], const char name[BPF_OBJ_NAME_LEN])
{
    size_t len = strnlen(name, BPF_OBJ_NAME_LEN);

    if (len == BPF_OBJ_NAME_LEN)
        return -EINVAL;
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)name[i]) && name[i] != '_' && name[i] != '.')
            return -EINVAL;
    }
    memset(out, 0, BPF_OBJ_NAME_LEN);
    memcpy(out, name, len);
    return 0;
}
