/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Preset files, read by rte_cfgfile. That library passes over lines it does not
 * understand and knows no line numbers, so the file is first looked through
 * line by line: what rte_cfgfile then returns is what stands there.
 */
#include "config/config_impl.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cfgfile.h>

#define LINE_MAX_BYTES 256
#define ROWS_MAX       256
#define WHERE          (LINE_MAX_BYTES + 32) /* a path and a line; a longer path is cut */

struct scan {
    const char *path;
    struct nic_err *err;
    char section[CONFIG_WORD];
    unsigned line;
    unsigned line_of[ROWS_MAX]; /* where each row was set, 0: not in the file */
};

static int bad_line(struct scan *s, const char *why)
{
    return nic_err_set(s->err, -EINVAL, "%s:%u: %s", s->path, s->line, why);
}

/* Cuts the comment and the blanks around; returns the start. */
static char *strip(char *text)
{
    char *end = strchr(text, ';');

    if (end == NULL)
        end = text + strlen(text);
    while (end > text && isspace((unsigned char)end[-1]))
        end--;
    *end = '\0';
    while (isspace((unsigned char)*text))
        text++;
    return text;
}

static int scan_section(struct scan *s, char *text)
{
    size_t len = strlen(text);

    if (text[len - 1] != ']' || len < 3 || len - 2 >= sizeof(s->section))
        return bad_line(s, "want [section]");
    memcpy(s->section, text + 1, len - 2);
    s->section[len - 2] = '\0';
    return 0;
}

static int unknown_key(struct scan *s, const char *key)
{
    char where[WHERE];

    (void)snprintf(where, sizeof(where), "%s:%u", s->path, s->line);
    return config_no_key(where, s->section, key, s->err);
}

static int scan_key(struct scan *s, char *text)
{
    char *eq = strchr(text, '=');
    char *key, *value;
    unsigned row;

    if (eq == NULL)
        return bad_line(s, "want key=value or [section]");
    if (s->section[0] == '\0')
        return bad_line(s, "a key before the first [section]");
    *eq = '\0';
    key = strip(text);
    value = strip(eq + 1);
    if (value[0] == '\0')
        return bad_line(s, "no value after '='");
    row = config_find(s->section, key);
    if (nic_config_row(row) == NULL)
        return unknown_key(s, key);
    if (s->line_of[row] != 0)
        return nic_err_set(s->err, -EINVAL, "%s:%u: %s.%s was set on line %u already", s->path,
                           s->line, s->section, key, s->line_of[row]);
    s->line_of[row] = s->line;
    return 0;
}

static int scan_line(struct scan *s, char *line)
{
    char *text = strip(line);

    if (text[0] == '\0')
        return 0;
    if (text[0] != '[')
        return scan_key(s, text);
    return text == line ? scan_section(s, text) : bad_line(s, "a [section] must not be indented");
}

static int scan_file(struct scan *s, FILE *f)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    int rc = 0;

    while (rc == 0 && (len = getline(&line, &cap, f)) >= 0) {
        s->line++;
        if ((size_t)len != strlen(line) || len >= LINE_MAX_BYTES)
            rc = bad_line(s, "not a line of text of at most 255 bytes");
        else
            rc = scan_line(s, line);
    }
    if (rc == 0 && ferror(f))
        rc = nic_err_set(s->err, -EINVAL, "%s: %s", s->path, strerror(errno));
    free(line);
    return rc;
}

static int scan(struct scan *s)
{
    FILE *f = fopen(s->path, "re");
    int rc;

    if (f == NULL) {
        rc = errno == ENOENT ? -ENOENT : -EINVAL;
        return nic_err_set(s->err, rc, "%s: %s", s->path, strerror(errno));
    }
    rc = scan_file(s, f);
    (void)fclose(f);
    return rc;
}

static int apply_entry(struct nic_config *c, struct scan *s, const char *section,
                       const struct rte_cfgfile_entry *entry)
{
    unsigned row = config_find(section, entry->name);
    char where[WHERE];

    (void)snprintf(where, sizeof(where), "%s:%u", s->path,
                   nic_config_row(row) != NULL ? s->line_of[row] : 0);
    return config_assign(c, where, section, entry->name, entry->value, s->err);
}

static int apply_section(struct nic_config *c, struct scan *s, struct rte_cfgfile *file, int i)
{
    char section[CFG_NAME_LEN] = "";
    int n = rte_cfgfile_section_num_entries_by_index(file, section, i), got;
    struct rte_cfgfile_entry *entries;
    int rc = 0;

    if (n <= 0)
        return 0;
    entries = calloc((size_t)n, sizeof(*entries));
    if (entries == NULL)
        return nic_err_set(s->err, -ENOMEM, "%s: out of memory", s->path);
    got = rte_cfgfile_section_entries_by_index(file, i, section, entries, n);
    for (int k = 0; k < got && rc == 0; k++)
        rc = apply_entry(c, s, section, &entries[k]);
    free(entries);
    return rc;
}

static int apply(struct nic_config *c, struct scan *s)
{
    struct rte_cfgfile *file = rte_cfgfile_load(s->path, 0);
    int sections, rc = 0;

    if (file == NULL)
        return nic_err_set(s->err, -EINVAL, "%s: cannot be read as an INI file", s->path);
    sections = rte_cfgfile_num_sections(file, NULL, 0);
    for (int i = 0; i < sections && rc == 0; i++)
        rc = apply_section(c, s, file, i);
    (void)rte_cfgfile_close(file);
    return rc;
}

int nic_config_load(struct nic_config *c, const char *path, struct nic_err *err)
{
    struct scan s = {.path = path, .err = err};
    struct nic_config copy = *c;
    int rc = scan(&s);

    if (rc == 0)
        rc = apply(&copy, &s);
    if (rc == 0)
        *c = copy;
    return rc;
}
