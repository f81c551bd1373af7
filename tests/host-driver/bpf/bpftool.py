#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Debian's bpftool on a NIC in its own process (LD_PRELOAD): what it prints is what it would
print of a kernel with these objects.

usage: bpftool.py PRELOAD.so FIRMWARE OBJECT_DIR; 77 = there is no bpftool
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

PRELOAD, FIRMWARE, OBJECTS = [os.path.abspath(a) for a in sys.argv[1:4]]
BPFTOOL = shutil.which("bpftool", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
PINS = "/sys/fs/bpf/nicsim_bpftool_"
failures = []


def check(what, ok, seen):
    if not ok:
        failures.append(what)
        print(f"FAIL: {what}\n{seen}")


def bpftool(*args):
    """Status, stdout and stderr of one bpftool process with a fresh NIC."""
    env = dict(os.environ, LD_PRELOAD=PRELOAD, NICSIM_FIRMWARE=FIRMWARE,
               ASAN_OPTIONS="verify_asan_link_order=0:detect_leaks=0")
    p = subprocess.run([BPFTOOL, *args], env=env, capture_output=True, text=True, timeout=50)
    return p.returncode, p.stdout, p.stderr


def batch(*lines):
    """The lines as one process, so that they share the NIC."""
    with tempfile.NamedTemporaryFile("w", suffix=".batch") as f:
        f.write("\n".join(lines) + "\n")
        f.flush()
        return bpftool("batch", "file", f.name)


def test_feature_probe():
    rc, out, err = bpftool("-j", "feature", "probe")
    check("feature probe ends well", rc == 0, err)
    seen = json.loads(out)
    types = seen["program_types"]
    check("XDP is available", types["have_xdp_prog_type"], types)
    check("kprobes are not", not types["have_kprobe_prog_type"], types)
    maps = seen["map_types"]
    check("hash maps are available", maps["have_hash_map_type"], maps)
    check("per-CPU arrays are available", maps["have_percpu_array_map_type"], maps)
    check("cgroup storage is not", not maps["have_cgroup_storage_map_type"], maps)
    misc = seen["misc"]
    check("bounded loops", misc["have_bounded_loops"], misc)
    check("large programs", misc["have_large_insn_limit"], misc)
    rc, out, err = bpftool("-j", "feature", "probe", "full")
    helpers = json.loads(out)["helpers"]["xdp_available_helpers"]
    check("the lookup helper", "bpf_map_lookup_elem" in helpers, helpers)
    check("no helper of other types", "bpf_skb_load_bytes" not in helpers, helpers)


def test_programs():
    rc, out, err = batch(f"prog load {OBJECTS}/counter.bpf.o {PINS}x",
                         "prog show", f"prog dump xlated pinned {PINS}x",
                         "map show", "btf show", "link show",
                         f"prog load {OBJECTS}/unchecked.bpf.o {PINS}y")
    check("a program is shown", "xdp  name counter  tag " in out and "gpl" in out, out + err)
    check("its maps", "hash  name by_len" in out and "array  name counter.bss" in out, out)
    check("its instructions", "call bpf_map_lookup_elem#1" in out, out)
    check("its C", "; if (!t && !bpf_map_update_elem(" in out, out)
    check("its functions", "int tally_up(__u32 len):" in out, out)
    check("its BTF", "prog_ids" in out, out)
    check("an unsafe one is refused", rc != 0 and "invalid access to packet" in err, err)
    check("and its pins were elsewhere", not os.path.exists(PINS + "x"), PINS)


def test_maps():
    one, two = "1 0 0 0", "2 0 0 0"
    rc, out, err = batch(
        f"map create {PINS}m type hash key 4 value 4 entries 4 name table",
        f"map update pinned {PINS}m key {one} value 5 0 0 0",
        f"map update pinned {PINS}m key {two} value 6 0 0 0",
        f"map lookup pinned {PINS}m key {two}",
        f"map delete pinned {PINS}m key {one}",
        f"map dump pinned {PINS}m",
        f"map getnext pinned {PINS}m",
        f"map create {PINS}p type percpu_array key 4 value 8 entries 1 name copies",
        f"map dump pinned {PINS}p",
        f"map pin pinned {PINS}m {PINS}again",
        f"map lookup pinned {PINS}again key {two}",
        f"map freeze pinned {PINS}m",
        f"map update pinned {PINS}again key {one} value 5 0 0 0")
    check("look-ups", out.count("key: 02 00 00 00  value: 06 00 00 00") == 3, out + err)
    check("the dump", "Found 1 element" in out, out)
    check("eight processors", "value (CPU 07):" in out and "CPU 08" not in out, out)
    check("a frozen map", rc != 0 and "Operation not permitted" in err, err)


def test_run():
    with tempfile.NamedTemporaryFile() as f:
        f.write(bytes(range(64)))
        f.flush()
        rc, out, err = batch(f"prog load {OBJECTS}/counter.bpf.o {PINS}x",
                             f"prog run pinned {PINS}x data_in {f.name} repeat 10",
                             "map dump name by_len")
    check("a test run", "Return value: 1, duration (average): " in out, out + err)
    check("ten packets in its map", '"packets": 10' in out.replace(" ", "").replace(
        '"packets":10', '"packets": 10'), out)


def main():
    if not BPFTOOL:
        print("SKIP: no bpftool on this machine (apt-get install bpftool)")
        return 77
    for test in (test_feature_probe, test_programs, test_maps, test_run):
        test()
    print(f"{len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
