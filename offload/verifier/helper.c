/* SPDX-License-Identifier: BSD-3-Clause */
#include <linux/bpf.h>
#include <stddef.h>

#include "verifier/helper.h"
#include "verifier/vf.h"

/* The flags of the tables, under the names they use. */
enum {
    GPL = HELPER_GPL,
    PKT = HELPER_PKT,
    MOVES = HELPER_MOVES,
    DEV = HELPER_DEV,
    REST = HELPER_REST,
};

#define ROW(id, name, returns, a1, a2, a3, a4, a5, flags)                                          \
    [id] = {                                                                                       \
        id, RETURN_##returns, (flags), {ARG_##a1, ARG_##a2, ARG_##a3, ARG_##a4, ARG_##a5}, name},

#define HELPER(id, name, ...) ROW(id, "bpf_" #name, __VA_ARGS__)
static const struct helper table[] = {
#include "offload/helpers.def"
};
#undef HELPER

#define KFUNC(k, name, ...) ROW(k, #name, __VA_ARGS__)
static const struct helper kfuncs[] = {
#include "offload/kfuncs.def"
};
#undef KFUNC

enum { KFUNCS = sizeof(kfuncs) / sizeof(kfuncs[0]) };

const struct helper *helper_find(uint32_t id)
{
    return id < sizeof(table) / sizeof(table[0]) && table[id].name ? &table[id] : NULL;
}

const struct helper *kfunc_find(uint32_t row)
{
    return row < KFUNCS ? &kfuncs[row] : NULL;
}

unsigned helper_arg_count(const struct helper *h)
{
    unsigned n = 0;
    while (n < HELPER_ARGS && h->arg[n] != ARG_NONE)
        n++;
    return n;
}

static bool describe(const struct helper *h, struct offload_proto *out)
{
    *out = (struct offload_proto){.args = HELPER_ARGS, .result = true};
    if (!h)
        return false;
    *out = (struct offload_proto){
        .name = h->name,
        .args = h->flags & HELPER_REST ? HELPER_ARGS : helper_arg_count(h),
        .result = h->returns != RETURN_VOID,
        .moves_packet = (h->flags & HELPER_MOVES) != 0,
    };
    for (unsigned n = 0; n < helper_arg_count(h); n++)
        out->callback |= h->arg[n] == ARG_FUNC;
    return true;
}

bool offload_helper_proto(uint32_t id, struct offload_proto *out)
{
    return describe(helper_find(id), out);
}

bool offload_kfunc_proto(uint32_t row, struct offload_proto *out)
{
    return describe(kfunc_find(row), out);
}
