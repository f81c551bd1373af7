/* SPDX-License-Identifier: BSD-3-Clause */
#include "helpers/format.h"

#include <stdbool.h>

#include "core/mem.h"
#include "maps/map.h"

#define ARGS_BYTES 512u /* MAX_BPRINTF_BIN_ARGS */
#define WIDTH_MAX  (1u << 23)

/* One call under way. */
struct writer {
    const struct fw_format *f;
    const char *end; /* of the format: other harts may write to it meanwhile */
    char *out;
    uint64_t size, len; /* room in out; characters so far, kept or not */
    uint32_t next;      /* argument */
    uint32_t used;      /* of the bytes the kernel would keep arguments in */
};

/* One conversion of the format. */
struct spec {
    bool zero, plus, left, space;
    uint64_t width;
};

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_print(char c)
{
    return c >= ' ' && c <= '~';
}

static bool is_ascii(char c)
{
    return (uint8_t)c < 0x80;
}

static bool is_punct(char c)
{
    char lower = (char)(c | 0x20);
    return is_print(c) && c != ' ' && !is_digit(c) && !(lower >= 'a' && lower <= 'z');
}

/* A conversion ends here: nothing that would make it another follows. */
static bool ends(char c)
{
    return c == 0 || is_space(c) || is_punct(c);
}

/* A character of the format; 0 from its end on. */
static char look(const struct writer *w, const char *p)
{
    return p < w->end ? *p : 0;
}

/* ---- text ---- */

static void put(struct writer *w, char c)
{
    if (w->len < w->size)
        w->out[w->len] = c;
    w->len++;
}

static void put_many(struct writer *w, char c, uint64_t n)
{
    for (; n && w->len < w->size; n--)
        put(w, c);
    w->len += n;
}

static void put_text(struct writer *w, const char *text, uint64_t n)
{
    while (n--)
        put(w, *text++);
}

/* Text in a field of the width asked for. */
static void put_field(struct writer *w, const struct spec *s, const char *text, uint64_t n)
{
    uint64_t pad = s->width > n ? s->width - n : 0;
    if (!s->left)
        put_many(w, ' ', pad);
    put_text(w, text, n);
    if (s->left)
        put_many(w, ' ', pad);
}

/* Digits of v to the end of buf; where they start. */
static char *digits(char *end, uint64_t v, unsigned base, bool upper)
{
    const unsigned letter = upper ? 'A' : 'a';
    do {
        unsigned d = (unsigned)(v % base);
        *--end = (char)(d < 10 ? '0' + d : letter + (d - 10));
        v /= base;
    } while (v);
    return end;
}

static void put_number(struct writer *w, const struct spec *s, uint64_t v, unsigned base,
                       bool upper, char sign)
{
    char buf[24];
    char *end = buf + sizeof(buf);
    char *at = digits(end, v, base, upper);
    uint64_t n = (uint64_t)(end - at) + (sign != 0);
    uint64_t pad = s->width > n ? s->width - n : 0;
    bool zeroes = s->zero && !s->left;
    if (!zeroes && !s->left)
        put_many(w, ' ', pad);
    if (sign)
        put(w, sign);
    if (zeroes)
        put_many(w, '0', pad);
    put_text(w, at, (uint64_t)(end - at));
    if (s->left)
        put_many(w, ' ', pad);
}

/* ---- arguments ---- */

static uint64_t arg(struct writer *w)
{
    return fw_get64((const uint8_t *)w->f->arg + 8 * w->next++);
}

/* Room in the kernel's buffer for an argument of so many bytes. */
static int claim(struct writer *w, uint32_t bytes, uint32_t align)
{
    uint32_t at = (w->used + align - 1) & ~(align - 1);
    if (at + bytes > ARGS_BYTES)
        return FW_ENOSPC;
    w->used = at + bytes;
    return 0;
}

/* Length of a string argument: cut where the kernel's buffer ends, 0 where it cannot be read. */
static uint32_t string_len(struct writer *w, uint64_t addr)
{
    uint64_t room = w->f->room(addr);
    uint32_t most = ARGS_BYTES - w->used, n = 0;
    const char *text = (const char *)(uintptr_t)addr;
    while (n < room && n + 1 < most && text[n])
        n++;
    if (n == room)
        n = 0;
    w->used += n + 1;
    return n;
}

static int convert_string(struct writer *w, const struct spec *s, char after)
{
    if (!ends(after))
        return FW_EINVAL;
    if (w->used == ARGS_BYTES)
        return FW_ENOSPC;
    uint64_t addr = arg(w);
    put_field(w, s, (const char *)(uintptr_t)addr, string_len(w, addr));
    return 0;
}

static void put_ip4(struct writer *w, const uint8_t *ip, bool zeroes)
{
    struct spec s = {.zero = true, .width = zeroes ? 3 : 0};
    for (unsigned i = 0; i < 4; i++) {
        if (i)
            put(w, '.');
        put_number(w, &s, ip[i], 10, false, 0);
    }
}

static void put_ip6(struct writer *w, const uint8_t *ip, bool colons)
{
    struct spec s = {.zero = true, .width = 4};
    for (unsigned i = 0; i < 16; i += 2) {
        if (i && colons)
            put(w, ':');
        put_number(w, &s, (uint64_t)(ip[i] << 8 | ip[i + 1]), 16, false, 0);
    }
}

