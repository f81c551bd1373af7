/* SPDX-License-Identifier: BSD-3-Clause */
#include "machine.h"

#include <inttypes.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "refint/refint.h"

#define CTX_AT    0x1000u
#define PACKET_AT 0x10000u /* of m->packet[0] */
#define STACK_TOP 0x7fff0000u
#define MAP_AT    0x100000u /* map n: + n * MAP_STEP; its inner map: + INNER; values: further */
#define MAP_STEP  0x10000u
#define INNER     0x100u
#define VALUES    0x1000u
#define VALUE_GAP 0x1000u

enum { DATA, DATA_END, DATA_META, FRAME_MIN = 14 };

__attribute__((format(printf, 3, 4))) static void complain(struct machine *m, uint32_t insn,
                                                           const char *fmt, ...)
{
    va_list ap;
    if (m->wrong[0])
        return;
    va_start(ap, fmt);
    vsnprintf(m->wrong, sizeof(m->wrong), fmt, ap);
    va_end(ap);
    m->wrong_insn = insn;
}

/* ---- what the proof said ---- */

static bool is_jump(const struct ebpf_insn *i)
{
    unsigned class = i->opcode & 7u, op = i->opcode & 0xf0u;
    return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_JA && op != BPF_CALL &&
           op != BPF_EXIT && op != 0xe0;
}

/* Where the jump before went. */
static void check_last(struct machine *m, uint32_t insn, const uint64_t *reg)
{
    uint32_t flags = m->facts->flags[m->last];
    const struct ebpf_insn *i = &m->prog->insns[m->last];
    if (m->last_jump && i->off != 0) {
        bool taken = insn != m->last + 1;
        if (!(flags & (taken ? OFFLOAD_FACT_TAKEN : OFFLOAD_FACT_FALLS)))
            complain(m, m->last, "this way was called impossible");
    }
    if (m->last_found && !reg[0])
        complain(m, m->last, "a lookup that cannot fail failed");
    m->last_jump = m->last_found = false;
}

/* The object that an access of this base lies in, by address; false when it does not. */
static bool offset_in(const struct machine *m, const struct offload_insn_fact *f, uint64_t addr,
                      const uint64_t *reg, int64_t *off)
{
    uint64_t in_value = (addr - MAP_AT) % MAP_STEP;
    switch (f->base) {
    case OFFLOAD_BASE_CTX:
        *off = (int64_t)(addr - CTX_AT);
        return true;
    case OFFLOAD_BASE_STACK:
        *off = (int64_t)(addr - reg[10]);
        return true;
    case OFFLOAD_BASE_PACKET:
        *off = (int64_t)(addr - m->ctx[DATA]);
        return true;
    case OFFLOAD_BASE_META:
        *off = (int64_t)(addr - m->ctx[DATA_META]);
        return true;
    case OFFLOAD_BASE_VALUE:
        *off = (int64_t)((in_value - VALUES) % VALUE_GAP);
        return in_value >= VALUES;
    default:
        return false;
    }
}

static void check_access(struct machine *m, uint32_t insn, const struct ebpf_insn *i,
                         const uint64_t *reg)
{
    const struct offload_insn_fact *f = &m->facts->insn[insn];
    unsigned base = (i->opcode & 7u) == BPF_LDX ? i->src : i->dst;
    uint64_t addr = reg[base] + (uint64_t)(int64_t)i->off;
    int64_t off;
    if (f->base == OFFLOAD_BASE_NONE)
        complain(m, insn, "an access was not noted");
    if (!offset_in(m, f, addr, reg, &off))
        return;
    if (off < f->lo || off > f->hi)
        complain(m, insn, "offset %" PRId64 " is not in %" PRId64 "..%" PRId64, off, f->lo, f->hi);
    if (f->base == OFFLOAD_BASE_VALUE && f->map < KERNEL_MAPS &&
        (addr - MAP_AT) / MAP_STEP != f->map)
        complain(m, insn, "not map %u", f->map);
}

static void check_call(struct machine *m, uint32_t insn, const uint64_t *reg)
{
    const struct offload_insn_fact *f = &m->facts->insn[insn];
    unsigned n = m->prog->insns[insn].imm == BPF_FUNC_tail_call ||
                         m->prog->insns[insn].imm == BPF_FUNC_perf_event_output
                     ? 2
                     : 1;
    if (f->map < KERNEL_MAPS && reg[n] != m->map_addr[f->map])
        complain(m, insn, "the call has another map than %u", f->map);
    m->last_found = f->found;
}

static bool in_range(const struct offload_range *r, uint64_t v)
{
    return v >= r->umin && v <= r->umax && (int64_t)v >= r->smin && (int64_t)v <= r->smax &&
           (v & ~r->mask) == r->value;
}

