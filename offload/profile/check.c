/* SPDX-License-Identifier: BSD-3-Clause */
/* A verified program against a profile; each refusal in the words of the card's driver. */
#include <stdarg.h>
#include <stdio.h>

#include <linux/bpf.h>

#include "ebpf/ebpf.h"
#include "offload/profile.h"

struct check {
    const struct offload_profile *p;
    const struct offload_prog *prog;
    const struct offload_facts *facts;
    offload_finding_fn *fn;
    void *ctx;
    unsigned count;
};

static void find(struct check *c, uint32_t insn, const char *rule, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static void find(struct check *c, uint32_t insn, const char *rule, const char *fmt, ...)
{
    struct offload_finding f = {.insn = insn, .rule = rule};
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(f.text, sizeof(f.text), fmt, ap);
    va_end(ap);
    c->count++;
    c->fn(c->ctx, &f);
}

static uint32_t round8(uint32_t v)
{
    return (v + 7) & ~7u;
}

/* ---- maps ---- */

static void check_map_size(struct check *c, const struct offload_map *m)
{
    const struct offload_profile *p = c->p;
    uint32_t element = round8(m->key_size) + round8(m->value_size);

    if (p->element != 0 && element > p->element)
        find(c, OFFLOAD_NO_INSN, "maps",
             "map elements too large: %u, FW max element size (key+value): %u (map '%s')", element,
             p->element, m->name);
    if (p->key != 0 && m->key_size > p->key)
        find(c, OFFLOAD_NO_INSN, "maps", "map key size %u, FW max is %u (map '%s')", m->key_size,
             p->key, m->name);
    if (p->value != 0 && m->value_size > p->value)
        find(c, OFFLOAD_NO_INSN, "maps", "map value size %u, FW max is %u (map '%s')",
             m->value_size, p->value, m->name);
}

/* Maps of a type that stays in the host's memory have no place on the card. */
static bool on_card(const struct offload_map *m)
{
    return m->type != BPF_MAP_TYPE_PERF_EVENT_ARRAY;
}

static void check_map(struct check *c, const struct offload_map *m, uint64_t *entries)
{
    const struct offload_profile *p = c->p;

    if (m->flags & ~p->map_flags)
        find(c, OFFLOAD_NO_INSN, "maps", "map flags are not supported (map '%s', flags 0x%x)",
             m->name, m->flags);
    if (m->type >= 64 || !(p->map_types >> m->type & 1)) {
        find(c, OFFLOAD_NO_INSN, "maps", "map type not supported (map '%s')", m->name);
        return;
    }
    if (!on_card(m))
        return;
    if (p->entries != 0 && m->max_entries > p->entries - *entries) {
        find(c, OFFLOAD_NO_INSN, "maps", "map with too many elements: %u, left: %u (map '%s')",
             m->max_entries, (uint32_t)(p->entries - *entries), m->name);
        return;
    }
    *entries += m->max_entries;
    check_map_size(c, m);
}

static void check_maps(struct check *c)
{
    uint64_t entries = 0;

    if (!c->p->device)
        for (uint32_t i = 0; i < c->prog->map_count; i++)
            check_map(c, &c->prog->maps[i], &entries);
    if (c->p->maps != 0 && c->prog->map_count > c->p->maps)
        find(c, OFFLOAD_NO_INSN, "maps", "too many maps for a device (%u of at most %u)",
             c->prog->map_count, c->p->maps);
}

/* ---- instructions ---- */

static void check_call(struct check *c, uint32_t slot, uint32_t id)
{
    const struct offload_profile *p = c->p;
    const char *name = ebpf_helper_name(id);

    if (id == BPF_FUNC_tail_call ? p->tail_calls
                                 : p->device || (id < 256 && p->helpers[id / 64] >> id % 64 & 1))
        return;
    find(c, slot, "helpers", "%s%sunsupported function id: %u (%s)", p->prefix,
         p->prefix[0] != '\0' ? " " : "", id, name != NULL ? name : "no such helper");
}

static void check_alu(struct check *c, uint32_t slot, const struct ebpf_row *row,
                      const struct ebpf_insn *insn)
{
    const struct offload_profile *p = c->p;
    const char *gap = p->prefix[0] != '\0' ? " " : "";
    bool div = row->op == EBPF_OP_DIV || row->op == EBPF_OP_SDIV;
    bool mod = row->op == EBPF_OP_MOD || row->op == EBPF_OP_SMOD;

    if ((mod && !p->mod) || (div && p->div == OFFLOAD_DIV_NONE) ||
        (row->op == EBPF_OP_SDIV && p->div != OFFLOAD_DIV_ALL))
        find(c, slot, "instructions", "%s%sinstruction %#02x not supported", p->prefix, gap,
             insn->opcode);
    else if (div && p->div == OFFLOAD_DIV_CONSTANT && row->kind == EBPF_KIND_ALU_X)
        find(c, slot, "instructions", "%s%sdivisor is not constant", p->prefix, gap);
    else if (div && p->div == OFFLOAD_DIV_CONSTANT && insn->imm < 0)
        find(c, slot, "instructions", "%s%sdivide by negative constant is not supported", p->prefix,
             gap);
}

static void check_atomic(struct check *c, uint32_t slot, const struct ebpf_row *row,
                         const struct ebpf_insn *insn)
{
    const struct offload_profile *p = c->p;
    const char *gap = p->prefix[0] != '\0' ? " " : "";

    if (p->atomics == OFFLOAD_ATOMICS_ALL)
        return;
    if (p->atomics == OFFLOAD_ATOMICS_NONE || row->kind != EBPF_KIND_ATOMIC ||
        row->op != EBPF_OP_ADD)
        find(c, slot, "instructions", "%s%satomic op not implemented: %d", p->prefix, gap,
             insn->imm);
    else if (c->facts->flags[slot] & OFFLOAD_FACT_NOT_MAP)
        find(c, slot, "instructions", "%s%satomic add not to a map value pointer", p->prefix, gap);
}

static void check_insn(struct check *c, uint32_t slot, const struct ebpf_row *row,
                       const struct ebpf_insn *insn)
{
    const char *gap = c->p->prefix[0] != '\0' ? " " : "";

    switch (row->kind) {
    case EBPF_KIND_ALU_K:
    case EBPF_KIND_ALU_X:
        check_alu(c, slot, row, insn);
        break;
    case EBPF_KIND_ATOMIC:
    case EBPF_KIND_ATOMIC_FETCH:
    case EBPF_KIND_CMPXCHG:
        check_atomic(c, slot, row, insn);
        break;
    case EBPF_KIND_CALL:
        check_call(c, slot, (uint32_t)insn->imm);
        break;
    case EBPF_KIND_CALL_BTF:
        if (!c->p->kfuncs)
            find(c, slot, "helpers", "%s%sunsupported call of a kernel function", c->p->prefix,
                 gap);
        break;
    case EBPF_KIND_LD64:
        if (insn->src == BPF_PSEUDO_FUNC && !c->p->callbacks)
            find(c, slot, "instructions", "%s%sinstruction %#02x not supported", c->p->prefix, gap,
                 insn->opcode);
        break;
    default:
        break;
    }
}

static void check_insns(struct check *c)
{
    for (uint32_t s = 0; s < c->prog->insn_count;) {
        const struct ebpf_row *row = ebpf_decode(&c->prog->insns[s]);

        if (c->facts->flags[s] & OFFLOAD_FACT_REACHED)
            check_insn(c, s, row, &c->prog->insns[s]);
        s += ebpf_slots(row);
    }
}

/* ---- limits ---- */

uint32_t offload_profile_insns(const struct offload_profile *p, const struct offload_prog *prog,
                               const struct offload_image *image)
{
    uint64_t n = 0;

    if (p->milli_insns_per_bpf == 0)
        return image->code_words;
    for (uint32_t s = 0; s < prog->insn_count; n++)
        s += ebpf_slots(ebpf_decode(&prog->insns[s]));
    return (uint32_t)((n * p->milli_insns_per_bpf + 999) / 1000);
}

static void check_limits(struct check *c, const struct offload_image *image)
{
    const struct offload_profile *p = c->p;
    const char *gap = p->prefix[0] != '\0' ? " " : "";
    uint32_t insns = offload_profile_insns(p, c->prog, image);

    if (p->stack != 0 && c->facts->max_stack > p->stack)
        find(c, OFFLOAD_NO_INSN, "stack", "%s%sstack too large: program %uB > FW stack %uB",
             p->prefix, gap, c->facts->max_stack, p->stack);
    if (p->engine_insns != 0 && insns > p->engine_insns)
        find(c, OFFLOAD_NO_INSN, "engine instructions",
             "program too long (%s%u engine instructions of at most %u)",
             p->milli_insns_per_bpf != 0 ? "about " : "", insns, p->engine_insns);
}

unsigned offload_profile_check(const struct offload_profile *p, const struct offload_prog *prog,
                               const struct offload_facts *facts, const struct offload_image *image,
                               offload_finding_fn *fn, void *ctx)
{
    struct check c = {.p = p, .prog = prog, .facts = facts, .fn = fn, .ctx = ctx};

    check_insns(&c);
    check_maps(&c);
    check_limits(&c, image);
    return c.count;
}
