/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nicsim-bpf-conformance: a plugin of the public bpf_conformance suite. The
 * program comes in hexadecimal on standard input, its memory as the argument;
 * r0 goes to standard output. Runs on the engine, or with --refint in the
 * reference interpreter; --verify proves the program first, as an XDP program
 * whose packet is the memory.
 */
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ebpf/ebpf.h"
#include "offload/xlate/exec.h"

#define INPUT_MAX   (4u << 20) /* bytes of program or ELF file */
#define PACKET_AT   64u        /* with --verify: struct xdp_md lies before the packet */
#define PROLOGUE    16u        /* slots */
#define RESULT      8          /* with --verify: bytes of the packet before the memory */
#define XDP_MD_SIZE 24u

struct plugin {
    const char *memory; /* hexadecimal */
    bool elf, refint, verify;
    uint8_t *bytes; /* of the program */
    size_t len;
    struct ebpf_insn *insns;
    struct exec_case c;
    size_t mem_len;
};

static int fail(const char *what)
{
    fprintf(stderr, "nicsim-bpf-conformance: %s\n", what);
    return -1;
}

/* Two hexadecimal digits a byte, with or without white space between bytes. */
static int parse_hex(const char *s, uint8_t *out, size_t max, size_t *len)
{
    unsigned v;
    int n;

    for (*len = 0; s += strspn(s, " \t\r\n"), *s; s += n) {
        if (*len >= max || sscanf(s, "%2x%n", &v, &n) != 1)
            return -1;
        out[(*len)++] = (uint8_t)v;
    }
    return 0;
}

static int read_input(struct plugin *p)
{
    size_t max = 3 * (size_t)INPUT_MAX, n;
    char *text = malloc(max + 1);
    int err;

    p->bytes = malloc(INPUT_MAX);
    if (!text || !p->bytes) {
        free(text);
        return fail("out of memory");
    }
    n = fread(text, 1, max, stdin);
    text[n] = '\0';
    err = parse_hex(text, p->bytes, INPUT_MAX, &p->len);
    free(text);
    return err ? fail("the program is not a list of hexadecimal bytes") : 0;
}

/* The bytes of the first section with code. */
static int take_section(struct plugin *p)
{
    Elf64_Ehdr eh;
    Elf64_Shdr sh;

    if (p->len < sizeof(eh))
        return fail("not an ELF file");
    memcpy(&eh, p->bytes, sizeof(eh));
    if (memcmp(eh.e_ident, ELFMAG, SELFMAG) || eh.e_ident[EI_CLASS] != ELFCLASS64)
        return fail("not a 64-bit ELF file");
    for (unsigned k = 0; k < eh.e_shnum; k++) {
        uint64_t at = eh.e_shoff + (uint64_t)k * sizeof(sh);
        if (eh.e_shoff > p->len || at + sizeof(sh) > p->len)
            break;
        memcpy(&sh, p->bytes + at, sizeof(sh));
        if (sh.sh_type != SHT_PROGBITS || !(sh.sh_flags & SHF_EXECINSTR) || !sh.sh_size)
            continue;
        if (sh.sh_offset > p->len || sh.sh_size > p->len - sh.sh_offset)
            break;
        memmove(p->bytes, p->bytes + sh.sh_offset, sh.sh_size);
        p->len = sh.sh_size;
        return 0;
    }
    return fail("no section with code in the ELF file");
}

static unsigned op(struct ebpf_insn *out, enum ebpf_id id, unsigned dst, unsigned src, int off,
                   int32_t imm)
{
    *out = (struct ebpf_insn){.opcode = ebpf_row(id)->opcode,
                              .dst = (uint8_t)(dst & 15u),
                              .src = (uint8_t)(src & 15u),
                              .off = (int16_t)off,
                              .imm = imm};
    return 1;
}

/*
 * With --verify the program is a subprogram, so that all of r0 counts, of an XDP
 * program that proves the packet long enough and leaves r0 in its first bytes.
 */
static unsigned put_xdp(const struct plugin *p, struct ebpf_insn *out)
{
    int32_t len = (int32_t)p->mem_len;
    unsigned n = 0;

    n += op(out + n, EBPF_LDX32, 6, 1, 0, 0);
    n += op(out + n, EBPF_LDX32, 2, 1, 4, 0);
    n += op(out + n, EBPF_MOV64_X, 3, 6, 0, 0);
    n += op(out + n, EBPF_ADD64_K, 3, 0, 0, len + RESULT);
    n += op(out + n, EBPF_MOV64_K, 0, 0, 0, 0);
    n += op(out + n, EBPF_JLE64_X, 3, 2, 1, 0);
    n += op(out + n, EBPF_EXIT, 0, 0, 0, 0);
    n += len ? op(out + n, EBPF_MOV64_X, 1, 6, 0, 0) : op(out + n, EBPF_MOV64_K, 1, 0, 0, 0);
    n += op(out + n, EBPF_ADD64_K, 1, 0, 0, len ? RESULT : 0);
    n += op(out + n, EBPF_MOV64_K, 2, 0, 0, len);
    n += op(out + n, EBPF_CALL_LOCAL, 0, 1, 0, 3);
    n += op(out + n, EBPF_STX64, 6, 0, 0, 0);
    n += op(out + n, EBPF_MOV64_K, 0, 0, 0, 0);
    return n + op(out + n, EBPF_EXIT, 0, 0, 0, 0);
}

