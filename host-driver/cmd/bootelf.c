/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/bootelf.h"

#include <errno.h>
#include <gelf.h>
#include <inttypes.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/datadir.h"

#define TOHOST_DEFAULT 0x80001000u /* where riscv-tests' linker script puts it */
#define ZERO_CHUNK     65536u

struct image {
    const char *path;
    const char *bytes;
    size_t len;
    Elf *elf;
    struct nic_device *dev;
    struct nic_err *err;
};

static int check_header(struct image *im, GElf_Ehdr *eh)
{
    if (elf_kind(im->elf) != ELF_K_ELF || gelf_getehdr(im->elf, eh) == NULL)
        return nic_err_set(im->err, -ENOEXEC, "%s: not an ELF file", im->path);
    if (eh->e_machine != EM_RISCV || eh->e_ident[EI_CLASS] != ELFCLASS64 ||
        eh->e_ident[EI_DATA] != ELFDATA2LSB)
        return nic_err_set(im->err, -ENOEXEC,
                           "%s: an ELF file for another machine (%u); boot takes little-endian "
                           "64-bit RISC-V (%u)",
                           im->path, eh->e_machine, EM_RISCV);
    if (eh->e_type != ET_EXEC && eh->e_type != ET_DYN)
        return nic_err_set(im->err, -ENOEXEC, "%s: not linked; boot takes an executable", im->path);
    return 0;
}

static int outside(struct image *im, const GElf_Phdr *ph)
{
    return nic_err_set(im->err, -EFAULT,
                       "%s: a segment at 0x%" PRIx64 " of %" PRIu64 " bytes is outside the "
                       "device's memory (DRAM starts at 0x80000000)",
                       im->path, (uint64_t)ph->p_paddr, (uint64_t)ph->p_memsz);
}

/* Address of the first section in the segment that has bytes of the program; its end when none has.
 */
static uint64_t first_section(struct image *im, const GElf_Phdr *ph)
{
    uint64_t first = ph->p_paddr + ph->p_memsz;
    Elf_Scn *scn = NULL;
    GElf_Shdr sh;

    while ((scn = elf_nextscn(im->elf, scn)) != NULL) {
        uint64_t addr;

        if (gelf_getshdr(scn, &sh) == NULL || !(sh.sh_flags & SHF_ALLOC) || sh.sh_size == 0)
            continue;
        addr = sh.sh_addr - ph->p_vaddr + ph->p_paddr;
        if (addr >= ph->p_paddr && addr < first)
            first = addr;
    }
    return first;
}

/*
 * Linkers that are not told otherwise (-n, -N) map the ELF header and the program
 * headers in front of the first section, below the start of memory. Nothing of
 * the program is there: that part is left out.
 */
static void leave_out_headers(struct image *im, GElf_Phdr *ph)
{
    uint8_t byte;
    uint64_t skip;

    if (ph->p_offset != 0 || nic_mem_read(im->dev, ph->p_paddr, &byte, 1) == 0)
        return;
    skip = first_section(im, ph) - ph->p_paddr;
    if (skip > ph->p_filesz)
        return;
    ph->p_offset += skip;
    ph->p_paddr += skip;
    ph->p_filesz -= skip;
    ph->p_memsz -= skip;
}

/* What a segment has beyond the file's bytes is zero already: the device is new. */
static int load_segment(struct image *im, GElf_Phdr *ph)
{
    uint64_t last = ph->p_paddr + ph->p_memsz - 1;
    uint8_t byte;

    if (ph->p_offset > im->len || ph->p_filesz > im->len - ph->p_offset ||
        ph->p_filesz > ph->p_memsz)
        return nic_err_set(im->err, -ENOEXEC, "%s: truncated: a segment ends behind the file",
                           im->path);
    leave_out_headers(im, ph);
    if (ph->p_memsz == 0)
        return 0;
    if (last < ph->p_paddr || nic_mem_read(im->dev, ph->p_paddr, &byte, 1) != 0 ||
        nic_mem_read(im->dev, last, &byte, 1) != 0)
        return outside(im, ph);
    if (ph->p_filesz != 0 &&
        nic_mem_write(im->dev, ph->p_paddr, im->bytes + ph->p_offset, ph->p_filesz) != 0)
        return outside(im, ph);
    return 0;
}

static int load_segments(struct image *im)
{
    size_t count = 0, loaded = 0;
    GElf_Phdr ph;
    int rc = 0;

    if (elf_getphdrnum(im->elf, &count) != 0)
        count = 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        if (gelf_getphdr(im->elf, (int)i, &ph) == NULL)
            return nic_err_set(im->err, -ENOEXEC, "%s: truncated program headers", im->path);
        if (ph.p_type != PT_LOAD || ph.p_memsz == 0)
            continue;
        rc = load_segment(im, &ph);
        loaded++;
    }
    if (rc == 0 && loaded == 0)
        return nic_err_set(im->err, -ENOEXEC, "%s: nothing to load in it", im->path);
    return rc;
}

static void note_symbol(const char *name, uint64_t value, struct bootelf *out)
{
    if (strcmp(name, "tohost") == 0)
        out->tohost = value;
    else if (strcmp(name, "begin_signature") == 0)
        out->sig_begin = value;
    else if (strcmp(name, "end_signature") == 0)
        out->sig_end = value;
}

static void read_symbols(struct image *im, struct bootelf *out)
{
    Elf_Scn *scn = NULL;

    while ((scn = elf_nextscn(im->elf, scn)) != NULL) {
        Elf_Data *data;
        GElf_Shdr sh;
        GElf_Sym sym;

        if (gelf_getshdr(scn, &sh) == NULL || sh.sh_type != SHT_SYMTAB)
            continue;
        data = elf_getdata(scn, NULL);
        for (int i = 0; data != NULL && gelf_getsym(data, i, &sym) != NULL; i++) {
            const char *name = elf_strptr(im->elf, sh.sh_link, sym.st_name);

            if (name != NULL)
                note_symbol(name, sym.st_value, out);
        }
    }
}

static int load(struct image *im, struct bootelf *out)
{
    GElf_Ehdr eh;
    int rc = check_header(im, &eh);

    if (rc == 0)
        rc = load_segments(im);
    if (rc == 0) {
        out->entry = eh.e_entry;
        read_symbols(im, out);
    }
    return rc;
}

int bootelf_load(const char *path, struct nic_device *dev, struct bootelf *out, struct nic_err *err)
{
    struct image im = {.path = path, .dev = dev, .err = err};
    char *bytes = NULL;
    int rc;

    memset(out, 0, sizeof(*out));
    out->tohost = TOHOST_DEFAULT;
    elf_version(EV_CURRENT);
    rc = file_read(path, &bytes, &im.len, err);
    if (rc != 0)
        return rc;
    im.bytes = bytes;
    im.elf = elf_memory(bytes, im.len);
    rc = im.elf != NULL ? load(&im, out) : nic_err_set(err, -ENOEXEC, "%s: not an ELF file", path);
    elf_end(im.elf);
    free(bytes);
    return rc;
}
