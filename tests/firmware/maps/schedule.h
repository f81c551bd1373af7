/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Schedules that a seed decides: each hart, and the host, is a coroutine, and wherever the firmware
 * follows an address or waits for another hart any of them may go on. For one program.
 */
#ifndef TESTS_FIRMWARE_SCHEDULE_H
#define TESTS_FIRMWARE_SCHEDULE_H

#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "dice.h"
#include "fake.h"

#define ACTORS (FAKE_CPUS + 1) /* the last is the host */
#define HOST   FAKE_CPUS
#define STACK  131072u
#define OPS    14u /* of an actor */

static ucontext_t main_context, context[ACTORS];
static uint8_t *stacks; /* ACTORS * STACK bytes, by the program */
static uint32_t running, finished[ACTORS], rng;

static uint32_t dice(uint32_t n)
{
    return dice32(&rng) % n;
}

/* ---- the schedule ---- */

static void go_on(uint32_t next)
{
    uint32_t now = running;
    if (next == now)
        return;
    running = next;
    fake_cpu = next % FAKE_CPUS;
    swapcontext(&context[now], &context[next]);
}

static uint32_t any_unfinished(void)
{
    uint32_t n = dice(ACTORS);
    for (uint32_t i = 0; i < ACTORS; i++)
        if (!finished[(n + i) % ACTORS])
            return (n + i) % ACTORS;
    return ACTORS;
}

static void maybe_switch(void)
{
    fake.meanwhile = maybe_switch; /* plat_ptr() takes it away for what is called from it */
    if (dice(3) == 0)
        go_on(any_unfinished());
}

static void must_switch(void)
{
    go_on(any_unfinished());
}

typedef void actor_fn(uint32_t who);
static actor_fn *actor;

__attribute__((noinline)) static void act(uint32_t me)
{
    for (uint32_t i = 0; i < OPS; i++)
        actor(me);
    finished[me] = 1;
}

static void start_actor(void)
{
    act(running);
    uint32_t next = any_unfinished();
    if (next == ACTORS)
        setcontext(&main_context);
    running = next;
    fake_cpu = next % FAKE_CPUS;
    setcontext(&context[next]);
}

static void run_schedule(uint32_t seed, actor_fn *fn)
{
    rng = seed * 2654435761u | 1;
    actor = fn;
    memset(finished, 0, sizeof(finished));
    for (volatile uint32_t i = 0; i < ACTORS; i++) {
        getcontext(&context[i]);
        context[i].uc_stack.ss_sp = stacks + (size_t)i * STACK;
        context[i].uc_stack.ss_size = STACK;
        makecontext(&context[i], start_actor, 0);
    }
    running = dice(ACTORS);
    fake_cpu = running % FAKE_CPUS;
    fake.meanwhile = maybe_switch;
    fake.relax = must_switch;
    swapcontext(&main_context, &context[running]);
    fake.meanwhile = NULL;
    fake.relax = NULL;
    fake_cpu = 0;
}

#endif
