/* SPDX-License-Identifier: BSD-3-Clause */
/* DMA channels and engines, the PCIe link, the MAC's wire time. */
#include "timing.h"

static uint64_t link_busy(const struct nic_stats *s)
{
    return s->pcie_busy_cycles;
}

static uint64_t wire_busy(const struct nic_stats *s)
{
    return s->mac_busy_cycles;
}

/*
 * The clock is 1 GHz. The link: gen 1, one lane, after 8b/10b coding 2 Gbit/s: 4 cycles a byte;
 * TLPs of 128 bytes and 24 of framing; 100 cycles one way. 128 bytes: (128 + 24) x 4 = 608.
 * The program below stores the length at 7 and the command at 11 and asks for the status at 14,
 * till 16, and sleeps; it wakes 13 (mmio.latency) after the end of the transfer. There is no host:
 * the transfer fails, in the time that it takes. P = PROLOGUE = 6.
 */
#define TRANSFER(bytes, command)                                                                   \
    "addi t0 zero " bytes "; sw t0 176 s4; addi t1 zero " command "; sw t1 180 s4; lw t2 184 s4"
#define WRITE        "2"
#define READ         "1"
#define TRANSFER_OPS (PROLOGUE + 1 + 3 + 1 + 3 + 2)

/*
 * Port 1: 10 Gbit/s, 10 bits a cycle; a frame of n bytes takes (max(n + 4, 64) + 20) x 8 bits: FCS,
 * preamble, delimiter and gap. The program switches it on at 7, and asks for a packet at 10, till
 * 12, and sleeps; the frame's last bit comes at 7 + wire time, 50 (port.latency_ns) later it is in
 * packet memory, 13 later the thread is awake; addi 1, and it is sent; store 3.
 */
#define FORWARD     "addi t0 zero 1; sw t0 264 s4; ld t1 0 s4; addi t2 zero 2; sd t2 8 s4"
#define FORWARD_OPS (PROLOGUE + 1 + 3 + 2 + 1 + 3)

