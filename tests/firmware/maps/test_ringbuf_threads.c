/* SPDX-License-Identifier: BSD-3-Clause */
/* Producers on threads and a consumer that reads while they write: nothing is lost, torn, or twice.
 */
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "cunit_main.h"
#include "fake.h"
#include "maps/ringbuf.h"

#define DRAM    0x100000u
#define RING    16384u
#define THREADS 4u
#define RECORDS 30000u /* of each thread */

static struct fw_map *m;

struct record {
    uint32_t thread, number;
    uint32_t words[6];
};

static void *produce(void *arg)
{
    uint32_t thread = *(const uint32_t *)arg;
    for (uint32_t n = 0; n < RECORDS;) {
        uint32_t words = (n + thread) % 7;
        struct record *r = fw_ringbuf_reserve(m, 8 + 4 * words);
        if (!r) {
            sched_yield();
            continue;
        }
        r->thread = thread;
        r->number = n;
        for (uint32_t i = 0; i < words; i++)
            r->words[i] = n * 31 + i;
        (void)fw_ringbuf_commit(m, r, 0, n % 16 == 5);
        n++;
    }
    return NULL;
}

/* Wrong words of a record; its number must be the next of its thread that was not taken back. */
static uint32_t check(const struct record *r, uint32_t len, uint32_t next[THREADS])
{
    uint32_t words = (len - 8) / 4, wrong = 0;
    if (r->thread >= THREADS)
        return 1;
    if (next[r->thread] % 16 == 5)
        next[r->thread]++;
    wrong += r->number != next[r->thread]++;
    wrong += words != (r->number + r->thread) % 7;
    for (uint32_t i = 0; i < words; i++)
        wrong += r->words[i] != r->number * 31 + i;
    return wrong;
}

static uint32_t consume(void)
{
    uint64_t *tail = plat_ptr(m->base + FW_RINGBUF_CONSUMER);
    const uint64_t *head = plat_ptr(m->base + FW_RINGBUF_PRODUCER);
    const uint8_t *ring = plat_ptr(m->base + FW_RINGBUF_DATA);
    uint32_t next[THREADS] = {0}, wrong = 0, seen = 0;
    uint64_t at = 0;
    while (seen < THREADS * RECORDS) {
        const struct fw_ringbuf_hdr *hdr = (const void *)(ring + (at & (RING - 1)));
        uint32_t len = FW_RINGBUF_BUSY;
        struct record r;
        if (at < __atomic_load_n(head, __ATOMIC_ACQUIRE))
            len = __atomic_load_n(&hdr->len, __ATOMIC_ACQUIRE);
        if (len & FW_RINGBUF_BUSY) {
            sched_yield();
            continue;
        }
        seen++;
        uint32_t bytes = len & ~FW_RINGBUF_DISCARD;
        for (uint32_t i = 0; i < bytes && i < sizeof(r); i++)
            ((uint8_t *)&r)[i] = ring[(at + 8 + i) & (RING - 1)];
        wrong += len & FW_RINGBUF_DISCARD ? r.number % 16 != 5 : check(&r, bytes, next);
        at += (bytes + 8 + 7) & ~7u;
        __atomic_store_n(tail, at, __ATOMIC_RELEASE);
    }
    return wrong;
}

static void test_threads(void)
{
    pthread_t thread[THREADS];
    uint32_t id[THREADS];
    fake_start(DRAM);
    m = fake_map(FW_MAP_RINGBUF, 0, 0, RING, 0);
    for (uint32_t i = 0; i < THREADS; i++) {
        id[i] = i;
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, produce, &id[i]), 0);
    }
    CU_ASSERT_EQUAL(consume(), 0);
    for (uint32_t i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    fake_stop();
}

static const struct cunit_case cases[] = {
    {"producers and a consumer", test_threads},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("ring buffers, threads", cases);
}
