#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What the modelled card does with each example: a table, or with --write the one in README.md.

  examples/figures.py [--build DIR] [--write] [--preset P] [NAME...]

Each example runs over the shipped capture, with its .maps file, on the preset `generic` at the rate
"max": packets arrive as soon as there is room for them. All figures are modelled, none depends on
the machine that this runs on.
"""
import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
CAPTURE = HERE / "captures/attack.pcap"
HEAD = ("| example | BPF instructions | engine instructions | instructions a packet "
        "| cycles a packet | Mpps an engine |")
BLOCK = re.compile(r"(?<=<!-- figures -->\n).*?(?=\n<!-- end -->)", re.S)


def arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--build", type=Path, default=HERE.parent / "build")
    p.add_argument("--write", action="store_true", help="put the table into README.md")
    p.add_argument("--preset", default="generic")
    p.add_argument("name", nargs="*", help="these examples (default: all)")
    return p.parse_args()


def answer(args, *words):
    """The JSON that this subcommand prints."""
    done = subprocess.run([args.build / "nicsim", *words, "--json"], capture_output=True, text=True,
                          timeout=120, check=False)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def row(args, name):
    obj = args.build / f"examples/{name}.bpf.o"
    maps = HERE / f"{name}.maps"
    filled = ("--maps-from", maps) if maps.exists() else ()
    size = answer(args, "check", obj)["programs"]
    run = answer(args, "run", obj, "-r", CAPTURE, "--preset", args.preset, *filled)["modelled"]
    return (f"| {name} | {sum(p['bpf_insns'] for p in size)} "
            f"| {sum(p['engine_insns']['used'] for p in size)} "
            f"| {run['program_insns_per_packet']:.0f} | {run['cycles_per_packet']:.0f} "
            f"| {run['pps_per_engine'] / 1e6:.2f} |")


def main():
    args = arguments()
    names = args.name or sorted(p.name.removesuffix(".bpf.c") for p in HERE.glob("*.bpf.c"))
    table = "\n".join([HEAD, "|---" + "|---:" * 5 + "|"] + [row(args, n) for n in names])
    if args.write:
        readme = HERE / "README.md"
        text = readme.read_text(encoding="utf-8")
        readme.write_text(BLOCK.sub(lambda _: table, text, count=1), encoding="utf-8")
    else:
        print(table)


if __name__ == "__main__":
    main()
