/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where XDP_REDIRECT goes. The helpers leave a target in struct fw_hart, with the
 * number of the packet it is for; what a map entry leads to on another port or
 * thread goes through the work queue again, with a cookie of its own:
 *   bit 63     set: no packet from the wire has it
 *   bit 62     to the host, through a CPUMAP; else to the port that nic_pkt.tag says
 *   bits 32-43 of a CPUMAP: the map's number; its entry is nic_pkt.tag
 *   bits 0-31  handle of the program to run first, 0 = none
 * Packets that arrive in fragments have bits 63 and 61, and below as others their port's
 * program, 0 = none: so they leave the path of all others where these do. All ones are the
 * hardware's: no packet, the hart's alarm (NIC_WAKE).
 */
#ifndef FW_REDIRECT_H
#define FW_REDIRECT_H

#include <stdint.h>

#define FW_COOKIE_REDIRECTED ((uint64_t)1 << 63)
#define FW_COOKIE_CPUMAP     ((uint64_t)1 << 62)
#define FW_COOKIE_MAP        32
#define FW_COOKIE_FRAGS      ((uint64_t)1 << 63 | (uint64_t)1 << 61)

/* What to do with FW_PKT, whose program said XDP_REDIRECT: enum nic_pkt_cmd. */
uint64_t fw_redirect(void);

/* The same for a packet that came back with such a cookie; runs its program. */
uint64_t fw_redirected(uint64_t cookie);

#endif
