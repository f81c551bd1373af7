/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/session.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/datadir.h"

#define FIRMWARE "firmware/nicfw.elf"

static int open_driver(struct session *s, struct nic_err *err)
{
    char path[DATADIR_PATH_MAX];
    char *elf = NULL;
    size_t len = 0;
    int rc;

    rc = datadir_find(FIRMWARE, path, err);
    if (rc == 0)
        rc = file_read(path, &elf, &len, err);
    if (rc == 0)
        rc = nicdrv_open(s->link, elf, len, path, &s->drv, err);
    free(elf);
    return rc;
}

int session_open(struct session *s, const struct nic_config *cfg, struct nic_err *err)
{
    int rc;

    memset(s, 0, sizeof(*s));
    rc = nicdrv_link_inproc(cfg, &s->link, err);
    if (rc != 0)
        return rc;
    s->dev = nicdrv_link_device(s->link);
    rc = open_driver(s, err);
    if (rc == 0) {
        rc = nicbpf_create(s->drv, &s->bpf);
        if (rc != 0)
            nic_err_set(err, rc, "bpf(2) layer: %s", strerror(-rc));
    }
    if (rc == 0)
        nicbpf_bind(s->bpf);
    else
        session_close(s);
    return rc;
}

void session_close(struct session *s)
{
    nicbpf_destroy(s->bpf);
    nicdrv_close(s->drv);
    if (s->link != NULL)
        s->link->ops->destroy(s->link);
    memset(s, 0, sizeof(*s));
}
