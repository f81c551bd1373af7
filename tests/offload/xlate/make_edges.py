#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""make_edges.py TABLE OUT: cases for every row of the instruction table at its edges.

TABLE is ebpf_insn.def. Results are worked out here, in Python's numbers, by the rules of RFC 9669.
Operands come from memory, so that no pass knows them; immediates are as they are. cases.h says
what the lines mean.
"""
import re
import sys

M64, M32 = (1 << 64) - 1, (1 << 32) - 1
EDGE32 = [0, 1, M32, 1 << 31, (1 << 31) - 1]
EDGE64 = [0, 1, M64, 1 << 63, (1 << 63) - 1, 1 << 31, (1 << 31) - 1, M32, M64 - M32 + (1 << 31)]
GARBAGE = [0xDEADBEEF00000000, 0x8000000000000000, 0x7FFFFFFF00000000]
IMMS = [0, 1, -1, -(1 << 31), (1 << 31) - 1]
DIVIDES = ("DIV", "SDIV", "MOD", "SMOD")
SHIFTS = ("LSH", "RSH", "ARSH")


def signed(v, bits):
    v &= (1 << bits) - 1
    return v - (1 << bits) if v >> (bits - 1) else v


def divide(op, a, b, bits):
    if b == 0:
        return a if op.endswith("MOD") else 0
    if op in ("SDIV", "SMOD"):
        a, b = signed(a, bits), signed(b, bits)
        quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        return quotient if op == "SDIV" else a - b * quotient
    return a // b if op == "DIV" else a % b


def compute(op, a, b, bits):
    mask = (1 << bits) - 1
    a, b = a & mask, b & mask
    if op in DIVIDES:
        return divide(op, a, b, bits) & mask
    shift = b & (bits - 1)
    return {"ADD": a + b, "SUB": a - b, "MUL": a * b, "OR": a | b, "AND": a & b, "XOR": a ^ b,
            "MOV": b, "LSH": a << shift, "RSH": a >> shift,
            "ARSH": signed(a, bits) >> shift}[op] & mask


def holds(op, a, b, bits):
    mask = (1 << bits) - 1
    a, b = a & mask, b & mask
    s, t = signed(a, bits), signed(b, bits)
    return {"JEQ": a == b, "JNE": a != b, "JGT": a > b, "JGE": a >= b, "JLT": a < b, "JLE": a <= b,
            "JSGT": s > t, "JSGE": s >= t, "JSLT": s < t, "JSLE": s <= t, "JSET": a & b != 0}[op]


def operands(bits):
    """Edges, in 32 bits with rubbish above them too."""
    if bits == 64:
        return EDGE64
    return EDGE32 + [GARBAGE[k % 3] | v for k, v in enumerate(EDGE32)]


def pairs(bits, second=None):
    first = operands(bits)
    second = second if second is not None else first
    width = (1 << bits) - 1
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            if (i + j) % 3 == 0 or a & width == b & width or b & width in (0, width):
                yield a, b


class Out:
    def __init__(self, path):
        self.file = open(path, "w", encoding="ascii")

    def case(self, name, lines, rows):
        self.file.write("\n== %s\n%s\nexit\n" % (name, "\n".join(lines)))
        for values, r0 in rows:
            self.file.write("with %s -> 0x%x\n" % (" ".join("0x%x" % v for v in values), r0 & M64))


def text_of(row, dst, src, imm=0, off=0):
    """The row's text with its operands put in; see the table's head."""
    text = row["text"].replace("%%", "\0")
    for mark, value in (("%d", "r%d" % dst), ("%s", "r%d" % src), ("%D", "w%d" % dst),
                        ("%S", "w%d" % src), ("%i", "%d" % imm), ("%x", "0x%x" % (imm & M32)),
                        ("%o", "%+d" % off), ("%I", "%+d" % imm)):
        text = text.replace(mark, value)
    return text.replace("\0", "%")


LOAD = ["r2 = *(u64 *)(r1 +0)", "r3 = *(u64 *)(r1 +8)"]


def alu_x(out, row):
    op, bits, name = row["op"], row["bits"], row["id"].lower()
    counts = [0, 1, 31, 32, 33, 63, 64, M64] if op in SHIFTS else None
    rows = [((a, b), compute(op, a, b, bits)) for a, b in pairs(bits, counts)]
    out.case(name, LOAD + [text_of(row, 2, 3), "r0 = r2"], rows)
    out.case(name + " with itself", LOAD[:1] + [text_of(row, 2, 2), "r0 = r2"],
             [((a,), compute(op, a, a, bits)) for a in operands(bits)])


def alu_k(out, row):
    op, bits = row["op"], row["bits"]
    imms = [0, 1, 31, 32, 63] if op in SHIFTS else IMMS
    for imm in imms:
        rows = [((a,), compute(op, a, imm, bits)) for a in operands(bits)]
        out.case("%s %d" % (row["id"].lower(), imm),
                 LOAD[:1] + [text_of(row, 2, 0, imm), "r0 = r2"], rows)


def movsx(out, row):
    bits, width = row["dval"], row["bits"]
    values = [0, 1, (1 << bits) - 1, 1 << (bits - 1), (1 << (bits - 1)) - 1]
    values += [M64 ^ v for v in values]
    rows = [((0, v), signed(v, bits) & ((1 << width) - 1)) for v in values]
    out.case(row["id"].lower(), LOAD + [text_of(row, 2, 3), "r0 = r2"], rows)


def neg(out, row):
    mask = (1 << row["bits"]) - 1
    rows = [((a,), -a & mask) for a in operands(row["bits"])]
    out.case(row["id"].lower(), LOAD[:1] + [text_of(row, 2, 0), "r0 = r2"], rows)


def end(out, row):
    size = row["bits"] // 8
    values = EDGE64 + [0x0123456789ABCDEF, 0xFEDCBA9876543210, 0x80]
    rows = []
    for v in values:
        low = (v & ((1 << row["bits"]) - 1)).to_bytes(size, "little")
        rows.append(((v,), int.from_bytes(low, "little" if row["op"] == "LE" else "big")))
    out.case(row["id"].lower(), LOAD[:1] + [text_of(row, 2, 0), "r0 = r2"], rows)


def jump_x(out, row):
    rows = [((a, b), 2 if holds(row["op"], a, b, row["bits"]) else 1)
            for a, b in pairs(row["bits"])]
    out.case(row["id"].lower(), LOAD + ["r0 = 2", text_of(row, 2, 3, off=1), "r0 = 1"], rows)


def jump_k(out, row):
    for imm in IMMS:
        rows = [((a,), 2 if holds(row["op"], a, imm, row["bits"]) else 1)
                for a in operands(row["bits"])]
        out.case("%s %d" % (row["id"].lower(), imm),
                 LOAD[:1] + ["r0 = 2", text_of(row, 2, 0, imm, 1), "r0 = 1"], rows)


# Offset in the instruction, where the pointer then is (from r1), and the place of the access.
PLACES = [(0, 16, 16), (8, 8, 16), (-8, 24, 16), (2047, -2031, 16), (2048, -2032, 16),
          (-2048, 2064, 16), (-2049, 2065, 16), (32767, -32751, 16), (-32768, 32784, 16),
          (0, 17, 17), (3, 16, 19)]


def places(aligned):
    return [p for p in PLACES if not aligned or p[2] % 8 == 0]


def at(place):
    return ["r4 = r1", "r4 += %d" % place[1]]


def load(out, row):
    bits, name = row["bits"], row["id"].lower()
    for place in places(row["kind"] == "LOAD_ACQ"):
        rows = []
        for v in (0x8182838485868788, 0x7172737475767778, 0, M64):
            whole = (v << 8 * (place[2] - 16)) & M64, v >> (64 - 8 * (place[2] - 16))
            r0 = v & ((1 << bits) - 1)
            r0 = signed(r0, bits) if row["kind"] == "LDSX" else r0
            rows.append(((0, 0) + whole, r0))
        out.case("%s %d" % (name, place[0]), at(place) + [text_of(row, 0, 4, off=place[0])], rows)
        out.case("%s %d, into its base" % (name, place[0]),
                 at(place) + [text_of(row, 4, 4, off=place[0]), "r0 = r4"], rows)
    rows = [((v,), signed(v, bits) if row["kind"] == "LDSX" else v & ((1 << bits) - 1))
            for v in (0x8182838485868788, 0x7172737475767778)]
    out.case(name + " of the stack", LOAD[:1] + ["*(u64 *)(r10 -8) = r2",
                                                 text_of(row, 0, 10, off=-8)], rows)


def store(out, row):
    """What was there before is read back with it."""
    bits, name = row["bits"], row["id"].lower()
    mask, imm = (1 << bits) - 1, row["kind"] == "ST"
    for place in places(row["kind"] == "STORE_REL"):
        for k in IMMS if imm else [0]:
            rows = []
            for v in [k & M64] if imm else [0x8182838485868788, 0, M64, 1, 1 << 63]:
                for old in (0, M64):
                    rows.append(((v, 0, old, old), (old & ~mask) | (v & mask)))
            out.case("%s %d %s" % (name, place[0], k if imm else ""),
                     LOAD[:1] + at(place) + [text_of(row, 4, 2, k, place[0]),
                                             "r0 = *(u64 *)(r1 +%d)" % place[2]], rows)
    row_k = 1 if imm else 0
    rows = [((v, 0), (M64 & ~mask) | ((row_k if imm else v) & mask)) for v in (0, 1, 1 << 63, M64)]
    out.case(name + " to the stack",
             LOAD[:1] + ["*(u64 *)(r10 -16) = -1", text_of(row, 10, 2, row_k, -16),
                         "r0 = *(u64 *)(r10 -16)"], rows)


def atomic(out, row):
    """r0 is the memory's new value, plus three times the register that the old one is left in."""
    bits, op = row["bits"], row["op"]
    mask, high = (1 << bits) - 1, M64 ^ ((1 << bits) - 1)
    fetch = row["kind"] == "ATOMIC_FETCH"
    for place in [p for p in PLACES if p[2] % 8 == 0]:
        rows = []
        for old, v in pairs(bits):
            new = v & mask if op == "XCHG" else compute(op, old, v, bits)
            left = old & mask if fetch else v
            rows.append(((v, 0, old), ((old & high) | new) + 3 * left))
        out.case("%s %d" % (row["id"].lower(), place[0]),
                 LOAD[:1] + at(place) + [text_of(row, 4, 2, off=place[0]),
                                         "r0 = *(u64 *)(r1 +16)", "r2 *= 3", "r0 += r2"],
                 rows if place[0] == 0 else rows[::5])


