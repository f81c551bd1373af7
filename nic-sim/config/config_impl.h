/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to nic-sim/config. */
#ifndef NIC_CONFIG_IMPL_H
#define NIC_CONFIG_IMPL_H

#include <stdbool.h>
#include <stddef.h>

#include "nic/config.h"

#define CONFIG_WORD 64 /* bytes of a section's or key's name, with the terminator */

/* Row of section.key; the number of rows when there is none. */
unsigned config_find(const char *section, const char *key);
/* Says that there is no such key, and which one was meant. Messages start with `where`. -EINVAL. */
int config_no_key(const char *where, const char *section, const char *key, struct nic_err *err);
/* Decimal, 0x hex, or decimal with k, M or G. -EINVAL, -ERANGE. */
int config_number(const char *text, uint64_t *out);
/* Sets one key, range-checked; messages start with `where`. -EINVAL. */
int config_assign(struct nic_config *c, const char *where, const char *section, const char *key,
                  const char *value, struct nic_err *err);

#endif
