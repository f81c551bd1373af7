/* SPDX-License-Identifier: BSD-3-Clause */
/* The firmware ELF: checked, copied through BAR2, started. */
#include <errno.h>
#include <gelf.h>
#include <inttypes.h>
#include <libelf.h>
#include <string.h>

#include "driver/driver_impl.h"

/* RISC-V ELF psABI, e_flags. */
#define RISCV_FLAG_RVC       0x1u
#define RISCV_FLAG_FLOAT_ABI 0x6u

#define BOOT_STEP_NS UINT64_C(100000)

struct memory_region {
    const char *name;
    uint64_t base, size;
    bool exec;
};
#define REGIONS 3

static void regions_of(const struct geometry *geo, struct memory_region r[REGIONS])
{
    r[0] = (struct memory_region){"instruction store", NIC_ISTORE_BASE, geo->istore_size, true};
    r[1] = (struct memory_region){"shared SRAM", NIC_SRAM_BASE, geo->sram_size, false};
    r[2] = (struct memory_region){"DRAM", NIC_DRAM_BASE, geo->dram_size, true};
}

/* The region that holds all of [addr, addr+len), or NULL. */
static const struct memory_region *region_of(const struct memory_region r[REGIONS], uint64_t addr,
                                             uint64_t len)
{
    for (unsigned i = 0; i < REGIONS; i++) {
        uint64_t at = addr - r[i].base;
        if (addr >= r[i].base && at <= r[i].size && len <= r[i].size - at)
            return &r[i];
    }
    return NULL;
}

static int check_header(const GElf_Ehdr *eh, const char *name, struct nic_err *err)
{
    const char *why = NULL;

    if (eh->e_ident[EI_CLASS] != ELFCLASS64)
        why = "not a 64-bit ELF";
    else if (eh->e_ident[EI_DATA] != ELFDATA2LSB)
        why = "not a little-endian ELF";
    else if (eh->e_machine != EM_RISCV)
        why = "not built for RISC-V";
    else if (eh->e_type != ET_EXEC)
        why = "not an executable ELF (ET_EXEC)";
    else if (eh->e_flags & RISCV_FLAG_RVC)
        why = "uses compressed instructions, which the engines have not";
    else if (eh->e_flags & RISCV_FLAG_FLOAT_ABI)
        why = "uses floating point, which the engines have not";
    else if (eh->e_entry % 4)
        why = "its entry point is not 4-byte aligned";
    if (why)
        return nic_err_set(err, -ENOEXEC, "firmware %s: %s (machine %u)", name, why,
                           (unsigned)eh->e_machine);
    return 0;
}

static int add_segment(struct firmware *fw, const GElf_Phdr *ph, size_t len,
                       const struct memory_region *regions, const char *name, struct nic_err *err)
{
    if (ph->p_filesz > ph->p_memsz || ph->p_offset > len || ph->p_filesz > len - ph->p_offset)
        return nic_err_set(err, -ENOEXEC,
                           "firmware %s: truncated: a segment ends at byte %" PRIu64 " of %zu",
                           name, (uint64_t)(ph->p_offset + ph->p_filesz), len);
    if (!region_of(regions, ph->p_paddr, ph->p_memsz))
        return nic_err_set(err, -ENOEXEC,
                           "firmware %s: segment 0x%" PRIx64 "..0x%" PRIx64
                           " is outside the device's memories",
                           name, (uint64_t)ph->p_paddr, (uint64_t)(ph->p_paddr + ph->p_memsz));
    if (fw->count == FIRMWARE_SEGMENTS)
        return nic_err_set(err, -ENOEXEC, "firmware %s: more than %u segments to load", name,
                           FIRMWARE_SEGMENTS);
    fw->segments[fw->count++] = (struct firmware_segment){
        .addr = ph->p_paddr,
        .offset = ph->p_offset,
        .file_len = ph->p_filesz,
        .mem_len = ph->p_memsz,
    };
    return 0;
}

/* The entry must lie in bytes that were loaded, in memory that harts can fetch from. */
static int check_entry(const struct firmware *fw, const struct memory_region *regions,
                       const char *name, struct nic_err *err)
{
    const struct memory_region *r = region_of(regions, fw->entry, 4);

    for (unsigned i = 0; r && r->exec && i < fw->count; i++) {
        const struct firmware_segment *s = &fw->segments[i];
        if (fw->entry >= s->addr && s->file_len >= 4 && fw->entry - s->addr <= s->file_len - 4)
            return 0;
    }
    return nic_err_set(err, -ENOEXEC,
                       "firmware %s: entry point 0x%" PRIx64 " is not in loaded code", name,
                       fw->entry);
}