def cmpxchg(out, row):
    bits = row["bits"]
    mask, high = (1 << bits) - 1, M64 ^ ((1 << bits) - 1)
    for place in [p for p in PLACES if p[2] % 8 == 0]:
        rows = []
        for old, want in pairs(bits):
            v = 0xA5A5A5A55A5A5A5A
            new = v & mask if old & mask == want & mask else old & mask
            rows.append(((v, want, old), ((old & high) | new) + 3 * (old & mask)))
        out.case("%s %d" % (row["id"].lower(), place[0]),
                 LOAD + at(place) + ["r0 = r3", text_of(row, 4, 2, off=place[0]),
                                     "r2 = *(u64 *)(r1 +16)", "r0 *= 3", "r0 += r2"],
                 rows if place[0] == 0 else rows[::5])


def ld_imm64(out, row):
    for v in EDGE64:
        out.case("ld_imm64 0x%x" % v, ["r2 = 0x%x" % v, "r3 = *(u64 *)(r1 +0)", "r2 += r3",
                                       "r0 = r2"], [((a,), v + a) for a in (0, 1, M64)])


MAKERS = {"ALU_X": alu_x, "ALU_K": alu_k, "MOVSX": movsx, "NEG": neg, "END": end, "JCC_X": jump_x,
          "JCC_K": jump_k, "LDX": load, "LDSX": load, "LOAD_ACQ": load, "ST": store, "STX": store,
          "STORE_REL": store, "ATOMIC": atomic, "ATOMIC_FETCH": atomic, "CMPXCHG": cmpxchg}
ROW = re.compile(r'^EBPF_(?:INSN|ALSO)\((\w+), (\w+), (\w+), (\w+), (\w+), (\w+), (\d+), ([^"]*), '
                 r'"(.*)"\)')


def main():
    table, path = sys.argv[1:]
    out = Out(path)
    out.file.write("# made by make_edges.py\n")
    for line in open(table, encoding="utf-8"):
        m = ROW.match(line)
        if not m:
            continue
        row = {"id": m[1], "dval": int(m[4], 0), "kind": m[5], "op": m[6], "bits": int(m[7]),
               "text": m[9]}
        if row["kind"] in MAKERS:
            MAKERS[row["kind"]](out, row)
        elif row["id"] == "LD_IMM64":
            ld_imm64(out, row)


main()
