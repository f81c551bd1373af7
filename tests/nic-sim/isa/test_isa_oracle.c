/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * LLVM's assembler and disassembler as oracles (argv[1]: llvm-mc). Our text of
 * random instructions is assembled by LLVM and must give the same words; and of
 * random words, LLVM must accept the same ones as we do, by the same name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cunit_main.h"
#include "isa_random.h"
#include "nic/rv64.h"

enum { PER_ROW = 60, MUTANTS = 20000, SKIP = 77 };

static const char *llvm_mc;

#define LLVM_FLAGS                                                                                 \
    " --triple=riscv64 --mattr=+m,+a,+zicsr,+zifencei,+zba,+zbb,+zbs,-c -M no-aliases "

struct words {
    uint32_t *word;
    size_t count;
};

static FILE *input_create(char *path)
{
    strcpy(path, "/tmp/isa-oracle-XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 ? NULL : fdopen(fd, "w");
}

/* The words of the "encoding: [..]" comments that llvm-mc writes, in order; mnemonics into names.
 */
static size_t read_encodings(FILE *out, struct words *got, char (*names)[16], size_t max)
{
    char line[256];
    size_t n = 0;
    while (fgets(line, sizeof(line), out) != NULL) {
        unsigned b[4];
        const char *enc = strstr(line, "encoding: [");
        if (enc == NULL ||
            sscanf(enc, "encoding: [%x,%x,%x,%x]", &b[0], &b[1], &b[2], &b[3]) != 4 || n == max)
            continue;
        got->word[n] = b[0] | b[1] << 8 | b[2] << 16 | b[3] << 24;
        if (names != NULL)
            sscanf(line, " %15s", names[n]);
        n++;
    }
    return n;
}

static size_t llvm_run(const char *mode, const char *path, struct words *got, char (*names)[16],
                       size_t max)
{
    char cmd[512];
    snprintf(cmd, sizeof(cmd), "%s %s" LLVM_FLAGS "--show-encoding %s 2>%s.err", llvm_mc, mode,
             path, path);
    FILE *out = popen(cmd, "r");
    size_t n = out == NULL ? 0 : read_encodings(out, got, names, max);
    if (out != NULL)
        pclose(out);
    return n;
}

/* On failure the files stay, and their name is printed. */
static void input_remove(char *path, int failed)
{
    char err[64];
    snprintf(err, sizeof(err), "%s.err", path);
    if (failed) {
        fprintf(stderr, "see %s and %s\n", path, err);
        return;
    }
    unlink(path);
    unlink(err);
}

/* LLVM has no text for a fence with reserved fields, and names some of its own. */
static int llvm_has_text(uint32_t word)
{
    struct rv64_insn d = rv64_decode(word);
    if (d.op == RV64_OP_FENCE)
        return (word & 0x000f8f80) == 0 && (d.imm <= 0xff || d.imm == 0x833);
    return d.op != RV64_OP_FENCE_I || word == rv64_op_match(RV64_OP_FENCE_I);
}

/* A relative branch is written as its offset there: with pc 0, target and offset are one. */
static void test_text_assembles(void)
{
    static uint32_t want[RV64_OP_COUNT * PER_ROW], have[RV64_OP_COUNT * PER_ROW];
    struct words got = {have, 0};
    char path[64], text[80];
    uint64_t seed = 7;
    size_t n = 0;
    FILE *in = input_create(path);

    CU_ASSERT_PTR_NOT_NULL_FATAL(in);
    for (unsigned op = 1; op < RV64_OP_COUNT; op++) {
        for (int i = 0; i < PER_ROW; i++) {
            uint32_t word = isa_random_word(&seed, (enum rv64_op)op);
            if (!llvm_has_text(word))
                continue;
            rv64_disasm(word, 0, text, sizeof(text));
            fprintf(in, "%s\n", text);
            want[n++] = word;
        }
    }
    fclose(in);
    got.count = llvm_run("--assemble", path, &got, NULL, n);
    CU_ASSERT_EQUAL(got.count, n);
    int same = got.count == n && memcmp(want, have, n * sizeof(want[0])) == 0;
    CU_ASSERT_TRUE(same);
    printf(" %zu texts", n);
    input_remove(path, !same);
}

/* Near misses of a random row; system words that LLVM knows and we have not are left out. */
static uint32_t random_mutant(uint64_t *seed)
{
    enum rv64_op op = (enum rv64_op)(1 + isa_random(seed) % (RV64_OP_COUNT - 1));
    uint32_t word = isa_random_word(seed, op);
    for (unsigned flips = isa_random(seed) % 4; flips > 0; flips--)
        word ^= 1u << (2 + isa_random(seed) % 30);
    return word;
}

static int llvm_comparable(uint32_t word)
{
    int system = (word & 0x707f) == 0x73;
    int longer = (word & 0x1c) == 0x1c; /* the first part of one of 48 bits or more */
    return !system && !longer && llvm_has_text(word);
}

static void test_words_disassemble(void)
{
    static uint32_t want[MUTANTS], have[MUTANTS];
    static char names[MUTANTS][16];
    struct words got = {have, 0};
    char path[64];
    uint64_t seed = 11;
    size_t valid = 0, tried = 0;
    FILE *in = input_create(path);

    CU_ASSERT_PTR_NOT_NULL_FATAL(in);
    while (tried < MUTANTS) {
        uint32_t w = random_mutant(&seed);
        if (!llvm_comparable(w))
            continue;
        fprintf(in, "0x%x 0x%x 0x%x 0x%x\n", w & 255, w >> 8 & 255, w >> 16 & 255, w >> 24);
        tried++;
        if (rv64_decode(w).op != RV64_OP_INVALID)
            want[valid++] = w;
    }
    fclose(in);
    got.count = llvm_run("--disassemble", path, &got, names, MUTANTS);
    CU_ASSERT_EQUAL(got.count, valid);
    int same = 1;
    for (size_t i = 0; same && i < valid && i < got.count; i++) {
        const char *name = rv64_mnemonic(rv64_decode(want[i]).op);
        same = want[i] == have[i] && strncmp(names[i], name, strlen(name)) == 0;
        if (!same)
            fprintf(stderr, "0x%08x %s: llvm says 0x%08x %s\n", want[i], name, have[i], names[i]);
    }
    same = same && got.count == valid;
    CU_ASSERT_TRUE(same);
    printf(" %zu of %zu words valid", valid, tried);
    input_remove(path, !same);
}

static const struct cunit_case cases[] = {
    {"llvm assembles our text to the same words", test_text_assembles},
    {"llvm accepts the words we accept", test_words_disassemble},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    if (argc < 2 || argv[1][0] == '\0') {
        fprintf(stderr, "SKIP: llvm-mc-19 was not found\n");
        return SKIP;
    }
    llvm_mc = argv[1];
    return cunit_run("isa against llvm", cases);
}
