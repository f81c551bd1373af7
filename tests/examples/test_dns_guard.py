#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""dns_guard: answers that were asked for pass, once; ANY from outside is answered truncated."""
import struct
import unittest

import harness
from harness import Frame, make, udp_frame

PAIRS = (("198.51.100.5", "192.0.2.53"), ("2001:db8:2::5", "2001:db8:53::1"))  # client, resolver
OUTSIDE4, PORT, IDENT = "203.0.113.7", 33333, 0xBEEF
ANY, A = 255, 1
SECOND = 10**9
(NOT_DNS, NOTED, PASSED, TRUNCATED, MALFORMED, ANSWER_PASSED, UNASKED, LATE, TOO_LONG) = range(9)


def message(ident=IDENT, flags=0x0100, kind=A, name=b"\7example\3net\0", more=b"", questions=1):
    return struct.pack("!HHHHHH", ident, flags, questions, 0, 0, 0) + name + struct.pack(
        "!HH", kind, 1) + more


def query(client, resolver, port=PORT, **more):
    return udp_frame(client, port, resolver, 53, message(**more))


def answer(client, resolver, port=PORT, ident=IDENT, size=80):
    return udp_frame(resolver, 53, client, port, message(ident, 0x8180, more=bytes(size)))


def from_outside(kind=A, **more):
    return query(OUTSIDE4, "198.51.100.53", kind=kind, **more)


def policy(timeout_ns=3600 * SECOND, longest=1232, refuse=1):
    lines = [line for line in harness.shipped_maps("dns_guard") if "policy" not in line]
    return lines + [f"map policy 00000000 {struct.pack('<QII', timeout_ns, longest, refuse).hex()}"]


def malformed():
    return [from_outside(name=b"\x40" + b"a" * 64 + b"\0"), from_outside(name=b"\7exam"),
            from_outside(questions=0), from_outside(questions=2), from_outside(name=b"\xc0\x0c"),
            from_outside(name=b"\1a" * 200 + b"\0")]


def traffic():
    frames = []
    for client, resolver in PAIRS:
        frames += [query(client, resolver), answer(client, resolver), answer(client, resolver),
                   answer(client, resolver, ident=7), query(client, resolver, ident=8),
                   answer(client, resolver, ident=8, size=1300)]
    frames += [from_outside(), from_outside(ANY), query("2001:db8:9::1", "2001:db8:2::53", kind=ANY),
               query(OUTSIDE4, "192.0.2.53", kind=ANY)]
    frames += malformed() + [udp_frame(OUTSIDE4, 1, "198.51.100.5", 2, b"not dns at all")]
    return frames


