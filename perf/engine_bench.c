/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Host speed of the engine: instructions a second of real time for a few
 * kernels. Many short rounds, each of which also times a plain C loop: on a
 * shared host the best round is what the interpreter can do, the median what one
 * gets, and the ratio to the C loop of the same round compares hosts.
 *
 *   engine_bench [rounds]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/engine.h"
#include "nic/memmap.h"
#include "nic/rv64.h"

enum { CODE_BYTES = 8192 };

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

/* Millions of xorshift64 rounds a second, one after the other; *state is printed at the end. */
static double host_speed(uint64_t *state)
{
    const double steps = 5e6;
    uint64_t v = *state;
    double start = seconds();
    for (unsigned i = 0; i < (unsigned)steps; i++) {
        v ^= v << 13;
        v ^= v >> 7;
        v ^= v << 17;
    }
    *state = v;
    return steps / (seconds() - start) / 1e6;
}

static const struct {
    const char *name;
    void (*emit)(struct code *c);
} kernels[] = {
    {"alu", kernel_alu},
    {"memory", kernel_memory},
    {"branch", kernel_branch},
};

enum { KERNELS = sizeof(kernels) / sizeof(kernels[0]), ROUNDS_MAX = 10000 };

struct bench {
    struct code code;
    struct engine_bus bus;
    struct code_cache *cc;
    struct engine *e;
    uint64_t horizon;
    double speed[ROUNDS_MAX], ratio[ROUNDS_MAX]; /* Minsn/s; to the host loop of the round */
};

static void defaults(struct nic_config *cfg)
{
#define NIC_CFG(section, key, def, min, max, unit, what) cfg->section##_##key = def;
#include "nic/config.def"
}

static bool bench_create(struct bench *b, const struct nic_config *cfg,
                         void (*make)(struct code *c))
{
    make(&b->code);
    b->bus = (struct engine_bus){
        .ctx = &b->code, .access = no_access, .code_page = code_page, .time_ns = time_ns};
    if (code_cache_create(cfg, &b->bus, &b->cc) != 0 ||
        engine_create(cfg, 1, 0, &b->bus, b->cc, &b->e) != 0) {
        return false;
    }
    engine_reset(b->e, NIC_ISTORE_BASE, 0);
    return true;
}

static void bench_destroy(struct bench *b)
{
    engine_destroy(b->e);
    code_cache_destroy(b->cc);
    free(b);
}

/* Some 10 ms of it; negative when the engine failed. */
static double bench_round(struct bench *b)
{
    struct nic_engine_stats before = {0}, after = {0};
    double start = seconds();

    engine_stats(b->e, &before);
    b->horizon += 5000000;
    if (engine_run(b->e, b->horizon) != ENGINE_HORIZON) {
        return -1;
    }
    engine_stats(b->e, &after);
    return (double)(after.insns - before.insns) / (seconds() - start) / 1e6;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(const char *name, double *speed, double *ratio, unsigned rounds)
{
    qsort(speed, rounds, sizeof(*speed), ascending);
    qsort(ratio, rounds, sizeof(*ratio), ascending);
    printf("%-8s %8.1f %8.1f %8.3f %8.3f\n", name, speed[rounds - 1], speed[rounds / 2],
           ratio[rounds - 1], ratio[rounds / 2]);
}

/* All kernels in turn, round after round. */
static bool run(struct bench *const *bench, unsigned rounds, double *host)
{
    uint64_t state = 88172645463325252u;

    for (unsigned r = 0; r < rounds; r++) {
        host[r] = host_speed(&state);
        for (unsigned k = 0; k < KERNELS; k++) {
            bench[k]->speed[r] = bench_round(bench[k]);
            bench[k]->ratio[r] = bench[k]->speed[r] / host[r];
            if (bench[k]->speed[r] < 0) {
                return false;
            }
        }
    }
    fprintf(stderr, "# result of the host's loop: %016" PRIx64 "\n", state);
    return true;
}

int main(int argc, char **argv)
{
    static double host[ROUNDS_MAX], one[ROUNDS_MAX];
    int rounds = argc > 1 ? atoi(argv[1]) : 100;
    struct bench *bench[KERNELS] = {NULL};
    struct nic_config cfg;
    bool ok = rounds > 0 && rounds <= ROUNDS_MAX;

    defaults(&cfg);
    for (unsigned k = 0; k < KERNELS && ok; k++) {
        bench[k] = calloc(1, sizeof(*bench[k]));
        ok = bench[k] != NULL && bench_create(bench[k], &cfg, kernels[k].emit);
    }
    ok = ok && run(bench, (unsigned)rounds, host);
    if (ok) {
        printf("million engine instructions a second, %d rounds; host: a loop in C\n", rounds);
        printf("%-8s %8s %8s %8s %8s\n", "kernel", "best", "median", "best/hst", "med/hst");
    }
    for (unsigned k = 0; k < KERNELS; k++) {
        if (ok) {
            report(kernels[k].name, bench[k]->speed, bench[k]->ratio, (unsigned)rounds);
        }
        if (bench[k] != NULL) {
            bench_destroy(bench[k]);
        }
    }
    for (int r = 0; r < rounds && ok; r++) {
        one[r] = 1;
    }
    if (ok) {
        report("host", host, one, (unsigned)rounds);
    }
    return ok ? 0 : 1;
}
