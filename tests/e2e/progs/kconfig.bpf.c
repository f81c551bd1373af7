/* SPDX-License-Identifier: BSD-3-Clause */
/* Externs: the kernel's configuration and version, symbols that are not there. */
#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

enum libbpf_tristate answer;

extern int LINUX_KERNEL_VERSION __kconfig;
extern enum libbpf_tristate CONFIG_BPF_SYSCALL __kconfig __weak;
extern unsigned long CONFIG_HZ __kconfig __weak;
extern int CONFIG_NO_SUCH_OPTION __kconfig __weak;
extern const void no_such_symbol __ksym __weak;

__u64 hz;
int version;

SEC("xdp")
int kconfig(struct xdp_md *ctx)
{
    answer = CONFIG_BPF_SYSCALL;
    hz = CONFIG_HZ;
    version = LINUX_KERNEL_VERSION;
    if (CONFIG_NO_SUCH_OPTION || &no_such_symbol)
        return XDP_ABORTED;
    return CONFIG_BPF_SYSCALL == TRI_YES ? XDP_PASS : XDP_DROP;
}
