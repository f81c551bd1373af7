#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The smaller examples over the shipped capture, against the same said in Python."""
import struct
import unittest
from collections import Counter

import harness
from harness import Frame, make

ATTACK = [frame for _, frame in make.attack()]
FRAGMENT = 0x1FFF


def protocol_of(frame, tags):
    """(version, protocol, header bytes, fragment offset), or None; looks through `tags` VLAN tags."""
    f = Frame(frame)
    body = f.body
    if len(f.tags) > tags:
        return None
    if f.proto == 0x0800 and len(body) >= 20:
        return (4, body[9], (body[0] & 15) * 4, struct.unpack_from("!H", body, 6)[0] & FRAGMENT)
    if f.proto == 0x86DD and len(body) >= 40:
        return 6, body[6], 40, 0
    return None


def parses(frame):
    try:
        Frame(frame)
    except struct.error:
        return False
    return True


class TailChain(harness.Example):
    """Every frame of the capture that is long enough for what it claims to be."""

    FRAMES = [f for f in ATTACK if parses(f)]

    def test_stages(self):
        vlan = ipv4 = ipv6 = ports = 0
        tags = Counter()
        for frame in self.FRAMES:
            n = len(Frame(frame).tags)
            vlan += n
            proto = Frame(frame).proto
            ipv4 += proto == 0x0800
            ipv6 += proto == 0x86DD
            seen = protocol_of(frame, 9)
            if seen and seen[2] >= 20 and not seen[3]:
                ports += 1
                tags[n] += 1
        result = self.run_nic("tail_chain", self.FRAMES, rate="max")
        want = {0: vlan, 1: ipv4, 2: ipv6, 3: ports}
        want.update({4 + n: count for n, count in tags.items()})
        self.assertEqual(result.numbers("reached"), want)
        self.assertGreater(tags[2], 0)

    def test_metadata_is_gone_afterwards(self):
        result = self.run_nic("tail_chain", self.FRAMES[:200], rate="max")
        self.assertEqual(result.frames, self.FRAMES[:200])


class TenantTable(harness.Example):
    def test_each_tenant_has_its_own(self):
        def frame(vlan, source):
            tags = [(0x8100, vlan)] if vlan else []
            return harness.udp_frame(source, 1, "192.0.2.10", 2, vlans=tags)

        guest = "192.0.2.200"
        table = [f"map guests {bytes([192, 0, 2, 200]).hex()} {'00' * 16}"]
        frames = [frame(0, "198.51.100.1"), frame(0, "198.51.100.1"), frame(10, guest),
                  frame(10, "198.51.100.1"), frame(11, guest), frame(0, guest)]
        result = self.run_nic("tenant_table", frames, maps=table)
        self.assertEqual(result.verdicts, ["PASS", "PASS", "PASS", "DROP", "DROP", "PASS"])
        counts = {name: {k[:4]: struct.unpack("<QQ", v) for k, v in result.maps[name].items()}
                  for name in ("untagged", "guests")}
        self.assertEqual(counts["untagged"], {bytes([198, 51, 100, 1]): (2, 120),
                                              bytes([192, 0, 2, 200]): (1, 60)})
        self.assertEqual(counts["guests"], {bytes([192, 0, 2, 200]): (1, 60)})
        self.assertEqual(result.numbers("open"), {17: 3})
        self.assertEqual(result.numbers("closed"), {17: 2})

    def test_a_table_is_full_at_64(self):
        frames = [harness.udp_frame(f"198.51.100.{i}", 1, "192.0.2.10", 2) for i in range(1, 71)]
        result = self.run_nic("tenant_table", frames)
        self.assertEqual(result.verdicts, ["PASS"] * 64 + ["DROP"] * 6)


class SampleRingbuf(harness.Example):
    def test_samples(self):
        frames = ATTACK[:300]
        result = self.run_nic("sample_ringbuf", frames)
        want = []
        for i, frame in enumerate(frames):
            if frame[12:14] == b"\x08\0":
                head = frame[:64]
                want.append(struct.pack("<IHH", i, len(frame), len(head)) + head.ljust(64, b"\0"))
        self.assertEqual([bytes.fromhex(r["data"]) for r in result.events], want)


if __name__ == "__main__":
    unittest.main()
