/* SPDX-License-Identifier: BSD-3-Clause */
/* A program, but none for XDP. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("socket")
int sock(struct __sk_buff *skb)
{
    return 0;
}
