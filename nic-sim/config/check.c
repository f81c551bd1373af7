/* SPDX-License-Identifier: BSD-3-Clause */
/* What no single row can say: ranges again (a caller may fill the struct itself), sums, ratios. */
#include "config/config_impl.h"

#include <errno.h>

#include "nic/memmap.h"
#include "nic/pkt.h"

#define PAGE            4096u
#define LOCAL_TOTAL_MAX (UINT64_C(1) << 30) /* host memory for local SRAM */

static int check_ranges(const struct nic_config *c, struct nic_err *err)
{
    const struct nic_config_row *row;

    for (unsigned i = 0; (row = nic_config_row(i)) != NULL; i++) {
        uint64_t v = nic_config_get(c, i);

        if (v < row->min || v > row->max)
            return nic_err_set(err, -EINVAL, "%s.%s must be %llu to %llu%s%s, not %llu",
                               row->section, row->key, (unsigned long long)row->min,
                               (unsigned long long)row->max, row->unit[0] != '\0' ? " " : "",
                               row->unit, (unsigned long long)v);
    }
    return 0;
}

static int check_page(const char *key, uint64_t size, struct nic_err *err)
{
    if (size % PAGE == 0)
        return 0;
    return nic_err_set(err, -EINVAL, "%s must be a multiple of %u bytes, not %llu", key, PAGE,
                       (unsigned long long)size);
}

static int check_sizes(const struct nic_config *c, struct nic_err *err)
{
    int rc = check_page("local.size", c->local_size, err);

    if (rc == 0)
        rc = check_page("istore.size", c->istore_size, err);
    if (rc == 0)
        rc = check_page("cluster.size", c->cluster_size, err);
    if (rc == 0)
        rc = check_page("sram.size", c->sram_size, err);
    if (rc == 0)
        rc = check_page("dram.size", c->dram_size, err);
    return rc;
}

/* Keys that say more of what another one says. */
static int check_finer(const struct nic_config *c, struct nic_err *err)
{
    uint64_t milli = c->dram_service_milli;

    if (milli != 0 && milli / 1000 != c->dram_service)
        return nic_err_set(err, -EINVAL,
                           "dram.service_milli=%llu is not dram.service=%llu cycles and a fraction",
                           (unsigned long long)milli, (unsigned long long)c->dram_service);
    if (c->dram_atomic_units != 0 && c->dram_atomic_milli == 0)
        return nic_err_set(err, -EINVAL,
                           "dram.atomic_units=%llu without a time: dram.atomic_milli is 0",
                           (unsigned long long)c->dram_atomic_units);
    return 0;
}

#define PPS_LEAST 1000u

static int check_rates(const struct nic_config *c, struct nic_err *err)
{
    if (c->port_max_pps != 0 && c->port_max_pps < PPS_LEAST)
        return nic_err_set(err, -EINVAL,
                           "port.max_pps must be 0 (no limit) or at least %u packets/s, not %llu",
                           PPS_LEAST, (unsigned long long)c->port_max_pps);
    if (c->datapath_overhead >= c->run_watchdog)
        return nic_err_set(
            err, -EINVAL, "datapath.overhead=%llu would let run.watchdog=%llu stop every packet",
            (unsigned long long)c->datapath_overhead, (unsigned long long)c->run_watchdog);
    return 0;
}

static bool power_of_two(uint64_t v)
{
    return v != 0 && (v & (v - 1)) == 0;
}

/* The cache in front of DRAM, if there is one. */
static int check_cache(const struct nic_config *c, struct nic_err *err)
{
    uint64_t set = c->dram_cache_ways * c->dram_cache_line;

    if (!power_of_two(c->dram_cache_line))
        return nic_err_set(err, -EINVAL, "dram.cache_line must be a power of two, not %llu",
                           (unsigned long long)c->dram_cache_line);
    if (c->dram_cache_size == 0)
        return 0;
    if (c->dram_cache_size % set != 0 || !power_of_two(c->dram_cache_size / set))
        return nic_err_set(err, -EINVAL,
                           "dram.cache_size=%llu is not dram.cache_ways x dram.cache_line "
                           "(%llu bytes) x a power of two",
                           (unsigned long long)c->dram_cache_size, (unsigned long long)set);
    return 0;
}

int nic_config_check(const struct nic_config *c, struct nic_err *err)
{
    int rc = check_ranges(c, err);
    uint64_t clusters, local;

    if (rc == 0)
        rc = check_sizes(c, err);
    if (rc == 0)
        rc = check_finer(c, err);
    if (rc == 0)
        rc = check_rates(c, err);
    if (rc == 0)
        rc = check_cache(c, err);
    if (rc != 0)
        return rc;
    clusters = (c->engine_count + c->engine_per_cluster - 1) / c->engine_per_cluster;
    if (clusters > NIC_CLUSTERS_MAX)
        return nic_err_set(err, -EINVAL,
                           "engine.count=%llu with engine.per_cluster=%llu makes %llu clusters; "
                           "there can be %u",
                           (unsigned long long)c->engine_count,
                           (unsigned long long)c->engine_per_cluster, (unsigned long long)clusters,
                           NIC_CLUSTERS_MAX);
    local = c->engine_count * c->engine_threads * c->local_size;
    if (local > LOCAL_TOTAL_MAX)
        return nic_err_set(err, -EINVAL,
                           "engine.count x engine.threads x local.size is %llu bytes; at most "
                           "%llu are possible",
                           (unsigned long long)local, (unsigned long long)LOCAL_TOTAL_MAX);
    return 0;
}