/* r1 = memory, r2 = its length. */
static unsigned put_prologue(const struct plugin *p, struct ebpf_insn *out)
{
    unsigned n = 0;

    if (p->verify)
        return put_xdp(p, out);
    if (!p->mem_len)
        n += op(out + n, EBPF_MOV64_K, 1, 0, 0, 0);
    return n + op(out + n, EBPF_MOV64_K, 2, 0, 0, (int32_t)p->mem_len);
}

static int put_program(struct plugin *p)
{
    unsigned n;

    if (p->len == 0 || p->len % sizeof(struct ebpf_insn))
        return fail("a program is a multiple of 8 bytes");
    p->insns = calloc(p->len / sizeof(struct ebpf_insn) + PROLOGUE, sizeof(*p->insns));
    if (!p->insns)
        return fail("out of memory");
    n = put_prologue(p, p->insns);
    memcpy(p->insns + n, p->bytes, p->len);
    p->c.prog =
        (struct offload_prog){.name = "conformance",
                              .insns = p->insns,
                              .insn_count = n + (uint32_t)(p->len / sizeof(struct ebpf_insn)),
                              .gpl = true};
    return 0;
}

static int put_memory(struct plugin *p)
{
    uint32_t md[XDP_MD_SIZE / 4] = {0}, at = p->verify ? PACKET_AT + RESULT : 0;

    if (p->memory && parse_hex(p->memory, p->c.mem + at, EXEC_MEM - at, &p->mem_len))
        return fail("the memory is not a list of hexadecimal bytes, or too long");
    if (!p->verify)
        return 0;
    md[0] = md[2] = exec_mem(0, 1) + PACKET_AT;
    md[1] = md[0] + RESULT + (uint32_t)p->mem_len;
    memcpy(p->c.mem, md, sizeof(md));
    return 0;
}

static int prove(struct plugin *p, struct offload_facts **facts)
{
    struct offload_verify_opts opts = {.helpers = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX},
                                       .allow_uninit_stack = true};

    if (!p->verify)
        return 0;
    if (offload_verify(&p->c.prog, &opts, NULL, facts, &p->c.why))
        return fail(p->c.why.reason);
    p->c.facts = *facts;
    return 0;
}

static int run(struct plugin *p)
{
    struct refint_result res;

    if (p->refint) {
        if (exec_refint(&p->c, 0, 1, &res) != REFINT_EXIT)
            return fail(refint_end_text(res.end));
    } else if (exec_engine(&p->c, 1)) {
        return fail("the program did not end");
    } else if (p->c.err) {
        return fail(p->c.why.reason);
    }
    if (p->verify)
        memcpy(&p->c.r0, p->c.mem + PACKET_AT, sizeof(p->c.r0));
    printf("%" PRIx64 "\n", p->c.r0);
    return 0;
}

static void usage(FILE *to)
{
    fputs("nicsim-bpf-conformance [MEMORY] [--elf] [--refint] [--verify] < PROGRAM\n"
          "  MEMORY     hexadecimal bytes; r1 points to them, r2 is their number\n"
          "  PROGRAM    hexadecimal bytes of instructions, or of an object with --elf\n"
          "  --refint   run in the reference interpreter, not on the engine\n"
          "  --verify   prove the program first\n",
          to);
}

static int parse_args(struct plugin *p, int argc, char **argv)
{
    for (int k = 1; k < argc; k++) {
        if (!strcmp(argv[k], "--elf"))
            p->elf = true;
        else if (!strcmp(argv[k], "--refint"))
            p->refint = true;
        else if (!strcmp(argv[k], "--verify"))
            p->verify = true;
        else if (argv[k][0] == '-' || p->memory)
            return -1;
        else
            p->memory = argv[k];
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct plugin p = {.memory = NULL};
    struct offload_facts *facts = NULL;
    int err;

    if (argc == 2 && !strcmp(argv[1], "--help")) {
        usage(stdout);
        return 0;
    }
    if (parse_args(&p, argc, argv)) {
        usage(stderr);
        return 1;
    }
    err = read_input(&p);
    if (!err && p.elf)
        err = take_section(&p);
    if (!err)
        err = put_memory(&p);
    if (!err)
        err = put_program(&p);
    if (!err)
        err = prove(&p, &facts);
    if (!err)
        err = run(&p);
    offload_facts_free(facts);
    free(p.insns);
    free(p.bytes);
    return err ? 1 : 0;
}