static void check_range(struct machine *m, uint32_t insn, unsigned reg,
                        const struct offload_range *r, uint64_t v)
{
    if (in_range(r, v))
        return;
    complain(m, insn,
             "r%u is %#" PRIx64 ", not in %#" PRIx64 "..%#" PRIx64 ", %" PRId64 "..%" PRId64
             ", bits %#" PRIx64 " mask %#" PRIx64,
             reg, v, r->umin, r->umax, r->smin, r->smax, r->value, r->mask);
}

/* The register that an instruction writes; -1: none, or by a call. */
static int written(const struct ebpf_insn *i)
{
    switch (i->opcode & 7u) {
    case BPF_ALU:
    case BPF_ALU64:
    case BPF_LD:
    case BPF_LDX:
        return i->dst;
    default:
        return -1;
    }
}

static void check_values(struct machine *m, uint32_t insn, const uint64_t *reg)
{
    struct offload_range r;
    int last = written(&m->prog->insns[m->last]);
    for (unsigned n = 0; n < OFFLOAD_RANGE_REGS; n++) {
        if (!offload_fact_range(m->facts, insn, n, &r))
            continue;
        check_range(m, insn, n, &r, reg[n]);
        m->ranges_held++;
    }
    if (m->started && last >= 0 && offload_fact_result(m->facts, m->last, &r))
        check_range(m, m->last, (unsigned)last, &r, reg[last]);
}

static void watch(void *ctx, const struct offload_prog *prog, uint32_t insn, const uint64_t *reg)
{
    struct machine *m = ctx;
    const struct ebpf_insn *i = &prog->insns[insn];
    unsigned class = i->opcode & 7u;
    check_last(m, insn, reg);
    if (!(m->facts->flags[insn] & OFFLOAD_FACT_REACHED))
        complain(m, insn, "no path was to come here");
    check_values(m, insn, reg);
    if (class == BPF_LDX || class == BPF_ST || class == BPF_STX)
        check_access(m, insn, i, reg);
    if (i->opcode == (BPF_JMP | BPF_CALL) && i->src == 0)
        check_call(m, insn, reg);
    m->last = insn;
    m->started = true;
    m->last_jump = is_jump(i);
}

/* ---- helpers ---- */

static const struct offload_map *map_at(const struct machine *m, uint64_t addr, unsigned *n,
                                        bool *inner)
{
    uint64_t at = addr - MAP_AT;
    *n = (unsigned)(at / MAP_STEP);
    *inner = at % MAP_STEP == INNER;
    if (addr < MAP_AT || *n >= m->prog->map_count || (!*inner && at % MAP_STEP != 0))
        return NULL;
    return *inner ? m->prog->maps[*n].inner : &m->prog->maps[*n];
}

