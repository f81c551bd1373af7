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
    """Assembly in which maps are only named: they are on the NIC already."""
    out, inside = [], False
    for line in asm.splitlines():
        word = line.split()
        if word and word[0] in ('.section', '.text', '.data', '.bss'):
            inside = word[0] == '.section' and word[1].startswith('.maps')
        if not inside:
            out.append(line)
    return '\n'.join(out) + '\n'


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
    asm.write_text(without_maps(asm.read_text()))
    tool(*CLANG[:5], '-c', asm, '-o', obj)
    return obj, ids


def addresses(ask):
    lines = [l.split() for l in ask.read_text().splitlines()]
    names = [l[1] for l in lines if l[0] == 'map']
    link = next(l for l in lines if l[0] == 'link')
    maps = {n: [int(a) for a in pair.split(':')] for n, pair in zip(names, link[3:])}
    return int(link[1]), int(link[2]), maps


def link_native(obj, ids, base, gates, maps, tmp):
    syms = tool('llvm-nm-19', '-u', obj).split()
    syms = [s for s in syms if s not in ('U', 'memcpy', 'memmove', 'memset', 'memcmp')]
    defs = []
    for s in syms:
        where = gates + 8 * ids[s] if s in ids else next(a[0] for n, a in maps.items() if n == s[:15])
        defs.append(f'--defsym={s}={where:#x}')
    data = ''
    for name in ('.bss', '.data', '.rodata'):
        at = next((a[1] for n, a in maps.items() if n.endswith(name)), None)
        data += f'{name} {at:#x} : {{ KEEP(*({name} {name}.*)) }}\n' if at is not None else ''
    script = tmp / 'native.ld'
    script.write_text(f'SECTIONS {{ . = {base:#x};\n.text : {{ KEEP(*(xdp xdp.* xdp/*)) *(.text .text.*) }}\n{data}'
                      '/DISCARD/ : { *(license) *(.comment) *(.riscv.attributes) } }\n')
    elf = tmp / 'native.elf'
    tool('ld.lld-19', '-T', script, *defs, obj, compile_libc(tmp), '-o', elf, '--entry=0', '--gc-sections', '--no-check-sections')
    code = tmp / 'native.bin'
    tool('llvm-objcopy-19', '-O', 'binary', '-j', '.text', elf, code)
    return elf, code


def run(build, source, args, flags=()):
    """Report of `nicsim run ARGS` (a list) with the program of `source` compiled natively, and its static instructions."""
    exe, env = build / 'perf' / 'native_run', {**os.environ, 'NICSIM_DATADIR': str(build)}
    with tempfile.TemporaryDirectory() as name:
        tmp = pathlib.Path(name)
        obj, ids = compile_native(source, tmp, flags)
        ask = tmp / 'ask'
        program = json.loads(tool(exe, *args, env={**env, 'NICSIM_NATIVE_ASK': str(ask)}))['program']
        base, gates, maps = addresses(ask)
        elf, code = link_native(obj, ids, base, gates, maps, tmp)
        entry = next(int(l.split()[0], 16) for l in tool('llvm-nm-19', elf).splitlines() if l.split()[2] == program)
        out = tool(exe, *args, env={**env, 'NICSIM_NATIVE_CODE': str(code),
                                    'NICSIM_NATIVE_ENTRY': str((entry - base) // 4)})
        return json.loads(out), code.stat().st_size // 4
