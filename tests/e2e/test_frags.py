#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Packets of several buffers on their ways out: every byte arrives, every buffer comes back.

The build directory is in NICSIM_BUILD (default: build).
"""
import json
import os
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

import make_captures as make

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("NICSIM_BUILD", ROOT / "build"))
LINEAR, BUF = 3520, 4096
LENGTHS = (60, 1514, 3519, 3520, 3521, 3522, 4096, 7615, 7616, 7617, 9000, 9018, 9215, 9216)
PORT1, PORT2, HOST = 0, 1, 2  # interfaces of the output
MAPS = """
map ports 00000000 0200000000000000
map ports 01000000 01000000 prog:on_port
map every_port 00000000 0100000000000000
map every_port 07000000 02000000 prog:on_port
map threads 00000000 c0000000 prog:on_thread
map queues 00000000 00000000
"""
WAYS = 8
PASS, TX, DROP, TO_PORT, BY_PROGRAM, EVERYWHERE, THREAD, QUEUE = range(WAYS)


def packets_of(path):
    """[(interface, bytes)] of a pcapng file as nicsim writes it (little-endian)."""
    data, at, out = path.read_bytes(), 0, []
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        if kind == 6:  # enhanced packet block
            interface, _, _, length = struct.unpack_from("<IIII", data, at + 8)
            out.append((interface, data[at + 28:at + 28 + length]))
        at += size
    return out


def marked(frame):
    """What a program in a map leaves: four bytes across the first buffer's end, if they exist."""
    if len(frame) < LINEAR + 2:
        return frame
    out = bytearray(frame)
    for i in range(LINEAR - 2, LINEAR + 2):
        out[i] ^= 0xA5
    return bytes(out)


def expected(frame):
    """Where the frame arrives, and how: [(interface, bytes)]."""
    way, out = frame[5] & 7, frame[:-1] + bytes([frame[-1] ^ 0xFF])
    return {PASS: [(HOST, out)], TX: [(PORT1, out)], DROP: [], TO_PORT: [(PORT2, out)],
            BY_PROGRAM: [(PORT1, marked(out))],
            EVERYWHERE: [(PORT1, out), (PORT2, marked(out))],
            THREAD: [(HOST, marked(out))], QUEUE: [(HOST, out)]}[way]


class Frags(unittest.TestCase):
    def setUp(self):
        self.dir = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.maps = self.dir / "frags.maps"
        self.maps.write_text(MAPS, encoding="utf-8")

    def nic(self, obj, *options):
        command = [BUILD / "nicsim", "run", BUILD / obj, "--json", *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def ways(self, *options):
        return self.nic("tests/e2e/progs/frags_ways.bpf.o", "--prog", "frags_ways",
                        "--maps-from", self.maps, *options)

    def capture(self, lengths):
        rng = make.Lcg(7)
        frames = []
        for i, n in enumerate(lengths):
            frame = bytearray(rng.data(64) * (n // 64 + 1))[:n]
            frame[5] = i
            frame[-1] = rng.bits(8)
            frames.append(bytes(frame))
        path = self.dir / "in.pcap"
        path.write_bytes(make.pcap([(make.START_NS + i * 10000, f) for i, f in enumerate(frames)]))
        return path, frames

    def check_arrivals(self, *options):
        lengths = [LENGTHS[i // WAYS % len(LENGTHS)] for i in range(WAYS * len(LENGTHS))]
        source, frames = self.capture(lengths)
        out = self.dir / "out.pcapng"
        report = self.ways("-r", source, "-w", out, *options)
        self.assertEqual(report["packets"], len(frames))
        self.assertEqual(sum(report["nic_drops"].values()), 0)
        want = sorted(a for f in frames for a in expected(f))
        self.assertEqual(sorted(packets_of(out)), want)

    def test_arrivals_ordered(self):
        self.check_arrivals("--ordered")

    def test_arrivals_parallel(self):
        self.check_arrivals("--rate", "100kpps")

    def test_few_buffers(self):
        self.check_arrivals("--ordered", "--set", "cluster.size=65536")

    def test_exhaustion(self):
        """Sixteen buffers, frames of three: at max pace none is lost, at line rate some, whole."""
        for rate in ("max", "line"):
            report = self.ways("--gen", "udp4,size=9216,count=5000", "--rate", rate, "--set",
                               "cluster.size=65536", "--engines", "1", "--threads", "1",
                               "--set", "port.bps=1000G")
            lost = report["nic_drops"]["no_buffer"]
            with self.subTest(rate=rate):
                self.assertEqual(lost > 0, rate == "line", report["nic_drops"])
                self.assertEqual(sum(report["verdicts"].values()) + lost, 5000)

    def test_generator(self):
        for size in (3520, 3521, 7616, 9216):
            report = self.ways("--gen", f"tcp6,size={size},count=500")
            self.assertEqual(sum(report["verdicts"].values()), 500)

    def test_without_fragments(self):
        """A program without the flag: longer frames are dropped on arrival, and counted."""
        source, frames = self.capture(LENGTHS)
        report = self.nic("examples/pass.bpf.o", "-r", source)
        self.assertEqual(report["verdicts"]["pass"], sum(len(f) <= LINEAR for f in frames))
        self.assertEqual(report["nic_drops"]["oversize"], sum(len(f) > LINEAR for f in frames))

    def test_frame_max(self):
        source, frames = self.capture(LENGTHS)
        report = self.ways("-r", source, "--set", "port.frame_max=4096")
        self.assertEqual(report["nic_drops"]["oversize"], sum(len(f) > 4096 for f in frames))


if __name__ == "__main__":
    unittest.main()
