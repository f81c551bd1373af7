# SPDX-License-Identifier: BSD-3-Clause
"""A network namespace with what a file for `nicsim run --tables` says: the kernel's side of it.

Interface 1 is the loopback device, which stays down; the others are ends of virtual
cables, whose other ends have numbers that nobody asks for.
"""


def device(number):
    return "lo" if number == "1" else f"p{number}"


def port(words):
    """Commands of `port N [mac M] [mtu N] [forward4] [forward6]`."""
    number, name = words[1], device(words[1])
    if number != "1":
        yield f"ip link add name {name} index {number} type veth peer name x{number} index 10{number}"
    for key, value in zip(words, words[1:]):
        if key == "mac":
            yield f"ip link set {name} address {value}"
        elif key == "mtu":
            yield f"ip link set {name} mtu {value}"
    for family in "46":
        on = int(f"forward{family}" in words)
        path = f"/proc/sys/net/ipv{family}/conf/{name}/forwarding"
        yield f"echo {on} > {path}"
    if number != "1":
        yield f"ip link set x{number} up"
        yield f"ip link set {name} up"


def commands(tables):
    for line in tables.read_text(encoding="utf-8").splitlines():
        words = line.split("#")[0].split()
        if not words:
            continue
        if words[0] == "port":
            yield from port(words)
            continue
        words = [device(w) if before == "dev" else w
                 for before, w in zip([""] + words, words)]
        family = "-6" if any(":" in w for w in words[1:3]) else "-4"
        last = {"neigh": ["nud", "permanent"],
                "addr": ["nodad"] if family == "-6" else []}.get(words[0], [])
        yield " ".join(["ip", family, words[0], "add", *words[1:], *last])


# The kernel learns of a cable's other end in its own time; until then routes lead nowhere.
SETTLED = """n=0
while ip link show up | grep -q 'NO-CARRIER\\|state DOWN' || ip -6 addr show tentative | grep -q .; do
    n=$((n + 1)); [ $n -lt 500 ] || exit 3; sleep 0.02
done"""


def command(tables):
    """What to put before a command that shall run there."""
    script = "\n".join(["set -e", "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad",
                        *commands(tables), SETTLED, 'exec "$@"'])
    return ["unshare", "--net", "sh", "-c", script, "sh"]
