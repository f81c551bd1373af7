#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""nicsim bench: rates, limits, sweeps and charts hang together, and repeat. bench.py NICSIM EXAMPLES"""
import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

VERDICTS = ("drop", "pass", "tx", "redirect")
OPERATIONS = ("no-touch", "read-data", "parse-ip", "swap-macs")
PRESETS = ("generic", "agilio-cx-2x40", "bluefield3-dpa")
NICSIM, EXAMPLES = sys.argv[1], Path(sys.argv[2])
HERE = Path(__file__).resolve().parent
FIDELITY = HERE.parents[2] / "perf/fidelity"
CLANG = ["clang-19", "--target=bpf", "-O2", "-g", f"-I/usr/include/{os.uname().machine}-linux-gnu"]
FEW = ["--packets", "4000"]


def bench(*args, status=0):
    done = subprocess.run([NICSIM, "bench", *args], capture_output=True, text=True, timeout=300)
    assert done.returncode == status, f"{args}: {done.returncode}: {done.stderr}"
    return done.stdout if status == 0 else done.stderr


def measured(*args):
    return json.loads(bench(*args, "--json"))


def near(a, b, part):
    assert abs(a - b) <= part * max(a, b), f"{a} and {b} differ by more than {part}"


def test_rates():
    """No loss up to ndr, then little up to pdr; none of them above what the card gives back."""
    out = measured("--scenario", "drop/parse-ip", "--engines", "2", "--packets", "60000")
    m = out["modelled"]
    ndr, pdr, mrr = (m["rates"][k]["pps"] for k in ("ndr", "pdr", "mrr"))
    assert 0 < ndr <= mrr * 1.0001 and ndr <= pdr <= mrr * 1.006, (ndr, pdr, mrr)
    assert mrr <= out["load"]["line_pps"]
    assert m["rates"]["ndr"]["name"] == "64B-4t2e-ethip4-xdpdropparseip-ndr"
    near(m["rates"]["mrr"]["pps_per_engine"] * 2, mrr, 1e-6)
    near(sum(e["pps"] for e in m["per_engine"]), mrr, 1e-4)
    for t in m["trials"]:
        assert t["loss"] == 0 if t["offered_pps"] <= ndr else t["offered_pps"] > 0, t
    offered = [t["offered_pps"] for t in m["trials"]]
    assert offered == sorted(offered) and m["trials"][-1]["loss"] > 0.5


def test_parts():
    """The causes sum to the cycles; the bottleneck is the first of the limits, its room is 1."""
    m = measured("--scenario", "drop", "--engines", "1", *FEW)["modelled"]
    assert m["rates"]["ndr"]["name"] == "64B-4t1e-ethip4-xdpdrop-ndr"
    causes = dict(m["cycles_by_cause"])
    causes.pop("idle"), causes.pop("blocked")
    near(sum(causes.values()), m["cycles_per_packet"], 0.01)
    for name, cycles in m["cycles_by_cause"].items():
        near(m["per_engine"][0]["cycles_by_cause"][name], cycles, 1e-6)
    first, second = m["limits"][0], m["limits"][1]
    assert m["bottleneck"] == first["part"] == "engines" and first["headroom"] < 1.12, first
    assert second["headroom"] > first["headroom"]
    near(second["pps"], m["rates"]["mrr"]["pps"] * second["headroom"], 1e-3)
    for h in m["latency_ns"].values():
        assert 0 < h["min"] <= h["p50"] <= h["p90"] <= h["p99"] <= h["p99_9"] <= h["max"], h
        assert h["min"] <= h["mean"] <= h["max"]


def test_as_run():
    """The maximum rate is the one of nicsim run at line rate."""
    out = measured(str(EXAMPLES / "tx_swap_macs.bpf.o"), "--find", "mrr", "--engines", "1",
                   "--packets", "20000")
    done = subprocess.run(
        [NICSIM, "run", EXAMPLES / "tx_swap_macs.bpf.o", "--gen", "udp4,size=60,count=20000",
         "--engines", "1", "--json"], capture_output=True, text=True, check=True, timeout=300)
    near(out["modelled"]["rates"]["mrr"]["pps"], json.loads(done.stdout)["modelled"]["pps"], 0.01)


def test_repeats():
    args = ("--scenario", "redirect", "--engines", "3", "--size", "imix", *FEW)
    assert bench(*args, "--json") == bench(*args, "--json")
    assert bench(*args) == bench(*args)


