/* SPDX-License-Identifier: BSD-3-Clause */
/* Externs: the kernel's version, an option of its configuration, and a weak one that is not there.
 */
#include <linux/bpf.h>
#include <linux/version.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

extern int LINUX_KERNEL_VERSION __kconfig;
extern bool CONFIG_BPF __kconfig __weak;
extern int CONFIG_NO_SUCH_OPTION __kconfig __weak;
extern void no_such_kernel_symbol __ksym __weak;

SEC("xdp")
int externs(struct xdp_md *ctx)
{
    if (LINUX_KERNEL_VERSION < KERNEL_VERSION(2, 6, 0))
        return XDP_ABORTED;
    if (CONFIG_NO_SUCH_OPTION || &no_such_kernel_symbol)
        return XDP_DROP;
    return XDP_TX;
}
