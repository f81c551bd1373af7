/* SPDX-License-Identifier: BSD-3-Clause */
/* Fetch, decode by the bits of RFC 9669 section 3, execute. Plain on purpose. */
#include "refint/refint.h"

#include <string.h>

/* Section 3.1: opcode bits. */
enum { CLASS_LD, CLASS_LDX, CLASS_ST, CLASS_STX, CLASS_ALU, CLASS_JMP, CLASS_JMP32, CLASS_ALU64 };

static enum refint_end fetch(struct refint_run *m)
{
    if (m->pc < 0 || m->pc >= m->prog->insn_count)
        return REFINT_PC;
    m->i = m->prog->insns[m->pc];
    if (m->i.dst > 10 || (m->i.src > 10 && m->i.opcode != 0x18))
        return REFINT_REGISTER;
    return REFINT_EXIT;
}

/* Section 5.4. */
static enum refint_end ld_imm64(struct refint_run *m)
{
    uint32_t low = (uint32_t)m->i.imm, high;
    const uint64_t *base = m->i.src == 2 ? m->cfg->value_addr : m->cfg->map_addr;

    if (m->pc + 1 >= m->prog->insn_count || m->prog->insns[m->pc + 1].opcode != 0)
        return REFINT_PC;
    high = (uint32_t)m->prog->insns[m->pc + 1].imm;
    m->pc += 2;
    if (m->i.src == 0) {
        m->r[m->i.dst] = (uint64_t)high << 32 | low;
        return REFINT_EXIT;
    }
    if (m->i.src == 4) {
        m->r[m->i.dst] = REFINT_CODE + (uint64_t)(m->pc - 1 + (int64_t)(int32_t)low);
        return REFINT_EXIT;
    }
    if (m->i.src > 2 || !base || low >= m->prog->map_count)
        return REFINT_OPCODE;
    m->r[m->i.dst] = base[low] + (m->i.src == 2 ? high : 0);
    return REFINT_EXIT;
}

static enum refint_end do_ld(struct refint_run *m)
{
    if (m->i.opcode != 0x18)
        return REFINT_OPCODE;
    return m->i.dst == 10 ? REFINT_REGISTER : ld_imm64(m);
}

static unsigned size_of(uint8_t opcode)
{
    static const uint8_t bytes[4] = {4, 2, 1, 8};
    return bytes[opcode >> 3 & 3];
}

static uint64_t sign_extend(uint64_t v, unsigned bytes)
{
    unsigned up = 64 - 8 * bytes;
    return (uint64_t)((int64_t)(v << up) >> up);
}

/* Section 5.1, 5.2. */
static enum refint_end do_ldx(struct refint_run *m)
{
    unsigned mode = m->i.opcode >> 5, bytes = size_of(m->i.opcode);
    uint64_t v;

    if ((mode != 3 && mode != 4) || (mode == 4 && bytes == 8))
        return REFINT_OPCODE;
    if (m->i.dst == 10)
        return REFINT_REGISTER;
    if (!refint_load(m, m->r[m->i.src] + (uint64_t)(int64_t)m->i.off, bytes, &v))
        return REFINT_MEMORY;
    m->r[m->i.dst] = mode == 4 ? sign_extend(v, bytes) : v;
    m->pc++;
    return REFINT_EXIT;
}

/* New memory value of the atomic operation `imm`, or false when there is none such. */
static bool atomic_value(const struct refint_run *m, uint64_t old, uint64_t src, unsigned bytes,
                         uint64_t *v)
{
    uint64_t mask = bytes == 8 ? UINT64_MAX : UINT32_MAX;

    switch (m->i.imm & ~1) {
    case 0x00:
        *v = old + src;
        return true;
    case 0x40:
        *v = old | src;
        return true;
    case 0x50:
        *v = old & src;
        return true;
    case 0xa0:
        *v = old ^ src;
        return true;
    case 0xe0:
        *v = src;
        return m->i.imm & 1;
    case 0xf0:
        *v = (m->r[0] & mask) == old ? src : old;
        return m->i.imm & 1;
    default:
        return false;
    }
}

/* Linux's own: load-acquire and store-release, any size; one thread sees no order. */
static enum refint_end ordered(struct refint_run *m, unsigned bytes)
{
    bool load = m->i.imm == 0x100;
    uint64_t off = (uint64_t)(int64_t)m->i.off, v;

    if (load && m->i.dst == 10)
        return REFINT_REGISTER;
    if (load && !refint_load(m, m->r[m->i.src] + off, bytes, &v))
        return REFINT_MEMORY;
    if (load)
        m->r[m->i.dst] = v;
    else if (!refint_store(m, m->r[m->i.dst] + off, bytes, m->r[m->i.src]))
        return REFINT_MEMORY;
    m->pc++;
    return REFINT_EXIT;
}

/* Section 5.3. */
static enum refint_end atomic(struct refint_run *m, uint64_t addr, unsigned bytes)
{
    uint64_t old, v;
    bool cmpxchg = (m->i.imm & ~1) == 0xf0;

