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
    return err ? err : vf_check_stack_depth(v);
}

static void out_of_memory(struct vf *v)
{
    if (v->why && !v->why->reason[0])
        strcpy(v->why->reason, "out of memory");
}

int offload_verify(const struct offload_prog *prog, const struct offload_verify_opts *opts,
                   struct offload_log *log, struct offload_facts **facts,
                   struct offload_refusal *why)
{
    static const struct offload_verify_opts defaults;
    struct offload_refusal unused;
    struct vf *v = calloc(1, sizeof(*v));
    if (facts)
        *facts = NULL;
    if (!v)
        return -ENOMEM;
    v->prog = prog;
    v->opts = opts ? opts : &defaults;
    v->log = log;
    v->why = why ? why : &unused;
    *v->why = (struct offload_refusal){0};
    v->limit = v->opts->insn_limit ? v->opts->insn_limit : VF_INSN_LIMIT;
    int err = run(v);
    vf_log_stats(v);
    if (!err && facts)
        err = vf_facts(v, facts);
    if (err == -ENOMEM)
        out_of_memory(v);
    free(v->at);
    free(v);
    return err;
}
