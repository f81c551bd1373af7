/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * docs/protocol.md has exactly the commands of FW_ADMIN_OPS, and the numbers of
 * the capabilities. argv: the page; or --print, for the rows to paste into it.
 */
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"
#include "fw/admin.h"
#include "fw/caps.h"

#define BEGIN "<!-- ops begin -->\n"
#define END   "<!-- ops end -->\n"
#define HEAD                                                                                       \
    "| number | command | handle | key | value | arg0 | arg1 | result, what it does |\n"           \
    "|---|---|---|---|---|---|---|---|\n"

#define ROW(id, number, name, handle, key, value, arg0, arg1, what)                                \
    "| " #number " | `" #id "` | " handle " | " key " | " value " | " arg0 " | " arg1 " | " what   \
    " |\n"
static const char rows[] = HEAD FW_ADMIN_OPS(ROW);

static char *page;

static void test_ops(void)
{
    const char *begin = strstr(page, BEGIN);
    const char *end = strstr(page, END);
    CU_ASSERT_FATAL(begin && end && begin < end);
    begin += strlen(BEGIN);
    CU_ASSERT_EQUAL((size_t)(end - begin), strlen(rows));
    CU_ASSERT_EQUAL(strncmp(begin, rows, strlen(rows)), 0);
}

static void test_caps(void)
{
    static const struct {
        unsigned type;
        const char *name;
    } cap[] = {{FW_CAP_END, "END"},         {FW_CAP_ABI, "ABI"},           {FW_CAP_NAME, "NAME"},
               {FW_CAP_HELPERS, "HELPERS"}, {FW_CAP_MAP_TYPE, "MAP_TYPE"}, {FW_CAP_PROG, "PROG"},
               {FW_CAP_LIMITS, "LIMITS"}};
    for (unsigned i = 0; i < sizeof(cap) / sizeof(cap[0]); i++) {
        char row[64];
        snprintf(row, sizeof(row), "\n| %u | `FW_CAP_%s` |", cap[i].type, cap[i].name);
        CU_ASSERT_PTR_NOT_NULL(strstr(page, row));
    }
}

static const struct cunit_case cases[] = {
    {"commands", test_ops},
    {"capabilities", test_caps},
    {NULL, NULL},
};

static char *read_page(const char *path)
{
    static char buf[65536];
    FILE *f = fopen(path, "r");
    if (!f)
        return NULL;
    buf[fread(buf, 1, sizeof(buf) - 1, f)] = '\0';
    fclose(f);
    return buf;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    if (strcmp(argv[1], "--print") == 0) {
        fputs(rows, stdout);
        return 0;
    }
    page = read_page(argv[1]);
    if (!page)
        return 2;
    return cunit_run("docs/protocol.md", cases);
}
