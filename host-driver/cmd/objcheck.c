/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tables of an ELF file (System V gABI, chapter 4) lie within it and refer to what exists.
 * libbpf and libelf believe much of this unseen.
 */
#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "cmd/objfile.h"

struct layout {
    const struct objfile *f;
    Elf64_Ehdr eh;
    char *why;
    size_t len;
};

static bool damaged(const struct layout *l, const char *what, size_t index)
{
    snprintf(l->why, l->len, "%s (section %zu)", what, index);
    return false;
}

static Elf64_Shdr header(const struct layout *l, size_t index)
{
    Elf64_Shdr sh;

    memcpy(&sh, l->f->bytes + l->eh.e_shoff + index * sizeof(sh), sizeof(sh));
    return sh;
}

static bool is_string_table(const struct layout *l, size_t index)
{
    Elf64_Shdr sh;

    if (index == 0 || index >= l->eh.e_shnum)
        return false;
    sh = header(l, index);
    return sh.sh_type == SHT_STRTAB && sh.sh_size != 0 && sh.sh_offset <= l->f->len &&
           sh.sh_size <= l->f->len - sh.sh_offset &&
           l->f->bytes[sh.sh_offset + sh.sh_size - 1] == '\0';
}

static bool has_string(const struct layout *l, size_t table, size_t offset)
{
    return offset < header(l, table).sh_size;
}

static bool check_symbols(const struct layout *l, size_t index, const Elf64_Shdr *sh)
{
    if (sh->sh_entsize != sizeof(Elf64_Sym) || sh->sh_size % sizeof(Elf64_Sym) != 0)
        return damaged(l, "symbols of another size", index);
    if (!is_string_table(l, sh->sh_link))
        return damaged(l, "symbols without a table of their names", index);
    for (size_t at = 0; at < sh->sh_size; at += sizeof(Elf64_Sym)) {
        Elf64_Sym sym;

        memcpy(&sym, l->f->bytes + sh->sh_offset + at, sizeof(sym));
        if (!has_string(l, sh->sh_link, sym.st_name))
            return damaged(l, "a symbol's name lies outside the table of names", index);
        if (sym.st_shndx >= l->eh.e_shnum && sym.st_shndx < SHN_LORESERVE)
            return damaged(l, "a symbol of a section that is not there", index);
    }
    return true;
}

static bool check_relocations(const struct layout *l, size_t index, const Elf64_Shdr *sh)
{
    Elf64_Shdr symtab;

    if (sh->sh_entsize != sizeof(Elf64_Rel) || sh->sh_size % sizeof(Elf64_Rel) != 0)
        return damaged(l, "relocations of another size", index);
    if (sh->sh_info == 0 || sh->sh_info >= l->eh.e_shnum)
        return damaged(l, "relocations of a section that is not there", index);
    if (sh->sh_link == 0 || sh->sh_link >= l->eh.e_shnum)
        return damaged(l, "relocations without symbols", index);
    symtab = header(l, sh->sh_link);
    if (symtab.sh_type != SHT_SYMTAB)
        return damaged(l, "relocations without symbols", index);
    for (size_t at = 0; at < sh->sh_size; at += sizeof(Elf64_Rel)) {
        Elf64_Rel rel;

        memcpy(&rel, l->f->bytes + sh->sh_offset + at, sizeof(rel));
        if (ELF64_R_SYM(rel.r_info) >= symtab.sh_size / sizeof(Elf64_Sym))
            return damaged(l, "a relocation to a symbol that is not there", index);
    }
    return true;
}

static bool check_section(const struct layout *l, size_t index)
{
    Elf64_Shdr sh = header(l, index);

    if (index == 0 || sh.sh_type == SHT_NULL)
        return true;
    if (!has_string(l, l->eh.e_shstrndx, sh.sh_name))
        return damaged(l, "its name lies outside the table of names", index);
    if (sh.sh_type != SHT_NOBITS &&
        (sh.sh_offset > l->f->len || sh.sh_size > l->f->len - sh.sh_offset))
        return damaged(l, "it lies outside the file", index);
    if (sh.sh_flags & SHF_COMPRESSED)
        return damaged(l, "it is compressed", index);
    if (sh.sh_type == SHT_SYMTAB)
        return check_symbols(l, index, &sh);
    return sh.sh_type != SHT_REL || check_relocations(l, index, &sh);
}

bool objcheck_layout(const struct objfile *f, char *why, size_t len)
{
    struct layout l = {.f = f, .why = why, .len = len};
    size_t table;

    memcpy(&l.eh, f->bytes, sizeof(l.eh));
    table = (size_t)l.eh.e_shnum * sizeof(Elf64_Shdr);
    snprintf(why, len, "its section headers lie outside the file");
    if (l.eh.e_shnum == 0 || l.eh.e_shentsize != sizeof(Elf64_Shdr) || l.eh.e_shoff > f->len ||
        table > f->len - l.eh.e_shoff)
        return false;
    if (!is_string_table(&l, l.eh.e_shstrndx))
        return damaged(&l, "no table of section names", l.eh.e_shstrndx);
    for (size_t i = 0; i < l.eh.e_shnum; i++)
        if (!check_section(&l, i))
            return false;
    return true;
}
