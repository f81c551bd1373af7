#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""vlan_push, vxlan and gre: what they put around a packet, and that taking it off gives it back."""
import struct
import unittest

import harness
from harness import Frame, make, tcp_frame, udp_frame

CTAG, STAG = 0x8100, 0x88A8
STATION_A, STATION_B = make.ROUTER_MAC, make.SERVER_MAC  # vlan_push.maps
STATION_C, STRANGER = bytes.fromhex("02005e500003"), bytes.fromhex("02005e500099")


def marked(frame, tos):
    """The frame of an IPv4 packet with this type of service, checksum made anew."""
    head = bytearray(frame[14:34])
    head[1], head[10:12] = tos, b"\0\0"
    head[10:12] = struct.pack("!H", make.checksum(bytes(head)))
    return frame[:14] + bytes(head) + frame[34:]


def from_station(mac, vlans=(), data=b"data"):
    return udp_frame("198.51.100.1", 1, "192.0.2.10", 2, data, vlans=vlans,
                     macs=(make.SERVER_MAC, mac))


def vlan_traffic():
    return [from_station(mac, tags) for mac in (STATION_A, STATION_B, STATION_C, STRANGER)
            for tags in ((), [(CTAG, 5 << 13 | 33)], [(STAG, 44), (CTAG, 33)])]


class VlanPush(harness.Example):
    def test_tags(self):
        frames = vlan_traffic()
        result = self.run_nic("vlan_push", frames)
        prio = 5 << 13
        want = [[(STAG, 100), (CTAG, 10)], [(STAG, prio | 100), (CTAG, prio | 33)], None,
                [(CTAG, 20)], [(CTAG, prio | 33)], None,
                [(STAG, 300)], [(STAG, prio | 300), (CTAG, prio | 33)], None]
        for i, tags in enumerate(want):
            with self.subTest(frame=i):
                self.assertEqual(result.verdicts[i], "TX" if tags else "DROP")
                if tags:
                    self.assertEqual(Frame(result.frames[i]).tags, tags)
                    self.assertEqual(Frame(result.frames[i]).body, Frame(frames[i]).body)
        self.assertEqual(result.verdicts[9:], ["PASS"] * 3)
        self.assertEqual(result.frames[9:], frames[9:])

    def test_priority_of_ip(self):
        frames = [marked(from_station(STATION_A), dscp << 2) for dscp in range(64)]
        result = self.run_nic("vlan_push", frames)
        self.assertEqual([Frame(f).tags for f in result.frames],
                         [[(STAG, (dscp >> 3) << 13 | 100), (CTAG, (dscp >> 3) << 13 | 10)]
                          for dscp in range(64)])

    def test_pop_takes_them_off(self):
        frames = [from_station(STATION_A, (), bytes(n)) for n in (0, 1, 64, 1400)]
        tagged = self.run_nic("vlan_push", frames).frames
        once = self.run_nic("vlan_pop", tagged)
        self.assertEqual(once.numbers("by_vlan"), {100: 4})
        twice = self.run_nic("vlan_pop", once.frames)
        self.assertEqual(twice.numbers("by_vlan"), {10: 4})
        self.assertEqual(twice.frames, frames)


HERE, THERE, ELSEWHERE = "10.9.0.1", "10.9.0.2", "10.9.0.9"
SEGMENT, OTHER_SEGMENT, UNKNOWN_SEGMENT = 5000, 70000, 99
KNOWN, GUEST = make.SERVER_MAC, bytes.fromhex("02005e0000bb")  # vxlan.maps has the first
ENDPOINT_MAC, NEXT_HOP = bytes.fromhex("02005e3000ee"), bytes.fromhex("02005e300002")


def vxlan_packet(inner, src=ELSEWHERE, dst=HERE, segment=SEGMENT, flags=8, port=4789):
    body = struct.pack("!B3xI", flags, segment << 8) + inner
    return udp_frame(src, 50000, dst, port, body, macs=(KNOWN, ENDPOINT_MAC))


def inner_frame(i=0, dst=KNOWN, src=GUEST, size=20):
    return udp_frame("172.16.0.1", 1000 + i, "172.16.0.2", 80, bytes(size), macs=(dst, src))