    if (m->i.imm == 0x100 || m->i.imm == 0x110)
        return ordered(m, bytes);
    if (bytes < 4)
        return REFINT_OPCODE;
    if ((m->i.imm & 1) && !cmpxchg && m->i.src == 10)
        return REFINT_REGISTER;
    if (!refint_load(m, addr, bytes, &old))
        return REFINT_MEMORY;
    if (!atomic_value(m, old, m->r[m->i.src], bytes, &v))
        return REFINT_OPCODE;
    if (!refint_store(m, addr, bytes, v))
        return REFINT_MEMORY;
    if (m->i.imm & 1)
        m->r[cmpxchg ? 0 : m->i.src] = old;
    m->pc++;
    return REFINT_EXIT;
}

static enum refint_end do_store(struct refint_run *m, bool imm)
{
    unsigned mode = m->i.opcode >> 5, bytes = size_of(m->i.opcode);
    uint64_t addr = m->r[m->i.dst] + (uint64_t)(int64_t)m->i.off;

    if (mode == 6 && !imm)
        return atomic(m, addr, bytes);
    if (mode != 3)
        return REFINT_OPCODE;
    if (!refint_store(m, addr, bytes, imm ? (uint64_t)(int64_t)m->i.imm : m->r[m->i.src]))
        return REFINT_MEMORY;
    m->pc++;
    return REFINT_EXIT;
}

/* Section 4.3.1: a frame of its own; r6..r9 and r10 come back on exit. */
static enum refint_end enter(struct refint_run *m, int64_t to, int64_t ret)
{
    if (m->depth + 1 >= REFINT_FRAMES || m->depth - m->base + 1 >= REFINT_DEPTH)
        return REFINT_CALL_DEPTH;
    struct frame *f = &m->frame[m->depth++];
    memcpy(f->saved, &m->r[6], sizeof(f->saved));
    f->ret = ret;
    f->prog = m->prog;
    f->base = m->base;
    f->may_goto = m->may_goto;
    m->may_goto = REFINT_MAY_GOTO;
    m->r[10] -= REFINT_FRAME_BYTES;
    m->pc = to;
    return REFINT_EXIT;
}

static enum refint_end leave(struct refint_run *m)
{
    const struct frame *f = &m->frame[--m->depth];

    memcpy(&m->r[6], f->saved, sizeof(f->saved));
    m->pc = f->ret;
    m->prog = f->prog;
    m->base = f->base;
    m->may_goto = f->may_goto;
    m->r[10] += REFINT_FRAME_BYTES;
    return REFINT_EXIT;
}

/* Nothing may depend on what a helper leaves. */
static void lose(struct refint_run *m, unsigned from)
{
    for (unsigned k = from; k <= 5; k++)
        m->r[k] = 0xdeadbeefdeadbeefu;
}

/* Taken, the target has the caller's frame, and returns to whom that would have returned. */
static enum refint_end tail_call(struct refint_run *m)
{
    const struct offload_prog *to = NULL;

    if (m->cfg->tail_call && m->tail_calls < REFINT_TAIL_CALLS)
        to = m->cfg->tail_call(m->cfg->helper_ctx, &m->r[1]);
    lose(m, to ? 2 : 0);
    m->pc++;
    if (!to)
        return REFINT_EXIT;
    m->tail_calls++;
    m->prog = to;
    m->base = m->depth;
    m->may_goto = REFINT_MAY_GOTO;
    m->pc = 0;
    return REFINT_EXIT;
}

/* Of a helper or a kernel function: 0, or negative to end the run. */
static int outside(struct refint_run *m)
{
    const struct refint_config *cfg = m->cfg;
    refint_helper_fn *fn = m->i.src == 2 ? cfg->kfunc : cfg->helper;
    uint32_t id = (uint32_t)m->i.imm;
    uint64_t arg[5];
    int r = 1;

    memcpy(arg, &m->r[1], sizeof(arg));
    if (m->i.src == 0 && cfg->loop)
        r = cfg->loop(cfg->helper_ctx, m, id, arg, &m->r[0]);
    if (r <= 0)
        return r;
    return fn ? fn(cfg->helper_ctx, id, arg, &m->r[0]) : -1;
}

static enum refint_end call(struct refint_run *m)
{
    if (m->i.src == 1)
        return enter(m, m->pc + 1 + (int64_t)m->i.imm, m->pc + 1);
    if (m->i.src == 0 && m->i.imm == 12)
        return tail_call(m);
    if (m->i.src > 2 || outside(m) < 0)
        return m->end != REFINT_EXIT ? m->end : REFINT_HELPER;
    lose(m, 1);
    m->pc++;
    return REFINT_EXIT;
}

static enum refint_end may_goto(struct refint_run *m)
{
    m->pc += 1 + (m->may_goto ? 0 : m->i.off);
    m->may_goto -= m->may_goto ? 1 : 0;
    return REFINT_EXIT;
}

