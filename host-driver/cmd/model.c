/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SATURATED 0.9

const char *model_use_name(enum model_use u)
{
    static const char *const names[] = {
#define X(id, name, what) (name),
        MODEL_USES(X)
#undef X
    };

    return names[u];
}

/* The counters of one memory. */
static const struct nic_mem_stats *memory_stats(const struct nic_stats *s, enum nic_memory memory)
{
    const struct nic_mem_stats *const all[NIC_MEMORIES] = {
        [NIC_MEMORY_CLUSTER] = &s->cluster,
        [NIC_MEMORY_SRAM] = &s->sram,
        [NIC_MEMORY_DRAM] = &s->dram,
        [NIC_MEMORY_ATOMIC] = &s->atomic,
    };

    return all[memory];
}

static int take_banks(const struct nic_device *dev, struct reading *out)
{
    size_t banks = 0;

    for (unsigned m = 0; m < NIC_MEMORIES; m++)
        banks += memory_stats(&out->nic, (enum nic_memory)m)->banks;
    out->bank = calloc(banks, sizeof(*out->bank));
    if (out->bank == NULL)
        return -ENOMEM;
    banks = 0;
    for (unsigned m = 0; m < NIC_MEMORIES; m++)
        for (uint32_t i = 0; i < memory_stats(&out->nic, (enum nic_memory)m)->banks; i++)
            out->bank[banks++] = nic_device_bank_busy(dev, (enum nic_memory)m, i);
    return 0;
}

int reading_take(const struct nic_device *dev, struct reading *out)
{
    unsigned engines = (unsigned)nic_device_config(dev)->engine_count;

    nic_device_stats(dev, &out->nic);
    out->bank = NULL;
    out->engine = calloc(engines, sizeof(*out->engine));
    if (out->engine == NULL || take_banks(dev, out) != 0)
        return -ENOMEM;
    for (unsigned e = 0; e < engines; e++)
        nic_device_engine_stats(dev, e, &out->engine[e]);
    return 0;
}

void reading_free(struct reading *r)
{
    free(r->engine);
    free(r->bank);
    r->engine = NULL;
    r->bank = NULL;
}

double model_share(const struct model *m, uint64_t part)
{
    return m->cycles != 0 ? (double)part / (double)m->cycles : 0.0;
}

static double bank_share(const struct model *m, const struct nic_mem_stats *a,
                         const struct nic_mem_stats *b)
{
    return b->banks != 0 ? model_share(m, b->busy_cycles - a->busy_cycles) / b->banks : 0.0;
}

static const enum model_use use_of[NIC_MEMORIES] = {
    [NIC_MEMORY_CLUSTER] = MODEL_CLUSTER,
    [NIC_MEMORY_SRAM] = MODEL_SRAM,
    [NIC_MEMORY_DRAM] = MODEL_DRAM,
    [NIC_MEMORY_ATOMIC] = MODEL_ATOMICS,
};

/* One bank that everybody wants limits a card as much as all of them. */
static void set_banks(struct model *m, const struct reading *a, const struct reading *b)
{
    size_t at = 0;

    for (unsigned i = 0; i < NIC_MEMORIES; i++) {
        const struct nic_mem_stats *was = memory_stats(&a->nic, (enum nic_memory)i);
        const struct nic_mem_stats *is = memory_stats(&b->nic, (enum nic_memory)i);
        uint64_t most = 0;

        for (size_t end = at + is->banks; at < end; at++)
            if (b->bank[at] - a->bank[at] > most)
                most = b->bank[at] - a->bank[at];
        m->use[use_of[i]] = model_share(m, most);
        m->mean[use_of[i]] = bank_share(m, was, is);
    }
}

static void set_uses(struct model *m, const struct reading *before, const struct reading *after)
{
    const struct nic_stats *a = &before->nic, *b = &after->nic;
    uint64_t busy = 0, stall = 0;

    for (unsigned e = 0; e < m->engines; e++) {
        busy += m->engine[e].cycles;
        stall += m->engine[e].stall;
    }
    m->use[MODEL_ENGINES] = model_share(m, busy) / m->engines;
    m->use[MODEL_STALL] = model_share(m, stall) / m->engines;
    m->use[MODEL_CHANNELS] = bank_share(m, &a->dram_cache.channel, &b->dram_cache.channel);
    m->use[MODEL_PCIE] = model_share(m, b->pcie_busy_cycles - a->pcie_busy_cycles);
    m->use[MODEL_MAC] = model_share(m, b->mac_busy_cycles - a->mac_busy_cycles);
    memcpy(m->mean, m->use, sizeof(m->mean));
    set_banks(m, before, after);
    if (m->packets != 0)
        m->cycles_per_packet = (double)(busy + stall) / (double)m->packets;
}

/* Cycles a packet, of all engines; idle is what is left of the time of all of them. */
static void set_causes(struct model *m)
{
    double rest = (double)m->cycles * m->engines;

    for (unsigned c = 0; c < NIC_CAUSES && m->packets != 0; c++) {
        uint64_t cycles = 0;

        for (unsigned e = 0; e < m->engines; e++)
            cycles += m->engine[e].cause[c];
        m->cause[c] = (double)cycles / (double)m->packets;
        rest -= c != NIC_CAUSE_IDLE ? (double)cycles : 0;
    }
    if (m->packets != 0)
        m->cause[NIC_CAUSE_IDLE] = rest > 0 ? rest / (double)m->packets : 0;
}

