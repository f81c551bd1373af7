/* SPDX-License-Identifier: BSD-3-Clause */
/* BTF_LOAD: checked, parsed by libbpf (which makes no system call for that), kept. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/bpf_impl.h"
#include "bpf/btf_check.h"

#define BTF_SIZE_MAX (16u << 20) /* as the kernel's BTF_MAX_SIZE */

static int load(struct nicbpf *b, struct btf_obj *t, const union bpf_attr *attr)
{
    char why[128];

    t->data = malloc(attr->btf_size);
    if (!t->data)
        return -ENOMEM;
    memcpy(t->data, user_ptr(attr->btf), attr->btf_size);
    t->size = attr->btf_size;
    int rc = btf_check(t->data, t->size, why, sizeof(why));
    if (rc)
        return refuse(b, rc, "BTF: %s", why);
    t->btf = btf__new(t->data, t->size);
    if (!t->btf)
        return refuse(b, -EINVAL, "BTF: libbpf cannot parse it: %s", strerror(errno));
    return 0;
}

static void free_btf(struct btf_obj *t)
{
    btf__free(t->btf);
    free(t->data);
    free(t);
}

/* The reason, for a caller that gave a log. */
static void write_log(const struct nicbpf *b, const union bpf_attr *attr)
{
    char *buf = user_ptr(attr->btf_log_buf);
    size_t len = strlen(b->refusal.text);

    if (!attr->btf_log_level || !buf || !attr->btf_log_size)
        return;
    if (len >= attr->btf_log_size)
        len = attr->btf_log_size - 1;
    memcpy(buf, b->refusal.text, len);
    buf[len] = '\0';
}

long cmd_btf_load(struct nicbpf *b, union bpf_attr *attr, union bpf_attr *user)
{
    (void)user;
    if (attr->btf_size > BTF_SIZE_MAX)
        return -E2BIG;
    if (!attr->btf || !attr->btf_size)
        return -EINVAL;
    struct btf_obj *t = calloc(1, sizeof(*t));
    if (!t)
        return -ENOMEM;
    int rc = load(b, t, attr);
    if (rc)
        write_log(b, attr);
    if (!rc)
        rc = obj_publish(b, &t->obj, OBJ_BTF);
    if (rc < 0)
        free_btf(t);
    return rc;
}

void btf_release(struct nicbpf *b, struct btf_obj *t)
{
    (void)b;
    free_btf(t);
}
