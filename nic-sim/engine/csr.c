/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "engine/engine_impl.h"

/* RV64, extensions A, B, I, M and user mode. */
#define MISA ((uint64_t)2 << 62 | 1u << 0 | 1u << 1 | 1u << 8 | 1u << 12 | 1u << 20)

enum { INHIBIT_CYCLE = 1, INHIBIT_INSTRET = 4 };

#define MSTATUS_WRITABLE (MSTATUS_MIE | MSTATUS_MPIE | MSTATUS_MPP | MSTATUS_MPRV | MSTATUS_TW)

void csr_reset(struct hart *h)
{
    memset(&h->csr, 0, sizeof(h->csr));
}

/* ---- counters: an offset from the hardware's count, or the value itself while inhibited ---- */

static uint64_t counter_read(const struct hart *h, uint64_t count, uint64_t offset, uint64_t bit)
{
    return h->csr.mcountinhibit & bit ? offset : count + offset;
}

/* `next`: the hardware's count when the instruction that writes is done. */
static void counter_write(const struct hart *h, uint64_t next, uint64_t *offset, uint64_t bit,
                          uint64_t value)
{
    *offset = h->csr.mcountinhibit & bit ? value : value - next;
}

static void write_mcountinhibit(const struct engine *e, struct hart *h, uint64_t value)
{
    uint64_t clock = e->clock + e->cfg->cost_csr, retired = h->retired + 1;
    uint64_t cycle = counter_read(h, clock, h->csr.cycle_offset, INHIBIT_CYCLE);
    uint64_t instret = counter_read(h, retired, h->csr.instret_offset, INHIBIT_INSTRET);

    h->csr.mcountinhibit = value & (INHIBIT_CYCLE | INHIBIT_INSTRET);
    counter_write(h, clock, &h->csr.cycle_offset, INHIBIT_CYCLE, cycle);
    counter_write(h, retired, &h->csr.instret_offset, INHIBIT_INSTRET, instret);
}

static uint64_t read_counter(const struct engine *e, const struct hart *h, unsigned bit)
{
    switch (bit) {
    case 0:
        return counter_read(h, e->clock, h->csr.cycle_offset, INHIBIT_CYCLE);
    case 1:
        return e->bus->time_ns(e->bus->ctx, e->clock);
    default:
        return counter_read(h, h->retired, h->csr.instret_offset, INHIBIT_INSTRET);
    }
}

static void write_counter(const struct engine *e, struct hart *h, unsigned bit, uint64_t value)
{
    if (bit == 0) {
        counter_write(h, e->clock + e->cfg->cost_csr, &h->csr.cycle_offset, INHIBIT_CYCLE, value);
    } else {
        counter_write(h, h->retired + 1, &h->csr.instret_offset, INHIBIT_INSTRET, value);
    }
}

/* ---- the others ---- */