def test_wire():
    """Frames so long that the wire is the limit: every rate is the line's."""
    m = measured("--scenario", "drop", "--size", "1518", *FEW)
    assert m["modelled"]["bottleneck"] == "mac"
    latency = m["modelled"]["latency_ns"]
    assert latency["ndr"] == latency["pdr"] == latency["line"] and "half_ndr" in latency
    unused = [l for l in m["modelled"]["limits"] if l["use"] == 0]
    assert unused and all(l["pps"] is None and l["headroom"] is None for l in unused)
    for r in m["modelled"]["rates"].values():
        near(r["pps"], m["load"]["line_pps"], 0.01)
    near(m["load"]["line_pps"], 2 * 100e9 / (1538 * 8), 1e-6)
    one = measured("--scenario", "drop", "--size", "1518", "--ports", "1", *FEW)["load"]
    near(one["line_pps"], 100e9 / (1538 * 8), 1e-6)


def test_long_frames():
    """Frames of 9,000 bytes go through, and are refused with a reason where the program cannot."""
    m = measured("--scenario", "tx/swap-macs", "--size", "9000", *FEW)
    near(m["modelled"]["rates"]["ndr"]["pps"], m["load"]["line_pps"], 0.01)
    error = bench(str(EXAMPLES / "drop.bpf.o"), "--size", "9000", *FEW, status=2)
    assert "xdp.frags" in error and "3524" in error, error


def test_sweep():
    """More engines, more packets; the CSV says what the JSON does; the picture is XML."""
    args = ("--scenario", "drop", "--sweep", "engines=1..4", "size=64,1518", *FEW)
    rows = json.loads(bench(*args, "--json"))["modelled"]
    assert [(r["engines"], r["size"]) for r in rows] == [
        (str(e), s) for e in range(1, 5) for s in ("64", "1518")]
    small = [r["mrr_pps"] for r in rows if r["size"] == "64"]
    assert small == sorted(small)
    near(small[3], 4 * small[0], 0.02)
    table = list(csv.DictReader(io.StringIO(bench(*args, "--csv"))))
    assert [float(t["mrr_pps"]) for t in table] == [r["mrr_pps"] for r in rows]
    behind = ("--sweep", "engines=1", "size=64", str(EXAMPLES / "drop.bpf.o"), *FEW, "--json")
    assert json.loads(bench(*behind))["modelled"][0]["engines"] == "1"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sweep.svg"
        bench(*args, "--plot", str(file))
        assert ET.parse(file).getroot().tag.endswith("svg")
    slow = json.loads(bench(str(EXAMPLES / "parse_ip_count.bpf.o"), "--engines", "1", "--threads",
                            "1", "--sweep", "dram.latency=50,500", *FEW, "--json"))["modelled"]
    assert slow[0]["mrr_pps"] > slow[1]["mrr_pps"]
    assert slow[1]["bottleneck"] == "memory latency"


def test_csv_point():
    """Without a sweep the CSV is one row, of what the JSON says."""
    args = ("--scenario", "drop", "--engines", "2", *FEW)
    m = measured(*args)["modelled"]
    rows = list(csv.DictReader(io.StringIO(bench(*args, "--csv"))))
    assert len(rows) == 1 and rows[0]["bottleneck"] == m["bottleneck"]
    assert all(float(rows[0][f"{k}_pps"]) == r["pps"] for k, r in m["rates"].items())
    row, = csv.DictReader(io.StringIO(bench(*args, "--rate", "10Mpps", "--csv")))
    assert (row["offered_pps"], row["loss"]) == ("10000000", "0.000000"), row


