/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames of a capture file, by libpcap. (libpcap's and the kernel's bpf.h cannot share a file.) */
#ifndef E2E_CAPTURE_H
#define E2E_CAPTURE_H

#include <stdint.h>

struct capture;

/* NULL with a sentence on stderr. */
struct capture *capture_open(const char *path);
/* 1 and a frame, lent until the next call; 0 at the end; -1 with a sentence on stderr. */
int capture_next(struct capture *c, const uint8_t **data, uint32_t *len);
void capture_close(struct capture *c);

#endif
