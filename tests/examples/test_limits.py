#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""token_bucket against a bucket of tokens, lpm_filter against Python's networks."""
import struct
import unittest
from fractions import Fraction
from ipaddress import ip_address, ip_network

import harness
from harness import make, udp_frame

SERVER4, UDP, ICMP = "192.0.2.10", 17, 1


def limit(protocol, burst_ns, packet_ns, byte_ns=0):
    return (f"map limits {struct.pack('<I', protocol).hex()} "
            f"{struct.pack('<QQII', burst_ns, packet_ns, byte_ns, 0).hex()}")


def bucket_traffic():
    """Ten packets each of: a UDP source, one of the same /64, another, ICMP, TCP."""
    frames = []
    for i in range(10):
        frames += [udp_frame("198.51.100.1", i, SERVER4, 53), udp_frame("2001:db8:2::1", i,
                                                                       make.SERVER6, 53),
                   udp_frame("2001:db8:2::2", i, make.SERVER6, 53),
                   udp_frame("2001:db8:2:1::2", i, make.SERVER6, 53),
                   harness.ip_frame("198.51.100.1", SERVER4, make.ICMP, make.icmp_echo(1, i, b"")),
                   harness.tcp_frame("198.51.100.1", 5, SERVER4, 80, make.ACK)]
    return frames


