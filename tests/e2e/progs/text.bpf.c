/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Helpers that make and read text: bpf_snprintf of every conversion with numbers from the packet,
 * results of bpf_trace_printk and trace_vprintk, bpf_strncmp, strtol and strtoul over packet bytes
 * and over texts chosen to be awkward.
 */
#include "../../../examples/parse.h"

#define TEXT 64

struct text {
    __s64 ret;
    char text[TEXT];
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 65536);
    __type(key, __u64);
    __type(value, struct text);
} texts SEC(".maps");

struct number {
    __u32 which, base;
    __u64 first;
};

struct value {
    __s64 ret, number;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 65536);
    __type(key, struct number);
    __type(value, struct value);
} numbers SEC(".maps");

/* One row a format: up to three numbers. */
#define FORMATS(X)                                                                                 \
    X(0, "%d %i %u", v, v >> 8, v)                                                                 \
    X(1, "%x|%X|%lx", v, v, v)                                                                     \
    X(2, "%ld %lld %lu", v, -v, v)                                                                 \
    X(3, "%llx %llu %lli", v, v, v)                                                                \
    X(4, "[%5d] [%-5d] [%05d]", v & 0xff, v & 0xfff, -(v & 0xff))                                  \
    X(5, "[%+d] [% d] [%+5d]", v, v, v & 0xf)                                                      \
    X(6, "[%10x] [%-10X] [%010lx]", v, v, v)                                                       \
    X(7, "%c%c%c", 'a' + (v & 15), v & 0x7f, 0)                                                    \
    X(8, "[%5c] [%-3c] 100%% %d", 'x', 'y', v)                                                     \
    X(9, "%px %20px %-20px|", v, v, v)                                                             \
    X(10, "%030lld%40d%-70u", v, v, v)                                                             \
    X(11, "%0+8d %-08d % 08d", v, v & 0xffff, v & 0xfff)                                           \
    X(12, "%s %d, %s", (long)word, v, (long)word)                                                  \
    X(13, "[%10s] [%-10s] [%2s]", (long)word, (long)word, (long)word)                              \
    X(14, "%pI4 %pi4 [%20pI4]", (long)word, (long)word, (long)word)                                \
    X(15, "%pI6 %s %s", (long)word, 8, 0)                                                          \
    X(16, "%pi6 %d %u", (long)word, v, v)                                                          \
    X(17, "%pks %d%%%s", (long)word, v, (long)word)                                                \
    X(18, "tab\tnewline\n%d%u%x", 0, 0, 0)                                                         \
    X(19, "%23d%23d%17d", v, v, v)                                                                 \
    X(20, "%23d%23d%18d", v, v, v)                                                                 \
    X(21, "%pI4 %pI6 %d", 8, 8, v)                                                                 \
    X(22, "%lX %d %x", v, -1, -1)

static __always_inline void keep(__u64 key, struct text *t)
{
    bpf_map_update_elem(&texts, &key, t, BPF_ANY);
}

static __noinline int formats(__u64 raw, __u32 size)
{
    char word[16] = "word of memory";
    __s64 v = raw;

    if (size > TEXT)
        return 0;
/* Addresses and %pks count differently in the kernel once the room is used up: 14 and up are whole.
 */
#define FORMAT(n, fmt, a, b, c)                                                                    \
    if (n < 14 || n > 22 || size == TEXT) {                                                        \
        struct text t = {0};                                                                       \
        t.ret = BPF_SNPRINTF(t.text, size, fmt, a, b, c);                                          \
        keep((raw << 16) + (size << 8) + n, &t);                                                   \
    }
    FORMATS(FORMAT)
    return 0;
}

static __always_inline __s64 printed(__u32 which, __u64 v, __s64 ret)
{
    struct number k = {1000 + which, 0, v};
    struct value r = {ret, 0};

    bpf_map_update_elem(&numbers, &k, &r, BPF_ANY);
    return ret;
}

static __noinline int prints(__u64 v)
{
    static const char bad_end[] = {'o', 'p', 'e', 'n'};
    char many[] = "%d %d %d %d", odd[] = "%5", unknown[] = "%f", precise[] = "%.3d";
    char high[] = "caf\xc3\xa9", next[] = "%sx", pointer[] = "%pZ", percent[] = "%", fine[] = "%%";
    char after[] = "%p\xc3\xa9", inside[] = "%\xc3";

    printed(0, v, bpf_printk("number %d, %llx", v, v));
    printed(1, v, bpf_printk("nothing"));
    printed(2, v, bpf_trace_printk(bad_end, sizeof(bad_end)));
    printed(3, v, bpf_trace_printk(many, sizeof(many), v, v, v));
    printed(4, v, bpf_trace_printk(odd, sizeof(odd), v));
    printed(5, v, bpf_trace_printk(unknown, sizeof(unknown), v));
    printed(6, v, bpf_trace_printk(precise, sizeof(precise), v));
    printed(7, v, bpf_trace_printk(high, sizeof(high)));
    printed(8, v, bpf_trace_printk(next, sizeof(next), v));
    printed(9, v, bpf_trace_printk(pointer, sizeof(pointer), v));
    printed(10, v, bpf_trace_printk(percent, sizeof(percent), v));
    printed(11, v, bpf_trace_printk(fine, sizeof(fine)));
    printed(14, v, bpf_trace_printk(after, sizeof(after), v));
    printed(15, v, bpf_trace_printk(inside, sizeof(inside), v));
    printed(12, v, bpf_printk("%d %x %u %ld %c", v, v, v, v, 'c'));
    printed(13, v, bpf_printk("%2000d|%d", v, v));
    return 0;
}

