/* SPDX-License-Identifier: BSD-3-Clause */
/* A capture file as a source, by libpcap: pcap and pcapng, any resolution, either endianness. */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "traffic/source.h"

#define FRAME_LEN_MAX 65535u /* of struct nic_frame; far beyond what the MAC takes */

struct capture {
    struct traffic base;
    pcap_t *pcap;
};

/* libpcap sign-extends the 32-bit seconds of a pcap file: they end in 2106, not in 2038. */
static uint64_t capture_ns(const struct pcap_pkthdr *h)
{
    uint64_t sec = h->ts.tv_sec < 0 ? (uint64_t)(uint32_t)h->ts.tv_sec : (uint64_t)h->ts.tv_sec;

    return sec * 1000000000u + (uint64_t)h->ts.tv_usec;
}

static int capture_failed(struct traffic *t)
{
    struct capture *c = (struct capture *)t;
    unsigned long long read = t->stats.frames + t->stats.empty;

    return nic_err_set(&t->error, -EIO, "%s: damaged or truncated after packet %llu: %s", t->name,
                       read, pcap_geterr(c->pcap));
}

static int capture_next(struct traffic *t, struct nic_frame *f)
{
    struct capture *c = (struct capture *)t;
    struct pcap_pkthdr *h;
    const u_char *data;
    int got, rc;

    for (;;) {
        got = pcap_next_ex(c->pcap, &h, &data);
        if (got == PCAP_ERROR_BREAK)
            return 0;
        if (got != 1)
            return capture_failed(t);
        if (h->caplen != 0)
            break;
        rc = traffic_note_empty(t);
        if (rc != 0)
            return rc;
    }
    if (h->caplen < h->len)
        t->stats.snapped++;
    f->data = data;
    f->len = h->caplen < FRAME_LEN_MAX ? h->caplen : FRAME_LEN_MAX;
    f->tstamp_ns = capture_ns(h);
    f->seq = 0;
    return 1;
}

static void capture_destroy(struct traffic *t)
{
    struct capture *c = (struct capture *)t;

    if (c->pcap != NULL)
        pcap_close(c->pcap); /* closes its FILE, but never stdin */
    traffic_fini(t);
    free(c);
}

static const struct traffic_ops capture_ops = {.next = capture_next, .destroy = capture_destroy};

static int open_file(const char *path, FILE **out, struct nic_err *err)
{
    struct stat st;
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");

    if (f == NULL)
        return nic_err_set(err, -errno, "%s: %s", path, strerror(errno));
    if (fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode)) {
        fclose(f);
        return nic_err_set(err, -EISDIR, "%s: is a directory, not a capture", path);
    }
    if (S_ISREG(st.st_mode) && st.st_size == 0) {
        fclose(f);
        return nic_err_set(err, -EINVAL, "%s: an empty file, not a capture", path);
    }
    *out = f;
    return 0;
}

static int check_link_type(struct capture *c, struct nic_err *err)
{
    int type = pcap_datalink(c->pcap);
    const char *name = pcap_datalink_val_to_name(type);

    if (type == DLT_EN10MB)
        return 0;
    return nic_err_set(err, -EINVAL, "%s: link type %s (%d); the NIC takes Ethernet captures only",
                       c->base.name, name != NULL ? name : "unknown", type);
}

static int open_pcap(struct capture *c, const char *path, struct nic_err *err)
{
    char text[PCAP_ERRBUF_SIZE] = "";
    FILE *f = NULL;
    int rc = open_file(path, &f, err);

    if (rc != 0)
        return rc;
    c->pcap = pcap_fopen_offline_with_tstamp_precision(f, PCAP_TSTAMP_PRECISION_NANO, text);
    if (c->pcap == NULL) {
        if (f != stdin)
            fclose(f);
        return nic_err_set(err, -EINVAL, "%s: not a pcap or pcapng capture: %s", path, text);
    }
    return check_link_type(c, err);
}

int traffic_open_capture(const char *path, struct traffic **out, struct nic_err *err)
{
    struct capture *c = calloc(1, sizeof(*c));
    int rc;

    if (c == NULL)
        return nic_err_set(err, -ENOMEM, "%s: out of memory", path);
    rc = traffic_init(&c->base, &capture_ops, path);
    if (rc == 0)
        rc = open_pcap(c, path, err);
    if (rc != 0) {
        capture_destroy(&c->base);
        return rc;
    }
    *out = &c->base;
    return 0;
}
