#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A program that the verifier accepts and that takes too long for one packet of eight (bad/slow.bpf.c):
those are dropped with their reason and the others are as always, for run, bench and sweeps."""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
CLANG = ["clang-19", "--target=bpf", "-O2", "-g", f"-I/usr/include/{os.uname().machine}-linux-gnu"]
PERIOD = 20000
LATE = 2 * 16384  # cycles: where the interrupt comes in code without accesses, and its handler
LIMIT = ["--set", f"run.watchdog={PERIOD}"]


def nicsim(args, *words):
    done = subprocess.run([args.nicsim, *map(str, words)], capture_output=True, text=True, timeout=100,
                          check=False)
    assert done.returncode == 0 and done.stderr == "", (words, done.returncode, done.stderr)
    return done.stdout


def per_packet(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_run(args, obj, tmp):
    """Each eighth packet, and no other; then the same figures again."""
    words = ["run", obj, "--gen", "udp4,count=64", *LIMIT, "--ordered", "--json", "--per-packet"]
    reports = [json.loads(nicsim(args, *words, tmp / name)) for name in ("a", "b")]
    r = reports[0]
    assert r["verdicts"] == {"aborted": 8, "drop": 56, "pass": 0, "tx": 0, "redirect": 0}, r
    assert r["nic_drops"]["watchdog"] == 8 == sum(r["nic_drops"].values()), r
    lines = per_packet(tmp / "a")
    for line in lines:
        late = line["i"] % 8 == 7
        assert line["verdict"] == ("XDP_ABORTED" if late else "XDP_DROP"), line
        assert (PERIOD < line["cycles"] < PERIOD + LATE) if late else line["cycles"] < 2000, line
    for report in reports:
        del report["host"]
    assert reports[0] == reports[1] and lines == per_packet(tmp / "b")


def test_side_by_side(args, obj, _tmp):
    """All harts at once: as many, with what to do about it."""
    text = nicsim(args, "run", obj, "--gen", "udp4,count=4000", *LIMIT)
    assert "500  program took longer than run.watchdog" in text, text
    assert f"run.watchdog={PERIOD}: shorten the loops of the program" in text, text


def test_enough_time(args, obj, _tmp):
    """With time enough, as there is unless it is set, such a packet is as any other."""
    r = json.loads(nicsim(args, "run", obj, "--gen", "udp4,count=8", "--ordered", "--json"))
    assert r["verdicts"]["tx"] == 1 and r["verdicts"]["drop"] == 7, r
    assert sum(r["nic_drops"].values()) == 0, r


def test_bench(args, obj, _tmp):
    """Lost, at any rate: there is none without loss."""
    words = ["bench", obj, "--engines", 2, "--packets", 2000, *LIMIT]
    at = json.loads(nicsim(args, *words, "--rate", "100kpps", "--json"))
    assert abs(at["load"]["loss"] - 0.125) < 0.01, at["load"]
    assert abs(at["modelled"]["rates"]["received"]["pps"] - 87500) < 1000, at["modelled"]["rates"]
    lost = at["modelled"]["lost"]
    assert lost["watchdog"] > 100 and sum(lost.values()) == lost["watchdog"], lost
    assert at["modelled"]["verdicts"]["aborted"] == lost["watchdog"], at["modelled"]["verdicts"]
    rates = json.loads(nicsim(args, *words, "--json"))["modelled"]["rates"]
    assert list(rates) == ["mrr"] and rates["mrr"]["pps"] > 0, rates
    text = nicsim(args, *words)
    assert f"of these, ended after run.watchdog={PERIOD} cycles" in text, text


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("nicsim", type=Path)
    args = p.parse_args()
    args.nicsim = args.nicsim.resolve()
    tests = [test_run, test_side_by_side, test_enough_time, test_bench]
    with tempfile.TemporaryDirectory(prefix="nicsim-watchdog-") as name:
        obj = Path(name) / "slow.bpf.o"
        subprocess.run([*CLANG, "-c", HERE / "bad" / "slow.bpf.c", "-o", obj], check=True)
        for test in tests:
            test(args, obj, Path(name))
            print(f"{test.__name__}: {test.__doc__.splitlines()[0]}")
    return 0


sys.exit(main())