const struct timing_case timing_io_cases[] = {
    /* 11 + 608, 100 on its way: 719, awake at 732 */
    {"a DMA write", .code = TRANSFER("128", WRITE),
     .cause[0] = {ISSUE = TRANSFER_OPS, IDLE = 732 - 16}, .count = {{"link", link_busy, 608}}},
    /* 11 + 100 there, 608, 100 back: 819, awake at 832 */
    {"a DMA read", .code = TRANSFER("128", READ),
     .cause[0] = {ISSUE = TRANSFER_OPS, IDLE = 832 - 16}, .count = {{"link", link_busy, 608}}},
    /* (129 + 2 x 24) x 4 = 708: 11 + 708 + 100 + 13 = 832 */
    {"one byte more is one TLP more", .code = TRANSFER("129", WRITE),
     .cause[0] = {ISSUE = TRANSFER_OPS, IDLE = 832 - 16}, .count = {{"link", link_busy, 708}}},
    /* (1024 + 8 x 24) x 4 = 4864: 11 + 4864 + 100 + 13 = 4988 */
    {"eight TLPs", .code = TRANSFER("1024", WRITE),
     .cause[0] = {ISSUE = TRANSFER_OPS, IDLE = 4988 - 16}, .count = {{"link", link_busy, 4864}}},
    /* TLPs of up to 256 bytes: (1024 + 4 x 24) x 4 = 4480: 11 + 4480 + 100 + 13 = 4604 */
    {"longer TLPs", .set = "pcie.payload=256", .code = TRANSFER("1024", WRITE),
     .cause[0] = {ISSUE = TRANSFER_OPS, IDLE = 4604 - 16}},
    /* Gen 3, one lane: 7.877 Gbit/s: 152 x 8 / 7.877 = 154.4, 155: 11 + 155 + 100 + 13 = 279 */
    {"a faster link", .set = "pcie.gen=3", .code = TRANSFER("128", WRITE),
     .cause[0] = {ISSUE = TRANSFER_OPS, IDLE = 279 - 16}},
    /* Two lanes: 304: 11 + 304 + 100 + 13 = 428 */
    {"a wider link", .set = "pcie.lanes=2", .code = TRANSFER("128", WRITE),
     .cause[0] = {ISSUE = TRANSFER_OPS, IDLE = 428 - 16}},
    /* The channel refuses a length of 0 at once: P, 1, command at 7, status at 10: 2 + 11 */
    {"a DMA of nothing", .code = "addi t1 zero 2; sw t1 180 s4; lw t2 184 s4",
     .cause[0] = {ISSUE = PROLOGUE + 1 + 3 + 2, REGIST = 11}},
    /* One after the other on the link: 619, 1227; + 100 + 13 */
    {"two engines write", .set = "engine.count=2", .code = TRANSFER("128", WRITE),
     .cause[0] = {ISSUE = TRANSFER_OPS, IDLE = 732 - 16},
     .cause[1] = {ISSUE = TRANSFER_OPS, IDLE = 1340 - 16}},
    /* Requests there till 111; the data 111..719, 719..1327; back till 819, 1427; + 13 */
    {"two engines read", .set = "engine.count=2", .code = TRANSFER("128", READ),
     .cause[0] = {ISSUE = TRANSFER_OPS, IDLE = 832 - 16},
     .cause[1] = {ISSUE = TRANSFER_OPS, IDLE = 1440 - 16}},
    /* One DMA engine: the second request leaves at 819: there 919, till 1527, back 1627; + 13 */
    {"two engines read, with one DMA engine", .set = "engine.count=2 dma.engines=1",
     .code = TRANSFER("128", READ), .cause[0] = {ISSUE = TRANSFER_OPS, IDLE = 832 - 16},
     .cause[1] = {ISSUE = TRANSFER_OPS, IDLE = 1640 - 16}},
    /* The DMA engine is free when a write's last byte has left, 619: no later than the link */
    {"two engines write, with one DMA engine", .set = "engine.count=2 dma.engines=1",
     .code = TRANSFER("128", WRITE), .cause[0] = {ISSUE = TRANSFER_OPS, IDLE = 732 - 16},
     .cause[1] = {ISSUE = TRANSFER_OPS, IDLE = 1340 - 16}},

    /* ---- the wire ---- */

    /* 84 x 8 = 672 bits: 67.2. At 74; 124; awake 137; sent from 138 on: 205.2 */
    {"the shortest frame", .code = FORWARD, .frame = {60}, .sent = {205},
     .cause[0] = {ISSUE = FORWARD_OPS, IDLE = 137 - 12}, .count = {{"wire", wire_busy, 67}}},
    /* 20 bytes are padded to 64 with FCS: the same */
    {"a frame shorter than that", .code = FORWARD, .frame = {20}, .sent = {205},
     .cause[0] = {ISSUE = FORWARD_OPS, IDLE = 137 - 12}, .count = {{"wire", wire_busy, 67}}},
    /* 1514 bytes: 1538 x 8 = 12304 bits: 1230.4. At 1237; 1287; 1300; sent from 1301 on: 2531.4 */
    {"a frame of 1518 with FCS", .code = FORWARD, .frame = {1514}, .sent = {2531},
     .cause[0] = {ISSUE = FORWARD_OPS, IDLE = 1300 - 12}, .count = {{"wire", wire_busy, 1230}}},
    /* 40 Gbit/s: 16.8. At 23; 73; 86; from 87 on: 103.8 */
    {"a faster wire", .set = "port.bps=40000000000", .code = FORWARD, .frame = {60}, .sent = {103},
     .cause[0] = {ISSUE = FORWARD_OPS, IDLE = 86 - 12}},
    /*
     * Two engines, two frames back to back: at 74.2 and 141.4; awake at 137 and 204; sent from 138
     * to 205.2, and the second, ready at 205, from there to 272.4.
     */
    {"two frames back to back", .set = "engine.count=2 engine.per_cluster=2", .code = FORWARD,
     .frame = {60, 60}, .sent = {205, 272}, .cause[0] = {ISSUE = FORWARD_OPS, IDLE = 137 - 12},
     .cause[1] = {ISSUE = FORWARD_OPS, IDLE = 204 - 12}},
    /*
     * The first frame is long, the second short: at 1237.4 and 1304.6; awake at 1300 and 1367; sent
     * from 1301 to 2531.4, and the second, ready at 1368, after it: 2598.6.
     */
    {"a frame that waits for the transmitter", .set = "engine.count=2 engine.per_cluster=2",
     .code = FORWARD, .frame = {1514, 60}, .sent = {2531, 2598},
     .cause[0] = {ISSUE = FORWARD_OPS, IDLE = 1300 - 12},
     .cause[1] = {ISSUE = FORWARD_OPS, IDLE = 1367 - 12}},
    /*
     * Engine 1 is done first: after waking both, engine 0 takes 10 divides of 22. Frames at 74.2,
     * 141.4; awake 137 and 204. Engine 0: bnez 2 (not taken), 220: addi at 359, sends at 360;
     * engine 1: bnez 2 and 5, addi 1, sends at 212: its frame waits for the other. From 360: 427.2,
     * 494.4.
     */
    {"the second frame is done before the first", .set = "engine.count=2 engine.per_cluster=2",
     .code = "addi t0 zero 1; sw t0 264 s4; ld t1 0 s4; bne a0 zero 44; "
             "divu t3 s1 s2; divu t3 s1 s2; divu t3 s1 s2; divu t3 s1 s2; divu t3 s1 s2; "
             "divu t3 s1 s2; divu t3 s1 s2; divu t3 s1 s2; divu t3 s1 s2; divu t3 s1 s2; "
             "addi t2 zero 2; sd t2 8 s4",
     .frame = {60, 60}, .sent = {427, 494},
     .cause[0] = {ISSUE = FORWARD_OPS + 2 + 10, DEP = 210, IDLE = 137 - 12},
     .cause[1] = {ISSUE = FORWARD_OPS + 2, BRANCH = 5, IDLE = 204 - 12}},
    /* Without a sequencer: from 212: 279.2; from 360: 427.2 */
    {"and leaves before it without a sequencer",
     .set = "engine.count=2 engine.per_cluster=2 sequencer.enabled=0",
     .code = "addi t0 zero 1; sw t0 264 s4; ld t1 0 s4; bne a0 zero 44; "
             "divu t3 s1 s2; divu t3 s1 s2; divu t3 s1 s2; divu t3 s1 s2; divu t3 s1 s2; "
             "divu t3 s1 s2; divu t3 s1 s2; divu t3 s1 s2; divu t3 s1 s2; divu t3 s1 s2; "
             "addi t2 zero 2; sd t2 8 s4",
     .frame = {60, 60}, .sent = {279, 427},
     .cause[0] = {ISSUE = FORWARD_OPS + 2 + 10, DEP = 210, IDLE = 137 - 12},
     .cause[1] = {ISSUE = FORWARD_OPS + 2, BRANCH = 5, IDLE = 204 - 12}},
    {.name = NULL},
};