void model_engine_causes(const struct model *m, unsigned e, double cause[NIC_CAUSES])
{
    const struct model_engine *engine = &m->engine[e];

    for (unsigned c = 0; c < NIC_CAUSES; c++)
        cause[c] = engine->packets != 0 ? (double)engine->cause[c] / (double)engine->packets : 0;
}

static void set_cache(struct nic_cache_stats *out, const struct nic_cache_stats *a,
                      const struct nic_cache_stats *b)
{
    *out = *b;
    out->hits -= a->hits;
    out->misses -= a->misses;
    out->written_back -= a->written_back;
    out->channel.accesses -= a->channel.accesses;
    out->channel.busy_cycles -= a->channel.busy_cycles;
}

/* What stops more packets from going through. */
static const char *name_bottleneck(const struct model *m, const struct nic_config *cfg,
                                   struct nic_pacing pacing)
{
    enum model_use best = MODEL_ENGINES;

    if (cfg->run_functional)
        return "not modelled";
    if (m->packets == 0)
        return "no packets";
    if (cfg->run_ordered)
        return "one packet at a time";
    for (unsigned u = 0; u < MODEL_USE_COUNT; u++) {
        /* At the rate "max" frames do not wait for the wire. */
        if (u == MODEL_STALL || (u == MODEL_MAC && pacing.how == NIC_PACE_MAX))
            continue;
        if (m->use[u] > m->use[best])
            best = u;
    }
    if (m->use[best] >= SATURATED)
        return model_use_name(best);
    if (m->use[MODEL_ENGINES] + m->use[MODEL_STALL] >= SATURATED)
        return model_use_name(MODEL_STALL); /* more threads would help, as in limits_rank */
    if (pacing.how != NIC_PACE_MAX)
        return "input rate";
    return model_use_name(m->use[MODEL_STALL] > m->use[best] ? MODEL_STALL : best);
}

static void set_rates(struct model *m, uint64_t program_insns)
{
    if (m->cycles != 0)
        m->pps = (double)m->packets * (double)m->clock_hz / (double)m->cycles;
    m->pps_per_engine = m->pps / m->engines;
    m->time_ns = (uint64_t)((double)m->cycles * 1e9 / (double)m->clock_hz + 0.5);
    if (m->packets != 0)
        m->program_insns_per_packet = (double)program_insns / (double)m->packets;
}

/* An engine that idles has no cycles until it wakes up, so idle is what is left of the span. */
static void set_engine_causes(struct model_engine *out, const struct nic_engine_stats *a,
                              const struct nic_engine_stats *b, uint64_t span)
{
    uint64_t sum = 0;

    for (unsigned c = 0; c < NIC_CAUSES; c++) {
        out->cause[c] = b->cause[c] - a->cause[c];
        sum += c != NIC_CAUSE_IDLE ? out->cause[c] : 0;
    }
    out->cause[NIC_CAUSE_IDLE] = span > sum ? span - sum : 0;
}

static void set_engine(struct model_engine *out, const struct nic_engine_stats *a,
                       const struct nic_engine_stats *b, uint64_t span)
{
    out->packets = b->packets - a->packets;
    out->insns = b->insns - a->insns;
    out->cycles = b->busy_cycles + b->switch_cycles - a->busy_cycles - a->switch_cycles;
    out->stall = b->stall_cycles - a->stall_cycles;
    set_engine_causes(out, a, b, span);
}

/* From the first arrival, or the last packet before, to the last packet. */
static uint64_t span(const struct nic_stats *a, const struct nic_stats *b)
{
    uint64_t from = a->last_done_cycle != 0 ? a->last_done_cycle : b->first_rx_cycle;

    return b->last_done_cycle > from ? b->last_done_cycle - from : 0;
}

int model_make(const struct nic_device *dev, const struct reading *before,
               const struct reading *after, struct nic_pacing pacing, uint64_t program_insns,
               struct model *out)
{
    const struct nic_config *cfg = nic_device_config(dev);

    memset(out, 0, sizeof(*out));
    out->engines = (unsigned)cfg->engine_count;
    out->threads = (unsigned)cfg->engine_threads;
    out->clock_hz = cfg->engine_clock_hz;
    out->engine = calloc(out->engines, sizeof(*out->engine));
    if (out->engine == NULL)
        return -ENOMEM;
    out->cycles = span(&before->nic, &after->nic);
    for (unsigned e = 0; e < out->engines; e++) {
        set_engine(&out->engine[e], &before->engine[e], &after->engine[e], out->cycles);
        out->packets += out->engine[e].packets;
        out->insns += out->engine[e].insns;
    }
    for (unsigned d = 0; d < NIC_DROP_COUNT; d++)
        out->drops[d] = after->nic.drops[d] - before->nic.drops[d];
    set_rates(out, program_insns);
    if (cfg->port_max_pps != 0)
        out->use[MODEL_MAC_RATE] = out->pps / (double)cfg->port_max_pps;
    set_uses(out, before, after);
    set_cache(&out->cache, &before->nic.dram_cache, &after->nic.dram_cache);
    set_causes(out);
    out->bottleneck = name_bottleneck(out, cfg, pacing);
    return 0;
}

void model_free(struct model *m)
{
    free(m->engine);
    m->engine = NULL;
}
