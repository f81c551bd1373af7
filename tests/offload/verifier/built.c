/* SPDX-License-Identifier: BSD-3-Clause */
#include "built.h"

#include <linux/bpf.h>
#include <stdlib.h>

enum {
    INSNS_MAX = 1000000,
    SUBPROGS_MAX = 256,
    ROOTS_MAX = 512, /* the program, and each timer callback with each map */
    REFERENCES_MAX = 16,
    MAPS = 4,
};

/* ---- allocations that fail: the linker sends every one here (--wrap) ---- */

static bool no_memory;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size)
{
    return no_memory ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return no_memory ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return no_memory ? NULL : __real_realloc(old, size);
}

/* ---- programs ---- */

struct writer {
    struct ebpf_insn *insn;
    uint32_t count;
};

static void put(struct writer *w, unsigned opcode, unsigned dst, unsigned src, int32_t imm)
{
    w->insn[w->count++] = (struct ebpf_insn){
        .opcode = (uint8_t)opcode, .dst = dst & 15u, .src = src & 15u, .imm = imm};
}

static void put_return(struct writer *w, int32_t value)
{
    put(w, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, value);
    put(w, BPF_JMP | BPF_EXIT, 0, 0, 0);
}

/* Two slots: a map, a subprogram's address. */
static void put_ld64(struct writer *w, unsigned dst, unsigned kind, int32_t imm)
{
    put(w, BPF_LD | BPF_IMM | BPF_DW, dst, kind, imm);
    put(w, 0, 0, 0, 0);
}

static void put_stack_address(struct writer *w, unsigned dst, int32_t off)
{
    put(w, BPF_ALU64 | BPF_MOV | BPF_X, dst, 10, 0);
    put(w, BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, off);
}

static void put_call(struct writer *w, int32_t helper)
{
    put(w, BPF_JMP | BPF_CALL, 0, 0, helper);
}

static int verify(const struct writer *w, const struct offload_map *maps,
                  struct offload_refusal *why)
{
    struct offload_verify_opts opts = {.helpers = {~0ull, ~0ull, ~0ull, ~0ull}};
    static const struct offload_subprog main_only[] = {{.name = "main"}}; /* there is BTF */
    struct offload_prog prog = {.name = "built",
                                .subprogs = main_only,
                                .subprog_count = 1,
                                .insns = w->insn,
                                .insn_count = w->count,
                                .maps = maps,
                                .map_count = maps ? MAPS : 0,
                                .gpl = true};
    int err = offload_verify(&prog, &opts, NULL, NULL, why);
    free(w->insn);
    return err;
}

static struct writer writer_new(uint32_t room)
{
    struct writer w = {malloc(room * sizeof(struct ebpf_insn)), 0};
    if (!w.insn)
        abort();
    return w;
}

static int a_million(bool beyond, struct offload_refusal *why)
{
    struct writer w = writer_new(INSNS_MAX + 1);
    for (int n = 0; n < INSNS_MAX - 2 + beyond; n++)
        put(&w, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 1);
    put_return(&w, XDP_PASS);
    return verify(&w, NULL, why);
}

static int many_subprogs(bool beyond, struct offload_refusal *why)
{
    int subs = SUBPROGS_MAX - 1 + beyond;
    struct writer w = writer_new(4 * SUBPROGS_MAX);
    for (int n = 0; n < subs; n++) /* its subprogram is as far from here as there are calls left */
        put(&w, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, subs - n + 1 + 2 * n);
    put_return(&w, XDP_PASS);
    for (int n = 0; n < subs; n++)
        put_return(&w, n);
    return verify(&w, NULL, why);
}

/* Each subprogram as the callback of a timer in each map. */
static int many_callbacks(bool beyond, struct offload_refusal *why)
{
    static const struct offload_map map = {
        .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 16, .max_entries = 1, .timer = 1};
    struct offload_map maps[MAPS] = {map, map, map, map};
    int sets = ROOTS_MAX - 1 + beyond, subs = (sets + MAPS - 1) / MAPS;
    int first = 5 * sets + 2;
    struct writer w = writer_new(6 * ROOTS_MAX);
    for (int n = 0; n < sets; n++) {
        put_ld64(&w, 1, BPF_PSEUDO_MAP_VALUE, n % MAPS);
        put_ld64(&w, 2, BPF_PSEUDO_FUNC, first + 2 * (n / MAPS) - (int)w.count - 1);
        put_call(&w, BPF_FUNC_timer_set_callback);
    }
    put_return(&w, XDP_PASS);
    for (int n = 0; n < subs; n++)
        put_return(&w, 0);
    return verify(&w, maps, why);
}

static int many_references(bool beyond, struct offload_refusal *why)
{
    static const struct offload_map maps[MAPS] = {
        {.type = BPF_MAP_TYPE_RINGBUF, .max_entries = 4096},
    };
    int count = REFERENCES_MAX + beyond;
    struct writer w = writer_new(12 * REFERENCES_MAX + 16);
    for (int n = 1; n <= count; n++) {
        put_ld64(&w, 1, BPF_PSEUDO_MAP_FD, 0);
        put(&w, BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 8);
        put(&w, BPF_ALU64 | BPF_MOV | BPF_K, 3, 0, 0);
        put_stack_address(&w, 4, -16 * n);
        put_call(&w, BPF_FUNC_ringbuf_reserve_dynptr);
    }
    for (int n = 1; n <= count; n++) {
        put_stack_address(&w, 1, -16 * n);
        put(&w, BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0);
        put_call(&w, BPF_FUNC_ringbuf_submit_dynptr);
    }
    put_return(&w, XDP_PASS);
    return verify(&w, maps, why);
}

static int without_memory(bool beyond, struct offload_refusal *why)
{
    struct writer w = writer_new(2);
    put_return(&w, XDP_PASS);
    no_memory = beyond;
    int err = verify(&w, NULL, why);
    no_memory = false;
    return err;
}

const struct built built_pairs[] = {
    {OFFLOAD_REASON_PROGRAM_LENGTH, a_million},
    {OFFLOAD_REASON_TOO_MANY_SUBPROGS, many_subprogs},
    {OFFLOAD_REASON_TOO_MANY_CALLBACKS, many_callbacks},
    {OFFLOAD_REASON_TOO_MANY_REFERENCES, many_references},
    {OFFLOAD_REASON_OUT_OF_MEMORY, without_memory},
    {OFFLOAD_REASON_NONE, NULL},
};
