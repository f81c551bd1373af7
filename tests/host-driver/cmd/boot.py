#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""`nicsim boot`: each program below is assembled, booted, and its end compared. boot.py NICSIM"""
import subprocess
import sys
import tempfile
from pathlib import Path

NICSIM = Path(sys.argv[1]).resolve()
AS = ["clang-19", "--target=riscv64-unknown-elf", "-march=rv64ima_zicsr_zifencei", "-mabi=lp64",
      "-nostdlib", "-fuse-ld=lld", "-Wl,-Ttext=0x80000000", "-Wl,-Tdata=0x80001000"]

TAIL = """
1:  j 1b
.data
.balign 64
.globl tohost, begin_signature, end_signature
tohost: .dword 0
begin_signature: .dword 0x1122334455667788, -1
.word 7
end_signature:
"""
WRITE = "la t0, tohost; sd gp, 0(t0);" + TAIL

# what, text, options, status, parts of stdout, parts of stderr
CASES = [
    ("passes", "li gp, 1;" + WRITE, [], 0, ["passed"], []),
    ("a 32-bit store counts too", "li gp, 1; la t0, tohost; sw gp, 0(t0);" + TAIL, [], 0,
     ["passed"], []),
    ("fails test 5", "li gp, 11;" + WRITE, [], 3, ["FAILED test 5"], []),
    ("asks a host", "li gp, 0x80002000;" + WRITE, [], 3, ["wrote 0x80002000 to tohost"], []),
    ("spins", "li a5, 77; j .;" + TAIL, [], 3, [], ["hart 0", "a5 000000000000004d"]),
    ("loops for ever", "2: addi a4, a4, 1; j 2b;" + TAIL, ["--max-cycles", "100k"], 3, [],
     ["hangs: the cycle limit", "pc    00000000800000"]),
    ("load outside memory", "li a5, 0x1000; ld a0, 0(a5);" + TAIL, [], 3, [],
     ["load access fault", "tval 0000000000001000", "pc    0000000080000004",
      "a5 0000000000001000"]),
    ("store outside memory", "li a5, 0x1008; sd a0, 0(a5);" + TAIL, [], 3, [],
     ["store access fault", "tval 0000000000001008"]),
    ("wild jump", "li a5, 0x123456780; jr a5;" + TAIL, [], 3, [],
     ["instruction access fault", "0000000123456780"]),
    ("illegal instruction", ".word 0;" + TAIL, [], 3, [], ["illegal instruction"]),
    ("its own trap handler", """la t0, handler; csrw mtvec, t0; ecall; j .
      .balign 4
      handler: csrr a0, mcause; li a1, 11; bne a0, a1, 9f; li gp, 1; j 8f; 9: li gp, 3;
      8: """ + WRITE, [], 0, ["passed"], []),
    ("every hart counts", """
      li t1, 1; la t2, count; amoadd.w zero, t1, (t2); csrr t3, mhartid; bnez t3, 1f
      2: lw t4, 0(t2); li t5, 8; bne t4, t5, 2b; li gp, 1;
      """ + WRITE + "count: .word 0\n", ["--engines", "4", "--threads", "2"], 0, ["passed"], []),
    ("two harts, the second fails", """csrr t3, mhartid; beqz t3, 1f; li gp, 7;""" + WRITE,
     ["--engines", "2"], 3, ["FAILED test 3"], []),
]


def assemble(tmp, text, *link):
    (tmp / "p.S").write_text(".globl _start\n_start:\n" + text, encoding="utf-8")
    subprocess.run([*AS, *link, "-o", tmp / "p.elf", tmp / "p.S"], check=True)
    return tmp / "p.elf"


def boot(*args):
    done = subprocess.run([NICSIM, "boot", *map(str, args)], capture_output=True, text=True,
                          timeout=300, check=False)
    return done.returncode, done.stdout, done.stderr


def check(tmp, text, options, status, out_parts, err_parts):
    got, out, err = boot(assemble(tmp, text), *options)
    if got != status:
        return f"exit status {got}, not {status}: {out}{err}"
    for part in out_parts:
        if part not in out:
            return f"stdout has no {part!r}: {out}"
    for part in err_parts:
        if part not in err:
            return f"stderr has no {part!r}: {err}"
    return ""


def check_headers(tmp):
    """The linker maps the ELF headers below memory, in a segment of their own or in front of .text."""
    for link in ([], ["-Wl,--image-base=0x7ffff000", "-Wl,-Ttext=0x7ffff400"]):
        status, out, err = boot(assemble(tmp, "li gp, 1;" + WRITE, *link))
        if link == [] and status != 0:
            return f"headers alone: status {status}: {out}{err}"
        if link and (status != 3 or "outside" not in err):
            return f"code below memory: status {status}: {out}{err}"
    return ""


def check_signature(tmp):
    file = tmp / "sig"
    elf = assemble(tmp, "li gp, 1;" + WRITE)
    status, _, err = boot(elf, "--signature", file)
    want = "1122334455667788\nffffffffffffffff\n0000000000000007\n"
    if status != 0 or file.read_text(encoding="utf-8") != want:
        return f"status {status}, {file.read_text(encoding='utf-8')!r} {err}"
    (tmp / "p.S").write_text(".globl _start\n_start: li a0, 1; li t0, 0x80001000; sd a0, 0(t0); j .\n",
                             encoding="utf-8")
    subprocess.run([*AS, "-o", elf, tmp / "p.S"], check=True)
    if boot(elf)[0] != 0:
        return "without a tohost symbol 0x80001000 is not watched"
    status, _, err = boot(elf, "--signature", tmp / "sig2")
    if status != 3 or "begin_signature" not in err or (tmp / "sig2").exists():
        return f"without symbols: status {status}: {err}"
    return ""


def main():
    failures = 0
    with tempfile.TemporaryDirectory(prefix="nicsim-boot-") as name:
        tmp = Path(name)
        results = [(c[0], check(tmp, *c[1:])) for c in CASES]
        results.append(("headers", check_headers(tmp)))
        results.append(("signature", check_signature(tmp)))
        for what, wrong in results:
            if wrong:
                failures += 1
                print(f"FAIL {what}: {wrong}")
        print(f"{len(results) - failures} of {len(results)} programs end as they should")
    return 1 if failures else 0


sys.exit(main())
