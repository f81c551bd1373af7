/* SPDX-License-Identifier: BSD-3-Clause */
/* The event queue's commands. */
#include "events/queue.h"

#include "admin/ctl.h"
#include "maps/perf_array.h"
#include "maps/ringbuf.h"

int fw_cmd_EVQ_CREATE(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    struct fw_evq_spec spec;
    int err = fw_cmd_get(&spec, sqe->key_iova, sqe->key_len, sizeof(spec));
    (void)result;
    return err ? err : fw_evq_open(ctl->evq, &spec);
}

int fw_cmd_EVQ_DESTROY(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    (void)sqe, (void)result;
    fw_evq_close(ctl->evq);
    fw_ctl_grace(ctl);
    return 0;
}

int fw_cmd_EVENTS(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    struct fw_event_counts counts;
    (void)result;
    fw_evq_counts(ctl->evq, &counts);
    return fw_cmd_put(&counts, sqe->value_iova, sqe->value_len, sizeof(counts));
}

int fw_cmd_MAP_LOST(struct fw_ctl *ctl, const struct fw_sqe *sqe, uint64_t *result)
{
    const struct fw_map *m = fw_maps_find(&ctl->maps, sqe->handle);
    if (!m)
        return FW_ENOENT;
    if (m->ops == &fw_ringbuf_type)
        *result = fw_ringbuf_lost(m);
    else if (m->ops == &fw_perf_array_type)
        *result = fw_perf_lost_all(m);
    else
        return FW_ENOTSUPP;
    return 0;
}
