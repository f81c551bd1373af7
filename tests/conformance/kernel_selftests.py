#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The kernel's own verifier tests (selftests/bpf/progs/verifier_*.c) in its verifier and in ours.

They come from Debian's package linux-source-6.12, are built in a scratch folder and never kept.
Every program is made an XDP program, whatever its section says, and given to the kernel of this
machine and to our verifier: same instructions, same maps. What the kernel makes of it is the
oracle, so every program counts that reaches the kernel's verifier. Of each annotated message that
the kernel's log has, ours must have it too; annotated results are compared by running the program
in the kernel and on the simulated NIC.

Exit status 0; 1 when a goal is missed: all of the XDP programs and 98 % of the others agree, we
accept nothing that the kernel refuses, all results are equal; 77 when there is nothing to compare:
no package, or no bpf(2) for this user.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "linux-source-6.12"
ARCHIVE = Path(f"/usr/src/{PACKAGE}.tar.xz")
SELFTESTS = "tools/testing/selftests/bpf"
MEMBERS = [SELFTESTS, "tools/include", "tools/lib/bpf", "include/linux/filter.h",
           "scripts/bpf_doc.py"]
HEADERS = ["bpf_helpers.h", "bpf_endian.h", "bpf_core_read.h", "bpf_tracing.h", "usdt.bpf.h"]
GOAL = 0.98
TIMEOUT_S = 300
# What a log has beside sentences: instructions, states, source lines, statistics.
NO_SENTENCE = re.compile(r"\s|;|\d+: |from \d+ to|processed \d|verification time|stack depth|"
                         r"mark_precise|last_idx|regs=|parent |max_states|Func#\d+ |$")


def arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--build", type=Path, default=ROOT / "build")
    p.add_argument("--scratch", type=Path, help="default: BUILD/kernel-selftests")
    p.add_argument("--archive", type=Path, default=ARCHIVE, help="the package's archive of sources")
    p.add_argument("--no-install", action="store_true", help="never ask apt-get for the package")
    p.add_argument("--match", default="", help="files whose name has this (regular expression)")
    p.add_argument("--program", help="this program only, with both logs")
    p.add_argument("--json", type=Path, help="a line per program, all that is known")
    p.add_argument("--messages", action="store_true", help="list the messages that we lack")
    p.add_argument("--jobs", type=int, default=2)
    args = p.parse_args()
    args.scratch = (args.scratch or args.build / "kernel-selftests").resolve()
    return args


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def run(*words, **more):
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, check=False,
                          errors="replace", timeout=TIMEOUT_S, **more)


# ---- the objects ----

