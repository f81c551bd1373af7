/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What libpcap says: pcap_match CAPTURE, an expression a line on standard input, prints a line for
 * each, a character a packet: 1 match, 0 none.
 */
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

static int print_matches(const struct bpf_program *p, const char *path)
{
    char err[PCAP_ERRBUF_SIZE];
    pcap_t *pcap = pcap_open_offline(path, err);
    struct pcap_pkthdr *h;
    const u_char *data;

    if (pcap == NULL) {
        fprintf(stderr, "%s: %s\n", path, err);
        return 3;
    }
    while (pcap_next_ex(pcap, &h, &data) == 1) {
        h->len = h->caplen; /* what the card gets */
        putchar(pcap_offline_filter(p, h, data) != 0 ? '1' : '0');
    }
    putchar('\n');
    pcap_close(pcap);
    return 0;
}

int main(int argc, char **argv)
{
    pcap_t *dead = pcap_open_dead(DLT_EN10MB, 262144);
    struct bpf_program p;
    char line[512];
    int rc = 0;

    if (argc != 2 || dead == NULL)
        return 1;
    while (rc == 0 && fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (pcap_compile(dead, &p, line, 1, PCAP_NETMASK_UNKNOWN) != 0) {
            fprintf(stderr, "%s: %s\n", line, pcap_geterr(dead));
            return 2;
        }
        rc = print_matches(&p, argv[1]);
        pcap_freecode(&p);
    }
    pcap_close(dead);
    return rc;
}
