/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

#include <CUnit/CUnit.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nic/memmap.h"

#define COMMAND_CYCLES 2000000000u /* far more than any command takes */

/* ---- files ---- */

static uint8_t *read_file(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = NULL;
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fseek(f, 0, SEEK_END);
    *len = (size_t)ftell(f);
    rewind(f);
    data = malloc(*len);
    CU_ASSERT_EQUAL_FATAL(fread(data, 1, *len, f), *len);
    fclose(f);
    return data;
}

static void load_elf(struct rig *r, const char *path)
{
    static const uint8_t zero[65536];
    size_t len;
    uint8_t *elf = read_file(path, &len);
    Elf64_Ehdr eh;
    memcpy(&eh, elf, sizeof(eh));
    for (unsigned i = 0; i < eh.e_phnum; i++) {
        Elf64_Phdr ph;
        memcpy(&ph, elf + eh.e_phoff + i * sizeof(ph), sizeof(ph));
        if (ph.p_type != PT_LOAD)
            continue;
        CU_ASSERT_EQUAL_FATAL(nic_mem_write(r->dev, ph.p_paddr, elf + ph.p_offset, ph.p_filesz), 0);
        for (uint64_t at = ph.p_filesz, n; at < ph.p_memsz; at += n) {
            n = ph.p_memsz - at < sizeof(zero) ? ph.p_memsz - at : sizeof(zero);
            CU_ASSERT_EQUAL_FATAL(nic_mem_write(r->dev, ph.p_paddr + at, zero, n), 0);
        }
    }
    nic_bar_write(r->dev, 0, NIC_BAR0_BOOT_PC, 8, eh.e_entry);
    free(elf);
}

/* ---- host memory ---- */

static int host_at(const struct rig *r, uint64_t iova, size_t len, uint8_t **p)
{
    uint64_t at = iova - RIG_IOVA;
    *p = r->host + at;
    return at < RIG_BYTES && len <= RIG_BYTES - at ? 0 : -EFAULT;
}

static int dma_read(void *ctx, uint64_t iova, void *dst, size_t len)
{
    uint8_t *p;
    int err = host_at(ctx, iova, len, &p);
    if (!err)
        memcpy(dst, p, len);
    return err;
}

static int dma_write(void *ctx, uint64_t iova, const void *src, size_t len)
{
    uint8_t *p;
    int err = host_at(ctx, iova, len, &p);
    if (!err)
        memcpy(p, src, len);
    return err;
}

static void msix(void *ctx, unsigned vector, uint64_t addr, uint32_t data)
{
    (void)ctx, (void)vector, (void)addr, (void)data;
}

static const struct nic_host_ops host_ops = {
    .dma_read = dma_read,
    .dma_write = dma_write,
    .msix = msix,
};

void *rig_host(struct rig *r, uint64_t iova)
{
    return r->host + (iova - RIG_IOVA);
}

/* ---- life ---- */

static void tap_done(void *ctx, const struct nic_pkt *pkt, enum nic_pkt_cmd cmd,
                     const uint8_t *data, uint32_t len, uint64_t cycles, uint64_t program_insns)
{
    struct rig *r = ctx;
    (void)cmd, (void)cycles;
    if (pkt->seq < RIG_FRAMES_MAX) {
        r->retval[pkt->seq] = pkt->retval;
        r->verdict[pkt->seq] = pkt->verdict;
    }
    r->program_insns += program_insns;
    r->last_len = len;
    if (len <= sizeof(r->last))
        memcpy(r->last, data, len);
    r->done++;
}

struct nic_config rig_config(unsigned engines, unsigned threads)
{
    struct nic_config cfg;
    nic_config_init(&cfg);
    cfg.engine_count = engines;
    cfg.engine_threads = threads;
    cfg.dram_size = 64 << 20;
    return cfg;
}

static void report(const struct rig *r)
{
    struct nic_fault f;
    if (nic_device_fault(r->dev, &f))
        printf("  fault: %s, hart %u, pc %lx, cause %lx, tval %lx, value %lx\n", f.what, f.hart,
               f.pc, f.cause, f.tval, f.value);
}

void rig_boot(struct rig *r, const struct nic_config *cfg, const char *elf)
{
    struct nic_err err;
    struct nic_tap tap = {.done = tap_done, .ctx = r};
    memset(r, 0, sizeof(*r));
    r->host = calloc(1, RIG_BYTES);
    CU_ASSERT_EQUAL_FATAL(nic_device_create(cfg, &host_ops, r, &r->dev, &err), 0);
    nic_device_set_tap(r->dev, &tap);
    load_elf(r, elf);
    nic_bar_write(r->dev, 0, NIC_BAR0_ADM_SQ_BASE, 8, RIG_SQ);
    nic_bar_write(r->dev, 0, NIC_BAR0_ADM_CQ_BASE, 8, RIG_CQ);
    nic_bar_write(r->dev, 0, NIC_BAR0_ADM_SIZE, 4, RIG_RING);
    nic_bar_write(r->dev, 0, NIC_BAR0_MSIX_CTRL, 4, 0);
    nic_bar_write(r->dev, 0, NIC_BAR0_CTRL, 4, NIC_CTRL_RUN);
}

