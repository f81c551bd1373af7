/* SPDX-License-Identifier: BSD-3-Clause */
/* Data, but no program. */
int data = 1;
