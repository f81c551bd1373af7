/* SPDX-License-Identifier: BSD-3-Clause */
/* Life cycle of an engine, and what can be asked about it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/sched.h"

/* Zeroed memory that begins and ends with a line of the host's cache; NULL. */
static void *lines(size_t bytes)
{
    size_t n = (bytes + HOST_LINE - 1) / HOST_LINE * HOST_LINE;
    void *p = aligned_alloc(HOST_LINE, n);

    return p == NULL ? NULL : memset(p, 0, n);
}

static void release(struct engine *e)
{
    free(e->hart);
    free(e->local);
    free(e->ready_at);
    free(e);
}

int engine_create(const struct nic_config *cfg, unsigned threads, uint32_t first_hart,
                  const struct engine_bus *bus, struct code_cache *cc, struct engine **out)
{
    struct engine *e = lines(sizeof(*e));
    if (e == NULL) {
        return -ENOMEM;
    }
    e->cfg = cfg;
    e->bus = bus;
    e->cc = cc;
    e->threads = (uint16_t)threads;
    e->first_hart = first_hart;
    e->local_size = cfg->local_size;
    e->cost_trap = cfg->cost_system == 0 ? 1 : (uint32_t)cfg->cost_system; /* time must pass */
    e->cost_switch = (uint32_t)cfg->engine_switch_cycles;
    e->longest_first = cfg->engine_policy != 0;
    e->spaced =
        (cfg->cluster_spacing | cfg->sram_spacing | cfg->dram_spacing) != 0 && !cfg->run_functional;
    e->hart = lines(threads * sizeof(*e->hart));
    e->local = calloc(threads, e->local_size);
    e->ready_at = lines(threads * 2 * sizeof(*e->ready_at));
    if (e->hart == NULL || e->local == NULL || e->ready_at == NULL) {
        release(e);
        return -ENOMEM;
    }
    e->next = cc->engines;
    cc->engines = e;
    engine_reset(e, 0, 0);
    *out = e;
    return 0;
}

void engine_destroy(struct engine *e)
{
    if (e == NULL) {
        return;
    }
    for (struct engine **p = &e->cc->engines; *p != NULL; p = &(*p)->next) {
        if (*p == e) {
            *p = e->next;
            break;
        }
    }
    release(e);
}

static void hart_reset(struct engine *e, unsigned thread, uint64_t pc, uint64_t now)
{
    struct hart *h = &e->hart[thread];

    memset(h, 0, sizeof(*h));
    h->local = e->local + thread * e->local_size;
    memset(h->local, 0, e->local_size);
    h->id = e->first_hart + thread;
    h->x[RV64_A0] = h->id;
    h->pc = pc & ~(uint64_t)3;
    h->mode = MODE_M;
    h->state = HART_READY;
    sched_ready_at(e, thread, now);
    h->trap_retired = UINT64_MAX;
    h->wait_from = now;
    h->wait_cause = NIC_CAUSE_ENGINE;
    csr_reset(h);
    h->win_lo = NIC_LOCAL_BASE;
    h->win_n = (uint32_t)e->local_size - 7;
    h->win_ptr = h->local;
}

void engine_reset(struct engine *e, uint64_t pc, uint64_t now)
{
    for (unsigned t = 0; t < e->threads; t++) {
        hart_reset(e, t, pc, now);
    }
    e->tlb_generation = 0;
    memset(e->tlb, 0xff, sizeof(e->tlb));
    e->clock = now;
    e->reset_at = now;
    e->accessed = now - SPACING_MAX; /* the first is free; may wrap, as `since` then does */
    e->since = now;
    memset(e->gap, 0, sizeof(e->gap));
    e->gap_open = false;
    e->current = 0;
    e->running = true;
    e->is_chosen = false;
    e->wait_memory = 0;
    e->blocked = 0;
    e->failed = false;
    memset(&e->fault, 0, sizeof(e->fault));
}

static struct hart *hart_of(const struct engine *e, uint32_t hart)
{
    return &e->hart[hart - e->first_hart];
}

uint8_t *engine_local(struct engine *e, uint32_t hart)
{
    return hart_of(e, hart)->local;
}

static uint64_t retired(const struct hart *h)
{
    return h->retired - h->lag_retired;
}

/* A hart does not go ahead over the border of program code. */
static uint64_t program_insns(const struct hart *h)
{
    return h->program_retired + (h->in_program ? retired(h) - h->program_from : 0);
}

uint64_t engine_hart_program_insns(const struct engine *e, uint32_t hart)
{
    return program_insns(hart_of(e, hart));
}

void engine_stats(const struct engine *e, struct nic_engine_stats *out)
{
    out->insns = 0;
    out->program_insns = 0;
    for (unsigned t = 0; t < e->threads; t++) {
        out->insns += retired(&e->hart[t]);
        out->program_insns += program_insns(&e->hart[t]);
    }
    cause_engine(e, out->cause);
    out->switch_cycles = out->cause[NIC_CAUSE_SWITCH];
    out->idle_cycles = out->cause[NIC_CAUSE_IDLE] + out->cause[NIC_CAUSE_BLOCKED];
    out->stall_cycles = 0;
    for (unsigned i = 0; i < NIC_CAUSES; i++) {
        out->stall_cycles += e->gap[i];
    }
    out->stall_cycles -= out->idle_cycles;
    out->busy_cycles =
        e->clock - e->reset_at - out->switch_cycles - out->stall_cycles - out->idle_cycles;
}

void engine_thread_stats(const struct engine *e, unsigned thread, struct nic_thread_stats *out)
{
    out->insns = retired(&e->hart[thread]);
    out->program_insns = program_insns(&e->hart[thread]);
    cause_thread(e, thread, out->cause);
}

void engine_dump(const struct engine *e, uint32_t hart, struct nic_fault *out)
{
    const struct hart *h = hart_of(e, hart);

    memset(out, 0, sizeof(*out));
    out->hart = hart;
    out->thread = hart - e->first_hart;
    out->pc = hart_stop_pc(h);
    out->cause = h->csr.mcause;
    out->tval = h->csr.mtval;
    memcpy(out->x, h->x, sizeof(out->x));
    out->cycles = e->clock;
}

bool engine_fault(const struct engine *e, struct nic_fault *out)
{
    if (e->failed) {
        *out = e->fault;
    }
    return e->failed;
}

unsigned engine_parked(const struct engine *e)
{
    unsigned parked = 0;
    for (unsigned t = 0; t < e->threads; t++) {
        parked += e->hart[t].state == HART_PARKED;
    }
    return parked;
}
