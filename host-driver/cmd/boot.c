/* SPDX-License-Identifier: BSD-3-Clause */
/* nicsim boot: a bare RV64 program on the engines, by the tohost convention of riscv-tests. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd/bootelf.h"
#include "cmd/cmd.h"
#include "cmd/devopts.h"
#include "cmd/trap.h"
#include "nic/regs.h"
#include "traffic/outfile.h"

struct boot_values {
    struct devopts dev;
    const char *signature;
    uint64_t max_cycles;
};

static const struct opt boot_opts[] = {
    DEVOPTS_ENGINES,
    DEVOPTS_THREADS,
    OPT_ROW_TEXT(struct boot_values, signature, "signature", 0, "FILE",
                 "write the memory from begin_signature to end_signature: a line for each 8 "
                 "bytes, a 64-bit little-endian number as 16 hexadecimal digits"),
    OPT_ROW_NUMBER(struct boot_values, max_cycles, "max-cycles", "N", 1, UINT64_MAX,
                   "give up after so many cycles (default: 1G)"),
    DEVOPTS_PRESET(struct boot_values),
    DEVOPTS_SET,
    {.name = NULL},
};

static const struct cmd_example boot_examples[] = {
    {"nicsim boot rv64ui-p-add", "one of the riscv-tests"},
    {"nicsim boot --signature add-01.sig add-01.elf", "a riscv-arch-test, with its signature"},
    {"nicsim boot --engines 4 --threads 2 smp.elf", "eight harts"},
    {NULL, NULL},
};

/* Every line of riscv-arch-test's signature is one 64-bit word; a short tail is filled with 0. */
static int signature_lines(struct nic_device *dev, const struct bootelf *elf, FILE *out,
                           struct nic_err *err)
{
    for (uint64_t at = elf->sig_begin; at < elf->sig_end; at += 8) {
        uint64_t left = elf->sig_end - at;
        uint8_t b[8] = {0};

        if (nic_mem_read(dev, at, b, left < 8 ? (size_t)left : 8) != 0)
            return nic_err_set(err, -EFAULT, "the signature at 0x%" PRIx64 " is outside memory",
                               at);
        for (int i = 7; i >= 0; i--)
            fprintf(out, "%02x", b[i]);
        fputc('\n', out);
    }
    return 0;
}

static int write_signature(struct nic_device *dev, const struct bootelf *elf, const char *path,
                           struct nic_err *err)
{
    struct outfile o;
    int rc;

    if (elf->sig_end == 0 || elf->sig_end < elf->sig_begin)
        return nic_err_set(err, -ENOENT, "no symbols begin_signature and end_signature");
    rc = outfile_open(&o, path, err);
    if (rc != 0)
        return rc;
    rc = signature_lines(dev, elf, o.file, err);
    if (rc != 0) {
        outfile_abort(&o);
        return rc;
    }
    return outfile_commit(&o, err);
}

/* A program that will never write tohost: tell where its harts are. */
static int hung(struct nic_device *dev, const char *path, enum nic_stop stop)
{
    const struct nic_config *cfg = nic_device_config(dev);
    struct nic_fault f;
    uint32_t harts = (uint32_t)(cfg->engine_count * cfg->engine_threads);

    cmd_fail(CMD_FAILED, "%s: hangs: %s", path,
             stop == NIC_STOP_LIMIT ? "the cycle limit was reached (--max-cycles)"
                                    : "every hart waits, or branches to itself, for ever");
    for (uint32_t h = 0; h < harts && h < 8; h++)
        if (nic_device_hart(dev, h, &f) == 0)
            trap_report(stderr, &f);
    if (harts > 8)
        fprintf(stderr, "  (and %" PRIu32 " more harts)\n", harts - 8);
    return CMD_FAILED;
}

