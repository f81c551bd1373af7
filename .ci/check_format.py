#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""C sources are as clang-format-19 would write them."""
import subprocess
import sys

import tree


def main():
    sources = [str(p) for p in tree.files(".c", ".h")]
    done = subprocess.run(["clang-format-19", "--dry-run", "-Werror", *sources],
                          capture_output=True, text=True, check=False)
    problems = [line.replace(f"{tree.ROOT}/", "") for line in done.stderr.splitlines()
                if ": error:" in line]
    if done.returncode != 0 and not problems:
        problems = [done.stderr]
    return tree.finish("format", problems, len(sources))


if __name__ == "__main__":
    sys.exit(main())
