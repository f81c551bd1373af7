#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The comparison itself: each kind of difference must be found."""
import copy
import json
import tempfile
import unittest

import compare

LINES = [{"i": 0, "verdict": "XDP_PASS", "retval": 2, "len": 3, "data": "010203", "cycles": 7},
         {"i": 1, "verdict": "XDP_TX", "retval": 3, "len": 1, "data": "ff", "cycles": 7}]
TOO_LONG = {"i": 2, "len": 9000, "skipped": compare.TOO_LONG}
DROPPED = {"i": 2, "verdict": None, "retval": None, "len": None, "data": None, "drop": "oversize"}
MAPS = {"a": ("array", {b"\0": b"\1\2", b"\1": b"\3\4"})}


class Packets(unittest.TestCase):
    def differences(self, change):
        got = copy.deepcopy(LINES)
        change(got)
        return compare.compare_packets(LINES, got)[0]

    def test_equal(self):
        self.assertEqual(compare.compare_packets(LINES, copy.deepcopy(LINES)), ([], 2))

    def test_each_field(self):
        for field, value in (("verdict", "XDP_DROP"), ("retval", 9), ("len", 4),
                             ("data", "010303"), ("data", "0102"), ("data", "01020304"), ("i", 5)):
            with self.subTest(field=field, value=value):
                found = self.differences(lambda lines, f=field, v=value: lines[0].update({f: v}))
                self.assertEqual(len(found), 1)

    def test_place_of_a_byte(self):
        found = self.differences(lambda lines: lines[0].update(data="0102ff"))
        self.assertIn("byte 2: ff, not 03", found[0])

    def test_masks(self):
        got = copy.deepcopy(LINES)
        got[0]["data"] = "01ff03"
        mask = {"verdict": "XDP_PASS", "at": 0, "is": "01", "mask": [[1, 2]]}
        self.assertEqual(compare.compare_packets(LINES, got, [mask]), ([], 2))
        for other in ({"verdict": "XDP_TX"}, {"is": "02"}, {"at": 2}, {"mask": [[2, 3]]}):
            with self.subTest(other=other):
                found = compare.compare_packets(LINES, got, [dict(mask, **other)])[0]
                self.assertEqual(len(found), 1)

    def test_missing(self):
        self.assertEqual(len(self.differences(lambda lines: lines.pop())), 1)
        self.assertEqual(len(self.differences(lambda lines: lines[1].pop("data"))), 1)

    def test_oversize(self):
        want = LINES + [TOO_LONG]
        self.assertEqual(compare.compare_packets(want, LINES + [DROPPED]), ([], 2))
        ran = dict(LINES[0], i=2)
        self.assertEqual(len(compare.compare_packets(want, LINES + [ran])[0]), 1)


class Reading(unittest.TestCase):
    def read(self, type_, *entries):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
            json.dump({"maps": [{"name": "m", "type": type_, "entries": entries}]}, f)
            f.flush()
            return compare.read_maps(f.name)["m"][1]

    def test_every_processor_counts(self):
        def entry(*values):
            return {"key": ["0x01"], "values": [{"cpu": i, "value": [v]}
                                                for i, v in enumerate(values)]}
        one = self.read("percpu_hash", entry("0x05", "0x00"))
        self.assertEqual(one, self.read("percpu_hash", entry("0x05", "0x00", "0x00", "0x00")))
        self.assertNotEqual(one, self.read("percpu_hash", entry("0x00", "0x05")))
        self.assertNotEqual(one, self.read("percpu_hash", entry("0x05", "0x00", "0x01")))

    def test_names_not_ids(self):
        a = {"key": ["0x01"], "value": ["0x11"], "program": "one"}
        self.assertEqual(self.read("prog_array", a), self.read("prog_array", a | {"value": ["0x12"]}))
        self.assertNotEqual(self.read("prog_array", a), self.read("prog_array", a | {"program": "two"}))

    def test_order_of_a_queue(self):
        a, b = ({"key": [], "value": [v]} for v in ("0x01", "0x02"))
        self.assertNotEqual(self.read("queue", a, b), self.read("queue", b, a))


class Maps(unittest.TestCase):
    def differences(self, got, mask=None, sums=None):
        return compare.compare_maps(MAPS, got, mask or {}, sums or {})

    def test_equal(self):
        self.assertEqual(self.differences(copy.deepcopy(MAPS)), [])

    def test_each_kind(self):
        for got in ({}, {"b": MAPS["a"]}, {"a": ("hash", MAPS["a"][1])},
                    {"a": ("array", {b"\0": b"\1\2"})},
                    {"a": ("array", dict(MAPS["a"][1], **{}) | {b"\2": b""})},
                    {"a": ("array", {b"\0": b"\1\2", b"\1": b"\3\5"})}):
            with self.subTest(got=got):
                self.assertNotEqual(self.differences(got), [])

    def test_mask(self):
        got = {"a": ("array", {b"\0": b"\1\2", b"\1": b"\3\5"})}
        self.assertEqual(self.differences(got, {"a": [[1, 2]]}), [])
        self.assertNotEqual(self.differences(got, {"a": [[0, 1]]}), [])

    def test_sums(self):
        got = copy.deepcopy(MAPS)  # 0x0201 + 0x0403
        self.assertEqual(self.differences(got, sums={"a": (1500, 1600)}), [])
        self.assertNotEqual(self.differences(got, sums={"a": (0, 1000)}), [])
        self.assertNotEqual(self.differences(got, sums={"none": (0, 1)}), [])


if __name__ == "__main__":
    unittest.main()