def vxlan_traffic():
    sizes = [inner_frame(i, size=i * 30) for i in range(8)]
    others = [inner_frame(0, b"\xff" * 6), inner_frame(0, STRANGER),
              make.pad(make.eth(bytes(28), 0x0806, (), KNOWN, GUEST))]
    inside = inner_frame(0, GUEST, STRANGER)
    ends = [vxlan_packet(inside), vxlan_packet(inside, segment=OTHER_SEGMENT),
            vxlan_packet(inside, segment=UNKNOWN_SEGMENT), vxlan_packet(inside, flags=0),
            vxlan_packet(inside, dst="10.9.0.7"), vxlan_packet(inside, port=4790),
            vxlan_packet(b"short")]
    return sizes + others + ends + [inner_frame(0, STRANGER)]


class Vxlan(harness.Example):
    def test_encapsulates(self):
        frames = [inner_frame(i, size=i * 100) for i in range(14)]
        result = self.run_nic("vxlan", frames)
        self.assertEqual(result.verdicts, ["TX"] * len(frames))
        for before, after in zip(frames, result.frames):
            outer = Frame(after)
            ip = outer.ip()
            self.assertEqual((outer.dst, outer.src), (NEXT_HOP, GUEST))
            self.assertEqual((ip.src, ip.dst, ip.ttl, ip.df), (HERE, THERE, 64, True))
            self.assertEqual(ip.ports()[1], 4789)
            self.assertEqual(ip.udp()[:8], struct.pack("!B3xI", 8, SEGMENT << 8))
            self.assertEqual(ip.udp()[8:], before)

    def test_the_other_end_gives_it_back(self):
        frames = [inner_frame(i, size=i * 100) for i in range(14)]
        packets = self.run_nic("vxlan", frames).frames
        there = [line.replace("0a090001", "0a090002") for line in harness.shipped_maps("vxlan")]
        result = self.run_nic("vxlan", packets, maps=there)
        self.assertEqual(result.verdicts, ["PASS"] * len(frames))
        self.assertEqual(result.frames, frames)
        traffic = struct.unpack("<QQ", result.maps["segments"][struct.pack("<I", SEGMENT)])
        self.assertEqual(traffic, (len(frames), sum(map(len, frames))))

    def test_source_port_is_of_the_flow(self):
        frames = [inner_frame(i % 50, size=i) for i in range(100)]
        result = self.run_nic("vxlan", frames)
        ports = [result.ip(i).ports()[0] for i in range(100)]
        self.assertEqual(ports[:50], ports[50:])
        self.assertGreater(len(set(ports)), 45)
        self.assertTrue(all(p >= 0xC000 for p in ports))

    def test_learns(self):
        to_stranger = inner_frame(0, STRANGER)
        come = vxlan_packet(inner_frame(0, GUEST, STRANGER))
        moved = vxlan_packet(inner_frame(0, GUEST, STRANGER), src="10.9.0.8")
        spoofed = vxlan_packet(inner_frame(0, GUEST, KNOWN), src="10.9.0.8")
        result = self.run_nic("vxlan", [to_stranger, come, to_stranger, moved, to_stranger, spoofed,
                                        inner_frame()])
        self.assertEqual(result.verdicts, ["PASS", "PASS", "TX", "PASS", "TX", "PASS", "TX"])
        self.assertEqual(result.frames[0], to_stranger)
        self.assertEqual([result.ip(i).dst for i in (2, 4, 6)], [ELSEWHERE, "10.9.0.8", THERE])
        self.assertEqual(Frame(result.frames[2]).dst, ENDPOINT_MAC)

    def test_the_rest(self):
        frames = vxlan_traffic()
        result = self.run_nic("vxlan", frames)
        self.assertEqual(result.verdicts, ["TX"] * 8 + ["PASS", "PASS", "TX"]
                         + ["PASS", "PASS", "DROP", "DROP", "TX", "TX", "DROP", "TX"])
        self.assertEqual(result.numbers("results"), {0: 2, 1: 12, 2: 2, 3: 2, 4: 1})


END, KEYED, STRANGE = "10.8.0.2", "10.8.0.3", "10.8.0.4"
LOCAL, KEY = "10.8.0.1", 0xC0FFEE01
PLAIN_DST, KEYED_DST, KEYED_DST6 = "192.0.2.10", "192.0.2.80", "2001:db8:1::10"