static void write_mstatus(struct hart *h, uint64_t value)
{
    uint64_t mpp = (value & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT;
    if (mpp != MODE_M) { /* WARL: there is no other mode between */
        value &= ~MSTATUS_MPP;
    }
    h->csr.mstatus = value & MSTATUS_WRITABLE;
}

static bool is_window(unsigned num)
{
    return num >= NIC_CSR_PROG_LO && num <= NIC_CSR_FR2_HI;
}

static uint64_t *window_bound(struct hart *h, unsigned num)
{
    unsigned i = num - NIC_CSR_PROG_LO;
    return i % 2 == 0 ? &h->window[i / 2].lo : &h->window[i / 2].hi;
}

static void write_window(struct engine *e, struct hart *h, unsigned num, uint64_t value)
{
    *window_bound(h, num) = value;
    if (num != NIC_CSR_PROG_LO && num != NIC_CSR_PROG_HI) {
        return;
    }
    const struct bounds *prog = &h->window[WINDOW_PROG];
    if (prog->hi > prog->lo) {
        code_cache_border(e->cc, prog->lo);
        code_cache_border(e->cc, prog->hi);
    }
}

/* False: no such register, or not for this mode. */
static bool csr_read(struct engine *e, struct hart *h, unsigned num, uint64_t *out)
{
    if (is_window(num)) {
        *out = *window_bound(h, num);
        return true;
    }
#define CSR_FIELD(number, name, mask)                                                              \
    if (num == (number)) {                                                                         \
        *out = h->csr.name;                                                                        \
        return true;                                                                               \
    }
#define CSR_FIXED(first, last, name, value)                                                        \
    if (num >= (first) && num <= (last)) {                                                         \
        *out = (value);                                                                            \
        return true;                                                                               \
    }
#define CSR_COUNTER(number, name, bit)                                                             \
    if (num == (number)) {                                                                         \
        *out = read_counter(e, h, bit);                                                            \
        return h->mode == MODE_M || (h->csr.mcounteren >> (bit) & 1);                              \
    }
#define CSR_OWN(number, name)
#include "engine/csr.def"
    switch (num) {
    case 0x300:
        *out = h->csr.mstatus | MSTATUS_UXL;
        return true;
    case 0x320:
        *out = h->csr.mcountinhibit;
        return true;
    case 0x344:
        *out = (uint64_t)h->interrupt << NIC_IRQ_WATCHDOG;
        return true;
    case 0xf14:
        *out = h->id;
        return true;
    default:
        return h->mode == MODE_M && num >= 0xc03 && num <= 0xc1f; /* hpmcounter: 0 */
    }
}

/* Of a register that csr_read knows and that is not read-only. */
static void csr_write(struct engine *e, struct hart *h, unsigned num, uint64_t value)
{
    if (is_window(num)) {
        write_window(e, h, num, value);
        return;
    }
#define CSR_FIELD(number, name, mask)                                                              \
    if (num == (number)) {                                                                         \
        h->csr.name = value & (mask);                                                              \
        return;                                                                                    \
    }
#define CSR_FIXED(first, last, name, value)
#define CSR_COUNTER(number, name, bit)                                                             \
    if (num == (number)) {                                                                         \
        write_counter(e, h, bit, value);                                                           \
        return;                                                                                    \
    }
#define CSR_OWN(number, name)
#include "engine/csr.def"
    if (num == 0x300) {
        write_mstatus(h, value);
    } else if (num == 0x320) {
        write_mcountinhibit(e, h, value);
    } else if (num == 0x344) {
        h->interrupt = value >> NIC_IRQ_WATCHDOG & 1;
    }
}

static uint64_t new_value(enum rv64_op op, uint64_t old, uint64_t source)
{
    switch (op) {
    case RV64_OP_CSRRS:
    case RV64_OP_CSRRSI:
        return old | source;
    case RV64_OP_CSRRC:
    case RV64_OP_CSRRCI:
        return old & ~source;
    default:
        return source;
    }
}

struct step_result csr_step(struct engine *e, struct hart *h, enum rv64_op op,
                            const struct insn *insn, uint32_t word)
{
    unsigned num = (unsigned)insn->imm;
    bool immediate = rv64_op_format(op) == RV64_FMT_CSRI;
    bool writes = op == RV64_OP_CSRRW || op == RV64_OP_CSRRWI || insn->rs1 != 0;
    uint64_t source = immediate ? insn->rs1 : h->x[insn->rs1], old = 0;
    struct step_result r;

    if ((num >> 8 & 3) > h->mode || (writes && num >> 10 == 3) || !csr_read(e, h, num, &old)) {
        return trap_take(e, h, CAUSE_ILLEGAL, word);
    }
    if (writes) {
        csr_write(e, h, num, new_value(op, old, source));
    }
    h->x[insn->rd] = old;
    r = hart_retire(e, h, e->cfg->cost_csr);
    if (writes && (num == NIC_CSR_PROG_LO || num == NIC_CSR_PROG_HI)) {
        hart_refresh(e, h);
        r.step = STEP_JUMP;
    }
    return r;
}
