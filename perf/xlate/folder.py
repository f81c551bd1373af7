# SPDX-License-Identifier: BSD-3-Clause
"""The table of a folder of objects, public programs for instance: as for the examples, without
native code, since their C need not be at hand, with the bytes of the code."""
import json
import subprocess

TIMEOUT_S = 60


def report(build, command, obj, xlate, *more):
    """nicsim's answer, or None when it refuses the object."""
    try:
        out = subprocess.run([str(build / 'nicsim'), command, str(obj), f'--xlate-opt={xlate}', '--json', *more],
                             capture_output=True, text=True, timeout=TIMEOUT_S)
        return json.loads(out.stdout) if out.returncode == 0 else None
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return None


def measure(build, obj, capture):
    """{BPF instructions, [none, all] of: static, dynamic and cycles per packet}, or what is wrong."""
    rows = []
    for xlate in ('none', 'all'):
        dump = report(build, 'dump', obj, xlate)
        run = dump and report(build, 'run', obj, xlate, '--ordered', '-r', str(capture))
        if not run:
            return 'refused'
        rows.append((dump, run))
    if rows[0][1]['verdicts'] != rows[1][1]['verdicts']:
        return 'other verdicts'
    return {'program': rows[0][0]['program'], 'bpf': rows[0][0]['bpf_insns'],
            'static': [dump['engine_insns'] for dump, _ in rows],
            'dynamic': [run['modelled']['program_insns_per_packet'] for _, run in rows],
            'cycles': [run['modelled']['cycles_per_packet'] for _, run in rows]}


def ratio(pair):
    return pair[1] / pair[0]


def line(name, m):
    return (f'{name[:36]:36}{m["bpf"]:6}{m["static"][0]:7}{m["static"][1]:7}{m["static"][1] / m["bpf"]:6.2f}'
            f'{4 * m["static"][1]:8} |{m["dynamic"][0]:8.1f}{m["dynamic"][1]:8.1f}{ratio(m["dynamic"]):6.2f}'
            f' |{m["cycles"][0]:8.1f}{m["cycles"][1]:8.1f}{ratio(m["cycles"]):6.2f}')


def table(build, folder, capture, mean):
    """One program of each object: the one that nicsim takes by itself."""
    done, refused = [], []
    print(f'{"object":36}{"BPF":>6}{"none":>7}{"all":>7}{"/BPF":>6}{"bytes":>8} |{"none":>8}{"all":>8}{"ratio":>6}'
          f' |{"none":>8}{"all":>8}{"ratio":>6}')
    for obj in sorted(folder.glob('*.o')):
        m = measure(build, obj, capture)
        if isinstance(m, str):
            refused.append(f'{obj.name}: {m}')
            continue
        done.append(m)
        print(line(obj.stem, m), flush=True)
    work = [m for m in done if m['bpf'] > 2 and m['dynamic'][0] > 0]
    if work:
        print(f'{len(work)} programs of more than two instructions, geometric means: '
              f'{mean([m["static"][0] / m["bpf"] for m in work]):.2f} engine instructions per BPF instruction (none), '
              f'{mean([m["static"][1] / m["bpf"] for m in work]):.2f} (all)\n'
              f'all in relation to none: static {mean([ratio(m["static"]) for m in work]):.2f}, '
              f'dynamic {mean([ratio(m["dynamic"]) for m in work]):.2f}, '
              f'cycles {mean([ratio(m["cycles"]) for m in work]):.2f}')
    print(f'{len(refused)} objects without figures')
    for text in refused:
        if not text.endswith('refused'):
            print('  ' + text)
