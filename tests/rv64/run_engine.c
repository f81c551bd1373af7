/* SPDX-License-Identifier: BSD-3-Clause */
/* The engine, on the unit tests' bus. */
#include <stdio.h>
#include <string.h>

#include "rig.h"
#include "rv64_program.h"

_Static_assert(P_CODE == NIC_ISTORE_BASE && P_LOCAL == NIC_LOCAL_BASE && P_DRAM == NIC_DRAM_BASE,
               "the same addresses on both machines");
_Static_assert((P_CODE_WORDS + 16) * 4 <= RIG_ISTORE && (int)P_DRAM_BYTES <= (int)RIG_DRAM,
               "programs fit");

static enum engine_stop run(struct rig *r, uint64_t step)
{
    const uint64_t limit = 100000000;
    enum engine_stop stop = ENGINE_HORIZON;

    for (uint64_t t = step == 0 ? limit : step; t <= limit && stop == ENGINE_HORIZON; t += step) {
        stop = engine_run(r->e, t);
        if (step == 0) {
            break;
        }
    }
    return stop;
}

static void take_result(struct rig *r, struct result *out)
{
    struct nic_engine_stats stats = {0};

    memcpy(out->local, engine_local(r->e, 0), sizeof(out->local));
    memcpy(out->dram, r->dram, sizeof(out->dram));
    engine_stats(r->e, &stats);
    out->insns = stats.insns;
    out->cycles = stats.busy_cycles + stats.stall_cycles;
}

int program_run_engine(const struct program *p, const struct engine_mode *mode, struct result *out)
{
    struct rig r;
    enum engine_stop stop;

    rig_init(&r);
    r.latency = p->seed % 5 * 10;
    r.direct = mode->direct;
    memcpy(r.istore, p->code, p->words * 4);
    memcpy(r.dram, p->dram, sizeof(p->dram));
    r.at = P_CODE + p->words * 4;
    rig_end(&r);
    rig_start(&r, 1);
    engine_reset(r.e, P_CODE, 0);
    memcpy(engine_local(r.e, 0), p->local, sizeof(p->local));
    stop = run(&r, mode->step);
    take_result(&r, out);
    if (stop != ENGINE_STOPPED) {
        fprintf(stderr, "engine, %s: the program did not end (stop %d, pc 0x%lx)\n", mode->name,
                (int)stop, (unsigned long)rig_pc(&r));
    }
    rig_free(&r);
    return stop == ENGINE_STOPPED ? 0 : -1;
}
