/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every helper of helpers.def, each argument in turn given every kind of value, the
 * others what they should be: what we accept, the kernel accepts; and every helper can be
 * called at all, as the kernel agrees.
 */
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"
#include "kernel.h"
#include "offload/verifier.h"
#include "verifier/helper.h"

enum {
    SLOTS = 96,
    LOG_BYTES = 1 << 20,
    ROOM = 64 /* bytes behind each pointer */
};

/* What an argument can be given. */
enum value {
    GIVE_NOTHING,
    GIVE_ZERO,
    GIVE_FOUR,
    GIVE_SIZE,     /* what the memory has */
    GIVE_TOO_MUCH, /* one more */
    GIVE_NEGATIVE,
    GIVE_UNKNOWN,
    GIVE_BOUNDED, /* unknown, at most the size */
    GIVE_CTX,
    GIVE_MOVED_CTX,
    GIVE_MAP,
    GIVE_STACK,
    GIVE_UNWRITTEN_STACK,
    GIVE_STACK_END, /* two bytes before its end */
    GIVE_PACKET,
    GIVE_UNCHECKED_PACKET,
    GIVE_PACKET_END,
    GIVE_VALUE,
    GIVE_VALUE_OR_NULL,
    GIVE_COUNT
};

#define HELPER(id, name, returns, a1, a2, a3, a4, a5, flags) id,
static const uint32_t helpers[] = {
#include "offload/helpers.def"
};
#undef HELPER

/* map 0: the helper's; map 1: where GIVE_VALUE points into. */
static const struct offload_map *maps_for(uint32_t helper)
{
    static struct offload_map maps[2];
    maps[0] = (struct offload_map){.type = BPF_MAP_TYPE_HASH,
                                   .key_size = 8,
                                   .value_size = ROOM,
                                   .max_entries = 4,
                                   .name = "m"};
    maps[1] = (struct offload_map){.type = BPF_MAP_TYPE_ARRAY,
                                   .key_size = 4,
                                   .value_size = ROOM,
                                   .max_entries = 1,
                                   .name = "v"};
    switch (helper) {
    case BPF_FUNC_perf_event_output:
        maps[0].type = BPF_MAP_TYPE_PERF_EVENT_ARRAY;
        maps[0].key_size = maps[0].value_size = 4;
        break;
    case BPF_FUNC_redirect_map:
        maps[0].type = BPF_MAP_TYPE_DEVMAP;
        maps[0].key_size = maps[0].value_size = 4;
        break;
    case BPF_FUNC_ringbuf_output:
    case BPF_FUNC_ringbuf_query:
        maps[0].type = BPF_MAP_TYPE_RINGBUF;
        maps[0].key_size = maps[0].value_size = 0;
        maps[0].max_entries = 4096;
        break;
    case BPF_FUNC_map_push_elem:
    case BPF_FUNC_map_pop_elem:
    case BPF_FUNC_map_peek_elem:
        maps[0].type = BPF_MAP_TYPE_QUEUE;
        maps[0].key_size = 0;
        break;
    case BPF_FUNC_map_lookup_percpu_elem:
        maps[0].type = BPF_MAP_TYPE_PERCPU_HASH;
        break;
    case BPF_FUNC_tail_call:
        maps[0].type = BPF_MAP_TYPE_PROG_ARRAY;
        maps[0].key_size = maps[0].value_size = 4;
        break;
    default:
        break;
    }
    return maps;
}

struct code {
    struct ebpf_insn insn[SLOTS];
    uint32_t count;
};

static void put(struct code *c, unsigned opcode, unsigned dst, unsigned src, int off, int imm)
{
    c->insn[c->count++] = (struct ebpf_insn){.opcode = (uint8_t)opcode,
                                             .dst = dst & 15u,
                                             .src = src & 15u,
                                             .off = (int16_t)off,
                                             .imm = imm};
}

static void put_map(struct code *c, unsigned reg, unsigned kind, int map)
{
    put(c, 0x18, reg, kind, 0, map);
    put(c, 0, 0, 0, 0, 0);
}

/* r6 context, r7 64 bytes of checked packet, r8 its end, r9 a value or NULL; fp-64..fp-1 written.
 */