def gre_packet(inner, proto, src=END, dst=LOCAL, key=None, checksum=False, sequence=None, flags=0):
    flags |= (0x2000 if key is not None else 0) | (0x8000 if checksum else 0)
    flags |= 0x1000 if sequence is not None else 0
    head = struct.pack("!HH", flags, proto) + (bytes(4) if checksum else b"")
    head += b"" if key is None else struct.pack("!I", key)
    head += b"" if sequence is None else struct.pack("!I", sequence)
    return harness.ip_frame(src, dst, 47, head + inner)


def routed(size=30):
    return [tcp_frame("172.16.0.1", 1, PLAIN_DST, 2, make.ACK, data=bytes(size)),
            marked(udp_frame("172.16.0.1", 1, KEYED_DST, 2, bytes(size)), 0xB8),
            udp_frame("2001:db8:9::1", 1, KEYED_DST6, 2, bytes(size)),
            harness.ip_frame("172.16.0.1", PLAIN_DST, 17, make.udp("172.16.0.1", PLAIN_DST, 1, 2,
                                                                   bytes(size)), frag=0)]


def gre_traffic():
    inner = Frame(routed()[0]).body
    inner6 = Frame(routed()[2]).body
    ends = [gre_packet(inner, 0x0800), gre_packet(inner, 0x0800, checksum=True, sequence=5),
            gre_packet(inner6, 0x86DD, KEYED, key=KEY),
            gre_packet(inner6, 0x86DD, KEYED, key=KEY, checksum=True, sequence=5)]
    bad = [gre_packet(inner, 0x0800, key=KEY), gre_packet(inner, 0x0800, KEYED, key=KEY + 1),
           gre_packet(inner, 0x0800, STRANGE), gre_packet(inner, 0x0806),
           gre_packet(inner, 0x0800, flags=0x4000), gre_packet(inner[:30], 0x0800)]
    return routed() + ends + bad + [udp_frame("172.16.0.1", 1, "192.0.2.70", 2)]


class Gre(harness.Example):
    def test_encapsulates(self):
        frames = routed()
        result = self.run_nic("gre", frames)
        self.assertEqual(result.verdicts, ["TX"] * 4)
        wanted = [(END, b"\0\0\x08\0"), (KEYED, b"\x20\0\x08\0" + struct.pack("!I", KEY)),
                  (KEYED, b"\x20\0\x86\xdd" + struct.pack("!I", KEY)), (END, b"\0\0\x08\0")]
        for before, after, (end, header) in zip(frames, result.frames, wanted):
            inner, outer = Frame(before).ip(), Frame(after).ip()
            self.assertEqual((outer.src, outer.dst, outer.protocol), (LOCAL, end, 47))
            self.assertEqual((outer.tos, outer.df), (inner.tos, inner.df))
            self.assertEqual(outer.payload, header + inner.whole)
            self.assertEqual(Frame(after).src, Frame(before).dst)

    def test_the_other_end_gives_it_back(self):
        frames = [f for size in (0, 1, 100, 1400) for f in routed(size)]
        packets = self.run_nic("gre", frames).frames
        for end, dst in ((END, "0a080002"), (KEYED, "0a080003")):
            there = [line.replace("0a080001", "0a0800ff").replace(dst, "0a080001")
                     .replace("0a0800ff", dst) for line in harness.shipped_maps("gre")]
            mine = [i for i, p in enumerate(packets) if Frame(p).ip().dst == end]
            result = self.run_nic("gre", [packets[i] for i in mine], maps=there)
            self.assertEqual(set(result.verdicts), {"PASS"})
            for i, after in zip(mine, result.frames):
                self.assertEqual(Frame(after).ip().whole, Frame(frames[i]).ip().whole)
                self.assertEqual(Frame(after).proto, Frame(frames[i]).proto)

    def test_what_comes_in(self):
        result = self.run_nic("gre", gre_traffic())
        self.assertEqual(result.verdicts[4:8], ["PASS"] * 4)
        for i in (4, 5):
            self.assertEqual(result.ip(i).whole, Frame(routed()[0]).body)
        for i in (6, 7):
            self.assertEqual(result.ip(i).whole, Frame(routed()[2]).body)
        # not from a tunnel of ours: to the host; from one, but damaged: dropped
        self.assertEqual(result.verdicts[8:], ["PASS"] * 3 + ["DROP"] * 3 + ["PASS"])
        self.assertEqual(result.frames[8:11], gre_traffic()[8:11])
        self.assertEqual(result.numbers("results"), {0: 1, 1: 4, 2: 4, 3: 3, 4: 3})


if __name__ == "__main__":
    unittest.main()
