/* SPDX-License-Identifier: BSD-3-Clause */
/* What the programs and the host of the CPUMAP test share. */
#ifndef TESTS_SPREAD_H
#define TESTS_SPREAD_H

#include <linux/types.h>

#define CPUS 16 /* entries of the map */

struct globals {
    __u32 wanted; /* processors that have an entry, from 0 */
    __u32 rsvd;
    __u64 ran[CPUS], elsewhere, sent;
};

#endif
