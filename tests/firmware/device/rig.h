/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The firmware on the device with a driver of a few lines in front: host memory
 * is one block, commands run one at a time. Failures of the rig end the test.
 */
#ifndef TESTS_FIRMWARE_RIG_H
#define TESTS_FIRMWARE_RIG_H

#include "fw/admin.h"
#include "nic/device.h"
#include "nic/regs.h"
#include "progs.h"

#define RIG_IOVA  0x100000000u
#define RIG_BYTES 0x200000u
#define RIG_SQ    RIG_IOVA
#define RIG_CQ    (RIG_IOVA + 0x10000)
#define RIG_KEY   (RIG_IOVA + 0x20000)
#define RIG_VALUE (RIG_IOVA + 0x30000)
#define RIG_RING  32u

#define RIG_PORTS 3u

#define RIG_FRAMES_MAX 200000u

struct rig {
    struct nic_device *dev;
    uint8_t *host;
    uint32_t sq_tail, cq_head;

    /* the wire: `frames` frames of `len` bytes; number n begins with word(n) */
    uint32_t frames, sent, len;
    uint32_t (*word)(uint32_t n);
    uint8_t frame[4096];
    uint8_t head[16]; /* `head_len` bytes that follow word(n) */
    uint32_t head_len;

    /* frames sent, by port; the bytes of the last one on each */
    uint32_t sent_frames[RIG_PORTS + 1];
    uint8_t sent_last[RIG_PORTS + 1][64];

    /* what the tap saw */
    uint32_t done;
    uint32_t retval[RIG_FRAMES_MAX];
    uint8_t verdict[RIG_FRAMES_MAX];
    uint64_t program_insns;
    uint8_t last[4096];
    uint32_t last_len;
};

/* Configuration of the generic preset with these engines and threads. */
struct nic_config rig_config(unsigned engines, unsigned threads);

/* Device, firmware loaded and started, admin queue up. `elf`: path of nicfw.elf. */
void rig_start(struct rig *r, const struct nic_config *cfg, const char *elf);
/* As rig_start, without waiting for READY. */
void rig_boot(struct rig *r, const struct nic_config *cfg, const char *elf);
void rig_stop(struct rig *r);

void *rig_host(struct rig *r, uint64_t iova);
/* One command: its status; *result may be NULL. */
int rig_command(struct rig *r, struct fw_sqe sqe, uint64_t *result);

uint32_t rig_map(struct rig *r, uint32_t type, uint32_t key, uint32_t value, uint32_t entries);
int rig_lookup(struct rig *r, uint32_t map, uint32_t key, void *value, uint32_t len);

/* Loads the blob of programs with entry P_x, its map patched in (0 = none). */
uint32_t rig_program(struct rig *r, const char *blob, unsigned which, uint32_t map);
/* The same for a program that says how much stack it needs. */
uint32_t rig_program_stack(struct rig *r, const char *blob, unsigned which, uint32_t map,
                           uint32_t stack);
/* MAP_UPDATE of a 4-byte key and a value of `len` bytes; MAP_DELETE. */
int rig_update(struct rig *r, uint32_t map, uint32_t key, const void *value, uint32_t len);
int rig_delete(struct rig *r, uint32_t map, uint32_t key);
int rig_attach(struct rig *r, uint32_t program, unsigned port, int replace);

/* `frames` frames into port 1, all the way through; checks that all came back. */
void rig_traffic(struct rig *r, uint32_t frames, uint32_t len, uint32_t (*word)(uint32_t n));
/* The same in two steps, for commands under traffic. */
void rig_traffic_begin(struct rig *r, uint32_t frames, uint32_t len, uint32_t (*word)(uint32_t n));
void rig_traffic_end(struct rig *r);

/* Notes what leaves by ports 2 and 3 too, of a device with RIG_PORTS of them. */
void rig_listen(struct rig *r);

struct fw_counters rig_counters(struct rig *r);
struct fw_fault_log rig_faults(struct rig *r);

#endif
