/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arithmetic on packet bytes, 32 and 64 bits wide, built for several instruction set versions.
 * Division and remainder meet zero, shifts meet every amount. The results of all operations fold
 * into the first 16 bytes of the frame.
 */
#include "../../../examples/parse.h"

#define OPAQUE(x) asm volatile("" : "+r"(x))
/* The instruction itself, so that zero divisors are the machine's business and not C's. */
#define OP(a, op, b)                                                                               \
    ({                                                                                             \
        __u64 r_ = (a);                                                                            \
        asm volatile("%0 " op " %1" : "+r"(r_) : "r"((__u64)(b)));                                 \
        r_;                                                                                        \
    })

struct operands {
    __u64 a, b;
};

static __always_inline __u64 fold(__u64 sum, __u64 x)
{
    sum ^= x;
    return (sum << 7 | sum >> 57) * 0x9e3779b97f4a7c15ull;
}

static __noinline __u64 wide(__u64 a, __u64 b)
{
    __u64 s = 1;

    s = fold(s, OP(a, "+=", b));
    s = fold(s, OP(a, "-=", b));
    s = fold(s, OP(a, "*=", b));
    s = fold(s, OP(a, "/=", b));
    s = fold(s, OP(a, "%%=", b));
    s = fold(s, OP(a, "/=", b & 0));
    s = fold(s, OP(a, "%%=", b & 0));
    s = fold(s, OP(a, "|=", b));
    s = fold(s, OP(a, "&=", b));
    s = fold(s, OP(a, "^=", b));
    s = fold(s, OP(a, "<<=", b & 63));
    s = fold(s, OP(a, ">>=", b & 63));
    s = fold(s, OP(a, "s>>=", b & 63));
    s = fold(s, -a);
    s = fold(s, a + 0x7fffffff);
    s = fold(s, a - 0x80000000ull);
    s = fold(s, a * -3);
    s = fold(s, a & 0xffffffff80000000ull);
    s = fold(s, a | 0x123456789abcdefull);
    s = fold(s, a ^ -1ll);
    s = fold(s, a / 7);
    s = fold(s, a % 1000003);
    s = fold(s, a >> 33);
    s = fold(s, (__u64)((__s64)a >> 33));
    return s;
}

static __noinline __u64 narrow(__u32 a, __u32 b)
{
    __u64 s = 2;
    __s32 sa = (__s32)a;

    s = fold(s, a + b);
    s = fold(s, a - b);
    s = fold(s, a * b);
    s = fold(s, b ? a / b : 11);
    s = fold(s, b ? a % b : 12);
    s = fold(s, a | b);
    s = fold(s, a & b);
    s = fold(s, a ^ b);
    s = fold(s, a << (b & 31));
    s = fold(s, a >> (b & 31));
    s = fold(s, (__u32)(sa >> (b & 31)));
    s = fold(s, (__u64)(__s64)sa);
    s = fold(s, (__u64)(__s64)(__s16)a);
    s = fold(s, (__u64)(__s64)(__s8)a);
    s = fold(s, (__u32)-a);
    s = fold(s, a / 10);
    s = fold(s, a % 10);
    s = fold(s, a + 0xfffff800u);
    s = fold(s, a - 0x7ff);
    s = fold(s, (__u16)a);
    s = fold(s, (__u8)b);
    return s;
}

static __noinline __u64 swaps(__u64 a)
{
    __u64 s = 3;

    s = fold(s, __builtin_bswap16((__u16)a));
    s = fold(s, __builtin_bswap32((__u32)a));
    s = fold(s, __builtin_bswap64(a));
    asm volatile("%0 = le16 %0" : "+r"(a));
    s = fold(s, a);
    a *= 0x1000100010001ull;
    asm volatile("%0 = le32 %0" : "+r"(a));
    s = fold(s, a);
    a *= 0x100000001ull;
    asm volatile("%0 = be64 %0" : "+r"(a));
    return fold(s, a);
}

#define COMPARE(bit, cond)                                                                         \
    do {                                                                                           \
        OPAQUE(s);                                                                                 \
        if (cond)                                                                                  \
            s |= 1ull << (bit);                                                                    \
    } while (0)

static __noinline __u64 compares(__u64 a, __u64 b)
{
    __u32 wa = (__u32)a, wb = (__u32)b;
    __s64 sa = (__s64)a, sb = (__s64)b;
    __s32 na = (__s32)a, nb = (__s32)b;
    __u64 s = 0;

    COMPARE(0, a == b);
    COMPARE(1, a != b);
    COMPARE(2, a < b);
    COMPARE(3, a <= b);
    COMPARE(4, a > b);
    COMPARE(5, a >= b);
    COMPARE(6, sa < sb);
    COMPARE(7, sa <= sb);
    COMPARE(8, sa > sb);
    COMPARE(9, sa >= sb);
    COMPARE(10, a & b);
    COMPARE(11, wa == wb);
    COMPARE(12, wa < wb);
    COMPARE(13, wa > wb);
    COMPARE(14, wa <= wb);
    COMPARE(15, wa >= wb);
    COMPARE(16, na < nb);
    COMPARE(17, na > nb);
    COMPARE(18, na <= nb);
    COMPARE(19, na >= nb);
    COMPARE(20, wa & wb);
    COMPARE(21, wa > 0x80000000u);
    COMPARE(22, na < -5);
    COMPARE(23, sa < -5);
    COMPARE(24, a > 0xffffffff00000000ull);
    COMPARE(25, wa == 0xffffffffu);
    COMPARE(26, a == (__u64)-1);
    COMPARE(27, a & 0x80000000ull);
    return s;
}

/* Bytes that make the edges common: some operands become 0, 1, -1, or a power of two. */
static __always_inline __u64 shape(__u64 x)
{
    switch (x & 15) {
    case 0:
        return 0;
    case 1:
        return (__u64)-1;
    case 2:
        return 1ull << (x >> 8 & 63);
    case 3:
        return 0x80000000ull;
    case 4:
        return 0xffffffffull;
    case 5:
        return x >> 40;
    case 6:
        return x | 0xffffffff00000000ull;
    default:
        return x;
    }
}

SEC("xdp")
int alu(struct xdp_md *ctx)
{
    struct cursor c = cursor_of(ctx);
    __u64 *in = take(&c, 40);
    __u64 s, a, b;

    if (!in)
        return XDP_DROP;
    a = shape(in[2] ^ in[0]);
    b = shape(in[3] + in[4]);
    s = wide(a, b);
    s = fold(s, wide(b, a));
    s = fold(s, narrow((__u32)a, (__u32)b));
    in[0] = s;
    in[1] = fold(swaps(a), compares(a, b)) ^ compares(b, a);
    return s & 1 ? XDP_TX : XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
