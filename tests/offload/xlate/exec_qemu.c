/* SPDX-License-Identifier: BSD-3-Clause */
/* A static RV64 ELF of three segments, run by qemu-riscv64 with its output in a file. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec.h"

#define QEMU "qemu-riscv64"

bool exec_have_qemu(void)
{
    return system("command -v " QEMU " >/dev/null 2>&1") == 0;
}

static Elf64_Phdr segment(uint32_t addr, uint64_t off, uint64_t filesz, uint64_t memsz,
                          uint32_t flags)
{
    return (Elf64_Phdr){.p_type = PT_LOAD,
                        .p_flags = flags,
                        .p_offset = off,
                        .p_vaddr = addr,
                        .p_paddr = addr,
                        .p_filesz = filesz,
                        .p_memsz = memsz,
                        .p_align = 4096};
}

static int write_all(int fd, const void *p, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t n = write(fd, (const char *)p + at, len - at);
        if (n <= 0)
            return -1;
        at += (size_t)n;
    }
    return 0;
}

static int write_elf(int fd, const struct exec_image *img)
{
    uint8_t head[4096] = {0};
    uint64_t code_len = (uint64_t)img->code_words * 4;
    Elf64_Ehdr eh = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_EXEC,
        .e_machine = EM_RISCV,
        .e_version = EV_CURRENT,
        .e_entry = EXEC_CODE,
        .e_phoff = sizeof(eh),
        .e_ehsize = sizeof(eh),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = 3};
    Elf64_Phdr ph[3] = {
        segment(EXEC_STACK, 0, 0, EXEC_STACK_END - EXEC_STACK, PF_R | PF_W),
        segment(EXEC_CODE, sizeof(head), code_len, code_len, PF_R | PF_X),
        segment(EXEC_DATA, sizeof(head) + code_len, img->data_len, img->data_len, PF_R | PF_W)};

    memcpy(head, &eh, sizeof(eh));
    memcpy(head + sizeof(eh), ph, sizeof(ph));
    if (write_all(fd, head, sizeof(head)) || write_all(fd, img->code, code_len) ||
        write_all(fd, img->data, img->data_len))
        return -1;
    return fchmod(fd, 0700);
}

static int spawn(const char *elf, int out)
{
    int status;
    pid_t pid = fork();

    if (pid < 0)
        return -1;
    if (pid == 0) {
        dup2(out, STDOUT_FILENO);
        execlp(QEMU, QEMU, elf, (char *)NULL);
        _exit(127);
    }
    if (waitpid(pid, &status, 0) != pid)
        return -1;
    if (WIFSIGNALED(status))
        fprintf(stderr, QEMU ": signal %d\n", WTERMSIG(status));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static int temp_file(char *path, size_t len)
{
    const char *dir = getenv("TMPDIR");

    snprintf(path, len, "%s/nicsim-xlate-XXXXXX", dir ? dir : "/tmp");
    return mkstemp(path);
}

/* Runs the image; its data after the run replaces img->data. */
static int run(struct exec_image *img)
{
    char elf[256], result[256];
    int fd = temp_file(elf, sizeof(elf)), out = temp_file(result, sizeof(result)), err = -1;

    if (fd >= 0 && out >= 0 && write_elf(fd, img) == 0) {
        close(fd); /* a file open for writing cannot be executed */
        fd = -1;
        err = spawn(elf, out);
        if (!err && pread(out, img->data, img->data_len, 0) != (ssize_t)img->data_len)
            err = -1;
    }
    if (fd >= 0)
        close(fd);
    if (out >= 0)
        close(out);
    unlink(elf);
    unlink(result);
    return err;
}

int exec_qemu(struct exec_case *cases, unsigned n)
{
    struct exec_image img = {0};
    int err = exec_build(cases, n, EXEC_END_LINUX, &img);

    if (!err)
        err = run(&img);
    if (!err)
        exec_collect(cases, n, img.data);
    else
        fprintf(stderr, "%u programs failed under " QEMU "\n", n);
    free(img.code);
    free(img.data);
    return err;
}
