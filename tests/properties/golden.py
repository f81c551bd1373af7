#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Modelled figures of a handful of runs, the same in every build: golden.py BUILD [--update].

Each run is done twice and must give the same bytes; its digest must be the one in golden.json,
whoever compiled nicsim and with what sanitizers. A change of the model, the translator or the
firmware changes the digests: then `ninja -C build update-golden` writes them anew, and the commit
that changed the figures has the file, too. Firmware and programs are code of clang-19: with
another version of it than the file's there is nothing to compare (77) but that runs repeat.
"""
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT, BUILD = HERE.parents[1], Path(sys.argv[1]).resolve()
GOLDEN = HERE / "golden.json"
RUNS = {
    "drop, line rate": "run {ex}/drop.bpf.o --gen udp4,count=3000 --rate line --json",
    "counters, as fast as it goes": "run {ex}/parse_ip_count.bpf.o --gen udp4,count=3000 --json --maps",
    "a hash, an attack": "run {ex}/dos_filter.bpf.o -r {attack} --maps-from {maps} --json --maps",
    "Agilio": "run {ex}/syn_limiter.bpf.o -r {attack} --preset agilio-cx-2x40 --rate 5Mpps --json",
    "BlueField": "run {ex}/tx_swap_macs.bpf.o --gen udp6,count=2000,size=200 "
                 "--preset bluefield3-dpa --rate 40Gbps --json",
    "mixed sizes, two ports": "bench --scenario redirect/parse-ip --engines 2 --size imix "
                              "--packets 2000 --find ndr --json",
    "loads": "bench {ex}/heavy_hitters.bpf.o --sweep engines=1,2 rate=30..90..60% "
             "--packets 1500 --json",
}


def output(command):
    words = {"ex": BUILD / "examples", "attack": ROOT / "examples/captures/attack.pcap",
             "maps": ROOT / "examples/dos_filter.maps"}
    done = subprocess.run([BUILD / "nicsim", *command.format(**words).split()], check=False,
                          capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    report = json.loads(done.stdout)
    report.pop("host", None)
    return json.dumps(report)


def compiler():
    done = subprocess.run(["clang-19", "--version"], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()[0]


def measure():
    digests = {}
    for name, command in RUNS.items():
        text = output(command)
        assert text == output(command), f"{name}: not the same when done again"
        digests[name] = hashlib.sha256(text.encode()).hexdigest()
    return digests


def main():
    golden = json.loads(GOLDEN.read_text(encoding="utf-8")) if GOLDEN.exists() else {}
    os.environ.pop("NICSIM_DATADIR", None)
    digests = measure()
    if "--update" in sys.argv:
        new = {"compiler": compiler(), "runs": digests}
        GOLDEN.write_text(json.dumps(new, indent=1) + "\n", encoding="utf-8")
        return 0
    if golden.get("compiler") != compiler():
        print(f"runs repeat; golden.json is of {golden.get('compiler')}, here is {compiler()}")
        return 77
    wrong = [name for name, digest in digests.items() if golden["runs"].get(name) != digest]
    for name in wrong:
        print(f"{name}: other figures than in golden.json")
    if wrong:
        print("if that is meant: ninja -C build update-golden")
    return 1 if wrong else 0


sys.exit(main())
