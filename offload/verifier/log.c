/* SPDX-License-Identifier: BSD-3-Clause */
/* The log buffer, and the sentences of a refusal. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "verifier/vflog.h"

/* Full: the older half goes, so that the end, where the reason is, stays. */
static void make_room(struct offload_log *log, size_t need)
{
    size_t drop = log->len / 2 > need ? log->len / 2 : need;
    log->full = true;
    if (drop > log->len)
        drop = log->len;
    char *line = memchr(log->buf + drop, '\n', log->len - drop);
    if (line)
        drop = (size_t)(line - log->buf) + 1;
    memmove(log->buf, log->buf + drop, log->len - drop);
    log->len -= drop;
    log->buf[log->len] = 0;
}

void vflog_write(struct offload_log *log, const char *text)
{
    if (!log || !log->buf)
        return;
    size_t n = strlen(text);
    size_t room = log->size ? log->size - 1 : 0;
    log->full |= n > room;
    if (log->size == 0)
        return;
    if (n > room)
        n = room;
    if (log->len + n > room)
        make_room(log, log->len + n - room);
    memcpy(log->buf + log->len, text, n);
    log->len += n;
    log->buf[log->len] = 0;
}

void vflog_put(struct vf *v, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    vflog_write(v->log, text);
}

int vf_refuse(struct vf *v, enum offload_reason reason, const char *format, ...)
{
    char text[sizeof(v->why->reason)];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof(text), format, ap);
    va_end(ap);
    if (v->why->code == OFFLOAD_REASON_NONE) {
        v->why->code = reason;
        v->why->insn = v->pc;
        memcpy(v->why->reason, text, sizeof(text));
    }
    vflog_put(v, "%s\n", text);
    return -offload_reason_row(reason)->error;
}

int vf_wrong_kind(struct vf *v, unsigned regno, const struct vf_reg *r, const char *expected)
{
    return vf_refuse(v, WHY(ARG_KIND), regno, vf_kind_name(r), expected);
}

void vf_note(struct vf *v, const char *fmt, ...)
{
    char text[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    vflog_put(v, "%s\n", text);
}

static const char *memory_name(const struct vf_reg *r)
{
    if (r->flags & REG_RECORD)
        return r->nullable ? "ringbuf_mem_or_null" : "ringbuf_mem";
    if (r->flags & REG_RDONLY)
        return r->nullable ? "rdonly_mem_or_null" : "rdonly_mem";
    return r->nullable ? "mem_or_null" : "mem";
}

static const char *struct_name(const struct vf_reg *r)
{
    if (r->flags & REG_UNTRUSTED)
        return "untrusted_ptr_";
    if (r->flags & REG_TRUSTED)
        return r->nullable ? "trusted_ptr_or_null_" : "trusted_ptr_";
    if (r->flags & REG_RCU)
        return r->nullable ? "rcu_ptr_or_null_" : "rcu_ptr_";
    return r->nullable ? "ptr_or_null_" : "ptr_";
}

const char *vf_kind_name(const struct vf_reg *r)
{
    static const char *const name[] = {
        [KIND_NONE] = "?",
        [KIND_SCALAR] = "scalar",
        [KIND_CTX] = "ctx",
        [KIND_PKT] = "pkt",
        [KIND_META] = "pkt_meta",
        [KIND_END] = "pkt_end",
        [KIND_VALUE] = "map_value",
        [KIND_MAP] = "map_ptr",
        [KIND_STACK] = "fp",
        [KIND_XSK] = "xdp_sock",
        [KIND_KEY] = "map_key",
        [KIND_MEM] = "mem",
        [KIND_FUNC] = "func",
        [KIND_DYNPTR] = "dynptr_ptr",
        [KIND_ITER] = "iter",
        [KIND_SOCK] = "sock",
        [KIND_SOCK_COMMON] = "sock_common",
    };
    if (r->kind == KIND_MEM)
        return memory_name(r);
    if (r->kind == KIND_STRUCT)
        return struct_name(r);
    if (r->nullable && r->kind == KIND_SOCK)
        return "sock_or_null";
    if (r->nullable && r->kind == KIND_SOCK_COMMON)
        return "sock_common_or_null";
    /* as the kernel, whatever it is: known only once it is not NULL */
    return r->nullable ? "map_value_or_null" : name[r->kind];
}

const char *vf_tnum_text(struct tnum t, char buf[48])
{
    snprintf(buf, 48, "(0x%" PRIx64 "; 0x%" PRIx64 ")", t.value, t.mask);
    return buf;
}

void vf_log_stats(struct vf *v)
{
    if (!vflog_on(v, 1))
        return;
    vflog_put(v,
              "processed %" PRIu64 " insns (limit %" PRIu64 ") max_states_per_insn %u "
              "total_states %u peak_states %u mark_read 0\n",
              v->processed, v->limit, v->max_per_insn, v->total_kept, v->peak_kept);
}
