/* SPDX-License-Identifier: BSD-3-Clause */
#include "realnic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ethernet, IPv4, UDP; lengths and checksums do not matter to the NIC. */
static const uint8_t header[42] = {
    0x02, 0,  0,  0, 0, 1,  0x02, 0, 0, 0,  0, 2, 0x08, 0x00, 0x45, 0, 0,  50, 0,  0, 0,
    0,    64, 17, 0, 0, 10, 0,    0, 1, 10, 0, 0, 2,    0x12, 0x34, 0, 53, 0,  30, 0, 0,
};

static int next_frame(void *ctx, struct nic_frame *f)
{
    struct realnic *nic = ctx;

    if (!nic->left)
        return 0;
    nic->left--;
    memcpy(nic->frame, header, sizeof(header));
    memcpy(nic->frame + 34, &nic->number, 2); /* source port: spreads the RSS hash */
    memcpy(nic->frame + nic->len - 4, &nic->number, 4);
    nic->number++;
    *f = (struct nic_frame){.data = nic->frame, .len = nic->len};
    return 1;
}

static const struct nic_port_ops source = {.next = next_frame};

static void *read_file(const char *path, size_t *len)
{
    FILE *f = path ? fopen(path, "rb") : NULL;
    char *data = malloc(1 << 20);

    *len = f && data ? fread(data, 1, 1 << 20, f) : 0;
    if (f)
        fclose(f);
    return data;
}

bool realnic_open(struct realnic *nic, const char *firmware)
{
    struct nic_config cfg;

    nic_config_init(&cfg);
    cfg.engine_count = 2;
    cfg.dram_size = 256 << 20;
    return realnic_open_as(nic, firmware, &cfg);
}

bool realnic_open_as(struct realnic *nic, const char *firmware, const struct nic_config *cfg)
{
    struct nic_err err = {"no firmware file"};
    size_t len;
    void *elf = read_file(firmware, &len);

    memset(nic, 0, sizeof(*nic));
    if (len && !nicdrv_link_inproc(cfg, &nic->link, &err)) {
        nic->dev = nicdrv_link_device(nic->link);
        if (!nicdrv_open(nic->link, elf, len, firmware, &nic->drv, &err)) {
            free(elf);
            return true;
        }
    }
    free(elf);
    fprintf(stderr, "%s\n", err.msg);
    return false;
}

void realnic_close(struct realnic *nic)
{
    nicdrv_close(nic->drv);
    if (nic->link)
        nic->link->ops->destroy(nic->link);
}

void realnic_send_as(struct realnic *nic, uint32_t count, uint32_t len, struct nic_pacing pacing)
{
    nic->left = count;
    nic->len = len;
    nic_port_connect(nic->dev, 1, &source, nic, pacing);
}

void realnic_send(struct realnic *nic, uint32_t count, uint32_t len)
{
    realnic_send_as(nic, count, len, (struct nic_pacing){.how = NIC_PACE_MAX});
}

enum nic_stop realnic_run(struct realnic *nic)
{
    return nicdrv_link_run(nic->link, UINT64_MAX);
}