static bool is_array(uint32_t type)
{
    return type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static uint64_t lookup(struct machine *m, struct refint_run *run, const uint64_t *arg)
{
    unsigned n;
    bool inner;
    uint64_t key = 0, slot = rng_below(m->rng, MACHINE_VALUES);
    const struct offload_map *map = map_at(m, arg[0], &n, &inner);
    if (!map)
        return 0;
    bool there = rng_below(m->rng, 4) != 0;
    if (is_array(map->type) && refint_load(run, arg[1], 4, &key)) {
        there = key < map->max_entries;
        slot = key % MACHINE_VALUES;
    }
    if (!there)
        return 0;
    if (map->type == BPF_MAP_TYPE_ARRAY_OF_MAPS || map->type == BPF_MAP_TYPE_HASH_OF_MAPS)
        return m->map_addr[n] + INNER;
    return m->map_addr[n] + VALUES + (slot + (inner ? MACHINE_VALUES : 0)) * VALUE_GAP;
}

static void place_packet(struct machine *m)
{
    uint64_t from = m->ctx[DATA_META] < m->ctx[DATA] ? m->ctx[DATA_META] : m->ctx[DATA];
    m->region[1] = (struct refint_region){.base = from,
                                          .len = m->ctx[DATA_END] - from,
                                          .data = m->packet + (from - PACKET_AT),
                                          .writable = true};
}

/* Moves an end of the packet by so much, or refuses. */
static uint64_t adjust(struct machine *m, unsigned field, int64_t by)
{
    uint32_t old[3];
    memcpy(old, m->ctx, sizeof(old));
    if (by < -MACHINE_PACKET || by > MACHINE_PACKET)
        return (uint64_t)-1;
    m->ctx[field] += (uint32_t)by;
    if (field == DATA && m->ctx[DATA_META] > m->ctx[DATA])
        m->ctx[DATA_META] = m->ctx[DATA];
    if (m->ctx[DATA] < PACKET_AT || m->ctx[DATA_META] < PACKET_AT ||
        m->ctx[DATA_META] > m->ctx[DATA] || m->ctx[DATA] + FRAME_MIN > m->ctx[DATA_END] ||
        m->ctx[DATA_END] > PACKET_AT + MACHINE_PACKET) {
        memcpy(m->ctx, old, sizeof(old));
        return (uint64_t)-1;
    }
    place_packet(m);
    return 0;
}

static int helper(void *ctx, struct refint_run *run, uint32_t id, const uint64_t arg[5],
                  uint64_t *r0)
{
    struct machine *m = ctx;
    struct offload_proto proto;
    *r0 = rng_number(m->rng);
    if (!offload_helper_proto(id, &proto) || proto.callback)
        return -1;
    switch (id) {
    case BPF_FUNC_map_lookup_elem:
    case BPF_FUNC_map_lookup_percpu_elem:
        *r0 = lookup(m, run, arg);
        break;
    case BPF_FUNC_xdp_adjust_head:
        *r0 = adjust(m, DATA, (int32_t)arg[1]);
        break;
    case BPF_FUNC_xdp_adjust_meta:
        *r0 = adjust(m, DATA_META, (int32_t)arg[1]);
        break;
    case BPF_FUNC_xdp_adjust_tail:
        *r0 = adjust(m, DATA_END, (int32_t)arg[1]);
        break;
    case BPF_FUNC_ringbuf_reserve:
    case BPF_FUNC_dynptr_data:
    case BPF_FUNC_sk_lookup_tcp: /* the NIC has no sockets */
    case BPF_FUNC_sk_lookup_udp:
    case BPF_FUNC_skc_lookup_tcp:
        *r0 = 0;
        break;
    case BPF_FUNC_get_smp_processor_id:
        *r0 = 0;
        break;
    default:
        break;
    }
    return 0;
}

/* ---- a run ---- */

static void add_value(struct machine *m, unsigned n, bool inner, const struct offload_map *map)
{
    for (unsigned k = 0; k < MACHINE_VALUES; k++) {
        uint8_t *data = m->value[n + (inner ? KERNEL_MAPS : 0)][k];
        for (unsigned b = 0; b < map->value_size; b++)
            data[b] = map->frozen_data ? map->frozen_data[b] : (uint8_t)rng_next(m->rng);
        m->region[m->regions++] = (struct refint_region){
            .base = m->map_addr[n] + VALUES + (k + (inner ? MACHINE_VALUES : 0)) * VALUE_GAP,
            .len = map->value_size,
            .data = data,
            .writable = !(map->flags & BPF_F_RDONLY_PROG)};
    }
}

static int set_up(struct machine *m)
{
    m->regions = 2;
    for (unsigned n = 0; n < m->prog->map_count; n++) {
        const struct offload_map *map = &m->prog->maps[n];
        if (n == KERNEL_MAPS || map->value_size > MACHINE_VALUE_BYTES ||
            (map->inner && map->inner->value_size > MACHINE_VALUE_BYTES))
            return -1;
        m->map_addr[n] = MAP_AT + (uint64_t)n * MAP_STEP;
        m->value_addr[n] = m->map_addr[n] + VALUES;
        add_value(m, n, false, map);
        if (map->inner)
            add_value(m, n, true, map->inner);
    }
    m->region[0] = (struct refint_region){
        .base = CTX_AT, .len = sizeof(m->ctx), .data = (uint8_t *)m->ctx, .writable = false};
    for (unsigned b = 0; b < MACHINE_PACKET; b++)
        m->packet[b] = (uint8_t)(rng_below(m->rng, 4) ? rng_next(m->rng) : 0);
    m->ctx[DATA] = m->ctx[DATA_META] = PACKET_AT + MACHINE_HEADROOM;
    m->ctx[DATA_END] = m->ctx[DATA] + FRAME_MIN + rng_below(m->rng, 180);
    for (unsigned n = 3; n < 6; n++)
        m->ctx[n] = (uint32_t)rng_number(m->rng);
    place_packet(m);
    return 0;
}

int machine_run(struct machine *m, const struct offload_prog *prog,
                const struct offload_facts *facts, struct rng *rng, struct refint_result *res)
{
    m->rng = rng;
    m->prog = prog;
    m->facts = facts;
    m->last = 0;
    m->started = m->last_jump = m->last_found = false;
    m->wrong[0] = 0;
    if (set_up(m))
        return -1;
    struct refint_config cfg = {.regions = m->region,
                                .region_count = m->regions,
                                .map_addr = m->map_addr,
                                .value_addr = m->value_addr,
                                .stack_top = STACK_TOP,
                                .step_limit = 200000,
                                .loop = helper,
                                .watch = watch,
                                .helper_ctx = m,
                                .r1 = CTX_AT};
    refint_run(prog, &cfg, res);
    if (res->end == REFINT_EXIT && facts->longest && res->steps > facts->longest)
        complain(m, res->insn, "%" PRIu64 " instructions, %" PRIu64 " were the most", res->steps,
                 facts->longest);
    return 0;
}