class TokenBucket(harness.Example):
    PACKET_NS, BURST = 1_000_000, 5

    def reference(self, events, cost):
        """Verdicts by the definition: tokens come at a steady rate, up to the burst."""
        full = self.PACKET_NS * self.BURST
        state, out = {}, []
        for t, source, size in events:
            tokens, last = state.get(source, (Fraction(full), t))
            tokens = min(full, tokens + t - last)
            ok = tokens >= cost(size)
            state[source] = (tokens - cost(size) if ok else tokens, t)
            out.append("PASS" if ok else "DROP")
        return out

    def events(self, seed):
        """[(time, source, size)], far enough from the edges that the card's delay never decides."""
        rng, t, out = make.Lcg(seed), 0, []
        for _ in range(400):
            t += rng.pick((1, 1, 2, 3, 7, 30)) * self.PACKET_NS // 10
            out.append((t + self.PACKET_NS // 20, rng.below(3), 60 + 40 * rng.below(4)))
        return out

    def run_events(self, events, byte_ns=0):
        maps = [limit(UDP, self.PACKET_NS * self.BURST, self.PACKET_NS if not byte_ns else 0,
                      byte_ns)]
        frames = [(make.START_NS + t, udp_frame(f"198.51.100.{s}", 9, SERVER4, 9, bytes(n - 42)))
                  for t, s, n in events]
        return self.run_nic("token_bucket", frames, maps=maps)

    def test_packets(self):
        events = [(t + i * 331, s, n) for i, (t, s, n) in enumerate(self.events(3))]
        result = self.run_events(events)
        self.assertEqual(result.verdicts, self.reference(events, lambda n: self.PACKET_NS))
        self.assertEqual(result.numbers("totals"),
                         {1: result.verdicts.count("PASS"), 2: result.verdicts.count("DROP")})

    def test_bytes(self):
        byte_ns = 7001
        events = self.events(4)
        result = self.run_events(events, byte_ns)
        self.assertEqual(result.verdicts, self.reference(events, lambda n: n * byte_ns))

    def test_rate_over_time(self):
        """Ten times the rate comes: the rate passes, plus the burst."""
        events = [(i * self.PACKET_NS // 10, 0, 60) for i in range(3_000)]
        result = self.run_events(events)
        self.assertAlmostEqual(result.verdicts.count("PASS"), 300 + self.BURST, delta=2)

    def test_sources_and_protocols_apart(self):
        result = self.run_nic("token_bucket", bucket_traffic())
        kinds = list(zip(*[iter(result.verdicts)] * 6))
        passed = [sum(row[k] == "PASS" for row in kinds) for k in range(6)]
        # 5 from a source; the two of one /64 share, in turns; 3 of ICMP; TCP has no limit
        self.assertEqual(passed, [5, 3, 2, 5, 3, 10])
        self.assertEqual(result.numbers("totals"), {0: 10, 1: 18, 2: 32})

    def test_engines_share_a_bucket(self):
        """Full speed, all engines: the burst passes, not one more."""
        frames = [udp_frame("198.51.100.1", 9, SERVER4, 9)] * 500
        result = self.run_nic("token_bucket", frames, rate="max")
        self.assertEqual(result.verdicts.count("PASS"), 5)


RULES = {
    "0.0.0.0/0": 0, "203.0.113.0/24": 1, "203.0.113.32/28": 0, "203.0.113.40/32": 1,
    "198.18.0.0/15": 1, "198.18.9.0/24": 0, "::/0": 0, "2001:db8:bad::/48": 1,
    "2001:db8:bad::2/127": 0,
}


def rule_line(net, action):
    net = ip_network(net)
    return (f"map rules{net.version} {struct.pack('<I', net.prefixlen).hex()}"
            f"{net.network_address.packed.hex()} {struct.pack('<IIQQ', action, 0, 0, 0).hex()}")


def decide(networks, source):
    """(network, action) of the longest prefix, or None; `networks`: [(network, action)]."""
    a = ip_address(source)
    held = [(n, action) for n, action in networks if a.version == n.version and a in n]
    return max(held, key=lambda r: r[0].prefixlen, default=None)


def source_frame(source):
    return udp_frame(source, 1, SERVER4 if ":" not in source else make.SERVER6, 2, b"lpm")


def lpm_traffic():
    near = ["203.0.113.31", "203.0.113.32", "203.0.113.40", "203.0.113.47", "203.0.113.48",
            "203.0.112.255", "203.0.114.0", "198.17.255.255", "198.18.0.0", "198.19.255.255",
            "198.18.9.1", "198.20.0.0", "0.0.0.0", "255.255.255.255", "2001:db8:bad::1",
            "2001:db8:bad::2", "2001:db8:bad::3", "2001:db8:bad::4", "2001:db8:bac::2", "::", "ff::"]
    return [source_frame(s) for s in near]


class LpmFilter(harness.Example):
    def check(self, rules, sources, **options):
        frames = [source_frame(s) for s in sources]
        networks = [(ip_network(n), action) for n, action in rules.items()]
        result = self.run_nic("lpm_filter", frames, rate="max", **options)
        counts = {}
        for source, frame, verdict in zip(sources, frames, result.verdicts):
            rule = decide(networks, source)
            self.assertEqual(verdict, "DROP" if rule and rule[1] else "PASS", source)
            if rule:
                n, size = counts.get(rule[0], (0, 0))
                counts[rule[0]] = n + 1, size + len(frame)
        self.assertEqual(self.counted(result), counts)

    def counted(self, result):
        """{network: (packets, bytes)} of the rules that decided something."""
        out = {}
        for name in ("rules4", "rules6"):
            for key, value in result.maps[name].items():
                _, _, packets, size = struct.unpack("<IIQQ", value)
                if packets:
                    bits = struct.unpack_from("<I", key)[0]
                    out[ip_network((key[4:], bits))] = packets, size
        return out

    def test_shipped_rules(self):
        self.assertEqual([rule_line(n, a) for n, a in RULES.items()],
                         [line for line in harness.shipped_maps("lpm_filter") if line[0] != "#"])
        rng = make.Lcg(8)
        sources = [f"203.0.113.{i}" for i in range(256)]
        sources += [f"198.{17 + rng.below(4)}.{rng.below(12)}.{i}" for i in range(100)]
        sources += [f"2001:db8:{rng.pick(('bad', 'bac'))}::{rng.below(5):x}" for _ in range(100)]
        self.check(RULES, sources)

    def test_random_rules(self):
        rng = make.Lcg(9)
        rules = {}
        for _ in range(300):
            bits = 1 + rng.below(32)
            rules[str(ip_network((rng.bits(32) & 0x0F0F0F0F, bits), strict=False))] = rng.below(2)
        sources = [str(ip_address(rng.bits(32) & 0x0F0F0F0F)) for _ in range(800)]
        self.check(rules, sources, maps=[rule_line(n, a) for n, a in rules.items()])

    def test_without_a_rule_passes(self):
        self.check({}, ["203.0.113.1", "2001:db8::1"], maps=[])


if __name__ == "__main__":
    unittest.main()