def test_load():
    """A load that is given: what is offered comes back or is lost; no more than the wires bring."""
    drop = ("--scenario", "drop", "--engines", "2", *FEW)
    low = measured(*drop, "--rate", "10Mpps")
    assert low["load"]["offered_pps"] == 10e6 and low["load"]["loss"] == 0
    near(low["modelled"]["rates"]["received"]["pps"], 10e6, 1e-3)
    assert low["modelled"]["rates"]["received"]["name"].endswith("-10Mpps")
    assert low["modelled"]["bottleneck"] == "offered load"
    high = measured(*drop, "--rate", "50%")
    near(high["load"]["offered_pps"], high["load"]["line_pps"] / 2, 1e-6)
    near(high["modelled"]["rates"]["received"]["pps"],
         high["load"]["offered_pps"] * (1 - high["load"]["loss"]), 0.01)
    assert high["modelled"]["bottleneck"] == "engines"
    above = measured(*drop, "--rate", "900Gbps")
    assert above["load"]["asked_pps"] > above["load"]["line_pps"] == above["load"]["offered_pps"]
    near(above["modelled"]["rates"]["received"]["pps"],
         measured(*drop, "--find", "mrr")["modelled"]["rates"]["mrr"]["pps"], 1e-3)
    assert "more than the wire brings" in bench(*drop, "--rate", "900Gbps")
    assert "more than the wire brings" not in bench(*drop, "--rate", "200Gbps")


def test_great_overload():
    """A card that takes one frame of thousands: the trial ends all the same, with the right rate."""
    m = measured("--scenario", "drop", "--set", "port.max_pps=20000", "--ports", "1", "--find", "mrr")
    near(m["modelled"]["rates"]["mrr"]["pps"], 20000, 1e-3)
    assert m["modelled"]["bottleneck"] == "mac packets"
    assert 32 * 8 <= m["modelled"]["verdicts"]["drop"] < 5000, m["modelled"]["verdicts"]


def test_jobs():
    """Workers change nothing, neither results nor what is said of a measurement that fails."""
    args = ("--scenario", "pass", "--sweep", "engines=1,2", "rate=20..100..40%",
            "--packets", "2000")
    one = bench(*args, "--jobs", "1")
    assert one == bench(*args, "--jobs", "4")
    assert len(one.splitlines()) == 3 + 2 * 3
    rows = json.loads(bench(*args, "--json"))["modelled"]
    for r in rows:
        near(r["received_pps"], r["offered_pps"] * (1 - r["loss"]), 0.08)  # buffers fill
    refused = (str(EXAMPLES / "drop.bpf.o"), "--sweep", "size=64,9000,128,9001", *FEW)
    assert bench(*refused, "--jobs", "1", status=2) == bench(*refused, "--jobs", "3", status=2)


def test_scenarios():
    """Every verdict with every operation, on every card: packets get the verdict they should."""
    cases = [("generic", v, o) for v in VERDICTS for o in OPERATIONS]
    cases += [(p, v, OPERATIONS[(i + k) % 4]) for k, p in enumerate(PRESETS[1:], 1)
              for i, v in enumerate(VERDICTS)]
    for preset, verdict, operation in cases:
        m = measured("--preset", preset, "--scenario", f"{verdict}/{operation}", "--find", "mrr",
                     "--packets", "2000")["modelled"]
        assert m["rates"]["mrr"]["pps"] > 1e6, (preset, verdict, operation)
        assert m["verdicts"][verdict] == sum(m["verdicts"].values()) > 400, m["verdicts"]


