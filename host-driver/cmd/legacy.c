/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SEC("maps"): struct bpf_map_def of libbpf before 1.0, and struct bpf_elf_map of iproute2, begin
 * with the same five numbers: type, key size, value size, entries, flags. libbpf 1.x takes neither.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/maptype.h"
#include "cmd/objfile.h"

#define DEF_MIN 16u /* bytes: up to and with the number of entries */

struct legacy {
    const struct objfile *f;
    size_t section; /* "maps" */
    const Elf_Data *data;
    const Elf_Data *syms;
    size_t names;
    bool maps_in_maps; /* one of them: cannot be shown in full */
};

static bool find_section(struct legacy *l)
{
    size_t names;

    if (elf_getshdrstrndx(l->f->elf, &names) != 0)
        return false;
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(l->f->elf, scn)) != NULL;) {
        const Elf64_Shdr *sh = elf64_getshdr(scn);
        const char *name = sh != NULL ? elf_strptr(l->f->elf, names, sh->sh_name) : NULL;

        if (name != NULL && strcmp(name, "maps") == 0 && sh->sh_type == SHT_PROGBITS) {
            l->section = elf_ndxscn(scn);
            l->data = elf_getdata(scn, NULL);
        } else if (sh != NULL && sh->sh_type == SHT_SYMTAB) {
            l->syms = elf_getdata(scn, NULL);
            l->names = sh->sh_link;
        }
    }
    return l->section != 0 && l->data != NULL && l->syms != NULL && l->data->d_size != 0;
}

/* Symbol n when it is a map's, else NULL. */
static const Elf64_Sym *map_symbol(const struct legacy *l, size_t n, const char **name)
{
    const Elf64_Sym *sym = (const Elf64_Sym *)l->syms->d_buf + n;

    if (sym->st_shndx != l->section || ELF64_ST_TYPE(sym->st_info) == STT_SECTION)
        return NULL;
    *name = elf_strptr(l->f->elf, l->names, sym->st_name);
    return *name != NULL && (*name)[0] != '\0' ? sym : NULL;
}

static size_t count_maps(const struct legacy *l)
{
    size_t count = 0;
    const char *name;

    for (size_t i = 0; i < l->syms->d_size / sizeof(Elf64_Sym); i++)
        count += map_symbol(l, i, &name) != NULL;
    return count;
}

static void print_map(struct legacy *l, const Elf64_Sym *sym, const char *name, size_t size)
{
    uint32_t def[5] = {0};
    const char *type;

    if (sym->st_value > l->data->d_size || l->data->d_size - sym->st_value < DEF_MIN ||
        size < DEF_MIN)
        return;
    size = size < sizeof(def) ? size : sizeof(def);
    if (size > l->data->d_size - sym->st_value)
        size = (size_t)(l->data->d_size - sym->st_value);
    memcpy(def, (const char *)l->data->d_buf + sym->st_value, size);
    type = map_type_enum(def[0]);
    fputs("    struct {\n", stderr);
    if (type != NULL)
        fprintf(stderr, "        __uint(type, %s);\n", type);
    else
        fprintf(stderr, "        __uint(type, %" PRIu32 ");\n", def[0]);
    fprintf(stderr, "        __uint(key_size, %" PRIu32 ");\n", def[1]);
    fprintf(stderr, "        __uint(value_size, %" PRIu32 ");\n", def[2]);
    fprintf(stderr, "        __uint(max_entries, %" PRIu32 ");\n", def[3]);
    if (def[4] != 0)
        fprintf(stderr, "        __uint(map_flags, 0x%" PRIx32 ");\n", def[4]);
    fprintf(stderr, "    } %s SEC(\".maps\");\n", name);
    l->maps_in_maps |= map_type_holds_maps(def[0]);
}

int legacy_maps_check(const struct objfile *f)
{
    struct legacy l = {.f = f};
    const Elf64_Sym *sym;
    const char *name;
    size_t count;

    if (!find_section(&l) || (count = count_maps(&l)) == 0)
        return CMD_DONE;
    cmd_fail(CMD_REFUSED,
             "%s: legacy map definitions in SEC(\"maps\"), which libbpf 1.x does not take; "
             "write %s instead (__uint is in <bpf/bpf_helpers.h>):",
             f->path, count == 1 ? "this" : "these");
    for (size_t i = 0; i < l.syms->d_size / sizeof(Elf64_Sym); i++)
        if ((sym = map_symbol(&l, i, &name)) != NULL)
            print_map(&l, sym, name, l.data->d_size / count);
    if (l.maps_in_maps)
        fputs("  hint: a map of maps also needs __array(values, struct { ... its inner map });\n",
              stderr);
    return CMD_REFUSED;
}
