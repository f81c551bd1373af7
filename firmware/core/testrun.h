/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs of a program on a packet that no port delivered: the control core's, for PROG_TEST. */
#ifndef FW_TESTRUN_H
#define FW_TESTRUN_H

#include <stdint.h>

#include "fw/admin.h"

/*
 * Runs the program behind `cookie` `runs` times on the frame that *t describes in `buf`
 * (FW_TEST_BUF bytes of device memory, and the fragments' buffers behind them), each time on what
 * the last one left of it, with the protection windows of the datapath. Fills what *t returns.
 */
void fw_test_program(struct fw_test *t, void *buf, uint64_t cookie, uint32_t runs);

#endif