class DnsGuard(harness.Example):
    def test_solicited_answers_pass_once(self):
        for client, resolver in PAIRS:
            with self.subTest(client=client):
                frames = [query(client, resolver), answer(client, resolver),
                          answer(client, resolver)]
                result = self.run_nic("dns_guard", frames)
                self.assertEqual(result.verdicts, ["PASS", "PASS", "DROP"])
                self.assertEqual(result.frames, frames)
                self.assertEqual(result.maps["queries"], {})

    def test_unsolicited_answers_do_not(self):
        client, resolver = PAIRS[0]
        wrong = [answer(client, resolver, ident=IDENT + 1), answer(client, resolver, port=PORT + 1),
                 answer(client, "192.0.2.54"), answer("198.51.100.6", resolver)]
        result = self.run_nic("dns_guard", [query(client, resolver)] + wrong
                              + [answer(client, resolver)])
        self.assertEqual(result.verdicts, ["PASS"] + ["DROP"] * 4 + ["PASS"])
        self.assertEqual(result.numbers("results"), {NOTED: 1, UNASKED: 4, ANSWER_PASSED: 1})

    def test_a_flood_from_many_resolvers(self):
        """Reflected: nobody asked. Per resolver, what it sent is counted."""
        resolvers = [f"203.0.113.{i}" for i in range(1, 51)]
        frames = [answer(PAIRS[0][0], r, ident=i, size=1000) for i in range(20) for r in resolvers]
        good = [f(*PAIRS[0]) for f in (query, answer)]
        result = self.run_nic("dns_guard", frames + good)
        self.assertEqual(result.verdicts, ["DROP"] * len(frames) + ["PASS", "PASS"])
        counts = {k[12:]: struct.unpack("<5Q", v) for k, v in result.maps["resolvers"].items()}
        self.assertEqual(len(counts), 51)
        self.assertTrue(all(counts[bytes([203, 0, 113, i])] == (0, 0, 20, 0, 0)
                            for i in range(1, 51)))
        self.assertEqual(counts[bytes([192, 0, 2, 53])][0], 1)

    def test_long_answers(self):
        client, resolver = PAIRS[0]
        empty = len(Frame(answer(client, resolver, size=0)).ip().udp())
        frames = [f for size in (1232, 1233) for f in (query(client, resolver),
                                                       answer(client, resolver, size=size - empty))]
        result = self.run_nic("dns_guard", frames)
        self.assertEqual(result.verdicts, ["PASS", "PASS", "PASS", "DROP"])
        self.assertEqual(result.numbers("results"), {NOTED: 2, ANSWER_PASSED: 1, TOO_LONG: 1})
        result = self.run_nic("dns_guard", frames, maps=policy(longest=0))
        self.assertEqual(result.verdicts, ["PASS"] * 4)

    def test_late_answers(self):
        client, resolver = PAIRS[0]
        start, wait = make.START_NS, 2 * SECOND
        for delay, verdict in ((wait - SECOND // 2, "PASS"), (wait + SECOND // 2, "DROP")):
            result = self.run_nic("dns_guard", [(start, query(client, resolver)),
                                                (start + delay, answer(client, resolver))],
                                  maps=policy(wait))
            self.assertEqual(result.verdicts, ["PASS", verdict])

    def test_any_is_answered_truncated(self):
        extra = b"\0\0\x29\x10\0\0\0\0\0\0\0"  # EDNS
        for asked in (from_outside(ANY), from_outside(ANY, more=extra),
                      query("2001:db8:9::1", "2001:db8:2::53", kind=ANY)):
            result = self.run_nic("dns_guard", [asked])
            self.assertEqual(result.verdicts, ["TX"])
            old, new = Frame(asked), Frame(result.frames[0])
            self.assertEqual((new.dst, new.src), (old.src, old.dst))
            self.assertEqual((new.ip().src, new.ip().dst), (old.ip().dst, old.ip().src))
            self.assertEqual(new.ip().ports(), old.ip().ports()[::-1])
            data = new.ip().udp()
            self.assertEqual(data[2:4], b"\x83\0")  # QR, TC, RD
            self.assertEqual(data[:2] + data[4:], old.ip().udp()[:2] + old.ip().udp()[4:])
            self.assertEqual(len(result.frames[0]), len(asked))  # amplifies by nothing

    def test_other_queries_pass(self):
        frames = [from_outside(kind) for kind in (A, 28, 15, 254)]
        frames += [query(OUTSIDE4, "192.0.2.53", kind=ANY)]  # neither end is ours
        result = self.run_nic("dns_guard", frames)
        self.assertEqual(result.verdicts, ["PASS"] * 5)
        self.assertEqual(result.frames, frames)
        allowed = self.run_nic("dns_guard", [from_outside(ANY)], maps=policy(refuse=0))
        self.assertEqual(allowed.verdicts, ["PASS"])

    def test_malformed_queries(self):
        result = self.run_nic("dns_guard", malformed())
        self.assertEqual(result.verdicts, ["DROP"] * len(malformed()))
        self.assertEqual(result.numbers("results"), {MALFORMED: len(malformed())})


if __name__ == "__main__":
    unittest.main()
