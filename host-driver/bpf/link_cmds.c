/* SPDX-License-Identifier: BSD-3-Clause */
/* LINK_CREATE, LINK_UPDATE, LINK_DETACH for XDP: a link holds a program on a port. */
#include <errno.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/bpf_impl.h"

static int check_prog(struct nicbpf *b, const struct prog_obj *p)
{
    if (p->type != BPF_PROG_TYPE_XDP || !p->loaded)
        return refuse(b, -EINVAL, "program '%s': only XDP programs can be attached to a port",
                      p->full_name);
    if (p->attach_type == BPF_XDP_DEVMAP || p->attach_type == BPF_XDP_CPUMAP)
        return refuse(b, -EINVAL, "program '%s' was loaded for a device or CPU map", p->full_name);
    return 0;
}

static int check_flags(struct nicbpf *b, uint32_t flags)
{
    if (flags & ~(uint32_t)XDP_FLAGS_MODES ||
        (flags & XDP_FLAGS_MODES & ((flags & XDP_FLAGS_MODES) - 1)))
        return -EINVAL;
    if (flags & XDP_FLAGS_SKB_MODE)
        return refuse(b, -EOPNOTSUPP,
                      "generic (skb) mode runs on the host; the NIC runs programs itself");
    return 0;
}

static int check_create(struct nicbpf *b, const union bpf_attr *attr)
{
    if (attr->link_create.attach_type != BPF_XDP)
        return refuse(b, -EINVAL, "link: attach type %u is not XDP", attr->link_create.attach_type);
    if (!attr->link_create.target_ifindex ||
        attr->link_create.target_ifindex > nicdrv_caps(b->drv)->ports)
        return refuse(b, -ENODEV, "link: the NIC has no port %u (ports 1..%u)",
                      attr->link_create.target_ifindex, nicdrv_caps(b->drv)->ports);
    return check_flags(b, attr->link_create.flags);
}

static int attach(struct nicbpf *b, const struct prog_obj *p, uint32_t port)
{
    int rc = nicdrv_prog_attach(b->drv, &p->hw, port, false);

    if (rc)
        return refuse(b, rc, "program '%s': cannot attach to port %u: %s", p->full_name, port,
                      rc == -EBUSY ? "it has a program already" : strerror(-rc));
    rc = nicdrv_port_enable(b->drv, port, true);
    if (!rc)
        return 0;
    (void)nicdrv_prog_detach(b->drv, port);
    return refuse(b, rc, "port %u cannot be enabled: %s", port, strerror(-rc));
}

long cmd_link_create(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    int rc;
    struct prog_obj *p = prog_of_fd(b, attr->link_create.prog_fd, &rc);

    (void)user;
    if (!p)
        return rc;
    rc = check_prog(b, p);
    if (!rc)
        rc = check_create(b, attr);
    if (rc)
        return rc;
    struct link_obj *l = calloc(1, sizeof(*l));
    if (!l)
        return -ENOMEM;
    l->prog = p;
    l->port = attr->link_create.target_ifindex;
    rc = attach(b, p, l->port);
    if (!rc) {
        rc = obj_publish(b, &l->obj, OBJ_LINK);
        if (rc < 0)
            (void)nicdrv_prog_detach(b->drv, l->port);
    }
    if (rc < 0)
        free(l);
    else
        obj_get(&p->obj);
    return rc;
}

long cmd_link_update(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    int rc;
    struct link_obj *l = link_of_fd(b, attr->link_update.link_fd, &rc);

    (void)user;
    if (!l)
        return rc;
    struct prog_obj *p = prog_of_fd(b, attr->link_update.new_prog_fd, &rc);
    if (!p)
        return rc;
    if (attr->link_update.flags & ~(uint32_t)BPF_F_REPLACE ||
        (!(attr->link_update.flags & BPF_F_REPLACE) && attr->link_update.old_prog_fd))
        return -EINVAL;
    if (attr->link_update.flags & BPF_F_REPLACE) {
        const struct prog_obj *old = prog_of_fd(b, attr->link_update.old_prog_fd, &rc);
        if (!old)
            return rc;
        if (old != l->prog)
            return -EPERM;
    }
    if (!l->port)
        return -ENOLINK;
    rc = check_prog(b, p);
    if (!rc && p != l->prog)
        rc = nicdrv_prog_attach(b->drv, &p->hw, l->port, true);
    if (rc || p == l->prog)
        return rc;
    obj_get(&p->obj);
    obj_put(b, &l->prog->obj);
    l->prog = p;
    return 0;
}

static int detach(struct nicbpf *b, struct link_obj *l)
{
    int rc = l->port ? nicdrv_prog_detach(b->drv, l->port) : 0;

    if (!rc)
        l->port = 0;
    return rc;
}

long cmd_link_detach(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    int rc;
    struct link_obj *l = link_of_fd(b, attr->link_detach.link_fd, &rc);

    (void)user;
    return l ? detach(b, l) : rc;
}

void link_release(struct nicbpf *b, struct link_obj *l)
{
    (void)detach(b, l);
    obj_put(b, &l->prog->obj);
    free(l);
}
