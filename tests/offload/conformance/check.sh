#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The plugin's protocol: memory and program in, r0 out, refusals with a non-zero status.
set -u
plugin=$1
object=$2
bad=0

expect() { # r0 program memory [options]
    want=$1 prog=$2
    shift 2
    got=$(echo "$prog" | "$plugin" "$@" 2>/dev/null) || got=refused
    if [ "$got" != "$want" ]; then
        echo "program '$prog' with '$*': $got, not $want" >&2
        bad=1
    fi
}

load='61 10 00 00 00 00 00 00 95 00 00 00 00 00 00 00' # r0 = *(u32 *)(r1 + 0); exit
length='bf 20 00 00 00 00 00 00 95 00 00 00 00 00 00 00' # r0 = r2; exit
shift65='b7 00 00 00 01 00 00 00 67 00 00 00 41 00 00 00 95 00 00 00 00 00 00 00'
for how in '' --refint --verify '--refint --verify'; do
    expect 44332211 "$load" '11 22 33 44' $how
    expect 4 "$length" '11 22 33 44' $how
done
expect 0 "$length" ''
expect refused 'ff 00 00 00 00 00 00 00 95 00 00 00 00 00 00 00' ''
expect refused '95 00 00' ''
expect refused "$load" '11 22 33' --verify
expect refused "$shift65" '' --verify
expect refused "$load" '11 22 33 44' --elf
elf=$(od -An -v -tx1 "$object")
for how in '' --refint; do
    expect 12c "$elf" 'ff 01 02 2a' --elf $how
    expect 0 "$elf" '' --elf $how
done
exit $bad
