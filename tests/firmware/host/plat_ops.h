/* SPDX-License-Identifier: BSD-3-Clause */
/* The control core's part of platform.h, on the fake NIC of fake.h. */
#ifndef FW_PLAT_OPS_H
#define FW_PLAT_OPS_H

#include "fake.h"

uint32_t plat_event_wait(void);
struct plat_admin plat_admin(void);
uint32_t plat_sq_tail(void);
uint32_t plat_cq_head(void);
uint32_t plat_evq_head(void);
uint64_t plat_time_ns(void);
int plat_dma_read(void *dst, uint64_t iova, uint32_t len);
int plat_dma_write(uint64_t iova, const void *src, uint32_t len);
void plat_msix(uint32_t vector);
void plat_code_ready(void);
uint64_t plat_seq_next(void);
uint64_t plat_seq_done(void);
void plat_port_cookie(uint32_t port, uint64_t cookie, uint64_t frags);
void plat_port_frame_max(uint32_t port, uint32_t bytes);
void plat_port_enable(uint32_t port, uint32_t on);
void plat_rss_queues(uint32_t queues);
void plat_rxq_off(uint32_t queue);
void plat_rxq_on(uint32_t queue, const struct fw_rxq_spec *spec);

#endif
