/* SPDX-License-Identifier: BSD-3-Clause */
#include "fib.bpf.c"
