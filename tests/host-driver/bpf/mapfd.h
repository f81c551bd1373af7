/* SPDX-License-Identifier: BSD-3-Clause */
/* A card with the real firmware, and calls on maps whose values are descriptors. For one program.
 */
#ifndef TEST_MAPFD_H
#define TEST_MAPFD_H

#include "insns.h"
#include "layer.h"
#include "realnic.h"
#include "transcript.h"

static struct realnic card;
static struct nicbpf *on_card;
static const char *firmware;

static inline void open_card(void)
{
    CU_ASSERT_FATAL(realnic_open(&card, firmware));
    CU_ASSERT_EQUAL_FATAL(nicbpf_create(card.drv, &on_card), 0);
}

static inline void close_card(void)
{
    nicbpf_destroy(on_card);
    on_card = NULL;
    realnic_close(&card);
}

static inline long ask_card(int cmd, void *attr, unsigned size)
{
    return nicbpf_call(on_card, cmd, attr, size);
}

/* ---- calls ---- */

static inline int map(struct transcript *t, const char *what, uint32_t type, uint32_t key,
                      uint32_t value, uint32_t entries, uint32_t flags, int inner)
{
    union bpf_attr a = map_attr(type, key, value, entries);

    a.map_flags = flags;
    a.inner_map_fd = (uint32_t)inner;
    return (int)note(t, what, t->bpf(BPF_MAP_CREATE, &a, sizeof(a)), 0);
}

static inline long on(struct transcript *t, int cmd, int fd, uint32_t key, const void *value,
                      uint64_t flags)
{
    union bpf_attr a;

    memset(&a, 0, sizeof(a));
    a.map_fd = (uint32_t)fd;
    a.key = ptr(&key);
    a.value = ptr(value);
    a.flags = flags;
    return t->bpf(cmd, &a, sizeof(a));
}

static inline void put(struct transcript *t, const char *what, int fd, uint32_t key, int first,
                       int second, uint64_t flags)
{
    int value[2] = {first, second};

    note(t, what, on(t, BPF_MAP_UPDATE_ELEM, fd, key, value, flags), 0);
}

static inline void del(struct transcript *t, const char *what, int fd, uint32_t key)
{
    note(t, what, on(t, BPF_MAP_DELETE_ELEM, fd, key, NULL, 0), 0);
}

/* What a look-up gives: the first number as it is, or only that there is an id. */
static inline void get(struct transcript *t, const char *what, int fd, uint32_t key, bool id_first)
{
    uint32_t value[2] = {0};
    long rc = on(t, BPF_MAP_LOOKUP_ELEM, fd, key, value, 0);

    note(t, what, rc, ((uint64_t)(value[1] != 0) << 32) | (id_first ? value[0] != 0 : value[0]));
}

static inline int program(struct transcript *t, uint32_t type, uint32_t attach)
{
    union bpf_attr a = prog_attr(type, pass_insns, sizeof(pass_insns));

    a.expected_attach_type = attach;
    return (int)note(t, "program", t->bpf(BPF_PROG_LOAD, &a, sizeof(a)), 0);
}

static inline uint32_t flags_of(struct transcript *t, int fd)
{
    struct bpf_map_info info;
    union bpf_attr a;

    memset(&a, 0, sizeof(a));
    memset(&info, 0, sizeof(info));
    a.info.bpf_fd = (uint32_t)fd;
    a.info.info_len = sizeof(info);
    a.info.info = ptr(&info);
    long rc = t->bpf(BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a));
    note(t, "info", rc, info.map_flags);
    return info.map_flags;
}

#endif
