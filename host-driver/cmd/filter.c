/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/filter.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/datadir.h"

#define SNAPLEN 262144

/* enum xdp_action of linux/bpf.h, which cannot stand beside libpcap's header. */
enum { XDP_DROP = 1, XDP_PASS = 2, XDP_TX = 3 };

struct listing {
    struct cbpf_insn *insns;
    uint32_t count;
};

int filter_match(const char *word, struct cbpf_verdicts *out)
{
    static const struct {
        const char *word;
        struct cbpf_verdicts v;
    } rows[] = {
        {"pass", {XDP_PASS, XDP_DROP}},
        {"drop", {XDP_DROP, XDP_PASS}},
        {"tx", {XDP_TX, XDP_PASS}},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(word, rows[i].word) == 0) {
            *out = rows[i].v;
            return 0;
        }
    return -EINVAL;
}

/* libpcap's program, in our own type. */
static int copy_program(const struct bpf_program *p, struct listing *l)
{
    l->insns = calloc(p->bf_len + 1, sizeof(*l->insns));
    if (l->insns == NULL)
        return cmd_fail(CMD_FAILED, "out of memory");
    for (l->count = 0; l->count < p->bf_len; l->count++) {
        const struct bpf_insn *i = &p->bf_insns[l->count];

        l->insns[l->count] = (struct cbpf_insn){i->code, i->jt, i->jf, i->k};
    }
    return CMD_DONE;
}

/*
 * "net 10/8" means net 10.0/8; pcap-filter's grammar takes a mask length only behind a number with
 * a dot. Returns the expression in its words, malloc'ed.
 */
static char *with_dots(const char *expression)
{
    char *out = malloc(2 * strlen(expression) + 1), *to = out;
    bool net = false;

    while (out != NULL && *expression != '\0') {
        size_t blanks = strspn(expression, " \t\n"), word, digits;

        memcpy(to, expression, blanks);
        to += blanks;
        expression += blanks;
        word = strcspn(expression, " \t\n()!&|");
        word += word == 0 && *expression != '\0';
        digits = net ? strspn(expression, "0123456789") : 0;
        memcpy(to, expression, word);
        if (digits != 0 && digits < word && expression[digits] == '/') {
            memcpy(to + digits, ".0", 2);
            memcpy(to + digits + 2, expression + digits, word - digits);
            to += 2;
        }
        net = word == 3 && strncmp(expression, "net", 3) == 0;
        to += word;
        expression += word;
    }
    if (out != NULL)
        *to = '\0';
    return out;
}

static int compile(const char *expression, struct listing *l)
{
    pcap_t *pcap = pcap_open_dead(DLT_EN10MB, SNAPLEN);
    char *text = with_dots(expression);
    struct bpf_program p;
    int status;

    if (pcap == NULL || text == NULL)
        status = cmd_fail(CMD_FAILED, "out of memory");
    else if (pcap_compile(pcap, &p, text, 1, PCAP_NETMASK_UNKNOWN) != 0)
        status = cmd_fail(CMD_USAGE, "--filter '%s': %s", expression, pcap_geterr(pcap));
    else {
        status = copy_program(&p, l);
        pcap_freecode(&p);
    }
    if (pcap != NULL)
        pcap_close(pcap);
    free(text);
    return status;
}

/* Four numbers a line; only their ranges are looked at here. */
static bool parse_line(const char *line, struct cbpf_insn *out)
{
    unsigned long code, jt, jf, k;
    char end;

    if (line[strspn(line, "0123456789 \t\r")] != '\0' ||
        sscanf(line, "%lu %lu %lu %lu %c", &code, &jt, &jf, &k, &end) != 4)
        return false;
    if (code > UINT16_MAX || jt > UINT8_MAX || jf > UINT8_MAX || k > UINT32_MAX)
        return false;
    *out = (struct cbpf_insn){(uint16_t)code, (uint8_t)jt, (uint8_t)jf, (uint32_t)k};
    return true;
}

/* The first line of tcpdump -ddd is the number of instructions. */
static int parse_listing(const char *path, char *text, struct listing *l)
{
    char *rest = NULL, *line = strtok_r(text, "\n", &rest), *end;
    unsigned long count = line != NULL ? strtoul(line, &end, 10) : 0;

    if (line == NULL || line[strspn(line, "0123456789 \t\r")] != '\0' || count == 0 ||
        count > CBPF_INSNS_MAX)
        return cmd_fail(CMD_REFUSED,
                        "%s:1: not the number of instructions (1 to %u) that tcpdump -ddd begins "
                        "with",
                        path, CBPF_INSNS_MAX);
    l->insns = calloc(count, sizeof(*l->insns));
    if (l->insns == NULL)
        return cmd_fail(CMD_FAILED, "out of memory");
    while (l->count < count && (line = strtok_r(NULL, "\n", &rest)) != NULL) {
        if (!parse_line(line, &l->insns[l->count]))
            return cmd_fail(CMD_REFUSED, "%s:%u: not an instruction (CODE JT JF K, in decimal)",
                            path, l->count + 2);
        l->count++;
    }
    if (l->count < count || strtok_r(NULL, "\n", &rest) != NULL)
        return cmd_fail(CMD_REFUSED, "%s: %s lines than the %lu that its first line tells", path,
                        l->count < count ? "fewer" : "more", count);
    return CMD_DONE;
}

static int read_listing(const char *path, struct listing *l)
{
    struct nic_err err = {""};
    char *text;
    size_t len;
    int status;

    if (file_read(path, &text, &len, &err) != 0)
        return cmd_fail(CMD_FAILED, "%s", err.msg);
    if (strlen(text) != len)
        status = cmd_fail(CMD_REFUSED, "%s: not text", path);
    else
        status = parse_listing(path, text, l);
    free(text);
    return status;
}

int filter_program(const struct objopts *opts, struct ebpf_insn **out, uint32_t *count)
{
    const char *what = opts->filter != NULL ? opts->filter : opts->filter_file;
    struct cbpf_verdicts verdicts = {XDP_PASS, XDP_DROP};
    struct offload_refusal why = {0};
    struct listing l = {0};
    int status, rc;

    if (opts->match != NULL && filter_match(opts->match, &verdicts) != 0)
        return cmd_fail(CMD_USAGE, "--match %s: not drop, pass or tx", opts->match);
    status = opts->filter != NULL ? compile(opts->filter, &l) : read_listing(opts->filter_file, &l);
    if (status == CMD_DONE) {
        rc = offload_cbpf_convert(l.insns, l.count, &verdicts, out, count, &why);
        if (rc == -EINVAL)
            status = cmd_fail(CMD_REFUSED, "%s: instruction %u of the filter: %s", what, why.insn,
                              why.reason);
        else if (rc != 0)
            status = cmd_fail(CMD_FAILED, "%s: %s", what, strerror(-rc));
    }
    free(l.insns);
    return status;
}
