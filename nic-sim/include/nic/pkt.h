/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes the packet hardware and the firmware exchange. Freestanding,
 * little-endian, fixed width.
 *
 * A packet buffer lies in cluster SRAM: `headroom` bytes (256), the frame, and
 * tail room. What is longer than NIC_FRAME_LINEAR goes on in fragments: further
 * buffers of the same cluster, of which a fragment may fill all NIC_BUF_SIZE bytes.
 * A frame of more than PORT_FRAME_MAX bytes is counted as oversize and dropped by the MAC.
 *
 * WQ_GET (see regs.def) blocks the hart until it is given a packet; before it
 * returns, the hardware has written struct nic_pkt to the start of
 * that hart's local SRAM (NIC_LOCAL_BASE). The hart changes data, data_end, frags, frag,
 * verdict, retval, port, queue, cookie and tag there and stores one of enum nic_pkt_cmd to
 * PKT_CMD; the hardware reads the descriptor back at that moment and the hart
 * no longer owns the buffers.
 */
#ifndef NIC_PKT_H
#define NIC_PKT_H

#include <stdint.h>

#define NIC_PKT_HEADROOM 256u /* as XDP_PACKET_HEADROOM */
#define NIC_PKT_TAILROOM 320u /* what the kernel keeps for skb_shared_info on x86-64 */
#define NIC_BUF_SIZE     4096u
/* Of a frame in its first buffer: 3520. */
#define NIC_FRAME_LINEAR (NIC_BUF_SIZE - NIC_PKT_HEADROOM - NIC_PKT_TAILROOM)
#define NIC_FRAME_MAX    9216u
#define NIC_FRAME_MIN    1u
#define NIC_FRAGS_MAX    2u
#define NIC_CHAIN_BYTES                                                                            \
    ((1 + NIC_FRAGS_MAX) * NIC_BUF_SIZE) /* no packet is longer, whatever grew */
_Static_assert(NIC_FRAME_LINEAR + NIC_FRAGS_MAX * NIC_BUF_SIZE >= NIC_FRAME_MAX, "it fits");

/* A piece of the frame behind the first buffer's. */
struct nic_frag {
    uint32_t data; /* its first byte, in a buffer that it has for itself */
    uint32_t len;  /* 1 .. NIC_BUF_SIZE */
};
_Static_assert(sizeof(struct nic_frag) == 8, "nic_frag is 8 bytes");

/* WQ_GET's answer, and seq and cookie of the descriptor, when WAKE_NS has come: no packet. */
#define NIC_WAKE UINT64_MAX

struct nic_pkt {
    uint32_t buf;       /* device address of the buffer (start of headroom) */
    uint32_t buf_end;   /* first byte after the buffer */
    uint32_t data;      /* first byte of the frame */
    uint32_t data_end;  /* first byte after the frame, or after its part in this buffer */
    uint32_t data_meta; /* == data when there is no metadata */
    uint16_t port;      /* in: ingress port, 1-based; NIC_PKT_TX: egress port */
    uint16_t queue;     /* in: host RX queue chosen by RSS; NIC_PKT_HOST: queue to use */
    uint32_t hash;      /* RSS (Toeplitz) hash, 0 when not IP */
    uint32_t retval;    /* out: the program's 32-bit return value */
    uint64_t tstamp_ns; /* modelled time of arrival of the last byte */
    uint64_t
        seq; /* arrival number on this device, from 0; frames dropped on arrival have one too */
    uint64_t cookie; /* PORT_COOKIE, with fragments PORT_COOKIE_FRAGS, of the ingress port */
    uint8_t verdict; /* out: enum xdp_action as counted, 0..4 */
    uint8_t frags;   /* fragments: those behind it in frag[] mean nothing */
    uint8_t rsvd[2];
    uint32_t tag; /* 0 on arrival; then as NIC_PKT_REQUEUE or NIC_PKT_CLONE found it */
    struct nic_frag frag[NIC_FRAGS_MAX]; /* the rest of the frame, in order */
};
_Static_assert(sizeof(struct nic_pkt) == 80, "nic_pkt is 80 bytes");
_Static_assert(__builtin_offsetof(struct nic_pkt, tstamp_ns) == 32, "nic_pkt layout");
_Static_assert(__builtin_offsetof(struct nic_pkt, verdict) == 56, "nic_pkt layout");
_Static_assert(__builtin_offsetof(struct nic_pkt, frag) == 64, "nic_pkt layout");

enum nic_pkt_cmd {
    NIC_PKT_DROP = 1, /* release the buffers */
    NIC_PKT_TX = 2,   /* send [data, data_end) and the fragments to pkt.port, then release */
    NIC_PKT_HOST = 3, /* DMA the same to host RX queue pkt.queue, then release */
    /* Back to the work queue, with the cookie and the tag that the hart wrote. */
    NIC_PKT_REQUEUE = 4,
    /*
     * A copy goes to the work queue, likewise, and the hart keeps its packet. No command
     * tells whether a buffer was free for it: the device counts what it could not copy.
     */
    NIC_PKT_CLONE = 5,
    /*
     * As NIC_PKT_REQUEUE, but for the hart of number pkt.tag alone, of any cluster, which gets it
     * before others; with run.ordered for hart 0, the only one that asks.
     */
    NIC_PKT_TO_HART = 6,
};

/*
 * Host RX queue. The host posts nic_rx_desc entries in a ring of a power of two
 * entries and rings the queue's doorbell with the new tail (a free-running
 * 32-bit count of descriptors posted); the device consumes them in order,
 * writes the frame, then a nic_rx_cqe in the completion ring of the same number
 * of entries, then raises the queue's MSI-X vector. The phase bit starts at 1
 * and flips on each wrap of the ring.
 */
struct nic_rx_desc {
    uint64_t iova; /* host buffer */
    uint32_t len;  /* its size in bytes */
    uint32_t rsvd;
};
_Static_assert(sizeof(struct nic_rx_desc) == 16, "nic_rx_desc is 16 bytes");

struct nic_rx_cqe {
    uint64_t tstamp_ns; /* arrival time, modelled */
    uint64_t seq;       /* arrival number */
    uint32_t len;       /* bytes written */
    uint32_t hash;      /* RSS hash */
    uint16_t port;      /* ingress port, 1-based */
    uint16_t index;     /* ring slot of the descriptor that was used */
    uint32_t phase;     /* bit 0: phase */
};
_Static_assert(sizeof(struct nic_rx_cqe) == 32, "nic_rx_cqe is 32 bytes");

#endif
