/* SPDX-License-Identifier: BSD-3-Clause */
/* Raw SYN cookies, helpers 204 to 207: headers in, no socket. */
#include "core/firmware.h"
#include "helpers/args.h"
#include "helpers/cookie.h"
#include "platform/platform.h"

#define IP4_BYTES 20u
#define IP6_BYTES 40u
#define TCP_BYTES 20u
#define MINUTE_NS 60000000000u

static uint32_t minute(void)
{
    return (uint32_t)(plat_time_ns() / MINUTE_NS);
}

static struct fw_cookie_flow flow4(uint64_t ip, const uint8_t *tcp)
{
    const uint8_t *h = fw_arg_bytes(ip, IP4_BYTES);
    return (struct fw_cookie_flow){.src = h + 12, .dst = h + 16, .tcp = tcp};
}

static struct fw_cookie_flow flow6(uint64_t ip, const uint8_t *tcp)
{
    const uint8_t *h = fw_arg_bytes(ip, IP6_BYTES);
    return (struct fw_cookie_flow){.src = h + 8, .dst = h + 24, .v6 = true, .tcp = tcp};
}

static uint64_t make(const struct fw_cookie_flow *f, uint32_t len)
{
    return fw_cookie_make(&fw_shared.cookies, f, len, minute());
}

static uint64_t check(const struct fw_cookie_flow *f)
{
    return fw_cookie_check(&fw_shared.cookies, f, minute()) ? 0 : fw_helper_error(FW_EACCES);
}

uint64_t fw_helper_gen_syncookie4(uint64_t ip, uint64_t tcp, uint64_t len, uint64_t a3, uint64_t a4)
{
    (void)a3, (void)a4;
    if (fw_arg_u32(len) < TCP_BYTES)
        return fw_helper_error(FW_EINVAL);
    struct fw_cookie_flow f = flow4(ip, fw_arg_bytes(tcp, fw_arg_u32(len)));
    return make(&f, fw_arg_u32(len));
}

uint64_t fw_helper_gen_syncookie6(uint64_t ip, uint64_t tcp, uint64_t len, uint64_t a3, uint64_t a4)
{
    (void)a3, (void)a4;
    if (fw_arg_u32(len) < TCP_BYTES)
        return fw_helper_error(FW_EINVAL);
    struct fw_cookie_flow f = flow6(ip, fw_arg_bytes(tcp, fw_arg_u32(len)));
    return make(&f, fw_arg_u32(len));
}

uint64_t fw_helper_check_syncookie4(uint64_t ip, uint64_t tcp, uint64_t a2, uint64_t a3,
                                    uint64_t a4)
{
    struct fw_cookie_flow f = flow4(ip, fw_arg_bytes(tcp, TCP_BYTES));
    (void)a2, (void)a3, (void)a4;
    return check(&f);
}

uint64_t fw_helper_check_syncookie6(uint64_t ip, uint64_t tcp, uint64_t a2, uint64_t a3,
                                    uint64_t a4)
{
    struct fw_cookie_flow f = flow6(ip, fw_arg_bytes(tcp, TCP_BYTES));
    (void)a2, (void)a3, (void)a4;
    return check(&f);
}
