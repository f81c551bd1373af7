/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

struct capture {
    pcap_t *pcap;
    const char *path;
};

struct capture *capture_open(const char *path)
{
    char err[PCAP_ERRBUF_SIZE];
    struct capture *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->path = path;
    c->pcap = pcap_open_offline(path, err);
    if (c->pcap == NULL) {
        fprintf(stderr, "%s: %s\n", path, err);
        free(c);
        return NULL;
    }
    return c;
}

int capture_next(struct capture *c, const uint8_t **data, uint32_t *len)
{
    struct pcap_pkthdr *head;
    int rc = pcap_next_ex(c->pcap, &head, data);

    if (rc == 1) {
        *len = head->caplen;
        return 1;
    }
    if (rc == PCAP_ERROR_BREAK)
        return 0;
    fprintf(stderr, "%s: %s\n", c->path, pcap_geterr(c->pcap));
    return -1;
}

void capture_close(struct capture *c)
{
    pcap_close(c->pcap);
    free(c);
}
