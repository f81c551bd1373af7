/* SPDX-License-Identifier: BSD-3-Clause */
#include <stddef.h>

#include "verifier/helper.h"
#include "verifier/vf.h"

/* The flags of the table, under the names it uses. */
enum {
    GPL = HELPER_GPL,
    PKT = HELPER_PKT,
    MOVES = HELPER_MOVES,
};

#define HELPER(id, name, returns, a1, a2, a3, a4, a5, flags)                                       \
    {id,                                                                                           \
     RETURN_##returns,                                                                             \
     (flags),                                                                                      \
     {ARG_##a1, ARG_##a2, ARG_##a3, ARG_##a4, ARG_##a5},                                           \
     "bpf_" #name},
static const struct helper table[] = {
#include "offload/helpers.def"
};
#undef HELPER

const struct helper *helper_find(uint32_t id)
{
    for (size_t n = 0; n < sizeof(table) / sizeof(table[0]); n++)
        if (table[n].id == id)
            return &table[n];
    return NULL;
}

unsigned vf_helper_args(uint32_t id)
{
    const struct helper *h = helper_find(id);
    unsigned n = 0;
    if (!h)
        return 5;
    while (n < 5 && h->arg[n] != ARG_NONE)
        n++;
    return n;
}
