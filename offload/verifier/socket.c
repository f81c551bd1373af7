/* SPDX-License-Identifier: BSD-3-Clause */
/* Sockets: which of their fields may be read, and they as arguments. */
#include <linux/bpf.h>
#include <stddef.h>

#include "verifier/vf.h"

#define FIELD_END(type, field) (offsetof(type, field) + sizeof(((type *)0)->field))

enum {
    WORD = 4,
    TYPE = offsetof(struct bpf_sock, type),
    PRIORITY_END = FIELD_END(struct bpf_sock, priority),
    SRC_IP4 = offsetof(struct bpf_sock, src_ip4),
    SRC_PORT = offsetof(struct bpf_sock, src_port),
    DST_PORT = offsetof(struct bpf_sock, dst_port),
    DST_PORT_END = FIELD_END(struct bpf_sock, dst_port),
    DST_IP4 = offsetof(struct bpf_sock, dst_ip4),
    DST_END = FIELD_END(struct bpf_sock, dst_ip6),
};

/* A part of the field may be read: of addresses any, of numbers the first. */
static bool has_parts(int32_t off)
{
    switch (off) {
    case offsetof(struct bpf_sock, family):
    case offsetof(struct bpf_sock, type):
    case offsetof(struct bpf_sock, protocol):
    case offsetof(struct bpf_sock, src_port):
    case offsetof(struct bpf_sock, state):
    case offsetof(struct bpf_sock, rx_queue_mapping):
        return true;
    default:
        return (off >= SRC_IP4 && off < SRC_PORT) || (off >= DST_IP4 && off < DST_END);
    }
}

/* The port has two bytes; as all others were once, it may be read as a word. */
static bool port_readable(int32_t off, uint32_t size)
{
    return off < DST_PORT_END && (size <= 2 || size == WORD);
}

static bool sock_readable(int32_t off, uint32_t size)
{
    if (off < 0 || (size_t)off >= sizeof(struct bpf_sock) || (uint32_t)off % size)
        return false;
    if (off >= DST_PORT && off < DST_IP4)
        return port_readable(off, size);
    return has_parts(off) ? size <= WORD : size == WORD;
}

static bool readable(const struct vf_reg *r, int32_t off, uint32_t size)
{
    if (r->kind == KIND_XSK)
        return off == offsetof(struct bpf_xdp_sock, queue_id) && size == WORD;
    if (r->kind == KIND_SOCK_COMMON && off >= TYPE && off < PRIORITY_END)
        return false;
    return sock_readable(off, size);
}

int vf_check_socket(struct vf *v, unsigned regno, const struct vf_reg *r, int32_t off,
                    uint32_t size)
{
    if (readable(r, off, size))
        return 0;
    return vf_refuse(v, WHY(SOCKET_FIELD), regno, vf_kind_name(r), off, size);
}

int vf_socket_arg(struct vf *v, unsigned regno, const struct vf_reg *r)
{
    if (vf_is_socket(r) && !r->nullable)
        return 0;
    return vf_wrong_kind(v, regno, r, "sock_common, sock, tcp_sock, xdp_sock, ptr_, trusted_ptr_");
}

int vf_socket_gone(struct vf *v, unsigned regno, const struct vf_reg *r, uint32_t *ref)
{
    int err = vf_socket_arg(v, regno, r);
    if (!err && !r->ref)
        return vf_refuse(v, WHY(RELEASE_OTHER), regno);
    *ref = r->ref;
    return err;
}
