/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A device's configuration: plain numbers, expanded from config.def. Presets
 * are INI files: [section], key=value, `;` comments.
 */
#ifndef NIC_CONFIG_H
#define NIC_CONFIG_H

#include <stdint.h>

#include "nic/err.h"

struct nic_config {
#define NIC_CFG(section, key, def, min, max, unit, what) uint64_t section##_##key;
#include "nic/config.def"
};

/* Fills *c with the defaults of config.def (the preset `generic`). */
void nic_config_init(struct nic_config *c);

/*
 * Applies the preset file at `path` over *c. -ENOENT, -EINVAL (unknown key,
 * value out of range, with file and line in err). *c is unchanged on error.
 */
int nic_config_load(struct nic_config *c, const char *path, struct nic_err *err);

/* Applies one "section.key=value" (decimal, 0x hex, or with k/M/G suffix, 1000s). -EINVAL. */
int nic_config_set(struct nic_config *c, const char *assignment, struct nic_err *err);

/* Checks what one row cannot: sums and ratios. -EINVAL. nic_device_create calls it. */
int nic_config_check(const struct nic_config *c, struct nic_err *err);

/* Row i of config.def as text, for docs and errors; NULL past the end. */
struct nic_config_row {
    const char *section, *key, *unit, *what;
    uint64_t def, min, max;
};
const struct nic_config_row *nic_config_row(unsigned i);
/* Value of row i in *c. */
uint64_t nic_config_get(const struct nic_config *c, unsigned i);

#endif
