/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes docs/hardware.md: the prose of hardware.md.in with each line that is a
 * @name@ replaced by a table from the headers that the device is built from.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nic/config.h"
#include "nic/csr.h"
#include "nic/device.h"
#include "nic/memmap.h"
#include "nic/pkt.h"
#include "nic/regs.h"

struct reg {
    const char *space, *name, *access, *what;
    unsigned offset, bytes, stride, count;
};

static const struct reg regs[] = {
#define NIC_REG(space, name, offset, bytes, access, what)                                          \
    {#space, #name, #access, what, offset, bytes, 0, 1},
#define NIC_REG_ARRAY(space, name, offset, bytes, access, stride, count, what)                     \
    {#space, #name, #access, what, offset, bytes, stride, count},
#include "nic/regs.def"
};

static void registers(const char *space)
{
    printf("| offset | register | bytes | access | what |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < sizeof(regs) / sizeof(regs[0]); i++) {
        const struct reg *r = &regs[i];

        if (strcmp(r->space, space) != 0)
            continue;
        printf("| 0x%04x", r->offset);
        if (r->stride != 0)
            printf(" + %u i, i < %u", r->stride, r->count);
        printf(" | `%s` | %u | %s | %s |\n", r->name, r->bytes, r->access, r->what);
    }
}

static void bar0(void)
{
    registers("BAR0");
}

static void mmio(void)
{
    registers("MMIO");
}

static void region(const char *name, unsigned base, unsigned max, const char *key,
                   const char *shared)
{
    printf("| %s | 0x%08x | %u KiB | %s | %s |\n", name, base, max / 1024, key, shared);
}

static void memory(void)
{
    printf("| region | base | at most | size | shared by |\n|---|---|---|---|---|\n");
    region("local", NIC_LOCAL_BASE, NIC_LOCAL_MAX, "`local.size`",
           "one thread: the same address is private to each");
    region("mmio", NIC_MMIO_BASE, NIC_MMIO_SIZE, "fixed", "all; some registers answer per hart");
    region("istore", NIC_ISTORE_BASE, NIC_ISTORE_MAX, "`istore.size`",
           "all; harts read and execute it, the host and DMA write it");
    region("cluster", NIC_CLUSTER_BASE, NIC_CLUSTER_STRIDE, "`cluster.size`",
           "all; one a cluster, packet buffers");
    region("sram", NIC_SRAM_BASE, NIC_SRAM_MAX, "`sram.size`", "all");
    region("dram", NIC_DRAM_BASE, NIC_DRAM_MAX, "`dram.size`", "all; executable");
    printf("\nCluster c is at 0x%08x + c x 0x%x; there are at most %u.\n", NIC_CLUSTER_BASE,
           NIC_CLUSTER_STRIDE, NIC_CLUSTERS_MAX);
}

static void config(void)
{
    const struct nic_config_row *r;

    printf("| key | default | range | unit | what |\n|---|---|---|---|---|\n");
    for (unsigned i = 0; (r = nic_config_row(i)) != NULL; i++)
        printf("| `%s.%s` | %llu | %llu to %llu | %s | %s |\n", r->section, r->key,
               (unsigned long long)r->def, (unsigned long long)r->min, (unsigned long long)r->max,
               r->unit, r->what);
}

static void drops(void)
{
    printf("| reason | when |\n|---|---|\n");
#define X(id, name, what) printf("| `%s` | %s |\n", name, what);
    NIC_DROP_REASONS(X)
#undef X
}

static void csrs(void)
{
    printf("| CSR | name |\n|---|---|\n");
#define ROW(name) printf("| 0x%03x | `%s` |\n", NIC_CSR_##name, #name)
    ROW(PROG_LO);
    ROW(PROG_HI);
    ROW(GATE_LO);
    ROW(GATE_HI);
    ROW(STK_LO);
    ROW(STK_HI);
    ROW(PKT_LO);
    ROW(PKT_HI);
    ROW(MAP_LO);
    ROW(MAP_HI);
    ROW(FR1_LO);
    ROW(FR1_HI);
    ROW(FR2_LO);
    ROW(FR2_HI);
#undef ROW
}

static void field(size_t offset, size_t bytes, const char *name, const char *what)
{
    printf("| %zu | %zu | `%s` | %s |\n", offset, bytes, name, what);
}
#define FIELD(type, name, what)                                                                    \
    field(offsetof(struct type, name), sizeof(((struct type *)0)->name), #name, what)

static void fields(void)
{
    printf("| offset | bytes | field | what |\n|---|---|---|---|\n");
}

static void pkt(void)
{
    fields();
    FIELD(nic_pkt, buf, "start of the buffer; must come back unchanged");
    FIELD(nic_pkt, buf_end, "first byte after the buffer");
    FIELD(nic_pkt, data, "first byte of the frame; the hart may move it");
    FIELD(nic_pkt, data_end,
          "first byte after the frame, or after its part in this buffer; the hart may move it");
    FIELD(nic_pkt, data_meta, "as `data` on arrival");
    FIELD(nic_pkt, port, "ingress port, from 1; for TX the hart stores the egress port");
    FIELD(nic_pkt, queue, "host RX queue that RSS chose; for HOST the queue to use");
    FIELD(nic_pkt, hash, "RSS hash, 0 when the frame is not IP");
    FIELD(nic_pkt, retval, "for the hart to set: shown to the observer of the run");
    FIELD(nic_pkt, tstamp_ns, "arrival of the last byte, modelled ns");
    FIELD(nic_pkt, seq, "number of the frame on this device, from 0");
    FIELD(nic_pkt, cookie,
          "`PORT_COOKIE`, with fragments `PORT_COOKIE_FRAGS`, of the ingress port at arrival; "
          "REQUEUE, CLONE: for the hart to set");
    FIELD(nic_pkt, verdict, "for the hart to set: shown to the observer of the run");
    FIELD(nic_pkt, frags, "fragments; the hart may give up the last ones");
    FIELD(nic_pkt, tag, "0 on arrival; REQUEUE, CLONE: for the hart to set");
    FIELD(nic_pkt, frag,
          "of each fragment its first byte (4) and its length (4), which the hart may change");
}

static void rx_desc(void)
{
    fields();
    FIELD(nic_rx_desc, iova, "host buffer");
    FIELD(nic_rx_desc, len, "its bytes");
}

static void rx_cqe(void)
{
    fields();
    FIELD(nic_rx_cqe, tstamp_ns, "arrival, modelled ns");
    FIELD(nic_rx_cqe, seq, "number of the frame");
    FIELD(nic_rx_cqe, len, "bytes written");
    FIELD(nic_rx_cqe, hash, "RSS hash");
    FIELD(nic_rx_cqe, port, "ingress port, from 1");
    FIELD(nic_rx_cqe, index, "ring slot of the descriptor that was used");
    FIELD(nic_rx_cqe, phase, "bit 0: phase");
}

static void numbers(void)
{
    printf("| constant | value |\n|---|---|\n");
    printf("| packet buffer | %u bytes |\n", NIC_BUF_SIZE);
    printf("| headroom | %u bytes |\n", NIC_PKT_HEADROOM);
    printf("| longest frame in one buffer, without FCS | %u bytes |\n", NIC_FRAME_LINEAR);
    printf("| longest frame | %u bytes |\n", NIC_FRAME_MAX);
    printf("| fragments of a packet | %u |\n", NIC_FRAGS_MAX);
    printf("| longest DMA transfer | %u bytes |\n", NIC_DMA_MAX);
    printf("| MSI-X vectors | %u |\n", NIC_VECTORS);
    printf("| BAR 0, BAR 2 | %u, %u bytes |\n", NIC_BAR0_SIZE, NIC_BAR2_SIZE);
    printf("| gate stride | %u bytes |\n", NIC_GATE_STRIDE);
}

static const struct {
    const char *name;
    void (*print)(void);
} tables[] = {
    {"@bar0@\n", bar0},       {"@mmio@\n", mmio},       {"@memory@\n", memory},
    {"@config@\n", config},   {"@drops@\n", drops},     {"@csrs@\n", csrs},
    {"@pkt@\n", pkt},         {"@rx_desc@\n", rx_desc}, {"@rx_cqe@\n", rx_cqe},
    {"@numbers@\n", numbers},
};

static int expand(const char *line)
{
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        if (strcmp(line, tables[i].name) == 0) {
            tables[i].print();
            return 0;
        }
    }
    if (line[0] == '@') {
        fprintf(stderr, "gen_hardware: there is no table %s", line);
        return 1;
    }
    fputs(line, stdout);
    return 0;
}

int main(int argc, char **argv)
{
    FILE *in = argc == 2 ? fopen(argv[1], "re") : NULL;
    char line[4096];
    int bad = 0;

    if (in == NULL) {
        fprintf(stderr, "usage: gen_hardware TEMPLATE\n");
        return 1;
    }
    while (fgets(line, sizeof(line), in) != NULL)
        bad |= expand(line);
    bad |= ferror(in) != 0;
    fclose(in);
    return bad != 0 || fflush(stdout) != 0;
}
