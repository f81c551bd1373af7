/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * --per-packet: one JSON line an input packet, in input order. Packets end out of
 * order; those that wait for an earlier one are kept in a window, which is as
 * long as the packets that overtake one.
 */
#ifndef CMD_PERPACKET_H
#define CMD_PERPACKET_H

#include "nic/device.h"
#include "traffic/traffic.h"

struct perpacket;

/* Borrows t, which knows the input records that never became frames. */
int perpacket_create(const char *path, const struct traffic *t, struct perpacket **out,
                     struct nic_err *err);
/* A packet a hart gave back; `data` as the program left it. */
void perpacket_done(struct perpacket *w, const struct nic_pkt *pkt, const uint8_t *data,
                    uint32_t len, uint64_t cycles);
/* One that the hardware dropped on arrival. */
void perpacket_dropped(struct perpacket *w, uint64_t seq, const char *why);
/* Ends the file and frees w, whatever it returns. -EIO when a packet is missing. */
int perpacket_commit(struct perpacket *w, struct nic_err *err);
void perpacket_abort(struct perpacket *w); /* NULL is allowed */

/* "XDP_TX" and so on; "?" past the five. */
const char *verdict_name(unsigned verdict);

#endif