static void prologue(struct code *c)
{
    put(c, 0xbf, 6, 1, 0, 0);
    for (int off = -ROOM; off < 0; off += 8)
        put(c, 0x7a, 10, 0, off, 0);
    put(c, 0x7a, 10, 0, -ROOM - 8, 100);
    put(c, 0xbf, 2, 10, 0, 0);
    put(c, 0x07, 2, 0, 0, -ROOM - 8);
    put_map(c, 1, 1, 1);
    put(c, 0x85, 0, 0, 0, BPF_FUNC_map_lookup_elem);
    put(c, 0xbf, 9, 0, 0, 0);
    put(c, 0x61, 7, 6, 0, 0);
    put(c, 0x61, 8, 6, 4, 0);
    put(c, 0xbf, 1, 7, 0, 0);
    put(c, 0x07, 1, 0, 0, ROOM);
    put(c, 0xbd, 1, 8, 2, 0);
    put(c, 0xb7, 0, 0, 0, 1);
    put(c, 0x95, 0, 0, 0, 0);
}

static void give(struct code *c, unsigned reg, enum value value)
{
    switch (value) {
    case GIVE_ZERO:
    case GIVE_FOUR:
    case GIVE_SIZE:
    case GIVE_TOO_MUCH:
    case GIVE_NEGATIVE: {
        static const int number[] = {[GIVE_ZERO] = 0,
                                     [GIVE_FOUR] = 4,
                                     [GIVE_SIZE] = ROOM,
                                     [GIVE_TOO_MUCH] = ROOM + 1,
                                     [GIVE_NEGATIVE] = -1};
        put(c, 0xb7, reg, 0, 0, number[value]);
        break;
    }
    case GIVE_UNKNOWN:
    case GIVE_BOUNDED:
        put(c, 0x61, reg, 6, 12, 0);
        if (value == GIVE_BOUNDED)
            put(c, 0x57, reg, 0, 0, ROOM - 1);
        break;
    case GIVE_CTX:
    case GIVE_MOVED_CTX:
        put(c, 0xbf, reg, 6, 0, 0);
        if (value == GIVE_MOVED_CTX)
            put(c, 0x07, reg, 0, 0, 4);
        break;
    case GIVE_MAP:
        put_map(c, reg, 1, 0);
        break;
    case GIVE_STACK:
    case GIVE_UNWRITTEN_STACK:
    case GIVE_STACK_END:
        put(c, 0xbf, reg, 10, 0, 0);
        put(c, 0x07, reg, 0, 0,
            value == GIVE_STACK       ? -ROOM
            : value == GIVE_STACK_END ? -2
                                      : -4 * ROOM);
        break;
    case GIVE_PACKET:
    case GIVE_PACKET_END:
        put(c, 0xbf, reg, value == GIVE_PACKET ? 7 : 8, 0, 0);
        break;
    case GIVE_UNCHECKED_PACKET:
        put(c, 0x61, reg, 6, 0, 0);
        break;
    case GIVE_VALUE:
        put_map(c, reg, 2, 1);
        break;
    case GIVE_VALUE_OR_NULL:
        put(c, 0xbf, reg, 9, 0, 0);
        break;
    default:
        break;
    }
}

static enum value right_value(unsigned arg)
{
    switch (arg) {
    case ARG_CTX:
        return GIVE_CTX;
    case ARG_MAP:
        return GIVE_MAP;
    case ARG_SIZE:
    case ARG_SIZE0:
        return GIVE_SIZE;
    case ARG_ANY:
        return GIVE_ZERO;
    default:
        return GIVE_STACK;
    }
}

/* A call of `h` with argument `wrong` (0..4; 5 none) replaced. */
static void write_call(struct code *c, const struct helper *h, unsigned wrong, enum value value)
{
    c->count = 0;
    prologue(c);
    for (unsigned n = 0; n < 5 && h->arg[n] != ARG_NONE; n++)
        give(c, n + 1, n == wrong ? value : right_value(h->arg[n]));
    put(c, 0x85, 0, 0, 0, h->id);
    if (h->returns == RETURN_SOCK || h->returns == RETURN_SOCK_COMMON) { /* given back */
        put(c, 0x15, 0, 0, 2, 0);
        put(c, 0xbf, 1, 0, 0, 0);
        put(c, 0x85, 0, 0, 0, BPF_FUNC_sk_release);
    }
    put(c, 0xb7, 0, 0, 0, 2);
    put(c, 0x95, 0, 0, 0, 0);
}

