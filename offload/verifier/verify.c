/* SPDX-License-Identifier: BSD-3-Clause */
/* The entry: one stage after the other. */
#include <stdlib.h>
#include <string.h>

#include "verifier/vf.h"

static int run(struct vf *v)
{
    v->at = calloc((size_t)v->prog->insn_count + 1, sizeof(*v->at));
    if (!v->at)
        return -ENOMEM;
    int err = vf_check_structure(v);
    if (!err)
        err = vf_check_fields(v);
    if (err)
        return err;
    vf_find_live(v);
    err = vf_explore(v);
    if (!err)
        err = vf_check_stack_depth(v);
    if (err || !v->missing)
        return err;
    v->pc = v->missing_at;
    return vf_refuse(v, WHY(KFUNC_MISSING), v->missing);
}

static int out_of_memory(struct offload_refusal *why)
{
    if (why->code == OFFLOAD_REASON_NONE) {
        why->code = OFFLOAD_REASON_OUT_OF_MEMORY;
        strcpy(why->reason, vf_format_OUT_OF_MEMORY);
    }
    return -ENOMEM;
}

int offload_verify(const struct offload_prog *prog, const struct offload_verify_opts *opts,
                   struct offload_log *log, struct offload_facts **facts,
                   struct offload_refusal *why)
{
    static const struct offload_verify_opts defaults;
    struct offload_refusal unused;
    struct vf *v = calloc(1, sizeof(*v));
    if (!why)
        why = &unused;
    *why = (struct offload_refusal){0};
    if (facts)
        *facts = NULL;
    if (!v)
        return out_of_memory(why);
    v->prog = prog;
    v->opts = opts ? opts : &defaults;
    v->log = log;
    v->why = why;
    v->limit = v->opts->insn_limit ? v->opts->insn_limit : VF_INSN_LIMIT;
    int err = run(v);
    vf_log_stats(v);
    if (!err && facts)
        err = vf_facts(v, facts);
    if (err == -ENOMEM)
        out_of_memory(why);
    free(v->at);
    free(v);
    return err;
}