static __always_inline void parse(__u32 which, const char *text, __u32 len, __u64 flags)
{
    struct number k = {which, flags, 0};
    struct value l = {0, 7}, u = {0, 7};
    long s = 0x5a5a;
    unsigned long n = 0x5a5a;

    __builtin_memcpy(&k.first, text, sizeof(k.first));
    l.ret = bpf_strtol(text, len, flags, &s);
    l.number = s;
    bpf_map_update_elem(&numbers, &k, &l, BPF_ANY);
    u.ret = bpf_strtoul(text, len, flags, &n);
    u.number = n;
    k.which += 100;
    bpf_map_update_elem(&numbers, &k, &u, BPF_ANY);
}

#define PARSE(n, literal)                                                                          \
    {                                                                                              \
        char text[] = literal;                                                                     \
        parse(n, text, sizeof(text), 0);                                                           \
        parse(n, text, sizeof(text) - 1, 8);                                                       \
        parse(n, text, sizeof(text), 10);                                                          \
        parse(n, text, sizeof(text), 16);                                                          \
        parse(n, text, sizeof(text), 2);                                                           \
        parse(n, text, sizeof(text), 42);                                                          \
    }

static __noinline int parses(void)
{
    PARSE(1, "9223372036854775807");
    PARSE(2, "9223372036854775808 ");
    PARSE(3, "-9223372036854775808");
    PARSE(4, "-9223372036854775809");
    PARSE(5, "18446744073709551615");
    PARSE(6, "18446744073709551616");
    PARSE(7, " \t\n 0x7fFfg...");
    PARSE(8, "0xg.......");
    PARSE(9, "0777778....");
    PARSE(10, "          ");
    PARSE(11, "-.........");
    return 0;
}

static __noinline int parses_more(__u64 digits)
{
    char text[72];

    PARSE(12, "-0........");
    PARSE(13, "+12.......");
    PARSE(14, "abcdefghij");
    __builtin_memset(text, '0', sizeof(text));
    text[70] = '7';
    parse(15, text, sizeof(text), 10);
    text[62] = '5';
    parse(16, text, sizeof(text), 10);
    for (int i = 0; i < 8; i++)
        text[i] = '0' + (digits >> (8 * i)) % 20;
    parse(17, text, 8, 0);
    parse(18, text, 7, 10);
    parse(19, text, 6, 16);
    parse(20, text, 5, 8);
    return 0;
}

static __always_inline void same(__u32 which, __u64 first, int result)
{
    struct number k = {which, 0, first};
    struct value v = {result, 0};

    bpf_map_update_elem(&numbers, &k, &v, BPF_ANY);
}

static __noinline int compares(__u64 bytes)
{
    char text[8] = "network", first[8];

    __builtin_memcpy(first, &bytes, sizeof(first));
    same(500, 0, bpf_strncmp(text, sizeof(text), "network"));
    same(501, 0, bpf_strncmp(text, 3, "network"));
    same(502, 0, bpf_strncmp(text, sizeof(text), "net"));
    same(503, 0, bpf_strncmp(text, 3, "net"));
    same(504, 0, bpf_strncmp(text, sizeof(text), "networks"));
    same(505, 0, bpf_strncmp(text, sizeof(text), "nezwork"));
    same(506, 0, bpf_strncmp(text, sizeof(text), ""));
    same(507, bytes, bpf_strncmp(first, sizeof(first), "\x80\xff"));
    same(508, bytes, bpf_strncmp(first, 1, "\x10"));
    return 0;
}

SEC("xdp")
int text(struct xdp_md *ctx)
{
    struct cursor c = cursor_of(ctx);
    __u64 *bytes = take(&c, 8);
    __u64 v;

    if (!bytes)
        return XDP_PASS;
    v = *bytes;
    if (bpf_xdp_get_buff_len(ctx) % 16 == 0) {
        formats(v, TEXT);
        formats(v >> 32, 20);
        formats(-(v & 0xff), 1);
        formats(v & 3, 0);
        prints(v);
        parses();
    }
    parses_more(v);
    compares(v);
    return XDP_TX;
}

char _license[] SEC("license") = "Dual BSD/GPL";
