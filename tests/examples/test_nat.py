#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""nat: what leaves and what comes back, with every checksum right, and back to what it was."""
import struct
import unittest

import harness
from harness import Frame, make, tcp_frame, udp_frame

OUTSIDE, ROUTER = "203.0.113.254", bytes.fromhex("02005e400001")
INSIDE, HOST_MAC = "198.51.100.20", bytes.fromhex("02005e0000aa")
FAR = "192.0.2.10"
CARD = make.SERVER_MAC
FIRST, COUNT = 20000, 40000
OUT = (CARD, HOST_MAC)  # destination and source of what hosts inside send
IN = (CARD, ROUTER)
LEFT, ENTERED = 1, 2


def icmp_frame(src, dst, ident, reply=False, **more):
    return harness.ip_frame(src, dst, make.ICMP, make.icmp_echo(ident, 3, b"ping pong", reply),
                            **more)


def no_checksum(frame):
    """The UDP frame as a sender that makes no checksum."""
    return frame[:40] + b"\0\0" + frame[42:]


def outgoing():
    """One packet for each way of leaving."""
    return [tcp_frame(INSIDE, 5000, FAR, 80, make.SYN, macs=OUT),
            udp_frame(INSIDE, 5000, FAR, 53, b"query", macs=OUT),
            udp_frame("198.51.100.21", 5000, FAR, 53, b"odd", macs=OUT),
            no_checksum(udp_frame(INSIDE, 5001, FAR, 53, b"no sum", macs=OUT)),
            icmp_frame(INSIDE, FAR, 77, macs=OUT),
            tcp_frame(INSIDE, 5000, "192.0.2.80", 443, make.ACK, 7, 8, b"data", macs=OUT),
            tcp_frame("198.51.100.80", 8080, FAR, 40000, make.SYN | make.ACK, macs=OUT)]


def answer(frame):
    """What the far end sends when this comes."""
    f = Frame(frame)
    ip = f.ip()
    if ip.protocol == make.ICMP:
        ident = struct.unpack_from("!H", ip.payload, 4)[0]
        return icmp_frame(ip.dst, ip.src, ident, True, macs=IN)
    sport, dport = ip.ports()
    if ip.protocol == make.UDP:
        return udp_frame(ip.dst, dport, ip.src, sport, b"answer", macs=IN)
    return tcp_frame(ip.dst, dport, ip.src, sport, make.ACK, 9, 10, b"answer", macs=IN)


def left_alone():
    fragment = harness.ip_frame(INSIDE, FAR, make.UDP, make.udp(INSIDE, FAR, 1, 2, b"x" * 32)[:24],
                                frag=0x2000, macs=OUT)
    options = harness.ip_frame(INSIDE, FAR, make.UDP, make.udp(INSIDE, FAR, 1, 2, b""), ihl=6,
                               options=bytes(4), macs=OUT)
    return [fragment, options, udp_frame(INSIDE, 1, "198.51.100.9", 2, macs=OUT),
            udp_frame(FAR, 1, "192.0.2.11", 2), udp_frame("2001:db8::1", 1, make.SERVER6, 2),
            harness.ip_frame(INSIDE, FAR, 132, bytes(16), macs=OUT),
            make.pad(make.eth(bytes(28), 0x0806))]


def traffic():
    known = [udp_frame(FAR, 53, OUTSIDE, FIRST + i, b"unasked", macs=IN) for i in range(3)]
    server = tcp_frame("192.0.2.99", 1234, OUTSIDE, 80, make.SYN, macs=IN)
    return outgoing() + known + [server] + left_alone() + outgoing()


