/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/objfile.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/datadir.h"

static int check_header(const struct objfile *f)
{
    Elf64_Ehdr eh;

    memset(&eh, 0, sizeof(eh));
    memcpy(&eh, f->bytes, f->len < sizeof(eh) ? f->len : sizeof(eh));
    if (memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0)
        return cmd_fail(CMD_REFUSED, "%s: not an ELF file, so no BPF object", f->path);
    if (f->len < sizeof(eh))
        return cmd_fail(CMD_REFUSED, "%s: a truncated ELF file", f->path);
    if (eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_ident[EI_DATA] != ELFDATA2LSB ||
        eh.e_machine != EM_BPF)
        return cmd_fail(CMD_REFUSED,
                        "%s: an ELF file for another machine (%u), not a little-endian BPF object "
                        "(clang --target=bpf -O2 -g -c makes one)",
                        f->path, eh.e_machine);
    return CMD_DONE;
}

static const Elf64_Shdr *section(const struct objfile *f, size_t index)
{
    Elf_Scn *scn = elf_getscn(f->elf, index);

    return scn != NULL ? elf64_getshdr(scn) : NULL;
}

static bool is_section(const struct objfile *f, size_t index, const char *wanted)
{
    const Elf64_Shdr *sh = section(f, index);
    size_t names;
    const char *name;

    if (sh == NULL || elf_getshdrstrndx(f->elf, &names) != 0)
        return false;
    name = elf_strptr(f->elf, names, sh->sh_name);
    return name != NULL && strcmp(name, wanted) == 0;
}

static bool check_btf(const struct objfile *f, char *why, size_t len)
{
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(f->elf, scn)) != NULL;) {
        const Elf_Data *data;

        if (!is_section(f, elf_ndxscn(scn), ".BTF"))
            continue;
        data = elf_getdata(scn, NULL);
        if (data == NULL || data->d_buf == NULL) {
            snprintf(why, len, "its BTF is empty");
            return false;
        }
        if (!objbtf_check(data->d_buf, data->d_size, why, len))
            return false;
    }
    return true;
}

static int check(struct objfile *f)
{
    char why[160];
    int status = check_header(f);

    if (status != CMD_DONE)
        return status;
    if (!objcheck_layout(f, why, sizeof(why)))
        return cmd_fail(CMD_REFUSED, "%s: a damaged ELF file: %s", f->path, why);
    elf_version(EV_CURRENT);
    f->elf = elf_memory(f->bytes, f->len);
    if (f->elf == NULL)
        return cmd_fail(CMD_REFUSED, "%s: a damaged ELF file: %s", f->path, elf_errmsg(-1));
    status = legacy_maps_check(f);
    if (status == CMD_DONE && !check_btf(f, why, sizeof(why)))
        status = cmd_fail(CMD_REFUSED, "%s: a damaged object: %s", f->path, why);
    return status;
}

int objfile_open(struct objfile *f, const char *path)
{
    struct nic_err err = {""};
    int status;

    memset(f, 0, sizeof(*f));
    f->path = path;
    if (file_read(path, &f->bytes, &f->len, &err) != 0)
        return cmd_fail(CMD_FAILED, "%s", err.msg);
    status = check(f);
    if (status != CMD_DONE)
        objfile_close(f);
    return status;
}

void objfile_close(struct objfile *f)
{
    if (f->elf != NULL)
        elf_end(f->elf);
    free(f->bytes);
    memset(f, 0, sizeof(*f));
}

/* Does a relocation of this section (of .maps) mean the function? */
static bool relocates_to(const struct objfile *f, Elf_Scn *scn, const Elf64_Shdr *sh,
                         const char *function)
{
    const Elf_Data *rels = elf_getdata(scn, NULL), *syms;
    const Elf64_Shdr *symtab = section(f, sh->sh_link);

    if (rels == NULL || symtab == NULL)
        return false;
    syms = elf_getdata(elf_getscn(f->elf, sh->sh_link), NULL);
    for (size_t i = 0; syms != NULL && i < rels->d_size / sizeof(Elf64_Rel); i++) {
        const Elf64_Rel *rel = (const Elf64_Rel *)rels->d_buf + i;
        size_t n = ELF64_R_SYM(rel->r_info);
        const Elf64_Sym *sym = (const Elf64_Sym *)syms->d_buf + n;
        const char *name;

        if (n >= syms->d_size / sizeof(*sym) || ELF64_ST_TYPE(sym->st_info) != STT_FUNC)
            continue;
        name = elf_strptr(f->elf, symtab->sh_link, sym->st_name);
        if (name != NULL && strcmp(name, function) == 0)
            return true;
    }
    return false;
}

bool objfile_initial_prog(const struct objfile *f, const char *function)
{
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(f->elf, scn)) != NULL;) {
        const Elf64_Shdr *sh = elf64_getshdr(scn);

        if (sh != NULL && sh->sh_type == SHT_REL && is_section(f, sh->sh_info, ".maps") &&
            relocates_to(f, scn, sh, function))
            return true;
    }
    return false;
}
