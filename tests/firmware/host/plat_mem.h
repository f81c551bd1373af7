/* SPDX-License-Identifier: BSD-3-Clause */
/* Device memory of a firmware that runs in a test: plat_ptr() finds it in arrays. */
#ifndef FW_PLAT_MEM_H
#define FW_PLAT_MEM_H

#include <stdint.h>

/* As strong as C asks for, and ThreadSanitizer understands. */
#define PLAT_FOLLOWED __ATOMIC_ACQUIRE

void *plat_ptr(uint32_t addr);
uint32_t plat_cpu(void); /* fake_cpu */
void plat_relax(void);

#endif
