/* SPDX-License-Identifier: BSD-3-Clause */
#include "nic/err.h"

#include <stdarg.h>
#include <stdio.h>

int nic_err_set(struct nic_err *err, int code, const char *fmt, ...)
{
    va_list ap;

    if (err == NULL)
        return code;
    va_start(ap, fmt);
    (void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
    va_end(ap);
    return code;
}
