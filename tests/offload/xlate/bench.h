/* SPDX-License-Identifier: BSD-3-Clause */
/* An engine for one program at a time; its helpers are those of the world. */
#ifndef TESTS_XLATE_BENCH_H
#define TESTS_XLATE_BENCH_H

#include "offload/image.h"
#include "world.h"

struct bench;

/* -1 with a line on stderr. */
int bench_create(struct bench **out);
void bench_destroy(struct bench *b);
/* Links the program into the engine's code; `w` says where its maps are. */
int bench_load(struct bench *b, const struct offload_image *img, const struct world *w);
/* Runs it in that world: 0 and its result, or -1 with a line on stderr. */
int bench_run(struct bench *b, struct world *w, uint64_t *r0);

#endif
