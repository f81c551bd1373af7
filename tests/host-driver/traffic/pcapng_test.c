/* SPDX-License-Identifier: BSD-3-Clause */
/* What the writer made, read back by libpcap and, where libpcap shows nothing, by hand. */
#include <dirent.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cunit_main.h"
#include "traffic/outfile.h"
#include "traffic/pcapng.h"

static char dir[] = "/tmp/nicsim-pcapng-XXXXXX";
static char path[64];

static void setup(void)
{
    strcpy(dir, "/tmp/nicsim-pcapng-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/out.pcapng", dir);
}

static unsigned files_left(void)
{
    DIR *d = opendir(dir);
    unsigned n = 0;

    while (d != NULL && readdir(d) != NULL)
        n++;
    if (d != NULL)
        closedir(d);
    return n - 2;
}

static void teardown(void)
{
    unlink(path);
    CU_ASSERT_EQUAL(rmdir(dir), 0);
}

static struct pcapng *create(void)
{
    static const char *const names[] = {"port1", "port2", "host0"};
    struct pcapng *w = NULL;

    CU_ASSERT_EQUAL_FATAL(pcapng_create(path, "test", names, 3, &w, NULL), 0);
    return w;
}

static void test_read_back(void)
{
    char text[PCAP_ERRBUF_SIZE];
    struct pcap_pkthdr *h;
    const u_char *data;
    uint8_t frame[100];
    struct pcapng *w;
    pcap_t *p;

    setup();
    for (unsigned k = 0; k < sizeof(frame); k++)
        frame[k] = (uint8_t)k;
    w = create();
    for (unsigned len = 1; len <= sizeof(frame); len++)
        pcapng_write(w, len % 3, 1700000000000000000u + len, frame, len, len % 2 ? "XDP_TX" : NULL);
    CU_ASSERT_EQUAL(pcapng_commit(w, NULL), 0);
    p = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    CU_ASSERT_EQUAL(pcap_datalink(p), DLT_EN10MB);
    for (unsigned len = 1; len <= sizeof(frame); len++) {
        CU_ASSERT_EQUAL_FATAL(pcap_next_ex(p, &h, &data), 1);
        CU_ASSERT(h->caplen == len && h->len == len);
        CU_ASSERT(h->ts.tv_sec == 1700000000 && h->ts.tv_usec == (suseconds_t)len);
        CU_ASSERT_EQUAL(memcmp(data, frame, len), 0);
    }
    CU_ASSERT_EQUAL(pcap_next_ex(p, &h, &data), PCAP_ERROR_BREAK);
    pcap_close(p);
    teardown();
}

static uint32_t get32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Walks the blocks: both lengths agree and cover the file. Returns the number of blocks. */
static unsigned walk_blocks(const uint8_t *file, size_t size, size_t *at, unsigned room)
{
    unsigned n = 0;

    for (size_t pos = 0; pos + 12 <= size && n < room; n++) {
        uint32_t total = get32(file + pos + 4);

        CU_ASSERT_FATAL(total >= 12 && total % 4 == 0 && pos + total <= size);
        CU_ASSERT_EQUAL(get32(file + pos + total - 4), total);
        at[n] = pos;
        pos += total;
        if (pos == size)
            return n + 1;
    }
    CU_FAIL("blocks do not cover the file");
    return n;
}

static void test_blocks(void)
{
    static uint8_t file[4096];
    struct pcapng *w;
    size_t at[8], size;
    FILE *f;

    setup();
    w = create();
    pcapng_write(w, 2, 0x0102030405060708u, "\xaa\xbb\xcc", 3, "XDP_PASS seq 7");
    CU_ASSERT_EQUAL(pcapng_commit(w, NULL), 0);
    f = fopen(path, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    size = fread(file, 1, sizeof(file), f);
    fclose(f);
    CU_ASSERT_EQUAL_FATAL(walk_blocks(file, size, at, 8), 5);
    CU_ASSERT_EQUAL(get32(file + at[0]), 0x0a0d0d0a);
    CU_ASSERT_EQUAL(memcmp(file + at[3] + 20, "host0", 5), 0);
    CU_ASSERT_EQUAL(get32(file + at[4]), 6);
    CU_ASSERT_EQUAL(get32(file + at[4] + 8), 2);
    CU_ASSERT_EQUAL(get32(file + at[4] + 12), 0x01020304);
    CU_ASSERT_EQUAL(get32(file + at[4] + 16), 0x05060708);
    CU_ASSERT_EQUAL(get32(file + at[4] + 32), (14u << 16 | 1)); /* comment, 14 bytes */
    CU_ASSERT_EQUAL(memcmp(file + at[4] + 36, "XDP_PASS seq 7", 14), 0);
    teardown();
}

static void test_whole_or_nothing(void)
{
    struct pcapng *w;

    setup();
    w = create();
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0); /* not before commit */
    pcapng_abort(w);
    CU_ASSERT_EQUAL(files_left(), 0);
    w = create();
    CU_ASSERT_EQUAL(pcapng_commit(w, NULL), 0);
    CU_ASSERT_EQUAL(access(path, F_OK), 0);
    CU_ASSERT_EQUAL(files_left(), 1);
    teardown();
}

static void test_cannot_write(void)
{
    struct nic_err err = {""};
    struct outfile o;

    CU_ASSERT(outfile_open(&o, "/nonexistent/out", &err) < 0);
    CU_ASSERT(strstr(err.msg, "/nonexistent/out: cannot write") != NULL);
    CU_ASSERT(outfile_open(&o, "/tmp", &err) < 0);
    CU_ASSERT_EQUAL_FATAL(outfile_open(&o, "/dev/full", &err), 0);
    fputs("x", o.file);
    CU_ASSERT(outfile_commit(&o, &err) < 0);
    CU_ASSERT(strstr(err.msg, "/dev/full: cannot write") != NULL);
    outfile_abort(&o);
}

static void test_mode(void)
{
    mode_t mask = umask(027);
    struct outfile o;
    struct stat st;

    setup();
    CU_ASSERT_EQUAL_FATAL(outfile_open(&o, path, NULL), 0);
    CU_ASSERT_EQUAL(outfile_commit(&o, NULL), 0);
    umask(mask);
    CU_ASSERT_EQUAL_FATAL(stat(path, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 0777, 0640);
    teardown();
}

static const struct cunit_case cases[] = {
    {"libpcap reads it back", test_read_back},   {"blocks, names and comments", test_blocks},
    {"whole or nothing", test_whole_or_nothing}, {"cannot write", test_cannot_write},
    {"mode as open gives", test_mode},           {NULL, NULL},
};

int main(void)
{
    return cunit_run("traffic/pcapng", cases);
}