def test_warm_up():
    """A table that fills while packets come: the part before it is full is left out."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "lru.bpf.o"
        subprocess.run([*CLANG, "-c", HERE / "contend.bpf.c", "-o", file], check=True)
        args = (str(file), "--prog", "recent", "--find", "mrr", "--flows", "100000", "--engines",
                "2", "--packets", "12000")
        full, early = (measured(*args, "--maps-from", "/dev/null")["modelled"],
                       measured(*args[:-1], "2000")["modelled"])
        assert full["warm_up"] > 0 and full["steady"], full["warm_up"]
        assert full["rates"]["mrr"]["pps"] < early["rates"]["mrr"]["pps"]


def test_locks():
    """The lock that all threads want is named with its map, and nobody waits for it for ever."""
    with tempfile.TemporaryDirectory() as folder:
        obj = Path(folder) / "contend.bpf.o"
        subprocess.run([*CLANG, "-c", HERE / "contend.bpf.c", "-o", obj], check=True)
        for prog, name in (("spin", "counters"), ("queue", "todo"), ("hash", "flows")):
            args = (str(obj), "--prog", prog, "--find", "mrr", "--packets", "2000", "--ports", "1")
            m = measured(*args)["modelled"]
            assert m["bottleneck"] == f"lock of map {name}", m["limits"]
            assert m["locks"][0]["of"] == f"map {name}" and len(m["locks"]) == 1
            assert 16 < m["locks"][0]["waiting_threads"] <= 32, m["locks"]
            assert m["verdicts"]["drop"] == sum(m["verdicts"].values()) > 1000
            assert m["cycles_by_cause"]["lock"] > 0
            latency = m["latency_ns"]["line"]
            assert latency["max"] < 10 * latency["p50"], latency
    free = measured("--scenario", "drop", "--find", "mrr", *FEW)["modelled"]
    assert free["locks"] == [] and free["cycles_by_cause"]["lock"] == 0


def test_hot_bank():
    """One bank that all engines want is the bottleneck, though the others have nothing to do."""
    with tempfile.TemporaryDirectory() as folder:
        obj = Path(folder) / "reads.bpf.o"
        subprocess.run([*CLANG, "-DREADS=8", "-c", FIDELITY / "reads.bpf.c", "-o", obj], check=True)
        m = measured(str(obj), "--find", "mrr", "--engines", "32", "--set", "dram.service=8",
                     "--packets", "6000")["modelled"]
        first = m["limits"][0]
        assert m["bottleneck"] == first["part"] == "dram" and first["use"] > 0.97, m["limits"]
        near(first["mean_use"], first["use"] / 16, 0.1)
        near(m["rates"]["mrr"]["pps"], 1e9 / (8 * 8), 0.03)


def test_capture():
    out = measured(str(EXAMPLES / "pass.bpf.o"), "-r", sys.argv[3], "--find", "mrr", *FEW)
    assert out["load"]["size"] == "capture" and out["modelled"]["rates"]["mrr"]["pps"] > 0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "point.svg"
        bench(str(EXAMPLES / "pass.bpf.o"), "-r", sys.argv[3], "--plot", str(file), *FEW)
        assert ET.parse(file).getroot().tag.endswith("svg")


def test_bad_usage():
    drop = str(EXAMPLES / "drop.bpf.o")
    for args, word in [
            (["--scenario", "dorp"], "--scenario"), (["--scenario", "drop/all"], "--scenario"),
            (["--scenario", "drop", drop], "instead"), ([], "PROG.o"),
            ([drop, "--size", "63"], "--size"), ([drop, "--size", "9221"], "--size"),
            ([drop, "--sweep", "engines"], "--sweep"), ([drop, "--sweep", "engines=4..1"], "--sweep"),
            ([drop, "--sweep", "engines=1..2..0"], "--sweep"), ([drop, "--sweep", "=1"], "--sweep"),
            ([drop, "--sweep", "engines=,1"], "--sweep"),
            ([drop, "--sweep", "engines=0..1000000000"], "1024"),
            ([drop, "--sweep", "engines=0..1e9"], "--sweep"),
            ([drop, "--sweep", "engines=1..99999999999999999999"], "--sweep"),
            ([drop, "--sweep", "engines=1..2", "threads=1..65"], "--threads 65"),
            ([drop, "--sweep", "rate=1..3"], "--rate 1:"), ([drop, "--rate", "0Mpps"], "--rate"),
            ([drop, "--rate", "10Mpps", "--find", "ndr"], "--find"), ([drop, "--rate", "0%"], "--rate"),
            ([drop, "--ports", "3"], "the card has 2"), ([drop, "--sweep", "ports=0"], "ports=0"),
            ([drop, "--jobs", "0"], "--jobs"), ([drop, "engines=1"], "--sweep"),
            ([drop, "--sweep", "engines=1..60", "threads=1..60", "size=64,128,256"], "4096"),
            ([drop, "--sweep", "colour=1"], "colour"), ([drop, "--sweep", "engines=0"], "--engines"),
            ([drop, "--find", "max"], "--find"), ([drop, "--precision", "20"], "--precision"),
            ([drop, "--traffic", "udp5"], "udp5"), ([drop, "--set", "run.functional=1"], "modelled"),
            ([drop, "--traffic", "tcp6", "--size", "64"], "size")]:
        error = bench(*args, status=1)
        assert word in error and error.count("\n") == 1, (args, error)
    for args in ([drop, "-r", "/nonexistent.pcap"], [drop, "--plot", "/nonexistent/x.svg", *FEW]):
        assert "/nonexistent" in bench(*args, status=3)


WANTED = sys.argv[4:] or [""]
TESTS = [f for name, f in sorted(globals().items()) if name.startswith("test_") and any(w in name for w in WANTED)]
for test in TESTS:
    test()
print(f"{len(TESTS)} tests")
