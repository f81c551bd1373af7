/* SPDX-License-Identifier: BSD-3-Clause */
/* qemu-riscv64: the program ends with write(1, region) for both regions, and exit(0). */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nic/rv64.h"
#include "rv64_program.h"

enum { SYS_WRITE = 64, SYS_EXIT = 93, END_MAX = 64 };

struct end {
    uint32_t word[END_MAX];
    unsigned n;
};

static void emit(struct end *e, enum rv64_op op, unsigned rd, unsigned rs1, int32_t imm)
{
    e->word[e->n++] = rv64_encode(op, rd, rs1, 0, imm);
}

/* write(1, high << shift, bytes); bytes a multiple of 4096. */
static void emit_write(struct end *e, int32_t high, int32_t shift, int32_t bytes)
{
    emit(e, RV64_OP_ADDI, RV64_A0, 0, 1);
    emit(e, RV64_OP_ADDI, RV64_A1, 0, high);
    emit(e, RV64_OP_SLLI, RV64_A1, RV64_A1, shift);
    emit(e, RV64_OP_LUI, RV64_A2, 0, bytes);
    emit(e, RV64_OP_ADDI, RV64_A7, 0, SYS_WRITE);
    emit(e, RV64_OP_ECALL, 0, 0, 0);
}

static void make_end(struct end *e)
{
    e->n = 0;
    emit_write(e, 1, 28, P_LOCAL_BYTES);
    emit_write(e, 1, 31, P_DRAM_BYTES);
    emit(e, RV64_OP_ADDI, RV64_A0, 0, 0);
    emit(e, RV64_OP_ADDI, RV64_A7, 0, SYS_EXIT);
    emit(e, RV64_OP_ECALL, 0, 0, 0);
}

static int read_all(int fd, uint8_t *to, size_t bytes)
{
    while (bytes > 0) {
        ssize_t n = read(fd, to, bytes);
        if (n <= 0) {
            return -1;
        }
        to += n;
        bytes -= (size_t)n;
    }
    return 0;
}

static void child(const char *qemu, const char *elf, int out)
{
    if (dup2(out, STDOUT_FILENO) >= 0) {
        execl(qemu, qemu, "-cpu", "rv64,zba=true,zbb=true,zbs=true", elf, (char *)NULL);
    }
    perror(qemu);
    _exit(127);
}

static int run(const char *qemu, const char *elf, struct result *out)
{
    int fds[2], status = -1, bad;
    pid_t pid;

    if (pipe(fds) != 0) {
        return -1;
    }
    pid = fork();
    if (pid == 0) {
        close(fds[0]);
        child(qemu, elf, fds[1]);
    }
    close(fds[1]);
    bad = pid < 0 ? -1 : read_all(fds[0], out->local, sizeof(out->local));
    bad = bad ? bad : read_all(fds[0], out->dram, sizeof(out->dram));
    close(fds[0]);
    if (pid > 0) {
        waitpid(pid, &status, 0);
    }
    if (bad != 0 || status != 0) {
        fprintf(stderr, "qemu: wait status 0x%x%s\n", (unsigned)status,
                bad ? ", output incomplete" : "");
        return -1;
    }
    return 0;
}

int program_run_qemu(const struct program *p, const char *qemu, struct result *out)
{
    char path[] = "/tmp/rv64-qemu-XXXXXX";
    struct end end;
    int fd = mkstemp(path), bad;

    if (fd < 0) {
        perror(path);
        return -1;
    }
    close(fd);
    make_end(&end);
    bad = program_write_elf(p, end.word, end.n, path);
    bad = bad ? bad : run(qemu, path, out);
    unlink(path);
    return bad;
}
