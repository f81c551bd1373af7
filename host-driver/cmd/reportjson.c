/* SPDX-License-Identifier: BSD-3-Clause */
/* The results as the JSON object that scripts rely on: DESIGN section 7, nicsim-run(1). */
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/jsonout.h"
#include "cmd/run.h"

static json_object *drops_json(const struct run *r)
{
    json_object *o = json_object_new_object();

#define X(id, name, what) json_add_u64(o, name, r->model.drops[NIC_DROP_##id]);
    NIC_DROP_REASONS(X)
#undef X
    json_add_u64(o, "empty", traffic_stats(r->traffic)->empty);
    return o;
}

static json_object *input_json(const struct run *r)
{
    const struct traffic_stats *in = traffic_stats(r->traffic);
    json_object *o = json_object_new_object();

    json_add_u64(o, "bytes", in->bytes);
    json_add_u64(o, "snapped", in->snapped);
    json_add_u64(o, "backwards", in->backwards);
    json_object_object_add(o, "above_wire", json_object_new_boolean(run_above_wire(r)));
    return o;
}

static json_object *modelled_json(const struct model *m)
{
    json_object *o = json_object_new_object();

    json_add_u64(o, "cycles", m->cycles);
    json_add_u64(o, "time_ns", m->time_ns);
    json_add_u64(o, "clock_hz", m->clock_hz);
    json_add_u64(o, "engines", m->engines);
    json_add_u64(o, "threads", m->threads);
    json_add_real(o, "pps", m->pps);
    json_add_real(o, "pps_per_engine", m->pps_per_engine);
    json_add_real(o, "cycles_per_packet", m->cycles_per_packet);
    json_object_object_add(o, "cycles_by_cause", json_causes(m->cause));
    json_add_cache(o, m);
    json_add_real(o, "program_insns_per_packet", m->program_insns_per_packet);
    json_object_object_add(o, "bottleneck", json_object_new_string(m->bottleneck));
    return o;
}

static json_object *host_json(const struct run *r)
{
    json_object *o = json_object_new_object();

    json_add_real(o, "wall_s", r->wall_s);
    json_add_real(o, "pps", r->wall_s > 0 ? (double)r->model.packets / r->wall_s : 0.0);
    return o;
}

int report_json(const struct run *r, const struct map_dump *maps, size_t count)
{
    const struct traffic_stats *in = traffic_stats(r->traffic);
    json_object *o = json_object_new_object();

    json_object_object_add(o, "program", json_object_new_string(r->o.name));
    json_add_u64(o, "packets", in->frames + in->empty);
    json_object_object_add(o, "input", input_json(r));
    json_object_object_add(o, "verdicts", json_verdicts(r->tally.verdicts));
    json_object_object_add(o, "nic_drops", drops_json(r));
    json_object_object_add(o, "modelled", modelled_json(&r->model));
    json_object_object_add(o, "host", host_json(r));
    if (r->v->maps)
        json_object_object_add(o, "maps", maps_json(maps, count));
    if (r->events != NULL)
        json_object_object_add(o, "events", runevents_json(r->events));
    puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
    json_object_put(o);
    return CMD_DONE;
}
