#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes the captures that the examples and the end-to-end suite run on.

  make_captures.py attack OUT.pcap      the demo's mix: everyday traffic under attack
  make_captures.py maps NAME OUT.maps   the initial map contents that go with it
  make_captures.py edge DIR             one file for each edge: sizes, byte order, formats
  make_captures.py check DIR            compares DIR's files with what this script makes

Deterministic: the same bytes on every machine and Python version.
"""
import struct
import sys
from ipaddress import ip_address
from pathlib import Path

SEED = 20240611
START_NS = 1_700_000_000_000_000_000

SERVER_MAC = bytes.fromhex("02005e100001")
ROUTER_MAC = bytes.fromhex("02005e100002")
SERVERS = ["192.0.2.10", "192.0.2.11", "192.0.2.80"]
SERVER6 = "2001:db8:1::10"
BLOCKED4 = [f"203.0.113.{n}" for n in range(1, 49)]
BLOCKED6 = [f"2001:db8:bad::{n:x}" for n in range(1, 9)]
# UDP ports that reflection attacks come from, and the longest payload let through
REFLECTORS = {17: 0, 19: 0, 53: 1232, 123: 48, 389: 64, 1900: 64, 11211: 0}

TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32


class Lcg:
    """64-bit linear congruential generator (Knuth's MMIX constants), high bits used."""

    def __init__(self, seed):
        self.state = seed

    def bits(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & (2**64 - 1)
        return self.state >> (64 - n)

    def below(self, n):
        return self.bits(32) * n >> 32

    def pick(self, items):
        return items[self.below(len(items))]

    def data(self, n):
        return bytes(self.bits(8) for _ in range(n))


# ---- headers ----

def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def eth(payload, proto, vlans=(), dst=SERVER_MAC, src=ROUTER_MAC):
    tags = b"".join(struct.pack("!HH", tpid, tci) for tpid, tci in vlans)
    return dst + src + tags + struct.pack("!H", proto) + payload


def pad(frame):
    """To the 60 bytes that Ethernet asks for, as a network card does."""
    return frame + bytes(max(0, 60 - len(frame)))


def ipv4(src, dst, proto, payload, ident=0, frag=0x4000, total=None, ihl=5, version=4,
         options=b""):
    length = 20 + len(options) + len(payload) if total is None else total
    head = struct.pack("!BBHHHBBH4s4s", version << 4 | ihl, 0, length, ident, frag, 64, proto, 0,
                       ip_address(src).packed, ip_address(dst).packed) + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ipv6(src, dst, proto, payload, length=None):
    n = len(payload) if length is None else length
    return struct.pack("!IHBB16s16s", 6 << 28, n, proto, 64, ip_address(src).packed,
                       ip_address(dst).packed) + payload


def pseudo(src, dst, proto, length):
    s, d = ip_address(src).packed, ip_address(dst).packed
    return s + d + (struct.pack("!BBH", 0, proto, length) if len(s) == 4
                    else struct.pack("!II", length, proto))


def tcp(src, dst, sport, dport, flags, seq=0, ack=0, data=b"", doff=5):
    def head(sum_):
        return struct.pack("!HHIIBBHHH", sport, dport, seq, ack, doff << 4, flags, 64240, sum_, 0)
    return head(checksum(pseudo(src, dst, TCP, 20 + len(data)) + head(0) + data)) + data


def udp(src, dst, sport, dport, data, length=None):
    n = 8 + len(data) if length is None else length
    body = struct.pack("!HHHH", sport, dport, n, 0) + data
    total = checksum(pseudo(src, dst, UDP, n) + body) or 0xFFFF
    return body[:6] + struct.pack("!H", total) + data


def icmp_echo(ident, seq, data, reply=False):
    head = struct.pack("!BBHHH", 0 if reply else 8, 0, 0, ident, seq) + data
    return head[:2] + struct.pack("!H", checksum(head)) + head[4:]


def icmp6_echo(src, dst, ident, seq, data):
    head = struct.pack("!BBHHH", 128, 0, 0, ident, seq) + data
    total = checksum(pseudo(src, dst, ICMP6, len(head)) + head)
    return head[:2] + struct.pack("!H", total) + head[4:]


# ---- everyday traffic ----

def client(rng):
    return f"198.51.100.{1 + rng.below(60)}"


def tcp_session(rng, vlans=()):
    """A short web request: handshake, request, answer, close; both directions."""
    c, s = client(rng), rng.pick(SERVERS)
    port, cseq, sseq = 32768 + rng.below(28000), rng.bits(32), rng.bits(32)
    request = b"GET / HTTP/1.1\r\nHost: example.net\r\n\r\n"

    def up(flags, data=b"", add=0):
        seg = tcp(c, s, port, 80, flags, (cseq + add) & 0xFFFFFFFF, sseq, data)
        return pad(eth(ipv4(c, s, TCP, seg, rng.bits(16)), 0x0800, vlans))

    def down(flags, data=b""):
        seg = tcp(s, c, 80, port, flags, sseq, cseq, data)
        return pad(eth(ipv4(s, c, TCP, seg, rng.bits(16)), 0x0800, vlans, ROUTER_MAC, SERVER_MAC))

    n = len(request) + 1
    answer = rng.data(100 + rng.below(400))
    return [up(SYN), down(SYN | ACK), up(ACK, add=1), up(PSH | ACK, request, 1),
            down(PSH | ACK, answer), up(ACK, add=n), up(FIN | ACK, add=n), down(FIN | ACK),
            up(ACK, add=n + 1)]


def dns_exchange(rng):
    c, s, port = client(rng), SERVERS[1], 1024 + rng.below(60000)
    query = rng.data(2) + bytes.fromhex("01000001000000000000076578616d706c65036e6574000001 0001"
                                        .replace(" ", ""))
    answer = query[:2] + b"\x81\x80" + query[4:] + rng.data(16 + rng.below(100))
    return [pad(eth(ipv4(c, s, UDP, udp(c, s, port, 53, query)), 0x0800)),
            pad(eth(ipv4(s, c, UDP, udp(s, c, 53, port, answer)), 0x0800, (), ROUTER_MAC,
                    SERVER_MAC))]


def ping(rng):
    c, s = client(rng), rng.pick(SERVERS)
    ident, data = rng.bits(16), rng.data(56)
    return [pad(eth(ipv4(c, s, ICMP, icmp_echo(ident, 1, data)), 0x0800)),
            pad(eth(ipv4(s, c, ICMP, icmp_echo(ident, 1, data, True)), 0x0800, (), ROUTER_MAC,
                    SERVER_MAC))]


def ping6(rng):
    c = f"2001:db8:2::{1 + rng.below(200):x}"
    return [eth(ipv6(c, SERVER6, ICMP6, icmp6_echo(c, SERVER6, rng.bits(16), 1, rng.data(32))),
                0x86DD)]


def udp6_options(rng):
    """UDP behind a hop-by-hop and a destination options header."""
    c = f"2001:db8:2::{1 + rng.below(200):x}"
    body = udp(c, SERVER6, 5000, 6000, rng.data(64))
    dest = struct.pack("!BB6x", UDP, 0) + body
    return [eth(ipv6(c, SERVER6, 0, struct.pack("!BBBB4x", 60, 0, 1, 4) + dest), 0x86DD)]


def fragmented(rng):
    """A datagram of three good fragments."""
    c, s, ident = client(rng), SERVERS[0], rng.bits(16)
    whole = udp(c, s, 4000, 4001, rng.data(400))
    parts = [(0, whole[:160], 0x2000), (20, whole[160:320], 0x2000), (40, whole[320:], 0)]
    return [pad(eth(ipv4(c, s, UDP, p, ident, more | off), 0x0800)) for off, p, more in parts]


def arp(rng):
    body = struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, ROUTER_MAC,
                       ip_address("192.0.2.1").packed, bytes(6),
                       ip_address(rng.pick(SERVERS)).packed)
    return [pad(eth(body, 0x0806, (), b"\xff" * 6))]


def tagged(rng):
    return tcp_session(rng, [(0x8100, 1 + rng.below(4))])


def tagged_twice(rng):
    c, s = client(rng), SERVERS[2]
    body = ipv4(c, s, UDP, udp(c, s, 7000, 7001, rng.data(100)))
    return [eth(body, 0x0800, [(0x88A8, 100), (0x8100, 1 + rng.below(4))])]


def lldp(rng):
    return [pad(eth(rng.data(40), 0x88CC, (), bytes.fromhex("0180c200000e")))]


# ---- attacks ----

def syn_flood(rng):
    src, dst = f"203.0.113.{1 + rng.below(60)}", SERVERS[0]
    seg = tcp(src, dst, 1024 + rng.below(60000), 80, SYN, rng.bits(32))
    return [pad(eth(ipv4(src, dst, TCP, seg, rng.bits(16)), 0x0800))]


def reflection(rng):
    src, dst = f"198.18.{rng.below(4)}.{1 + rng.below(250)}", SERVERS[1]
    port, size = rng.pick([(123, 440), (1900, 300), (11211, 500), (389, 350), (19, 74)])
    return [eth(ipv4(src, dst, UDP, udp(src, dst, port, 1024 + rng.below(60000),
                                        b"\x17" * size)), 0x0800)]


def flood6(rng):
    src = f"2001:db8:bad::{1 + rng.below(16):x}"
    return [eth(ipv6(src, SERVER6, UDP, udp(src, SERVER6, 9, 9, rng.data(32))), 0x86DD)]


def land(rng):
    s = rng.pick(SERVERS)
    return [pad(eth(ipv4(s, s, TCP, tcp(s, s, 80, 80, SYN, rng.bits(32))), 0x0800)),
            eth(ipv6(SERVER6, SERVER6, TCP, tcp(SERVER6, SERVER6, 80, 80, SYN)), 0x86DD)]


def scan(rng):
    src, dst = f"198.18.9.{1 + rng.below(20)}", rng.pick(SERVERS)
    flags = rng.pick([0, FIN, SYN | FIN, SYN | RST, FIN | PSH | URG])
    return [pad(eth(ipv4(src, dst, TCP, tcp(src, dst, 40000, rng.below(1024), flags)), 0x0800))]


def bad_fragment(rng):
    src, dst = f"198.18.10.{1 + rng.below(20)}", SERVERS[0]
    kind = rng.below(4)
    if kind == 0:  # first fragment shorter than the TCP header
        body, frag, proto = tcp(src, dst, 1, 80, SYN)[:8], 0x2000, TCP
    elif kind == 1:  # offset 1 overwrites the flags of the first
        body, frag, proto = rng.data(24), 0x0001, TCP
    elif kind == 2:  # ends past 64 KiB: ping of death
        body, frag, proto = rng.data(64), 0x1FFF, ICMP
    else:  # legal alone
        body, frag, proto = rng.data(64), 0x2000 | 8, UDP
    return [pad(eth(ipv4(src, dst, proto, body, rng.bits(16), frag), 0x0800))]


def malformed(rng):
    src, dst = f"198.18.11.{1 + rng.below(20)}", SERVERS[0]
    seg = tcp(src, dst, 1000, 80, ACK, data=rng.data(20))
    dgram = udp(src, dst, 1000, 53, rng.data(30))
    kind = rng.below(10)
    if kind == 0:
        body = ipv4(src, dst, TCP, seg, ihl=4)
    elif kind == 1:
        body = ipv4(src, dst, TCP, seg, ihl=15)  # header longer than the packet says
    elif kind == 2:
        body = ipv4(src, dst, TCP, seg, total=1400)  # longer than the frame
    elif kind == 3:
        body = ipv4(src, dst, TCP, seg, total=12)
    elif kind == 4:
        body = ipv4(src, dst, TCP, seg, version=5)
    elif kind == 5:
        body = ipv4(src, dst, TCP, tcp(src, dst, 1000, 80, ACK, doff=15))
    elif kind == 6:
        body = ipv4(src, dst, UDP, udp(src, dst, 1000, 53, rng.data(30), length=7))
    elif kind == 7:
        body = ipv4(src, dst, UDP, udp(src, dst, 1000, 53, rng.data(30), length=2000))
    elif kind == 8:
        return [eth(ipv4(src, dst, UDP, dgram)[:9 + rng.below(20)], 0x0800)]
    else:
        return [eth(b"\0\1", 0x8100), eth(ipv6("2001:db8:2::1", SERVER6, UDP, dgram, 900), 0x86DD)]
    return [pad(eth(body, 0x0800))]


def with_options(rng):
    """IPv4 with a record-route option: legal, rare, walked over."""
    c, s = client(rng), SERVERS[0]
    body = udp(c, s, 3000, 3001, rng.data(40))
    option = bytes([7, 7, 4, 0, 0, 0, 0, 0])
    return [eth(ipv4(c, s, UDP, body, ihl=7, options=option), 0x0800)]


def blocked_other(rng):
    src, dst = rng.pick(BLOCKED4), SERVERS[2]
    return [pad(eth(ipv4(src, dst, UDP, udp(src, dst, 6666, 6667, rng.data(24))), 0x0800))]


# (how many times, what)
MIX = [(90, tcp_session), (70, dns_exchange), (40, ping), (30, ping6), (20, udp6_options),
       (25, fragmented), (20, arp), (15, tagged), (20, tagged_twice), (6, lldp),
       (20, with_options), (1500, syn_flood), (260, reflection), (160, flood6), (40, land),
       (120, scan), (60, bad_fragment), (150, malformed), (120, blocked_other)]


def attack():
    """[(time in ns, frame)]: the flows of MIX, started in random order and interleaved."""
    rng = Lcg(SEED)
    starts = [make for times, make in MIX for _ in range(times)]
    for i in range(len(starts) - 1, 0, -1):
        j = rng.below(i + 1)
        starts[i], starts[j] = starts[j], starts[i]
    events, now = [], 0
    for make in starts:
        now += 20_000 + rng.below(60_000)
        for step, frame in enumerate(make(rng)):
            events.append((now + step * (400_000 + rng.below(200_000)), len(events), frame))
    return [(START_NS + t // 1000 * 1000, frame) for t, _, frame in sorted(events)]


# ---- initial map contents ----

def maps_dos_filter():
    zero = bytes(16).hex()
    lines = ["# source address: hits, bytes (both count from 0)"]
    lines += [f"map blocklist4 {ip_address(a).packed.hex()} {zero}" for a in BLOCKED4]
    lines += [f"map blocklist6 {ip_address(a).packed.hex()} {zero}" for a in BLOCKED6]
    lines.append("# UDP source port: longest payload let through")
    lines += [f"map reflectors {struct.pack('!H', port).hex()} {struct.pack('<I', size).hex()}"
              for port, size in REFLECTORS.items()]
    lines.append("# drop_fragments, drop_ip_options: off")
    lines.append(f"map policy 00000000 {struct.pack('<II', 0, 0).hex()}")
    return lines


def maps_ipip_encap():
    rows = [(SERVERS[0], "10.0.0.10", "02005e200010"), (SERVERS[2], "10.0.0.80", "02005e200080")]
    return ["# virtual address: outer source, real server, next hop"] + [f"map vips {ip_address(vip).packed.hex()} {ip_address('10.0.0.1').packed.hex()}"
            f"{ip_address(real).packed.hex()}{mac}0000" for vip, real, mac in rows]


def maps_syn_limiter():
    return ["# a token an hour, buckets of 6: the clock does not show within a run",
            f"map config 00000000 {struct.pack('<QII', 3600 * 10**9, 6, 0).hex()}"]


MAPS = {"dos_filter": maps_dos_filter, "ipip_encap": maps_ipip_encap,
        "syn_limiter": maps_syn_limiter}


def maps(name):
    return ("\n".join(MAPS[name]()) + "\n").encode()


# ---- capture files ----

def pcap(packets, order="<", nano=False, snaplen=65535):
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, 1)]
    for t, frame in packets:
        sec, ns = divmod(t, 10**9)
        out.append(struct.pack(order + "IIII", sec, ns if nano else ns // 1000, len(frame),
                               len(frame)) + frame)
    return b"".join(out)


def pcapng(packets, order="<"):
    def block(kind, body):
        body += bytes(-len(body) % 4)
        n = len(body) + 12
        return struct.pack(order + "II", kind, n) + body + struct.pack(order + "I", n)

    tsresol = struct.pack(order + "HHB3xHH", 9, 1, 9, 0, 0)  # nanoseconds
    out = [block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))]
    out += [block(1, struct.pack(order + "HHI", 1, 0, 0) + tsresol) for _ in range(2)]
    out.append(block(0x0BAD, b"a block nobody knows"))
    for i, (t, frame) in enumerate(packets):
        out.append(block(6, struct.pack(order + "IIIII", i % 2, t >> 32, t & 0xFFFFFFFF,
                                        len(frame), len(frame)) + frame))
    return b"".join(out)


