#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The demo: a DoS filter on the simulated NIC, over the capture of an attack.
set -euo pipefail
cd "$(dirname "$0")/.."

build=${1:-build}
program=$build/examples/dos_filter.bpf.o
capture=examples/captures/attack.pcap
blocklist=examples/dos_filter.maps

cat <<EOF

  An XDP DoS filter, as a SmartNIC would run it
  ---------------------------------------------
  $(basename "$program") drops malformed headers, sources on a blocklist, odd fragments and TCP
  flags, and reflected UDP. It is verified, translated to the engines' RV64 code, pushed over
  PCIe, and run by the NIC's firmware on each packet of $capture.

  $ nicsim run $program -r $capture \\
        --maps-from $blocklist

EOF
exec "$build/nicsim" run "$program" -r "$capture" --maps-from "$blocklist"
