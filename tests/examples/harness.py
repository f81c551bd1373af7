# SPDX-License-Identifier: BSD-3-Clause
"""Runs an example on the simulated NIC over frames that a test made.

The build directory is in NICSIM_BUILD (default: build).
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/e2e"), str(ROOT / "examples")]
import compare  # noqa: E402
import make_captures as make  # noqa: E402
from frame import Frame  # noqa: E402

BUILD = Path(os.environ.get("NICSIM_BUILD", ROOT / "build"))
STEP_NS = 50_000  # between frames: each is done with before the next comes
ROUTER, SERVER = make.ROUTER_MAC, make.SERVER_MAC


class Result:
    """verdicts ("PASS", ...) and frames (bytes) in input order, maps {name: {key: value}}."""

    def __init__(self, report, lines, maps, events):
        self.report, self.events = report, events
        self.verdicts = [line["verdict"].removeprefix("XDP_") for line in lines]
        self.frames = [bytes.fromhex(line["data"]) for line in lines]
        self.maps = {name: entries for name, (_, entries) in maps.items()}

    def numbers(self, name):
        """An array of numbers as {index: number}, without zeros."""
        return {int.from_bytes(k, "little"): int.from_bytes(v, "little")
                for k, v in self.maps[name].items() if any(v)}

    def ip(self, i):
        return Frame(self.frames[i]).ip()


class Example(unittest.TestCase):
    def setUp(self):
        self.dir = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def run_nic(self, name, frames, *options, maps=None, rate="trace"):
        """The Result. `frames`: bytes, or (time in ns, bytes); `maps`: lines, or the shipped file."""
        capture, lines = self.dir / "in.pcap", self.dir / "packets.jsonl"
        initial, report, events = (self.dir / n for n in ("maps", "report.json", "events.jsonl"))
        timed = [f if isinstance(f, tuple) else (make.START_NS + i * STEP_NS, f)
                 for i, f in enumerate(frames)]
        capture.write_bytes(make.pcap(timed, nano=True))
        shipped = ROOT / f"examples/{name}.maps"
        if maps is None:
            maps = shipped.read_text(encoding="utf-8").splitlines() if shipped.exists() else []
        initial.write_text("\n".join(maps) + "\n", encoding="utf-8")
        done = subprocess.run(
            [BUILD / "nicsim", "run", BUILD / f"examples/{name}.bpf.o", "-r", capture, "--json",
             "--maps", "--maps-from", initial, "--per-packet", lines, "--rate", rate,
             "--events-to", events, *options],
            capture_output=True, text=True, check=False, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        report.write_text(done.stdout, encoding="utf-8")
        records = compare.read_lines(events) if events.exists() else []
        return Result(json.loads(done.stdout), compare.read_lines(lines),
                      compare.read_maps(report), records)


def shipped_maps(name):
    return (ROOT / f"examples/{name}.maps").read_text(encoding="utf-8").splitlines()


def ip_frame(src, dst, protocol, payload, vlans=(), macs=(SERVER, ROUTER), **more):
    """A frame with an IP packet of the version that the addresses have."""
    if ":" in src:
        return make.pad(make.eth(make.ipv6(src, dst, protocol, payload, **more), 0x86DD, vlans,
                                 *macs))
    return make.pad(make.eth(make.ipv4(src, dst, protocol, payload, **more), 0x0800, vlans, *macs))


def tcp_frame(src, sport, dst, dport, flags, seq=0, ack=0, data=b"", **more):
    return ip_frame(src, dst, make.TCP, make.tcp(src, dst, sport, dport, flags, seq, ack, data),
                    **more)


def udp_frame(src, sport, dst, dport, data=b"", **more):
    return ip_frame(src, dst, make.UDP, make.udp(src, dst, sport, dport, data), **more)
