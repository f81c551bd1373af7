/* SPDX-License-Identifier: BSD-3-Clause */
/* nicsim dump: BPF, engine code and C source side by side, as loaded on a card. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/bpflog.h"
#include "cmd/cmd.h"
#include "cmd/devopts.h"
#include "cmd/object.h"
#include "nic/rv64.h"

#define BPF_COLUMN 48 /* width of the left side */

struct dump_values {
    struct devopts dev;
    struct objopts obj;
    bool json, verbose;
};

static const struct opt dump_opts[] = {
    OBJOPTS_PROG(struct dump_values, "show"),
    OBJOPTS_BTF(struct dump_values),
    OBJOPTS_FILTER(struct dump_values),
    OPT_ROW_FLAG(struct dump_values, json, "json", 0, "print one JSON object"),
    DEVOPTS_PRESET(struct dump_values),
    DEVOPTS_SET,
    DEVOPTS_XLATE,
    OPT_ROW_FLAG(struct dump_values, verbose, "verbose", 'v',
                 "all messages of libbpf, and the whole verifier log of a program that is refused"),
    {.name = NULL},
};

static const struct cmd_example dump_examples[] = {
    {"nicsim dump build/examples/dos_filter.bpf.o", "what the engines run, line by line"},
    {"nicsim dump --filter 'udp port 53'", "a packet filter as engine code"},
    {NULL, NULL},
};

/* A loaded program and the engine code as it lies in the card's memory. */
struct listing {
    const char *name;
    struct nicbpf_prog_view view;
    uint32_t *code;
    const struct offload_xlate_opts *xlate;
};

static int read_code(struct session *s, struct listing *l)
{
    size_t bytes = (size_t)l->view.image->code_words * sizeof(*l->code);

    l->code = malloc(bytes + 1);
    if (l->code == NULL)
        return cmd_fail(CMD_FAILED, "out of memory");
    if (nic_mem_read(s->dev, l->view.hw->base, l->code, bytes) != 0)
        return cmd_fail(CMD_FAILED, "the program cannot be read back from the card");
    return CMD_DONE;
}

/* Engine words [*first, returned) of row i. */
static uint32_t row_range(const struct listing *l, uint32_t i, uint32_t *first)
{
    const struct offload_image *img = l->view.image;

    *first = img->rows[i].word;
    return i + 1 < img->row_count ? img->rows[i + 1].word : img->code_words;
}

static void engine_text(const struct listing *l, uint32_t word, char *buf, size_t len)
{
    uint64_t pc = l->view.hw->base + (uint64_t)word * 4;

    rv64_disasm(l->code[word], pc, buf, len);
}

static bool same_line(const struct offload_line_info *a, const struct offload_line_info *b)
{
    return a != NULL && a->line == b->line && strcmp(a->file, b->file) == 0;
}

static void print_source(const struct listing *l, uint32_t insn,
                         const struct offload_line_info **last)
{
    const struct offload_line_info *line = offload_prog_line(l->view.prog, insn);
    const char *slash;

    if (line == NULL || same_line(*last, line))
        return;
    *last = line;
    slash = strrchr(line->file, '/');
    printf("; %s:%u  %s\n", slash != NULL ? slash + 1 : line->file, line->line,
           line->text + strspn(line->text, " \t"));
}

static void print_row(const struct listing *l, uint32_t i)
{
    const struct offload_row *row = &l->view.image->rows[i];
    char left[160] = "", text[80], label[200];
    uint32_t word, end = row_range(l, i, &word);

    if (row->insn == OFFLOAD_ROW_GLUE)
        snprintf(label, sizeof(label), "      (entry or exit)");
    else {
        offload_disasm(l->view.prog, row->insn, left, sizeof(left));
        snprintf(label, sizeof(label), "%5" PRIu32 " %s", row->insn, left);
    }
    if (word == end)
        printf("  %s\n", label);
    for (const char *show = label; word < end; word++, show = "") {
        engine_text(l, word, text, sizeof(text));
        printf("  %-*s | %08" PRIx32 "  %s\n", BPF_COLUMN, show, l->view.hw->base + word * 4, text);
    }
}