void rig_start(struct rig *r, const struct nic_config *cfg, const char *elf)
{
    rig_boot(r, cfg, elf);
    enum nic_stop stop = nic_device_run(r->dev, UINT64_MAX, false);
    report(r);
    CU_ASSERT_EQUAL_FATAL(stop, NIC_STOP_IDLE);
    CU_ASSERT_EQUAL_FATAL(nic_bar_read(r->dev, 0, NIC_BAR0_STATUS, 4), NIC_FW_READY);
}

void rig_stop(struct rig *r)
{
    nic_device_destroy(r->dev);
    free(r->host);
}

/* ---- commands ---- */

int rig_command(struct rig *r, struct fw_sqe sqe, uint64_t *result)
{
    struct fw_cqe cqe;
    uint32_t slot = r->sq_tail % RIG_RING;
    uint32_t phase = r->cq_head / RIG_RING % 2 == 0;
    uint64_t until = nic_device_cycles(r->dev) + COMMAND_CYCLES;
    sqe.cid = (uint16_t)r->sq_tail;
    memcpy((uint8_t *)rig_host(r, RIG_SQ) + slot * sizeof(sqe), &sqe, sizeof(sqe));
    nic_bar_write(r->dev, 0, NIC_BAR0_DB_ADM_SQ, 4, ++r->sq_tail);
    do {
        enum nic_stop stop = nic_device_run(r->dev, until, true);
        report(r);
        CU_ASSERT_FATAL(stop == NIC_STOP_IRQ || stop == NIC_STOP_IDLE);
        memcpy(&cqe, (uint8_t *)rig_host(r, RIG_CQ) + r->cq_head % RIG_RING * sizeof(cqe),
               sizeof(cqe));
    } while ((cqe.phase & 1) != phase);
    CU_ASSERT_EQUAL_FATAL(cqe.cid, sqe.cid);
    nic_bar_write(r->dev, 0, NIC_BAR0_DB_ADM_CQ, 4, ++r->cq_head);
    if (result)
        *result = cqe.result;
    return cqe.status;
}

uint32_t rig_map(struct rig *r, uint32_t type, uint32_t key, uint32_t value, uint32_t entries)
{
    struct fw_map_spec spec = {type, key, value, entries, 0, 0, 0, 0, 0};
    uint64_t result;
    memcpy(rig_host(r, RIG_KEY), &spec, sizeof(spec));
    struct fw_sqe sqe = {.op = FW_ADMIN_MAP_CREATE, .key_iova = RIG_KEY, .key_len = sizeof(spec)};
    CU_ASSERT_EQUAL_FATAL(rig_command(r, sqe, &result), 0);
    return (uint32_t)result;
}

int rig_lookup(struct rig *r, uint32_t map, uint32_t key, void *value, uint32_t len)
{
    struct fw_sqe sqe = {.op = FW_ADMIN_MAP_LOOKUP,
                         .handle = map,
                         .key_iova = RIG_KEY,
                         .key_len = 4,
                         .value_iova = RIG_VALUE,
                         .value_len = len};
    memcpy(rig_host(r, RIG_KEY), &key, 4);
    int status = rig_command(r, sqe, NULL);
    memcpy(value, rig_host(r, RIG_VALUE), len);
    return status;
}

/* lui s1 / addi s1 at the start of a program: RISC-V immediates, upper 20 and lower 12 bits. */
static void patch_map(uint8_t *code, uint32_t map)
{
    uint32_t word[2], upper = (map + 0x800) & 0xfffff000u;
    memcpy(word, code, sizeof(word));
    word[0] |= upper;
    word[1] |= (map - upper) << 20;
    memcpy(code, word, sizeof(word));
}

int rig_update(struct rig *r, uint32_t map, uint32_t key, const void *value, uint32_t len)
{
    struct fw_sqe sqe = {.op = FW_ADMIN_MAP_UPDATE,
                         .handle = map,
                         .key_iova = RIG_KEY,
                         .key_len = 4,
                         .value_iova = RIG_VALUE,
                         .value_len = len};
    memcpy(rig_host(r, RIG_KEY), &key, 4);
    memcpy(rig_host(r, RIG_VALUE), value, len);
    return rig_command(r, sqe, NULL);
}

int rig_delete(struct rig *r, uint32_t map, uint32_t key)
{
    struct fw_sqe sqe = {
        .op = FW_ADMIN_MAP_DELETE, .handle = map, .key_iova = RIG_KEY, .key_len = 4};
    memcpy(rig_host(r, RIG_KEY), &key, 4);
    return rig_command(r, sqe, NULL);
}

uint32_t rig_program(struct rig *r, const char *blob, unsigned which, uint32_t map)
{
    return rig_program_stack(r, blob, which, map, 0);
}

