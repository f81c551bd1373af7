#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Pastes what the demo prints now into README.md: .ci/update_readme.py [BUILD]"""
import re
import subprocess
import sys

import tree

SHOWN = 3  # entries of a long map
BLOCK = re.compile(r"(## What it prints\n\n).*?(?=\n\n\S)", re.S)
ENTRY = re.compile(r"    (?:\d+\.\d+\.\d+\.\d+|[0-9a-f:]+::[0-9a-f]*) ")


def shorten(lines):
    """Of the entries keyed by an address, the first few of each map."""
    out, run = [], 0
    for line in lines:
        run = run + 1 if ENTRY.match(line) else 0
        if line.startswith("    ... ") and out[-1] == "    ...":
            out.pop()  # the report itself says how many more
        if run <= SHOWN:
            out.append(line)
        elif run == SHOWN + 1:
            out.append("    ...")
    return out


def main():
    build = sys.argv[1] if len(sys.argv) > 1 else "build"
    demo = subprocess.run(["./examples/demo.sh", build], cwd=tree.ROOT, capture_output=True,
                          text=True, check=True).stdout.replace(f"{build}/", "build/")
    report = demo[demo.index("dos_filter from"):].rstrip().splitlines()
    block = "\n".join(f"    {line}".rstrip() for line in shorten(report))
    readme = tree.ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    readme.write_text(BLOCK.sub(lambda m: m[1] + block, text, count=1), encoding="utf-8")


if __name__ == "__main__":
    main()
