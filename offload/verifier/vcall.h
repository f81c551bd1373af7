/* SPDX-License-Identifier: BSD-3-Clause */
/* One call of a helper or kernel function being checked: what args.c finds out for call.c. */
#ifndef VERIFIER_VCALL_H
#define VERIFIER_VCALL_H

#include "verifier/helper.h"
#include "verifier/vf.h"

struct vcall {
    const struct helper *h;
    bool kfunc;
    const struct offload_map *map; /* of the MAP argument */
    struct vf_reg map_reg;
    struct vf_reg dynptr;    /* the DYNPTR argument, as it was */
    struct vf_reg dynptr_at; /* where the DYNPTR_OUT argument points */
    struct vf_reg timer;     /* the TIMER argument */
    uint64_t alloc;          /* the ALLOC argument */
    uint32_t release;        /* the reference that is given back, 0 none */
    uint32_t func;           /* the FUNC argument: subprogram */
};

/* Which iterator a kernel function is for. */
static inline enum vf_iter vcall_iter(const struct vcall *c)
{
    return c->h->id < KFUNC_ITER_BITS_NEW ? ITER_NUM : ITER_BITS;
}

/* Argument `regno` (1..5). */
int vcall_arg(struct vf *v, unsigned regno, struct vcall *c);
/* callback.c: leaves the walk through the callback for later. */
int vcall_callback(struct vf *v, const struct vcall *c);

#endif
