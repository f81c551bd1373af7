# SPDX-License-Identifier: BSD-3-Clause
"""Frames that make an example do all it can: its own test's, and what the kernel is asked about."""
import make_captures as make
import test_balancer
import test_dns_guard
import test_heavy_hitters
import test_limits
import test_nat
import test_syn_proxy
import test_tunnels

TRAFFIC = {
    "dns_guard": test_dns_guard.traffic,
    "gre": test_tunnels.gre_traffic,
    "heavy_hitters": test_heavy_hitters.traffic,
    "l4_balancer": test_balancer.traffic,
    "lpm_filter": test_limits.lpm_traffic,
    "nat": test_nat.traffic,
    "syn_proxy": test_syn_proxy.traffic,
    "token_bucket": test_limits.bucket_traffic,
    "vlan_push": test_tunnels.vlan_traffic,
    "vxlan": test_tunnels.vxlan_traffic,
}


def packets(name):
    """[(time in ns, frame)]"""
    return [(make.START_NS + i * 1000, frame) for i, frame in enumerate(TRAFFIC[name]())]
