/* SPDX-License-Identifier: BSD-3-Clause */
#include "fake.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

#include "core/testrun.h"

struct fake_nic fake;
_Thread_local uint32_t fake_cpu;

void plat_relax(void)
{
    if (fake.relax)
        fake.relax();
}

uint32_t plat_cpu(void)
{
    return fake_cpu;
}

void *plat_ptr(uint32_t addr)
{
    void (*other)(void) = fake.meanwhile;
    if (other) {
        fake.meanwhile = NULL; /* the other hart is not disturbed in turn */
        other();
        fake.meanwhile = other;
    }
    if (addr >= NIC_DRAM_BASE && addr - NIC_DRAM_BASE < fake.dram_bytes)
        return fake.dram + (addr - NIC_DRAM_BASE);
    if (addr >= FAKE_PROG_LO && addr - FAKE_PROG_LO < FAKE_PROG_BYTES)
        return fake.istore + (addr - FAKE_PROG_LO);
    if (addr >= FAKE_SRAM_LO && addr - FAKE_SRAM_LO < FAKE_SRAM_BYTES)
        return fake.sram + (addr - FAKE_SRAM_LO);
    abort(); /* on the device: an access fault in firmware */
}

void fake_start(uint64_t dram_bytes)
{
    memset(&fake, 0, sizeof(fake));
    fake.dram_bytes = dram_bytes;
    fake.dram = aligned_alloc(4096, dram_bytes);
    fake.istore = aligned_alloc(64, FAKE_PROG_BYTES);
    fake.sram = aligned_alloc(64, FAKE_SRAM_BYTES);
    fake.host = calloc(1, FAKE_HOST_BYTES);
    if (!fake.dram || !fake.istore || !fake.sram || !fake.host)
        abort();
    memset(fake.dram, 0xa5, dram_bytes); /* memory after power-up is not zero */
    struct fw_ctl_config config = {
        .stats = &fake.stats,
        .evq = &fake.evq,
        .test_buf = fake.test_buf,
        .map = fake.map,
        .trace = &fake.trace,
        .fib = &fake.fib,
        .map_handle_base = FAKE_HANDLES,
        .prog_lo = FAKE_PROG_LO,
        .prog_hi = FAKE_PROG_LO + FAKE_PROG_BYTES,
        .sram_lo = FAKE_SRAM_LO,
        .sram_hi = FAKE_SRAM_LO + FAKE_SRAM_BYTES,
        .dram_bytes = dram_bytes,
        .timer_queues = FAKE_CPUS + 1,
        .cpus = FAKE_CPUS,
        .ports = FAKE_PORTS,
        .rxqs = FAKE_RXQS,
        .seed = 1,
    };
    fw_ctl_init(&fake.ctl, &config);
}

void fake_stop(void)
{
    free(fake.dram);
    free(fake.istore);
    free(fake.sram);
    free(fake.host);
    memset(&fake, 0, sizeof(fake));
}

void *fake_host(uint64_t iova)
{
    return fake.host + (iova - FAKE_HOST_IOVA);
}

struct fw_map *fake_map(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t entries,
                        uint32_t flags)
{
    struct fw_map_spec spec = {
        .type = type,
        .key_size = key_size,
        .value_size = value_size,
        .max_entries = entries,
        .flags = flags,
    };
    uint32_t handle = 0;
    CU_ASSERT_EQUAL_FATAL(fw_map_create(&fake.ctl.maps, &spec, &handle), 0);
    struct fw_map *m = fw_maps_find(&fake.ctl.maps, handle);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    return m;
}

/* ---- platform ---- */

static int mapped(uint64_t iova, uint32_t len)
{
    uint64_t at = iova - FAKE_HOST_IOVA;
    return at < FAKE_HOST_BYTES && len <= FAKE_HOST_BYTES - at;
}

int plat_dma_read(void *dst, uint64_t iova, uint32_t len)
{
    if (len == 0 || len > NIC_DMA_MAX)
        return FW_EINVAL;
    if (!mapped(iova, len))
        return FW_EFAULT;
    memcpy(dst, fake_host(iova), len);
    return 0;
}

int plat_dma_write(uint64_t iova, const void *src, uint32_t len)
{
    if (len == 0 || len > NIC_DMA_MAX)
        return FW_EINVAL;
    if (!mapped(iova, len))
        return FW_EFAULT;
    memcpy(fake_host(iova), src, len);
    return 0;
}

uint32_t plat_event_wait(void)
{
    if (fake.cq_head == fake.cq_head_after_wait)
        abort(); /* would sleep for ever */
    fake.waits++;
    fake.cq_head = fake.cq_head_after_wait;
    return NIC_EVENT_CQ;
}

struct plat_admin plat_admin(void)
{
    return fake.admin;
}

uint32_t plat_sq_tail(void)
{
    return fake.sq_tail;
}

uint32_t plat_cq_head(void)
{
    return fake.cq_head;
}

uint32_t plat_evq_head(void)
{
    return __atomic_load_n(&fake.evq_head, __ATOMIC_ACQUIRE);
}

uint64_t plat_time_ns(void)
{
    return fake.time_ns;
}

void plat_msix(uint32_t vector)
{
    CU_ASSERT_EQUAL(vector, fake.admin.vector);
    fake.msix++;
}

void plat_code_ready(void)
{
    fake.code_ready++;
}

uint64_t plat_seq_next(void)
{
    return fake.seq_next;
}

uint64_t plat_seq_done(void)
{
    fake.seq_polls++;
    return fake.seq_done < fake.seq_next ? fake.seq_done++ : fake.seq_done;
}

void plat_port_cookie(uint32_t port, uint64_t cookie, uint64_t frags)
{
    fake.cookie_frags[port - 1] = frags;
    fake.cookie[port - 1] = cookie;
}

void plat_port_frame_max(uint32_t port, uint32_t bytes)
{
    fake.frame_max[port - 1] = bytes;
}

void plat_port_enable(uint32_t port, uint32_t on)
{
    fake.enabled[port - 1] = on;
}

void plat_rss_queues(uint32_t queues)
{
    fake.rss = queues;
}

void plat_rxq_off(uint32_t queue)
{
    fake.rxq_on[queue] = 0;
}

void plat_rxq_on(uint32_t queue, const struct fw_rxq_spec *spec)
{
    fake.rxq[queue] = *spec;
    fake.rxq_on[queue] = 1;
}

/*
 * Each run takes 10 ns, adds 1 to every byte of the frame and moves its start by 4; of fragments it
 * adds to the first byte only, then the last goes and the one before gets shorter.
 */
void fw_test_program(struct fw_test *t, void *buf, uint64_t cookie, uint32_t runs)
{
    fake.test_cookie = cookie;
    for (uint32_t i = 0; i < runs && t->data + 4 <= t->data_end; i++) {
        for (uint32_t at = t->data; at < t->data_end; at++)
            ((uint8_t *)buf)[at]++;
        t->data += 4;
        t->data_meta = t->data;
    }
    for (uint32_t i = 0; i < t->frags; i++)
        ((uint8_t *)buf)[FW_TEST_BUF * (1 + i)] += (uint8_t)runs;
    if (t->frags && --t->frags)
        t->frag_len[t->frags - 1]--;
    t->ns = 10u * runs;
    t->retval = runs;
}
