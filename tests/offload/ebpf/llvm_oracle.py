#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""LLVM's disassembler reads every row of the instruction table as we do. Rows that LLVM 19 does not
know (load-acquire, store-release) are left out.

llvm_oracle.py DUMP_ROWS LLVM_MC
"""
import re
import subprocess
import sys


def common(text):
    """Our text and LLVM's, brought to one form: spelling differs, meaning may not."""
    t = re.sub(r"goto(l?) pc", r"goto\1 ", text)
    t = re.sub(r"0x([0-9a-f]+)", lambda m: str(int(m[1], 16)), t)
    t = re.sub(r"\bw(\d+)", r"r\1", t) if re.search(r"\*\(|atomic|xchg", t) else t
    t = re.sub(r"atomic64_|atomic_", "", t)
    t = re.sub(r"xchg(32_32|_64)", "xchg", t)
    t = re.sub(r"xchg\(\(u\d+ \*\)\((r\d+) ([+-]\d+)\)", r"xchg(\1 \2", t)
    t = re.sub(r"\(r(\d+) \+ (\d+)", r"(r\1 +\2", t)
    t = re.sub(r"map\[(\d+)\]\[0\]\+0", r"pseudo 2 \1", t)
    t = re.sub(r"map\[(\d+)\]", r"pseudo 1 \1", t)
    t = re.sub(r"var\[(\d+)\]", r"pseudo 3 \1", t)
    t = re.sub(r"subprog\[\+(\d+)\]", r"pseudo 4 \1", t)
    t = re.sub(r"map_idx\[(\d+)\]", r"pseudo 5 \1", t)
    t = re.sub(r"map_idx_value\[(\d+)\]", r"pseudo 6 \1", t)
    t = re.sub(r"ld_pseudo\t(r\d+), (\d), (\d+)", r"\1 = pseudo \2 \3", t)
    t = re.sub(r"call \S*?([#+]?)(\d+)$", r"call \2", t)
    t = re.sub(r"skb\[(r\d+) \+ \d+\]", r"skb[\1]", t)  # LLVM has no immediate there
    return t.removesuffix(" ll").replace(" ", "")


def main():
    dump, mc = sys.argv[1:3]
    rows = [l.rsplit("|", 1) for l in subprocess.run([dump], capture_output=True, text=True, check=True)
            .stdout.splitlines() if not l.startswith(("LOAD_ACQ", "STORE_REL"))]
    out = subprocess.run([mc, "--disassemble", "-triple=bpfel", "-mcpu=v4", "--mattr=+alu32"],
                         input="\n".join(b for _, b in rows), capture_output=True, text=True)
    theirs = [l.strip() for l in out.stdout.splitlines() if l.strip() and l.strip() != ".text"]
    wrong = 0
    for (head, _), llvm in zip(rows, theirs):
        name, ours = head.split("|", 1)
        # LLVM loads into w registers below 64 bits: the same bytes
        if common(ours) != common(llvm):
            print(f"{name}: \"{ours}\", LLVM has \"{llvm}\"", file=sys.stderr)
            wrong += 1
    print(f"{len(rows)} rows, {wrong} differ")
    return 1 if wrong or len(rows) != len(theirs) or out.stderr else 0


sys.exit(main())
