/* SPDX-License-Identifier: BSD-3-Clause */
/* What the firmware tells of itself: capabilities, counters, faults. */
#include "admin/ctl.h"
#include "core/layout.h"
#include "core/mem.h"
#include "platform/platform.h"

#define FW_NAME "nicfw 0.1.0"

/* A list of TLVs that grows in the scratch buffer; what does not fit would be a bug, and is left
 * out. */
struct tlvs {
    uint8_t *buf;
    uint32_t len;
};

static void tlv_add(struct tlvs *t, enum fw_cap type, const void *value, uint32_t len)
{
    struct fw_tlv head = {.type = (uint16_t)type, .len = (uint16_t)len};
    uint32_t padded = (len + 7) & ~7u;
    if (t->len + sizeof(head) + padded > FW_SCRATCH)
        return;
    memset(t->buf + t->len, 0, sizeof(head) + padded);
    memcpy(t->buf + t->len, &head, sizeof(head));
    if (len)
        memcpy(t->buf + t->len + sizeof(head), value, len);
    t->len += (uint32_t)sizeof(head) + padded;
}

static void add_helpers(struct tlvs *t)
{
    uint64_t bits[4] = {(uint64_t)1 << OFFLOAD_GATE_TAIL}; /* a gate of its own kind */
#define FW_HELPER(id, name, function) bits[(id) / 64] |= (uint64_t)1 << (id) % 64;
#include "helpers/fw_helpers.def"
#undef FW_HELPER
    tlv_add(t, FW_CAP_HELPERS, bits, sizeof(bits));
}

/* Rows of both tables are the same functions. */
enum {
#define KFUNC(k, name, ...) GATE_##name = OFFLOAD_GATE_KFUNC + (k),
#include "offload/kfuncs.def"
#undef KFUNC
};
#define FW_KFUNC(gate, name, function) _Static_assert((gate) == GATE_##name, #name);
#include "helpers/fw_kfuncs.def"
#undef FW_KFUNC

static void add_kfuncs(struct tlvs *t)
{
    uint64_t bits = 0;
#define FW_KFUNC(gate, name, function) bits |= (uint64_t)1 << ((gate) - OFFLOAD_GATE_KFUNC);
#include "helpers/fw_kfuncs.def"
#undef FW_KFUNC
    tlv_add(t, FW_CAP_KFUNCS, &bits, sizeof(bits));
}

static void add_map_types(struct tlvs *t)
{
    const struct fw_map_type_ops *ops;
    for (uint32_t i = 0; (ops = fw_map_type(i)) != NULL; i++) {
        struct fw_cap_map cap = {
            .type = ops->type,
            .key_max = ops->key_max,
            .value_max = ops->value_max,
            .flags = ops->flags,
        };
        tlv_add(t, FW_CAP_MAP_TYPE, &cap, sizeof(cap));
    }
}

static void add_limits(struct tlvs *t, const struct fw_ctl *ctl)
{
    struct fw_cap_prog prog = {
        .gate_base = FW_GATE_LO,
        .gate_count = OFFLOAD_GATES,
        .istore_free = (uint32_t)fw_extents_free_bytes(&ctl->istore),
        .stack_bytes = OFFLOAD_STACK_BYTES,
        .programs_max = FW_PROGS_MAX,
    };
    struct fw_cap_limits limits = {
        .maps_max = FW_MAPS_MAX,
        .cpus = ctl->maps.cpus,
        .map_bytes_free = fw_extents_free_bytes(&ctl->maps.dram),
    };
    tlv_add(t, FW_CAP_PROG, &prog, sizeof(prog));
    tlv_add(t, FW_CAP_LIMITS, &limits, sizeof(limits));
}

int fw_cmd_IDENTIFY(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    struct tlvs t = {.buf = ctl->scratch};
    uint32_t abi = FW_ABI_VERSION;
    tlv_add(&t, FW_CAP_ABI, &abi, sizeof(abi));
    tlv_add(&t, FW_CAP_NAME, FW_NAME, sizeof(FW_NAME) - 1);
    add_helpers(&t);
    add_kfuncs(&t);
    add_map_types(&t);
    add_limits(&t, ctl);
    tlv_add(&t, FW_CAP_END, NULL, 0);
    *result = t.len;
    return fw_cmd_put(t.buf, sqe->value_iova, sqe->value_len, t.len);
}

int fw_cmd_COUNTERS(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    struct fw_counters sum;
    (void)result;
    fw_stats_sum(ctl->stats, &sum);
    return fw_cmd_put(&sum, sqe->value_iova, sqe->value_len, sizeof(sum));
}

int fw_cmd_FAULTS(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    struct fw_fault_log log;
    (void)result;
    fw_stats_faults(ctl->stats, &log);
    return fw_cmd_put(&log, sqe->value_iova, sqe->value_len, sizeof(log));
}
