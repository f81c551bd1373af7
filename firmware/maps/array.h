/* SPDX-License-Identifier: BSD-3-Clause */
/* What types that are arrays of something share. */
#ifndef FW_ARRAY_H
#define FW_ARRAY_H

#include "maps/map.h"

/* Rows' functions: 4-byte keys; bytes = values side by side; an index past the end starts over. */
int fw_array_plan(const struct fw_maps *ms, struct fw_map *m);
int fw_array_next(struct fw_map *m, const void *key, void *next);

/* EINVAL, E2BIG, EEXIST of an update. */
int fw_array_check(const struct fw_map *m, const void *key, uint64_t flags);

/* Do stride and entries fit `hot`, and `hot` with them. */
int fw_array_fits_hot(const struct fw_map *m);
uint64_t fw_array_hot(const struct fw_map *m, enum fw_map_kind kind);

#endif
