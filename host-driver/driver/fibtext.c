/* SPDX-License-Identifier: BSD-3-Clause */
/* Forwarding tables from text: lines of words, as ip(8) takes and prints them. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/fib_impl.h"

#define WORDS_MAX  24
#define LINE_BYTES 512
#define METRIC6    1024u /* of IPv6 routes that name none */

struct line {
    char text[LINE_BYTES];
    const char *word[WORDS_MAX + 1]; /* NULL behind the last */
    const char *bad;                 /* what is wrong with it */
    const char *bad_word;
};

static int refuse(struct line *l, const char *why, const char *word)
{
    l->bad = why;
    l->bad_word = word ? word : "nothing";
    return -EINVAL;
}

static int split(struct line *l)
{
    char *rest = NULL, *w = strtok_r(l->text, " \t\r\n", &rest);
    unsigned n = 0;

    for (; w && w[0] != '#'; w = strtok_r(NULL, " \t\r\n", &rest)) {
        if (n == WORDS_MAX)
            return refuse(l, "too many words", w);
        l->word[n++] = w;
    }
    l->word[n] = NULL;
    return 0;
}

/* ---- words ---- */

static int take_number(struct line *l, const char *w, uint32_t *out)
{
    char *end = NULL;
    unsigned long long v;

    if (!w || w[0] < '0' || w[0] > '9')
        return refuse(l, "a number is wanted", w);
    errno = 0;
    v = strtoull(w, &end, 10);
    if (errno || *end || v > UINT32_MAX)
        return refuse(l, "a number is wanted", w);
    *out = (uint32_t)v;
    return 0;
}

static int take_mac(struct line *l, const char *w, uint8_t mac[6])
{
    for (unsigned i = 0; w && i < 6; i++, w += 3) {
        unsigned v;
        if (strspn(w, "0123456789abcdefABCDEF") != 2 || sscanf(w, "%2x", &v) != 1 ||
            w[2] != (i < 5 ? ':' : '\0'))
            return refuse(l, "an Ethernet address is wanted", w);
        mac[i] = (uint8_t)v;
    }
    return w ? 0 : refuse(l, "an Ethernet address is wanted", w);
}

static int take_addr(struct line *l, const char *w, struct nicdrv_fib_addr *a)
{
    *a = (struct nicdrv_fib_addr){.family = 4};
    if (w && inet_pton(AF_INET, w, a->bytes) == 1)
        return 0;
    a->family = 6;
    if (w && inet_pton(AF_INET6, w, a->bytes) == 1)
        return 0;
    return refuse(l, "an IP address is wanted", w);
}

/* ADDRESS[/BITS], or default. */
static int take_prefix(struct line *l, const char *w, struct nicdrv_fib_addr *a, uint8_t *bits)
{
    char text[64];
    const char *slash = w ? strchr(w, '/') : NULL;
    size_t len = slash ? (size_t)(slash - w) : w ? strlen(w) : 0;
    uint32_t n;

    if (w && !strcmp(w, "default")) {
        *a = (struct nicdrv_fib_addr){.family = 4};
        *bits = 0;
        return 0;
    }
    if (len >= sizeof(text))
        return refuse(l, "an IP address is wanted", w);
    memcpy(text, w ? w : "", len);
    text[len] = '\0';
    int rc = take_addr(l, text, a);
    if (rc)
        return refuse(l, "an IP address is wanted", w);
    n = fib_bits(a->family);
    rc = slash ? take_number(l, slash + 1, &n) : 0;
    if (!rc && n > fib_bits(a->family))
        rc = refuse(l, "a prefix longer than its address", w);
    *bits = (uint8_t)n;
    return rc;
}

static int take_table(struct line *l, const char *w, uint32_t *id)
{
    static const struct {
        const char *name;
        uint32_t id;
    } names[] = {{"main", FW_FIB_TABLE_MAIN},
                 {"local", FW_FIB_TABLE_LOCAL},
                 {"default", FW_FIB_TABLE_DEFAULT}};

    for (size_t i = 0; w && i < sizeof(names) / sizeof(names[0]); i++) {
        if (!strcmp(w, names[i].name)) {
            *id = names[i].id;
            return 0;
        }
    }
    return take_number(l, w, id);
}

static bool is_word(const char *w, const char *want)
{
    return w && !strcmp(w, want);
}

/* ---- lines ---- */

/* port N [mac M] [mtu N] [forward4] [forward6] */
static int port_line(struct line *l, struct nicdrv_fib *f)
{
    struct nicdrv_fib_port p = {.mtu = 1500};
    int rc = take_number(l, l->word[1], &p.number);

    for (const char **w = l->word + 2; !rc && *w; w++) {
        if (is_word(*w, "mac"))
            rc = take_mac(l, *++w, p.mac);
        else if (is_word(*w, "mtu"))
            rc = take_number(l, *++w, &p.mtu);
        else if (is_word(*w, "forward4"))
            p.forward4 = true;
        else if (is_word(*w, "forward6"))
            p.forward6 = true;
        else
            rc = refuse(l, "no such property of a port", *w);
    }
    return rc ? rc : nicdrv_fib_port(f, &p);
}