def have_archive(args):
    if args.archive.exists():
        return
    if args.archive != ARCHIVE:
        skip(f"{args.archive} is not there")
    advice = f"install {PACKAGE} (apt-get install --no-install-recommends {PACKAGE})"
    if args.no_install or os.geteuid() != 0 or not shutil.which("apt-get"):
        skip(advice)
    print(f"installing {PACKAGE}", flush=True)
    done = subprocess.run(["apt-get", "install", "-y", "-q", "--no-install-recommends", PACKAGE],
                          check=False, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
    if done.returncode != 0 or not args.archive.exists():
        skip(advice)


def unpack(args):
    """The folder of the sources, unpacked once."""
    stamp = args.scratch / "unpacked"
    if not stamp.exists():
        have_archive(args)
        args.scratch.mkdir(parents=True, exist_ok=True)
        print(f"unpacking {args.archive} (a minute)", flush=True)
        subprocess.run(["tar", "-xJf", args.archive, "-C", args.scratch,
                        *(f"{PACKAGE}/{m}" for m in MEMBERS)], check=True)
        stamp.touch()
    return args.scratch / PACKAGE


def make_headers(args, tree):
    """What the kernel's Makefile would generate or install."""
    inc = args.scratch / "include"
    (inc / "bpf").mkdir(parents=True, exist_ok=True)
    for name in HEADERS:
        shutil.copy(tree / "tools/lib/bpf" / name, inc / "bpf" / name)
    helpers = run(sys.executable, tree / "scripts/bpf_doc.py", "--header", "--file",
                  tree / "tools/include/uapi/linux/bpf.h")
    (inc / "bpf/bpf_helper_defs.h").write_text(helpers.stdout, encoding="utf-8")
    types = run("bpftool", "btf", "dump", "file", "/sys/kernel/btf/vmlinux", "format", "c")
    if types.returncode != 0:
        skip(f"bpftool gives no types of this kernel: {types.stderr.strip()}")
    (inc / "vmlinux.h").write_text(types.stdout, encoding="utf-8")
    return inc


def compile_one(tree, inc, source, obj):
    tests = tree / SELFTESTS
    folders = [inc, tests, tests / "progs", tree / "tools/include/uapi", tree / "tools/include"]
    done = run("clang-19", "--target=bpf", "-mcpu=v3", "-mlittle-endian", "-g", "-O2",
               "-std=gnu11", "-fno-strict-aliasing", "-w", "-D__TARGET_ARCH_x86",
               *(f"-I{f}" for f in folders), "-idirafter", "/usr/include/x86_64-linux-gnu",
               "-c", source, "-o", obj)
    return None if done.returncode == 0 else (source.name, done.stderr)


def build(args):
    """The objects, built once."""
    tree = unpack(args)
    folder = args.scratch / "objects"
    sources = sorted((tree / SELFTESTS / "progs").glob("verifier_*.c"))
    todo = [s for s in sources if not (folder / f"{s.stem}.o").exists()]
    if todo:
        folder.mkdir(exist_ok=True)
        inc = make_headers(args, tree)
        print(f"building {len(todo)} objects", flush=True)
        with ThreadPoolExecutor(args.jobs) as pool:
            made = pool.map(lambda s: compile_one(tree, inc, s, folder / f"{s.stem}.o"), todo)
            for name, text in filter(None, made):
                print(f"{name} does not build: {' '.join(text.split())[:200]}")
    return [o for o in sorted(folder.glob("*.o")) if re.search(args.match, o.stem)]


# ---- one program ----

def pattern(text):
    """A message as the test loader takes it: {{...}} is an extended regular expression."""
    parts = re.split(r"\{\{(.*?)\}\}", text)
    return re.compile("".join(p if n % 2 else re.escape(p) for n, p in enumerate(parts)), re.M)


def sentence(log):
    lines = [line for line in log.splitlines() if not NO_SENTENCE.match(line)]
    return lines[-1] if lines else ""


class Program:
    """What both verifiers made of one program."""

    def __init__(self, obj, row):
        self.obj, self.row, self.name = obj, row, row["program"]
        self.xdp = row["section"].startswith("xdp")
        self.comparable = "kernel" in row
        self.kernel, self.ours = row.get("kernel") == 0, row.get("ours") == 0
        self.agree = self.comparable and self.kernel == self.ours
        self.tags = row["tags"]
        self.retval = next((t.split("=", 1)[1] for t in self.tags
                            if t.startswith("test_retval=")), None)
        self.results = {}

    def messages(self):
        """Annotated messages that the kernel's log has, each with whether ours has it."""
        at = 0
        for tag in self.tags:
            if not tag.startswith("test_expect_msg="):
                continue
            text = tag.split("=", 2)[2]
            found = pattern(text).search(self.row["kernel_log"], at)
            if found:
                at = found.end()
                yield text, bool(pattern(text).search(self.row["our_log"]))

    def runs(self):
        return self.retval is not None and self.kernel and self.ours

    def result(self):
        """'' when there is none to compare."""
        kernel, nic = self.results.get("kernel", {}), self.results.get("nic", {})
        if not self.runs():
            return ""
        if "retval" not in kernel or "retval" not in nic:
            return "not run"
        if self.retval == "POINTER_VALUE":
            return "address"
        if kernel["retval"] != self.annotated_result():  # forced, it does something else
            return "other, equal" if kernel == nic else "other"
        return "equal" if kernel == nic else "different"

    def annotated_result(self):
        words = {"INT_MIN": -2**31, "TEST_DATA_LEN": 64}
        value = words[self.retval] if self.retval in words else int(self.retval, 0)
        return value & 0xffffffff

    def sides(self):
        return (f"kernel: {'accepted' if self.kernel else sentence(self.row['kernel_log'])}",
                f"here:   {'accepted' if self.ours else self.row['reason']}")


def tool(args, name):
    return args.build / "tests/conformance" / name


def verify(args, obj):
    words = [tool(args, "selftest_verify"), obj] + ([args.program] if args.program else [])
    done = run(*words)
    if done.returncode == 77:
        skip(done.stderr.strip())
    programs = [Program(obj, json.loads(line)) for line in done.stdout.splitlines()]
    return obj, programs, done.stderr.strip() if done.returncode else ""


def run_programs(args, obj, programs):
    """The results of those that both accept, where they are annotated."""
    todo = {p.name: p for p in programs if p.runs()}
    for side in ("kernel", "nic") if todo else ():
        done = run(tool(args, "selftest_retval"), side, obj, *todo,
                   env={**os.environ, "NICSIM_DATADIR": str(args.build)})
        for line in done.stdout.splitlines():
            row = json.loads(line)
            todo[row.pop("program")].results[side] = row


def one_object(args, obj):
    found = verify(args, obj)
    run_programs(args, obj, found[1])
    return found


# ---- the report ----

def print_file(args, obj, programs):
    for p in programs:
        lacking = [text for text, have in p.messages() if not have] if p.agree else []
        if not p.comparable:
            why = p.row.get("libbpf", "").strip().splitlines()
            print(f"NOT LOADED   {obj.stem} {p.name}: {why[0] if why else ''}")
        elif not p.agree:
            print(f"{'only-kernel' if p.kernel else 'ONLY-HERE  '}  {obj.stem} {p.name} "
                  f"({p.row['section']})", *p.sides(), sep="\n      ")
        if p.result() in ("not run", "other", "different"):
            print(f"RESULT       {p.result()}: {obj.stem} {p.name}: kernel {p.results.get('kernel')}, NIC "
                  f"{p.results.get('nic')}, annotated {p.retval}")
        if args.messages:
            for text in lacking:
                print(f"message      {obj.stem} {p.name}: \"{text}\"", *p.sides(), sep="\n      ")


def share(part, whole):
    return f"{part} of {whole} ({100 * part / whole:.1f} %)" if whole else "none"


def verdicts(programs):
    c = Counter((p.kernel, p.ours) for p in programs)
    return (f"{share(sum(p.agree for p in programs), len(programs))}: both accept "
            f"{c[True, True]}, both refuse {c[False, False]}, only the kernel {c[True, False]}, "
            f"only we {c[False, True]}")


def report(programs, strange):
    """The sums; True when the goals are met."""
    known = [p for p in programs if p.comparable]
    xdp, rest = [p for p in known if p.xdp], [p for p in known if not p.xdp]
    messages = {kernel: [have for p in known if p.agree and p.kernel == kernel
                         for _, have in p.messages()] for kernel in (False, True)}
    results = Counter(filter(None, (p.result() for p in known)))
    valid = results["equal"] + results["different"] + results["not run"]
    refused = [p for p in known if not p.kernel and not p.ours]
    same = [p for p in refused if p.row["reason"] and p.row["reason"] in p.row["kernel_log"]]
    print(f"programs: {len(programs)}, {sum(bool(p.tags) for p in programs)} of them annotated, "
          f"{len(known)} reach the kernel's verifier; {strange} objects not opened")
    print(f"verdicts, XDP programs:  {verdicts(xdp)}")
    print(f"verdicts, the others:    {verdicts(rest)}")
    print(f"refused by both, in the kernel's words: {share(len(same), len(refused))}")
    print(f"annotated messages that the kernel's log has are in ours: of refused programs "
          f"{share(sum(messages[False]), len(messages[False]))}; of accepted ones, whose log is a "
          f"trace, {share(sum(messages[True]), len(messages[True]))}")
    print(f"annotated results, equal on the NIC: {share(results['equal'], valid)}; addresses: "
          f"{results['address']}; the kernel has another because forced: "
          f"{results['other, equal']} equal, {results['other']} not")
    return (all(p.agree for p in xdp) and not any(p.ours and not p.kernel for p in known) and results["equal"] == valid and bool(known) and
            sum(p.agree for p in rest) >= GOAL * len(rest))


def main():
    args = arguments()
    if not tool(args, "selftest_verify").exists():
        skip(f"{tool(args, 'selftest_verify')} is not built")
    objects = build(args)
    out = args.json.open("w", encoding="utf-8") if args.json else None
    everything, strange, per_file = [], 0, defaultdict(Counter)
    with ThreadPoolExecutor(args.jobs) as pool:
        for obj, programs, trouble in pool.map(lambda o: one_object(args, o), objects):
            if trouble:
                strange += 1
                print(f"NOT OPENED   {obj.stem}: {trouble.splitlines()[0]}")
            print_file(args, obj, programs)
            everything += programs
            for p in programs:
                per_file[obj.stem][p.agree] += 1
                if out:
                    print(json.dumps({"file": obj.stem, **p.row, **p.results}), file=out)
                if args.program:
                    print(p.row["kernel_log"], "-" * 20, p.row["our_log"], sep="\n")
    worst = [f"{name} {c[False]} of {c.total()}" for name, c in per_file.items() if c[False]]
    print(f"\nfiles: {len(per_file)}, all programs agree in {len(per_file) - len(worst)}; not: "
          f"{', '.join(worst) or 'none'}")
    met = report(everything, strange)
    print("goals met" if met else "GOALS MISSED")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
