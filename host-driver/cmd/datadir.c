/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/datadir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int executable_dir(char dir[DATADIR_PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", dir, DATADIR_PATH_MAX - 1);
    char *slash;

    if (n < 0)
        return -errno;
    dir[n] = '\0';
    slash = strrchr(dir, '/');
    if (slash != NULL)
        *slash = '\0';
    return 0;
}

static int there(char path[DATADIR_PATH_MAX], const char *dir, const char *sub, const char *name)
{
    int n = snprintf(path, DATADIR_PATH_MAX, "%s%s/%s", dir, sub, name);

    return n > 0 && n < DATADIR_PATH_MAX && access(path, R_OK) == 0;
}

int datadir_find(const char *name, char path[DATADIR_PATH_MAX], struct nic_err *err)
{
    const char *env = getenv("NICSIM_DATADIR");
    char dir[DATADIR_PATH_MAX] = "";

    if (env != NULL && env[0] != '\0') {
        if (there(path, env, "", name))
            return 0;
        return nic_err_set(err, -ENOENT, "%s: not found in %s (NICSIM_DATADIR)", name, env);
    }
    if (executable_dir(dir) == 0 &&
        (there(path, dir, "", name) || there(path, dir, "/../share/nicsim", name)))
        return 0;
    return nic_err_set(err, -ENOENT, "%s: not found in %.200s or its ../share/nicsim", name, dir);
}

static char *read_all(FILE *f, size_t *len)
{
    size_t room = 65536, used = 0;
    char *buf = malloc(room + 1), *grown;

    while (buf != NULL) {
        used += fread(buf + used, 1, room - used, f);
        if (used < room)
            break;
        room *= 2;
        grown = realloc(buf, room + 1);
        if (grown == NULL)
            free(buf);
        buf = grown;
    }
    if (buf != NULL)
        buf[used] = '\0';
    *len = used;
    return buf;
}

int file_read(const char *path, char **out, size_t *len, struct nic_err *err)
{
    struct stat st;
    FILE *f = fopen(path, "rb");
    int rc = 0;

    if (f == NULL)
        return nic_err_set(err, -errno, "%s: %s", path, strerror(errno));
    if (fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode))
        rc = nic_err_set(err, -EISDIR, "%s: is a directory", path);
    if (rc == 0) {
        *out = read_all(f, len);
        if (*out == NULL)
            rc = nic_err_set(err, -ENOMEM, "%s: out of memory", path);
        else if (ferror(f)) {
            rc = nic_err_set(err, -EIO, "%s: cannot be read", path);
            free(*out);
            *out = NULL;
        }
    }
    fclose(f);
    return rc;
}
