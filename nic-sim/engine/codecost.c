/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Code that costs more than its instructions: of a card whose engines are no RV64, the model
 * knows what a piece of the program costs there. The difference is kept for each word of the
 * instruction store, beside the code, and charged once before the piece's first instruction.
 * Where nobody says anything there is no table, and nothing is slower for it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine_impl.h"

#define STORE_WORDS (NIC_ISTORE_MAX / 4)

static bool in_store(uint64_t addr, uint64_t len)
{
    return addr >= NIC_ISTORE_BASE && len <= NIC_ISTORE_MAX &&
           addr - NIC_ISTORE_BASE <= NIC_ISTORE_MAX - len;
}

const uint32_t *codecost_page(const struct code_cache *cc, uint64_t addr)
{
    if (cc->extra == NULL || !in_store(addr, PAGE_BYTES)) {
        return NULL;
    }
    return cc->extra + (addr - NIC_ISTORE_BASE) / 4;
}

void codecost_forget(struct code_cache *cc, uint64_t addr, uint64_t len)
{
    if (cc->extra == NULL || !in_store(addr, len)) {
        return;
    }
    uint64_t first = (addr - NIC_ISTORE_BASE) / 4, end = (addr - NIC_ISTORE_BASE + len + 3) / 4;
    memset(cc->extra + first, 0, (end - first) * sizeof(*cc->extra));
}

/* Cycles of issue of the instruction at addr: the latency of local SRAM comes on top of any. */
static uint32_t own_cost(const struct code_cache *cc, uint64_t addr)
{
    const uint8_t *page = cc->bus->code_page(cc->bus->ctx, addr & ~(uint64_t)(PAGE_BYTES - 1));
    uint32_t word, latency;

    if (page == NULL) {
        return 0;
    }
    memcpy(&word, page + addr % PAGE_BYTES, sizeof(word));
    enum rv64_op op = rv64_decode(word).op;
    latency = (uint32_t)(cc->split[op] >> SPLIT_LOCAL & SPLIT_MASK);
    return cc->cost[op] > latency ? cc->cost[op] - latency : 0;
}

static void set_extra(struct code_cache *cc, uint64_t addr, const uint32_t *cycles, uint32_t words)
{
    uint32_t *extra = cc->extra + (addr - NIC_ISTORE_BASE) / 4;

    for (uint32_t i = 0; i < words;) {
        uint64_t own = 0;
        uint32_t first = i;
        do {
            own += own_cost(cc, addr + (uint64_t)i * 4);
            extra[i++] = 0;
        } while (i < words && cycles[i] == 0);
        if (cycles[first] > own) {
            extra[first] = cycles[first] - (uint32_t)own;
        }
    }
}

int code_cache_costs(struct code_cache *cc, uint64_t addr, const uint32_t *cycles, uint32_t words)
{
    if (addr % 4 != 0 || !in_store(addr, (uint64_t)words * 4)) {
        return -EFAULT;
    }
    if (cc->extra == NULL) {
        cc->extra = calloc(STORE_WORDS, sizeof(*cc->extra));
    }
    if (cc->extra == NULL) {
        return -ENOMEM;
    }
    code_cache_invalidate(cc, addr, (uint64_t)words * 4);
    set_extra(cc, addr, cycles, words);
    return 0;
}
