/* SPDX-License-Identifier: BSD-3-Clause */
/* What the programs and the host of the access test share. */
#ifndef TESTS_LOOKUPS_H
#define TESTS_LOOKUPS_H

#define ENTRIES 65536 /* that the maps may have */
#define FILLED  2048  /* keys that are there */

/* X(type, name, bytes of a key): hash tables, the map is called name and bytes. */
#define LOOKUPS_SIZES(X, kind, name)                                                               \
    X(kind, name, 1)                                                                               \
    X(kind, name, 2) X(kind, name, 3) X(kind, name, 4) X(kind, name, 5) X(kind, name, 6)           \
        X(kind, name, 7) X(kind, name, 8) X(kind, name, 9) X(kind, name, 10) X(kind, name, 11)     \
            X(kind, name, 12) X(kind, name, 13) X(kind, name, 14) X(kind, name, 15)                \
                X(kind, name, 16)
#define LOOKUPS_HASHES(X)                                                                          \
    LOOKUPS_SIZES(X, HASH, hash)                                                                   \
    LOOKUPS_SIZES(X, LRU_HASH, lru) X(PERCPU_HASH, percpu, 4) X(PERCPU_HASH, percpu, 12)           \
        X(PERCPU_HASH, percpu, 16) X(HASH, hash, 24)

#endif
