/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/counters.h"

#include "core/mem.h"

static uint64_t get(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

void fw_stats_sum(const struct fw_stats *st, struct fw_counters *out)
{
    *out = (struct fw_counters){0};
    for (uint32_t i = 0; i < FW_COUNTER_LINES; i++) {
        const struct fw_counters *c = &st->line[i].c;
        for (uint32_t v = 0; v < FW_VERDICTS; v++) {
            out->verdict[v] += get(&c->verdict[v]);
            out->bytes[v] += get(&c->bytes[v]);
            out->second[v] += get(&c->second[v]);
        }
        out->program_faults += get(&c->program_faults);
        out->no_program += get(&c->no_program);
        out->queue_full += get(&c->queue_full);
        out->watchdog += get(&c->watchdog);
    }
}

void fw_stats_fault(struct fw_stats *st, const struct fw_fault *f)
{
    uint64_t n = __atomic_fetch_add(&st->faults, 1, __ATOMIC_RELAXED);
    memcpy(&st->fault[n % FW_FAULT_LOG], f, sizeof(*f));
}

void fw_stats_faults(const struct fw_stats *st, struct fw_fault_log *out)
{
    uint64_t total = get(&st->faults);
    memset(out, 0, sizeof(*out));
    out->total = total;
    for (uint64_t i = 0; i < FW_FAULT_LOG && i < total; i++)
        memcpy(&out->last[i], &st->fault[(total - 1 - i) % FW_FAULT_LOG], sizeof(out->last[i]));
}
