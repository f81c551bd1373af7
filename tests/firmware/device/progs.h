/* SPDX-License-Identifier: BSD-3-Clause */
/* Engine code of the device tests (progs.S): program P_x starts at P_x * PROG_SLOT. */
#ifndef TESTS_FIRMWARE_PROGS_H
#define TESTS_FIRMWARE_PROGS_H

#define PROG_SLOT 256 /* bytes */

#define P_DROP       0
#define P_RETURN     1 /* returns the first four bytes of the frame */
#define P_COUNT      2 /* array: counts packets in value 0 with an atomic */
#define P_FLOWS      3 /* hash: key = frame bytes 0..3; counts in its value, inserts when new */
#define P_CONTEXT    4 /* array: copies xdp_md to value 0 */
#define P_PUSH       5 /* adjust_head(-8), writes 8 bytes, TX */
#define P_POP        6 /* adjust_head(+4) */
#define P_CLOBBER    7 /* spoils every register it may, and calls a helper on a wild sp */
#define P_READ_REGS  8 /* loads a device register */
#define P_PAST_END   9 /* loads past the packet */
#define P_NO_HELPER  10
#define P_INTO_FW    11 /* jumps into firmware text */
#define P_BAD_RETURN 12 /* calls a helper with ra in firmware text */
#define P_BAD_KEY    13 /* map_lookup with a key pointer into the registers */
#define P_BAD_MAP    14
#define P_ILLEGAL    15
#define P_IDS        16 /* array: ktime, prandom twice, smp id to value 0 */
#define P_TAIL       17 /* adjust_tail(+16), then adjust_meta(-8) */
#define P_REPLACE                                                                                  \
    18 /* hash: map_update of key = seq-like frame bytes, BPF_ANY, value = frame bytes */
#define P_DELETE 19 /* hash: map_delete, returns -errno */
#define P_DROP2  20 /* XDP_TX: tells the old program from the new one in a swap */
#define P_LOOKUP 21 /* one map_lookup with key = frame bytes 0..3, then XDP_DROP */

/* Tail calls, frame bytes 0..3 = index; callbacks. */
#define P_TAIL_CALL   22 /* program array: TX when the call is not taken */
#define P_TAIL_COUNT  23 /* counts itself in frame byte 8 on the way */
#define P_TAIL_NESTED 24 /* from a subprogram; 8 more than the target's result, or 7 */
#define P_TAIL_DEEP   25 /* counts, and calls on from a subprogram; results count down again */
#define P_TAIL_BAD    26 /* a hash map in place of the program array */
#define P_LOOP        27 /* loop of frame byte 0..3 rounds, stops in round 1000; its result */
#define P_LOOP_FLAGS  28
#define P_LOOP_NEST   29 /* 5 times 4 times a lookup in the array: 20 in value 0 */
#define P_LOOP_TRAP   30 /* the inner callback loads a register of the device */
#define P_LOOP_WILD   31 /* the callback spoils what it should keep */
#define P_LOOP_ENTRY  32 /* a callback in firmware text */
#define P_LOOP_DEEP   33 /* a callback that calls the helper with itself */

/* Redirects. Frame: bytes 0..3 key or interface, bytes 4..7 flags. */
#define P_REDIRECT     34
#define P_REDIRECT_MAP 35
#define P_FORGOTTEN    36 /* a target, then one that a map has not: returns XDP_REDIRECT by itself */
#define P_SECOND                                                                                   \
    37             /* in a devmap or cpumap: frame[8] = egress, [9] = ingress interface,           \
                      [10] += 1; its result is frame[11] */
#define P_INNER 38 /* map of maps: key frame 0..3; counts in value 0 of the inner map */
#define P_EACH  39 /* for_each_map_elem: adds up values; stops as frame byte 4 says */

/* Ring buffers. */
#define P_RECORD     40 /* reserves 16 bytes, puts frame bytes 0..3 there, submits */
#define P_BAD_RECORD 41 /* submits frame bytes 0..3 as if they were a record's address */
#define P_BAD_RING   42 /* array: reserves in it */
#define P_TWICE      43 /* submits a record twice */

/* XSKMAP: the queue that the entry of key frame 0..3 says, times 256, what it is refused as a
   listener with, and what a lookup of a socket gives; PASS when there is none. */
#define P_QUEUE 44

/* Array of values that begin with a spin lock: counts at +8 with the lock held, and then, as frame
   bytes 0..3 say: 0 gives it back, 1 loads a register of the device, 2 takes it again, 3 gives
   another one back. */
#define P_LOCK 45

/* Programs that do not end by themselves, as frame bytes 0..3 say. Array of values that begin with
   a spin lock: 0 counts at +8 with the lock held and ends; 1 jumps to itself, 2 loops in registers,
   3 reads the value again and again; 4 as 2 and 5 as 1 with the lock held; 6 calls back from a
   helper, again and again. */
#define P_ENDLESS 46

/* Ring buffer: reserves as many records of 16 bytes as frame byte 0 says, and jumps to itself, or,
   when byte 1 is not 0, loads a register of the device. */
#define P_HOARD    47
#define P_PROGRAMS 48

#endif