class Nat(harness.Example):
    def check_sums(self, before, after):
        """All checksums of `after` right, a UDP one of 0 still 0."""
        old, new = Frame(before).ip(), Frame(after).ip()
        self.assertEqual(new.ttl, old.ttl - 1)
        if new.protocol == make.UDP:
            was_zero = old.payload[6:8] == b"\0\0"
            self.assertEqual(new.payload[6:8] == b"\0\0", was_zero)
            self.assertEqual(new.udp(), old.udp())
        else:
            self.assertEqual(new.transport_sum(), 0)

    def test_leaves(self):
        frames = outgoing()
        result = self.run_nic("nat", frames)
        self.assertEqual(result.verdicts, ["TX"] * len(frames))
        self.assertEqual(result.numbers("results"), {LEFT: len(frames)})
        for before, after in zip(frames, result.frames):
            self.check_sums(before, after)
            old, new = Frame(before), Frame(after)
            self.assertEqual((new.dst, new.src), (ROUTER, CARD))
            self.assertEqual((new.ip().src, new.ip().dst), (OUTSIDE, old.ip().dst))
            if new.ip().protocol != make.ICMP:
                self.assertEqual(new.ip().ports()[1], old.ip().ports()[1])

    def test_ports(self):
        result = self.run_nic("nat", outgoing())
        ports = [result.ip(i).ports()[0] for i in range(7)]
        self.assertTrue(all(FIRST <= p < FIRST + COUNT for p in ports[:4] + ports[5:6]))
        self.assertNotEqual(ports[1], ports[2])  # two hosts with the same port
        self.assertEqual(ports[0], ports[5])  # one endpoint, two destinations
        self.assertEqual(ports[6], 80)  # a server's answer, from the port that is forwarded

    def test_comes_back(self):
        frames = outgoing()[:6]
        left = self.run_nic("nat", frames).frames
        answers = [answer(f) for f in left]
        result = self.run_nic("nat", frames + answers)
        self.assertEqual(result.verdicts, ["TX"] * 12)
        self.assertEqual(result.numbers("results"), {LEFT: 6, ENTERED: 6})
        for asked, came, after in zip(frames, answers, result.frames[6:]):
            self.check_sums(came, after)
            wanted = answer(asked)  # what would have come without a NAT between
            old, new = Frame(wanted).ip(), Frame(after).ip()
            self.assertEqual((new.src, new.dst, new.payload), (old.src, old.dst, old.payload))
            self.assertEqual((Frame(after).dst, Frame(after).src), (HOST_MAC, CARD))

    def test_forwarded_port(self):
        result = self.run_nic("nat", [tcp_frame("192.0.2.99", 1234, OUTSIDE, 80, make.SYN,
                                                macs=IN)])
        ip = result.ip(0)
        ip.tcp()
        self.assertEqual((ip.src, ip.dst, ip.ports()), ("192.0.2.99", "198.51.100.80",
                                                        (1234, 8080)))
        self.assertEqual(Frame(result.frames[0]).dst.hex(), "02005e400050")

    def test_what_is_not_translated(self):
        unknown = udp_frame(FAR, 53, OUTSIDE, 31000, macs=IN)
        over = bytearray(tcp_frame(INSIDE, 5000, FAR, 80, make.SYN, macs=OUT))
        over[22] = 1  # time to live
        frames = left_alone() + [unknown, bytes(over)]
        result = self.run_nic("nat", frames)
        self.assertEqual(result.verdicts, ["PASS"] * len(frames))
        self.assertEqual(result.frames, frames)
        self.assertEqual(result.numbers("results"), {0: len(frames) - 2, 3: 1, 5: 1})

    def test_many_hosts_have_ports_of_their_own(self):
        frames = [udp_frame(f"198.51.100.{1 + i % 70}", 1000 + i // 70, FAR, 53, macs=OUT)
                  for i in range(1000)]
        result = self.run_nic("nat", frames, rate="max")
        self.assertEqual(set(result.verdicts), {"TX"})
        self.assertEqual(len({Frame(f).ip().ports()[0] for f in result.frames}), 1000)
        both = {k: v[:8] for k, v in result.maps["bindings_in"].items()}
        self.assertEqual({v: k for k, v in both.items()}, result.maps["bindings_out"])

    def test_no_port_is_left(self):
        """Eight ports for nine endpoints."""
        maps = [line.replace("204e409c", "204e0800") for line in harness.shipped_maps("nat")]
        frames = [udp_frame(INSIDE, 1000 + i, FAR, 53, macs=OUT) for i in range(9)]
        result = self.run_nic("nat", frames, maps=maps)
        self.assertEqual(result.verdicts, ["TX"] * 8 + ["DROP"])


if __name__ == "__main__":
    unittest.main()
