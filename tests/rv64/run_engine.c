/* SPDX-License-Identifier: BSD-3-Clause */
/* The engine, on the unit tests' bus; with odd seeds in many small steps of time. */
#include <stdio.h>
#include <string.h>

#include "rig.h"
#include "rv64_program.h"

_Static_assert(P_CODE == NIC_ISTORE_BASE && P_LOCAL == NIC_LOCAL_BASE && P_DRAM == NIC_DRAM_BASE,
               "the same addresses on both machines");
_Static_assert((P_CODE_WORDS + 16) * 4 <= RIG_ISTORE && (int)P_DRAM_BYTES <= (int)RIG_DRAM,
               "programs fit");

static enum engine_stop run(struct rig *r, uint64_t seed)
{
    const uint64_t limit = 100000000, step = seed % 2 ? 1 + seed % 997 : limit;
    enum engine_stop stop = ENGINE_HORIZON;

    for (uint64_t t = step; t <= limit && stop == ENGINE_HORIZON; t += step) {
        stop = engine_run(r->e, t);
    }
    return stop;
}

int program_run_engine(const struct program *p, struct result *out)
{
    struct rig r;
    struct nic_engine_stats stats = {0};
    enum engine_stop stop;

    rig_init(&r);
    r.latency = p->seed % 5;
    memcpy(r.istore, p->code, p->words * 4);
    memcpy(r.dram, p->dram, sizeof(p->dram));
    r.at = P_CODE + p->words * 4;
    rig_end(&r);
    rig_start(&r, 1);
    engine_reset(r.e, P_CODE, 0);
    memcpy(engine_local(r.e, 0), p->local, sizeof(p->local));
    stop = run(&r, p->seed);
    memcpy(out->local, engine_local(r.e, 0), sizeof(out->local));
    memcpy(out->dram, r.dram, sizeof(out->dram));
    engine_stats(r.e, &stats);
    out->insns = stats.insns;
    if (stop != ENGINE_STOPPED) {
        fprintf(stderr, "engine: the program did not end (stop %d, pc 0x%lx)\n", (int)stop,
                (unsigned long)rig_pc(&r));
    }
    rig_free(&r);
    return stop == ENGINE_STOPPED ? 0 : -1;
}
