/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "cmd/opts.h"
#include "cunit_main.h"

struct values {
    bool flag;
    const char *text;
    uint64_t number;
    char calls[32];
};

static int append(void *values, const char *arg, struct nic_err *err)
{
    struct values *v = values;

    if (strcmp(arg, "bad") == 0)
        return nic_err_set(err, -EINVAL, "bad call");
    strncat(v->calls, arg, sizeof(v->calls) - strlen(v->calls) - 1);
    return 0;
}

static const struct opt table[] = {
    OPT_ROW_FLAG(struct values, flag, "flag", 'f', "a flag"),
    OPT_ROW_TEXT(struct values, text, "text", 't', "T", "a text"),
    OPT_ROW_NUMBER(struct values, number, "number", "N", 1, 5000, "a number"),
    OPT_ROW_CALL(append, "call", 'c', "C", "a call"),
    {.name = NULL},
};

struct outcome {
    struct values v;
    const char *args[2];
    int rc, count;
    struct nic_err err;
};

/* Words separated by blanks. */
static struct outcome parse(const char *line)
{
    static char copy[256];
    char *argv[16] = {(char *)"command"}, *rest = copy, *word;
    struct outcome o = {.rc = 0};
    int argc = 1;

    strcpy(copy, line);
    while ((word = strsep(&rest, " ")) != NULL)
        if (word[0] != '\0')
            argv[argc++] = word;
    o.rc = opts_parse(table, argc, argv, &o.v, o.args, 2, &o.count, &o.err);
    return o;
}

static void test_forms(void)
{
    static const char *const lines[] = {
        "--flag --text x --number 4k one two",    "-f -t x --number=4000 one two",
        "one -tx -f two --number 0xfa0",          "one two --text=x --number 4k --flag",
        "--flag --text x --number 4k -- one two",
    };

    for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct outcome o = parse(lines[i]);

        CU_ASSERT_EQUAL_FATAL(o.rc, 0);
        CU_ASSERT(o.v.flag && o.v.number == 4000);
        CU_ASSERT_STRING_EQUAL(o.v.text, "x");
        CU_ASSERT_EQUAL_FATAL(o.count, 2);
        CU_ASSERT_STRING_EQUAL(o.args[0], "one");
        CU_ASSERT_STRING_EQUAL(o.args[1], "two");
    }
}

static void test_order_and_dashes(void)
{
    struct outcome o = parse("-c a --call=b -cc -");

    CU_ASSERT_EQUAL(o.rc, 0);
    CU_ASSERT_STRING_EQUAL(o.v.calls, "abc");
    CU_ASSERT(o.count == 1 && strcmp(o.args[0], "-") == 0);
    o = parse("--text -- -- --flag");
    CU_ASSERT(o.rc == 0 && strcmp(o.v.text, "--") == 0 && !o.v.flag);
    CU_ASSERT(o.count == 1 && strcmp(o.args[0], "--flag") == 0);
}

static void test_help(void)
{
    CU_ASSERT_EQUAL(parse("--help").rc, OPTS_HELP);
    CU_ASSERT_EQUAL(parse("one -h --nonsense").rc, OPTS_HELP);
}

static void test_refused(void)
{
    static const struct {
        const char *line, *text;
    } rows[] = {
        {"--nothing", "unknown option --nothing"},
        {"--fla", "unknown option --fla; did you mean --flag?"},
        {"--numbre=7", "unknown option --numbre; did you mean --number?"},
        {"-x", "unknown option -x"},
        {"--flag=1", "--flag takes no value"},
        {"-f1", "--flag takes no value"},
        {"--text", "--text needs T"},
        {"-t", "--text needs T"},
        {"--number 0", "must be from 1 to 5000"},
        {"--number 5001", "must be from 1 to 5000"},
        {"--number x", "not a number"},
        {"--call bad", "bad call"},
        {"one two three", "unexpected argument 'three'"},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct outcome o = parse(rows[i].line);

        CU_ASSERT_EQUAL(o.rc, -EINVAL);
        CU_ASSERT(strstr(o.err.msg, rows[i].text) != NULL);
    }
}

static void test_labels(void)
{
    char buf[40];

    CU_ASSERT_STRING_EQUAL(opt_label(&table[1], buf, sizeof(buf)), "-t, --text T");
    CU_ASSERT_STRING_EQUAL(opt_label(&table[2], buf, sizeof(buf)), "    --number N");
}

static const struct cunit_case cases[] = {
    {"every form", test_forms}, {"order, dashes", test_order_and_dashes},
    {"help", test_help},        {"refused", test_refused},
    {"labels", test_labels},    {NULL, NULL},
};

int main(void)
{
    return cunit_run("cmd/opts", cases);
}
