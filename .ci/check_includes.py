#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Fails on an #include against the folder table of docs/architecture.md."""
import re
import sys
from fnmatch import fnmatch
from pathlib import Path

import tree

# module: what it may include of other modules; system headers it may not include
RULES = {
    "nic-sim": ([], ["bpf/*", "linux/*", "pcap*", "time.h", "sys/time.h"]),
    "firmware": (["nic/memmap.h", "nic/pkt.h", "nic/csr.h", "nic/regs.h", "nic/regs.def",
                  "offload/abi.h", "offload/hash.h", "offload/kfuncs.def"], ["*"]),
    "offload": (["nic/rv64.h", "nic/rv64*.def"], ["bpf/*", "pcap*"]),
    "host-driver": (["nic/*", "offload/*", "fw/admin.h", "fw/caps.h", "fw/events.h", "fw/fib.h",
                     "fw/trace.h"], []),
}
# What a freestanding C17 implementation has (section 4); the firmware has no library.
FREESTANDING = {"float.h", "limits.h", "stdalign.h", "stdarg.h", "stdbool.h", "stddef.h",
                "stdint.h", "stdnoreturn.h", "stdatomic.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def own_header(module, path, header):
    """In its own folder, or somewhere in its module (each module sets its include path)."""
    if (path.parent / header).is_file():
        return (path.parent / header).resolve().is_relative_to(tree.ROOT / module)
    return any(p.as_posix().endswith("/" + header)
               for p in (tree.ROOT / module).rglob(Path(header).name))


def allowed(module, path, quote, header):
    others, forbidden = RULES[module]
    if quote == "<":
        if module == "firmware" and header in FREESTANDING:
            return True
        return not any(fnmatch(header, pattern) for pattern in forbidden)
    return own_header(module, path, header) or any(fnmatch(header, p) for p in others)


def main():
    problems, looked_at = [], 0
    for path in tree.files(".c", ".h", ".S", ".def"):
        module = path.relative_to(tree.ROOT).parts[0]
        if module not in RULES:
            continue
        for quote, header in INCLUDE.findall(path.read_text(encoding="utf-8")):
            looked_at += 1
            if not allowed(module, path, quote, header):
                problems.append(f"{tree.name(path)}: {module} may not include {header}")
    return tree.finish("includes", problems, looked_at)


if __name__ == "__main__":
    sys.exit(main())
