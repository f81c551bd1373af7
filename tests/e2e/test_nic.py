#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What needs no kernel: engines in parallel, repeatability, the modelled clock, tiny frames.

The build directory is in NICSIM_BUILD (default: build).
"""
import json
import os
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

import compare
import make_captures as make

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("NICSIM_BUILD", ROOT / "build"))
ATTACK = ROOT / "examples/captures/attack.pcap"
# Programs whose result for a packet does not depend on the packets before it, and whose maps are
# only added to: any number of engines must give what one gives.
COMMUTE = ("dos_filter", "drop", "gre", "ipip_encap", "lpm_filter", "pass", "redirect_verdict",
           "subprog", "tx_swap_macs", "vlan_pop", "vlan_push")
CARDS = (("--engines", "1"), ("--preset", "generic"), ("--preset", "agilio-cx-2x40"),
         ("--preset", "bluefield3-dpa"), ("--engines", "5", "--threads", "3"),
         ("--mode", "functional"))
# What each example answers to a frame too short for an Ethernet header.
TINY = {"dns_guard": "PASS", "dos_filter": "DROP", "drop": "DROP", "global_data": "DROP",
        "gre": "PASS", "heavy_hitters": "PASS", "ipip_encap": "PASS", "l4_balancer": "PASS",
        "lpm_filter": "PASS", "nat": "PASS", "parse_ip_count": "PASS", "pass": "PASS",
        "redirect_ports": "ABORTED", "redirect_verdict": "ABORTED", "sample_perf": "PASS",
        "sample_prandom": "PASS", "sample_ringbuf": "PASS", "subprog": "PASS",
        "syn_limiter": "PASS", "syn_proxy": "PASS", "tail_chain": "DROP", "tenant_table": "ABORTED",
        "token_bucket": "PASS", "tx_swap_macs": "DROP", "vlan_pop": "PASS", "vlan_push": "PASS",
        "vxlan": "DROP"}


class Nic(unittest.TestCase):
    def setUp(self):
        self.dir = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def run_nic(self, name, capture, *options, maps=True):
        """(report, packet lines, maps)"""
        lines, report = self.dir / "packets.jsonl", self.dir / "report.json"
        command = [BUILD / "nicsim", "run", BUILD / f"examples/{name}.bpf.o", "-r", capture,
                   "--json", "--maps", "--per-packet", lines, *options]
        initial = ROOT / f"examples/{name}.maps"
        if maps and initial.exists():
            command += ["--maps-from", initial]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        report.write_text(done.stdout, encoding="utf-8")
        return json.loads(done.stdout), compare.read_lines(lines), compare.read_maps(report)

    def capture(self, packets):
        path = self.dir / "in.pcap"
        path.write_bytes(make.pcap(packets))
        return path


class Parallel(Nic):
    def test_equals_one_at_a_time(self):
        for name in COMMUTE:
            _, want, want_maps = self.run_nic(name, ATTACK, "--ordered")
            for card in CARDS:
                with self.subTest(program=name, card=card):
                    _, got, maps = self.run_nic(name, ATTACK, *card)
                    self.assertEqual(compare.compare_packets(want, got), ([], len(want)))
                    self.assertEqual(compare.compare_maps(want_maps, maps, {}, {}), [])

    def test_repeats(self):
        for name in ("parse_ip_count", "sample_prandom", "syn_limiter"):
            for options in ((), ("--rate", "5Mpps")):
                with self.subTest(program=name, options=options):
                    first = self.run_nic(name, ATTACK, *options)
                    again = self.run_nic(name, ATTACK, *options)
                    for run in (first, again):
                        run[0].pop("host")
                    self.assertEqual(first, again)

    def test_seed_matters(self):
        runs = [self.run_nic("sample_prandom", ATTACK, "--set", f"run.seed={seed}")[2]
                for seed in (1, 2)]
        self.assertNotEqual(runs[0]["sampled_len"], runs[1]["sampled_len"])


class Clock(Nic):
    BURST, REFILL_NS = 8, 10_000_000  # syn_limiter's defaults

    def bucket(self, times):
        """Verdicts of one source's SYNs at these times, by the definition of a token bucket."""
        tokens, earned, out = self.BURST, times[0], []
        for t in times:
            while tokens < self.BURST and earned + self.REFILL_NS <= t:
                tokens, earned = tokens + 1, earned + self.REFILL_NS
            if tokens == self.BURST:
                earned = t
            out.append("XDP_PASS" if tokens else "XDP_DROP")
            tokens -= tokens > 0
        return out

    def test_tokens_refill_in_modelled_time(self):
        syn = make.pad(make.eth(make.ipv4("198.51.100.1", "192.0.2.10", make.TCP, make.tcp(
            "198.51.100.1", "192.0.2.10", 1000, 80, make.SYN)), 0x0800))
        steps = [1_300_000] * 60 + [97_000_000] + [1_300_000] * 12 + [33_000_000] + [700_000] * 9
        times = [make.START_NS]
        for step in steps:
            times.append(times[-1] + step)
        _, lines, maps = self.run_nic("syn_limiter", self.capture([(t, syn) for t in times]),
                                      "--rate", "trace", maps=False)
        want = self.bucket(times)
        self.assertEqual([line["verdict"] for line in lines], want)
        dropped = struct.unpack("<QII", next(iter(maps["buckets"][1].values())))[2]
        self.assertEqual(dropped, want.count("XDP_DROP"))

    def test_start(self):
        start = 1_234_567_890_000_000_000
        _, _, maps = self.run_nic("syn_limiter", ATTACK, "--clock", str(start))
        for value in maps["buckets"][1].values():
            earned = struct.unpack("<QII", value)[0]
            self.assertTrue(start <= earned < start + 10**9, earned)


class Tiny(Nic):
    def test_frames_without_a_header(self):
        rng = make.Lcg(1)
        frames = [rng.data(n) for n in range(1, 14)]
        capture = self.capture([(make.START_NS, f) for f in frames])
        for name, verdict in TINY.items():
            with self.subTest(program=name):
                _, lines, _ = self.run_nic(name, capture)
                self.assertEqual([line["verdict"] for line in lines],
                                 [f"XDP_{verdict}"] * len(frames))
                self.assertEqual([line["data"] for line in lines], [f.hex() for f in frames])

    def test_every_example_is_here(self):
        sources = {p.name.removesuffix(".bpf.c") for p in (ROOT / "examples").glob("*.bpf.c")}
        self.assertEqual(sources, set(TINY))
        readme = (ROOT / "examples/README.md").read_text(encoding="utf-8")
        for name in sources:
            self.assertIn(f"({name}.bpf.c)", readme)
            self.assertIn(f"\n| {name} | ", readme)  # the figures


if __name__ == "__main__":
    unittest.main()
