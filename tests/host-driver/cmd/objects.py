#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Whole objects: what loads, from which section, against which types; and what check says.

objects.py NICSIM DATADIR
"""
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
NICSIM = Path(sys.argv[1]).resolve()
DATA = Path(sys.argv[2]).resolve()
CLANG = ["clang-19", "--target=bpf", "-mcpu=v3", "-O2", "-g", f"-I/usr/include/{os.uname().machine}-linux-gnu"]
TMP = Path(tempfile.mkdtemp(prefix="nicsim-objects-"))


def build(source, name=None, flags=()):
    out = TMP / f"{name or source.name.split('.')[0]}.o"
    subprocess.run([*CLANG, *flags, "-c", source, "-o", out], check=True)
    return out


def nicsim(*args, status=0):
    done = subprocess.run([NICSIM, *map(str, args)], capture_output=True, text=True, timeout=300,
                          check=False)
    assert done.returncode == status, f"{args}: status {done.returncode}: {done.stderr}"
    return done


def verdict(obj, *args):
    """The one verdict of a UDP packet."""
    out = json.loads(nicsim("run", obj, "--gen", "udp4,count=1", "--json", *args).stdout)
    return [k for k, n in out["verdicts"].items() if n]


def check(obj, *args, status=0):
    done = nicsim("check", obj, "--json", *args, status=status)
    assert not done.stderr, done.stderr
    report = json.loads(done.stdout)
    return report, {p["program"]: p for p in report["programs"]}


def line_of(source, mark):
    lines = source.read_text(encoding="utf-8").splitlines()
    return next(i for i, text in enumerate(lines, 1) if f"mark: {mark} " in text)


def test_sections():
    obj = build(HERE / "objects/sections.bpf.c")
    done = nicsim("run", obj, "--gen", "udp4,count=1", status=1)
    assert "choose with --prog NAME: main_prog, other_prog, frags_prog, unsafe" in done.stderr
    for name, want in (("main_prog", "tx"), ("other_prog", "drop"), ("frags_prog", "pass")):
        assert verdict(obj, "--prog", name) == [want], name
    assert "is not an XDP program" in nicsim("run", obj, "--prog", "tc_prog", "--gen", "udp4",
                                             status=2).stderr
    assert verdict(build(HERE / "objects/oldname.bpf.c")) == ["tx"]


def test_externs():
    assert verdict(build(HERE / "objects/kconfig.bpf.c")) == ["tx"]


def test_core():
    obj = build(HERE / "objects/core.bpf.c")
    assert verdict(obj) == ["tx"]
    assert verdict(obj, "--btf", DATA / "btf/xdp.o") == ["tx"]
    assert "No such file" in nicsim("run", obj, "--btf", TMP / "none", "--gen", "udp4",
                                    status=3).stderr


def test_legacy_conversion_compiles():
    """The text that the refusal prints, pasted, makes the program load."""
    source = HERE / "bad/legacy.bpf.c"
    said = nicsim("run", build(source), "--gen", "udp4", status=2).stderr
    first, definition = said.split("\n", 1)
    assert "legacy map definitions" in first and "__uint" in first
    text = source.read_text(encoding="utf-8")
    new = re.sub(r"struct bpf_map_def \{.*?\};\n\nstruct bpf_map_def.*?\};\n", lambda m: definition,
                 text, flags=re.DOTALL)
    assert new != text
    pasted = TMP / "pasted.bpf.c"
    pasted.write_text(new, encoding="utf-8")
    assert verdict(build(pasted, "pasted")) == ["pass"]


def test_check_every_program():
    source = HERE / "objects/sections.bpf.c"
    report, programs = check(build(source), status=2)
    assert report["profile"] == "nicsim"
    assert set(programs) == {"main_prog", "other_prog", "frags_prog", "devmap_prog", "unsafe"}
    assert [n for n, p in programs.items() if not p["accepted"]] == ["unsafe"]
    [reason] = programs["unsafe"]["reasons"]
    assert reason["rule"] == "verifier" and "invalid access to packet" in reason["text"], reason
    assert reason["line"] == line_of(source, "unsafe") and "ctx->data" in reason["source"], reason
    assert reason["file"].endswith("sections.bpf.c") and "data_end" in reason["instead"], reason
    assert reason["code"] == "packet-bounds", reason
    for name, p in programs.items():
        if p["accepted"]:
            assert 0 < p["longest_path"] <= p["engine_insns"]["used"] * 4, name
            assert p["store_bytes"]["used"] >= 4 * p["engine_insns"]["used"], name
    assert check(build(source), "--prog", "main_prog")[1]["main_prog"]["accepted"]


def test_check_text():
    obj = build(HERE / "objects/sections.bpf.c")
    text = nicsim("check", obj, status=2).stdout
    for part in ("main_prog", "accepted", "refused", "instead:", "[packet-bounds]", "engine instructions",
                 "sections.bpf.c:", "4 of 5 programs accepted"):
        assert part in text, part
    assert "verifier" in nicsim("check", obj, "--prog", "unsafe", "-v", status=2).stdout


NFP = {
    "helper": ("helpers", "[nfp] unsupported function id: 5 (bpf_ktime_get_ns)"),
    "modulo": ("instructions", "[nfp] instruction 0x94 not supported"),
    "division": ("instructions", "[nfp] divisor is not constant"),
    "atomic_or": ("instructions", "[nfp] atomic op not implemented: 64"),
    "atomic_stack": ("instructions", "[nfp] atomic add not to a map value pointer"),
}


def test_nfp():
    source = HERE / "objects/nfp_no.bpf.c"
    obj = build(source)
    assert all(p["accepted"] for p in check(obj)[1].values())
    report, programs = check(obj, "--profile", "nfp", status=2)
    assert report["profile"] == "nfp"
    for name, (rule, text) in NFP.items():
        reason = next(r for r in programs[name]["reasons"] if r["rule"] == rule)
        assert reason["text"] == text and reason["line"] == line_of(source, name), reason
    said = [r["text"] for r in programs["maps"]["reasons"]]
    assert said == ["map flags are not supported (map 'flagged', flags 0x1)",
                    "map with too many elements: 3000000, left: 2047984 (map 'many')",
                    "map elements too large: 72, FW max element size (key+value): 64 (map 'wide')",
                    "map value size 64, FW max is 56 (map 'wide')"], said
    [long] = programs["long_one"]["reasons"]
    assert long["rule"] == "engine instructions" and "program too long" in long["text"], long
    assert programs["good"]["accepted"]
    assert "[nfp] divisor" in nicsim("check", obj, "--profile", "nfp", status=2).stdout


def test_profile_files():
    obj = build(HERE / "objects/oldname.bpf.c")
    own = TMP / "own.ini"
    own.write_text("[profile]\nname = tiny\n[limits]\nengine_insns = 1\n", encoding="utf-8")
    _, programs = check(obj, "--profile", own, status=2)
    assert programs["old"]["engine_insns"]["of"] == 1 and not programs["old"]["accepted"]
    own.write_text("[profile]\nname = x\n[maps]\ntypes = HASH CUPBOARD\n", encoding="utf-8")
    said = nicsim("check", obj, "--profile", own, status=3).stderr
    assert f"{own}:4: 'CUPBOARD' is not known" in said, said
    assert "no profile 'fly'" in nicsim("check", obj, "--profile", "fly", status=1).stderr


# What may be said of an object of Debian's xdp-tools (docs/offload.md).
NAMED_RULES = (r"no XDP program in it",
               r"map '\w+': type (PERF_EVENT_ARRAY|XSKMAP) \(\d+\) is not supported by the firmware")


def test_debian_xdp_tools():
    objects = sorted(Path("/usr/lib").glob("*/bpf/*.o"))
    if not objects:
        print("skipped: xdp-tools is not installed")
    accepted = 0
    for obj in objects:
        done = subprocess.run([NICSIM, "check", "--json", obj], capture_output=True, text=True,
                              timeout=300, check=False)
        if done.returncode == 0:
            accepted += 1
            continue
        programs = json.loads(done.stdout)["programs"] if done.stdout else []
        said = [r["text"] for p in programs for r in p["reasons"]] or [done.stderr]
        assert done.returncode == 2, (obj, done)
        assert all(any(re.search(rule, text) for rule in NAMED_RULES) for text in said), (obj, said)
    assert not objects or accepted >= 11, accepted


def main():
    failures = 0
    tests = [(n, f) for n, f in globals().items() if n.startswith("test_")]
    for name, function in tests:
        try:
            function()
        except (AssertionError, KeyError, ValueError, StopIteration,
                subprocess.SubprocessError) as why:
            failures += 1
            print(f"FAIL {name}: {type(why).__name__}: {why}")
    print(f"{len(tests) - failures} of {len(tests)} tests hold")
    subprocess.run(["rm", "-rf", TMP], check=True)
    return 1 if failures else 0


sys.exit(main())
