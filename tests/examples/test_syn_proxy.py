#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""syn_proxy: cookies answer SYNs, only what fits a cookie proves a source."""
import struct
import unittest

import harness
from harness import Frame, make, tcp_frame

CLIENTS = (("198.51.100.7", "192.0.2.10"), ("2001:db8:2::7", make.SERVER6))
PORT, SEQ = 40000, 0x12345678
SECOND = 10**9
PROOF_S = 60  # syn_proxy.maps, port 80
MSS_OPTION = bytes([2, 4, 5, 0xB4])


def syn(src, dst, port=PORT, options=b""):
    seg = bytearray(make.tcp(src, dst, port, 80, make.SYN, SEQ, data=options,
                             doff=5 + len(options) // 4))
    return harness.ip_frame(src, dst, make.TCP, bytes(seg))


def ack(src, dst, cookie, port=PORT, seq=SEQ):
    return tcp_frame(src, port, dst, 80, make.ACK, (seq + 1) & 0xFFFFFFFF,
                     (cookie + 1) & 0xFFFFFFFF)


def traffic():
    frames = []
    for src, dst in CLIENTS:
        frames += [syn(src, dst), syn(src, dst, 5, MSS_OPTION), syn(src, dst, 6, bytes([1] * 40)),
                   syn(src, dst, 7, bytes([2, 4, 1, 0, 1, 3, 3, 7])), ack(src, dst, 77),
                   tcp_frame(src, PORT, dst, 80, make.RST), tcp_frame(src, PORT, dst, 81, make.SYN),
                   tcp_frame(src, PORT, dst, 80, make.SYN | make.ACK),
                   tcp_frame(src, PORT, dst, 80, make.FIN | make.ACK)]
    return frames


class SynProxy(harness.Example):
    def cookie(self, src, dst):
        """What the card answers to this SYN. Its secret depends on the seed alone."""
        return Frame(self.run_nic("syn_proxy", [syn(src, dst)]).frames[0]).ip().tcp()[0]

    def at(self, *steps):
        """Frames with times in seconds."""
        return [(make.START_NS + int(t * SECOND), frame) for t, frame in steps]

    def test_answers_with_a_cookie(self):
        for src, dst in CLIENTS:
            for options, mss in ((b"", 536), (MSS_OPTION, 1460), (bytes([1] * 40), 536)):
                with self.subTest(source=src, options=options):
                    result = self.run_nic("syn_proxy", [syn(src, dst, options=options)])
                    frame = Frame(result.frames[0])
                    ip = frame.ip()
                    seq, acked, flags, answer = ip.tcp()
                    self.assertEqual(result.verdicts, ["TX"])
                    self.assertEqual((frame.dst, frame.src), (make.ROUTER_MAC, make.SERVER_MAC))
                    self.assertEqual((ip.src, ip.dst, ip.ports()), (dst, src, (80, PORT)))
                    self.assertEqual((acked, flags), (SEQ + 1, make.SYN | make.ACK))
                    self.assertEqual(answer[:2], MSS_OPTION[:2])
                    self.assertLessEqual(struct.unpack("!H", answer[2:])[0], max(mss, 1460))
                    self.assertNotEqual(seq, 0)
                    self.assertEqual(len(frame.data), 60 if ip.version == 4 else 78)
                    self.assertFalse(any(ip.trailer))

    def test_the_right_ack_proves(self):
        for src, dst in CLIENTS:
            with self.subTest(source=src):
                cookie = self.cookie(src, dst)
                result = self.run_nic("syn_proxy", [syn(src, dst), ack(src, dst, cookie),
                                                    syn(src, dst), ack(src, dst, 5)])
                self.assertEqual(result.verdicts, ["TX", "TX", "PASS", "PASS"])
                reset = result.ip(1)
                seq, _, flags, _ = reset.tcp()
                self.assertEqual((seq, flags), ((cookie + 1) & 0xFFFFFFFF, make.RST))
                self.assertEqual((reset.src, reset.dst), (dst, src))
                self.assertFalse(any(reset.trailer))
                self.assertEqual(result.frames[2], syn(src, dst))
                self.assertEqual(result.numbers("results"), {0: 1, 2: 1, 4: 2})
                self.assertEqual(len(result.maps["proven"]), 1)

    def test_forged_acks_are_refused(self):
        for src, dst in CLIENTS:
            cookie = self.cookie(src, dst)
            other = "203.0.113.9" if ":" not in src else "2001:db8:bad::9"
            # the next three numbers are cookies too, for the next three MSS of the kernel's table
            forged = [ack(src, dst, cookie + d) for d in (4, -1, 0x01000000, 0x5000)]
            forged += [ack(src, dst, cookie, PORT + 1), ack(src, dst, cookie, seq=SEQ + 1),
                       ack(other, dst, cookie), ack(src, dst, 0)]
            with self.subTest(source=src):
                result = self.run_nic("syn_proxy", [syn(src, dst)] + forged + [syn(src, dst)])
                self.assertEqual(result.verdicts, ["TX"] + ["DROP"] * len(forged) + ["TX"])
                self.assertEqual(result.maps["proven"], {})
                self.assertEqual(result.numbers("results"), {0: 2, 3: len(forged)})

    def test_random_acks_are_refused(self):
        rng = make.Lcg(5)
        frames = [tcp_frame(f"203.0.113.{rng.below(256)}", rng.bits(16), "192.0.2.10", 80, make.ACK,
                            rng.bits(32), rng.bits(32)) for _ in range(2000)]
        result = self.run_nic("syn_proxy", frames, rate="max")
        self.assertEqual(set(result.verdicts), {"DROP"})

    def test_cookies_and_proofs_grow_old(self):
        src, dst = CLIENTS[0]
        cookie = self.cookie(src, dst)
        late = self.run_nic("syn_proxy", self.at((0, syn(src, dst)), (300, ack(src, dst, cookie))))
        self.assertEqual(late.verdicts, ["TX", "DROP"])
        result = self.run_nic("syn_proxy", self.at(
            (0, syn(src, dst)), (1, ack(src, dst, cookie)), (1 + PROOF_S - 0.5, syn(src, dst)),
            (1 + PROOF_S + 0.5, syn(src, dst))))
        self.assertEqual(result.verdicts, ["TX", "TX", "PASS", "TX"])

    def test_the_rest(self):
        result = self.run_nic("syn_proxy", traffic())
        self.assertEqual(result.verdicts, ["TX", "TX", "TX", "TX", "DROP", "DROP", "PASS", "DROP",
                                           "DROP"] * 2)

    def test_a_flood_costs_no_memory(self):
        frames = [syn(f"203.0.113.{i % 250}", "192.0.2.10", i + 1) for i in range(1000)]
        result = self.run_nic("syn_proxy", frames, rate="max")
        self.assertEqual(set(result.verdicts), {"TX"})
        self.assertEqual(result.maps["proven"], {})


if __name__ == "__main__":
    unittest.main()
