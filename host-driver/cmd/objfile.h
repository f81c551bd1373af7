/* SPDX-License-Identifier: BSD-3-Clause */
/* An object's file, looked at before libbpf takes it. */
#ifndef CMD_OBJFILE_H
#define CMD_OBJFILE_H

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>

struct objfile {
    const char *path;
    char *bytes;
    size_t len;
    Elf *elf;
};

/*
 * Reads the file. enum cmd_status: what is no BPF object, or one that libbpf has no good sentence
 * for (cut short, legacy map definitions), is refused here, with the reason on stderr.
 */
int objfile_open(struct objfile *f, const char *path);
void objfile_close(struct objfile *f); /* a zeroed one is allowed */

/* Does a map's initial value (`.values` of a program array) name this function? */
bool objfile_initial_prog(const struct objfile *f, const char *function);

/* ---- objcheck.c ---- */
/* Is the file whole, and its tables within it? `why` takes the reason when not. */
bool objcheck_layout(const struct objfile *f, char *why, size_t len);

/* ---- objbtf.c ---- */
/* Does a .BTF section hold together? */
bool objbtf_check(const char *bytes, size_t len, char *why, size_t why_len);

/* ---- legacy.c ---- */
/* Refuses SEC("maps"), with the definitions to write instead; CMD_DONE when there are none. */
int legacy_maps_check(const struct objfile *f);

#endif
