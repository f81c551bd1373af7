#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every example over every capture, on the simulated NIC and in the Linux kernel: equal or not.

Verdict, return value, length and bytes of each packet and the maps afterwards are compared.
One line a pair, then the sum. Exit status 0, 1 with failures, 77 when nothing could be compared
(no bpf(2) here: not root, or not Linux).
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import compare
import make_captures
import namespace

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.append(str(ROOT / "tests/examples"))
import traffic  # noqa: E402
SHOWN = 5  # differences printed a pair
TIMEOUT_S = 120
AFTER_PROGRAM = ("bad_port", "no_copy", "watchdog")  # packets that have a verdict, without a way out
# Captures for the suite's own programs, and for the examples. How a file is written, and sizes one
# by one, matter to nobody but the reader: two examples go over all captures.
PROBED = ("attack.pcap", "lengths.pcap", "mutants.pcap")
PLAIN = PROBED + ("empty.pcap", "every_mac.pcap", "len9018.pcap", "short.pcap")
JUMBO = ("jumbo.pcap", "lengths.pcap", "len9018.pcap")  # for those named frags*
READERS = ("dos_filter", "parse_ip_count")


def arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--build", type=Path, default=ROOT / "build", help="build directory")
    p.add_argument("--nicsim", type=Path, help="default: BUILD/nicsim")
    p.add_argument("--kernel-run", type=Path, help="default: BUILD/tests/e2e/kernel_run")
    p.add_argument("--work", type=Path, help="results; default: BUILD/tests/e2e/work")
    p.add_argument("--capture", type=Path, action="append",
                   help="this capture instead of the shipped and the edge ones; repeatable")
    p.add_argument("--random", type=int, metavar="N",
                   help="N mutated frames instead of the shipped captures")
    p.add_argument("--seed", type=int, default=1, help="of --random")
    p.add_argument("--program", action="append", help="this program only; repeatable")
    p.add_argument("--jobs", type=int, default=os.cpu_count())
    args = p.parse_args()
    args.nicsim = args.nicsim or args.build / "nicsim"
    args.kernel_run = args.kernel_run or args.build / "tests/e2e/kernel_run"
    args.work = args.work or args.build / "tests/e2e/work"
    return args


def programs(args, folder):
    """[(name, object, initial maps or None)] of the sources in `folder`, every ISA version built."""
    out = []
    built = args.build / folder.relative_to(ROOT)
    for obj in sorted(built.glob("*.bpf.o")):
        name = obj.name.removesuffix(".bpf.o")
        base = name.split(".")[0]
        maps = next((m for d in (folder, ROOT / "examples") if (m := d / f"{base}.maps").exists()),
                    None)
        if args.program is None or base in args.program or name in args.program:
            out.append((name, obj, maps))
    return out


def captures(args):
    if args.capture:
        return args.capture
    if args.random:
        args.work.mkdir(parents=True, exist_ok=True)
        path = args.work / f"random-{args.seed}.pcap"
        path.write_bytes(make_captures.pcap(make_captures.mutants(args.random, args.seed)))
        return [path]
    edge = args.work / "edge"
    edge.mkdir(parents=True, exist_ok=True)
    for name, data in make_captures.edges().items():
        (edge / name).write_bytes(data)
    shipped = sorted((ROOT / "examples/captures").glob("*.pcap*"))
    return shipped + sorted(edge.iterdir())


def own_capture(args, name):
    """[the capture that makes this example do all it can]"""
    if args.capture or args.random or name not in traffic.TRAFFIC:
        return []
    path = args.work / "own" / f"{name}.pcap"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(make_captures.pcap(traffic.packets(name)))
    return [path]


def pairs(args):
    """The examples and the suite's own programs, each over the captures that tell something."""
    every = captures(args)

    def some(names):
        return [c for c in every if args.capture or args.random or c.name in names]
    out = []
    for p in programs(args, ROOT / "examples"):
        chosen = every if p[0] in READERS else some(PLAIN)
        out += [Pair(args, p, c) for c in chosen + own_capture(args, p[0])]
    for p in programs(args, HERE / "progs"):
        out += [Pair(args, p, c) for c in some(JUMBO if p[0].startswith("frags") else PROBED)]
    return out