uint32_t rig_program_stack(struct rig *r, const char *blob, unsigned which, uint32_t map,
                           uint32_t stack)
{
    size_t len;
    uint64_t result;
    uint8_t *code = read_file(blob, &len);
    if (map)
        patch_map(code + which * PROG_SLOT, map);
    memcpy(rig_host(r, RIG_VALUE), code, len);
    free(code);
    struct fw_sqe create = {.op = FW_ADMIN_PROG_CREATE, .arg0 = len, .arg1 = stack};
    CU_ASSERT_EQUAL_FATAL(rig_command(r, create, &result), 0);
    struct fw_sqe load = {.op = FW_ADMIN_PROG_LOAD,
                          .handle = (uint32_t)result,
                          .value_iova = RIG_VALUE,
                          .value_len = (uint32_t)len,
                          .arg0 = which * PROG_SLOT};
    CU_ASSERT_EQUAL_FATAL(rig_command(r, load, NULL), 0);
    return load.handle;
}

int rig_attach(struct rig *r, uint32_t program, unsigned port, int replace)
{
    struct fw_sqe s = {
        .op = FW_ADMIN_PROG_ATTACH, .handle = program, .arg0 = port, .arg1 = (uint64_t)replace};
    return rig_command(r, s, NULL);
}

struct fw_counters rig_counters(struct rig *r)
{
    struct fw_counters c;
    struct fw_sqe s = {.op = FW_ADMIN_COUNTERS, .value_iova = RIG_VALUE, .value_len = sizeof(c)};
    CU_ASSERT_EQUAL_FATAL(rig_command(r, s, NULL), 0);
    memcpy(&c, rig_host(r, RIG_VALUE), sizeof(c));
    return c;
}

struct fw_fault_log rig_faults(struct rig *r)
{
    struct fw_fault_log log;
    struct fw_sqe s = {.op = FW_ADMIN_FAULTS, .value_iova = RIG_VALUE, .value_len = sizeof(log)};
    CU_ASSERT_EQUAL_FATAL(rig_command(r, s, NULL), 0);
    memcpy(&log, rig_host(r, RIG_VALUE), sizeof(log));
    return log;
}

/* ---- the wire ---- */

static int wire_next(void *ctx, struct nic_frame *f)
{
    struct rig *r = ctx;
    uint32_t word;
    if (r->sent == r->frames)
        return 0;
    word = r->word ? r->word(r->sent) : r->sent;
    memcpy(r->frame, &word, sizeof(word));
    *f = (struct nic_frame){.data = r->frame, .len = r->len};
    r->sent++;
    return 1;
}

static void sent(struct rig *r, unsigned port, const struct nic_frame *f)
{
    r->sent_frames[port]++;
    memcpy(r->sent_last[port], f->data, f->len < 64 ? f->len : 64);
}

static void sent_1(void *ctx, const struct nic_frame *f)
{
    sent(ctx, 1, f);
}

static void sent_2(void *ctx, const struct nic_frame *f)
{
    sent(ctx, 2, f);
}

static void sent_3(void *ctx, const struct nic_frame *f)
{
    sent(ctx, 3, f);
}

static int no_frame(void *ctx, struct nic_frame *f)
{
    (void)ctx, (void)f;
    return 0;
}

static const struct nic_port_ops wire_ops = {wire_next, sent_1};

void rig_listen(struct rig *r)
{
    static const struct nic_port_ops quiet[] = {{no_frame, sent_2}, {no_frame, sent_3}};
    struct nic_pacing pace = {.how = NIC_PACE_MAX};
    for (unsigned port = 2; port <= RIG_PORTS; port++)
        CU_ASSERT_EQUAL_FATAL(nic_port_connect(r->dev, port, &quiet[port - 2], r, pace), 0);
}

void rig_traffic_begin(struct rig *r, uint32_t frames, uint32_t len, uint32_t (*word)(uint32_t n))
{
    struct nic_pacing pace = {.how = NIC_PACE_MAX};
    struct fw_sqe on = {.op = FW_ADMIN_PORT_SET, .arg0 = 1, .arg1 = 1};
    r->frames = frames;
    r->sent = r->done = 0;
    r->len = len;
    r->word = word;
    for (uint32_t i = 0; i < len; i++)
        r->frame[i] = (uint8_t)i;
    memcpy(r->frame + sizeof(uint32_t), r->head, r->head_len);
    CU_ASSERT_EQUAL_FATAL(nic_port_connect(r->dev, 1, &wire_ops, r, pace), 0);
    CU_ASSERT_EQUAL_FATAL(rig_command(r, on, NULL), 0);
}

void rig_traffic_end(struct rig *r)
{
    enum nic_stop stop = nic_device_run(r->dev, UINT64_MAX, false);
    report(r);
    CU_ASSERT_EQUAL_FATAL(stop, NIC_STOP_IDLE);
    CU_ASSERT_EQUAL(r->done, r->frames);
}

void rig_traffic(struct rig *r, uint32_t frames, uint32_t len, uint32_t (*word)(uint32_t n))
{
    rig_traffic_begin(r, frames, len, word);
    rig_traffic_end(r);
}
