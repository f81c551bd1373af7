# SPDX-License-Identifier: BSD-3-Clause
"""The files that the checks look at: the tree without git, build directories and caches."""
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SKIPPED = ("build", ".git", ".cache", "__pycache__")


def files(*suffixes):
    """Paths below ROOT, sorted; all of them when no suffix is given."""
    out = []
    for top in sorted(ROOT.iterdir()):
        if top.name.startswith(SKIPPED) and top.is_dir():
            continue
        out += [top] if top.is_file() else sorted(p for p in top.rglob("*") if p.is_file())
    return [p for p in out if "__pycache__" not in p.parts
            and (not suffixes or p.name.endswith(suffixes))]


def name(path):
    return path.relative_to(ROOT).as_posix()


def finish(what, problems, looked_at):
    """Prints the problems and the sum; the exit status."""
    for p in problems:
        print(p)
    print(f"{what}: {looked_at} checked, {len(problems)} problems")
    return 1 if problems or not looked_at else 0
