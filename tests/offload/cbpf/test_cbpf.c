/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The converter against libpcap: expressions over captures, and programs drawn at random over
 * packets drawn at random. test_cbpf EXPRESSIONS CAPTURE...
 */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"
#include "dice.h"
#include "frames.h"

#define PROGRAMS 4000
#define PACKETS  12
#define BYTES    96

static const char *expressions;
static char **captures;

/* ---- expressions ---- */

static struct converted convert_pcap(const struct bpf_program *p, bool *ok)
{
    struct cbpf_insn *in = calloc(p->bf_len, sizeof(*in));
    struct converted c = {0};

    for (unsigned i = 0; i < p->bf_len; i++)
        in[i] = (struct cbpf_insn){p->bf_insns[i].code, p->bf_insns[i].jt, p->bf_insns[i].jf,
                                   p->bf_insns[i].k};
    *ok = converted_make(in, p->bf_len, &c);
    free(in);
    return c;
}

static unsigned compare_capture(const struct bpf_program *p, const struct converted *c,
                                const char *path, unsigned *packets)
{
    char err[PCAP_ERRBUF_SIZE];
    pcap_t *pcap = pcap_open_offline(path, err);
    struct pcap_pkthdr *h;
    const u_char *data;
    unsigned wrong = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(pcap);
    while (pcap_next_ex(pcap, &h, &data) == 1) {
        h->len = h->caplen; /* what the card gets */
        wrong +=
            (pcap_offline_filter(p, h, data) != 0) != (converted_run(c, data, h->caplen) == MATCH);
        ++*packets;
    }
    pcap_close(pcap);
    return wrong;
}

static void one_expression(pcap_t *dead, const char *text)
{
    struct bpf_program p;
    struct converted c;
    unsigned wrong = 0, packets = 0;
    bool ok;

    CU_ASSERT_EQUAL_FATAL(pcap_compile(dead, &p, text, 1, PCAP_NETMASK_UNKNOWN), 0);
    c = convert_pcap(&p, &ok);
    CU_ASSERT_TRUE(ok);
    for (char **path = captures; ok && *path != NULL; path++)
        wrong += compare_capture(&p, &c, *path, &packets);
    if (wrong != 0 || !ok)
        printf("%s: %u of %u packets differ\n", text, wrong, packets);
    CU_ASSERT_EQUAL(wrong, 0);
    free(c.insns);
    pcap_freecode(&p);
}

static void test_expressions(void)
{
    pcap_t *dead = pcap_open_dead(DLT_EN10MB, 262144);
    FILE *f = fopen(expressions, "r");
    char line[512];
    unsigned count = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    while (fgets(line, sizeof(line), f) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#' || line[0] == '\0')
            continue;
        one_expression(dead, line);
        count++;
    }
    CU_ASSERT_TRUE(count >= 100);
    fclose(f);
    pcap_close(dead);
}

/* ---- programs at random ---- */

/* A number that means something to a packet of up to BYTES bytes. */
static uint32_t small(uint32_t *seed)
{
    switch (dice32(seed) % 8) {
    case 0:
        return dice32(seed);
    case 1:
        return 0xffff - dice32(seed) % 8;
    case 2:
        return dice32(seed) % 4;
    default:
        return dice32(seed) % (BYTES + 8);
    }
}

static struct cbpf_insn random_insn(uint32_t *seed, uint32_t left)
{
    static const uint16_t codes[] = {
        0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0xb1, 0x00, 0x01, 0x60, 0x61, 0x80, 0x81, 0x02,
        0x03, 0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x44, 0x4c, 0x54, 0x5c, 0x64,
        0x6c, 0x74, 0x7c, 0x84, 0x94, 0x9c, 0xa4, 0xac, 0x05, 0x15, 0x1d, 0x25, 0x2d, 0x35,
        0x3d, 0x45, 0x4d, 0x06, 0x16, 0x07, 0x87, 0x30, 0x28, 0x50, 0x15, 0x25};
    struct cbpf_insn i = {.code = codes[dice32(seed) % (sizeof(codes) / sizeof(codes[0]))]};
    unsigned class = i.code & 7, op = i.code & 0xf0;

    i.k = small(seed);
    if ((i.code & 0xe7) == 0x60 || (i.code & 0xe7) == 0x61 || class == 2 || class == 3)
        i.k %= 16;
    if (class == 4 && (op == 0x60 || op == 0x70))
        i.k %= 32;
    if (class == 4 && (op == 0x30 || op == 0x90) && i.k == 0)
        i.k = 3;
    if (class < 2 && i.k >= 0xffe00000)
        i.k = 7;
    if (class == 5 && op == 0)
        i.k = dice32(seed) % left;
    i.jt = (uint8_t)(dice32(seed) % (left < 6 ? left : 6));
    i.jf = (uint8_t)(dice32(seed) % (left < 6 ? left : 6));
    return i;
}

/* The first 16 fill the scratch memory, which libpcap leaves as it is. */
static uint32_t random_program(uint32_t *seed, struct cbpf_insn *in)
{
    uint32_t body = 1 + dice32(seed) % 24, n = 0;

    for (; n < 16; n++)
        in[n] = (struct cbpf_insn){.code = 0x02, .k = n};
    for (uint32_t i = 0; i < body; i++)
        in[n++] = random_insn(seed, body - i);
    in[n++] = (struct cbpf_insn){.code = dice32(seed) % 2 ? 0x16 : 0x06, .k = dice32(seed) % 3};
    return n;
}

