/* SPDX-License-Identifier: BSD-3-Clause */
/* One program of an object: load it, ask the profile, measure. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/bpflog.h"
#include "cmd/check.h"
#include "cmd/hints.h"

#define VERIFIER_LIMIT 1000000u /* instructions the verifier walks: BPF_COMPLEXITY_LIMIT_INSNS */

struct finder {
    struct check_program *p;
    const struct offload_prog *prog;
};

/* A new reason, or the one there is already when it says the same; NULL: out of memory. */
static struct check_reason *add_reason(struct check_program *p, const char *rule, const char *text,
                                       enum offload_reason why)
{
    struct check_reason *grown;

    for (size_t i = 0; i < p->reason_count; i++)
        if (strcmp(p->reasons[i].text, text) == 0) {
            p->reasons[i].times++;
            return &p->reasons[i];
        }
    grown = realloc(p->reasons, (p->reason_count + 1) * sizeof(*grown));
    if (grown == NULL)
        return NULL;
    p->reasons = grown;
    grown += p->reason_count++;
    memset(grown, 0, sizeof(*grown));
    snprintf(grown->rule, sizeof(grown->rule), "%s", rule);
    snprintf(grown->text, sizeof(grown->text), "%s", text);
    grown->insn = OFFLOAD_NO_INSN;
    grown->why = why;
    grown->hint = hint_for(text, why);
    grown->times = 1;
    return grown;
}

static void set_line(struct check_reason *r, const char *file, uint32_t line, const char *source)
{
    r->line = line;
    snprintf(r->file, sizeof(r->file), "%s", file);
    snprintf(r->source, sizeof(r->source), "%s", source + strspn(source, " \t"));
}

static void take_finding(void *ctx, const struct offload_finding *f)
{
    struct finder *found = ctx;
    const struct offload_line_info *line = NULL;
    struct check_reason *r = add_reason(found->p, f->rule, f->text, OFFLOAD_REASON_NONE);

    if (r == NULL || r->times > 1 || f->insn == OFFLOAD_NO_INSN)
        return;
    r->insn = f->insn;
    line = offload_prog_line(found->prog, f->insn);
    if (line != NULL)
        set_line(r, line->file, line->line, line->text);
}

/* Who refuses. */
static const char *rule_of(const struct nicbpf_refusal *why)
{
    const struct offload_reason_row *row = offload_reason_row(why->why);

    if (row != NULL && row->class == OFFLOAD_CLASS_CARD)
        return "card";
    if (why->has_insn)
        return "verifier";
    return why->code != 0 ? "card" : "loading";
}

/* Why the load failed: the layer's refusal, or what libbpf warned of. */
static void take_refusal(struct check_program *p, const struct nicbpf_refusal *why, int code)
{
    bool other = why->has_insn && why->program[0] != '\0' && strcmp(why->program, p->name) != 0;
    char text[480];
    struct check_reason *r;

    if (other)
        snprintf(text, sizeof(text), "it needs program '%s', which is refused: %s", why->program,
                 why->reason);
    else if (why->has_insn)
        snprintf(text, sizeof(text), "%s", why->reason);
    else if (why->code != 0)
        snprintf(text, sizeof(text), "%.*s", (int)sizeof(text) - 1, why->text);
    else
        snprintf(text, sizeof(text), "%s",
                 bpflog_warning()[0] != '\0' ? bpflog_warning() : strerror(-code));
    r = add_reason(p, rule_of(why), text, why->why);
    if (r == NULL || !why->has_insn)
        return;
    r->insn = why->insn;
    set_line(r, why->file, why->line, why->source);
}

static int measure(struct session *s, const struct nicbpf_prog_view *view, uint64_t dram_before,
                   uint64_t store_before, const struct offload_profile *profile,
                   struct check_program *p)
{
    const struct nicdrv_caps *caps = nicdrv_caps(s->drv);

    if (nicdrv_caps_refresh(s->drv) != 0)
        return cmd_fail(CMD_FAILED, "the card does not answer");
    p->loaded = true;
    p->bpf_insns = view->prog->insn_count;
    p->verified = (struct check_use){view->facts->processed, VERIFIER_LIMIT};
    p->stack = (struct check_use){view->facts->max_stack,
                                  profile->stack != 0 ? profile->stack : OFFLOAD_FRAME_STACK};
    p->map_memory = (struct check_use){dram_before - caps->limits.map_bytes_free, dram_before};
    p->store = (struct check_use){store_before - caps->prog.istore_free, store_before};
    p->engine_insns =
        (struct check_use){offload_profile_insns(profile, view->prog, view->image),
                           profile->engine_insns != 0 ? profile->engine_insns : store_before / 4};
    return offload_longest_path(view->prog, view->facts, view->image, &p->longest_path) == 0
               ? CMD_DONE
               : cmd_fail(CMD_FAILED, "out of memory");
}

static int check_loaded(struct session *s, struct object *o, uint64_t dram, uint64_t store,
                        const struct offload_profile *profile, struct check_program *p)
{
    struct nicbpf_prog_view view;
    struct finder found = {.p = p};
    int status;

    if (nicbpf_prog(s->bpf, o->fd, &view) != 0)
        return cmd_fail(CMD_FAILED, "%s: the program is not on the card", o->path);
    status = measure(s, &view, dram, store, profile, p);
    if (status != CMD_DONE)
        return status;
    found.prog = view.prog;
    p->accepted = offload_profile_check(profile, view.prog, view.facts, view.image, take_finding,
                                        &found) == 0;
    return CMD_DONE;
}

int check_one(const struct check_values *v, const char *path, const char *name, struct session *s,
              struct check_report *report, struct check_program *p)
{
    struct objopts opts = v->obj;
    struct object o = {0};
    uint64_t dram, store;
    int status, rc;

    struct nicbpf_map_view freed;

    opts.prog = path != NULL ? name : NULL;
    (void)nicbpf_map_at(s->bpf, 0, &freed); /* has what the last program used given back */
    if (nicdrv_caps_refresh(s->drv) != 0)
        return cmd_fail(CMD_FAILED, "the card does not answer");
    dram = nicdrv_caps(s->drv)->limits.map_bytes_free;
    store = nicdrv_caps(s->drv)->prog.istore_free;
    bpflog_start(v->verbose);
    status = object_open(&o, path, &opts, NULL);
    if (status == CMD_DONE) {
        rc = object_try_load(&o, v->verbose);
        if (rc == 0) {
            status = check_loaded(s, &o, dram, store, &report->profile, p);
        } else {
            take_refusal(p, nicbpf_refusal(s->bpf), rc);
            p->log = o.log;
            o.log = NULL;
        }
    }
    object_close(&o);
    return status;
}
