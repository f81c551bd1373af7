/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of results, in the manner of FD.io CSIT: "64B-4t1e-ethip4-xdpdrop-ndr". */
#ifndef BENCH_NAME_H
#define BENCH_NAME_H

#include <stddef.h>

struct bench_name {
    const char *size; /* "64B", "imix" or "capture" */
    unsigned threads; /* of an engine */
    unsigned engines;
    const char *traffic; /* "ethip4", "ethip6" or "pcap" */
    const char *program; /* letters and digits of it are taken, in lower case */
    const char *measure; /* "ndr", "pdr" or "mrr" */
};

/* The name into buf, always terminated; returns buf. */
const char *bench_name(const struct bench_name *n, char *buf, size_t len);

#endif
