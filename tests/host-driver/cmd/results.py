#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What `nicsim run` gives to scripts: the JSON object, packet lines, the pcapng file.

results.py NICSIM EXAMPLES: each test_* function below is a test.
"""
import json
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

NICSIM, EXAMPLES = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
TMP = Path(tempfile.mkdtemp(prefix="nicsim-results-"))
VERDICTS = ["aborted", "drop", "pass", "tx", "redirect"]
DROPS = ["oversize", "mac_rate", "no_buffer", "no_host_desc", "host_short", "dma_fault", "bad_port",
         "no_copy", "bad_cmd", "watchdog", "empty"]
MODELLED = {"cycles": int, "time_ns": int, "clock_hz": int, "engines": int, "threads": int,
            "pps": (int, float), "pps_per_engine": (int, float), "cycles_per_packet": (int, float),
            "cycles_by_cause": dict, "program_insns_per_packet": (int, float), "bottleneck": str}
CAUSES = ["issue", "dependency", "branch", "local SRAM", "cluster SRAM", "shared SRAM", "DRAM",
          "atomic", "register", "lock", "switch", "spacing", "overhead", "idle", "blocked"]


def pcap(frames):
    head = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)
    return head + b"".join(struct.pack("<IIII", 1, i, len(f), len(f)) + f
                           for i, f in enumerate(frames))


def udp(length, last_byte):
    """An Ethernet/IPv4/UDP frame (no checksums) whose last byte tells it apart."""
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, length - 14, 0, 0, 64, 17, 0,
                     bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2]))
    l4 = struct.pack(">HHHH", 1, 2, length - 34, 0)
    frame = bytes(range(12)) + b"\x08\x00" + ip + l4
    return frame + bytes(length - len(frame) - 1) + bytes([last_byte])


def run(program, *args, status=0):
    done = subprocess.run([NICSIM, "run", EXAMPLES / f"{program}.bpf.o", *map(str, args)],
                          capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == status, f"exit status {done.returncode}: {done.stderr}"
    return done.stdout


def run_json(program, *args):
    out = run(program, *args, "--json")
    assert out.count("\n") == 1, "not one line"
    return json.loads(out)


def packet_lines(program, capture, *args):
    file = TMP / "lines.jsonl"
    report = run_json(program, "-r", capture, "--per-packet", file, *args)
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return report, lines


def write(name, frames):
    path = TMP / name
    path.write_bytes(pcap(frames))
    return path


def pcapng(path):
    """([interface names], [(interface, time, data, comment)])"""
    data, at, names, packets = path.read_bytes(), 0, [], []
    while at < len(data):
        kind, total = struct.unpack_from("<II", data, at)
        body = data[at + 8:at + total - 4]
        if kind == 1:
            names.append(options(body[8:])[2].decode())
            assert options(body[8:])[9] == b"\x09", "not nanoseconds"
        elif kind == 6:
            port, high, low, caplen, length = struct.unpack_from("<IIIII", body)
            assert caplen == length
            comment = options(body[20 + (caplen + 3) // 4 * 4:])[1].decode()
            packets.append((port, high << 32 | low, body[20:20 + caplen], comment))
        at += total
    return names, packets


def options(data):
    out, at = {}, 0
    while at + 4 <= len(data):
        code, length = struct.unpack_from("<HH", data, at)
        if code == 0:
            break
        out[code] = data[at + 4:at + 4 + length]
        at += 4 + (length + 3) // 4 * 4
    return out


def test_shape():
    r = run_json("drop", "--gen", "udp4,count=500")
    assert list(r) == ["program", "packets", "input", "verdicts", "nic_drops", "modelled",
                       "host"], list(r)
    assert r["program"] == "drop" and r["packets"] == 500
    assert list(r["verdicts"]) == VERDICTS and r["verdicts"]["drop"] == 500
    assert list(r["nic_drops"]) == DROPS and sum(r["nic_drops"].values()) == 0
    assert list(r["modelled"]) == list(MODELLED)
    for key, kind in MODELLED.items():
        assert isinstance(r["modelled"][key], kind), key
    assert list(r["host"]) == ["wall_s", "pps"] and r["host"]["wall_s"] > 0


def test_figures_agree():
    m = run_json("drop", "--gen", "udp4,count=20k", "--engines", "4", "--threads", "2",
                 "--set", "engine.clock_hz=500M")["modelled"]
    assert (m["engines"], m["threads"], m["clock_hz"]) == (4, 2, 500_000_000)
    assert m["time_ns"] == m["cycles"] * 2
    assert abs(m["pps"] - 20_000 * 5e8 / m["cycles"]) < 2
    assert abs(m["pps_per_engine"] * 4 - m["pps"]) < 8
    assert 2 <= m["program_insns_per_packet"] < 4
    causes = m["cycles_by_cause"]
    assert list(causes) == CAUSES and min(causes.values()) >= 0
    work = sum(causes.values()) - causes["idle"] - causes["blocked"]
    assert abs(work - m["cycles_per_packet"]) < 0.01 * work, (work, m["cycles_per_packet"])
    assert m["bottleneck"] == "engines"


def test_same_again():
    one, two = (run_json("dos_filter", "--gen", "tcp4,count=3000,flows=50", "--maps")
                for _ in range(2))
    for r in (one, two):
        r.pop("host")
    assert one == two


def test_maps():
    r = run_json("parse_ip_count", "--gen", "udp4,count=100,flows=10", "--maps", "--ordered")
    maps = {m["name"]: m for m in r["maps"]}
    assert maps["by_protocol"]["type"] == "array" and maps["by_source"]["type"] == "hash"
    sources = maps["by_source"]["entries"]
    assert len(sources) == 10
    for e in sources:
        assert list(e) == ["key", "value"] and len(e["key"]) == 4 and e["key"][0] == "0x0a"
        assert all(len(b) == 4 and b.startswith("0x") for b in e["key"] + e["value"])
        packets = int.from_bytes(bytes(int(b, 16) for b in e["value"][:8]), "little")
        assert packets == 10, packets
    assert "maps" not in run_json("parse_ip_count", "--gen", "udp4,count=1")


def test_maps_from():
    file = TMP / "some.maps"
    value = (77).to_bytes(8, "little").hex() + (5).to_bytes(8, "little").hex()
    file.write_text(f"# sources\n\n  map by_source 01020304 {value}\n", encoding="utf-8")
    r = run_json("parse_ip_count", "--gen", "udp4,count=1", "--maps", "--maps-from", file)
    entries = next(m for m in r["maps"] if m["name"] == "by_source")["entries"]
    got = {tuple(e["key"]): e["value"] for e in entries}
    assert got["0x01", "0x02", "0x03", "0x04"][0] == "0x4d", got


def test_events():
    """Every record once, from any number of engines; the file has what was counted."""
    frames = [udp(60 + i % 100, i % 256) for i in range(300)]
    capture, file = write("events.pcap", frames), TMP / "events.jsonl"
    for program, name, kind in (("sample_ringbuf", "samples", "ringbuf"),
                                ("sample_perf", "events", "perf_event_array")):
        for args in ([], ["--ordered"], ["--engines", "1"]):
            r = run_json(program, "-r", capture, "--events-to", file, *args)
            lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
            data = [bytes.fromhex(x["data"]) for x in lines]
            assert r["events"] == [{"name": name, "type": kind, "received": 300,
                                    "bytes": sum(map(len, data)), "lost": 0}], r["events"]
            assert {x["map"] for x in lines} == {name}
            assert all(("cpu" in x) == (program == "sample_perf") for x in lines)
            head, captured = (8, 64) if program == "sample_ringbuf" else (16, 128)
            got = {int.from_bytes(d[:4], "little"): d[head:] for d in data}
            assert sorted(got) == list(range(300)), "not each number once"
            if "--ordered" in args:
                for i, f in enumerate(frames):
                    assert got[i][:min(captured, len(f))] == f[:captured], i
    text = run("sample_perf", "-r", capture, "--events")
    assert "300 received" in text and re.search(r"events \(perf_event_array, \d+ entries\)", text)
    assert "samples (ringbuf, 65536 bytes)" in run("sample_ringbuf", "-r", capture)
    assert "events" not in run_json("sample_perf", "-r", capture)
    assert run_json("drop", "-r", capture, "--events")["events"] == []


def test_packet_lines():
    frames = [udp(60 + i, i) for i in range(200)]
    for args in ([], ["--ordered"], ["--mode", "functional"], ["--engines", "1", "--threads", "1"]):
        report, lines = packet_lines("drop", write("in.pcap", frames), *args)
        assert [x["i"] for x in lines] == list(range(200))
        assert [bytes.fromhex(x["data"]) for x in lines] == frames, args
        for x in lines:
            assert list(x) == ["i", "verdict", "retval", "len", "data", "cycles"]
            assert x["verdict"] == "XDP_DROP" and x["retval"] == 1 and x["len"] == 60 + x["i"]
        assert report["packets"] == 200


def test_edge_lengths():
    lengths = [1, 14, 1514, 3520, 3521, 9018, 60]
    frames = [bytes(n) for n in lengths]
    report, lines = packet_lines("pass", write("edge.pcap", frames))
    assert report["nic_drops"]["oversize"] == 2 and report["packets"] == len(lengths)
    for x, n in zip(lines, lengths):
        if n > 3520:
            assert x["verdict"] is None and x["drop"] == "oversize", x
        else:
            assert x["verdict"] == "XDP_PASS" and x["len"] == n, x


def test_empty_records():
    report, lines = packet_lines("drop", write("zero.pcap", [b"", udp(60, 1), b"", b""]))
    assert report["packets"] == 4 and report["nic_drops"]["empty"] == 3
    assert [x["verdict"] for x in lines] == [None, "XDP_DROP", None, None]
    assert [x["i"] for x in lines] == [0, 1, 2, 3] and lines[3]["drop"] == "empty"


def test_no_packets():
    report, lines = packet_lines("drop", write("none.pcap", []))
    assert report["packets"] == 0 and lines == [] and report["modelled"]["cycles"] == 0
    assert "no packets" in run("drop", "-r", TMP / "none.pcap")


def test_capture_out():
    frames = [udp(60 + i, i) for i in range(50)]
    out = TMP / "out.pcapng"
    run_json("tx_swap_macs", "-r", write("in.pcap", frames), "-w", out)
    names, packets = pcapng(out)
    assert names == ["port1", "port2", "host0"], names
    swapped = [f[6:12] + f[:6] + f[12:14] for f in frames]
    assert len(packets) == 50
    for port, _, data, comment in packets:
        seq = int(comment.removeprefix("XDP_TX packet "))
        assert port == 0 and data[:14] == swapped[seq] and len(data) == 60 + seq, comment
    run_json("pass", "-r", TMP / "in.pcap", "-w", out)
    packets = pcapng(out)[1]
    assert sorted(p[2] for p in packets) == sorted(frames)
    assert all(p[0] == 2 and p[3].startswith("XDP_PASS packet ") for p in packets)
    run_json("drop", "-r", TMP / "in.pcap", "-w", out)
    assert pcapng(out)[1] == []


def test_rates():
    rate = {r: run_json("drop", "--gen", "udp4,count=5k", "--rate", r)["modelled"]
            for r in ("1Mpps", "10Mpps", "1Gbps", "line", "max")}
    assert abs(rate["1Mpps"]["pps"] / 1e6 - 1) < 0.01, rate["1Mpps"]
    assert abs(rate["10Mpps"]["pps"] / 1e7 - 1) < 0.01, rate["10Mpps"]
    assert abs(rate["1Gbps"]["pps"] / (1e9 / ((64 + 24) * 8)) - 1) < 0.01, rate["1Gbps"]
    assert rate["1Mpps"]["bottleneck"] == "input rate"
    assert rate["line"]["pps"] < 1.01 * 100e9 / ((64 + 24) * 8)
    assert rate["max"]["pps"] > rate["10Mpps"]["pps"]


def test_trace_rate():
    frames = [udp(60, i) for i in range(4)]
    path = TMP / "spaced.pcap"
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
    path.write_bytes(head + b"".join(struct.pack("<IIII", 100, i * 1000, 60, 60) + f
                                     for i, f in enumerate(frames)))
    m = run_json("drop", "-r", path, "--rate", "trace")["modelled"]
    assert 3_000_000 <= m["time_ns"] < 3_010_000, m["time_ns"]
    for args, start in (([], 100_000_000_000), (["--clock", "5k"], 5000)):
        out = TMP / "trace.pcapng"
        run_json("pass", "-r", path, "--rate", "trace", "-w", out, *args)
        times = [p[1] - start for p in pcapng(out)[1]]
        assert 0 < times[0] < 1_000_000, times
        assert all(abs(t - times[0] - i * 1_000_000) < 5_000 for i, t in enumerate(times)), times


def test_overload_drops():
    file = TMP / "lines.jsonl"
    r = run_json("dos_filter", "--gen", "udp4,count=20k", "--rate", "line", "--engines", "1",
                 "--per-packet", file)
    dropped = r["nic_drops"]["no_buffer"]
    lines = [json.loads(x) for x in file.read_text(encoding="utf-8").splitlines()]
    assert dropped > 1000 and r["packets"] == 20_000 == len(lines)
    assert sum(r["verdicts"].values()) == 20_000 - dropped
    assert sum(x["verdict"] is None and x["drop"] == "no_buffer" for x in lines) == dropped
    assert [x["i"] for x in lines] == list(range(20_000))


def test_mac_rate_drops():
    capture = write("burst.pcap", [udp(60, i % 256) for i in range(500)])
    report, lines = packet_lines("drop", capture, "--rate", "line", "--set", "port.max_pps=5000000")
    late = [x for x in lines if x.get("drop") == "mac_rate"]
    assert report["packets"] == len(lines) == 500
    assert len(late) == report["nic_drops"]["mac_rate"] > 300


def test_ordered_is_one_engine():
    r = run_json("drop", "--gen", "udp4,count=100", "--ordered")
    assert r["modelled"]["bottleneck"] == "one packet at a time"
    text = run("drop", "--gen", "udp4,count=100", "--ordered")
    rows = [line.split() for line in text.splitlines() if line.split()[:1] in (["0"], ["1"])]
    assert rows[0][1] == "100" and rows[1][1] == "0", rows


def test_report():
    text = run("dos_filter", "--gen", "udp4,count=2k", "--engines", "50")
    for part in ("dos_filter from", "2,000 packets", "Verdicts", "XDP_PASS", "Maps", "PROTO_UDP",
                 "Modelled", "per engine", "bottleneck", "median", "Host", "packets a second"):
        assert part in text, part
    assert text.index("Modelled") < text.index("Host")


def test_presets():
    for preset, engines, clock in (("agilio-cx-2x40", 50, 800_000_000),
                                   ("bluefield3-dpa", 16, 1_800_000_000)):
        m = run_json("drop", "--gen", "udp4,count=2k", "--preset", preset)["modelled"]
        assert (m["engines"], m["clock_hz"]) == (engines, clock), m
    m = run_json("drop", "--gen", "udp4,count=2k", "--preset", "agilio-cx-2x40", "--engines",
                 "2")["modelled"]
    assert (m["engines"], m["clock_hz"]) == (2, 800_000_000), m


def test_nothing_left():
    names = {p.name for p in TMP.iterdir()}
    assert not [n for n in names if n.count(".") > 1], names


def main():
    failures = 0
    tests = [(n, f) for n, f in globals().items() if n.startswith("test_")]
    for name, function in tests:
        try:
            function()
        except (AssertionError, KeyError, ValueError, IndexError) as why:
            failures += 1
            print(f"FAIL {name}: {type(why).__name__}: {why} (line {why.__traceback__.tb_next.tb_lineno})")
    print(f"{len(tests) - failures} of {len(tests)} tests hold")
    subprocess.run(["rm", "-rf", TMP], check=True)
    return 1 if failures else 0


sys.exit(main())
