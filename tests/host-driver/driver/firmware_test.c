/* SPDX-License-Identifier: BSD-3-Clause */
/* Firmware files that must be refused, and boots that fail. */
#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "cunit_main.h"
#include "driver/driver_impl.h"
#include "fake_nic.h"

static uint8_t elf[FAKE_ELF_MAX];
static size_t elf_len;

/* Opens a driver on the ELF of this moment; the refusal in err. */
static int open_it(struct nic_err *err)
{
    struct fake_nic nic;
    struct nicdrv *drv = NULL;

    fake_init(&nic);
    struct fake_fw *fw = fake_fw_create();
    nic.serve = fake_fw_serve;
    nic.fw = fw;
    err->msg[0] = '\0';
    int rc = nicdrv_open(&nic.link, elf, elf_len, "test.elf", &drv, err);
    nicdrv_close(drv);
    CU_ASSERT_EQUAL(nic.range_count, 0);
    fake_fini(&nic);
    fake_fw_destroy(fw);
    return rc;
}

static void refused(const char *word)
{
    struct nic_err err;

    CU_ASSERT_EQUAL(open_it(&err), -ENOEXEC);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.msg, "test.elf"));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.msg, word));
    if (!strstr(err.msg, word))
        fprintf(stderr, "expected '%s' in: %s\n", word, err.msg);
}

static Elf64_Ehdr *header(void)
{
    elf_len = fake_elf(elf);
    return (Elf64_Ehdr *)(void *)elf;
}

static Elf64_Phdr *segment(void)
{
    elf_len = fake_elf(elf);
    return (Elf64_Phdr *)(void *)(elf + sizeof(Elf64_Ehdr));
}

static void test_good(void)
{
    struct nic_err err;

    header();
    CU_ASSERT_EQUAL(open_it(&err), 0);
}

static void test_not_elf(void)
{
    memcpy(elf, "hello", 5);
    elf_len = 5;
    refused("not an ELF");
    elf_len = 0;
    refused("not an ELF");
}

static void test_wrong_kind(void)
{
    header()->e_machine = EM_X86_64;
    refused("not built for RISC-V");
    header()->e_ident[EI_CLASS] = ELFCLASS32;
    refused("ELF");
    header()->e_ident[EI_DATA] = ELFDATA2MSB;
    refused("ELF");
    header()->e_type = ET_REL;
    refused("ET_EXEC");
    header()->e_flags = 1;
    refused("compressed");
    header()->e_flags = 4;
    refused("floating point");
}

static void test_truncated(void)
{
    header();
    for (size_t full = elf_len; elf_len-- > 0;) {
        struct nic_err err;
        CU_ASSERT_EQUAL(open_it(&err), -ENOEXEC);
        if (elf_len == full - 1)
            CU_ASSERT_PTR_NOT_NULL(strstr(err.msg, "truncated"));
    }
}

static void test_segments(void)
{
    segment()->p_filesz = UINT64_MAX - 100;
    refused("truncated");
    segment()->p_offset = UINT64_MAX;
    refused("truncated");
    segment()->p_filesz = 65; /* more than memsz */
    refused("truncated");
    segment()->p_paddr = 0x10000000; /* local SRAM: not reachable from outside */
    refused("outside the device");
    segment()->p_paddr = 0x80000000u + FAKE_DRAM - 32;
    refused("outside the device");
    segment()->p_memsz = UINT64_MAX;
    refused("outside the device");
    segment()->p_paddr = UINT64_MAX - 8;
    refused("outside the device");
    segment()->p_type = PT_NOTE;
    refused("nothing to load");
}

static void test_entry(void)
{
    header()->e_entry = 0x80000010u; /* the zeroed part */
    refused("entry point");
    header()->e_entry = 0x20000000u;
    refused("entry point");
    header()->e_entry = 0x80000002u;
    refused("aligned");
    segment()->p_paddr = 0x40000000u; /* shared SRAM does not execute */
    ((Elf64_Ehdr *)(void *)elf)->e_entry = 0x40000000u;
    refused("entry point");
}

/* Every byte of the headers, changed in every bit: refused or loaded, never a crash. */
static void test_bit_flips(void)
{
    for (size_t bit = 0; bit < 8 * (sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr)); bit++) {
        struct nic_err err;
        header();
        elf[bit / 8] ^= (uint8_t)(1u << bit % 8);
        int rc = open_it(&err);
        CU_ASSERT(rc == 0 || rc == -ENOEXEC);
    }
}

static void boot_with(bool boots, uint32_t status, int wait_result, int want, const char *word)
{
    struct fake_nic nic;
    struct nicdrv *drv = NULL;
    struct nic_err err = {""};

    header();
    fake_init(&nic);
    nic.boots = boots;
    nic.boot_status = status;
    nic.wait_result = wait_result;
    CU_ASSERT_EQUAL(nicdrv_open(&nic.link, elf, elf_len, "test.elf", &drv, &err), want);
    CU_ASSERT_PTR_NULL(drv);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.msg, word));
    CU_ASSERT_EQUAL(nic.range_count, 0);
    CU_ASSERT_EQUAL(fake_get32(&nic, NIC_BAR0_CTRL), 0); /* left in reset */
    fake_fini(&nic);
}

static void test_boot_failures(void)
{
    boot_with(false, NIC_FW_BOOTING, 0, -ETIMEDOUT, "did not become ready");
    boot_with(false, NIC_FW_BOOTING, -ESHUTDOWN, -ETIMEDOUT, "every hart waits");
    boot_with(false, NIC_FW_FATAL, 0, -EIO, "failed while booting");
    boot_with(false, NIC_FW_BOOTING, -EIO, -EIO, "failed while booting");
}

static void probe_with(uint64_t reg, uint32_t value, const char *word)
{
    struct fake_nic nic;
    struct nicdrv *drv = NULL;
    struct nic_err err = {""};

    header();
    fake_init(&nic);
    fake_set32(&nic, reg, value);
    CU_ASSERT_EQUAL(nicdrv_open(&nic.link, elf, elf_len, "test.elf", &drv, &err), -ENODEV);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.msg, word));
    fake_fini(&nic);
}

static void test_probe(void)
{
    probe_with(NIC_BAR0_ID, 0xffffffff, "0xffffffff");
    probe_with(NIC_BAR0_VERSION, 2, "version 2");
    probe_with(NIC_BAR0_ENGINES, 0, "ENGINES");
    probe_with(NIC_BAR0_PORTS, 17, "PORTS");
    probe_with(NIC_BAR0_RXQS_MAX, 65, "RXQS_MAX");
    probe_with(NIC_BAR0_ISTORE_SIZE, 0x200000, "ISTORE_SIZE");
}

static const struct cunit_case cases[] = {
    {"good", test_good},
    {"not an ELF", test_not_elf},
    {"for another machine, of another kind", test_wrong_kind},
    {"truncated at every byte", test_truncated},
    {"segments outside file or memory", test_segments},
    {"entry point", test_entry},
    {"every header bit flipped", test_bit_flips},
    {"boot fails", test_boot_failures},
    {"not our device", test_probe},
    {NULL, NULL},
};

int main(void)
{
    return cunit_run("firmware", cases);
}
