#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Host speed of the whole simulator: packets and engine instructions a second of real time.

    packet_bench.py NICSIM EXAMPLES [PACKETS [ROUNDS]]

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
    ("dos_filter", ["--engines", "120", "--threads", "8"])]
DEMO, FLAT, LARGEST = 2, range(3, 7), 7  # of CASES: the card as it is, 1 to 120 engines, 120 x 8


def once(nicsim, examples, program, extra, packets):
    """Seconds of the traffic and of the whole command, MiB resident at most, modelled figures."""
    command = [nicsim, "run", os.path.join(examples, program + ".bpf.o"), "--gen",
               f"udp4,size=64,count={packets},flows=1024,seed=1", "--json", *extra]
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


def insns_per_packet(nicsim, examples, program, extra, packets):
    """Engine instructions, firmware included; the report has both rates of the same run."""
    text = subprocess.run(
        [nicsim, "run", os.path.join(examples, program + ".bpf.o"), "--gen",
         f"udp4,size=64,count={packets},flows=1024,seed=1", *extra],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout
    found = re.search(r"([\d.,]+(?: [kMG])?) packets a second, "
                      r"([\d.,]+(?: [kMG])?) engine instructions a second", text)
    if not found:
        sys.exit("packet_bench: the report has no line of the simulator's speed")
    return number(found[2]) / number(found[1])


def measure(nicsim, examples, packets, rounds):
    """Of each case: its seconds of all rounds, MiB at most, and modelled figures."""
    runs = [{"s": [], "whole": [], "mib": 0.0} for _ in CASES]
    for _ in range(rounds):
        for run, (program, extra) in zip(runs, CASES):
            wall, whole, mib, figures = once(nicsim, examples, program, extra, packets)
            run["s"].append(wall)
            run["whole"].append(whole)
            run["mib"] = max(run["mib"], mib)
            if run.setdefault("modelled", figures) != figures:
                sys.exit(f"packet_bench: {program}: two runs, two modelled results")
    for run, (program, extra) in zip(runs, CASES):
        run["insns"] = insns_per_packet(nicsim, examples, program, extra, max(1, packets // 50))
    return runs


def print_host(runs, packets):
    print(f"{'program':12} {'options':26} {'best s':>7} {'median s':>8} {'whole s':>7} {'Mpkt/s':>7} "
          f"{'Minsn/s':>8} {'RSS MiB':>8}")
    for run, (program, extra) in zip(runs, CASES):
        best = min(run["s"])
        print(f"{program:12} {' '.join(extra):26} {best:7.2f} {statistics.median(run['s']):8.2f} "
              f"{min(run['whole']):7.2f} {packets / best / 1e6:7.3f} "
              f"{run['insns'] * packets / best / 1e6:8.1f} {run['mib']:8.0f}")


def print_goals(runs, packets):
    demo, flat = runs[DEMO], [min(runs[i]["s"]) for i in FLAT]
    best = min(demo["s"])
    rows = [("engine instructions a second, demo", "at least 150 M",
             f"{demo['insns'] * packets / best / 1e6:.1f} M"),
            ("1,000,000 packets of the demo", "below 5 s", f"{best * 1e6 / packets:.2f} s"),
            ("a packet of 120 engines to one of 1", "within 1.3", f"{flat[-1] / flat[0]:.2f}"),
            ("dearest to cheapest, 1 to 120 engines", "within 1.3",
             f"{max(flat) / min(flat):.2f}"),
            ("memory of 120 engines of 8 threads", "below 1024 MiB",
             f"{runs[LARGEST]['mib']:.0f} MiB")]
    print("\nHost: goals")
    for row in rows:
        print(f"{row[0]:40} {row[1]:>15} {row[2]:>10}")


def print_modelled(runs):
    print("\nModelled: the card's time, the same on any host")
    for run, (program, extra) in zip(runs, CASES):
        m = run["modelled"]
        print(f"{program:12} {' '.join(extra):26} {m['pps'] / 1e6:8.2f} Mpps "
              f"{m['cycles_per_packet']:8.1f} cycles a packet   {m['bottleneck']}")


def main():
    if not 3 <= len(sys.argv) <= 5:
        sys.exit(__doc__)
    packets = int(sys.argv[3]) if len(sys.argv) > 3 else 1000000
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 3
    runs = measure(sys.argv[1], sys.argv[2], packets, rounds)
    print(f"Host: {packets} generated packets of 64 bytes, best of {rounds} rounds")
    print_host(runs, packets)
    print_goals(runs, packets)
    print_modelled(runs)


if __name__ == "__main__":
    main()