/* %pI4 and its kin: `kind` is I or i, `version` 4 or 6. Not padded, as in the kernel. */
static int convert_ip(struct writer *w, char kind, char version)
{
    uint8_t ip[16] = {0};
    uint32_t bytes = version == '4' ? 4 : 16;
    uint32_t before = w->used;
    uint64_t addr = arg(w), len = w->len;
    if (ARGS_BYTES - before < bytes)
        return FW_ENOSPC;
    if (w->f->room(addr) >= bytes)
        memcpy(ip, (const void *)(uintptr_t)addr, bytes);
    if (version == '4')
        put_ip4(w, ip, kind == 'i');
    else
        put_ip6(w, ip, kind == 'I');
    w->used = before + (uint32_t)(w->len - len) + 1;
    return w->used > ARGS_BYTES ? FW_ENOSPC : 0;
}

/* An address as %px shows it: all of its 16 digits, unless a width is given. */
static int convert_address(struct writer *w, struct spec s)
{
    int err = claim(w, 8, 4);
    if (err)
        return err;
    if (!s.width)
        s = (struct spec){.zero = true, .width = 16};
    put_number(w, &s, arg(w), 16, false, 0);
    return 0;
}

/* What symbol lookups print of an address that has no symbol; nothing here has one. */
static int convert_symbol(struct writer *w, const struct spec *s)
{
    char buf[20];
    int err = claim(w, 8, 4);
    if (err)
        return err;
    char *at = digits(buf + sizeof(buf), arg(w), 16, false);
    *--at = 'x';
    *--at = '0';
    put_field(w, s, at, (uint64_t)(buf + sizeof(buf) - at));
    return 0;
}

/* After %p: *at moves to the last character of the conversion. */
static int convert_pointer(struct writer *w, const struct spec *s, const char **at)
{
    char kind = look(w, *at + 1), more = look(w, *at + 2);
    struct spec plain = {0};
    if (ends(kind))
        return convert_address(w, *s);
    if ((kind == 'k' || kind == 'u') && more == 's') {
        *at += 2;
        return convert_string(w, &plain, look(w, *at + 1));
    }
    *at += 1;
    if (kind == 'K' || kind == 'x')
        return convert_address(w, *s);
    if (kind == 's' || kind == 'S' || kind == 'B')
        return convert_symbol(w, kind == 'B' ? &plain : s);
    if ((kind != 'i' && kind != 'I') || (more != '4' && more != '6'))
        return FW_EINVAL;
    *at += 1;
    return convert_ip(w, kind, more);
}

static int convert_integer(struct writer *w, const struct spec *s, const char **at)
{
    bool is_long = look(w, *at) == 'l';
    *at += is_long ? 1 + (look(w, *at + 1) == 'l') : 0;
    char c = look(w, *at);
    if (c != 'd' && c != 'i' && c != 'u' && c != 'x' && c != 'X')
        return FW_EINVAL;
    int err = claim(w, is_long ? 8 : 4, 4);
    if (err)
        return err;
    uint64_t v = arg(w);
    if (!is_long)
        v = c == 'd' || c == 'i' ? (uint64_t)(int64_t)(int32_t)v : (uint32_t)v;
    if (c != 'd' && c != 'i') {
        put_number(w, s, v, c == 'u' ? 10 : 16, c == 'X', 0);
        return 0;
    }
    bool minus = (int64_t)v < 0;
    put_number(w, s, minus ? -v : v, 10, false, minus ? '-' : s->plus ? '+' : s->space ? ' ' : 0);
    return 0;
}

static int convert_char(struct writer *w, const struct spec *s)
{
    if (w->used == ARGS_BYTES)
        return FW_ENOSPC;
    char c = (char)arg(w);
    w->used++;
    put_field(w, s, &c, 1);
    return 0;
}

static const char *read_spec(const struct writer *w, const char *p, struct spec *s)
{
    char c;
    *s = (struct spec){0};
    for (; (c = look(w, p)) == '0' || c == '+' || c == '-' || c == ' '; p++) {
        s->zero |= c == '0';
        s->plus |= c == '+';
        s->left |= c == '-';
        s->space |= c == ' ';
    }
    for (; is_digit(c = look(w, p)); p++)
        s->width = s->width > WIDTH_MAX ? s->width : s->width * 10 + (unsigned)(c - '0');
    return p;
}

/* At a '%'; *at moves to the last character of the conversion. */
static int convert(struct writer *w, const char **at)
{
    struct spec s;
    if (w->next >= w->f->args)
        return FW_EINVAL;
    *at = read_spec(w, *at + 1, &s);
    switch (look(w, *at)) {
    case 'p':
        return convert_pointer(w, &s, at);
    case 's':
        return convert_string(w, &s, look(w, *at + 1));
    case 'c':
        return convert_char(w, &s);
    default:
        return convert_integer(w, &s, at);
    }
}

/* The format ends within its bytes, which is what lets everything here look one further. */
static bool terminated(const struct fw_format *f)
{
    for (uint32_t i = 0; i < f->fmt_size; i++)
        if (f->fmt[i] == 0)
            return true;
    return false;
}

int64_t fw_format(const struct fw_format *f, char *out, uint32_t size)
{
    struct writer w = {.f = f, .end = f->fmt + f->fmt_size, .out = out, .size = size};
    char c;
    if (!terminated(f))
        return -FW_EINVAL;
    w.size -= size != 0; /* the terminator */
    for (const char *p = f->fmt; (c = look(&w, p)) != 0; p++) {
        int err = is_print(c) || is_space(c) || !is_ascii(c) ? 0 : FW_EINVAL;
        if (!err && c == '%' && look(&w, p + 1) != '%')
            err = convert(&w, &p);
        else if (!err) {
            put(&w, c);
            p += c == '%';
        }
        if (err)
            return -err;
    }
    if (size)
        out[w.len < w.size ? w.len : w.size] = 0;
    return (int64_t)w.len;
}
