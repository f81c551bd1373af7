/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * LD_PRELOAD for programs that use bpf(2) themselves (bpftool): a NIC in their process,
 * with the layer bound to it. NICSIM_FIRMWARE names the firmware; without it, or when the NIC
 * does not come up, the process ends with status 99 before main().
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "nicdrv/bpf.h"
#include "realnic.h"

static struct realnic nic;
static struct nicbpf *layer;

static void __attribute__((constructor)) start(void)
{
    const char *firmware = getenv("NICSIM_FIRMWARE");

    unsetenv("LD_PRELOAD"); /* not for what the program runs */
    if (!realnic_open(&nic, firmware) || nicbpf_create(nic.drv, &layer)) {
        fprintf(stderr, "preload: no NIC (firmware %s)\n", firmware ? firmware : "not named");
        _exit(99);
    }
    nicbpf_bind(layer);
}

static void __attribute__((destructor)) stop(void)
{
    nicbpf_destroy(layer);
    realnic_close(&nic);
}
