/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Helpers and kernel functions of the world, by their prototypes: what they read goes into the
 * sum, what they fill and answer comes from the seed and the number of the call. Lookups in
 * arrays and hash tables, the processor's number and bpf_loop may be no calls at all: they leave
 * no trace.
 */
#include <linux/bpf.h>
#include <string.h>

#include "world.h"

enum kind {
    KIND_NONE,
    KIND_ANY,
    KIND_CTX,
    KIND_MAP,
    KIND_KEY,
    KIND_VALUE,
    KIND_VALUE_OUT,
    KIND_MEM,
    KIND_MEM_OR_NULL = KIND_MEM,
    KIND_MEM_OUT,
    KIND_MEM_OUT_OR_NULL = KIND_MEM_OUT,
    KIND_DATA,
    KIND_MEM_INOUT,
    KIND_SIZE,
    KIND_SIZE0 = KIND_SIZE,
    KIND_ALLOC,
    KIND_INT_INOUT,
    KIND_LONG_OUT,
    KIND_FIX20,
    KIND_FIX40,
    KIND_OTHER, /* whose place, or number, says nothing */
    KIND_STRING = KIND_OTHER,
    KIND_LOCK = KIND_OTHER,
    KIND_TIMER = KIND_OTHER,
    KIND_FUNC = KIND_OTHER,
    KIND_CB_CTX = KIND_OTHER,
    KIND_GONE = KIND_OTHER,
    KIND_SOCK = KIND_OTHER,
    KIND_SOCK_GONE = KIND_OTHER,
    KIND_DYNPTR = KIND_OTHER,
    KIND_DYNPTR_OUT = KIND_OTHER,
    KIND_DYNPTR_RB_OUT = KIND_OTHER,
    KIND_DYNPTR_GONE = KIND_OTHER,
};
enum answer {
    ANSWER_INT,
    ANSWER_VOID,
    ANSWER_VALUE,
    ANSWER_RECORD,
    ANSWER_SLICE,
    ANSWER_NULL = ANSWER_SLICE,
    ANSWER_SOCK = ANSWER_NULL,
    ANSWER_SOCK_COMMON = ANSWER_NULL,
};

struct proto {
    uint32_t id;
    uint8_t answer, arg[5];
};

