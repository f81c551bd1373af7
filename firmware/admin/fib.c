/* SPDX-License-Identifier: BSD-3-Clause */
/* Forwarding tables: a new block takes the place of the old one between two packets of a hart. */
#include "helpers/fib.h"

#include "admin/ctl.h"
#include "platform/platform.h"

static int load(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint32_t *addr)
{
    if (sqe->value_len < sizeof(struct fw_fib) || sqe->value_len > FW_FIB_BYTES_MAX)
        return FW_EINVAL;
    int err = fw_maps_alloc(&ctl->maps, sqe->value_len, addr);
    if (err)
        return err;
    void *block = plat_ptr(*addr);
    err = plat_dma_read(block, sqe->value_iova, sqe->value_len);
    if (!err)
        err = fw_fib_check(block, sqe->value_len);
    if (err)
        fw_maps_free(&ctl->maps, *addr, sqe->value_len);
    return err;
}

int fw_cmd_FIB_SET(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    uint32_t addr = 0, old = *ctl->fib, old_bytes = ctl->fib_bytes;
    int err = sqe->value_len ? load(ctl, sqe, &addr) : 0;
    (void)result;
    if (err)
        return err;
    ctl->fib_bytes = sqe->value_len;
    __atomic_store_n(ctl->fib, addr, __ATOMIC_RELEASE);
    if (!old)
        return 0;
    fw_ctl_grace();
    fw_maps_free(&ctl->maps, old, old_bytes);
    return 0;
}
