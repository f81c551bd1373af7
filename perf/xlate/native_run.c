/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nicsim with one way in more, for measuring: native code in place of the
 * translator's. Linked with --wrap; native.py drives it by environment variables.
 *
 *   NICSIM_NATIVE_ASK=FILE  appends where maps and code lie to FILE: "program NAME", then
 *                           "map NAME" a map, in order, and "link BASE GATES MAP:VALUE..."
 *   NICSIM_NATIVE_CODE=DIR  program NAME is the bytes of DIR/NAME.bin, linked already, and starts
 *                           at the word that DIR/NAME.entry says; without it, translates
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "offload/image.h"

enum { CODE_MAX = 1 << 20, STACK_BYTES = 512 };

int __real_offload_translate(const struct offload_prog *prog, const struct offload_facts *facts,
                             const struct offload_xlate_opts *opts, uint32_t max_words,
                             struct offload_image **out, struct offload_refusal *why);
int __wrap_offload_translate(const struct offload_prog *prog, const struct offload_facts *facts,
                             const struct offload_xlate_opts *opts, uint32_t max_words,
                             struct offload_image **out, struct offload_refusal *why);
int __real_offload_image_link(const struct offload_image *img, const struct offload_link *link,
                              uint32_t *out);
int __wrap_offload_image_link(const struct offload_image *img, const struct offload_link *link,
                              uint32_t *out);

static FILE *open_in(const char *dir, const char *name, const char *suffix)
{
    char path[4096];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s.%s", dir, name, suffix);
    f = fopen(path, "rb");
    if (!f)
        exit(3);
    return f;
}

static struct offload_image *read_native(const char *dir, const char *name)
{
    struct offload_image *img = calloc(1, sizeof(*img));
    FILE *f = open_in(dir, name, "bin"), *entry = open_in(dir, name, "entry");

    if (!img || fscanf(entry, "%" SCNu32, &img->entry_word) != 1)
        exit(3);
    img->code = calloc(1, CODE_MAX);
    img->rows = calloc(1, sizeof(*img->rows));
    if (!img->code || !img->rows)
        exit(3);
    img->code_words = (uint32_t)fread(img->code, 4, CODE_MAX / 4, f);
    img->rows[0].insn = OFFLOAD_ROW_GLUE;
    img->row_count = 1;
    img->stack_bytes = STACK_BYTES;
    fclose(f);
    fclose(entry);
    return img;
}

int __wrap_offload_translate(const struct offload_prog *prog, const struct offload_facts *facts,
                             const struct offload_xlate_opts *opts, uint32_t max_words,
                             struct offload_image **out, struct offload_refusal *why)
{
    const char *code = getenv("NICSIM_NATIVE_CODE"), *ask = getenv("NICSIM_NATIVE_ASK");
    FILE *f = ask ? fopen(ask, "a") : NULL;

    if (f)
        fprintf(f, "program %s\n", prog->name);
    for (uint32_t k = 0; f && k < prog->map_count; k++)
        fprintf(f, "map %s\n", prog->maps[k].name);
    if (f)
        fclose(f);
    if (!code)
        return __real_offload_translate(prog, facts, opts, max_words, out, why);
    *out = read_native(code, prog->name);
    return 0;
}

int __wrap_offload_image_link(const struct offload_image *img, const struct offload_link *link,
                              uint32_t *out)
{
    const char *ask = getenv("NICSIM_NATIVE_ASK");
    FILE *f = ask ? fopen(ask, "a") : NULL;

    if (f) {
        fprintf(f, "link %" PRIu32 " %" PRIu32, link->base, link->gate_base);
        for (uint32_t k = 0; k < link->map_count; k++)
            fprintf(f, " %" PRIu32 ":%" PRIu32, link->map_addr[k], link->value_addr[k]);
        fprintf(f, "\n");
        fclose(f);
    }
    return __real_offload_image_link(img, link, out);
}
