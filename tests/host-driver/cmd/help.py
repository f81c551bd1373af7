#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Help, version and man pages say the same. help.py NICSIM VERSION MANDIR"""
import re
import shutil
import subprocess
import sys
from pathlib import Path

NICSIM, VERSION, MAN = sys.argv[1], sys.argv[2], Path(sys.argv[3])


def output(*args):
    done = subprocess.run([NICSIM, *args], capture_output=True, text=True, check=True, timeout=120)
    assert not done.stderr, done.stderr
    return done.stdout


def plain(roff):
    """A man page's text without its mark-up."""
    roff = re.sub(r"\\f[BIRP]", "", roff).replace("\\-", "-").replace("\\e", "\\")
    return " ".join(roff.split())


def check_page(name, page):
    text = plain(page.read_text(encoding="utf-8"))
    assert "@" not in text, f"{page.name}: a mark was not replaced"
    help_text = output(name, "--help")
    assert help_text == output("help", name) == output(name, "-h")
    assert "examples:" in help_text and "nicsim " + name in help_text
    options = re.findall(r"^  (?:-\w, |    )--(\S+)", help_text, re.MULTILINE)
    for option in options:
        assert f"--{option}" in text, f"{page.name}: no --{option}"
    assert all(len(line) <= 100 and line == line.rstrip() for line in help_text.splitlines())
    return len(options)


def check_rendering(page):
    if not shutil.which("man"):
        return
    done = subprocess.run(["man", "--warnings", "-l", page], capture_output=True, text=True,
                          check=True, timeout=120)
    assert not done.stderr, f"{page.name}: {done.stderr}"


def main():
    assert output("--version") == f"nicsim {VERSION}\n"
    listing = output("--help")
    assert listing == output("help")
    names = re.findall(r"^  (\w+) +\S", listing.split("commands:")[1].split("\n\n")[0], re.MULTILINE)
    assert names == ["run", "bench", "check", "dump", "boot", "help"], names
    counted = sum(check_page(n, MAN / f"nicsim-{n}.1") for n in names if n != "help")
    for page in sorted(MAN.glob("*.1")):
        check_rendering(page)
    keys = re.findall(r"^  (\w+\.\w+)", output("help", "config"), re.MULTILINE)
    assert "dram.latency" in keys and len(keys) == len(set(keys)) > 40
    print(f"{len(names)} commands, {counted} options, {len(keys)} configuration keys")


main()
