#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every row of bad_input.json: the exit status, one sentence on stderr, no file left behind.

A row: args (with {tmp}, {drop}, {count}, {good}), status, a part of the first line of stderr (or
of stdout), optionally `more`: a part of the lines behind it, and env.
"""
import argparse
import json
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
CLANG = ["clang-19", "--target=bpf", "-O2", "-g", f"-I/usr/include/{os.uname().machine}-linux-gnu"]


PRESETS = {"misspelt": "[engine]\ncount=1\n[dram]\nlatncy=1", "zero": "[engine]\ncount=0", "key": "[engine]\ncolour=1", "section": "[motor]\ncount=1",
           "twice": "[engine]\ncount=1\ncount=2", "large": "[port]\nbps=99999999999999999999999",
           "clusters": "[engine]\ncount=1000\nper_cluster=1"}


def pcap(frames, linktype=1, times=None):
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, linktype)
    return head + b"".join(struct.pack("<IIII", 0, t, len(f), len(f)) + f
                           for t, f in zip(times or range(len(frames)), frames))


def make_files(tmp):
    frames = [bytes(60), bytes(100), bytes(60)]
    whole = pcap(frames)
    files = {
        "empty": b"", "text": b"This is no file of any kind that is wanted.\n" * 3,
        "none.pcap": pcap([]), "back.pcap": pcap(5 * [bytes(60)], times=[10, 20, 5, 3, 30]),
        "good.pcap": whole, "raw.pcap": pcap(frames, 101),
        "cut.pcap": whole[:-10], "cuthead.pcap": whole[:-70],
        "line.maps": b"# contents\n\nprog x\n", "name.maps": b"map nobody 00 00\n",
        "misspelt.maps": b"# one\nmap by_protocl 00 00\n",
        "key.maps": b"map {map} 00 00\n", "hex.maps": b"map {map} zz000000 00\n",
        "value.maps": b"map {map} 00000000\n",
    }
    files |= {f"{name}.ini": text.encode() for name, text in PRESETS.items()}
    for name, data in files.items():
        (tmp / name).write_bytes(data.replace(b"{map}", b"by_protocol"))
    for source in (HERE / "bad").glob("*.bpf.c"):
        obj = tmp / source.name.replace(".c", ".o")
        subprocess.run([*CLANG, "-c", source, "-o", obj], check=True)
    (tmp / "host.c").write_text("int x;\n", encoding="utf-8")
    subprocess.run(["clang-19", "--target=x86_64-linux-gnu", "-c", tmp / "host.c", "-o",
                    tmp / "host.o"], check=True)
    obj = (tmp / "unsafe.bpf.o").read_bytes()
    (tmp / "cut.o").write_bytes(obj[:len(obj) // 2])
    (tmp / "cuthead.o").write_bytes(obj[:40])


def check(row, fill, nicsim, tmp):
    """'' or what is wrong."""
    before = sorted(tmp.iterdir())
    env = {**os.environ, **{k: fill(v) for k, v in row.get("env", {}).items()}}
    done = subprocess.run([nicsim, *map(fill, row["args"])], capture_output=True, text=True,
                          timeout=300, env=env, check=False, errors="replace")
    lines = done.stderr.splitlines()
    if done.returncode != row["status"]:
        return f"exit status {done.returncode}, not {row['status']}: {done.stderr}"
    if "stderr" in row and (not lines or fill(row["stderr"]) not in lines[0]):
        return f"stderr begins {lines[:1]}, without {fill(row['stderr'])!r}"
    if "stderr" in row and done.stdout:
        return f"stdout has {done.stdout[:80]!r}"
    if "stderr" in row and not lines[0].startswith("nicsim: "):
        return f"stderr begins {lines[0]!r}"
    if "stderr" in row and "more" not in row and len(lines) > 1:
        return f"more than one line on stderr: {done.stderr}"
    if "more" in row and fill(row["more"]) not in "\n".join(lines[1:]):
        return f"stderr has no {row['more']!r} behind its first line: {done.stderr}"
    if "stdout" in row and row["stdout"] not in done.stdout:
        return f"stdout has no {row['stdout']!r}"
    left = sorted(set(tmp.iterdir()) - set(before))
    return f"left behind: {left}" if left else ""


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("nicsim", type=Path)
    p.add_argument("examples", type=Path, help="folder of the example objects")
    args = p.parse_args()
    rows = json.loads((HERE / "bad_input.json").read_text(encoding="utf-8"))
    failures = 0
    with tempfile.TemporaryDirectory(prefix="nicsim-bad-") as name:
        tmp = Path(name)
        make_files(tmp)
        words = {"tmp": str(tmp), "drop": str(args.examples / "drop.bpf.o"),
                 "count": str(args.examples / "parse_ip_count.bpf.o"), "good": str(tmp / "good.pcap")}

        def fill(text):
            for word, value in words.items():
                text = text.replace("{" + word + "}", value)
            return text

        for row in rows:
            wrong = check(row, fill, args.nicsim.resolve(), tmp)
            if wrong:
                failures += 1
                print(f"FAIL {row['what']}: {wrong}")
    print(f"{len(rows) - failures} of {len(rows)} rows hold")
    return 1 if failures or not rows else 0


sys.exit(main())
