/* SPDX-License-Identifier: BSD-3-Clause */
#include "helpers/args.h"

#include "helpers/packet.h"

int fw_arg_ok_far(uint64_t addr, uint64_t len)
{
    return fw_inside(addr, len, NIC_DRAM_BASE, FW_HART->map_bytes) ||
           fw_inside(addr, len, FW_PKT->data_meta, FW_PKT->data_end - FW_PKT->data_meta) ||
           fw_frags_hold(FW_PKT, addr, len);
}

static uint64_t room_in(uint64_t addr, uint64_t lo, uint64_t bytes)
{
    return addr - lo < bytes ? bytes - (addr - lo) : 0;
}

uint64_t fw_arg_room(uint64_t addr)
{
    uint64_t room = room_in(addr, FW_STK_LO, FW_STK_BYTES);
    if (!room)
        room = room_in(addr, NIC_DRAM_BASE, FW_HART->map_bytes);
    if (!room)
        room = room_in(addr, FW_PKT->data_meta, FW_PKT->data_end - FW_PKT->data_meta);
    for (uint32_t i = 0; !room && i < FW_PKT->frags; i++)
        room = room_in(addr, FW_PKT->frag[i].data, FW_PKT->frag[i].len);
    return room;
}
