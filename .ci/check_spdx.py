#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every source and script says its licence in its first line, or the second after `#!`."""
import sys

import tree

SOURCES = (".c", ".h", ".S", ".s", ".def", ".ld", ".lds", ".py", ".sh", ".ini", "meson.build",
           "meson_options.txt")
LINE = "SPDX-License-Identifier: BSD-3-Clause"


def is_script(path):
    with path.open("rb") as f:
        return f.read(2) == b"#!"


def main():
    problems, looked_at = [], 0
    for path in tree.files():
        if not path.name.endswith(SOURCES) and not is_script(path):
            continue
        looked_at += 1
        lines = path.read_text(encoding="utf-8").splitlines()[:2]
        first = lines[1:] if lines and lines[0].startswith("#!") else lines[:1]
        if not first or LINE not in first[0]:
            problems.append(f"{tree.name(path)}: no `{LINE}` at the top")
    return tree.finish("licence lines", problems, looked_at)


if __name__ == "__main__":
    sys.exit(main())
