/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Host speed of the engine: instructions a second of real time for a few
 * kernels, each as one figure. A plain C loop run beside them tells how fast
 * this host is, so that figures of two hosts can be compared as a ratio.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/engine.h"
#include "nic/memmap.h"
#include "nic/rv64.h"

enum { CODE_BYTES = 8192, KERNEL_MAX = 256 };

struct code {
    uint32_t word[CODE_BYTES / 4];
    unsigned n;
};

static void emit(struct code *c, enum rv64_op op, unsigned rd, unsigned rs1, unsigned rs2,
                 int32_t imm)
{
    c->word[c->n++] = rv64_encode(op, rd, rs1, rs2, imm);
}

/* Branches back to word `to` for ever. */
static void emit_loop(struct code *c, unsigned to)
{
    emit(c, RV64_OP_JAL, 0, 0, 0, ((int32_t)to - (int32_t)c->n) * 4);
}

/* A hash of the kind that map lookups do: every instruction needs the one before. */
static void kernel_alu(struct code *c)
{
    emit(c, RV64_OP_ADDI, RV64_A0, 0, 0, 1);
    emit(c, RV64_OP_LUI, RV64_A1, 0, 0, 0x12345000);
    unsigned top = c->n;
    for (int i = 0; i < 4; i++) {
        emit(c, RV64_OP_ADD, RV64_A0, RV64_A0, RV64_A1, 0);
        emit(c, RV64_OP_SLLI, RV64_A2, RV64_A0, 0, 7);
        emit(c, RV64_OP_XOR, RV64_A3, RV64_A2, RV64_A0, 0);
        emit(c, RV64_OP_RORI, RV64_A4, RV64_A3, 0, 13);
        emit(c, RV64_OP_ANDI, RV64_A5, RV64_A4, 0, 255);
        emit(c, RV64_OP_ADDIW, RV64_A6, RV64_A5, 0, 3);
        emit(c, RV64_OP_SLTU, RV64_A7, RV64_A6, RV64_A1, 0);
        emit(c, RV64_OP_OR, RV64_A1, RV64_A1, RV64_A7, 0);
    }
    emit_loop(c, top);
}

/* Loads and stores of every size in local SRAM, half of all instructions. */
static void kernel_memory(struct code *c)
{
    static const enum rv64_op load[4] = {RV64_OP_LBU, RV64_OP_LHU, RV64_OP_LW, RV64_OP_LD};
    static const enum rv64_op store[4] = {RV64_OP_SB, RV64_OP_SH, RV64_OP_SW, RV64_OP_SD};

    emit(c, RV64_OP_LUI, RV64_SP, 0, 0, NIC_LOCAL_BASE);
    unsigned top = c->n;
    for (int i = 0; i < 8; i++) {
        emit(c, load[i % 4], RV64_A0, RV64_SP, 0, 16 * i);
        emit(c, RV64_OP_ADDI, RV64_A0, RV64_A0, 0, i + 1);
        emit(c, store[i % 4], 0, RV64_SP, RV64_A0, 16 * i + 8);
        emit(c, RV64_OP_XOR, RV64_A1, RV64_A1, RV64_A0, 0);
    }
    emit_loop(c, top);
}

/* A branch every third instruction, half of them taken by a pseudo-random bit; calls. */
static void kernel_branch(struct code *c)
{
    emit(c, RV64_OP_ADDI, RV64_A0, 0, 0, 1365);
    emit(c, RV64_OP_AUIPC, RV64_T0, 0, 0, 0);
    unsigned base = c->n - 1, call, top = c->n;
    for (int i = 0; i < 6; i++) {
        emit(c, RV64_OP_SRLI, RV64_A1, RV64_A0, 0, i + 1);
        emit(c, RV64_OP_ANDI, RV64_A1, RV64_A1, 0, 1);
        emit(c, RV64_OP_BEQ, 0, RV64_A1, 0, 8);
        emit(c, RV64_OP_ADDI, RV64_A2, RV64_A2, 0, 1);
    }
    call = c->n++;
    emit(c, RV64_OP_SLLI, RV64_A3, RV64_A0, 0, 5);
    emit(c, RV64_OP_ADD, RV64_A0, RV64_A0, RV64_A3, 0);
    emit(c, RV64_OP_ADDI, RV64_A0, RV64_A0, 0, 77);
    emit_loop(c, top);
    c->word[call] = rv64_encode(RV64_OP_JALR, RV64_RA, RV64_T0, 0, (int32_t)(c->n - base) * 4);
    emit(c, RV64_OP_ADD, RV64_A4, RV64_A4, RV64_A2, 0);
    emit(c, RV64_OP_JALR, 0, RV64_RA, 0, 0);
}