static const struct proto protos[] = {
#define HELPER(id, name, returns, a1, a2, a3, a4, a5, flags)                                       \
    {id, ANSWER_##returns, {KIND_##a1, KIND_##a2, KIND_##a3, KIND_##a4, KIND_##a5}},
#include "offload/helpers.def"
};

static const struct proto *proto_of(uint32_t id)
{
    for (size_t k = 0; k < sizeof(protos) / sizeof(protos[0]); k++)
        if (protos[k].id == id)
            return &protos[k];
    return NULL;
}

/* ---- arguments ---- */

enum { BYTES_MAX = 512 };

static void tell(struct world *w, uint64_t v)
{
    w->sum = world_mix(w->sum, v);
}

static void tell_bytes(struct world *w, uint64_t addr, uint64_t len)
{
    uint8_t bytes[BYTES_MAX];

    tell(w, len);
    if (len > BYTES_MAX || !world_get(w, addr, bytes, (uint32_t)len))
        return;
    for (uint64_t k = 0; k < len; k++)
        tell(w, bytes[k]);
}

static void fill_bytes(struct world *w, uint64_t addr, uint64_t len)
{
    uint8_t bytes[BYTES_MAX];

    if (len > BYTES_MAX)
        return;
    for (uint64_t k = 0; k < len; k++)
        bytes[k] = (uint8_t)world_mix(w->seed + w->calls, k);
    (void)world_set(w, addr, bytes, (uint32_t)len);
}

/* Places in the stack are not the same everywhere. */
static void tell_number(struct world *w, uint64_t v)
{
    bool place = w->stack_top - v <= WORLD_STACK_BYTES;

    tell(w, place ? 0 : v);
}

static void take_arg(struct world *w, const struct world_map *m, unsigned kind, uint64_t v,
                     uint64_t next)
{
    uint32_t size = (uint32_t)next;

    switch (kind) {
    case KIND_ANY:
    case KIND_SIZE:
    case KIND_ALLOC:
        tell_number(w, v);
        break;
    case KIND_KEY:
        tell_bytes(w, v, m ? m->map->key_size : 0);
        break;
    case KIND_VALUE:
        tell_bytes(w, v, m ? m->map->value_size : 0);
        break;
    case KIND_VALUE_OUT:
        fill_bytes(w, v, m ? m->map->value_size : 0);
        break;
    case KIND_MEM:
        tell_bytes(w, v, size);
        break;
    case KIND_MEM_INOUT:
        tell_bytes(w, v, size);
        fill_bytes(w, v, size);
        break;
    case KIND_MEM_OUT:
        fill_bytes(w, v, size);
        break;
    case KIND_INT_INOUT:
        tell_bytes(w, v, 4);
        fill_bytes(w, v, 4);
        break;
    case KIND_LONG_OUT:
        fill_bytes(w, v, 8);
        break;
    case KIND_FIX20:
    case KIND_FIX40:
        tell_bytes(w, v, kind == KIND_FIX20 ? 20 : 40);
        break;
    default:
        break;
    }
}

static struct world_map *take_args(struct world *w, const struct proto *p, const uint64_t arg[5])
{
    struct world_map *m = NULL;

    tell(w, p->id);
    for (unsigned k = 0; k < 5; k++) {
        if (p->arg[k] == KIND_MAP) {
            m = world_map(w, arg[k]);
            tell(w, arg[k]);
        }
        take_arg(w, m, p->arg[k], arg[k], k < 4 ? arg[k + 1] : 0);
    }
    return m;
}

/* ---- answers ---- */

/* A small number, an error, anything. */
static uint64_t number(const struct world *w)
{
    uint64_t v = world_mix(w->seed ^ 0x1234, w->calls);

    return v & 1 ? v >> 60 : v & 2 ? 0 - (v >> 60) : v;
}

static uint64_t record(struct world *w, uint64_t size)
{
    uint32_t room = WORLD_MAILBOX - WORLD_RECORDS, at = w->records;

    if (size > room || at + size > room || world_mix(w->seed, w->calls) % 4 == 0)
        return 0;
    w->records = (uint32_t)(at + size + 7) & ~7u;
    return WORLD_BASE + WORLD_RECORDS + at;
}

static uint64_t load_store(struct world *w, uint32_t id, const uint64_t arg[5])
{
    uint32_t f[2], len = (uint32_t)arg[3], off = (uint32_t)arg[1];
    uint8_t bytes[BYTES_MAX];

    memcpy(f, w->mem + WORLD_CTX, sizeof(f));
    if (len > BYTES_MAX || off > f[1] - f[0] || len > f[1] - f[0] - off)
        return (uint64_t)-22;
    if (id == BPF_FUNC_xdp_load_bytes)
        return world_get(w, f[0] + off, bytes, len) && world_set(w, arg[2], bytes, len) ? 0 : 1;
    return world_get(w, arg[2], bytes, len) && world_set(w, f[0] + off, bytes, len) ? 0 : 1;
}

static uint64_t answer(struct world *w, const struct proto *p, struct world_map *m,
                       const uint64_t arg[5])
{
    switch (p->id) {
    case BPF_FUNC_map_lookup_elem:
    case BPF_FUNC_map_lookup_percpu_elem:
        return m ? world_lookup(w, m, arg[1]) : 0;
    case BPF_FUNC_map_update_elem:
        return m ? (uint64_t)world_update(w, m, arg[1], arg[2], arg[3]) : (uint64_t)-22;
    case BPF_FUNC_map_delete_elem:
        return m ? (uint64_t)world_delete(w, m, arg[1]) : (uint64_t)-22;
    case BPF_FUNC_xdp_adjust_head:
    case BPF_FUNC_xdp_adjust_meta:
    case BPF_FUNC_xdp_adjust_tail:
        return (uint64_t)world_adjust(w, p->id, (int32_t)arg[1]);
    case BPF_FUNC_xdp_load_bytes:
    case BPF_FUNC_xdp_store_bytes:
        return load_store(w, p->id, arg);
    case BPF_FUNC_ringbuf_reserve:
        return record(w, arg[1]);
    default:
        return p->answer == ANSWER_INT ? number(w) : 0;
    }
}

static bool traceless(struct world *w, uint32_t id, const uint64_t arg[5], uint64_t *r0)
{
    struct world_map *m;

    if (id == BPF_FUNC_get_smp_processor_id) {
        *r0 = WORLD_CPU;
        return true;
    }
    m = id == BPF_FUNC_map_lookup_elem ? world_map(w, arg[0]) : NULL;
    if (!m || (m->map->type != BPF_MAP_TYPE_ARRAY && m->map->type != BPF_MAP_TYPE_PERCPU_ARRAY &&
               !world_in_place(m->map)))
        return false;
    *r0 = world_lookup(w, m, arg[1]);
    return true;
}

int world_helper(struct world *w, uint32_t id, const uint64_t arg[5], uint64_t *r0)
{
    const struct proto *p = proto_of(id);
    struct offload_proto known;

    if (!p || !offload_helper_proto(id, &known) || known.callback)
        return -1;
    if (traceless(w, id, arg, r0))
        return 0;
    w->calls++;
    *r0 = answer(w, p, take_args(w, p, arg), arg);
    return 0;
}

bool world_tail(struct world *w, const uint64_t arg[5])
{
    w->calls++;
    tell(w, arg[1]);
    tell(w, (uint32_t)arg[2]);
    return world_mix(w->seed, w->calls) % 4 == 0;
}

static const struct ebpf_insn target[] = {
    {.opcode = BPF_ALU64 | BPF_MOV | BPF_K, .imm = WORLD_VERDICT},
    {.opcode = BPF_JMP | BPF_EXIT},
};
const struct offload_prog world_target = {.name = "target", .insns = target, .insn_count = 2};

/* ---- kernel functions ---- */

enum { ITER_NEW, ITER_NEXT, ITER_DESTROY };

/* The iterator that lies at addr; one that lies nowhere when there is none. */
static int iter_at(const struct world *w, uint64_t addr)
{
    for (int k = 0; k < WORLD_ITERS; k++)
        if (w->iter[k].addr == addr)
            return k;
    return -1;
}

static uint64_t iter_next(struct world *w, int k)
{
    uint32_t cell = WORLD_CELLS + 8 * (uint32_t)k;

    if (w->iter[k].now >= w->iter[k].end)
        return 0;
    memcpy(w->mem + cell, &w->iter[k].now, sizeof(w->iter[k].now));
    w->iter[k].now++;
    return WORLD_BASE + cell;
}

int world_kfunc(struct world *w, uint32_t id, const uint64_t arg[5], uint64_t *r0)
{
    int k = iter_at(w, id == ITER_NEW ? 0 : arg[0]);

    if (id > ITER_DESTROY || k < 0)
        return -1;
    *r0 = 0;
    w->calls++;
    tell(w, id);
    switch (id) {
    case ITER_NEW:
        tell(w, (uint32_t)arg[1]);
        tell(w, (uint32_t)arg[2]);
        w->iter[k].addr = arg[0];
        w->iter[k].now = (int32_t)arg[1];
        w->iter[k].end = (int32_t)arg[2];
        break;
    case ITER_NEXT:
        *r0 = iter_next(w, k);
        break;
    default:
        w->iter[k].addr = 0;
        break;
    }
    return 0;
}

/* ---- the reference interpreter ---- */

static int bpf_loop(struct refint_run *run, const uint64_t arg[5], uint64_t *r0)
{
    uint64_t n = 0, ret = 0;

    while (n < (uint32_t)arg[0] && ret == 0) {
        uint64_t give[5] = {n++, arg[2], 0, 0, 0};
        if (refint_callback(run, arg[1], give, &ret))
            return -1;
    }
    *r0 = n;
    return 0;
}

static int helper(void *ctx, struct refint_run *run, uint32_t id, const uint64_t arg[5],
                  uint64_t *r0)
{
    struct world *w = ctx;

    if (id == BPF_FUNC_loop)
        return bpf_loop(run, arg, r0);
    w->run = run;
    return world_helper(w, id, arg, r0);
}

static int kfunc(void *ctx, uint32_t id, const uint64_t arg[5], uint64_t *r0)
{
    return world_kfunc(ctx, id, arg, r0);
}

static const struct offload_prog *tail_call(void *ctx, const uint64_t arg[5])
{
    return world_tail(ctx, arg) ? &world_target : NULL;
}

enum refint_end world_refint(struct world *w, struct refint_result *res)
{
    struct refint_region region[2] = {
        {.base = WORLD_BASE, .len = WORLD_STACK, .data = w->mem, .writable = true},
        {.base = WORLD_BASE + WORLD_VALUES,
         .len = WORLD_BYTES - WORLD_VALUES,
         .data = w->mem + WORLD_VALUES,
         .writable = true}};
    uint64_t map[WORLD_MAPS], value[WORLD_MAPS];
    struct refint_config cfg = {.regions = region,
                                .region_count = 2,
                                .map_addr = map,
                                .value_addr = value,
                                .stack_top = w->stack_top,
                                .step_limit = 100000,
                                .loop = helper,
                                .kfunc = kfunc,
                                .tail_call = tail_call,
                                .helper_ctx = w,
                                .r1 = WORLD_BASE + WORLD_CTX};

    for (unsigned n = 0; n < w->prog->map_count; n++) {
        map[n] = WORLD_BASE + WORLD_HANDLES + 16 * n;
        value[n] = WORLD_BASE + w->map[n].values;
    }
    refint_run(w->prog, &cfg, res);
    w->run = NULL;
    return res->end;
}
