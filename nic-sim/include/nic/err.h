/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An error's text, filled by the function that fails: one sentence that names
 * the file (or key, or command) and the reason. The code is the return value:
 * a negative errno.
 */
#ifndef NIC_ERR_H
#define NIC_ERR_H

struct nic_err {
    char msg[512];
};

/* Formats `fmt` into err->msg (err may be NULL) and returns `code`. */
int nic_err_set(struct nic_err *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