static enum bus_result no_access(void *ctx, struct bus_req *req)
{
    (void)ctx;
    (void)req;
    return BUS_FAULT;
}

static const uint8_t *code_page(void *ctx, uint64_t page)
{
    struct code *c = ctx;
    uint64_t offset = page - NIC_ISTORE_BASE;
    return offset < CODE_BYTES ? (const uint8_t *)c->word + offset : NULL;
}

static uint64_t time_ns(void *ctx, uint64_t cycle)
{
    (void)ctx;
    return cycle;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* A multiply-xorshift chain of `n` rounds; the result is printed, so it is computed. */
static double host_rounds_per_second(uint64_t n)
{
    uint64_t v = 88172645463325252u;
    double start = seconds();
    for (uint64_t i = 0; i < n; i++) {
        v ^= v << 13;
        v ^= v >> 7;
        v ^= v << 17;
    }
    double spent = seconds() - start;
    fprintf(stderr, "# calibration result %016" PRIx64 "\n", v);
    return (double)n / spent;
}

static const struct {
    const char *name;
    void (*emit)(struct code *c);
} kernels[] = {
    {"alu", kernel_alu},
    {"memory", kernel_memory},
    {"branch", kernel_branch},
};

/* Instructions a second over at least `limit` seconds; negative when the engine failed. */
static double bench(const struct nic_config *cfg, void (*make)(struct code *c), double limit)
{
    struct code code = {.n = 0};
    struct engine_bus bus = {
        .ctx = &code, .access = no_access, .code_page = code_page, .time_ns = time_ns};
    struct code_cache *cc = NULL;
    struct engine *e = NULL;
    struct nic_engine_stats stats = {0};
    double result = -1;

    make(&code);
    if (code_cache_create(cfg, &bus, &cc) == 0 && engine_create(cfg, 1, 0, &bus, cc, &e) == 0) {
        uint64_t horizon = 0;
        double start = seconds(), spent;
        engine_reset(e, NIC_ISTORE_BASE, 0);
        do {
            horizon += 10000000;
            if (engine_run(e, horizon) != ENGINE_HORIZON) {
                break;
            }
            spent = seconds() - start;
            engine_stats(e, &stats);
            result = (double)stats.insns / spent;
        } while (spent < limit);
    }
    engine_destroy(e);
    code_cache_destroy(cc);
    return result;
}

static void defaults(struct nic_config *cfg)
{
#define NIC_CFG(section, key, def, min, max, unit, what) cfg->section##_##key = def;
#include "nic/config.def"
}

int main(int argc, char **argv)
{
    double limit = argc > 1 ? atof(argv[1]) : 1.0;
    struct nic_config cfg;
    double host = host_rounds_per_second(200000000);
    int status = 0;

    defaults(&cfg);
    printf("%-10s %12s %8s\n", "kernel", "Minsn/s", "ratio");
    for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
        double speed = bench(&cfg, kernels[i].emit, limit);
        printf("%-10s %12.1f %8.3f\n", kernels[i].name, speed / 1e6, speed / host);
        status |= speed <= 0;
    }
    printf("%-10s %12.1f %8.3f  (rounds of xorshift64 in C, the ratio's unit)\n", "host",
           host / 1e6, 1.0);
    return status;
}
