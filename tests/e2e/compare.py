# SPDX-License-Identifier: BSD-3-Clause
"""Compares two runs of one program over one capture: packet by packet, and the maps afterwards.

A run is a file of per-packet JSON lines and a JSON object with `maps`, in the forms that
`nicsim run --per-packet --json --maps` writes. Usable alone:

  compare.py EXPECTED.jsonl ACTUAL.jsonl EXPECTED_MAPS.json ACTUAL_MAPS.json
"""
import json
import sys

FIELDS = ("verdict", "retval", "len", "data")
TOO_LONG = "longer than a packet buffer"


def read_lines(path):
    with open(path, encoding="ascii") as f:
        return [json.loads(line) for line in f]


def read_maps(path):
    """{name: (type, {key: value})}, keys and values as bytes."""
    with open(path, encoding="utf-8") as f:
        top = json.load(f)

    def as_bytes(items):
        return bytes(int(b, 16) for b in items)

    def value(e):
        """One value of an entry: names for ids, which differ; all that a per-CPU entry has."""
        if "values" in e:
            first, *others = (as_bytes(v["value"]) for v in e["values"])
            return first + b"".join(sorted(set(others)))
        name = e.get("map") or e.get("program")
        return name.encode() if name else as_bytes(e["value"])

    maps = {}
    for m in top["maps"]:
        if m["type"] in ("queue", "stack"):
            maps[m["name"]] = (m["type"], {bytes([i]): value(e) for i, e in enumerate(m["entries"])})
            continue
        entries = {as_bytes(e["key"]): value(e) for e in m["entries"]}
        if len(entries) != len(m["entries"]):
            raise ValueError(f"map {m['name']}: a key is listed twice")
        if m["name"] in maps:
            raise ValueError(f"map {m['name']} is listed twice")
        maps[m["name"]] = (m["type"], entries)
    return maps


def first_difference(a, b):
    for i in range(0, max(len(a), len(b)), 2):
        if a[i:i + 2] != b[i:i + 2]:
            return f"byte {i // 2}: {a[i:i + 2] or 'none'}, not {b[i:i + 2] or 'none'}"
    return "same"


def compare_packet(want, got):
    """One packet's differences as text, '' when there are none."""
    out = []
    for field in FIELDS:
        if field not in got:
            out.append(f"no {field}")
        elif want[field] != got[field]:
            out.append("data " + first_difference(got[field], want[field]) if field == "data"
                       else f"{field} {got[field]}, not {want[field]}")
    return ", ".join(out)


def compare_unasked(want, got):
    """A packet that the oracle could not take: an oversize frame must not have met the program."""
    if want["skipped"] == TOO_LONG and (got["verdict"] is not None or got["drop"] != "oversize"):
        return f"verdict {got['verdict']} for a frame longer than the buffer"
    return ""


def packet_masked(line, masks):
    """The line, with the bytes zeroed that a mask for packets like this one names."""
    for m in masks:
        data = line.get("data") or ""
        at = 2 * m["at"]
        if line.get("verdict") == m["verdict"] and data[at:at + len(m["is"])] == m["is"]:
            line = dict(line, data=masked(bytes.fromhex(data), m["mask"]).hex())
    return line


def compare_packets(want, got, masks=()):
    """
    (differences, packets compared). masks: [{"verdict": V, "at": N, "is": HEX, "mask": [[start,
    end]]}], bytes to ignore in packets with verdict V whose bytes from N on are HEX.
    """
    if len(want) != len(got):
        return [f"{len(got)} packet lines, not {len(want)}"], 0
    diffs, compared = [], 0
    for w, g in zip(want, got):
        if g.get("i") != w["i"]:
            return diffs + [f"packet {w['i']}: line says {g.get('i')}"], compared
        text = (compare_unasked(w, g) if "skipped" in w
                else compare_packet(packet_masked(w, masks), packet_masked(g, masks)))
        compared += "skipped" not in w
        if text:
            diffs.append(f"packet {w['i']}: {text}")
    return diffs, compared


def masked(value, ranges):
    value = bytearray(value)
    for start, end in ranges:
        value[start:end] = bytes(len(value[start:end]))
    return bytes(value)


def compare_entries(name, want, got, ranges):
    diffs = []
    for key in sorted(want.keys() | got.keys()):
        if key not in got:
            diffs.append(f"map {name}: no entry {key.hex()}")
        elif key not in want:
            diffs.append(f"map {name}: entry {key.hex()} should not be there")
        elif masked(want[key], ranges) != masked(got[key], ranges):
            diffs.append(f"map {name}[{key.hex()}]: {got[key].hex()}, not {want[key].hex()}")
    return diffs


def compare_sums(got, sums):
    """The values of a map that chance filled, added up, must lie in [low, high]."""
    diffs = []
    for name, (low, high) in sums.items():
        total = sum(int.from_bytes(v, "little") for v in got.get(name, ("", {}))[1].values())
        if name not in got or not low <= total <= high:
            diffs.append(f"map {name}: the values add up to {total}, not {low} to {high}")
    return diffs


def compare_maps(want, got, mask, sums):
    """mask: {map: [[start, end]]}, bytes of values to ignore; sums: {map: (low, high)}."""
    diffs = []
    if want.keys() != got.keys():
        diffs.append(f"maps {sorted(got)}, not {sorted(want)}")
    for name in sorted(want.keys() & got.keys()):
        if want[name][0] != got[name][0]:
            diffs.append(f"map {name}: type {got[name][0]}, not {want[name][0]}")
        diffs += compare_entries(name, want[name][1], got[name][1], mask.get(name, []))
    return diffs + compare_sums(got, sums)


def main(argv):
    if len(argv) != 5:
        print(__doc__, file=sys.stderr)
        return 1
    diffs, compared = compare_packets(read_lines(argv[1]), read_lines(argv[2]))
    diffs += compare_maps(read_maps(argv[3]), read_maps(argv[4]), {}, {})
    for d in diffs:
        print(d)
    print(f"{compared} packets compared, {len(diffs)} differences")
    return 1 if diffs else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
