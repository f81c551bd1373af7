/* SPDX-License-Identifier: BSD-3-Clause */
/* What the program and the host of the LRU test share. */
#ifndef TESTS_LRU_H
#define TESTS_LRU_H

#include <linux/types.h>

#define ENTRIES 1024
#define KEYS    64 /* of a packet */

enum { LOOK_UP, UPDATE, LOOK_UP_CPU, UPDATE_CPU };

/* A packet: one operation on so many keys. */
struct work {
    __u32 op, count, key[KEYS];
};

#endif
