/* SPDX-License-Identifier: BSD-3-Clause */
/* The translator's driver: see xlate.h for the stages. */
#include <errno.h>
#include <stdlib.h>

#include "xlate/xlate.h"

void xlate_insn(struct xlate *x, const struct ebpf_row *row, const struct ebpf_insn *i)
{
    switch ((enum ebpf_kind)row->kind) {
    case EBPF_KIND_ALU_K:
    case EBPF_KIND_ALU_X:
    case EBPF_KIND_MOVSX:
    case EBPF_KIND_NEG:
    case EBPF_KIND_END:
        xlate_alu(x, row, i);
        break;
    case EBPF_KIND_LDX:
    case EBPF_KIND_LDSX:
    case EBPF_KIND_ST:
    case EBPF_KIND_STX:
    case EBPF_KIND_LOAD_ACQ:
    case EBPF_KIND_STORE_REL:
        xlate_mem(x, row, i);
        break;
    case EBPF_KIND_ATOMIC:
    case EBPF_KIND_ATOMIC_FETCH:
    case EBPF_KIND_CMPXCHG:
        xlate_atomic(x, row, i);
        break;
    case EBPF_KIND_LD64:
        xlate_ld64(x, row, i);
        break;
    case EBPF_KIND_JA:
    case EBPF_KIND_JCC_K:
    case EBPF_KIND_JCC_X:
        xlate_jump(x, row, i);
        break;
    case EBPF_KIND_CALL:
    case EBPF_KIND_CALL_LOCAL:
    case EBPF_KIND_CALL_BTF:
        xlate_call(x, row, i);
        break;
    case EBPF_KIND_MAY_GOTO:
        xlate_may_goto(x);
        break;
    case EBPF_KIND_EXIT:
        xlate_exit(x);
        break;
    case EBPF_KIND_INVALID:
    case EBPF_KIND_LEGACY:
        xlate_refuse(x, x->cur, "unknown opcode %02x", i->opcode);
        break;
    }
}

/* Emits slot x->cur; returns the slot to go on with. */
static uint32_t emit_slot(struct xlate *x)
{
    const struct ebpf_insn *i = &x->prog->insns[x->cur];
    const struct ebpf_row *row = ebpf_row(x->id[x->cur]);

    xlate_row(x, x->cur);
    if (xlate_result(x, row, i)) {
        bool jumped_to = x->slot[x->cur + 1] & XLATE_TARGET;
        return x->cur + (jumped_to ? 1 : 2);
    }
    xlate_insn(x, row, i);
    return x->cur + ebpf_slots(row);
}

static int emit(struct xlate *x)
{
    for (uint32_t k = 0; k < x->func_count && !x->err; k++) {
        x->func = &x->funcs[k];
        x->funcs[k].raw = x->words;
        if (x->func->in_line && !x->func->callback)
            continue; /* nobody calls it */
        x->cur = x->func->start;
        xlate_pool(x);
        xlate_prologue(x);
        while (x->cur < x->func->end && !x->err) {
            if (x->slot[x->cur] & XLATE_LOOP)
                xlate_hoist(x);
            x->slot_raw[x->cur] = x->words;
            if (x->slot[x->cur] & XLATE_LIVE)
                x->cur = emit_slot(x);
            else
                x->cur++;
        }
    }
    return x->err;
}

static int check_args(const struct offload_prog *prog, const struct offload_facts *facts,
                      struct xlate *x)
{
    if (prog->insn_count == 0)
        return xlate_refuse(x, 0, "the program has no instructions");
    if (prog->insn_count > XLATE_INSNS_MAX) {
        xlate_refuse(x, 0, "%u instructions are more than %u", prog->insn_count, XLATE_INSNS_MAX);
        return x->err = -E2BIG;
    }
    if (facts && facts->insn_count != prog->insn_count)
        return xlate_refuse(x, 0, "the facts are of another program");
    x->id = calloc(prog->insn_count, sizeof(*x->id));
    x->slot = calloc(prog->insn_count, sizeof(*x->slot));
    x->slot_raw = calloc(prog->insn_count, sizeof(*x->slot_raw));
    x->raw_cap = prog->insn_count;
    return x->id && x->slot && x->slot_raw ? 0 : -ENOMEM;
}

static void release(struct xlate *x)
{
    free(x->id);
    free(x->slot);
    free(x->slot_raw);
    free(x->funcs);
    free(x->edges);
    free(x->ops);
    free(x->place);
}

int offload_translate(const struct offload_prog *prog, const struct offload_facts *facts,
                      const struct offload_xlate_opts *opts, uint32_t max_words,
                      struct offload_image **out, struct offload_refusal *why)
{
    struct xlate x = {.prog = prog, .facts = facts, .why = why, .max_words = max_words};
    int err = check_args(prog, facts, &x);

    *out = NULL;
    if (opts)
        x.opts = *opts;
    if (!err)
        err = xlate_scan(&x);
    if (!err)
        xlate_bound_hashes(&x);
    if (!err)
        err = xlate_inline(&x);
    if (!err)
        err = xlate_frames(&x);
    if (!err)
        err = emit(&x);
    if (!err)
        err = xlate_optimise(&x);
    if (!err)
        err = xlate_layout(&x);
    if (!err)
        err = xlate_image(&x, out);
    release(&x);
    return err;
}
