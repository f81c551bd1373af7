/* SPDX-License-Identifier: BSD-3-Clause */
/* Capability TLVs (fw/caps.h), as firmware we do not trust sent them. */
#include <errno.h>
#include <string.h>

#include "driver/driver_impl.h"

#define CPUS_MAX 65535u /* keeps the bytes of a per-CPU value in 32 bits */

static int bad(struct nic_err *err, unsigned type, size_t at, const char *why)
{
    return nic_err_set(err, -EPROTO, "firmware capabilities: TLV type %u at byte %zu %s", type, at,
                       why);
}

/* A name is for terminals and files: printable ASCII, terminated. */
static void take_name(struct nicdrv_caps *caps, const uint8_t *value, size_t len)
{
    size_t n = len < sizeof(caps->firmware) - 1 ? len : sizeof(caps->firmware) - 1;
    size_t i;

    for (i = 0; i < n && value[i]; i++)
        caps->firmware[i] = (char)(value[i] >= 0x20 && value[i] < 0x7f ? value[i] : '?');
    caps->firmware[i] = '\0';
}

static int take_map_type(struct nicdrv_caps *caps, const uint8_t *value)
{
    if (caps->map_type_count == sizeof(caps->map_types) / sizeof(caps->map_types[0]))
        return -1;
    memcpy(&caps->map_types[caps->map_type_count++], value, sizeof(struct fw_cap_map));
    return 0;
}

/* The length a type must have; 0 = any. */
static size_t wanted_len(unsigned type)
{
    switch (type) {
    case FW_CAP_ABI:
        return sizeof(uint32_t);
    case FW_CAP_HELPERS:
        return sizeof(uint64_t[4]);
    case FW_CAP_KFUNCS:
        return sizeof(uint64_t);
    case FW_CAP_MAP_TYPE:
        return sizeof(struct fw_cap_map);
    case FW_CAP_PROG:
        return sizeof(struct fw_cap_prog);
    case FW_CAP_LIMITS:
        return sizeof(struct fw_cap_limits);
    default:
        return 0;
    }
}

static const char *take(struct nicdrv_caps *caps, unsigned type, const uint8_t *value, size_t len)
{
    switch (type) {
    case FW_CAP_ABI:
        memcpy(&caps->abi, value, sizeof(caps->abi));
        break;
    case FW_CAP_NAME:
        take_name(caps, value, len);
        break;
    case FW_CAP_HELPERS:
        memcpy(caps->helpers, value, sizeof(caps->helpers));
        break;
    case FW_CAP_KFUNCS:
        memcpy(&caps->kfuncs, value, sizeof(caps->kfuncs));
        break;
    case FW_CAP_MAP_TYPE:
        return take_map_type(caps, value) ? "is one map type too many" : NULL;
    case FW_CAP_PROG:
        memcpy(&caps->prog, value, sizeof(caps->prog));
        break;
    case FW_CAP_LIMITS:
        memcpy(&caps->limits, value, sizeof(caps->limits));
        return caps->limits.cpus == 0 || caps->limits.cpus > CPUS_MAX ? "has too many CPUs or none"
                                                                      : NULL;
    default:
        break; /* newer firmware than this driver */
    }
    return NULL;
}

int caps_parse(const void *tlvs, size_t len, struct nicdrv_caps *caps, struct nic_err *err)
{
    const uint8_t *bytes = tlvs;
    uint32_t seen = 0;

    for (size_t at = 0; len - at >= sizeof(struct fw_tlv);) {
        struct fw_tlv t;
        memcpy(&t, bytes + at, sizeof(t));
        if (t.type == FW_CAP_END)
            break;
        size_t padded = ((size_t)t.len + 7) / 8 * 8;
        if (padded > len - at - sizeof(t))
            return bad(err, t.type, at, "runs past the end");
        if (wanted_len(t.type) && t.len != wanted_len(t.type))
            return bad(err, t.type, at, "has a wrong length");
        if (t.type < 32 && t.type != FW_CAP_MAP_TYPE && (seen & 1u << t.type))
            return bad(err, t.type, at, "comes twice");
        if (t.type < 32)
            seen |= 1u << t.type;
        const char *why = take(caps, t.type, bytes + at + sizeof(t), t.len);
        if (why)
            return bad(err, t.type, at, why);
        at += sizeof(t) + padded;
    }
    if (!(seen & 1u << FW_CAP_ABI))
        return nic_err_set(err, -EPROTO, "firmware capabilities: no ABI version");
    if (caps->abi != FW_ABI_VERSION)
        return nic_err_set(err, -EPROTO, "firmware speaks ABI version %u, this driver %u",
                           caps->abi, FW_ABI_VERSION);
    if (!(seen & 1u << FW_CAP_PROG) || !(seen & 1u << FW_CAP_LIMITS))
        return nic_err_set(err, -EPROTO, "firmware capabilities: no program or map limits");
    return 0;
}

int caps_identify(struct nicdrv *drv, struct nicdrv_caps *caps, struct nic_err *err)
{
    uint8_t tlvs[IDENTIFY_ROOM];
    struct fw_sqe sqe = {.op = FW_ADMIN_IDENTIFY};
    struct admin_io io = {.out = tlvs, .value_len = sizeof(tlvs)};
    uint64_t len;
    int rc = admin_exec(drv, &sqe, &io, &len);

    if (rc)
        return nic_err_set(err, rc, "firmware: the identify command failed: %s", strerror(-rc));
    if (len > sizeof(tlvs))
        return nic_err_set(err, -EPROTO, "firmware: identify claims %llu bytes of %zu",
                           (unsigned long long)len, sizeof(tlvs));
    const struct geometry *geo = &drv->geo;
    *caps = (struct nicdrv_caps){
        .engines = geo->engines,
        .threads = geo->threads,
        .ports = geo->ports,
        .rxqs_max = geo->rxqs_max,
        .clock_hz = geo->clock_hz,
        .dram_size = geo->dram_size,
    };
    return caps_parse(tlvs, (size_t)len, caps, err);
}

const struct nicdrv_caps *nicdrv_caps(const struct nicdrv *drv)
{
    return &drv->caps;
}

int nicdrv_caps_refresh(struct nicdrv *drv)
{
    struct nicdrv_caps fresh;
    int rc = caps_identify(drv, &fresh, NULL);

    if (!rc)
        drv->caps = fresh;
    return rc;
}
