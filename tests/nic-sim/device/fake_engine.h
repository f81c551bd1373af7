/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Engines that run nothing: the test makes the harts' accesses itself, through
 * bus_access, and sees what the device tells them. Stands behind engine.h.
 */
#ifndef TESTS_FAKE_ENGINE_H
#define TESTS_FAKE_ENGINE_H

#include "engine/engine.h"

struct fake_wake {
    unsigned count;
    uint64_t data, when;
};

/* The last wake of `hart`, as its engine saw it. */
const struct fake_wake *fake_wake(const struct engine *e, uint32_t hart);
/* The watchdog's interrupts of `hart`. */
struct fake_interrupt {
    bool taken, pending; /* set by the test: `hart` takes them; it has not come to it yet */
    unsigned count;
    uint64_t insns, now; /* of the last one */
};
struct fake_interrupt *fake_interrupt(struct engine *e, uint32_t hart);
/* `hart` has had the engine since then; all others are ready for it. */
void fake_set_hog(struct engine *e, uint32_t hart, uint64_t from);
void fake_set_waited(struct engine *e, uint32_t hart, uint64_t cycles);
void fake_set_insns(struct engine *e, uint32_t hart, uint64_t insns);
/* When its next action is: never, until this is called. */
void fake_set_next(struct engine *e, uint64_t next);
void fake_set_parked(struct engine *e, unsigned parked);
/* Invalidations of predecoded code: how many, and the last range. */
struct fake_invalidate {
    unsigned count;
    uint64_t addr, len;
};
struct fake_invalidate fake_invalidated(const struct code_cache *cc);

#endif
