/* SPDX-License-Identifier: BSD-3-Clause */
/* The report for people. Modelled and host figures stand apart. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/run.h"
#include "cmd/style.h"

#define ENTRIES_SHOWN 8u
#define ENGINES_SHOWN 16u

static const char *duration(double seconds, char buf[32])
{
    if (seconds < 1e-3)
        snprintf(buf, 32, "%.1f us", seconds * 1e6);
    else if (seconds < 1)
        snprintf(buf, 32, "%.2f ms", seconds * 1e3);
    else
        snprintf(buf, 32, "%.2f s", seconds);
    return buf;
}

static void print_input(const struct run *r)
{
    const struct traffic_stats *in = traffic_stats(r->traffic);
    char a[32], b[32];

    printf("input    %s: %s packets, %sB\n", traffic_name(r->traffic),
           style_grouped(in->frames + in->empty, a), style_scaled((double)in->bytes, b));
    if (in->snapped != 0)
        printf("         %s of them were captured shorter than they were on the wire; the card "
               "gets what was captured\n",
               style_grouped(in->snapped, a));
    if (in->backwards != 0)
        printf("         %s of them have a time before that of a packet before them%s\n",
               style_grouped(in->backwards, a),
               r->v->pacing.how == NIC_PACE_TRACE ? ", and come right behind it" : "");
    if (run_above_wire(r))
        printf("         --rate is more than the wire brings (%sbit/s): they come back to back\n",
               style_scaled((double)r->cfg.port_bps, a));
}

static void print_top(const struct run *r, const struct style *s)
{
    char clock[32];

    printf("%s%s%s %s %s", s->bold, r->o.name, s->plain, r->path != NULL ? "from" : "of",
           r->o.path);
    if (r->view.image != NULL)
        printf(": %u BPF instructions, %u engine instructions", r->view.prog->insn_count,
               r->view.image->code_words);
    putchar('\n');
    print_input(r);
    printf("card     %s: %u engine%s with %u thread%s each at %sHz\n",
           r->v->dev.preset != NULL ? r->v->dev.preset : "generic", r->model.engines,
           r->model.engines == 1 ? "" : "s", r->model.threads, r->model.threads == 1 ? "" : "s",
           style_scaled((double)r->model.clock_hz, clock));
}

static void print_verdicts(const struct run *r, const struct style *s)
{
    char count[32];

    style_heading(s, "Verdicts", "");
    for (unsigned i = 0; i < FW_VERDICTS; i++) {
        uint64_t n = r->tally.verdicts[i];
        double share = r->tally.done != 0 ? (double)n / (double)r->tally.done : 0;

        if (n == 0)
            continue;
        printf("  %-13s %13s %6.1f %%  ", verdict_name(i), style_grouped(n, count), share * 100);
        style_bar(s, share);
    }
    if (r->tally.done == 0)
        puts("  none");
}

static void print_drops(const struct run *r, const struct style *s)
{
    static const struct {
        const char *name, *what;
    } reasons[] = {
#define X(id, name, what) {(name), (what)},
        NIC_DROP_REASONS(X)
#undef X
    };
    uint64_t empty = traffic_stats(r->traffic)->empty, any = empty;
    char count[32];

    for (unsigned d = 0; d < NIC_DROP_COUNT; d++)
        any += r->model.drops[d];
    if (any == 0)
        return;
    style_heading(s, "Dropped by the card", "");
    for (unsigned d = 0; d < NIC_DROP_COUNT; d++)
        if (r->model.drops[d] != 0)
            printf("  %-13s %13s  %s\n", reasons[d].name, style_grouped(r->model.drops[d], count),
                   reasons[d].what);
    if (r->model.drops[NIC_DROP_WATCHDOG] != 0)
        printf("  %-13s %13s  run.watchdog=%" PRIu64
               ": shorten the loops of the program, or give it time by --set run.watchdog=N\n",
               "", "", r->cfg.run_watchdog);
    if (empty != 0)
        printf("  %-13s %13s  records of the capture without a byte\n", "empty",
               style_grouped(empty, count));
}

/* The causes that make up the cycles of a packet; small ones together. */
static void print_causes(const struct model *m)
{
    const char *separator = "  of these      ";
    double small = 0;

    if (m->packets == 0)
        return;
    for (unsigned c = 0; c < NIC_CAUSES; c++) {
        if (c == NIC_CAUSE_IDLE || c == NIC_CAUSE_BLOCKED)
            continue;
        if (m->cause[c] < 0.01 * m->cycles_per_packet) {
            small += m->cause[c];
            continue;
        }
        printf("%s%s %.1f", separator, nic_cause_name(c), m->cause[c]);
        separator = ", ";
    }
    if (separator[0] == ',')
        printf(", other %.1f\n", small);
}

