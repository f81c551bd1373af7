/* SPDX-License-Identifier: BSD-3-Clause */
#include "traffic/outfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int failed(const char *path, int code, struct nic_err *err)
{
    return nic_err_set(err, -code, "%s: cannot write: %s", path, strerror(code));
}

static void release(struct outfile *o)
{
    free(o->path);
    free(o->tmp);
    memset(o, 0, sizeof(*o));
}

/* mkstemp makes files private; give this one the mode that open would have. */
static int open_temporary(struct outfile *o)
{
    mode_t mask = umask(0);
    int fd;

    umask(mask);
    if (asprintf(&o->tmp, "%s.XXXXXX", o->path) < 0) {
        o->tmp = NULL;
        return -ENOMEM;
    }
    fd = mkstemp(o->tmp);
    if (fd < 0) {
        int code = errno;

        free(o->tmp);
        o->tmp = NULL;
        return -code;
    }
    if (fchmod(fd, 0666 & ~mask) != 0 || (o->file = fdopen(fd, "wb")) == NULL) {
        int code = errno;

        close(fd);
        unlink(o->tmp);
        return -code;
    }
    return 0;
}

int outfile_open(struct outfile *o, const char *path, struct nic_err *err)
{
    struct stat st;
    int rc = 0;

    memset(o, 0, sizeof(*o));
    o->path = strdup(path);
    if (o->path == NULL)
        return failed(path, ENOMEM, err);
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        rc = -EISDIR;
    else if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        o->file = fopen(path, "wb"), rc = o->file != NULL ? 0 : -errno;
    else
        rc = open_temporary(o);
    if (rc != 0) {
        release(o);
        return failed(path, -rc, err);
    }
    return 0;
}

int outfile_commit(struct outfile *o, struct nic_err *err)
{
    int code = 0, rc = 0;

    errno = 0;
    if (fflush(o->file) != 0 || ferror(o->file))
        code = errno != 0 ? errno : EIO;
    if (fclose(o->file) != 0 && code == 0)
        code = errno;
    o->file = NULL;
    if (code == 0 && o->tmp != NULL && rename(o->tmp, o->path) != 0)
        code = errno;
    if (code != 0) {
        if (o->tmp != NULL)
            unlink(o->tmp);
        rc = failed(o->path, code, err);
    }
    release(o);
    return rc;
}

void outfile_abort(struct outfile *o)
{
    if (o->file != NULL)
        fclose(o->file);
    if (o->tmp != NULL)
        unlink(o->tmp);
    release(o);
}
