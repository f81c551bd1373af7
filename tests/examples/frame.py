# SPDX-License-Identifier: BSD-3-Clause
"""Takes frames apart, by the RFCs: what the tests of the examples look at."""
import struct
import sys
from ipaddress import ip_address
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
import make_captures as make  # noqa: E402

VLAN_TPIDS = (0x8100, 0x88A8)
IP4, IP6 = 0x0800, 0x86DD


class Frame:
    """An Ethernet frame: addresses, tags, EtherType, and what follows as bytes."""

    def __init__(self, data):
        self.data = data
        self.dst, self.src = data[:6], data[6:12]
        self.tags, at = [], 12
        while struct.unpack_from("!H", data, at)[0] in VLAN_TPIDS:
            self.tags.append(struct.unpack_from("!HH", data, at))
            at += 4
        self.proto = struct.unpack_from("!H", data, at)[0]
        self.body = data[at + 2:]

    def ip(self):
        return Ip(self.body)


class Ip:
    """An IP packet of either version; lengths and the header's checksum must be right."""

    def __init__(self, data):
        self.version = data[0] >> 4
        if self.version == 4:
            header = (data[0] & 15) * 4
            self.tos, length, self.ident, frag = struct.unpack_from("!xBHHH", data)
            self.ttl, self.protocol = data[8], data[9]
            self.df = bool(frag & 0x4000)
            src, dst = data[12:16], data[16:20]
            assert make.checksum(data[:header]) == 0, "checksum of the IPv4 header"
        else:
            assert self.version == 6, f"IP version {self.version}"
            header, self.df = 40, True
            word, payload, self.protocol, self.ttl = struct.unpack_from("!IHBB", data)
            self.tos, length = word >> 20 & 0xFF, payload + 40
            src, dst = data[8:24], data[24:40]
        assert header <= length <= len(data), f"length {length} of {len(data)}"
        self.src, self.dst = str(ip_address(src)), str(ip_address(dst))
        self.whole, self.payload = data[:length], data[header:length]
        self.trailer = data[length:]

    def transport_sum(self):
        """0 when the transport checksum is right."""
        pseudo = b"" if self.protocol == make.ICMP else make.pseudo(
            self.src, self.dst, self.protocol, len(self.payload))
        return make.checksum(pseudo + self.payload)

    def ports(self):
        return struct.unpack_from("!HH", self.payload)

    def tcp(self):
        """(seq, ack, flags, options); the checksum must be right."""
        assert self.protocol == make.TCP and self.transport_sum() == 0, "TCP checksum"
        seq, ack, offset, flags = struct.unpack_from("!IIBB", self.payload, 4)
        return seq, ack, flags, self.payload[20:(offset >> 4) * 4]

    def udp(self):
        """The datagram's data; length and checksum must be right."""
        _, _, length, check = struct.unpack_from("!HHHH", self.payload)
        assert self.protocol == make.UDP and length == len(self.payload), f"UDP length {length}"
        assert check == 0 or self.transport_sum() == 0, "UDP checksum"
        return self.payload[8:]
