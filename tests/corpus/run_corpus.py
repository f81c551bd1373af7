#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every XDP program of a folder of BPF objects: in the Linux kernel and on the simulated NIC.

Both load it (all programs of the object if the kernel takes them together, else this one alone),
maps are filled alike, and the same packets run. One line a program, then the counts. The objects
are other people's: build them aside. Exit status 0, 1 when a program differs (--strict: or only the
kernel takes it), 77 when there is nothing to compare: no such folder, or no bpf(2) for this user.
"""
import argparse
import json
import re
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 300
# ktime_get_*, prandom, CPU and NUMA numbers, jiffies, raw SYN cookies (a secret), current task
VARIES = {5, 7, 8, 42, 118, 125, 160, 204, 205, 206, 207, 208}
LRU = {9, 10}


def arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("folder", type=Path, help="objects (*.o)")
    p.add_argument("--build", type=Path, default=ROOT / "build")
    p.add_argument("--capture", type=Path, default=ROOT / "examples/captures/attack.pcap")
    p.add_argument("--frames", type=int, default=200)
    p.add_argument("--match", default="", help="objects whose name has this (regular expression)")
    p.add_argument("--program", help="this program only")
    p.add_argument("--strict", action="store_true")
    p.add_argument("--load-only", action="store_true")
    p.add_argument("--json", type=Path, help="a line per program, all that is known")
    p.add_argument("--jobs", type=int, default=2)
    return p.parse_args()


class Program:
    """One program of one object on both sides."""

    def __init__(self, args, obj, name):
        self.args, self.obj, self.name = args, obj, name
        self.result, self.why, self.alone = "", "", False

    def side(self, side, alone):
        words = [str(self.args.build / "tests/corpus/corpus_run"), "--side", side, "--prog",
                 self.name, str(self.obj)]
        if alone:
            words.append("--alone")
        if not self.args.load_only:
            words += ["-r", str(self.args.capture), "--frames", str(self.args.frames)]
        if side == "kernel":
            words = ["unshare", "-n"] + words
        env = {"NICSIM_DATADIR": str(self.args.build), "PATH": "/usr/bin:/bin:/usr/sbin"}
        done = subprocess.run(words, capture_output=True, text=True, timeout=TIMEOUT_S, env=env,
                              check=False, errors="replace")
        if done.returncode != 0 or not done.stdout.startswith("{"):
            raise RuntimeError(f"{side}: exit status {done.returncode}: {done.stderr[-300:]}")
        return json.loads(done.stdout)

    def run(self):
        try:
            kernel = self.side("kernel", False)
            if kernel["load"] != 0:
                self.alone = True
                kernel = self.side("kernel", True)
            self.judge(kernel, self.side("nic", self.alone))
        except (RuntimeError, subprocess.TimeoutExpired, ValueError) as e:
            self.result, self.why = "FAIL", " ".join(str(e).split())[:300]
        return self

    def judge(self, kernel, nic):
        takes, ours = kernel["load"] == 0, nic["load"] == 0
        self.why = reason(nic)
        if not takes:
            self.result = "only-nic" if ours else "both-refuse"
            if ours:
                self.why = reason(kernel)
        elif not ours:
            self.result = "only-kernel"
        else:
            self.why = "" if self.args.load_only else difference(kernel, nic)
            varies = VARIES & set(kernel["helpers"])
            self.result = ("equal" if not self.why else "varies" if varies else "DIFFERS")


def reason(side):
    """The sentence of a refusal."""
    if side.get("refusal"):
        return " ".join(side["refusal"].split())
    lines = [l.strip() for l in side["log"].splitlines() if l.strip()]
    keep = [l for l in lines if not re.match(r"libbpf: (prog .*(BEGIN|END|load)|failed to load)|"
                                             r"processed \d|-- (BEGIN|END)", l)]
    return (keep or lines or [f"error {side['load']}"])[-1]


def difference(kernel, nic):
    """'' or the first difference."""
    for i, (k, n) in enumerate(zip(kernel["packets"], nic["packets"])):
        if k[0] != n[0]:
            return f"packet {i}: result {n[0]}, not {k[0]}"
        if k != n:
            at = next((b for b in range(0, min(len(k[1]), len(n[1])), 2)
                       if k[1][b:b + 2] != n[1][b:b + 2]), None)
            where = f"{len(n[1]) // 2} bytes, not {len(k[1]) // 2}" if at is None else \
                f"byte {at // 2}: {n[1][at:at + 2]}, not {k[1][at:at + 2]}"
            return f"packet {i}: {where}"
    for name, m in kernel["maps"].items():
        text = map_difference(m, nic["maps"].get(name, {"entries": {}}))
        if text:
            return f"map {name}: {text}"
    return ""


def map_difference(k, n):
    if k["type"] in LRU:  # the kernel evicts before the map is full; which one is its own affair
        return lru_difference(k["entries"], n["entries"])
    if k["entries"] == n["entries"]:
        return ""
    missing = [x for x in k["entries"] if x not in n["entries"]]
    extra = [x for x in n["entries"] if x not in k["entries"]]
    if missing or extra:
        return f"{len(missing)} keys missing, {len(extra)} too many ({(missing or extra)[0]})"
    key = next(x for x in k["entries"] if k["entries"][x] != n["entries"][x])
    return f"key {key}: {n['entries'][key][:80]}, not {k['entries'][key][:80]}"


def lru_difference(k, n):
    both = k.keys() & n.keys()
    if len(both) < 0.9 * max(len(k), len(n)):
        return f"{len(n)} entries, not {len(k)}; {len(both)} in common"
    key = next((x for x in both if k[x] != n[x]), None)
    return "" if key is None else f"key {key}: {n[key][:80]}, not {k[key][:80]}"


def programs(args):
    for obj in sorted(args.folder.glob("*.o")):
        if not re.search(args.match, obj.name):
            continue
        done = subprocess.run([str(args.build / "tests/corpus/corpus_run"), "--list", str(obj)],
                              capture_output=True, text=True, check=False, errors="replace")
        if done.returncode != 0:
            yield Program(args, obj, None)
        for name in done.stdout.split():
            if args.program in (None, name):
                yield Program(args, obj, name)


def kernel_has_bpf(args):
    done = subprocess.run(["unshare", "-n", str(args.build / "tests/corpus/corpus_run"), "--probe"],
                          capture_output=True, text=True, check=False)
    return done.returncode == 0


def main():
    args = arguments()
    if not args.folder.is_dir() or not kernel_has_bpf(args):
        print(f"skipped: {args.folder} is not there, or this user has no bpf(2)")
        return 77
    todo = list(programs(args))
    unopened = [p for p in todo if p.name is None]
    out = args.json.open("w", encoding="utf-8") if args.json else None
    counts = Counter()
    with ThreadPoolExecutor(args.jobs) as pool:
        for p in pool.map(lambda p: p.run(), [p for p in todo if p.name]):
            counts[p.result] += 1
            if p.result not in ("equal", "both-refuse"):
                print(f"{p.result:12} {p.obj.name} {p.name}{' (alone)' if p.alone else ''}: {p.why}",
                      flush=True)
            if out:
                print(json.dumps({"object": p.obj.name, "program": p.name, "result": p.result,
                                  "alone": p.alone, "why": p.why}), file=out, flush=True)
    print(f"{len(unopened)} objects that libbpf does not open; programs: "
          + ", ".join(f"{n} {r}" for r, n in sorted(counts.items())))
    bad = counts["DIFFERS"] + counts["FAIL"] + (counts["only-kernel"] if args.strict else 0)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
