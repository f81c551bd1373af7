#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What l4_balancer's maps begin with, from a list of servers and virtual addresses.

  maglev.py l4_balancer.json > l4_balancer.maps

Each VIP's ring is filled by the Maglev algorithm (Eisenbud and others, NSDI 2016): every server has
its own order of all slots, and they take turns in choosing the first that is still free. A server
that is left out keeps its number, and the others their order: few of their slots change hands.
"""
import hashlib
import json
import struct
import sys
from ipaddress import ip_address

RING_SIZE = 251  # as in l4_balancer.bpf.c
PROTOCOLS = {"tcp": 6, "udp": 17}


def number_of(text, salt):
    """A number that depends on nothing but the text: the same on every machine."""
    return int.from_bytes(hashlib.sha256(f"{salt}:{text}".encode()).digest()[:8], "big")


def ring(servers, size=RING_SIZE):
    """[server] for each slot; `size` is a prime, so that every step goes through all slots."""
    if not servers:
        return []
    at = {s: number_of(s, "offset") % size for s in servers}
    step = {s: number_of(s, "skip") % (size - 1) + 1 for s in servers}
    slots, free = [None] * size, size
    while True:
        for s in servers:
            while slots[at[s]] is not None:
                at[s] = (at[s] + step[s]) % size
            slots[at[s]] = s
            free -= 1
            if free == 0:
                return slots


def address(text):
    """16 bytes, IPv4 as ::ffff:a.b.c.d."""
    packed = ip_address(text).packed
    return packed if len(packed) == 16 else bytes(10) + b"\xff\xff" + packed


def real_line(number, addr, mac, up=True):
    return (f"map reals {struct.pack('<I', number).hex()} "
            f"{address(addr).hex()}{mac.replace(':', '')}{up:02x}00")


def ring_lines(number, servers, numbers):
    for i, s in enumerate(ring(servers)):
        slot, real = number * RING_SIZE + i, numbers[s]
        yield f"map rings {struct.pack('<I', slot).hex()} {struct.pack('<I', real).hex()}"


def lines(config, down=()):
    """Lines for --maps-from; servers in `down` are in no ring, and marked so."""
    outer4, outer6 = config["outer"]
    numbers = {addr: i for i, addr in enumerate(config["reals"])}
    yield "# source addresses of what is sent: IPv6, IPv4"
    yield f"map outer 00000000 {address(outer6).hex()}{ip_address(outer4).packed.hex()}"
    for addr, mac in config["reals"].items():
        yield f"# server {numbers[addr]}: {addr}"
        yield real_line(numbers[addr], addr, mac, addr not in down)
    for number, (vip, servers) in enumerate(config["vips"].items()):
        protocol, addr, port = vip.split()
        key = address(addr) + struct.pack("!HBx", int(port), PROTOCOLS[protocol])
        yield f"# VIP {number}: {vip}"
        yield f"map vips {key.hex()} {struct.pack('<I', number).hex()}"
        yield from ring_lines(number, [s for s in servers if s not in down], numbers)


def main(argv):
    if len(argv) != 2:
        print(__doc__, file=sys.stderr)
        return 1
    with open(argv[1], encoding="utf-8") as f:
        print("\n".join(lines(json.load(f))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
