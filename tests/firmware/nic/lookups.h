/* SPDX-License-Identifier: BSD-3-Clause */
/* What the programs and the host of the access test share. */
#ifndef TESTS_LOOKUPS_H
#define TESTS_LOOKUPS_H

#define ENTRIES 65536 /* that the maps may have */
#define FILLED  2048  /* keys that are there */

#endif