def sized(rng, length):
    """A frame of exactly `length` bytes: UDP over IPv4 as far as there is room."""
    src, dst = client(rng), SERVERS[length % 3]
    data = rng.data(max(0, length - 42))
    whole = eth(ipv4(src, dst, UDP, udp(src, dst, 1111, 2222, data)), 0x0800)
    return whole[:length]


def mutate(rng, frame):
    """A frame with a few bytes changed, cut short, stretched, or all noise."""
    frame = bytearray(frame)
    kind = rng.below(16)
    if kind == 0:
        return rng.data(14 + rng.below(200))
    if kind < 4:
        frame = frame[:14 + rng.below(max(1, len(frame) - 14))]
    elif kind < 6:
        frame += rng.data(rng.below(64))
    for _ in range(rng.below(4)):
        at = rng.below(min(len(frame), 80))
        frame[at] = rng.pick([0, 0xFF, frame[at] ^ 1 << rng.below(8), rng.bits(8)])
    return bytes(frame)


def mutants(count, seed):
    """[(time in ns, frame)]: mutations of the attack's frames."""
    rng = Lcg(seed)
    models = [frame for _, frame in attack()]
    return [(START_NS + i * 1000, mutate(rng, rng.pick(models))) for i in range(count)]


def edges():
    rng = Lcg(SEED + 1)
    few = attack()[:200]

    def frames(*lengths):
        return [(START_NS + i * 1000, sized(rng, n)) for i, n in enumerate(lengths)]

    # every value of the last byte of the destination MAC address (redirect_verdict)
    every = [(START_NS + i * 1000, few[0][1][:5] + bytes([i]) + few[0][1][6:]) for i in range(256)]
    jumbo = [3520, 3521, 3522, 3533, 3534, 4096, 7615, 7616, 7617, 7680, 9000, 9018, 9215, 9216,
             9217, 60] * 3
    mixed = [14, 15, 33, 34, 59, 60, 64, 1514, 1515, 1518, 2048, 3519, 3520]
    return {
        "empty.pcap": pcap([]),
        "len1.pcap": pcap(frames(1, 1)),
        "short.pcap": pcap(frames(*range(1, 14))),
        "len14.pcap": pcap(frames(14, 14, 14)),
        "len1514.pcap": pcap(frames(1514, 1514)),
        "len3520.pcap": pcap(frames(3520, 3520)),
        "len3521.pcap": pcap(frames(60, 3521, 60)),
        "len9018.pcap": pcap(frames(60, 9018, 9018, 60)),
        "jumbo.pcap": pcap(frames(*jumbo)),
        "lengths.pcap": pcap(frames(*mixed)),
        "every_mac.pcap": pcap(every),
        "mutants.pcap": pcap(mutants(1000, SEED)),
        "nanosecond.pcap": pcap(few, nano=True),
        "bigendian.pcap": pcap(few, order=">"),
        "bigendian_ns.pcap": pcap(few, order=">", nano=True),
        "two_interfaces.pcapng": pcapng(few),
        "bigendian.pcapng": pcapng(few[:50], order=">"),
    }


def check(directory):
    """Are the committed files what this script makes? The number of those that are not."""
    wanted = {"captures/attack.pcap": pcap(attack())}
    wanted.update({f"{name}.maps": maps(name) for name in MAPS})
    bad = 0
    for name, data in wanted.items():
        path = Path(directory) / name
        if not path.exists() or path.read_bytes() != data:
            print(f"{path}: differs from what make_captures.py makes", file=sys.stderr)
            bad += 1
    print(f"{len(wanted) - bad} of {len(wanted)} files are as made")
    return bad


def main(argv):
    if argv[1:2] == ["attack"] and len(argv) == 3:
        Path(argv[2]).write_bytes(pcap(attack()))
    elif argv[1:2] == ["maps"] and len(argv) == 4 and argv[2] in MAPS:
        Path(argv[3]).write_bytes(maps(argv[2]))
    elif argv[1:2] == ["edge"] and len(argv) == 3:
        Path(argv[2]).mkdir(parents=True, exist_ok=True)
        for name, data in edges().items():
            (Path(argv[2]) / name).write_bytes(data)
    elif argv[1:2] == ["check"] and len(argv) == 3:
        return 1 if check(argv[2]) else 0
    else:
        print(__doc__, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