static int trapped(struct nic_device *dev, const char *path)
{
    struct nic_fault f;

    if (!nic_device_fault(dev, &f))
        return cmd_fail(CMD_FAILED, "%s: the device stopped without a reason", path);
    cmd_fail(CMD_FAILED, "%s: %s", path, f.what);
    trap_report(stderr, &f);
    return CMD_FAILED;
}

static uint64_t instructions(const struct nic_device *dev)
{
    uint64_t sum = 0;

    for (unsigned e = 0; e < nic_device_config(dev)->engine_count; e++) {
        struct nic_engine_stats s;

        if (nic_device_engine_stats(dev, e, &s) == 0)
            sum += s.insns;
    }
    return sum;
}

static int verdict(struct nic_device *dev, const char *path)
{
    uint64_t value = nic_device_watch_value(dev);

    if (value == 1) {
        printf("%s: passed, %" PRIu64 " instructions, %" PRIu64 " modelled cycles\n", path,
               instructions(dev), nic_device_cycles(dev));
        return CMD_DONE;
    }
    if (value & 1)
        printf("%s: FAILED test %" PRIu64 "\n", path, value >> 1);
    else
        printf("%s: FAILED, wrote 0x%" PRIx64 " to tohost (a request to a host, which boot does "
               "not serve)\n",
               path, value);
    return CMD_FAILED;
}

static int boot_device(struct nic_device *dev, const char *path, const struct boot_values *v)
{
    struct nic_err err = {""};
    struct bootelf elf;
    enum nic_stop stop;

    if (bootelf_load(path, dev, &elf, &err) != 0)
        return cmd_fail(CMD_FAILED, "%s", err.msg);
    nic_device_watch(dev, elf.tohost);
    nic_bar_write(dev, 0, NIC_BAR0_BOOT_PC, 8, elf.entry);
    nic_bar_write(dev, 0, NIC_BAR0_CTRL, 4, NIC_CTRL_RUN | NIC_CTRL_BARE);
    stop = nic_device_run(dev, v->max_cycles, false);
    if (stop == NIC_STOP_FATAL)
        return trapped(dev, path);
    if (stop != NIC_STOP_HALT)
        return hung(dev, path, stop);
    if (v->signature != NULL && write_signature(dev, &elf, v->signature, &err) != 0)
        return cmd_fail(CMD_FAILED, "%s: %s", path, err.msg);
    return verdict(dev, path);
}

static int boot_main(const struct cmd *self, int argc, char **argv)
{
    struct boot_values v = {.max_cycles = 1000000000u};
    struct nic_device *dev = NULL;
    struct nic_err err = {""};
    struct nic_config cfg;
    const char *path;
    int status;

    devopts_add(&v.dev, "engine.count", "1", NULL);
    devopts_add(&v.dev, "engine.threads", "1", NULL);
    if (!cmd_parse(self, argc, argv, &v, &path, 1, 1, &status))
        return status;
    if (devopts_apply(&v.dev, &cfg, &err) != 0)
        return cmd_fail(CMD_USAGE, "%s", err.msg);
    if (nic_device_create(&cfg, NULL, NULL, &dev, &err) != 0)
        return cmd_fail(CMD_FAILED, "%s", err.msg);
    status = boot_device(dev, path, &v);
    nic_device_destroy(dev);
    return status;
}

const struct cmd cmd_boot = {
    .name = "boot",
    .args = "FILE.elf",
    .brief = "run a bare RV64 program on the engines",
    .about = "Loads a bare RV64 executable (DRAM starts at 0x80000000) and runs it on every "
             "hart from its entry point, without firmware; by default on one engine with one "
             "thread. The program ends when it writes the word at the symbol tohost: 1 means "
             "passed (exit status 0); an odd number means that test number/2 failed (exit status "
             "3, \"FAILED test N\" on standard output). A program that ends in a trap without a "
             "handler, or hangs, is reported with its hart, pc, cause and registers.",
    .opts = boot_opts,
    .examples = boot_examples,
    .main = boot_main,
};