static void print_cache(const struct model *m)
{
    double all = (double)(m->cache.hits + m->cache.misses);

    if (all > 0)
        printf("  dram cache    %.1f %% of %.0f accesses are hits\n",
               (double)m->cache.hits * 100 / all, all);
}

static void print_throughput(const struct model *m, uint64_t bytes)
{
    char a[32], b[32], c[32];

    printf("  throughput    %spps, %spps per engine", style_scaled(m->pps, a),
           style_scaled(m->pps_per_engine, b));
    if (m->time_ns != 0) /* on the wire: 20 bytes of preamble and gap, 4 of FCS */
        printf(", %sbit/s on the wire",
               style_scaled((double)(bytes + 24 * m->packets) * 8e9 / (double)m->time_ns, c));
    printf("\n  time          %s", duration((double)m->time_ns * 1e-9, a));
    printf(", %s cycles\n", style_grouped(m->cycles, a));
    printf("  each packet   %.0f engine cycles, %.1f instructions of the program\n",
           m->cycles_per_packet, m->program_insns_per_packet);
    print_causes(m);
    print_cache(m);
}

/* What is hardly used tells nothing. */
static void print_uses(const struct model *m)
{
    const char *separator = "  in use        ";

    printf("  bottleneck    %s\n", m->bottleneck);
    for (unsigned u = 0; u < MODEL_USE_COUNT; u++) {
        if (m->use[u] < 0.005)
            continue;
        if (u == MODEL_MAC && m->use[u] > 1) { /* only at a rate that does not wait for it */
            printf("%smore than the mac brings (--rate line)", separator);
            continue;
        }
        printf("%s%s %.0f %%", separator, model_use_name(u), m->use[u] * 100);
        separator = ", ";
    }
    if (separator[0] == ',')
        putchar('\n');
}

static void print_engine(const struct model *m, const char *label, const struct model_engine *e)
{
    char packets[32], cycles[32];

    printf("  %8s %13s %15s %8.1f %% %8.1f %%\n", label, style_grouped(e->packets, packets),
           style_grouped(e->cycles, cycles), model_share(m, e->cycles) * 100,
           model_share(m, e->stall) * 100);
}

static int by_packets(const void *a, const void *b)
{
    const struct model_engine *x = a, *y = b;

    return (x->packets > y->packets) - (x->packets < y->packets);
}

/* Least, median and most stand for a crowd. */
static void print_many(const struct model *m)
{
    struct model_engine *sorted = malloc(m->engines * sizeof(*sorted));

    if (sorted == NULL)
        return;
    memcpy(sorted, m->engine, m->engines * sizeof(*sorted));
    qsort(sorted, m->engines, sizeof(*sorted), by_packets);
    print_engine(m, "least", &sorted[0]);
    print_engine(m, "median", &sorted[m->engines / 2]);
    print_engine(m, "most", &sorted[m->engines - 1]);
    free(sorted);
}

static void print_engines(const struct model *m)
{
    char label[16];

    printf("\n  %8s %13s %15s %10s %10s\n", "engine", "packets", "cycles", "busy", "stalled");
    if (m->engines > ENGINES_SHOWN) {
        print_many(m);
        return;
    }
    for (unsigned e = 0; e < m->engines; e++) {
        snprintf(label, sizeof(label), "%u", e);
        print_engine(m, label, &m->engine[e]);
    }
}

static void print_host(const struct run *r)
{
    double wall = r->wall_s > 0 ? r->wall_s : 1e-9;
    char a[32], b[32], c[32];

    printf("  %s, %s packets a second, %s engine instructions a second\n", duration(r->wall_s, a),
           style_scaled((double)r->model.packets / wall, b),
           style_scaled((double)r->model.insns / wall, c));
}

void report_print(const struct run *r, const struct map_dump *maps, size_t count)
{
    struct style s = style_choose();

    print_top(r, &s);
    print_verdicts(r, &s);
    print_drops(r, &s);
    if (count != 0) {
        style_heading(&s, "Maps", "");
        maps_print(stdout, r->o.bpf, maps, count, r->v->maps ? SIZE_MAX : ENTRIES_SHOWN);
    }
    if (r->events != NULL) {
        style_heading(&s, "Events", "");
        runevents_print(r->events);
    }
    if (r->cfg.run_functional) {
        style_heading(&s, "Modelled",
                      "nothing: this was a functional run (--mode timed models time)");
    } else {
        style_heading(&s, "Modelled", "the card's time");
        print_throughput(&r->model, traffic_stats(r->traffic)->bytes);
        print_uses(&r->model);
        print_engines(&r->model);
    }
    style_heading(&s, "Host", "speed of the simulator on this machine");
    print_host(r);
    if (r->v->write != NULL)
        printf("\n%s packets that left the card are in %s\n", "The", r->v->write);
}
