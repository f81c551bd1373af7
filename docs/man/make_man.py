#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Completes a man page from the command's own tables: make_man.py NICSIM VERSION PAGE.in OUT.

@GENERATED@ becomes the sections that `nicsim help --roff COMMAND` prints, @ABOUT@ the text of
`nicsim COMMAND --help`, @COMMANDS@ and @STATUS@ the list of commands and of exit statuses.
"""
import re
import subprocess
import sys
from pathlib import Path


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def roff(text):
    return text.replace("\\", "\\e").replace("-", "\\-")


def commands(nicsim):
    listing = output(nicsim, "help").split("commands:\n")[1].split("\n\n")[0]
    rows = [line.split(maxsplit=1) for line in listing.splitlines()]
    return "\n".join(f".TP\n.B {name}\n{roff(brief)}" for name, brief in rows)


def about(nicsim, name):
    text = output(nicsim, name, "--help").split("\n\n")[1]
    return roff(" ".join(text.split()))


def main():
    nicsim, version, page, out = sys.argv[1:]
    name = re.fullmatch(r"nicsim-?(\w*)\.1\.in", Path(page).name).group(1)
    text = Path(page).read_text(encoding="utf-8").replace("@VERSION@", version)
    if name:
        generated = output(nicsim, "help", "--roff", name).rstrip("\n")
        text = text.replace("@GENERATED@", generated).replace("@ABOUT@", about(nicsim, name))
    else:
        generated = output(nicsim, "help", "--roff", "help")
        status = generated.split('.SH "EXIT STATUS"\n')[1].rstrip("\n")
        text = text.replace("@COMMANDS@", commands(nicsim)).replace("@STATUS@", status)
    Path(out).write_text(text, encoding="utf-8")


main()
