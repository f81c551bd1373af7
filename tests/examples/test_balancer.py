#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""l4_balancer: spreads, keeps connections where they are, moves little when a server leaves."""
import json
import struct
import unittest
from collections import Counter

import harness
import maglev
from harness import Frame, make, tcp_frame, udp_frame

CONFIG = json.loads((harness.ROOT / "examples/l4_balancer.json").read_text(encoding="utf-8"))
VIP, VIP_DNS, VIP6 = "192.0.2.10", "192.0.2.11", "2001:db8:1::10"
SERVERS = CONFIG["vips"][f"tcp {VIP} 80"]
GONE = "10.0.1.3"
FLOWS = 1500


def flow_frame(i, flags=make.ACK):
    src = f"198.51.{i >> 8}.{i & 255}"
    return tcp_frame(src, 1024 + i * 7 % 60000, VIP, 80, flags, i, i, b"x" * (i % 40))


def traffic():
    """What the comparison with the kernel runs over as well."""
    quote = make.ipv4(VIP, "198.51.0.5", make.TCP, make.tcp(VIP, "198.51.0.5", 80, 1059, 16))
    quote6 = make.ipv6(VIP6, "2001:db8:2::5", make.UDP, make.udp(VIP6, "2001:db8:2::5", 9, 77, b""))
    too_big = struct.pack("!BBHHH", 3, 4, 0, 0, 1400) + quote[:28]
    too_big6 = struct.pack("!BBHI", 2, 0, 0, 1400) + quote6
    frames = [flow_frame(i) for i in range(20)] + [flow_frame(5, make.SYN), flow_frame(5)]
    frames += [harness.ip_frame("10.1.1.1", VIP, make.ICMP, too_big),
               harness.ip_frame("2001:db8:9::1", VIP6, make.ICMP6, too_big6)]
    frames += [udp_frame("198.51.100.9", 4000 + i, VIP_DNS, 53, b"q") for i in range(8)]
    frames += [udp_frame("2001:db8:2::5", 77 + i, VIP6, 9, b"six" * i) for i in range(12)]
    return frames


class Balancer(harness.Example):
    def servers(self, result):
        """The outer destination of each frame."""
        return [Frame(f).ip().dst for f in result.frames]

    def test_outer_headers(self):
        frames = traffic()
        result = self.run_nic("l4_balancer", frames)
        self.assertEqual(set(result.verdicts), {"TX"})
        for before, after in zip(frames, result.frames):
            old, new = Frame(before), Frame(after)
            inner, outer = old.ip(), new.ip()
            self.assertEqual(outer.payload, inner.whole)
            self.assertEqual(outer.protocol, {4: 4, 6: 41}[inner.version])
            self.assertEqual(outer.src, CONFIG["outer"][0 if outer.version == 4 else 1])
            self.assertEqual(new.dst.hex(":"), CONFIG["reals"][outer.dst])
            self.assertEqual(new.src, old.dst)
            self.assertEqual((outer.tos, outer.ttl), (inner.tos, 64))

    def test_spreads(self):
        result = self.run_nic("l4_balancer", [flow_frame(i) for i in range(FLOWS)], rate="max")
        shares = Counter(self.servers(result))
        self.assertEqual(set(shares), set(SERVERS))
        for server, n in shares.items():
            self.assertAlmostEqual(n * len(SERVERS) / FLOWS, 1, delta=0.2, msg=server)
        counted = self.sums(result, "real_traffic")
        packets = {s: counted[i][0] for i, s in enumerate(CONFIG["reals"]) if counted[i][0]}
        self.assertEqual(packets, shares)
        self.assertEqual(sum(entered for _, _, entered in counted.values()), FLOWS)
        self.assertEqual(len(result.maps["connections"]), FLOWS)

    def sums(self, result, name):
        """Per-CPU counters, added up: {number: (packets, bytes, connections)}."""
        entries = next(m for m in result.report["maps"] if m["name"] == name)["entries"]
        out = {}
        for e in entries:
            copies = [struct.unpack("<QQQ", bytes(int(b, 16) for b in v["value"]))
                      for v in e["values"]]
            out[int(e["key"][0], 16)] = tuple(map(sum, zip(*copies)))
        return out

    def test_a_connection_stays(self):
        frames = [flow_frame(i, flags) for flags in (make.SYN, make.ACK, make.ACK | make.PSH)
                  for i in range(100)]
        servers = self.servers(self.run_nic("l4_balancer", frames))
        self.assertEqual(servers[:100], servers[100:200])
        self.assertEqual(servers[:100], servers[200:])

    def test_a_server_leaves(self):
        frames = [flow_frame(i) for i in range(FLOWS)]
        first = self.run_nic("l4_balancer", frames, rate="max")
        before = self.servers(first)
        table = list(maglev.lines(CONFIG, down=(GONE,)))
        known = [f"map connections {k.hex()} {v.hex()}"
                 for k, v in first.maps["connections"].items()]
        fresh = self.servers(self.run_nic("l4_balancer", frames, maps=table, rate="max"))
        kept = self.servers(self.run_nic("l4_balancer", frames, maps=table + known, rate="max"))
        others = [i for i, s in enumerate(before) if s != GONE]
        self.assertNotIn(GONE, fresh + kept)
        moved = sum(fresh[i] != before[i] for i in others)
        self.assertLess(moved, len(others) / 10)  # the ring alone: its share, and little else
        self.assertEqual([kept[i] for i in others], [before[i] for i in others])

    def test_icmp_follows_the_connection(self):
        result = self.run_nic("l4_balancer", traffic())
        servers = self.servers(result)
        self.assertEqual(servers[22], servers[5])
        self.assertEqual(servers[23], servers[32])

    def test_syn_flood_leaves_the_table_alone(self):
        result = self.run_nic("l4_balancer", [flow_frame(i, make.SYN) for i in range(300)])
        self.assertEqual(result.maps["connections"], {})
        self.assertEqual(set(result.verdicts), {"TX"})

    def test_what_is_not_for_a_vip_passes(self):
        frames = [tcp_frame("198.51.100.1", 9, VIP, 81, make.ACK),
                  udp_frame("198.51.100.1", 9, VIP, 80), udp_frame("198.51.100.1", 9, "192.0.2.9", 80),
                  harness.ip_frame("198.51.100.1", VIP, make.ICMP, make.icmp_echo(1, 1, b"ping")),
                  harness.ip_frame("198.51.100.1", VIP, make.TCP, bytes(24), frag=0x2000)]
        result = self.run_nic("l4_balancer", frames)
        self.assertEqual(result.verdicts, ["PASS"] * len(frames))
        self.assertEqual(result.frames, frames)


class Ring(unittest.TestCase):
    def test_is_as_shipped(self):
        self.assertEqual(list(maglev.lines(CONFIG)), harness.shipped_maps("l4_balancer"))

    def test_even(self):
        for n in range(1, 20):
            shares = Counter(maglev.ring([f"server {i}" for i in range(n)]))
            self.assertEqual(len(shares), n)
            self.assertLessEqual(max(shares.values()) - min(shares.values()), 1)

    def test_moves_little(self):
        servers = [f"10.0.0.{i}" for i in range(10)]
        before, after = maglev.ring(servers), maglev.ring(servers[:-1])
        moved = sum(a != b for a, b in zip(before, after) if a != servers[-1])
        self.assertLess(moved, maglev.RING_SIZE // 10)


if __name__ == "__main__":
    unittest.main()
