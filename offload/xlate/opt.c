/* SPDX-License-Identifier: BSD-3-Clause */
#include "xlate/xlate.h"
int xlate_optimise(struct xlate *x)
{
    return x->err;
}
