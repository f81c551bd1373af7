/* SPDX-License-Identifier: BSD-3-Clause */
/* What the program and the host of the hammer test share. */
#ifndef TESTS_HAMMER_H
#define TESTS_HAMMER_H

#include <linux/types.h>

#define KEYS          16
#define LRU_ENTRIES   64
#define QUEUE_ENTRIES 8
#define SLOTS         4 /* of the array with locks */
#define RING_BYTES    8192

struct whole {
    __u64 word[4]; /* key << 32 | stamp, all equal */
};

struct prefix {
    __u32 bits;
    __u8 ip[4];
};

struct tally {
    __u64 packets, wrong, pushed, popped;
    __u64 records, said, dropped; /* records submitted, the sum of theirs; no room */
};

#endif
