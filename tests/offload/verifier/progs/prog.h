/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the programs of this folder share. Each is loaded into the kernel and verified here, with
 * the same verdict.
 *
 * PROG                 any program
 * REFUSED("reason")    refused, for that row of offload/reasons.def
 * NEIGHBOUR("reason")  accepted, and nearly the same as a program that is refused for that reason;
 *                      several reasons with a space between
 */
#ifndef TESTS_VERIFIER_PROG_H
#define TESTS_VERIFIER_PROG_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_helpers.h>

#include <bpf/bpf_tracing.h>

#define TAG(text)         __attribute__((btf_decl_tag(text)))
#define PROG              SEC("xdp") int
#define REFUSED(reason)   SEC("xdp") TAG("refused:" reason) int
#define NEIGHBOUR(reason) SEC("xdp") TAG("neighbour:" reason) int

#ifndef __arg_nonnull
#define __arg_nonnull TAG("arg:nonnull")
#endif
#ifndef __arg_ctx
#define __arg_ctx TAG("arg:ctx")
#endif

#endif
