#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The verifier refuses by the rows of offload/reasons.def only, and has a place for each row; the
table of docs/verifier.md has them all."""
import re
import sys

import tree

DOCS = "docs/verifier.md"
TABLE = "offload/include/offload/reasons.def"
# Makes the refusal without vf_refuse(): there may be no log then.
ELSEWHERE = {"OUT_OF_MEMORY": "offload/verifier/verify.c"}
CLASS = re.compile(r'^OFFLOAD_REASON_CLASS\((\w+), +"([^"]*)", +"([^"]*)"\)', re.M)
ROW = re.compile(r'^OFFLOAD_REASON\((\w+), "([^"]*)", (\w+),', re.M)
CALL = re.compile(r"\bvf_refuse\(\s*(?!struct vf \*v,)")
BY_ROW = re.compile(r"v, WHY\((\w+)\)")


def missing_lines(table, rows):
    """What the table of the docs should say and does not."""
    docs = (tree.ROOT / DOCS).read_text(encoding="utf-8").splitlines()
    for class_id, name, about in CLASS.findall(table):
        reasons = " ".join(f"`{n}`" for _, n, c in rows if c == class_id)
        line = f"| {name} | {about} | {reasons} |"
        if line not in docs:
            yield f"{DOCS}: no line: {line}"


def main():
    table = (tree.ROOT / TABLE).read_text(encoding="utf-8")
    rows = ROW.findall(table)
    problems, used, calls = [], set(), 0
    for path in tree.files(".c", ".h"):
        if not tree.name(path).startswith("offload/verifier/"):
            continue
        text = path.read_text(encoding="utf-8")
        used |= {i for i, place in ELSEWHERE.items() if place == tree.name(path) and i in text}
        for call in CALL.finditer(text):
            row, calls = BY_ROW.match(text, call.end()), calls + 1
            if row:
                used.add(row[1])
            elif "/*" not in text[text.rfind("\n", 0, call.start()):call.start()]:
                line = text.count("\n", 0, call.start()) + 1
                problems.append(f"{tree.name(path)}:{line}: a refusal without WHY()")
    names = [name for _, name, _ in rows]
    problems += [f"{TABLE}: {i} is used nowhere" for i, _, _ in rows if i not in used]
    problems += [f"{TABLE}: two rows are called {n}" for n in {*names} if names.count(n) > 1]
    problems += [f"{TABLE}: {n} is not in small letters" for n in names
                 if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", n)]
    problems += missing_lines(table, rows)
    return tree.finish("the verifier's reasons", problems, calls)


if __name__ == "__main__":
    sys.exit(main())
