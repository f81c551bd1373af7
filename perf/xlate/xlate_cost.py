#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What translated code costs: engine instructions per BPF instruction, static and
dynamic, for the example programs over the shipped capture; beside the mode that
works as the Linux RV64 JIT does (--xlate-opt=none), and, with --native, beside what
clang-19 -O2 makes of the same C for RV64, run on the same NIC with the same helpers
(dynamic; see native.py), and the same with -mno-strict-align, since the engine loads
from any address. Figures are modelled, not host time.

With --folder the objects of that folder, as far as the NIC takes them: the program that
nicsim chooses from each.

usage: xlate_cost.py BUILD [--pass-table] [--native] [PROG.o ...]
       xlate_cost.py BUILD --folder DIRECTORY
"""
import json
import pathlib
import subprocess
import sys

import folder
import native

ROOT = pathlib.Path(__file__).resolve().parents[2]
CAPTURE = ROOT / 'examples' / 'captures' / 'attack.pcap'
PASSES = []


def nicsim(build, command, obj, xlate, *more):
    out = subprocess.run([str(build / 'nicsim'), command, str(obj), f'--xlate-opt={xlate}', '--json', *more],
                         capture_output=True, text=True)
    if out.returncode != 0:
        raise RuntimeError(out.stderr.strip())
    return json.loads(out.stdout)


def maps_of(obj):
    path = ROOT / 'examples' / (obj.name.split('.')[0] + '.maps')
    return ['--maps-from', str(path)] if path.exists() else []


def measure(build, obj, xlate):
    """(BPF instructions, static, dynamic per packet, cycles per packet)"""
    dump = nicsim(build, 'dump', obj, xlate)
    run = nicsim(build, 'run', obj, xlate, '--ordered', '-r', str(CAPTURE), *maps_of(obj))
    PASSES[:] = [p['name'] for p in dump['passes']]
    m = run['modelled']
    return dump['bpf_insns'], dump['engine_insns'], m['program_insns_per_packet'], m['cycles_per_packet']


def mean(ratios):
    """Geometric."""
    product = 1.0
    for r in ratios:
        product *= r
    return product ** (1 / len(ratios))


UNALIGNED = ('-mno-strict-align',)


def measure_native(build, obj, flags=()):
    """(static, dynamic per packet, cycles per packet) of the same C by clang -O2 for RV64; None when there is no C
    or when it is for BPF alone (kernel functions, several programs)."""
    source = ROOT / 'examples' / (obj.name.split('.')[0] + '.bpf.c')
    if not source.exists():
        return None
    args = ['run', str(obj), '--json', '--ordered', '-r', str(CAPTURE), *maps_of(obj)]
    try:
        report, words = native.run(build, source, args, flags)
    except native.ERRORS:
        return None
    ours = nicsim(build, 'run', obj, 'all', '--ordered', '-r', str(CAPTURE), *maps_of(obj))
    if report['verdicts'] != ours['verdicts']:
        print(f'{obj.name}: native verdicts {report["verdicts"]}, translated {ours["verdicts"]}: no figures', file=sys.stderr)
        return None
    m = report['modelled']
    return words, m['program_insns_per_packet'], m['cycles_per_packet']


def table(build, objs, with_native):
    print(' ' * 18 + '         static instructions  |  dynamic, per packet   |  cycles per packet')
    head = f'{"program":18}{"BPF":>6}{"none":>7}{"all":>7}{"ratio":>7} |{"none":>8}{"all":>8}{"ratio":>7}'
    head += f' |{"none":>8}{"all":>8}{"ratio":>7}'
    print(head + (f' |{"native":>8}{"all/it":>7}{"cycles":>9}{"all/it":>7} |{"unalig.":>8}{"all/it":>7}' if with_native else ''))
    static, dynamic, cycles, work = [], [], [], []
    against, against_cycles, against_unaligned = [], [], []
    for obj in objs:
        bpf, s0, d0, c0 = measure(build, obj, 'none')
        _, s1, d1, c1 = measure(build, obj, 'all')
        static.append(s1 / s0)
        dynamic.append(d1 / d0)
        cycles.append(c1 / c0)
        if bpf > 2:
            work.append(d1 / d0)
        line = (f'{obj.name.split(".")[0]:18}{bpf:6}{s0:7}{s1:7}{static[-1]:7.2f} |{d0:8.1f}{d1:8.1f}{dynamic[-1]:7.2f}'
                f' |{c0:8.1f}{c1:8.1f}{cycles[-1]:7.2f}')
        of_native = measure_native(build, obj) if with_native else None
        harder = measure_native(build, obj, UNALIGNED) if of_native else None
        if harder:
            against.append(d1 / of_native[1])
            against_cycles.append(c1 / of_native[2])
            against_unaligned.append(d1 / harder[1])
            line += (f' |{of_native[1]:8.1f}{against[-1]:7.2f}{of_native[2]:9.1f}{against_cycles[-1]:7.2f}'
                     f' |{harder[1]:8.1f}{against_unaligned[-1]:7.2f}')
        print(line, flush=True)
    print(f'{"geometric mean":38}{mean(static):7.2f} |{mean(dynamic):23.2f} |{mean(cycles):23.2f}'
          + (f' |{mean(against):15.2f}{mean(against_cycles):16.2f} |{mean(against_unaligned):15.2f}' if against else ''))
    if work:
        print(f'dynamic, without the programs of two instructions: {mean(work):.2f}')


def pass_table(build, objs):
    print('\ndynamic instructions and cycles per packet without one pass, in relation to all (geometric means)')
    base = {o: measure(build, o, 'all') for o in objs}
    for name in list(PASSES):
        without = {o: measure(build, o, '-' + name) for o in objs}
        print(f'  -{name:9}{mean([without[o][2] / base[o][2] for o in objs]):7.3f}'
              f'{mean([without[o][3] / base[o][3] for o in objs]):8.3f}')


def main():
    args = [a for a in sys.argv[1:] if not a.startswith('--')]
    if not args:
        sys.exit(__doc__)
    build = pathlib.Path(args[0])
    if '--folder' in sys.argv:
        folder.table(build, pathlib.Path(args[1]), CAPTURE, mean)
        return
    objs = [pathlib.Path(a) for a in args[1:]] or sorted((build / 'examples').glob('*.bpf.o'))
    table(build, objs, '--native' in sys.argv)
    if '--pass-table' in sys.argv:
        pass_table(build, objs)


main()
