#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Packet filters on the card against libpcap: the verdict of every packet, by every spelling.

filter.py NICSIM PCAP_MATCH EXPRESSIONS CAPTURE [--all]; without --all every fifth expression.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

NICSIM, PCAP_MATCH, EXPRESSIONS, CAPTURE = sys.argv[1:5]
TMP = Path(tempfile.mkdtemp(prefix="nicsim-filter-"))
FIRST = "tcp dst port 80 and not src net 10/8"


def nicsim(*args, status=0):
    done = subprocess.run([NICSIM, *map(str, args)], capture_output=True, text=True, timeout=300,
                          check=False)
    assert done.returncode == status, f"{args}: status {done.returncode}: {done.stderr}"
    return done


def verdicts(*args):
    lines = TMP / "packets.jsonl"
    nicsim("run", "-r", CAPTURE, "--mode", "functional", "--json", "--per-packet", lines, *args)
    return [json.loads(x)["verdict"] for x in lines.read_text(encoding="utf-8").splitlines()]


def by_libpcap(expressions):
    done = subprocess.run([PCAP_MATCH, CAPTURE], input="\n".join(expressions) + "\n", text=True,
                          capture_output=True, check=True)
    return [[c == "1" for c in line] for line in done.stdout.splitlines()]


def test_expressions():
    lines = Path(EXPRESSIONS).read_text(encoding="utf-8").splitlines()
    every = [x for x in lines if x and not x.startswith("#")]
    some = every if "--all" in sys.argv else every[::5]
    assert len(every) >= 100
    for expression, want in zip(some, by_libpcap(some)):
        got = verdicts("--filter", expression)
        wrong = [i for i, (g, w) in enumerate(zip(got, want)) if g != ("XDP_PASS" if w else "XDP_DROP")]
        assert len(got) == len(want) and not wrong, f"{expression}: packets {wrong[:5]} of {len(got)}"


def test_match():
    [want] = by_libpcap(["tcp"])
    for word, yes, no in (("pass", "XDP_PASS", "XDP_DROP"), ("drop", "XDP_DROP", "XDP_PASS"),
                          ("tx", "XDP_TX", "XDP_PASS")):
        assert verdicts("--filter", "tcp", "--match", word) == [yes if w else no for w in want]
    assert "--match fly" in nicsim("run", "--filter", "tcp", "--match", "fly", "--gen", "udp4",
                                   status=1).stderr


def test_net_without_dots():
    """As the manual's readers write it."""
    got = verdicts("--filter", FIRST, "--match", "drop")
    [want] = by_libpcap([FIRST.replace("10/8", "10.0.0.0/8")])
    assert got == ["XDP_DROP" if w else "XDP_PASS" for w in want]


def test_listing():
    """tcpdump -ddd of 'ip' and of 'udp', Ethernet."""
    listing = TMP / "ip.ddd"
    listing.write_text("4\n40 0 0 12\n21 0 1 2048\n6 0 0 262144\n6 0 0 0\n", encoding="utf-8")
    [want] = by_libpcap(["ip"])
    assert verdicts("--filter-file", listing) == ["XDP_PASS" if w else "XDP_DROP" for w in want]
    for text, said in (("4\n40 0 0 12\n", "fewer lines"), ("1\n6 0 0 1\n6 0 0 0\n", "more lines"),
                       ("x\n", ":1: not the number"), ("1\n40 0 x 12\n", ":2: not an instruction"),
                       ("1\n6 0 0 99999999999\n", ":2: not an instruction"),
                       ("1\n40 0 0 12\n", "no return"), ("", ":1: not the number"),
                       ("2\n48 0 0 4294963248\n6 0 0 1\n", "VLAN tag's presence")):
        listing.write_text(text, encoding="utf-8")
        err = nicsim("run", "--filter-file", listing, "--gen", "udp4", status=2).stderr
        assert said in err and len(err.splitlines()) == 1, f"{text!r}: {err}"


def test_usage():
    for args, said in ((["--filter", "tcp port"], "--filter 'tcp port'"),
                       (["--filter", "tcp", "--prog", "x"], "takes no --prog"),
                       (["--filter", "tcp", "--filter-file", "x"], "one of PROG.o"),
                       (["--filter", "tcp", "--maps-from", "x"], "no maps"),
                       (["--match", "drop", "x.o"], "--match goes with")):
        assert said in nicsim("run", "--gen", "udp4", *args, status=1).stderr, args
    assert "No such file" in nicsim("run", "--filter-file", TMP / "no", "--gen", "udp4",
                                    status=3).stderr
    assert "jumps back" in nicsim("check", "--filter", "ip6 protochain 6", status=2).stderr


def test_check_and_dump():
    report = json.loads(nicsim("check", "--filter", "udp port 53", "--json").stdout)
    assert report["object"] is None and report["programs"][0]["accepted"]
    assert report["programs"][0]["longest_path"] > 0
    listing = json.loads(nicsim("dump", "--filter", "udp port 53", "--json").stdout)
    assert listing["program"] == "filter" and listing["bpf_insns"] > 10
    assert "filter of udp port 53" in nicsim("run", "--filter", "udp port 53", "--gen", "udp4").stdout


def main():
    failures = 0
    tests = [(n, f) for n, f in globals().items() if n.startswith("test_")]
    for name, function in tests:
        try:
            function()
        except (AssertionError, KeyError, ValueError, subprocess.SubprocessError) as why:
            failures += 1
            print(f"FAIL {name}: {type(why).__name__}: {why}")
    print(f"{len(tests) - failures} of {len(tests)} tests hold")
    subprocess.run(["rm", "-rf", TMP], check=True)
    return 1 if failures else 0


sys.exit(main())
