/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * XDP_REDIRECT. The device counts what has no valid target: port 0 is none, and
 * a host queue may have no descriptors. Nothing here is on the path of other verdicts.
 */
#include "datapath/redirect.h"

#include "core/firmware.h"
#include "core/protect.h"
#include "maps/ref.h"
#include "platform/platform.h"

static uint64_t to_port(uint64_t port)
{
    FW_PKT->port = port <= NIC_PORTS_MAX ? (uint16_t)port : 0;
    return NIC_PKT_TX;
}

/* Through the work queue, to run the entry's program on the way. */
static uint64_t to_queue(uint64_t entry, uint64_t how)
{
    FW_PKT->cookie = FW_COOKIE_REDIRECTED | how | fw_ref_prog(entry);
    FW_PKT->tag = fw_ref_to(entry);
    return NIC_PKT_REQUEUE;
}

/* The same on the hart of the entry's number, when fewer wait there than its queue's size. */
static uint64_t to_hart(const struct fw_map *m, uint64_t target)
{
    uint32_t hart = fw_cpumap_index(target);
    if (hart >= plat_harts())
        return to_port(0);
    uint32_t *waiting = fw_cpumap_waiting(m->hot, hart);
    if (__atomic_fetch_add(waiting, 1, __ATOMIC_RELAXED) >= fw_cpumap_size(target)) {
        (void)__atomic_fetch_sub(waiting, 1, __ATOMIC_RELAXED);
        fw_count(&FW_HART->counters->queue_full, 1);
        return NIC_PKT_DROP;
    }
    uint64_t number = fw_map_index((uint64_t)(uintptr_t)m);
    (void)to_queue(target, FW_COOKIE_CPUMAP | number << FW_COOKIE_MAP);
    FW_PKT->tag = hart;
    return NIC_PKT_TO_HART;
}

/* A packet that came so leaves the queue. Its map is there: destroying waits for such packets. */
static void off_queue(uint64_t cookie)
{
    const struct fw_map *m = &fw_map_table[cookie >> FW_COOKIE_MAP & (FW_MAPS_MAX - 1)];
    (void)__atomic_fetch_sub(fw_cpumap_waiting(m->hot, FW_PKT->tag), 1, __ATOMIC_RELAXED);
}

static uint64_t to_device(uint64_t entry)
{
    return fw_ref_prog(entry) ? to_queue(entry, 0) : to_port(fw_ref_to(entry));
}

/* ---- to all ports of a map ---- */

struct walk {
    struct fw_map *map;
    uint64_t except; /* port, 0 = none */
    uint64_t last;   /* entry found before, 0 = none: the packet itself goes there */
};

static void found(struct walk *w, uint64_t entry)
{
    if (fw_ref_to(entry) == 0 || fw_ref_to(entry) == w->except)
        return;
    if (w->last) {
        (void)to_queue(w->last, 0);
        plat_pkt_done(NIC_PKT_CLONE);
    }
    w->last = entry;
}

static uint64_t entry_at(const struct fw_map *m, const void *value)
{
    return m->spec.value_size == 8 ? fw_get64(value) : fw_get32(value);
}

/* Keys of a hash that changes meanwhile may come twice or not at all; never more than it has. */
static void walk_hash(struct walk *w)
{
    uint32_t key, next;
    int err = fw_map_next(w->map, NULL, &key);
    for (uint32_t n = 0; !err && n < w->map->spec.max_entries; n++) {
        const void *value = fw_map_lookup(w->map, &key);
        if (value)
            found(w, entry_at(w->map, value));
        err = fw_map_next(w->map, &key, &next);
        key = next;
    }
}

static void walk_array(struct walk *w)
{
    for (uint32_t i = 0; i < w->map->spec.max_entries; i++)
        found(w, fw_ref_get(w->map->hot, i));
}

static uint64_t broadcast(struct fw_map *m, uint64_t flags)
{
    struct walk w = {.map = m, .except = flags & FW_REDIRECT_EXCLUDE_INGRESS ? FW_PKT->port : 0};
    if (m->spec.type == FW_MAP_DEVMAP)
        walk_array(&w);
    else
        walk_hash(&w);
    return w.last ? to_device(w.last) : to_port(0);
}

/* ---- the two steps ---- */

uint64_t fw_redirect(void)
{
    const struct fw_hart *h = FW_HART;
    if (h->redirect_seq != FW_PKT->seq)
        return to_port(0);
    if (!h->redirect_map)
        return to_port(h->redirect_to);
    struct fw_map *m = (struct fw_map *)(uintptr_t)h->redirect_map;
    switch (m->spec.type) {
    case FW_MAP_CPUMAP:
        return to_hart(m, h->redirect_to);
    case FW_MAP_XSKMAP:
        FW_PKT->queue = (uint16_t)fw_ref_to(h->redirect_to);
        return NIC_PKT_HOST;
    default:
        return h->redirect_flags & FW_REDIRECT_BROADCAST ? broadcast(m, h->redirect_flags)
                                                         : to_device(h->redirect_to);
    }
}

/* The kernel's context for such a program: receive queue 0, its own share of tail calls. */
static uint32_t run(uint32_t handle, uint32_t egress)
{
    const struct nic_pkt *pkt = FW_PKT;
    const struct fw_prog *p = fw_prog_find(&fw_shared.ctl, handle);
    if (!p || p->state != FW_PROG_LOADED)
        return FW_XDP_ABORTED;
    *FW_MD = (struct fw_xdp_md){
        .data = pkt->data,
        .data_end = pkt->data_end,
        .data_meta = pkt->data_meta,
        .ingress_ifindex = pkt->port,
        .egress_ifindex = egress,
    };
    FW_HART->tail_seq = UINT64_MAX;
    FW_HART->redirect_seq = UINT64_MAX;
    fw_packet_window();
    fw_frag_windows(pkt->frags);
    plat_program_switch(fw_prog_cookie(p));
    uint32_t verdict = (uint32_t)fw_run_program(p->entry);
    fw_frag_windows(0);
    verdict = verdict > FW_XDP_REDIRECT ? FW_XDP_ABORTED : verdict;
    fw_count(&FW_HART->counters->second[verdict], 1);
    return verdict;
}

/* A devmap program may pass or drop; a cpumap program may redirect too. */
uint64_t fw_redirected(uint64_t cookie)
{
    int to_host = (cookie & FW_COOKIE_CPUMAP) != 0;
    uint32_t handle = (uint32_t)cookie;
    uint32_t port = FW_PKT->tag;
    if (to_host)
        off_queue(cookie);
    uint32_t verdict = handle ? run(handle, to_host ? 0 : port) : FW_XDP_PASS;
    if (verdict == FW_XDP_REDIRECT && to_host)
        return fw_redirect();
    if (verdict != FW_XDP_PASS)
        return NIC_PKT_DROP;
    return to_host ? NIC_PKT_HOST : to_port(port);
}
