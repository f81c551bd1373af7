/* SPDX-License-Identifier: BSD-3-Clause */
/* Contents for a program's maps, the same on every side: functions of the capture alone. */
#ifndef CORPUS_FILL_H
#define CORPUS_FILL_H

#include "side.h"

/* Frames to take keys from. */
struct fill_frame {
    const uint8_t *data;
    uint32_t len;
};

/* Fills every map that holds data, programs or maps; what a map refuses stays out. */
void fill_maps(const struct side *s, const struct fill_frame *frames, unsigned count);

#endif
