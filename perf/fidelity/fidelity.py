#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Modelled figures beside published measurements of the real cards.

    fidelity.py BUILD [--packets N] [--within PERCENT] [--calibrate] [--json] [ROW...]

BUILD is a build directory. Every row of published.csv (or those named) is run on its card's
preset: an XDP object of this folder, loaded as any other. Rows marked `calibrated` were used to
set the preset, `given` ones are values of it that are measured again, `predicted` ones were not
used. Exit status 1: a row could not be run, or with --within a predicted row is further off.
--calibrate prints the datapath.overhead with which the calibrated rows come out exactly.
"""
import argparse
import concurrent.futures
import configparser
import csv
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
AGILIO, DPA = "agilio-cx-2x40", "bluefield3-dpa"
# The firmware that most rows were measured with does less than the card's (datapath.overhead).
STRIPPED = 142


def options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("build", type=Path)
    parser.add_argument("rows", nargs="*", metavar="ROW")
    parser.add_argument("--packets", type=int, default=200000)
    parser.add_argument("--within", type=float, metavar="PERCENT")
    parser.add_argument("--calibrate", action="store_true")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def published():
    lines = [line for line in (HERE / "published.csv").read_text().splitlines()
             if not line.startswith("#")]
    names = ("row", "value", "unit", "card", "conditions", "source")
    return [dict(zip(names, fields)) for fields in csv.reader(lines)]


class Failed(Exception):
    """A row that could not be run, and why."""


def text_of(command):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise Failed(done.stderr.strip().splitlines()[0] if done.stderr else "no message")
    return done.stdout


def preset(card, section, key):
    parser = configparser.ConfigParser(inline_comment_prefixes=(";",))
    parser.read(HERE.parents[1] / "nic-sim" / "presets" / f"{card}.ini")
    return int(parser[section][key])


class Cards:
    """Runs programs on cards; each run once."""

    def __init__(self, build, packets):
        self.build, self.packets = build, packets

    def run(self, card, name, *extra, verdict="drop"):
        """The modelled figures of one program; 60-byte frames of one flow, all identical."""
        obj = self.build / "perf" / f"{name}.bpf.o"
        gen = f"udp4,size=60,count={self.packets},flows=1,seed=1"
        out = json.loads(text_of([self.build / "nicsim", "run", obj, "--gen", gen, "--preset", card,
                                  "--json", *extra]))
        if out["verdicts"][verdict] != self.packets:
            raise Failed(f"{name}: {out['verdicts']} of {self.packets} packets")
        return out["modelled"]

    def agilio(self, name, engines, overhead):
        extra = ["--engines", str(engines)]
        if overhead is not None:
            extra += ["--set", f"datapath.overhead={overhead}"]
        return self.run(AGILIO, name, *extra)

    def mpps(self, name, engines, overhead=STRIPPED):
        return self.agilio(name, engines, overhead)["pps"] / 1e6

    def program_cycles(self):
        """Of the smallest program: a constant and the end."""
        return preset(AGILIO, "bpf", "alu32") + preset(AGILIO, "bpf", "exit")

    def stripped_overhead(self):
        return self.agilio("drop", 1, STRIPPED)["cycles_per_packet"] - self.program_cycles()

    def dpa_read(self):
        """One thread, so nothing hides anything: what 32 more of them take."""
        alone = ("--engines", "1", "--threads", "1")
        few, many = (self.run(DPA, f"chase{n}", *alone) for n in (8, 40))
        cycles = many["cycles_per_packet"] - few["cycles_per_packet"]
        return cycles / 32 * 1e9 / many["clock_hz"]

    def dpa_dma(self):
        tool = self.build / "perf" / "dma_read"
        return float(text_of([tool, HERE.parents[1] / "nic-sim/presets" / f"{DPA}.ini"]))


ROWS = {
    "xdp_drop_per_engine": ("calibrated", lambda c: c.mpps("drop", 1, None)),
    "firmware_overhead_stripped": ("calibrated", Cards.stripped_overhead),
    "xdp_drop_all_engines": ("predicted", lambda c: c.mpps("drop", 50, None)),
    "dram_reads_4_per_engine": ("predicted", lambda c: c.mpps("reads4", 1)),
    "dram_reads_8_per_engine": ("predicted", lambda c: c.mpps("reads8", 1)),
    "dram_reads_4_50_engines": ("predicted", lambda c: c.mpps("reads4", 50)),
    "dram_reads_8_50_engines": ("predicted", lambda c: c.mpps("reads8", 50)),
    "atomic_adds_10_50_engines": ("predicted", lambda c: c.mpps("adds10", 50)),
    "atomic_adds_20_50_engines": ("predicted", lambda c: c.mpps("adds20", 50)),
    "count_min_5_50_engines": ("predicted", lambda c: c.mpps("count_min5", 50)),
    "count_min_10_50_engines": ("predicted", lambda c: c.mpps("count_min10", 50)),
    "dpa_dram_latency": ("given", Cards.dpa_read),
    "dpa_host_dma": ("given", Cards.dpa_dma),
}


def measure(cards, row):
    """The row with what the model says of it, or why it says nothing."""
    out = dict(row, value=float(row["value"]), kind=ROWS[row["row"]][0])
    try:
        out["modelled"] = ROWS[row["row"]][1](cards)
        out["error"] = 100 * (out["modelled"] / out["value"] - 1)
    except (Failed, OSError, ValueError, KeyError) as why:
        out["failed"] = str(why)
    return out


def report(rows):
    print("published measurements and what the model says; figures are modelled, not the host's")
    print(f"{'row':28} {'card':15} {'published':>9} {'modelled':>9} {'unit':14} {'error':>7}  kind")
    for r in rows:
        if "failed" in r:
            print(f"{r['row']:28} {r['card']:15} not run: {r['failed']}")
            continue
        print(f"{r['row']:28} {r['card']:15} {r['value']:9.4g} {r['modelled']:9.4g} {r['unit']:14} "
              f"{r['error']:+6.1f} %  {r['kind']}")
    predicted = [abs(r["error"]) for r in rows if r["kind"] == "predicted" and "error" in r]
    if predicted:
        print(f"largest error of {len(predicted)} predicted rows: {max(predicted):.1f} %")


def calibrate(cards):
    full, stripped = preset(AGILIO, "datapath", "overhead"), STRIPPED
    clock = preset(AGILIO, "engine", "clock_hz")
    want = {r["row"]: float(r["value"]) for r in published()}
    now = cards.agilio("drop", 1, None)["cycles_per_packet"]
    print(f"datapath.overhead={full + clock / (want['xdp_drop_per_engine'] * 1e6) - now:.1f} "
          f"for xdp_drop_per_engine (the preset has {full})")
    more = want["firmware_overhead_stripped"] - cards.stripped_overhead()
    print(f"datapath.overhead={stripped + more:.1f} for firmware_overhead_stripped "
          f"(STRIPPED is {stripped})")


def main():
    opts = options()
    cards = Cards(opts.build, opts.packets)
    if opts.calibrate:
        calibrate(cards)
        return 0
    known = [r for r in published() if not opts.rows or r["row"] in opts.rows]
    if not known or len(known) < len(set(opts.rows)):
        sys.exit(f"fidelity: no such row; there are {' '.join(ROWS)}")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        rows = list(pool.map(lambda row: measure(cards, row), known))
    if opts.json:
        print(json.dumps(rows, indent=1))
    else:
        report(rows)
    bad = [r["row"] for r in rows if "failed" in r]
    if opts.within is not None:
        bad += [r["row"] for r in rows
                if r["kind"] == "predicted" and abs(r.get("error", 0)) > opts.within]
    if bad:
        print(f"fidelity: {', '.join(bad)}", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        sys.exit(f"fidelity: {failure}")
