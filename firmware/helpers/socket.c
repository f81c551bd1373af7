/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Helpers of sockets, 84 to 86, 99, 100 and 110, on a NIC that has none: no lookup finds
 * one, as in a new network namespace. What a program can still hold is the entry of an
 * XSKMAP, which is no TCP socket that listens.
 */
#include "helpers/helpers.h"
#include "maps/map.h"

uint64_t fw_helper_no_socket(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    (void)a0, (void)a1, (void)a2, (void)a3, (void)a4;
    return 0;
}

uint64_t fw_helper_sk_release(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    (void)a0, (void)a1, (void)a2, (void)a3, (void)a4;
    return 0;
}

uint64_t fw_helper_no_listener(uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    (void)a0, (void)a1, (void)a2, (void)a3, (void)a4;
    return fw_helper_error(FW_EINVAL);
}
