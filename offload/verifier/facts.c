/* SPDX-License-Identifier: BSD-3-Clause */
/* What the proof found out, for the translator. */
#include <stdlib.h>

#include "verifier/vf.h"

static int allocate(const struct vf *v, struct offload_facts *f)
{
    f->flags = calloc(v->prog->insn_count, sizeof(*f->flags));
    f->subprog_start = calloc(v->subs, sizeof(*f->subprog_start));
    f->subprog_stack = calloc(v->subs, sizeof(*f->subprog_stack));
    return f->flags && f->subprog_start && f->subprog_stack ? 0 : -ENOMEM;
}

int vf_facts(const struct vf *v, struct offload_facts **out)
{
    struct offload_facts *f = calloc(1, sizeof(*f));
    if (!f || allocate(v, f)) {
        offload_facts_free(f);
        return -ENOMEM;
    }
    f->insn_count = v->prog->insn_count;
    for (uint32_t n = 0; n < f->insn_count; n++)
        f->flags[n] = v->at[n].facts;
    f->subprog_count = v->subs;
    for (uint32_t s = 0; s < v->subs; s++) {
        f->subprog_start[s] = v->sub[s].start;
        f->subprog_stack[s] = (v->sub[s].stack + 7) / 8 * 8;
    }
    f->max_stack = v->max_stack;
    f->processed = v->processed;
    f->peak_states = v->peak_kept;
    f->total_states = v->total_kept;
    *out = f;
    return 0;
}

void offload_facts_free(struct offload_facts *facts)
{
    if (!facts)
        return;
    free(facts->flags);
    free(facts->subprog_start);
    free(facts->subprog_stack);
    free(facts);
}
