#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every public header compiles alone, twice in a row, without a warning, by gcc and clang.

The headers that the firmware shares also compile freestanding for RV64.
"""
import subprocess
import sys

import tree

WARNINGS = ["-std=c17", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"]
HOST = [["gcc"], ["clang-19"]]
RV64 = ["clang-19", "--target=riscv64-unknown-elf", "-ffreestanding", "-nostdlibinc"]
MODULES = ["nic-sim", "offload", "firmware", "host-driver"]
SHARED = ["nic/memmap.h", "nic/pkt.h", "nic/csr.h", "nic/regs.h", "offload/abi.h", "fw/admin.h",
          "fw/caps.h", "fw/events.h"]


def compile_alone(compiler, header, paths):
    source = f'#include "{header}"\n#include "{header}"\nint translation_unit_is_not_empty;\n'
    done = subprocess.run(compiler + WARNINGS + paths + ["-fsyntax-only", "-x", "c", "-"],
                          input=source, text=True, capture_output=True, check=False)
    return "" if done.returncode == 0 else f"{header}, {compiler[0]}:\n{done.stderr}"


def main():
    roots = [tree.ROOT / m / "include" for m in MODULES]
    paths = [f"-I{r}" for r in roots]
    headers = [h.relative_to(r).as_posix() for r in roots for h in sorted(r.rglob("*.h"))]
    jobs = [(c, h) for h in headers for c in HOST + ([RV64] if h in SHARED else [])]
    problems = [text for c, h in jobs if (text := compile_alone(c, h, paths))]
    problems += [f"{h}: no such public header" for h in SHARED if h not in headers]
    return tree.finish("public headers alone", problems, len(jobs))


if __name__ == "__main__":
    sys.exit(main())
