/* SPDX-License-Identifier: BSD-3-Clause */
/* nicsim run --trace: what the program prints, a line each, as the kernel's trace_pipe has it. */
#include <inttypes.h>
#include <string.h>

#include "cmd/run.h"

#define RING_BYTES 0x400000u

static void print_line(void *ctx, const struct nicdrv_trace_line *line)
{
    size_t len = line->len;

    (void)ctx;
    if (len && line->text[len - 1] == '\n')
        len--;
    fprintf(stderr, "[%03u] %5" PRIu64 ".%06" PRIu64 ": bpf_trace_printk: ", line->hart,
            line->time_ns / 1000000000, line->time_ns / 1000 % 1000000);
    for (size_t i = 0; i < len; i++) {
        char c = line->text[i];
        bool shown = (c >= ' ' && c <= '~') || c == '\t' || c == '\n';

        fputc(shown ? c : '?', stderr); /* a terminal takes other bytes for commands */
    }
    fputc('\n', stderr);
}

int run_trace_start(struct run *r)
{
    int rc = r->v->trace ? nicdrv_trace_set(r->s.drv, RING_BYTES) : 0;

    return rc ? cmd_fail(CMD_FAILED, "trace ring: %s", strerror(-rc)) : CMD_DONE;
}

int run_trace_print(struct run *r)
{
    uint64_t lost = 0;

    if (!r->v->trace)
        return CMD_DONE;
    int rc = nicdrv_trace_read(r->s.drv, print_line, NULL, &lost);
    if (rc)
        return cmd_fail(CMD_FAILED, "trace ring: %s", strerror(-rc));
    if (lost != r->trace_lost)
        fprintf(stderr, "CPU:all [LOST %" PRIu64 " EVENTS]\n", lost - r->trace_lost);
    r->trace_lost = lost;
    return CMD_DONE;
}
