/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions about a program that need no analysis. */
#include "ebpf/ebpf.h"

#include <linux/bpf.h>

const struct offload_line_info *offload_prog_line(const struct offload_prog *p, uint32_t insn)
{
    uint32_t lo = 0, hi = p->lines ? p->line_count : 0;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (p->lines[mid].insn <= insn)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo ? &p->lines[lo - 1] : NULL;
}

static const char *const helper_names[] = {
#define X(name) [BPF_FUNC_##name] = "bpf_" #name
    __BPF_FUNC_MAPPER(X)
#undef X
};

const char *ebpf_helper_name(uint32_t id)
{
    return id < sizeof(helper_names) / sizeof(helper_names[0]) ? helper_names[id] : NULL;
}
