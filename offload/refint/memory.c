/* SPDX-License-Identifier: BSD-3-Clause */
/* Bounds-checked memory: the caller's regions and the stack. */
#include "refint/refint.h"

static uint8_t *find(struct refint_run *m, uint64_t addr, unsigned bytes, bool write)
{
    uint64_t low = m->stack_top - sizeof(m->stack);

    if (addr - low < sizeof(m->stack) && sizeof(m->stack) - (addr - low) >= bytes)
        return &m->stack[addr - low];
    for (unsigned k = 0; k < m->cfg->region_count; k++) {
        const struct refint_region *r = &m->cfg->regions[k];
        if (addr >= r->base && addr - r->base < r->len && r->len - (addr - r->base) >= bytes &&
            (r->writable || !write))
            return r->data + (addr - r->base);
    }
    m->fault_addr = addr;
    return NULL;
}

bool refint_load(struct refint_run *m, uint64_t addr, unsigned bytes, uint64_t *v)
{
    const uint8_t *p = find(m, addr, bytes, false);

    *v = 0;
    for (unsigned k = 0; p && k < bytes; k++)
        *v |= (uint64_t)p[k] << (8 * k);
    return p != NULL;
}

bool refint_store(struct refint_run *m, uint64_t addr, unsigned bytes, uint64_t v)
{
    uint8_t *p = find(m, addr, bytes, true);

    for (unsigned k = 0; p && k < bytes; k++)
        p[k] = (uint8_t)(v >> (8 * k));
    return p != NULL;
}