class Pair:
    """One program over one capture."""

    def __init__(self, args, program, capture):
        self.args = args
        self.name, self.obj, self.maps_from = program
        self.capture = capture
        self.dir = args.work / f"{self.name}-{capture.name}"
        tables = HERE / "progs" / f"{self.name.split('.')[0]}.tables"
        self.tables = tables if tables.exists() else None
        self.result, self.text, self.diffs = "FAIL", "", []

    def command(self, *words):
        if self.maps_from:
            words += ("--maps-from", self.maps_from)
            if "prog:" in self.maps_from.read_text(encoding="utf-8"):  # several programs to choose from
                words += ("--prog", self.name.split(".")[0])
        done = subprocess.run([str(w) for w in words], capture_output=True, text=True,
                              timeout=TIMEOUT_S, check=False)
        return done.returncode, done.stdout, done.stderr.strip()

    def nic(self):
        """'' or why it failed."""
        tables = ("--tables", self.tables) if self.tables else ()
        status, out, err = self.command(self.args.nicsim, "run", self.obj, "-r", self.capture,
                                        *tables, "--ordered", "--json", "--maps", "--per-packet",
                                        self.dir / "nic.jsonl")
        (self.dir / "nic.json").write_text(out, encoding="utf-8")
        if status != 0:
            return f"nicsim: exit status {status}: {err}"
        report = json.loads(out)
        self.prog = report["program"]  # the one that nicsim chose
        return self.check_report(report)

    def check_report(self, report):
        """The sums in the report must be those of the packet lines."""
        lines = compare.read_lines(self.dir / "nic.jsonl")
        verdicts = {f"XDP_{k.upper()}": n for k, n in report["verdicts"].items()}
        for verdict, n in verdicts.items():
            seen = sum(line.get("verdict") == verdict for line in lines)
            if seen != n:
                return f"report says {n} {verdict}, the packet lines {seen}"
        if report["packets"] != len(lines):
            return f"report says {report['packets']} packets, there are {len(lines)} lines"
        dropped = sum(n for why, n in report["nic_drops"].items() if why not in AFTER_PROGRAM)
        if sum(verdicts.values()) + dropped != len(lines):
            return f"{sum(verdicts.values())} verdicts and {dropped} drops of {len(lines)} packets"
        return ""

    def kernel(self):
        """(skip reason, failure), either may be ''."""
        inside = namespace.command(self.tables) if self.tables else ()
        status, _, err = self.command(*inside, self.args.kernel_run, self.obj, "-r", self.capture,
                                      "--prog", self.prog, "--per-packet",
                                      self.dir / "kernel.jsonl", "--maps",
                                      self.dir / "kernel.json")
        if status == 77:
            return err.splitlines()[-1], ""
        return "", f"kernel_run: exit status {status}: {err}" if status else ""

    def run(self, masks):
        shutil.rmtree(self.dir, ignore_errors=True)
        self.dir.mkdir(parents=True)
        try:
            self.text = self.nic()
            if self.text:
                return self
            skip, self.text = self.kernel()
            if skip:
                self.result, self.text = "SKIP", skip
            elif not self.text:
                self.compare(masks.get(self.name.split(".")[0], {}))
        except (OSError, ValueError, KeyError, subprocess.TimeoutExpired) as e:
            self.text = f"{type(e).__name__}: {e}"
        return self

    def compare(self, rules):
        want = compare.read_lines(self.dir / "kernel.jsonl")
        self.diffs, compared = compare.compare_packets(
            want, compare.read_lines(self.dir / "nic.jsonl"), rules.get("packets", ()))
        # A short frame runs the program on the NIC and not in the kernel: the maps may differ.
        short = sum(w.get("skipped", compare.TOO_LONG) != compare.TOO_LONG for w in want)
        if not short:
            # Shares of a few packets say nothing: at 1000, the bounds are 2.6 deviations away.
            sums = {name: [compared * share for share in shares]
                    for name, shares in rules.get("share", {}).items() if compared >= 1000}
            self.diffs += compare.compare_maps(compare.read_maps(self.dir / "kernel.json"),
                                               compare.read_maps(self.dir / "nic.json"),
                                               rules.get("mask", {}), sums)
        self.text = f"{compared} packets" + ("" if short else ", maps")
        if len(want) > compared:
            self.text += f", {len(want) - compared} the kernel cannot take"
        self.result = "FAIL" if self.diffs else "SKIP" if short and not compared else "ok"


def report(pair):
    print(f"{pair.result:4} {pair.name} {pair.capture.name}: {pair.text}")
    for d in pair.diffs[:SHOWN]:
        print(f"       {d}")
    if len(pair.diffs) > SHOWN:
        print(f"       and {len(pair.diffs) - SHOWN} more; see {pair.dir}")
    sys.stdout.flush()


def main():
    args = arguments()
    masks = json.loads((HERE / "masks.json").read_text(encoding="utf-8"))
    for binary in (args.nicsim, args.kernel_run):
        if not binary.exists():
            print(f"{binary}: not built", file=sys.stderr)
            return 1
    counts = {"ok": 0, "FAIL": 0, "SKIP": 0}
    with ThreadPoolExecutor(args.jobs) as pool:
        for pair in pool.map(lambda p: p.run(masks), pairs(args)):
            counts[pair.result] += 1
            report(pair)
    print(f"{counts['ok']} passed, {counts['FAIL']} failed, {counts['SKIP']} skipped")
    if counts["FAIL"] or not sum(counts.values()):
        return 1
    return 0 if counts["ok"] else 77


if __name__ == "__main__":
    sys.exit(main())
