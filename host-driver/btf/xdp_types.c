/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel's types that XDP programs know, for CO-RE where the host has no BTF: only the BTF of
 * this file is used. Layouts are those of the uapi headers; struct xdp_buff and xdp_rxq_info are
 * left out, for no program may read them on a NIC.
 */
#include <linux/bpf.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_vlan.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

/* Of include/linux: the header behind an Ethernet header's ETH_P_8021Q. */
struct vlan_hdr {
    __be16 h_vlan_TCI, h_vlan_encapsulated_proto;
};

/* One variable a type keeps it in the BTF. */
#define KEEP(type, name) type name
KEEP(struct xdp_md, keep_xdp_md);
KEEP(struct ethhdr, keep_ethhdr);
KEEP(struct vlan_hdr, keep_vlan_hdr);
KEEP(struct arphdr, keep_arphdr);
KEEP(struct iphdr, keep_iphdr);
KEEP(struct ipv6hdr, keep_ipv6hdr);
KEEP(struct ipv6_opt_hdr, keep_ipv6_opt_hdr);
KEEP(struct icmphdr, keep_icmphdr);
KEEP(struct icmp6hdr, keep_icmp6hdr);
KEEP(struct tcphdr, keep_tcphdr);
KEEP(struct udphdr, keep_udphdr);
KEEP(struct bpf_fib_lookup, keep_fib_lookup);
KEEP(struct bpf_devmap_val, keep_devmap_val);
KEEP(struct bpf_cpumap_val, keep_cpumap_val);
KEEP(struct bpf_spin_lock, keep_spin_lock);
KEEP(struct bpf_timer, keep_timer);
KEEP(struct bpf_sock, keep_sock);
KEEP(struct bpf_sock_tuple, keep_sock_tuple);
KEEP(enum xdp_action, keep_xdp_action);
KEEP(enum bpf_map_type, keep_map_type);