/* addr ADDRESS/BITS dev N */
static int addr_line(struct line *l, struct nicdrv_fib *f)
{
    struct nicdrv_fib_addr a;
    uint8_t bits;
    uint32_t port;
    int rc = take_prefix(l, l->word[1], &a, &bits);

    if (!rc && !is_word(l->word[2], "dev"))
        rc = refuse(l, "dev is wanted", l->word[2]);
    if (!rc)
        rc = take_number(l, l->word[3], &port);
    if (!rc && l->word[4])
        rc = refuse(l, "nothing more is wanted", l->word[4]);
    return rc ? rc : nicdrv_fib_addr(f, port, &a, bits);
}

static bool take_type(const char *w, enum fw_fib_type *type)
{
    static const struct {
        const char *name;
        enum fw_fib_type type;
    } names[] = {{"unicast", FW_FIB_UNICAST},     {"local", FW_FIB_LOCAL},
                 {"broadcast", FW_FIB_LOCAL},     {"anycast", FW_FIB_LOCAL},
                 {"blackhole", FW_FIB_BLACKHOLE}, {"unreachable", FW_FIB_UNREACHABLE},
                 {"prohibit", FW_FIB_PROHIBIT},   {"throw", FW_FIB_THROW}};

    for (size_t i = 0; w && i < sizeof(names) / sizeof(names[0]); i++) {
        if (!strcmp(w, names[i].name)) {
            *type = names[i].type;
            return true;
        }
    }
    return false;
}

/* One property; **w is its name, and moves to its value. */
static int route_property(struct line *l, const char ***w, struct nicdrv_fib_route *r, bool *metric)
{
    const char *name = **w, *value = *++*w;

    if (is_word(name, "via"))
        return take_addr(l, is_word(value, "inet6") || is_word(value, "inet") ? *++*w : value,
                         &r->via);
    if (is_word(name, "dev"))
        return take_number(l, value, &r->port);
    if (is_word(name, "src"))
        return take_addr(l, value, &r->src);
    if (is_word(name, "mtu"))
        return take_number(l, is_word(value, "lock") ? *++*w : value, &r->mtu);
    if (is_word(name, "table"))
        return take_table(l, value, &r->table);
    *metric = is_word(name, "metric");
    return *metric ? take_number(l, value, &r->metric)
                   : refuse(l, "no such property of a route", name);
}

/* route [TYPE] PREFIX [via A] [dev N] [src A] [metric N] [mtu [lock] N] [table T] */
static int route_line(struct line *l, struct nicdrv_fib *f)
{
    struct nicdrv_fib_route r = {.type = FW_FIB_UNICAST, .table = FW_FIB_TABLE_MAIN};
    const char **w = l->word + 1;
    bool metric = false;

    w += take_type(*w, &r.type);
    int rc = take_prefix(l, *w, &r.dst, &r.prefix);
    for (w += *w != NULL; !rc && *w; w += *w != NULL) {
        bool named = false;
        rc = route_property(l, &w, &r, &named);
        metric |= named;
    }
    if (!rc && !metric && r.dst.family == 6)
        r.metric = METRIC6;
    if (!rc && r.type == FW_FIB_UNICAST && r.port == 0)
        rc = refuse(l, "dev is wanted", NULL);
    return rc ? rc : nicdrv_fib_route(f, &r);
}

/* neigh ADDRESS dev N lladdr M */
static int neigh_line(struct line *l, struct nicdrv_fib *f)
{
    struct nicdrv_fib_addr a;
    uint8_t mac[6];
    uint32_t port = 0;
    int rc = take_addr(l, l->word[1], &a);

    if (!rc && (!is_word(l->word[2], "dev") || !is_word(l->word[4] ? l->word[4] : "", "lladdr")))
        rc = refuse(l, "dev N lladdr MAC is wanted", l->word[2]);
    if (!rc)
        rc = take_number(l, l->word[3], &port);
    if (!rc)
        rc = take_mac(l, l->word[5], mac);
    return rc ? rc : nicdrv_fib_neigh(f, port, &a, mac);
}

static int one_line(struct line *l, struct nicdrv_fib *f)
{
    int rc = split(l);

    if (rc || !l->word[0])
        return rc;
    if (is_word(l->word[0], "port"))
        return port_line(l, f);
    if (is_word(l->word[0], "addr"))
        return addr_line(l, f);
    if (is_word(l->word[0], "route"))
        return route_line(l, f);
    if (is_word(l->word[0], "neigh"))
        return neigh_line(l, f);
    return refuse(l, "port, addr, route or neigh is wanted", l->word[0]);
}

int nicdrv_fib_parse(struct nicdrv_fib *f, const char *path, struct nic_err *err)
{
    FILE *in = fopen(path, "r");
    struct line l = {.bad = NULL};
    unsigned n = 0;
    int rc = 0;

    if (!in)
        return nic_err_set(err, -errno, "%s: %s", path, strerror(errno));
    while (!rc && fgets(l.text, sizeof(l.text), in)) {
        n++;
        memset(l.word, 0, sizeof(l.word));
        l.bad = NULL;
        rc = strlen(l.text) + 1 == sizeof(l.text) ? refuse(&l, "a line too long", "this one")
                                                  : one_line(&l, f);
        if (rc && l.bad)
            (void)nic_err_set(err, rc, "%s:%u: %s, not %s", path, n, l.bad, l.bad_word);
        else if (rc)
            (void)nic_err_set(err, rc, "%s:%u: %s", path, n, strerror(-rc));
    }
    if (!rc && ferror(in))
        rc = nic_err_set(err, -EIO, "%s: cannot be read", path);
    fclose(in);
    return rc;
}