struct tally {
    unsigned both, neither, stricter, unsafe;
    char *log;
};

static void compare(struct tally *t, const struct code *c, const struct helper *h, const int *fds,
                    unsigned arg, unsigned value)
{
    struct offload_verify_opts opts = {.helpers = {~0ull, ~0ull, ~0ull, ~0ull},
                                       .allow_uninit_stack = true};
    struct offload_refusal why = {0};
    struct offload_prog prog = {.name = h->name,
                                .insns = c->insn,
                                .insn_count = c->count,
                                .maps = maps_for(h->id),
                                .map_count = 2,
                                .gpl = true};
    bool ours = offload_verify(&prog, &opts, NULL, NULL, &why) == 0;
    bool kernel = kernel_load(&prog, fds, t->log, LOG_BYTES) == 1;
    t->both += ours && kernel;
    t->neither += !ours && !kernel;
    t->stricter += !ours && kernel;
    t->unsafe += ours && !kernel;
    if ((ours && !kernel) || (ours != kernel && getenv("VERBOSE"))) {
        size_t len = strlen(t->log);
        printf("\n  %s, argument %u, value %u: ours: %s, kernel: %s\n", h->name, arg + 1, value,
               ours ? "accepts" : why.reason,
               kernel ? "accepts" : t->log + (len > 400 ? len - 400 : 0));
    }
    if (arg == 5 && !(ours && kernel))
        printf("\n  %s as it should be: ours: %s\n", h->name, ours ? "accepts" : why.reason);
    CU_ASSERT_TRUE(arg != 5 || (ours && kernel));
}

static void try_helper(struct tally *t, const struct helper *h)
{
    struct code c;
    int fds[KERNEL_MAPS];
    CU_ASSERT_EQUAL_FATAL(kernel_maps(maps_for(h->id), 2, fds), 0);
    write_call(&c, h, 5, GIVE_NOTHING);
    compare(t, &c, h, fds, 5, GIVE_NOTHING);
    for (unsigned arg = 0; arg < 5 && h->arg[arg] != ARG_NONE; arg++)
        for (unsigned value = 0; value < GIVE_COUNT; value++) {
            write_call(&c, h, arg, (enum value)value);
            compare(t, &c, h, fds, arg, value);
        }
    kernel_maps_close(2, fds);
}

/* Arguments that a register alone cannot be: test_cases has them. */
static bool special(const struct helper *h)
{
    for (unsigned n = 0; n < HELPER_ARGS; n++)
        if (h->arg[n] > ARG_FIX40 || h->arg[n] == ARG_DATA || h->arg[n] == ARG_ALLOC)
            return true;
    return false;
}

static void test_arguments(void)
{
    const char *missing = kernel_missing();
    struct tally t = {.log = calloc(1, LOG_BYTES)};
    CU_ASSERT_PTR_NOT_NULL_FATAL(t.log);
    if (missing) {
        printf("SKIP: bpf(2) is not available here: %s ", missing);
        free(t.log);
        return;
    }
    for (size_t n = 0; n < sizeof(helpers) / sizeof(helpers[0]); n++)
        if (!special(helper_find(helpers[n])))
            try_helper(&t, helper_find(helpers[n]));
    printf("both accept %u, both refuse %u, only we refuse %u, only the kernel %u ", t.both,
           t.neither, t.stricter, t.unsafe);
    CU_ASSERT_EQUAL(t.unsafe, 0);
    CU_ASSERT_TRUE(t.stricter < t.both / 10);
    free(t.log);
}

int main(void)
{
    static const struct cunit_case cases[] = {
        {"arguments as the kernel", test_arguments},
        {NULL, NULL},
    };
    return cunit_run("verifier helpers", cases);
}
