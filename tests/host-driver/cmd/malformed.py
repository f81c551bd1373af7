#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Damaged objects: each is refused in one sentence with status 2, none ends otherwise.

malformed.py NICSIM [--count N] [--seed N] [--keep DIR]. Objects are made from good ones, the same
for the same seed: bits flipped in each part of the file, sections cut and stretched, relocations
bent, BTF with loops and wild references, maps of absurd sizes. What is still a good object
afterwards (status 0) does not count.
"""
import argparse
import os
import random
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
CLANG = ["clang-19", "--target=bpf", "-mcpu=v3", "-O2", "-g", f"-I/usr/include/{os.uname().machine}-linux-gnu"]
SOURCES = [HERE / "objects/seed.bpf.c", HERE / "objects/nested.bpf.c"]
SHT_SYMTAB, SHT_REL = 2, 9
BTF_ARRAY, BTF_STRUCT, BTF_TYPEDEF, BTF_PTR, BTF_VAR, BTF_DATASEC = 3, 4, 8, 2, 14, 15


class Elf:
    """The parts of a little-endian 64-bit object, to be damaged in place."""

    def __init__(self, data):
        self.data = bytearray(data)
        self.shoff, = struct.unpack_from("<Q", data, 0x28)
        self.shnum, self.shstrndx = struct.unpack_from("<HH", data, 0x3C)

    def header(self, i):
        """(name, type, flags, addr, offset, size, link, info, align, entsize)"""
        return struct.unpack_from("<IIQQQQIIQQ", self.data, self.shoff + 64 * i)

    def name(self, i):
        at = self.header(self.shstrndx)[4] + self.header(i)[0]
        return self.data[at:self.data.index(0, at)].decode()

    def find(self, name):
        return next(i for i in range(self.shnum) if self.name(i) == name)

    def span(self, i):
        h = self.header(i)
        return h[4], h[5]

    def put(self, fmt, at, value):
        limit = 1 << 8 * struct.calcsize(fmt)
        struct.pack_into("<" + fmt, self.data, at, value % limit)


def flip(elf, rng, at, size, bits):
    for _ in range(bits):
        elf.data[at + rng.randrange(size)] ^= 1 << rng.randrange(8)


def flip_header(elf, rng):
    flip(elf, rng, 0, 64, rng.choice((1, 2, 8)))


def flip_sections(elf, rng):
    flip(elf, rng, elf.shoff, 64 * elf.shnum, rng.choice((1, 3, 10)))


def flip_part(names):
    def damage(elf, rng):
        there = [n for n in names if n in map(elf.name, range(elf.shnum))]
        at, size = elf.span(elf.find(rng.choice(there)))
        flip(elf, rng, at, size, rng.choice((1, 4, 16)))
    return damage


def cut_file(elf, rng):
    del elf.data[rng.randrange(1, len(elf.data)):]


def resize_section(elf, rng):
    i = rng.randrange(1, elf.shnum)
    size = elf.header(i)[5]
    new = rng.choice((0, 1, size // 2, size - 1, size + 1, size + 4096, 1 << 31, (1 << 64) - 1))
    elf.put("Q", elf.shoff + 64 * i + 0x20, new)


def move_section(elf, rng):
    i = rng.randrange(1, elf.shnum)
    at = rng.choice((0, 1, len(elf.data) - 1, len(elf.data), 1 << 40, (1 << 64) - 16))
    elf.put("Q", elf.shoff + 64 * i + 0x18, at)


def bend_relocation(elf, rng):
    rels = [i for i in range(elf.shnum) if elf.header(i)[1] == SHT_REL and ".debug" not in elf.name(i)]
    at, size = elf.span(rng.choice(rels))
    at += 16 * rng.randrange(size // 16)
    what = rng.randrange(3)
    if what == 0:  # where
        elf.put("Q", at, rng.choice((1, 4, 7, 1 << 20, (1 << 64) - 8)))
    elif what == 1:  # symbol
        elf.put("I", at + 12, rng.choice((0, 1, 2, 3, 999, 0xFFFFFFFF)))
    else:  # kind
        elf.put("I", at + 8, rng.choice((0, 2, 3, 4, 77)))


def bend_symbol(elf, rng):
    table = next(i for i in range(elf.shnum) if elf.header(i)[1] == SHT_SYMTAB)
    at, size = elf.span(table)
    at += 24 * rng.randrange(1, size // 24)
    field, fmt = rng.choice(((0, "I"), (4, "B"), (6, "H"), (8, "Q"), (16, "Q")))
    elf.put(fmt, at + field, rng.choice((0, 1, 3, 0x12, 0xFFF1, 0xFFFF, 1 << 20, (1 << 64) - 1)))


def btf_types(elf):
    """[(offset of the type's record, kind, vlen)], and the offset of each type's end."""
    at, _ = elf.span(elf.find(".BTF"))
    _, _, _, hdr_len, type_off, type_len, _, _ = struct.unpack_from("<HBBIIIII", elf.data, at)
    pos, end, out = at + hdr_len + type_off, at + hdr_len + type_off + type_len, []
    while pos < end:
        _, info, _ = struct.unpack_from("<III", elf.data, pos)
        kind, vlen = info >> 24 & 31, info & 0xFFFF
        out.append((pos, kind, vlen))
        extra = {1: 4, 3: 12, 4: 12 * vlen, 5: 12 * vlen, 6: 8 * vlen, 13: 8 * vlen, 14: 4,
                 15: 12 * vlen, 17: 4, 19: 12 * vlen}.get(kind, 0)
        pos += 12 + extra
    return out


def wild_btf_reference(elf, rng):
    types = btf_types(elf)
    pos, kind, vlen = rng.choice(types)
    target = rng.choice((0, rng.randrange(len(types) + 1), len(types) + 1, 0xFFFFFFFF))
    if kind == BTF_ARRAY:
        elf.put("I", pos + 12 + rng.choice((0, 4)), target)
    elif kind in (BTF_STRUCT, BTF_DATASEC) and vlen:
        elf.put("I", pos + 12 + 12 * rng.randrange(vlen) + (4 if kind == BTF_STRUCT else 0), target)
    else:
        elf.put("I", pos + 8, target)


def btf_loop(elf, rng):
    """A type made of itself: by pointer, by name, by value, as an array."""
    types = btf_types(elf)
    wanted = rng.choice((BTF_PTR, BTF_TYPEDEF, BTF_STRUCT, BTF_ARRAY))
    having = [(i + 1, t) for i, t in enumerate(types) if t[1] == wanted and (t[2] or wanted != BTF_STRUCT)]
    index, (pos, kind, vlen) = rng.choice(having)
    if kind in (BTF_PTR, BTF_TYPEDEF):
        elf.put("I", pos + 8, index)
    elif kind == BTF_ARRAY:
        elf.put("I", pos + 12, index)
    else:
        elf.put("I", pos + 12 + 12 * rng.randrange(vlen) + 4, index)


def btf_kind(elf, rng):
    pos, _, _ = rng.choice(btf_types(elf))
    elf.put("I", pos + 4, rng.choice((0, 31, rng.randrange(20))) << 24 | rng.choice((0, 1, 0xFFFF)))


def cyclic_maps(elf, rng):
    """Every array of pointers (`values` of a map of maps) points to a struct of ours: the map itself."""
    types = btf_types(elf)
    structs = [i + 1 for i, t in enumerate(types) if t[1] == BTF_STRUCT and t[2] >= 4]
    target = rng.choice(structs)
    for pos, kind, _ in types:
        if kind == BTF_PTR:
            to, = struct.unpack_from("<I", elf.data, pos + 8)
            if to in structs:
                elf.put("I", pos + 8, target)


def giant_maps(elf, rng):
    """Numbers of a map's definition are array lengths: one of them, or all, become absurd."""
    arrays = [pos for pos, kind, _ in btf_types(elf) if kind == BTF_ARRAY]
    some = arrays if rng.randrange(2) else [rng.choice(arrays)]
    for pos in some:
        elf.put("I", pos + 20, rng.choice((0, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)))


def btf_header(elf, rng):
    at, _ = elf.span(elf.find(rng.choice((".BTF", ".BTF.ext"))))
    field = 4 * rng.randrange(6)
    elf.put("I", at + field, rng.choice((0, 1, 7, 0x7FFFFFFF, 0xFFFFFFF0, rng.randrange(1 << 16))))


def no_terminator(elf, rng):
    at, size = elf.span(elf.find(rng.choice((".strtab", ".BTF"))))
    elf.data[at + size - 1] = 0x41


DAMAGE = [flip_header, flip_sections, flip_part([".symtab"]), flip_part([".strtab"]),
          flip_part([".BTF"]), flip_part([".BTF"]), flip_part([".BTF.ext"]), flip_part(["xdp", ".maps"]),
          flip_part([".relxdp", ".rel.maps"]), cut_file, resize_section, move_section,
          bend_relocation, bend_symbol, wild_btf_reference, btf_loop, btf_kind, cyclic_maps,
          giant_maps, btf_header, no_terminator]


def make(good, seed):
    """(kind of damage, bytes)"""
    rng = random.Random(seed)
    damage = DAMAGE[seed % len(DAMAGE)]
    elf = Elf(good[seed // len(DAMAGE) % len(good)])
    damage(elf, rng)
    return damage.__name__, bytes(elf.data)


def judge(nicsim, path):
    """(status, what is wrong or '')"""
    try:
        done = subprocess.run([nicsim, "run", path, "--gen", "udp4,count=1", "--json"], check=False,
                              capture_output=True, timeout=300, errors="replace", text=True)
    except subprocess.TimeoutExpired:
        return -1, "no end within 60 s"
    lines = done.stderr.splitlines()
    if done.returncode == 0:
        return 0, ""
    if done.returncode not in (1, 2):
        return done.returncode, f"status {done.returncode}: {done.stderr[-600:]}"
    if not lines or not lines[0].startswith("nicsim: ") or done.stdout:
        return done.returncode, f"stderr begins {lines[:1]}"
    if any(not x.startswith("  ") for x in lines[1:]):
        return done.returncode, f"more than a sentence and its details: {done.stderr[:400]}"
    return done.returncode, ""


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("nicsim", type=lambda p: Path(p).resolve())
    p.add_argument("--count", type=int, default=200, help="refused objects to see")
    p.add_argument("--seed", type=int, default=0, help="the first")
    p.add_argument("--keep", type=Path, help="objects that went wrong go there")
    args = p.parse_args()
    args.nicsim = args.nicsim.resolve()
    refused, failures, good_still = Counter(), 0, 0
    with tempfile.TemporaryDirectory(prefix="nicsim-malformed-") as name:
        tmp = Path(name)
        good = []
        for source in SOURCES:
            obj = tmp / source.name.replace(".c", ".o")
            subprocess.run([*CLANG, "-c", source, "-o", obj], check=True)
            good.append(obj.read_bytes())
            assert judge(args.nicsim, obj)[1] == "", judge(args.nicsim, obj)

        def one(seed):
            kind, data = make(good, seed)
            path = tmp / f"{seed}-{kind}.o"
            path.write_bytes(data)
            return seed, kind, path, data, *judge(args.nicsim, path)

        seed = args.seed
        with ThreadPoolExecutor(2) as pool:
            while refused.total() < args.count:
                for s, kind, path, data, status, wrong in pool.map(one, range(seed, seed + 42)):
                    if wrong:
                        failures += 1
                        print(f"FAIL {s} {kind}: {wrong}")
                        if args.keep:
                            (args.keep / path.name).write_bytes(data)
                    elif status == 0:
                        good_still += 1
                    else:
                        refused[kind] += 1
                    path.unlink()
                seed += 42
                if failures > 20:
                    break
    print(f"{refused.total()} refused, {good_still} still good, {failures} wrong")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
