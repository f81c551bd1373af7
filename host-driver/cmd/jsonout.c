/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/jsonout.h"

#include <stdio.h>

void json_add_u64(json_object *o, const char *key, uint64_t v)
{
    json_object_object_add(o, key, json_object_new_uint64(v));
}

void json_add_real(json_object *o, const char *key, double v)
{
    char text[40];

    snprintf(text, sizeof(text), v >= 1e6 ? "%.0f" : "%.6g", v);
    json_object_object_add(o, key, json_object_new_double_s(v, text));
}

void json_add_text(json_object *o, const char *key, const char *v)
{
    json_object_object_add(o, key, json_object_new_string(v));
}

json_object *json_add_row(json_object *list)
{
    json_object *o = json_object_new_object();

    json_object_array_add(list, o);
    return o;
}

const char *const json_verdict_names[FW_VERDICTS] = {"aborted", "drop", "pass", "tx", "redirect"};

json_object *json_verdicts(const uint64_t verdicts[FW_VERDICTS])
{
    json_object *o = json_object_new_object();

    for (unsigned i = 0; i < FW_VERDICTS; i++)
        json_add_u64(o, json_verdict_names[i], verdicts[i]);
    return o;
}

json_object *json_causes(const double cause[NIC_CAUSES])
{
    json_object *o = json_object_new_object();

    for (unsigned c = 0; c < NIC_CAUSES; c++)
        if (c != NIC_CAUSE_ENGINE)
            json_add_real(o, nic_cause_name(c), cause[c]);
    return o;
}

void json_add_cache(json_object *o, const struct model *m)
{
    json_object *cache;

    if (m->cache.channel.banks == 0)
        return;
    cache = json_object_new_object();
    json_add_u64(cache, "hits", m->cache.hits);
    json_add_u64(cache, "misses", m->cache.misses);
    json_add_u64(cache, "lines_written_back", m->cache.written_back);
    json_object_object_add(o, "dram_cache", cache);
}
