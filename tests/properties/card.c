/* SPDX-License-Identifier: BSD-3-Clause */
#include "card.h"

#include <stdio.h>
#include <string.h>

#define HOST_RING 4096u

/* ---- what is seen: FNV-1a ---- */

static void see(uint64_t *h, const void *data, size_t len)
{
    const uint8_t *p = data;

    for (size_t i = 0; i < len; i++)
        *h = (*h ^ p[i]) * 0x100000001b3u;
}

static void see_numbers(uint64_t *h, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t all[3] = {a, b, c};

    see(h, all, sizeof(all));
}

static void tap_done(void *ctx, const struct nic_pkt *pkt, enum nic_pkt_cmd cmd,
                     const uint8_t *data, uint32_t len, uint64_t cycles, uint64_t program_insns)
{
    struct card *c = ctx;

    c->done++;
    c->dropped += cmd == NIC_PKT_DROP;
    see_numbers(&c->seen, pkt->seq, (uint64_t)cmd << 32 | pkt->verdict, pkt->tstamp_ns);
    see_numbers(&c->seen, cycles, program_insns, nic_device_cycles(c->s.dev));
    see(&c->seen, data, len);
}

static void tap_dropped(void *ctx, uint64_t seq, enum nic_drop_reason why)
{
    struct card *c = ctx;

    c->dropped_on_arrival++;
    see_numbers(&c->seen, seq, why, nic_device_cycles(c->s.dev));
}

static int port_next(void *ctx, struct nic_frame *f)
{
    struct card_port *p = ctx;

    return p->traffic != NULL ? traffic_port_ops.next(p->traffic, f) : 0;
}

static void port_sent(void *ctx, const struct nic_frame *f)
{
    struct card_port *p = ctx;

    p->card->sent++;
    see_numbers(&p->card->seen, (uint64_t)(p - p->card->port), f->tstamp_ns, f->seq);
    see(&p->card->seen, f->data, f->len);
}

static void host_rx(void *ctx, unsigned queue, const struct nic_rx_cqe *cqe, const void *data)
{
    struct card *c = ctx;

    c->to_host++;
    see_numbers(&c->seen, queue, cqe->seq, nic_device_cycles(c->s.dev));
    see(&c->seen, data, cqe->len);
}

/* ---- the card ---- */

static const struct nic_port_ops port_ops = {.next = port_next, .sent = port_sent};

static bool load_program(struct card *c, const struct card_load *load)
{
    struct bpf_program *p, *prog = NULL;

    c->bpf = bpf_object__open_file(load->object, NULL);
    if (c->bpf == NULL)
        return false;
    bpf_object__for_each_program(p, c->bpf) if (load->program == NULL ||
                                                strcmp(bpf_program__name(p), load->program) == 0)
        prog = p;
    else bpf_program__set_autoload(p, false);
    if (prog == NULL || bpf_object__load(c->bpf) != 0)
        return false;
    for (unsigned n = 1; n <= load->ports; n++) {
        c->link[n - 1] = bpf_program__attach_xdp(prog, (int)n);
        if (c->link[n - 1] == NULL)
            return false;
    }
    return true;
}

static bool connect_ports(struct card *c, unsigned ports, const struct card_load *load)
{
    struct nic_err err = {""};
    char spec[96];

    for (unsigned n = 1; n <= ports; n++)
        if (nicdrv_port_enable(c->s.drv, n, true) != 0)
            return false;
    for (unsigned n = 1; n <= ports; n++) {
        struct card_port *p = &c->port[n - 1];

        p->card = c;
        snprintf(spec, sizeof(spec), "udp4,size=%u,count=%u,flows=64,seed=%u", load->size,
                 load->frames, load->seed + n);
        if (n <= load->ports && traffic_open_gen(spec, &p->traffic, &err) != 0)
            return false;
        if (nic_port_connect(c->s.dev, n, &port_ops, p, load->pacing) != 0)
            return false;
    }
    return true;
}

bool card_open(struct card *c, const struct nic_config *cfg, const struct card_load *load)
{
    struct nic_tap tap = {.done = tap_done, .dropped = tap_dropped, .ctx = c};
    struct nic_err err = {""};

    memset(c, 0, sizeof(*c));
    c->seen = 0xcbf29ce484222325u;
    if (session_open(&c->s, cfg, &err) != 0) {
        fprintf(stderr, "%s\n", err.msg);
        return false;
    }
    if (!load_program(c, load) || nicdrv_rx_open(c->s.drv, 1, HOST_RING, host_rx, c) != 0) {
        fprintf(stderr, "%s: not loaded\n", load->object);
        return false;
    }
    nic_device_set_tap(c->s.dev, &tap);
    return connect_ports(c, (unsigned)cfg->port_count, load);
}

/* Another card may have been opened since: its layer is not ours. */
void card_close(struct card *c)
{
    nicbpf_bind(c->s.bpf);
    if (c->s.dev != NULL)
        nic_device_set_tap(c->s.dev, NULL);
    for (unsigned n = 0; n < NIC_PORTS_MAX; n++)
        bpf_link__destroy(c->link[n]);
    bpf_object__close(c->bpf);
    session_close(&c->s);
    for (unsigned n = 0; n < NIC_PORTS_MAX; n++)
        traffic_close(c->port[n].traffic);
}

bool card_step(struct card *c, uint64_t until)
{
    enum nic_stop stop = nicdrv_link_run(c->s.link, until);

    return stop == NIC_STOP_LIMIT || stop == NIC_STOP_IRQ;
}

void card_finish(struct card *c)
{
    while (card_step(c, UINT64_MAX))
        ;
}

/* ---- figures ---- */

uint64_t card_given(const struct card *c)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < NIC_PORTS_MAX; i++)
        n += c->port[i].traffic != NULL ? traffic_stats(c->port[i].traffic)->frames : 0;
    return n;
}

uint64_t card_digest(const struct card *c)
{
    const struct nic_config *cfg = nic_device_config(c->s.dev);
    uint64_t h = c->seen;
    struct nic_stats s;

    nic_device_stats(c->s.dev, &s);
    s.cycles = 0; /* where the last step ended, which says nothing of the card */
    see(&h, &s, sizeof(s));
    for (unsigned e = 0; e <= cfg->engine_count; e++) {
        unsigned threads = e < cfg->engine_count ? (unsigned)cfg->engine_threads : 1;
        struct nic_engine_stats engine;

        nic_device_engine_stats(c->s.dev, e, &engine);
        see(&h, &engine, sizeof(engine));
        for (unsigned t = 0; t < threads; t++) {
            struct nic_thread_stats thread;

            nic_device_thread_stats(c->s.dev, e, t, &thread);
            see(&h, &thread, sizeof(thread));
        }
    }
    return h;
}

double card_rate(const struct card *c)
{
    const struct nic_config *cfg = nic_device_config(c->s.dev);
    struct nic_stats s;

    nic_device_stats(c->s.dev, &s);
    if (s.last_done_cycle <= s.first_rx_cycle)
        return 0;
    return (double)c->done * (double)cfg->engine_clock_hz /
           (double)(s.last_done_cycle - s.first_rx_cycle);
}