static int parse_elf(Elf *elf, size_t len, const char *name, const struct geometry *geo,
                     struct firmware *out, struct nic_err *err)
{
    struct memory_region regions[REGIONS];
    GElf_Ehdr eh;
    GElf_Phdr ph;
    size_t count;

    if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &eh))
        return nic_err_set(err, -ENOEXEC, "firmware %s: not an ELF file", name);
    int rc = check_header(&eh, name, err);
    if (rc)
        return rc;
    if (elf_getphdrnum(elf, &count))
        return nic_err_set(err, -ENOEXEC, "firmware %s: broken program headers", name);
    regions_of(geo, regions);
    *out = (struct firmware){.entry = eh.e_entry};
    for (size_t i = 0; i < count; i++) {
        if (!gelf_getphdr(elf, (int)i, &ph))
            return nic_err_set(err, -ENOEXEC, "firmware %s: truncated program headers", name);
        if (ph.p_type != PT_LOAD || !ph.p_memsz)
            continue;
        rc = add_segment(out, &ph, len, regions, name, err);
        if (rc)
            return rc;
    }
    if (!out->count)
        return nic_err_set(err, -ENOEXEC, "firmware %s: nothing to load", name);
    return check_entry(out, regions, name, err);
}

int firmware_parse(const void *elf, size_t len, const char *name, const struct geometry *geo,
                   struct firmware *out, struct nic_err *err)
{
    if (elf_version(EV_CURRENT) == EV_NONE)
        return nic_err_set(err, -ENOEXEC, "firmware %s: libelf is too old", name);
    /* libelf only reads the image: nothing here asks it to update. */
    Elf *e = elf_memory((char *)(uintptr_t)elf, len);
    int rc = parse_elf(e, len, name, geo, out, err);

    if (e)
        elf_end(e);
    return rc;
}

/* Moves the window to `addr`; the bytes from there to its end, at most len. */
static size_t window_at(struct nicdrv_link *l, uint64_t addr, size_t len, uint64_t *off)
{
    *off = addr % NIC_BAR2_SIZE;
    reg_write64(l, NIC_BAR0_WINDOW, addr - *off);
    size_t room = (size_t)(NIC_BAR2_SIZE - *off);
    return len < room ? len : room;
}

static int copy_segment(struct nicdrv_link *l, const struct firmware_segment *s,
                        const uint8_t *bytes)
{
    static const uint8_t zeros[4096];
    uint64_t off;

    for (size_t at = 0; at < s->mem_len;) {
        bool zero = at >= s->file_len;
        size_t n = window_at(l, s->addr + at, (zero ? s->mem_len : s->file_len) - at, &off);
        if (zero && n > sizeof(zeros))
            n = sizeof(zeros);
        int rc = l->ops->copy_in(l, off, zero ? zeros : bytes + at, n);
        if (rc)
            return rc;
        at += n;
    }
    return 0;
}

int firmware_copy(struct nicdrv_link *l, const struct firmware *fw, const void *elf,
                  const char *name, struct nic_err *err)
{
    for (unsigned i = 0; i < fw->count; i++) {
        const struct firmware_segment *s = &fw->segments[i];
        int rc = copy_segment(l, s, (const uint8_t *)elf + s->offset);
        if (rc)
            return nic_err_set(err, rc,
                               "firmware %s: device memory at 0x%" PRIx64 " cannot be written",
                               name, s->addr);
    }
    return 0;
}

static int boot_failed(struct nicdrv_link *l, const char *name, struct nic_err *err)
{
    char fault[448] = "";

    if (l->ops->fault_text)
        l->ops->fault_text(l, fault, sizeof(fault));
    return nic_err_set(err, -EIO, "firmware %s failed while booting: %s", name,
                       fault[0] ? fault : "it reported a fatal error");
}

int firmware_start(struct nicdrv_link *l, uint64_t entry, const char *name, struct nic_err *err)
{
    uint32_t status = NIC_FW_RESET;
    int rc = 0;

    reg_write64(l, NIC_BAR0_BOOT_PC, entry);
    reg_write32(l, NIC_BAR0_CTRL, NIC_CTRL_RUN);
    for (uint64_t spent = 0; spent < BOOT_TIMEOUT_NS; spent += BOOT_STEP_NS) {
        rc = l->ops->wait(l, BOOT_STEP_NS);
        status = reg_read32(l, NIC_BAR0_STATUS);
        if (rc == -EIO || status == NIC_FW_FATAL)
            return boot_failed(l, name, err);
        if (status == NIC_FW_READY)
            return 0;
        if (rc == -ESHUTDOWN)
            break; /* every hart waits: it will never be ready */
    }
    return nic_err_set(
        err, -ETIMEDOUT, "firmware %s did not become ready (status %" PRIu32 "): %s", name, status,
        rc == -ESHUTDOWN ? "every hart waits" : "no answer within 1 s of device time");
}
