#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What README.md, examples/README.md and docs/*.md tell a reader to type or to open is there.

  check_readme.py [NICSIM]

Links and paths exist; `./bootstrap WORD` is one of its words; with the binary NICSIM, each
subcommand and each --option after it is in its --help, and build/ paths exist beside it.
"""
import re
import subprocess
import sys
from pathlib import Path

import tree

LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
CODE = re.compile(r"^```[^\n]*\n(.*?)^```|`([^`\n]+)`|^    ([^\n]*)$", re.M | re.S)
FOLDERS = r"(?:nic-sim|firmware|offload|host-driver|tests|perf|examples|docs|\.ci)"
PATH = re.compile(rf"(?<![\w./-])({FOLDERS}(?:/[\w.+-]+)*/?)(?![\w*<])")
BUILT = re.compile(r"(?<![\w/])build/((?:tests|examples|perf)/[\w./-]*\w)")
BOOTSTRAP = re.compile(r"\./bootstrap +([a-z]+)")
NICSIM = re.compile(r"(?:build/)?nicsim +([a-z]+)\b([^\n|;&]*)")
OPTION = re.compile(r"(?<!\S)(--[a-z][a-z-]+)")


def code_of(text):
    """Commands and paths stand in code, blocks (continuation lines joined) or inline."""
    return ["".join(groups) for groups in CODE.findall(text.replace("\\\n", " "))]


def check_paths(path, text):
    places = [(path.parent, link) for link in LINK.findall(text) if "://" not in link]
    places += [(tree.ROOT, p) for code in code_of(text) for p in PATH.findall(code)]
    return len(places), [f"{tree.name(path)}: there is no {p}" for base, p in places
                         if not (base / p).exists()]


def check_bootstrap(path, text):
    words = [w for code in code_of(text) for w in BOOTSTRAP.findall(code)]
    known = subprocess.run([tree.ROOT / "bootstrap", "--help"], capture_output=True, text=True,
                           check=True).stdout.split()[2].split("|")
    return len(words), [f"{tree.name(path)}: ./bootstrap has no {w}" for w in words
                        if w not in known]


class Help:
    """--help of the subcommands, each asked once."""

    def __init__(self, nicsim):
        self.nicsim, self.texts = nicsim, {}

    def text(self, *command):
        if command not in self.texts:
            done = subprocess.run([self.nicsim, *command, "--help"], capture_output=True,
                                  text=True, timeout=10, check=False)
            self.texts[command] = done.stdout if done.returncode == 0 else ""
        return self.texts[command]


def check_nicsim(path, text, helps):
    problems, seen = [], 0
    commands = [m for code in code_of(text) for m in NICSIM.findall(code)]
    for command, rest in commands:
        seen += 1
        if not re.search(rf"^\s+{command}\b", helps.text(), re.M):
            problems.append(f"{tree.name(path)}: nicsim has no {command}")
            continue
        problems += [f"{tree.name(path)}: nicsim {command} has no {o}" for o in OPTION.findall(rest)
                     if o != "--help" and o not in helps.text(command)]
    return seen, problems


def check_built(path, text, build):
    places = [p for code in code_of(text) for p in BUILT.findall(code)]
    return len(places), [f"{tree.name(path)}: nothing builds build/{p}" for p in places
                         if p == p.lower() and not (build / p).exists()]


def main():
    helps = Help(sys.argv[1]) if len(sys.argv) > 1 else None
    problems, looked_at = [], 0
    for path in [tree.ROOT / "README.md", tree.ROOT / "examples/README.md",
                 *sorted((tree.ROOT / "docs").glob("*.md"))]:
        text = path.read_text(encoding="utf-8")
        results = [check_paths(path, text), check_bootstrap(path, text)]
        if helps:
            results.append(check_nicsim(path, text, helps))
            results.append(check_built(path, text, Path(sys.argv[1]).resolve().parent))
        looked_at += sum(n for n, _ in results)
        problems += [p for _, found in results for p in found]
    return tree.finish("commands and paths in the docs", problems, looked_at)


if __name__ == "__main__":
    sys.exit(main())
