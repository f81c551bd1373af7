#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Host speed of the whole simulator: packets and engine instructions a second of real time.

    packet_bench.py BUILD [PACKETS [ROUNDS]]

The programs are drop, pass and dos_filter (the demo's) of examples/, and rendezvous.bpf.c, which
keeps its engine busy: what the simulator makes of instructions, where packets cost little.

What a card of many engines costs is measured twice: with the same traffic on each card, nearly as
much as one engine takes, and with as much as each of them takes, which keeps hundreds of threads
busy on a large one.

Figures of the host, then its goals, then, apart, what the same runs modelled. The best of a few
rounds is what the simulator can do on a host that others use too; the rounds of all cases take
turns, so that a bad minute hits them alike.
"""
import json
import os
import re
import statistics
import subprocess
import sys
import time

CASES = [(p, []) for p in ("drop", "pass", "dos_filter")] + [
    ("dos_filter", ["--engines", str(n)]) for n in (1, 8, 50, 120)] + [
    ("dos_filter", ["--engines", "120", "--threads", "8"])] + [
    ("dos_filter", ["--engines", str(n), "--rate", "2.5Mpps"]) for n in (1, 8, 50, 120)] + [
    ("rendezvous", ["--engines", str(n)]) for n in (1, 8, 120)]
# Of CASES: the card as it is; 1 to 120 engines, as fast as they go; 120 x 8; the same traffic.
DEMO, FASTEST, LARGEST, SAME, BUSY = 2, range(3, 7), 7, range(8, 12), range(12, 15)
BUSY_SHARE = 10  # of so many packets one: they take that much longer


def command_of(build, program, extra, packets):
    folder = "perf" if program == "rendezvous" else "examples"
    return [os.path.join(build, "nicsim"), "run", os.path.join(build, folder, program + ".bpf.o"),
            "--gen", f"udp4,size=64,count={packets},flows=1024,seed=1", *extra]


def once(build, program, extra, packets):
    """Seconds of the traffic and of the whole command, MiB resident at most, modelled figures."""
    command = command_of(build, program, [*extra, "--json"], packets)
    start = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        text = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"packet_bench: {' '.join(command)}: exit status {child.returncode}")
    whole = time.monotonic() - start
    result = json.loads(text)
    return result["host"]["wall_s"], whole, usage.ru_maxrss / 1024, result["modelled"]


def number(text):
    """The value of a figure as the report prints it: 22.71 M."""
    digits, _, prefix = text.replace(",", "").partition(" ")
    return float(digits) * {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}[prefix]


def insns_per_packet(build, program, extra, packets):
    """Engine instructions, firmware included; the report has both rates of the same run."""
    text = subprocess.run(
        command_of(build, program, extra, packets),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout
    found = re.search(r"([\d.,]+(?: [kMG])?) packets a second, "
                      r"([\d.,]+(?: [kMG])?) engine instructions a second", text)
    if not found:
        sys.exit("packet_bench: the report has no line of the simulator's speed")
    return number(found[2]) / number(found[1])


def measure(build, packets, rounds):
    """Of each case: its packets, its seconds of all rounds, MiB at most, and modelled figures."""
    runs = [{"packets": max(1, packets // (BUSY_SHARE if i in BUSY else 1)), "s": [], "whole": [],
             "mib": 0.0} for i in range(len(CASES))]
    for _ in range(rounds):
        for run, (program, extra) in zip(runs, CASES):
            wall, whole, mib, figures = once(build, program, extra, run["packets"])
            run["s"].append(wall)
            run["whole"].append(whole)
            run["mib"] = max(run["mib"], mib)
            if run.setdefault("modelled", figures) != figures:
                sys.exit(f"packet_bench: {program}: two runs, two modelled results")
    for run, (program, extra) in zip(runs, CASES):
        insns = insns_per_packet(build, program, extra, max(1, run["packets"] // 50))
        run["us"] = min(run["s"]) * 1e6 / run["packets"]
        run["minsn"] = insns / run["us"]
    return runs


def print_host(runs):
    print(f"{'program':12} {'options':28} {'best us':>7} {'median us':>9} {'whole s':>7} {'Mpkt/s':>7} "
          f"{'Minsn/s':>8} {'RSS MiB':>8}")
    for run, (program, extra) in zip(runs, CASES):
        print(f"{program:12} {' '.join(extra):28} {run['us']:7.2f} "
              f"{statistics.median(run['s']) * 1e6 / run['packets']:9.2f} {min(run['whole']):7.2f} "
              f"{1 / run['us']:7.3f} {run['minsn']:8.1f} {run['mib']:8.0f}")


def spread(runs, cases):
    """The dearest packet to the cheapest one."""
    us = [runs[i]["us"] for i in cases]
    return f"{max(us) / min(us):.2f}"


def print_goals(runs):
    demo, busy = runs[DEMO], [runs[i] for i in BUSY]
    rows = [("engine instructions a second, rendezvous", "at least 150 M",
             f"{min(run['minsn'] for run in busy):.0f} M"),
            ("  the same of the demo", "", f"{demo['minsn']:.0f} M"),
            ("1,000,000 packets of the demo", "below 5 s", f"{demo['us']:.2f} s"),
            ("dearest to cheapest packet, 1 to 120 engines:", "", ""),
            ("  the same traffic", "within 1.3", spread(runs, SAME)),
            ("  as many packets as each card takes", "", spread(runs, FASTEST)),
            ("  the same of rendezvous", "", spread(runs, BUSY)),
            ("memory of 120 engines of 8 threads", "below 1024 MiB",
             f"{runs[LARGEST]['mib']:.0f} MiB")]
    print("\nHost: goals")
    for row in rows:
        print(f"{row[0]:46} {row[1]:>15} {row[2]:>10}".rstrip())


def print_modelled(runs):
    print("\nModelled: the card's time, the same on any host")
    for run, (program, extra) in zip(runs, CASES):
        m = run["modelled"]
        print(f"{program:12} {' '.join(extra):28} {m['pps'] / 1e6:8.2f} Mpps "
              f"{m['cycles_per_packet']:8.1f} cycles a packet   {m['bottleneck']}")


def main():
    if not 2 <= len(sys.argv) <= 4:
        sys.exit(__doc__)
    packets = int(sys.argv[2]) if len(sys.argv) > 2 else 1000000
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    runs = measure(sys.argv[1], packets, rounds)
    print(f"Host: {packets} generated packets of 64 bytes (rendezvous: {packets // BUSY_SHARE}), "
          f"best of {rounds} rounds; us: of a packet")
    print_host(runs)
    print_goals(runs)
    print_modelled(runs)


if __name__ == "__main__":
    main()
