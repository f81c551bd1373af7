/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A card with firmware and an XDP program, its wires, and all that can be seen of a run as one
 * number: two runs with the same number did the same at the same cycles.
 */
#ifndef TESTS_PROPERTIES_CARD_H
#define TESTS_PROPERTIES_CARD_H

#include <bpf/libbpf.h>
#include <stdbool.h>

#include "cmd/session.h"
#include "nic/regs.h"
#include "traffic/traffic.h"

struct card_load {
    const char *object, *program; /* NULL: the only one */
    unsigned ports;               /* that bring frames */
    unsigned frames;              /* each of them */
    unsigned size, seed;
    struct nic_pacing pacing; /* of each */
};

struct card {
    struct session s;
    struct bpf_object *bpf;
    struct bpf_link *link[NIC_PORTS_MAX];
    struct card_port {
        struct card *card;
        struct traffic *traffic;
    } port[NIC_PORTS_MAX];
    uint64_t seen; /* a digest of everything below, in order */
    uint64_t done, dropped_on_arrival, dropped, sent, to_host;
    bool bound;
};

/* Boots, loads, attaches, connects: nothing has come in yet. False: why is on stderr. */
bool card_open(struct card *c, const struct nic_config *cfg, const struct card_load *load);
void card_close(struct card *c);

/* Up to `until`; false when all is quiet or the card stopped. */
bool card_step(struct card *c, uint64_t until);
/* Until all is quiet. */
void card_finish(struct card *c);

/* Frames that the wires brought. */
uint64_t card_given(const struct card *c);
/* c->seen, with all counters of the device, its engines and their threads. */
uint64_t card_digest(const struct card *c);
/* Packets a second, from the first arrival to the last packet given back. */
double card_rate(const struct card *c);

#endif
