#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Host speed of the whole simulator: packets and engine instructions a second of real time.

    packet_bench.py NICSIM EXAMPLES [PACKETS [ROUNDS]]

Every figure is of the host. The best of a few rounds is what the simulator can do on a host that
others use too; the rounds of all cases take turns, so that a bad minute hits them alike.
"""
import json
import os
import re
import statistics
import subprocess
import sys

CASES = [(p, []) for p in ("drop", "pass", "dos_filter")] + [
    ("dos_filter", ["--engines", str(n)]) for n in (1, 8, 50, 120)]


def once(nicsim, examples, program, extra, packets):
    """(seconds, MiB resident at most, modelled figures) of one run."""
    command = [nicsim, "run", os.path.join(examples, program + ".bpf.o"), "--gen",
               f"udp4,size=64,count={packets},flows=1024,seed=1", "--json", *extra]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        text = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"packet_bench: {' '.join(command)}: exit status {child.returncode}")
    result = json.loads(text)
    return result["host"]["wall_s"], usage.ru_maxrss / 1024, result["modelled"]


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


def main():
    if not 3 <= len(sys.argv) <= 5:
        sys.exit(__doc__)
    nicsim, examples = sys.argv[1:3]
    packets = int(sys.argv[3]) if len(sys.argv) > 3 else 1000000
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 3
    times, rss, modelled = {}, {}, {}
    insns = [insns_per_packet(nicsim, examples, program, extra, max(1, packets // 50))
             for program, extra in CASES]
    for _ in range(rounds):
        for i, (program, extra) in enumerate(CASES):
            wall, mib, figures = once(nicsim, examples, program, extra, packets)
            times.setdefault(i, []).append(wall)
            rss[i] = max(rss.get(i, 0), mib)
            if modelled.setdefault(i, figures) != figures:
                sys.exit(f"packet_bench: {program}: two runs, two modelled results")
    print(f"{packets} generated packets of 64 bytes, best of {rounds} rounds")
    print(f"{'program':12} {'options':14} {'best s':>7} {'median s':>8} {'Mpkt/s':>7} "
          f"{'Minsn/s':>8} {'Mcycle/s':>8} {'RSS MiB':>8}")
    for i, (program, extra) in enumerate(CASES):
        best = min(times[i])
        print(f"{program:12} {' '.join(extra):14} {best:7.2f} {statistics.median(times[i]):8.2f} "
              f"{packets / best / 1e6:7.3f} {insns[i] * packets / best / 1e6:8.1f} "
              f"{modelled[i]['cycles'] / best / 1e6:8.1f} {rss[i]:8.0f}")


if __name__ == "__main__":
    main()
