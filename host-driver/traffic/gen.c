/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames from a template: only what differs from one frame to the next is
 * written, and the checksums are completed from the template's sums (RFC 1071:
 * a ones' complement sum can be taken in any order).
 */
#include "traffic/gen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "traffic/source.h"

#define ETH_LEN  14u
#define SRC_BITS 24u
#define SRC_MASK ((1u << SRC_BITS) - 1)

struct gen {
    struct traffic base;
    struct gen_spec spec;
    uint64_t sent;
    uint32_t flow, round;    /* sent % flows, sent / flows */
    unsigned l4_at, src_at;  /* offsets in the frame; src_at: the low 3 bytes of the source */
    uint32_t ip_sum, l4_sum; /* of the template, where what varies is 0 */
    uint32_t mul, add;       /* the permutation of flow numbers that the seed chose */
    uint8_t frame[GEN_SIZE_MAX];
};

static uint64_t mix(uint64_t z) /* splitmix64's finalizer: public domain constants */
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* One-to-one on 24 bits, so that flows have different sources. */
static uint32_t flow_source(const struct gen *g, uint32_t flow)
{
    uint32_t x = (flow * g->mul + g->add) & SRC_MASK;

    x ^= x >> (SRC_BITS / 2);
    x = (x * (g->mul ^ 0x5bd1e8u)) & SRC_MASK;
    return x ^ (x >> (SRC_BITS / 2));
}

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static uint32_t sum16(const uint8_t *p, size_t len)
{
    uint32_t sum = 0;

    for (; len > 1; p += 2, len -= 2)
        sum += (uint32_t)(p[0] << 8 | p[1]);
    return len != 0 ? sum + (uint32_t)(p[0] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void template_ip4(struct gen *g)
{
    static const uint8_t fixed[20] = {0x45, [6] = 0x40, [8] = 64, [12] = 10, [16] = 192, 0, 2, 1};
    uint8_t *ip = g->frame + ETH_LEN;

    memcpy(ip, fixed, sizeof(fixed));
    put16(ip + 2, (uint32_t)g->spec.size - ETH_LEN);
    ip[9] = (uint8_t)g->spec.kind->protocol;
    g->l4_at = ETH_LEN + sizeof(fixed);
    g->src_at = ETH_LEN + 13;
    g->ip_sum = sum16(ip, sizeof(fixed));
    if (g->spec.kind->protocol != 1) /* ICMP has no pseudo-header */
        g->l4_sum = sum16(ip + 12, 8);
}

static void template_ip6(struct gen *g)
{
    static const uint8_t fixed[40] = {0x60, [7] = 64, [8] = 0x20, 0x01, 0x0d, 0xb8,    [24] = 0x20,
                                      0x01, 0x0d,     0xb8,       0xff, 0xff, [39] = 1};
    uint8_t *ip = g->frame + ETH_LEN;

    memcpy(ip, fixed, sizeof(fixed));
    g->l4_at = ETH_LEN + sizeof(fixed);
    g->src_at = ETH_LEN + 8 + 13;
    put16(ip + 4, (uint32_t)g->spec.size - g->l4_at);
    ip[6] = (uint8_t)g->spec.kind->protocol;
    g->l4_sum = sum16(ip + 8, 32);
}

static void template_l4(struct gen *g)
{
    const struct gen_kind *k = g->spec.kind;
    uint8_t *l4 = g->frame + g->l4_at;
    uint32_t len = (uint32_t)g->spec.size - g->l4_at;

    if (k->dport != 0)
        put16(l4 + 2, k->dport);
    if (k->protocol == 17)
        put16(l4 + 4, len);
    if (k->protocol == 6) {
        l4[12] = 5 << 4; /* header words */
        l4[13] = 0x02;   /* SYN */
        put16(l4 + 14, 0xffff);
    }
    if (k->dport == 0)
        l4[0] = k->protocol == 1 ? 8 : 128; /* echo request */
    for (uint32_t i = k->l4_len; i < len; i++)
        l4[i] = (uint8_t)i;
    if (k->ip == 6 || k->protocol != 1)
        g->l4_sum += k->protocol + len;
    g->l4_sum += sum16(l4, len);
}

static void make_template(struct gen *g)
{
    static const uint8_t macs[12] = {0x02, 0, 0, 0, 0, 0x01, 0x02, 0, 0, 0, 0, 0x02};

    memcpy(g->frame, macs, sizeof(macs));
    put16(g->frame + 12, g->spec.kind->ip == 4 ? 0x0800 : 0x86dd);
    if (g->spec.kind->ip == 4)
        template_ip4(g);
    else
        template_ip6(g);
    template_l4(g);
    g->mul = ((uint32_t)mix(g->spec.seed) & SRC_MASK) | 1u;
    g->add = (uint32_t)(mix(g->spec.seed) >> 32) & SRC_MASK;
}

/* Writes word `v` at l4 + at, and returns it for the sum. */
static uint32_t l4_word(struct gen *g, unsigned at, uint32_t v)
{
    put16(g->frame + g->l4_at + at, v & 0xffff);
    return v & 0xffff;
}

/* What tells one flow, or one packet of it, from another above IP. */
static uint32_t vary_l4(struct gen *g, uint32_t src)
{
    uint32_t port = 1024 + (uint32_t)mix(src) % 64512;
    uint32_t n = g->round;

    if (g->spec.kind->dport == 0) /* echo identifier and sequence number */
        return l4_word(g, 4, port) + l4_word(g, 6, n);
    if (g->spec.kind->protocol == 17)
        return l4_word(g, 0, port);
    return l4_word(g, 0, port) + l4_word(g, 4, (uint32_t)mix(src) >> 16) + l4_word(g, 6, n);
}

static void finish_l4(struct gen *g, uint32_t sum)
{
    uint16_t check = fold(sum);

    if (check == 0 && g->spec.kind->protocol == 17)
        check = 0xffff; /* RFC 768: 0 would mean no checksum */
    put16(g->frame + g->l4_at + g->spec.kind->sum_at, check);
}

static int gen_next(struct traffic *t, struct nic_frame *f)
{
    struct gen *g = (struct gen *)t;
    const struct gen_kind *k = g->spec.kind;
    uint32_t src, addr_sum, sum;

    if (g->sent == g->spec.count)
        return 0;
    src = flow_source(g, g->flow);
    addr_sum = (src >> 16) + (src & 0xffff);
    g->frame[g->src_at] = (uint8_t)(src >> 16);
    put16(g->frame + g->src_at + 1, src);
    if (k->ip == 4) {
        uint32_t id = (uint32_t)g->sent & 0xffff;

        put16(g->frame + ETH_LEN + 4, id);
        put16(g->frame + ETH_LEN + 10, fold(g->ip_sum + addr_sum + id));
    }
    sum = g->l4_sum + vary_l4(g, src);
    finish_l4(g, k->ip == 4 && k->protocol == 1 ? sum : sum + addr_sum);
    *f = (struct nic_frame){.data = g->frame, .len = (uint32_t)g->spec.size};
    g->sent++;
    if (++g->flow == g->spec.flows) {
        g->flow = 0;
        g->round++;
    }
    return 1;
}

static void gen_destroy(struct traffic *t)
{
    traffic_fini(t);
    free(t);
}

static const struct traffic_ops gen_ops = {.next = gen_next, .destroy = gen_destroy};

int traffic_open_gen(const char *spec, struct traffic **out, struct nic_err *err)
{
    struct gen *g = calloc(1, sizeof(*g));
    int rc;

    if (g == NULL)
        return nic_err_set(err, -ENOMEM, "generator: out of memory");
    rc = traffic_init(&g->base, &gen_ops, spec);
    if (rc == 0)
        rc = gen_parse(spec, &g->spec, err);
    if (rc != 0) {
        gen_destroy(&g->base);
        return rc;
    }
    make_template(g);
    *out = &g->base;
    return 0;
}
