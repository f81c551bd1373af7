/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One engine with one hart that runs a program over the memory of the firmware's maps on the host
 * (fake.h). The program's packet starts with a key. One per process, as the fake NIC.
 */
#ifndef TESTS_XLATE_HASH_MACHINE_H
#define TESTS_XLATE_HASH_MACHINE_H

#include "maps/map.h"
#include "offload/image.h"

enum { KEY_MAX = 16 };
#define MACHINE_ROOM 20u /* bytes of packet */
#define MACHINE_CPU  2u  /* in tp */

/* The program to run, whose only map is m. To call a helper stops it. */
void machine_program(const struct offload_image *img, const struct fw_map *m);
void machine_stop(void);
/* The program's result for a packet that starts with the key. */
uint32_t look_up(const void *key, uint32_t key_size);

#endif