/* Engine instructions of the program when translated so; 0 on failure. */
static uint32_t words_with(const struct listing *l, const struct offload_xlate_opts *opts)
{
    struct offload_image *img = NULL;
    uint32_t words = 0;

    if (offload_translate(l->view.prog, l->view.facts, opts, UINT32_MAX, &img, NULL) == 0)
        words = img->code_words;
    offload_image_free(img);
    return words;
}

/* What pass n saves, given the others; only of a pass that is on. */
static int64_t pass_saves(const struct listing *l, unsigned n)
{
    struct offload_xlate_opts without = *l->xlate;

    without.off |= 1u << n;
    return (int64_t)words_with(l, &without) - l->view.image->code_words;
}

static uint32_t words_naive(const struct listing *l)
{
    const struct offload_xlate_opts naive = {.off = UINT32_MAX, .naive = true};

    return words_with(l, &naive);
}

static void print_passes(const struct listing *l)
{
    printf("\npasses: %" PRIu32 " engine instructions without any (--xlate-opt=none)\n",
           words_naive(l));
    for (unsigned n = 0; offload_pass_name(n) != NULL; n++) {
        if (l->xlate->off & 1u << n)
            printf("  %-8s  off    %s\n", offload_pass_name(n), offload_pass_what(n));
        else
            printf("  %-8s %5" PRId64 "  %s\n", offload_pass_name(n), -pass_saves(l, n),
                   offload_pass_what(n));
    }
}

static json_object *passes_json(const struct listing *l)
{
    json_object *a = json_object_new_array();

    for (unsigned n = 0; offload_pass_name(n) != NULL; n++) {
        json_object *o = json_object_new_object();
        bool on = !(l->xlate->off & 1u << n);

        json_object_object_add(o, "name", json_object_new_string(offload_pass_name(n)));
        json_object_object_add(o, "on", json_object_new_boolean(on));
        if (on)
            json_object_object_add(o, "saved_insns", json_object_new_int64(pass_saves(l, n)));
        json_object_array_add(a, o);
    }
    return a;
}

static void print_listing(const struct listing *l)
{
    const struct offload_image *img = l->view.image;
    const struct offload_line_info *last = NULL;

    printf("%s: %" PRIu32 " BPF instructions, %" PRIu32 " engine instructions at 0x%08" PRIx32
           ", %" PRIu32 " bytes of stack\n\n",
           l->name, l->view.prog->insn_count, img->code_words, l->view.hw->base, img->stack_bytes);
    for (uint32_t i = 0; i < img->row_count; i++) {
        if (img->rows[i].insn != OFFLOAD_ROW_GLUE)
            print_source(l, img->rows[i].insn, &last);
        print_row(l, i);
    }
    print_passes(l);
}

static void add_source(json_object *o, const struct listing *l, uint32_t insn)
{
    const struct offload_line_info *line = offload_prog_line(l->view.prog, insn);

    if (line == NULL)
        return;
    json_object_object_add(o, "file", json_object_new_string(line->file));
    json_object_object_add(o, "line", json_object_new_uint64(line->line));
    json_object_object_add(o, "source", json_object_new_string(line->text));
}

static json_object *code_json(const struct listing *l, uint32_t i)
{
    json_object *a = json_object_new_array();
    uint32_t word, end = row_range(l, i, &word);
    char text[80];

    for (; word < end; word++) {
        json_object *o = json_object_new_object();

        engine_text(l, word, text, sizeof(text));
        json_object_object_add(o, "addr", json_object_new_uint64(l->view.hw->base + word * 4));
        json_object_object_add(o, "word", json_object_new_uint64(l->code[word]));
        json_object_object_add(o, "asm", json_object_new_string(text));
        json_object_array_add(a, o);
    }
    return a;
}

