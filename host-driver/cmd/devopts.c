/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/devopts.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/datadir.h"
#include "traffic/number.h"

int devopts_add(struct devopts *d, const char *key, const char *value, struct nic_err *err)
{
    int n;

    if (d->sets == DEVOPTS_SETS)
        return nic_err_set(err, -E2BIG, "more than %d settings", DEVOPTS_SETS);
    n = snprintf(d->set[d->sets], DEVOPTS_SET_LEN, "%s%s%s", key, value[0] != '\0' ? "=" : "",
                 value);
    if (n >= DEVOPTS_SET_LEN)
        return nic_err_set(err, -EINVAL, "--set %.40s...: too long", key);
    d->sets++;
    return 0;
}

int devopts_set(void *values, const char *arg, struct nic_err *err)
{
    if (strchr(arg, '=') == NULL)
        return nic_err_set(err, -EINVAL, "--set %s: not KEY=VALUE", arg);
    return devopts_add(values, arg, "", err);
}

/* An option of its own for a key gets messages in its own words. */
static int add_ranged(struct devopts *d, const char *option, const char *section, const char *key,
                      const char *arg, struct nic_err *err)
{
    const struct nic_config_row *row;
    char full[64];
    uint64_t v;

    for (unsigned i = 0; (row = nic_config_row(i)) != NULL; i++)
        if (strcmp(row->section, section) == 0 && strcmp(row->key, key) == 0)
            break;
    if (row == NULL || number_parse(arg, &v) != 0)
        return nic_err_set(err, -EINVAL, "%s %s: not a number", option, arg);
    if (v < row->min || v > row->max)
        return nic_err_set(err, -EINVAL, "%s %s: must be from %llu to %llu", option, arg,
                           (unsigned long long)row->min, (unsigned long long)row->max);
    snprintf(full, sizeof(full), "%s.%s", section, key);
    return devopts_add(d, full, arg, err);
}

int devopts_engines(void *values, const char *arg, struct nic_err *err)
{
    return add_ranged(values, "--engines", "engine", "count", arg, err);
}

int devopts_threads(void *values, const char *arg, struct nic_err *err)
{
    return add_ranged(values, "--threads", "engine", "threads", arg, err);
}

static int is_preset(const struct dirent *e)
{
    const char *dot = strrchr(e->d_name, '.');

    return dot != NULL && strcmp(dot, ".ini") == 0;
}

/* "a, b, c", the presets that came with nicsim; "" when they are not there. Returns buf. */
static const char *preset_names(char *buf, size_t len)
{
    char path[DATADIR_PATH_MAX];
    struct dirent **list = NULL;
    struct nic_err err = {""};
    size_t used = 0;
    int n = -1;

    buf[0] = '\0';
    if (datadir_find("presets", path, &err) == 0)
        n = scandir(path, &list, is_preset, alphasort);
    for (int i = 0; i < n; i++) {
        int name = (int)(strlen(list[i]->d_name) - strlen(".ini"));

        if (used < len)
            used += (size_t)snprintf(buf + used, len - used, "%s%.*s", i != 0 ? ", " : "", name,
                                     list[i]->d_name);
        free(list[i]);
    }
    free(list);
    return buf;
}

static int apply_preset(const char *name, struct nic_config *cfg, struct nic_err *err)
{
    char file[128], path[DATADIR_PATH_MAX];
    char names[256];
    struct nic_err why = {""};

    if (strchr(name, '/') != NULL ||
        (strlen(name) > 4 && strcmp(name + strlen(name) - 4, ".ini") == 0))
        return nic_config_load(cfg, name, err);
    snprintf(file, sizeof(file), "presets/%.100s.ini", name);
    if (datadir_find(file, path, &why) == 0)
        return nic_config_load(cfg, path, err);
    if (strcmp(name, "generic") == 0)
        return 0; /* what nic_config_init gives */
    return nic_err_set(err, -ENOENT, "there is no preset '%s' (%s, or an INI file)", name,
                       preset_names(names, sizeof(names)));
}

int devopts_apply(const struct devopts *d, struct nic_config *cfg, struct nic_err *err)
{
    int rc = 0;

    nic_config_init(cfg);
    if (d->preset != NULL)
        rc = apply_preset(d->preset, cfg, err);
    for (unsigned i = 0; rc == 0 && i < d->sets; i++)
        rc = nic_config_set(cfg, d->set[i], err);
    return rc != 0 ? rc : nic_config_check(cfg, err);
}

int devopts_xlate(void *values, const char *arg, struct nic_err *err)
{
    struct devopts *d = values;
    const char *bad;

    if (offload_xlate_opts_parse(arg, &d->xlate, &bad) == 0)
        return 0;
    return nic_err_set(err, -EINVAL, "--xlate-opt %s: '%.*s' is not all, none, -PASS or +PASS", arg,
                       (int)strcspn(bad, ","), bad);
}
