/* SPDX-License-Identifier: BSD-3-Clause */
/* What the command must know of map types. */
#ifndef CMD_MAPTYPE_H
#define CMD_MAPTYPE_H

#include <stdbool.h>
#include <stdint.h>

/* "BPF_MAP_TYPE_HASH", or NULL for a number that is none. */
const char *map_type_enum(uint32_t type);

bool map_type_holds_maps(uint32_t type);  /* values are maps */
bool map_type_holds_progs(uint32_t type); /* values are programs */
bool map_type_per_cpu(uint32_t type);     /* a value for each processor */
bool map_type_keyless(uint32_t type);     /* queue, stack: taken out one by one */
bool map_type_array(uint32_t type);       /* every entry exists from the start */
bool map_type_indexed(uint32_t type);     /* keys are numbers from 0 on */
/* Programs can be called through it (devmap, cpumap): some of its values name one. */
bool map_type_calls(uint32_t type);

#endif
