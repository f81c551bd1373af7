/* SPDX-License-Identifier: BSD-3-Clause */
/* What check found, as the JSON object of nicsim-check(1). */
#include <json-c/json.h>
#include <stdio.h>

#include "cmd/check.h"

static void add_u64(json_object *o, const char *key, uint64_t v)
{
    json_object_object_add(o, key, json_object_new_uint64(v));
}

static void add_text(json_object *o, const char *key, const char *text)
{
    json_object_object_add(o, key, text[0] != '\0' ? json_object_new_string(text) : NULL);
}

static void add_use(json_object *o, const char *key, const struct check_use *u)
{
    json_object *use = json_object_new_object();
    char text[32];

    add_u64(use, "used", u->used);
    add_u64(use, "of", u->of);
    snprintf(text, sizeof(text), "%.2f", u->of != 0 ? 100.0 * (double)u->used / (double)u->of : 0);
    json_object_object_add(
        use, "percent",
        json_object_new_double_s(u->of != 0 ? 100.0 * (double)u->used / (double)u->of : 0, text));
    json_object_object_add(o, key, use);
}

static json_object *reason_json(const struct check_reason *r)
{
    const struct offload_reason_row *row = offload_reason_row(r->why);
    json_object *o = json_object_new_object();

    add_text(o, "rule", r->rule);
    add_text(o, "code", row != NULL ? row->name : "");
    add_text(o, "text", r->text);
    json_object_object_add(o, "insn",
                           r->insn != OFFLOAD_NO_INSN ? json_object_new_uint64(r->insn) : NULL);
    add_text(o, "file", r->file);
    json_object_object_add(o, "line", r->line != 0 ? json_object_new_uint64(r->line) : NULL);
    add_text(o, "source", r->source);
    add_text(o, "instead", r->hint != NULL ? r->hint : "");
    add_u64(o, "times", r->times);
    return o;
}

static void add_figures(json_object *o, const struct check_program *p)
{
    add_u64(o, "bpf_insns", p->bpf_insns);
    add_use(o, "verified_insns", &p->verified);
    add_use(o, "stack_bytes", &p->stack);
    add_use(o, "map_bytes", &p->map_memory);
    add_use(o, "engine_insns", &p->engine_insns);
    add_use(o, "store_bytes", &p->store);
    json_object_object_add(o, "longest_path",
                           p->longest_path != 0 ? json_object_new_uint64(p->longest_path) : NULL);
}

static json_object *program_json(const struct check_program *p)
{
    json_object *o = json_object_new_object(), *reasons = json_object_new_array();

    add_text(o, "program", p->name);
    add_text(o, "section", p->section);
    json_object_object_add(o, "accepted", json_object_new_boolean(p->accepted));
    for (size_t i = 0; i < p->reason_count; i++)
        json_object_array_add(reasons, reason_json(&p->reasons[i]));
    json_object_object_add(o, "reasons", reasons);
    if (p->loaded)
        add_figures(o, p);
    return o;
}

void check_json(const struct check_report *r)
{
    json_object *o = json_object_new_object(), *programs = json_object_new_array();

    add_text(o, "object", r->path != NULL ? r->path : "");
    add_text(o, "profile", r->profile.name);
    for (size_t i = 0; i < r->count; i++)
        json_object_array_add(programs, program_json(&r->programs[i]));
    json_object_object_add(o, "programs", programs);
    puts(
        json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(o);
}
