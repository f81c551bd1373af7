#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""heavy_hitters: finds every source over the threshold, and the sketch is a count-min sketch."""
import math
import struct
import unittest
from collections import Counter
from ipaddress import ip_address

import harness
from harness import make, udp_frame

ROWS, COLUMNS, THRESHOLD = 4, 2048, 40  # heavy_hitters.maps has the last
WINDOW_NS = 100 * 10**6  # the card's start takes part of a millisecond of it


def frame(source):
    return udp_frame(source, 1, "192.0.2.10" if ":" not in source else make.SERVER6, 2)


def skewed(count, seed):
    """Sources of `count` packets: a few send much, hundreds a little."""
    rng = make.Lcg(seed)
    out = []
    for _ in range(count):
        rank = int(600 ** (rng.bits(32) / 2**32))  # P(rank <= r) = log r / log 600
        out.append(f"2001:db8:2::{rank:x}" if rank % 5 == 0 else f"198.51.{rank >> 8}.{rank & 255}")
    return out


def traffic():
    return [frame(s) for s in skewed(600, 1)]


def config(window_ns, threshold=THRESHOLD):
    return [f"map config 00000000 {struct.pack('<QII', window_ns, threshold, 0).hex()}"]


def packed(source):
    p = ip_address(source).packed
    return p if len(p) == 16 else bytes(10) + b"\xff\xff" + p


class HeavyHitters(harness.Example):
    def reports(self, result):
        """[(source, estimate, window)]"""
        out = []
        for record in result.events:
            source, _, estimate, window = struct.unpack("<16sQII", bytes.fromhex(record["data"]))
            out.append((source, estimate, window))
        return out

    def rows(self, result):
        """Counters of each row: the low halves."""
        cells = [0] * (ROWS * COLUMNS)
        for key, value in result.maps["sketch"].items():
            cells[struct.unpack("<I", key)[0]] = struct.unpack("<I", value[:4])[0]
        return [cells[i * COLUMNS:(i + 1) * COLUMNS] for i in range(ROWS)]

    def test_finds_all_and_no_others(self):
        sources = skewed(5000, 2)
        exact = Counter(packed(s) for s in sources)
        result = self.run_nic("heavy_hitters", [frame(s) for s in sources], rate="max")
        error = math.ceil(math.e / COLUMNS * len(sources))
        reported = {source for source, _, _ in self.reports(result)}
        self.assertGreater(len(reported), 10)
        self.assertLessEqual({s for s, n in exact.items() if n >= THRESHOLD}, reported)
        self.assertLessEqual(reported, {s for s, n in exact.items() if n + error >= THRESHOLD})
        for source, estimate, _ in self.reports(result):
            self.assertLessEqual(estimate, exact[source] + error)
        self.assertEqual(result.numbers("totals"), {0: len(sources), 1: len(result.events)})

    def test_every_packet_is_in_every_row(self):
        sources = skewed(3000, 3)
        result = self.run_nic("heavy_hitters", [frame(s) for s in sources], rate="max")
        rows = self.rows(result)
        for row in rows:
            self.assertEqual(sum(row), len(sources))
        self.assertNotEqual(rows[0], rows[1])  # each row has its own hash
        most = max(Counter(sources).values())
        for row in rows:
            self.assertGreaterEqual(max(row), most)

    def test_reports_again_at_twice_as_much(self):
        result = self.run_nic("heavy_hitters", [frame("198.51.100.1")] * 400)
        self.assertEqual([n for _, n, _ in self.reports(result)], [40, 80, 160, 320])

    def test_windows(self):
        """30 packets in each of three windows are under the threshold, 45 in the fourth are not."""
        times = [w * WINDOW_NS + i * 20_000 for w, n in enumerate((30, 30, 30, 45))
                 for i in range(n)]
        base = make.START_NS // WINDOW_NS * WINDOW_NS + WINDOW_NS // 2
        frames = [(base + t, frame("198.51.100.1")) for t in times]
        result = self.run_nic("heavy_hitters", frames, maps=config(WINDOW_NS))
        first = (base // WINDOW_NS & 0xFFFFFFFF) + 1
        self.assertEqual([(n, w) for _, n, w in self.reports(result)], [(40, first + 3)])
        for row in self.rows(result):
            self.assertEqual(max(row), 45)

    def test_a_full_ring_buffer_is_counted(self):
        """The threshold of 1 reports everybody: each is either a record or counted as lost."""
        sources = [f"10.{i >> 8}.{i & 255}.1" for i in range(2500)]
        result = self.run_nic("heavy_hitters", [frame(s) for s in sources], rate="max",
                              maps=config(0, 1))
        totals = result.numbers("totals")
        self.assertEqual(totals[0], len(sources))
        self.assertEqual(totals[1], len(result.events))
        self.assertGreaterEqual(totals[1] + totals.get(2, 0), len(sources))


if __name__ == "__main__":
    unittest.main()