static json_object *row_json(const struct listing *l, uint32_t i)
{
    uint32_t insn = l->view.image->rows[i].insn;
    json_object *o = json_object_new_object();
    char text[160];

    if (insn == OFFLOAD_ROW_GLUE) {
        json_object_object_add(o, "insn", NULL);
    } else {
        offload_disasm(l->view.prog, insn, text, sizeof(text));
        json_object_object_add(o, "insn", json_object_new_uint64(insn));
        json_object_object_add(o, "bpf", json_object_new_string(text));
        add_source(o, l, insn);
    }
    json_object_object_add(o, "code", code_json(l, i));
    return o;
}

static void json_listing(const struct listing *l)
{
    const struct offload_image *img = l->view.image;
    json_object *o = json_object_new_object(), *rows = json_object_new_array();

    for (uint32_t i = 0; i < img->row_count; i++)
        json_object_array_add(rows, row_json(l, i));
    json_object_object_add(o, "program", json_object_new_string(l->name));
    json_object_object_add(o, "bpf_insns", json_object_new_uint64(l->view.prog->insn_count));
    json_object_object_add(o, "engine_insns", json_object_new_uint64(img->code_words));
    json_object_object_add(o, "base", json_object_new_uint64(l->view.hw->base));
    json_object_object_add(o, "entry",
                           json_object_new_uint64(l->view.hw->base + img->entry_word * 4));
    json_object_object_add(o, "stack_bytes", json_object_new_uint64(img->stack_bytes));
    json_object_object_add(o, "naive_insns", json_object_new_uint64(words_naive(l)));
    json_object_object_add(o, "passes", passes_json(l));
    json_object_object_add(o, "rows", rows);
    puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
    json_object_put(o);
}

static int show(const struct dump_values *v, struct object *o, struct session *s)
{
    struct listing l = {.name = o->name, .xlate = &v->dev.xlate};
    int status;

    if (nicbpf_prog(s->bpf, o->fd, &l.view) != 0)
        return cmd_fail(CMD_FAILED, "%s: the program is not on the card", o->path);
    status = read_code(s, &l);
    if (status == CMD_DONE && v->json)
        json_listing(&l);
    else if (status == CMD_DONE)
        print_listing(&l);
    free(l.code);
    return status;
}

static int dump_object(const struct dump_values *v, const char *path, struct object *o,
                       struct session *s)
{
    struct nic_err err = {""};
    struct nic_config cfg;
    int status = object_open(o, path, &v->obj, NULL);

    if (status != CMD_DONE)
        return status;
    if (devopts_apply(&v->dev, &cfg, &err) != 0)
        return cmd_fail(CMD_USAGE, "dump: %s", err.msg);
    if (session_open(s, &cfg, &err) != 0)
        return cmd_fail(CMD_FAILED, "%s", err.msg);
    nicbpf_xlate_opts(s->bpf, &v->dev.xlate);
    status = object_load(o, s, v->verbose);
    return status == CMD_DONE ? show(v, o, s) : status;
}

static int dump_main(const struct cmd *self, int argc, char **argv)
{
    static struct dump_values v;
    struct object o = {0};
    struct session s = {0};
    const char *path = NULL;
    int status;

    if (!cmd_parse(self, argc, argv, &v, &path, 0, 1, &status))
        return status;
    status = object_usage(self, path, &v.obj);
    if (status != CMD_DONE)
        return status;
    bpflog_start(v.verbose);
    status = dump_object(&v, path, &o, &s);
    object_close(&o);
    session_close(&s);
    return status;
}

const struct cmd cmd_dump = {
    .name = "dump",
    .args = "PROG.o | --filter EXPR",
    .brief = "show a program as BPF, engine code and C source side by side",
    .about =
        "Verifies, translates and loads an XDP program, then lists it: above each group the "
        "line of C it comes from, left the BPF instruction, right the engine instructions that "
        "do it, at the addresses where they lie in the card's instruction store.",
    .opts = dump_opts,
    .examples = dump_examples,
    .main = dump_main,
};
