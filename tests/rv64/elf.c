/* SPDX-License-Identifier: BSD-3-Clause */
#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "rv64_program.h"

enum { SEGMENTS = 3, ALIGN = 4096 };

static Elf64_Phdr segment(uint64_t addr, uint64_t offset, uint64_t bytes, uint32_t flags)
{
    return (Elf64_Phdr){.p_type = PT_LOAD,
                        .p_flags = flags,
                        .p_offset = offset,
                        .p_vaddr = addr,
                        .p_paddr = addr,
                        .p_filesz = bytes,
                        .p_memsz = bytes,
                        .p_align = ALIGN};
}

static Elf64_Ehdr header(void)
{
    Elf64_Ehdr h = {.e_type = ET_EXEC,
                    .e_machine = EM_RISCV,
                    .e_version = EV_CURRENT,
                    .e_entry = P_CODE,
                    .e_phoff = sizeof(Elf64_Ehdr),
                    .e_ehsize = sizeof(Elf64_Ehdr),
                    .e_phentsize = sizeof(Elf64_Phdr),
                    .e_phnum = SEGMENTS};
    memcpy(h.e_ident, ELFMAG, SELFMAG);
    h.e_ident[EI_CLASS] = ELFCLASS64;
    h.e_ident[EI_DATA] = ELFDATA2LSB;
    h.e_ident[EI_VERSION] = EV_CURRENT;
    return h;
}

static int put_at(FILE *f, uint64_t offset, const void *data, size_t bytes)
{
    return fseek(f, (long)offset, SEEK_SET) == 0 && fwrite(data, 1, bytes, f) == bytes ? 0 : -1;
}

int program_write_elf(const struct program *p, const uint32_t *end, unsigned end_words,
                      const char *path)
{
    const uint64_t local = ALIGN, dram = local + P_LOCAL_BYTES, code = dram + P_DRAM_BYTES;
    const uint64_t body = (uint64_t)p->words * 4, tail = (uint64_t)end_words * 4;
    Elf64_Ehdr h = header();
    Elf64_Phdr ph[SEGMENTS] = {segment(P_LOCAL, local, P_LOCAL_BYTES, PF_R | PF_W),
                               segment(P_CODE, code, body + tail, PF_R | PF_X),
                               segment(P_DRAM, dram, P_DRAM_BYTES, PF_R | PF_W)};
    FILE *f = fopen(path, "wb");
    int bad;

    if (f == NULL) {
        return -1;
    }
    bad = put_at(f, 0, &h, sizeof(h)) | put_at(f, h.e_phoff, ph, sizeof(ph)) |
          put_at(f, local, p->local, P_LOCAL_BYTES) | put_at(f, dram, p->dram, P_DRAM_BYTES) |
          put_at(f, code, p->code, body) | put_at(f, code + body, end, tail);
    bad |= fclose(f);
    return bad != 0 || chmod(path, 0700) != 0 ? -1 : 0;
}