static unsigned compare_random(const struct cbpf_insn *in, uint32_t count,
                               const struct converted *c, uint32_t *seed)
{
    struct bpf_insn theirs[64];
    uint8_t packet[BYTES];
    unsigned wrong = 0;

    for (uint32_t i = 0; i < count; i++)
        theirs[i] = (struct bpf_insn){in[i].code, in[i].jt, in[i].jf, in[i].k};
    CU_ASSERT_TRUE(bpf_validate(theirs, (int)count));
    for (int n = 0; n < PACKETS; n++) {
        uint32_t len = 1 + dice32(seed) % BYTES;

        for (uint32_t b = 0; b < len; b++)
            packet[b] = (uint8_t)(dice32(seed) % 4 ? dice32(seed) : 0);
        wrong +=
            (bpf_filter(theirs, packet, len, len) != 0) != (converted_run(c, packet, len) == MATCH);
    }
    return wrong;
}

static void test_random(void)
{
    uint32_t seed = 1;

    for (int n = 0; n < PROGRAMS; n++) {
        struct cbpf_insn in[64];
        uint32_t count = random_program(&seed, in);
        struct converted c = {0};
        unsigned wrong = 0;
        bool ok = converted_make(in, count, &c);

        if (ok)
            wrong = compare_random(in, count, &c, &seed);
        if (!ok || wrong != 0)
            printf("program %d differs\n", n);
        CU_ASSERT_TRUE(ok && wrong == 0);
        free(c.insns);
    }
}

/* ---- length, and what is refused ---- */

/* Longer than 16-bit jumps reach: indirect loads to the end. */
static void test_long(void)
{
    struct cbpf_insn *in = calloc(CBPF_INSNS_MAX, sizeof(*in));
    struct converted c = {0};
    uint8_t packet[64] = {0};

    for (uint32_t i = 0; i + 1 < CBPF_INSNS_MAX; i++)
        in[i] = (struct cbpf_insn){.code = 0x40, .k = i % 50};
    in[CBPF_INSNS_MAX - 1] = (struct cbpf_insn){.code = 0x06, .k = 1};
    CU_ASSERT_TRUE_FATAL(converted_make(in, CBPF_INSNS_MAX, &c));
    CU_ASSERT_TRUE(c.count > 32768);
    CU_ASSERT_EQUAL(converted_run(&c, packet, 64), MATCH);
    CU_ASSERT_EQUAL(converted_run(&c, packet, 50), OTHER);
    CU_ASSERT_EQUAL(converted_run(&c, packet, 20), OTHER);
    free(c.insns);
    free(in);
}

static void test_refused(void)
{
    static const struct {
        struct cbpf_insn in[2];
        uint32_t count;
        const char *why;
    } rows[] = {
        {{{0x06, 0, 0, 1}}, 0, "0 instructions"},
        {{{0x00, 0, 0, 1}}, 1, "no return"},
        {{{0x28, 0, 0, 0xfffff000}, {0x06, 0, 0, 1}}, 2, "protocol of a Linux socket buffer"},
        {{{0x30, 0, 0, 0xfffff030}, {0x06, 0, 0, 1}}, 2, "VLAN tag's presence"},
        {{{0x30, 0, 0, 0xffffffff}, {0x06, 0, 0, 1}}, 2, "unknown field"},
        {{{0x30, 0, 0, 0xffe00001}, {0x06, 0, 0, 1}}, 2, "offset -2097151 is relative"},
        {{{0x60, 0, 0, 16}, {0x06, 0, 0, 1}}, 2, "M[16]"},
        {{{0x03, 0, 0, 99}, {0x06, 0, 0, 1}}, 2, "M[99]"},
        {{{0x34, 0, 0, 0}, {0x06, 0, 0, 1}}, 2, "division by zero"},
        {{{0x94, 0, 0, 0}, {0x06, 0, 0, 1}}, 2, "division by zero"},
        {{{0x64, 0, 0, 32}, {0x06, 0, 0, 1}}, 2, "invalid shift 32"},
        {{{0x05, 0, 0, 1}, {0x06, 0, 0, 1}}, 2, "jumps out"},
        {{{0x15, 1, 0, 1}, {0x06, 0, 0, 1}}, 2, "jumps out"},
        {{{0x05, 0, 0, 0xffffffff}, {0x06, 0, 0, 1}}, 2, "jumps back"},
        {{{0x0e, 0, 0, 1}, {0x06, 0, 0, 1}}, 2, "0x0e is no classic"},
        {{{0x38, 0, 0, 1}, {0x06, 0, 0, 1}}, 2, "0x38 is no classic"},
        {{{0xc4, 0, 0, 1}, {0x06, 0, 0, 1}}, 2, "0xc4 is no classic"},
        {{{0x17, 0, 0, 1}, {0x06, 0, 0, 1}}, 2, "0x17 is no classic"},
        {{{0x128, 0, 0, 1}, {0x06, 0, 0, 1}}, 2, "0x128 is no classic"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        static const struct cbpf_verdicts v = {MATCH, OTHER};
        struct offload_refusal why;
        struct ebpf_insn *out = NULL;
        uint32_t count;

        CU_ASSERT_EQUAL(offload_cbpf_convert(rows[i].in, rows[i].count, &v, &out, &count, &why),
                        -EINVAL);
        if (strstr(why.reason, rows[i].why) == NULL)
            printf("row %zu: %s\n", i, why.reason);
        CU_ASSERT_PTR_NOT_NULL(strstr(why.reason, rows[i].why));
    }
}

static const struct cunit_case cases[] = {{"expressions", test_expressions},
                                          {"random programs", test_random},
                                          {"long programs", test_long},
                                          {"refused", test_refused},
                                          {NULL, NULL}};

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    expressions = argv[1];
    captures = argv + 2;
    return cunit_run("cbpf", cases);
}
