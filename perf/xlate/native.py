# SPDX-License-Identifier: BSD-3-Clause
"""The same C as native RV64 code, run on the NIC in place of the translator's code.

clang-19 -O2 compiles the program with helpers as ordinary functions; it is linked to
the helper gates and to the maps of a run of the same program (addresses are the same
in every run), and native_run takes it for the translated program."""
import json
import os
import pathlib
import platform
import re
import subprocess
import tempfile

CLANG = ['clang-19', '--target=riscv64', '-march=rv64ima_zba_zbb_zbs', '-mabi=lp64', '-mcmodel=medany', '-O2',
         '-std=gnu17', '-w', '-fno-jump-tables', '-msmall-data-limit=0', '-fno-asynchronous-unwind-tables',
         '-mllvm', '-riscv-disable-using-constant-pool-for-large-ints']
ERRORS = (subprocess.CalledProcessError, StopIteration)
HEADERS = pathlib.Path('/usr/include/bpf')
HELPER = re.compile(r'^static (.*?)\(\*\s*(?:const )?(\w+)\)\((.*)\) = \(void \*\) (\d+);', re.M)


def tool(*args, **more):
    return subprocess.run([str(a) for a in args], check=True, capture_output=True, text=True, **more).stdout


def headers(tmp):
    """libbpf's headers with helpers as functions; {helper: id}."""
    out = tmp / 'include' / 'bpf'
    out.mkdir(parents=True)
    for name in ('bpf_helpers.h', 'bpf_endian.h'):
        (out / name).write_text((HEADERS / name).read_text())
    defs = (HEADERS / 'bpf_helper_defs.h').read_text()
    (out / 'bpf_helper_defs.h').write_text(HELPER.sub(r'extern \1\2(\3);', defs))
    return {m[2]: int(m[4]) for m in HELPER.finditer(defs)}


def without_maps(asm):
    """Assembly in which maps are only named, since they are on the NIC already; their names."""
    out, names, inside = [], set(), False
    for line in asm.splitlines():
        word = line.split()
        if word and word[0] in ('.section', '.text', '.data', '.bss'):
            inside = word[0] == '.section' and word[1].startswith('.maps')
        if not inside:
            out.append(line)
        elif word and word[0].endswith(':'):
            names.add(word[0][:-1])
    return '\n'.join(out) + '\n', names


# What clang calls when it expands no copy in place.
LIBC = """
void *memmove(void *d, const void *s, unsigned long n)
{
    char *to = d; const char *from = s;
    if (to <= from) for (unsigned long k = 0; k < n; k++) to[k] = from[k];
    else while (n--) to[n] = from[n];
    return d;
}
void *memcpy(void *d, const void *s, unsigned long n) { return memmove(d, s, n); }
void *memset(void *d, int c, unsigned long n) { char *to = d; while (n--) *to++ = c; return d; }
int memcmp(const void *a, const void *b, unsigned long n)
{
    const unsigned char *x = a, *y = b;
    for (; n && *x == *y; n--) x++, y++;
    return n ? *x - *y : 0;
}
"""


def compile_libc(tmp):
    source, obj = tmp / 'libc.c', tmp / 'libc.o'
    source.write_text(LIBC)
    tool(*CLANG, '-fno-builtin', '-ffunction-sections', '-c', source, '-o', obj)
    return obj


def compile_native(source, tmp, flags):
    asm, obj = tmp / 'native.s', tmp / 'native.o'
    ids = headers(tmp)
    tool(*CLANG, *flags, '-isystem', tmp / 'include', '-isystem', '/usr/include', '-isystem',
         f'/usr/include/{platform.machine()}-linux-gnu', '-I', source.parent, '-S', source, '-o', asm)
    text, maps = without_maps(asm.read_text())
    asm.write_text(text)
    tool(*CLANG[:5], '-c', asm, '-o', obj)
    return obj, ids, maps


class Placed:
    """Where a program of a run lies: its name, base, the gates and {map: (address, value)}."""

    def __init__(self, name, maps, link):
        self.name, self.base, self.gates = name, int(link[1]), int(link[2])
        self.maps = {n: [int(a) for a in pair.split(':')] for n, pair in zip(maps, link[3:])}


def placed(ask):
    """The programs of a run, as native_run tells them, in order."""
    names, maps, links = [], [], []
    for word in map(str.split, ask.read_text().splitlines()):
        if word[0] == 'program':
            names.append(word[1])
            maps.append([])
        elif word[0] == 'map':
            maps[-1].append(word[1])
        else:
            links.append(word)
    return [Placed(*p) for p in zip(names, maps, links)]


def address_of(symbol, ids, known, prog):
    if symbol in ids:
        return prog.gates + 8 * ids[symbol]
    maps = (a[0] for n, a in prog.maps.items() if n == symbol[:15])
    return next(maps, 0) if symbol in known else next(maps)  # 0: a map that only others use


def link_native(obj, ids, known, prog, tmp):
    """Writes tmp/NAME.bin and tmp/NAME.entry for program `prog`; its instructions."""
    syms = tool('llvm-nm-19', '-u', obj).split()
    syms = [s for s in syms if s not in ('U', 'memcpy', 'memmove', 'memset', 'memcmp')]
    defs = [f'--defsym={s}={address_of(s, ids, known, prog):#x}' for s in syms]
    data = ''
    for name in ('.bss', '.data', '.rodata'):
        at = next((a[1] for n, a in prog.maps.items() if n.endswith(name)), None)
        data += f'{name} {at:#x} : {{ KEEP(*({name} {name}.*)) }}\n' if at is not None else ''
    script, elf, code = tmp / 'native.ld', tmp / 'native.elf', tmp / f'{prog.name}.bin'
    script.write_text(f'SECTIONS {{ . = {prog.base:#x};\n.text : {{ KEEP(*(xdp xdp.* xdp/*)) *(.text .text.*) }}\n{data}'
                      '/DISCARD/ : { *(license) *(.comment) *(.riscv.attributes) } }\n')
    tool('ld.lld-19', '-T', script, *defs, obj, compile_libc(tmp), '-o', elf, '--entry=0', '--gc-sections', '--no-check-sections')
    tool('llvm-objcopy-19', '-O', 'binary', '-j', '.text', elf, code)
    entry = next(int(l.split()[0], 16) for l in tool('llvm-nm-19', elf).splitlines() if l.split()[2] == prog.name)
    (tmp / f'{prog.name}.entry').write_text(str((entry - prog.base) // 4))
    return code.stat().st_size // 4


def run(build, source, args, flags=()):
    """Report of `nicsim run ARGS` (a list) with the programs of `source` compiled natively, and the static instructions."""
    exe, env = build / 'perf' / 'native_run', {**os.environ, 'NICSIM_DATADIR': str(build)}
    with tempfile.TemporaryDirectory() as name:
        tmp = pathlib.Path(name)
        obj, ids, known = compile_native(source, tmp, flags)
        code = {}
        for turn in range(2):  # code of another size lies elsewhere
            ask = tmp / f'ask{turn}'
            tool(exe, *args, env={**env, **code, 'NICSIM_NATIVE_ASK': str(ask)})
            words = [link_native(obj, ids, known, p, tmp) for p in placed(ask)]
            code = {'NICSIM_NATIVE_CODE': str(tmp)}
        return json.loads(tool(exe, *args, env={**env, **code})), words[0]
