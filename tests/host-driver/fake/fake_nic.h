/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A NIC that is only its registers and an admin queue served by a test's function:
 * for driver tests that want to see, delay or forge what a device does. IOVAs
 * are host addresses; DMA is checked against what the driver mapped.
 */
#ifndef FAKE_NIC_H
#define FAKE_NIC_H

#include <stdbool.h>

#include "fw/admin.h"
#include "nic/regs.h"
#include "nicdrv/driver.h"
#include "nicdrv/link.h"

#define FAKE_RANGES 256
#define FAKE_HELD   128

struct fake_nic;

enum fake_answer {
    FAKE_DONE, /* *cqe (status, result) is written now */
    FAKE_HOLD, /* kept until fake_release */
    FAKE_LOSE, /* never answered */
};

/* Serves one command. cqe is zeroed; cid, phase and sq_head are filled afterwards. */
typedef enum fake_answer (*fake_serve_fn)(struct fake_nic *nic, const struct fw_sqe *sqe,
                                          struct fw_cqe *cqe);

struct fake_nic {
    struct nicdrv_link link; /* first */
    uint8_t bar0[NIC_BAR0_SIZE];
    uint8_t *dram; /* FAKE_DRAM bytes at NIC_DRAM_BASE, behind BAR2 */
    uint64_t time_ns;
    struct {
        uint8_t *mem;
        size_t len;
    } ranges[FAKE_RANGES];
    unsigned range_count;
    nicdrv_irq_fn irq;
    void *irq_ctx;
    fake_serve_fn serve;
    void *fw; /* for serve */
    uint32_t fetched, completed;
    struct fw_sqe held[FAKE_HELD];
    unsigned held_count;
    bool irq_pending;
    bool boots;           /* RUN makes STATUS READY */
    uint32_t boot_status; /* else this */
    int wait_result;      /* returned by wait when nothing is pending; default 0 = time passes */
    unsigned waits;       /* calls of wait */
    unsigned max_in_flight, in_flight;
    unsigned dma_refused;
};

#define FAKE_DRAM (4u << 20)

/* A NIC with 2 ports, booting at once, every command answered with status 0 unless serve is set. */
void fake_init(struct fake_nic *nic);
void fake_fini(struct fake_nic *nic);

uint32_t fake_get32(const struct fake_nic *nic, uint64_t off);
void fake_set32(struct fake_nic *nic, uint64_t off, uint32_t v);
void fake_set64(struct fake_nic *nic, uint64_t off, uint64_t v);

/* Host memory as the device reaches it; NULL when [iova, iova+len) is not mapped. */
void *fake_dma(struct fake_nic *nic, uint64_t iova, size_t len);
/* Writes a completion entry as it is (but its phase), the way a broken device might. */
void fake_complete(struct fake_nic *nic, struct fw_cqe cqe);
/* Answers held command i with `status`. */
void fake_release(struct fake_nic *nic, unsigned i, uint16_t status, uint64_t result);

/* A minimal RV64 executable: one segment of 16 bytes at NIC_DRAM_BASE. Its size is returned. */
#define FAKE_ELF_MAX 512
size_t fake_elf(uint8_t out[FAKE_ELF_MAX]);

/* ---- fake_fw.c: firmware with ARRAY and HASH maps, good enough for the bpf layer ---- */
struct fake_fw;
struct fake_fw *fake_fw_create(void);
void fake_fw_destroy(struct fake_fw *fw);
enum fake_answer fake_fw_serve(struct fake_nic *nic, const struct fw_sqe *sqe, struct fw_cqe *cqe);
unsigned fake_fw_maps(const struct fake_fw *fw); /* that exist */
unsigned fake_fw_progs(const struct fake_fw *fw);
/* Program handle on a port (0 = none). */
uint32_t fake_fw_attached(const struct fake_fw *fw, unsigned port);
bool fake_fw_enabled(const struct fake_fw *fw, unsigned port);
/* Commands of this op fail with `status` from now on; 0 = they work. */
void fake_fw_fail(struct fake_fw *fw, unsigned op, uint16_t status);
void fake_fw_map_room(struct fake_fw *fw, uint64_t bytes);
/* Where the maps to come lie. */
void fake_fw_map_base(struct fake_fw *fw, uint32_t base);
/* Writes its capability TLVs; returns the length. */
/* Claims to have more map types than ARRAY and HASH; what they do is not theirs. */
void fake_fw_all_types(struct fake_fw *fw);
size_t fake_fw_tlvs(const struct fake_fw *fw, uint8_t *out, size_t room);

#endif