/* Section 4.3; operands are already as wide as the comparison. */
static bool holds(unsigned code, uint64_t a, uint64_t b, int64_t sa, int64_t sb)
{
    switch (code) {
    case 0x1:
        return a == b;
    case 0x2:
        return a > b;
    case 0x3:
        return a >= b;
    case 0x4:
        return (a & b) != 0;
    case 0x5:
        return a != b;
    case 0x6:
        return sa > sb;
    case 0x7:
        return sa >= sb;
    case 0xa:
        return a < b;
    case 0xb:
        return a <= b;
    case 0xc:
        return sa < sb;
    default:
        return sa <= sb;
    }
}

static enum refint_end do_jump(struct refint_run *m, bool wide)
{
    unsigned code = m->i.opcode >> 4;
    bool reg = m->i.opcode & 8;
    uint64_t a = m->r[m->i.dst], b = reg ? m->r[m->i.src] : (uint64_t)(int64_t)m->i.imm;
    int64_t sa = (int64_t)a, sb = (int64_t)b;

    if (code == 0xe && wide && !reg && m->i.src == 0)
        return may_goto(m);
    if (code > 0xd || (code == 0 && reg))
        return REFINT_OPCODE;
    if (code == 0) {
        m->pc += 1 + (wide ? (int64_t)m->i.off : (int64_t)m->i.imm);
        return REFINT_EXIT;
    }
    if (code == 8 || code == 9)
        return !wide || reg ? REFINT_OPCODE : code == 8 ? call(m) : leave(m);
    if (!wide) {
        a = (uint32_t)a;
        b = (uint32_t)b;
        sa = (int32_t)a;
        sb = (int32_t)b;
    }
    m->pc += 1 + (holds(code, a, b, sa, sb) ? m->i.off : 0);
    return REFINT_EXIT;
}

static enum refint_end step(struct refint_run *m)
{
    switch (m->i.opcode & 7) {
    case CLASS_LD:
        return do_ld(m);
    case CLASS_LDX:
        return do_ldx(m);
    case CLASS_ST:
        return do_store(m, true);
    case CLASS_STX:
        return do_store(m, false);
    case CLASS_JMP:
        return do_jump(m, true);
    case CLASS_JMP32:
        return do_jump(m, false);
    case CLASS_ALU:
        return refint_alu(m, false);
    default:
        return refint_alu(m, true);
    }
}

/* Until the program or function that was entered at `depth` exits. */
static enum refint_end run(struct refint_run *m, unsigned depth)
{
    for (;;) {
        enum refint_end end;
        m->at = (uint32_t)m->pc;
        end = m->steps < m->limit ? fetch(m) : REFINT_STEPS;
        if (end != REFINT_EXIT)
            return end;
        m->steps++;
        if (m->cfg->watch)
            m->cfg->watch(m->cfg->helper_ctx, m->prog, m->at, m->r);
        if (m->i.opcode == 0x95 && m->depth == depth)
            return REFINT_EXIT;
        end = step(m);
        if (end != REFINT_EXIT)
            return end;
    }
}

int refint_callback(struct refint_run *m, uint64_t func, const uint64_t arg[5], uint64_t *r0)
{
    struct ebpf_insn i = m->i;
    int64_t pc = m->pc;
    enum refint_end end = enter(m, (int64_t)(func - REFINT_CODE), pc);

    if (end == REFINT_EXIT) {
        memcpy(&m->r[1], arg, 5 * sizeof(arg[0]));
        end = run(m, m->depth);
    }
    if (end != REFINT_EXIT) {
        m->end = end;
        return -1;
    }
    leave(m);
    m->i = i;
    *r0 = m->r[0];
    return 0;
}

enum refint_end refint_run(const struct offload_prog *prog, const struct refint_config *cfg,
                           struct refint_result *out)
{
    struct refint_run m = {.prog = prog,
                           .cfg = cfg,
                           .stack_top = cfg->stack_top,
                           .may_goto = REFINT_MAY_GOTO,
                           .limit = cfg->step_limit ? cfg->step_limit : 1000000};
    enum refint_end end;

    m.r[1] = cfg->r1;
    m.r[10] = cfg->stack_top;
    end = run(&m, 0);
    *out = (struct refint_result){
        .end = end, .insn = m.at, .r0 = m.r[0], .addr = m.fault_addr, .steps = m.steps};
    return end;
}

const char *refint_end_text(enum refint_end end)
{
    static const char *const text[] = {
        [REFINT_EXIT] = "returned",
        [REFINT_OPCODE] = "not an instruction it can run",
        [REFINT_REGISTER] = "no such register, or r10 written",
        [REFINT_PC] = "jumped out of the program",
        [REFINT_MEMORY] = "memory access outside the regions",
        [REFINT_CALL_DEPTH] = "too many call frames",
        [REFINT_HELPER] = "helper missing or failed",
        [REFINT_STEPS] = "step limit reached",
    };
    return (unsigned)end < sizeof(text) / sizeof(text[0]) ? text[end] : "unknown";
}
